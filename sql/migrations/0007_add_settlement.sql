-- O6: what a bill charges: the overage of a day, or a credit for charged overage that was voided since, at the price that was
-- charged. Usage of a day that was closed already stands in a later bill under its own day (O7). Append only.
CREATE TABLE charge (
  account_id INT UNSIGNED NOT NULL,
  product_id INT UNSIGNED NOT NULL,
  charged_day DATE NOT NULL,
  usage_day DATE NOT NULL,
  is_credit BOOLEAN NOT NULL,
  price_micros BIGINT NOT NULL,
  units BIGINT NOT NULL,
  amount_micros BIGINT NOT NULL,
  seq BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (account_id, product_id, charged_day, usage_day, is_credit, price_micros),
  KEY (seq)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- O6: the primary key is what makes a day be charged once. Append only.
CREATE TABLE bill (
  account_id INT UNSIGNED NOT NULL,
  product_id INT UNSIGNED NOT NULL,
  charged_day DATE NOT NULL,
  amount_micros BIGINT NOT NULL,
  charged_at DATETIME(6) NOT NULL,
  seq BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (account_id, product_id, charged_day),
  KEY (seq)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- What runs by the clock. Whoever holds the lease, by the clock of the database, works; each transaction of its work checks
-- the fence, which grows with each lease, so that a holder that was taken for dead changes nothing. done_until: all that was
-- due by then is done; NULL: nothing yet.
CREATE TABLE job (
  name VARCHAR(32) NOT NULL,
  holder VARCHAR(128) NOT NULL,
  fence BIGINT UNSIGNED NOT NULL,
  lease_until DATETIME(6) NOT NULL,
  done_until DATETIME(6) NULL,
  started_at DATETIME(6) NULL,
  succeeded_at DATETIME(6) NULL,
  PRIMARY KEY (name)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- N1: reminders that are not due yet or not written yet; a row goes when its time has come.
CREATE TABLE pack_reminder (
  pack_id INT UNSIGNED NOT NULL,
  days INT NOT NULL,
  remind_at DATETIME(6) NOT NULL,
  PRIMARY KEY (pack_id, days),
  KEY (remind_at)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
INSERT INTO pack_reminder (pack_id, days, remind_at) SELECT pack_id, 3, expires_at - INTERVAL 3 DAY FROM pack;
INSERT INTO pack_reminder (pack_id, days, remind_at) SELECT pack_id, 1, expires_at - INTERVAL 1 DAY FROM pack;

ALTER TABLE pack ADD KEY (expires_at);
