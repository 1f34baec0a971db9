-- The one row that every ledger transaction locks has all that the next one needs: the instant, the stamp and the ids to go on
-- from. Each transaction keeps its instant, its stamp and what that was made of.
ALTER TABLE ledger_transaction
  ADD COLUMN instant DATETIME(6) NOT NULL DEFAULT '1970-01-01 00:00:00',
  ADD COLUMN nonce BINARY(16) NOT NULL DEFAULT '',
  ADD COLUMN content BINARY(32) NOT NULL DEFAULT '',
  ADD COLUMN stamp BINARY(32) NOT NULL DEFAULT '';
UPDATE ledger_transaction SET instant = committed_at;
ALTER TABLE ledger_sequence
  ADD COLUMN instant DATETIME(6) NOT NULL DEFAULT '1970-01-01 00:00:00',
  ADD COLUMN stamp BINARY(32) NOT NULL DEFAULT '',
  ADD COLUMN history INT UNSIGNED NOT NULL DEFAULT 0,
  ADD COLUMN last_account_id INT UNSIGNED NOT NULL DEFAULT 0,
  ADD COLUMN last_pack_id INT UNSIGNED NOT NULL DEFAULT 0;
UPDATE ledger_sequence SET
  instant = (SELECT COALESCE(MAX(instant), '1970-01-01 00:00:00') FROM ledger_transaction),
  last_account_id = (SELECT COALESCE(MAX(account_id), 0) FROM account),
  last_pack_id = (SELECT COALESCE(MAX(pack_id), 0) FROM pack);
-- Two steps of one transaction are two rows.
ALTER TABLE postpaid_change
  ADD COLUMN change_no INT UNSIGNED NOT NULL DEFAULT 0 AFTER seq,
  DROP PRIMARY KEY,
  ADD PRIMARY KEY (account_id, product_id, seq, change_no);
