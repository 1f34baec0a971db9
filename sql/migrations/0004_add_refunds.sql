-- P8, C3: the window in which a pack could be refunded when it was bought.
ALTER TABLE pack ADD COLUMN refund_window_days INT NOT NULL DEFAULT 5 AFTER notice_levels;

-- P8: the steps of the refunds of a pack, in order. step: requested | approved | rejected | ordered | completed. From a
-- request on the pack is frozen; a rejection thaws it. Append only.
CREATE TABLE refund_step (
  pack_id INT UNSIGNED NOT NULL,
  step_no INT UNSIGNED NOT NULL,
  step VARCHAR(16) NOT NULL,
  reason VARCHAR(255) NOT NULL,
  taken_at DATETIME(6) NOT NULL,
  seq BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (pack_id, step_no),
  KEY (seq)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
