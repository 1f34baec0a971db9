-- O4, O5, O8: each change of postpaid. step: on | off | failed of a product; suspended | resumed with product_id 0, of all
-- products of the account. Append only.
CREATE TABLE postpaid_change (
  account_id INT UNSIGNED NOT NULL,
  product_id INT UNSIGNED NOT NULL,
  seq BIGINT UNSIGNED NOT NULL,
  step VARCHAR(16) NOT NULL,
  changed_at DATETIME(6) NOT NULL,
  PRIMARY KEY (account_id, product_id, seq),
  KEY (seq)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- O8: whether postpaid of all products is suspended now.
ALTER TABLE money_balance ADD COLUMN is_suspended BOOLEAN NOT NULL DEFAULT FALSE;

-- O10: when the last unit of a pack was taken; NULL while units are left.
ALTER TABLE pack_balance ADD COLUMN exhausted_at DATETIME(6) NULL;

-- O10: each change of what an account may use. covered_by: none | packs | postpaid; reason: why it is stopped, empty while it
-- is active. Append only.
CREATE TABLE service_change (
  account_id INT UNSIGNED NOT NULL,
  product_id INT UNSIGNED NOT NULL,
  seq BIGINT UNSIGNED NOT NULL,
  change_no INT UNSIGNED NOT NULL,
  covered_by VARCHAR(16) NOT NULL,
  reason VARCHAR(32) NOT NULL,
  changed_at DATETIME(6) NOT NULL,
  PRIMARY KEY (account_id, product_id, seq, change_no),
  KEY (seq)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- Overage that no bill has charged yet, by the day of its usage: the sum of the ledger entries since the last one. A void of
-- charged overage is a credit at the price that was charged.
CREATE TABLE open_overage (
  account_id INT UNSIGNED NOT NULL,
  product_id INT UNSIGNED NOT NULL,
  business_day DATE NOT NULL,
  is_credit BOOLEAN NOT NULL,
  price_micros BIGINT NOT NULL,
  units BIGINT NOT NULL,
  PRIMARY KEY (account_id, product_id, business_day, is_credit, price_micros)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- The cause of a notice is not always a pack: it is the level in percent, the days before an expiry, the ledger transaction,
-- the charged day or the number of a step, by kind.
ALTER TABLE notice ADD COLUMN product_id INT UNSIGNED NOT NULL DEFAULT 0 AFTER account_id;
UPDATE notice n JOIN pack p ON p.pack_id = n.pack_id SET n.product_id = p.product_id;
ALTER TABLE notice CHANGE COLUMN level_percent cause BIGINT NOT NULL, DROP PRIMARY KEY,
  ADD PRIMARY KEY (account_id, product_id, kind, pack_id, cause);
