-- What gives the ledger its meaning, each value with its sequence and instant; the newest row of a name counts. Append only.
CREATE TABLE deployment_value (
  name VARCHAR(32) NOT NULL,
  seq BIGINT UNSIGNED NOT NULL,
  value MEDIUMTEXT NOT NULL,
  recorded_at DATETIME(6) NOT NULL,
  recorded_by VARCHAR(16) NOT NULL,
  PRIMARY KEY (name, seq)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
-- The daemons by the name of their spool, which is leased by the clock of the database. seen_seq: the newest ledger transaction
-- that the daemon has seen: where the ledger is not there yet, the database went back.
CREATE TABLE daemon (
  spool VARCHAR(128) NOT NULL,
  spool_id CHAR(32) NOT NULL,
  holder VARCHAR(128) NOT NULL,
  fence BIGINT UNSIGNED NOT NULL,
  lease_until DATETIME(6) NOT NULL,
  started_at DATETIME(6) NOT NULL,
  meaning_digest CHAR(64) NOT NULL,
  seen_seq BIGINT UNSIGNED NOT NULL DEFAULT 0,
  PRIMARY KEY (spool)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
