-- U10: whole files whose units were taken back. Append only; seq is the ledger transaction with the reversing entries.
CREATE TABLE file_void (
  digest BINARY(32) NOT NULL,
  seq BIGINT UNSIGNED NOT NULL,
  reason VARCHAR(255) NOT NULL,
  voided_at DATETIME(6) NOT NULL,
  PRIMARY KEY (digest),
  KEY (seq)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
