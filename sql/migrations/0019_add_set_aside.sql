-- Accounts for which a job cannot store what is due: all others go on.
CREATE TABLE set_aside (
  job VARCHAR(32) NOT NULL,
  account_id INT UNSIGNED NOT NULL,
  reason VARCHAR(255) NOT NULL,
  since DATETIME(6) NOT NULL,
  tried_at DATETIME(6) NOT NULL,
  tries INT UNSIGNED NOT NULL,
  done_until DATETIME(6) NULL,
  PRIMARY KEY (job, account_id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
