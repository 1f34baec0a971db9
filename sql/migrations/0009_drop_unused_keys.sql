-- Bills and their lines are found by account and day.
ALTER TABLE charge DROP KEY seq;
ALTER TABLE bill DROP KEY seq;
