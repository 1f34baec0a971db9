-- All that it held is in journal. A step of its own, so that one that a crash ended can be run again.
DROP TABLE IF EXISTS posting;
