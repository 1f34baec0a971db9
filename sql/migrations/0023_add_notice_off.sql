-- N3: which kinds of notices were off in a ledger transaction that would have told of them otherwise.
CREATE TABLE notice_off (
  seq BIGINT UNSIGNED NOT NULL,
  kind VARCHAR(32) NOT NULL,
  PRIMARY KEY (seq, kind)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
