-- C3, N1: at how many days of 24 h before its expiry the holder of a pack is reminded, as it was when it was bought.
ALTER TABLE pack ADD COLUMN reminder_days VARCHAR(64) NOT NULL DEFAULT '3,1' AFTER notice_levels;

-- N4: how the holder of a main account is reached, as it stands now. kind: language | email | phone; an empty value is none.
CREATE TABLE account_detail (
  account_id INT UNSIGNED NOT NULL,
  kind VARCHAR(16) NOT NULL,
  value VARCHAR(254) NOT NULL,
  seq BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (account_id, kind),
  KEY (seq)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
