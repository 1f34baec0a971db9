-- N2: which levels of a pack were told, for whoever follows the ledger: notices are mostly bills.
CREATE TABLE told_level (
  pack_id INT UNSIGNED NOT NULL,
  level_percent INT UNSIGNED NOT NULL,
  seq BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (pack_id, level_percent),
  KEY (seq)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
INSERT INTO told_level SELECT pack_id, cause, seq FROM notice WHERE kind IN ('pack_usage', 'pack_used_up');
