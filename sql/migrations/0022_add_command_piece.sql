-- P9: a command of many names is done in pieces. Room for who did it, where it came from, and why.
ALTER TABLE command
  MODIFY COLUMN result MEDIUMTEXT NOT NULL,
  ADD COLUMN piece INT UNSIGNED NOT NULL DEFAULT 0,
  ADD COLUMN door VARCHAR(64) NOT NULL DEFAULT 'operator',
  ADD COLUMN actor VARCHAR(128) NULL,
  ADD COLUMN ticket VARCHAR(128) NULL,
  ADD COLUMN reason VARCHAR(255) NULL,
  ADD COLUMN content MEDIUMTEXT NULL,
  DROP PRIMARY KEY,
  ADD PRIMARY KEY (request_id, piece);
