-- The whole schema as the migrations leave it: for reading. A test compares the two, so a migration comes with the same
-- change here. Instants are DATETIME(6) in UTC; business days are DATE; units are whole numbers.

CREATE TABLE schema_version (
  version INT UNSIGNED NOT NULL,
  applied_at DATETIME(6) NOT NULL,
  PRIMARY KEY (version)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- One row. hash_key keys the digests of record ids: whoever knows it could craft two ids that look the same.
-- Event times before dedupe_floor are too_old: the keys of that time have been let go.
CREATE TABLE deployment (
  id TINYINT UNSIGNED NOT NULL,
  hash_key BINARY(32) NOT NULL,
  dedupe_floor DATETIME(6) NOT NULL,
  PRIMARY KEY (id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- What gives the ledger its meaning: currency, zone, products, prices, windows, and a digest of the catalogue. Who starts, reloads
-- or commands is compared with it. recorded_by: first | settings (a start or reload) | operator (packctl deployment set). The newest
-- row of a name counts. Append only.
CREATE TABLE deployment_value (
  name VARCHAR(32) NOT NULL,
  seq BIGINT UNSIGNED NOT NULL,
  value MEDIUMTEXT NOT NULL,
  recorded_at DATETIME(6) NOT NULL,
  recorded_by VARCHAR(16) NOT NULL,
  PRIMARY KEY (name, seq)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- The daemons by the name of their spool, which is leased by the clock of the database: one at a time works under it. spool_id:
-- the id that is kept in the folder of the spool, by which a restart is known. meaning_digest: of what its settings mean for the
-- ledger; empty until it was compared. seen_seq: the newest ledger transaction that the daemon has seen: where the ledger is not
-- there yet, the database went back.
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

-- One row, which every ledger transaction locks and advances by one: the number of the last committed one, its instant (ledger
-- time), its stamp, and the ids that were given out last. history counts how often an older database was accepted. holder: who
-- locked it last, for those who wait; read while it is not committed.
CREATE TABLE ledger_sequence (
  id TINYINT UNSIGNED NOT NULL,
  seq BIGINT UNSIGNED NOT NULL,
  instant DATETIME(6) NOT NULL DEFAULT '1970-01-01 00:00:00',
  stamp BINARY(32) NOT NULL DEFAULT '',
  history INT UNSIGNED NOT NULL DEFAULT 0,
  last_account_id INT UNSIGNED NOT NULL DEFAULT 0,
  last_pack_id INT UNSIGNED NOT NULL DEFAULT 0,
  holder VARCHAR(160) NOT NULL DEFAULT '',
  PRIMARY KEY (id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- committed_at: by the clock of the database. instant: ledger time, as of which all was decided. stamp: SHA-256 of the stamp
-- before, nonce and content, which is a digest of what was written about money, packs and usage (docs/LEDGER.md).
CREATE TABLE ledger_transaction (
  seq BIGINT UNSIGNED NOT NULL,
  kind VARCHAR(16) NOT NULL,
  committed_at DATETIME(6) NOT NULL,
  instant DATETIME(6) NOT NULL DEFAULT '1970-01-01 00:00:00',
  nonce BINARY(16) NOT NULL DEFAULT '',
  content BINARY(32) NOT NULL DEFAULT '',
  stamp BINARY(32) NOT NULL DEFAULT '',
  PRIMARY KEY (seq)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- P9: the result of each command that changed something, by its request id; one of many names is done in pieces, numbered from 0,
-- which are one action. door: whose request ids these are. actor, ticket, reason, content: NULL, not used yet.
CREATE TABLE command (
  request_id VARCHAR(128) NOT NULL,
  content_digest BINARY(32) NOT NULL,
  result MEDIUMTEXT NOT NULL,
  seq BIGINT UNSIGNED NOT NULL,
  piece INT UNSIGNED NOT NULL DEFAULT 0,
  door VARCHAR(64) NOT NULL DEFAULT 'operator',
  actor VARCHAR(128) NULL,
  ticket VARCHAR(128) NULL,
  reason VARCHAR(255) NULL,
  content MEDIUMTEXT NULL,
  PRIMARY KEY (request_id, piece)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE product (
  product_id INT UNSIGNED NOT NULL,
  name VARCHAR(64) NOT NULL,
  PRIMARY KEY (product_id),
  UNIQUE KEY (name)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE meter (
  meter_id INT UNSIGNED NOT NULL,
  product_id INT UNSIGNED NOT NULL,
  name VARCHAR(64) NOT NULL,
  PRIMARY KEY (meter_id),
  UNIQUE KEY (product_id, name)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- Main accounts (parent_account_id 0) and sub-accounts share one space of names, as usage records do.
CREATE TABLE account (
  account_id INT UNSIGNED NOT NULL,
  parent_account_id INT UNSIGNED NOT NULL,
  name VARCHAR(128) NOT NULL,
  language VARCHAR(16) NOT NULL,
  seq BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (account_id),
  UNIQUE KEY (name),
  KEY (seq)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- What became known of a main account, once. kind: identity_verified (P1) | client_integrated | server_integrated (B3) |
-- closed (O11). Append only.
CREATE TABLE account_fact (
  account_id INT UNSIGNED NOT NULL,
  kind VARCHAR(32) NOT NULL,
  known_at DATETIME(6) NOT NULL,
  seq BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (account_id, kind),
  KEY (seq)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- N4: how the holder of a main account is reached, as it stands now. kind: language | email | phone; an empty value is none.
CREATE TABLE account_detail (
  account_id INT UNSIGNED NOT NULL,
  kind VARCHAR(16) NOT NULL,
  value VARCHAR(254) NOT NULL,
  seq BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (account_id, kind),
  KEY (seq)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- A pack as it was bought: never changed. What was drawn from it is in pack_balance.
CREATE TABLE pack (
  pack_id INT UNSIGNED NOT NULL,
  account_id INT UNSIGNED NOT NULL,
  product_id INT UNSIGNED NOT NULL,
  tier VARCHAR(64) NOT NULL,
  is_trial BOOLEAN NOT NULL,
  quota_units BIGINT NOT NULL,
  price_micros BIGINT NOT NULL,
  priority INT NOT NULL,
  purchased_at DATETIME(6) NOT NULL,
  effective_from DATETIME(6) NOT NULL,
  expires_at DATETIME(6) NOT NULL,
  notice_levels VARCHAR(64) NOT NULL,
  reminder_days VARCHAR(64) NOT NULL DEFAULT '3,1',
  refund_window_days INT NOT NULL DEFAULT 5,
  seq BIGINT UNSIGNED NOT NULL,
  stack_left_units BIGINT NULL,
  stack_used_units BIGINT NULL,
  PRIMARY KEY (pack_id),
  KEY (account_id, product_id),
  KEY (seq),
  KEY (expires_at)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- The sum of the ledger entries of a pack, changed in the transaction that adds them, and when its last unit was taken (O10).
CREATE TABLE pack_balance (
  pack_id INT UNSIGNED NOT NULL,
  used_units BIGINT NOT NULL,
  exhausted_at DATETIME(6) NULL,
  PRIMARY KEY (pack_id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

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

-- Money moves by journals. amount_micros is added to the balance of the account and taken from the contra book, payments | sales;
-- below zero it goes the other way. Append only. kind: top_up | payment | purchase | refund | charge.
CREATE TABLE journal (
  seq BIGINT UNSIGNED NOT NULL,
  journal_no INT UNSIGNED NOT NULL,
  account_id INT UNSIGNED NOT NULL,
  kind VARCHAR(16) NOT NULL,
  reference VARCHAR(128) NOT NULL,
  booked_at DATETIME(6) NOT NULL,
  contra_book VARCHAR(16) NOT NULL,
  amount_micros BIGINT NOT NULL,
  PRIMARY KEY (seq, journal_no),
  KEY (account_id, seq)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- The sum of the journals of an account, changed in the transaction that adds them; and whether postpaid of
-- all its products is suspended now (O8).
CREATE TABLE money_balance (
  account_id INT UNSIGNED NOT NULL,
  balance_micros BIGINT NOT NULL,
  is_suspended BOOLEAN NOT NULL DEFAULT FALSE,
  PRIMARY KEY (account_id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- O4, O5, O8: each change of postpaid. step: on | off | failed of a product; with product_id 0, of all products of the
-- account: suspended | resumed, and in between at_zero | below_zero, as the balance comes to zero and falls again. Append only.
CREATE TABLE postpaid_change (
  account_id INT UNSIGNED NOT NULL,
  product_id INT UNSIGNED NOT NULL,
  seq BIGINT UNSIGNED NOT NULL,
  change_no INT UNSIGNED NOT NULL DEFAULT 0,
  step VARCHAR(16) NOT NULL,
  changed_at DATETIME(6) NOT NULL,
  PRIMARY KEY (account_id, product_id, seq, change_no),
  KEY (seq)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

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

-- P6: references of external payments and top-ups; each works once.
CREATE TABLE payment (
  reference VARCHAR(128) NOT NULL,
  seq BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (reference),
  KEY (seq)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- A usage file by the digest of its stored bytes (U4), registered with its first unit. The last three columns make a
-- second run, on any host, read and cut the file the same.
CREATE TABLE usage_file (
  digest BINARY(32) NOT NULL,
  spool VARCHAR(128) NOT NULL,
  claim VARCHAR(64) NOT NULL,
  name VARBINARY(255) NOT NULL,
  size_bytes BIGINT UNSIGNED NOT NULL,
  arrival DATETIME(6) NOT NULL,
  default_source VARBINARY(128) NOT NULL,
  unit_records INT UNSIGNED NOT NULL,
  seq BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (digest),
  KEY (seq)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- A rating unit of a file (B5): its outcome, and the checkpoint from which the next one starts. Its ledger entries are
-- (seq, first_entry_no) and the entry_count - 1 behind it.
CREATE TABLE rating_unit (
  digest BINARY(32) NOT NULL,
  unit_no INT UNSIGNED NOT NULL,
  seq BIGINT UNSIGNED NOT NULL,
  end_offset_bytes BIGINT UNSIGNED NOT NULL,
  end_line BIGINT UNSIGNED NOT NULL,
  is_last BOOLEAN NOT NULL,
  data_lines BIGINT NOT NULL,
  accepted_records BIGINT NOT NULL,
  duplicate_records BIGINT NOT NULL,
  conflict_records BIGINT NOT NULL,
  accepted_units BIGINT NOT NULL,
  drawn_units BIGINT NOT NULL,
  overage_units BIGINT NOT NULL,
  overrun_units BIGINT NOT NULL,
  not_billable_units BIGINT NOT NULL,
  first_entry_no INT UNSIGNED NOT NULL,
  entry_count INT UNSIGNED NOT NULL,
  finished_at DATETIME(6) NOT NULL,
  PRIMARY KEY (digest, unit_no),
  KEY (seq)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- Counts by reason of a unit, for its receipt. kind: rejected | not_billable.
CREATE TABLE unit_reason (
  digest BINARY(32) NOT NULL,
  unit_no INT UNSIGNED NOT NULL,
  kind VARCHAR(16) NOT NULL,
  reason VARCHAR(32) NOT NULL,
  records BIGINT NOT NULL,
  PRIMARY KEY (digest, unit_no, kind, reason)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- Where the rejected lines of a unit stand in its file, as text: line, reason, offset, bytes, detail, tab-separated.
CREATE TABLE unit_rejects (
  digest BINARY(32) NOT NULL,
  unit_no INT UNSIGNED NOT NULL,
  part INT UNSIGNED NOT NULL,
  rejected_lines MEDIUMBLOB NOT NULL,
  PRIMARY KEY (digest, unit_no, part)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- U10: whole files whose units were taken back. Append only; seq is the ledger transaction with the reversing entries.
CREATE TABLE file_void (
  digest BINARY(32) NOT NULL,
  seq BIGINT UNSIGNED NOT NULL,
  reason VARCHAR(255) NOT NULL,
  voided_at DATETIME(6) NOT NULL,
  PRIMARY KEY (digest),
  KEY (seq)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- What was used by whom on which day, and what covered it. Append only.
-- outcome: 1 drawn from pack_id, 2 overage, 3 overrun; not billable: 4 meter outside its dates, 5 before both integrations.
CREATE TABLE ledger_entry (
  seq BIGINT UNSIGNED NOT NULL,
  entry_no INT UNSIGNED NOT NULL,
  account_id INT UNSIGNED NOT NULL,
  used_by_account_id INT UNSIGNED NOT NULL,
  meter_id INT UNSIGNED NOT NULL,
  business_day DATE NOT NULL,
  outcome TINYINT UNSIGNED NOT NULL,
  pack_id INT UNSIGNED NOT NULL,
  units BIGINT NOT NULL,
  PRIMARY KEY (seq, entry_no),
  KEY (account_id, business_day)
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
  PRIMARY KEY (account_id, product_id, charged_day, usage_day, is_credit, price_micros)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- O6: the primary key is what makes a day be charged once. Append only.
CREATE TABLE bill (
  account_id INT UNSIGNED NOT NULL,
  product_id INT UNSIGNED NOT NULL,
  charged_day DATE NOT NULL,
  amount_micros BIGINT NOT NULL,
  charged_at DATETIME(6) NOT NULL,
  seq BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (account_id, product_id, charged_day)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- The dedupe keys that a ledger transaction added (16 bytes each; by day of arrival, then in the order of its units) or, in
-- a void, removed.
CREATE TABLE dedupe_segment (
  seq BIGINT UNSIGNED NOT NULL,
  part INT UNSIGNED NOT NULL,
  kind VARCHAR(8) NOT NULL,
  arrival_day DATE NOT NULL,
  record_keys MEDIUMBLOB NOT NULL,
  PRIMARY KEY (seq, part),
  KEY (arrival_day)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- What runs by the clock. Whoever holds the lease, by the clock of the database, works; each transaction of its work checks
-- the fence, which grows with each lease, so that a holder that was taken for dead changes nothing. done_until: all that was
-- due by then is done; NULL: nothing yet. done_until_pack: of the packs that expire in the next microsecond after it, those up
-- to this one are done too.
CREATE TABLE job (
  name VARCHAR(32) NOT NULL,
  holder VARCHAR(128) NOT NULL,
  fence BIGINT UNSIGNED NOT NULL,
  lease_until DATETIME(6) NOT NULL,
  done_until DATETIME(6) NULL,
  started_at DATETIME(6) NULL,
  succeeded_at DATETIME(6) NULL,
  done_until_pack INT UNSIGNED NOT NULL DEFAULT 0,
  PRIMARY KEY (name)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- Accounts for which a job cannot store what is due: all others go on. A row goes once it could be stored; it is tried again
-- once a day. done_until: of the job when the account was set aside first; all that was due by then is done for it; NULL:
-- nothing, or the job does not go by it.
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

-- N1: reminders that are not due yet or not written yet; a row goes when its time has come.
CREATE TABLE pack_reminder (
  pack_id INT UNSIGNED NOT NULL,
  days INT NOT NULL,
  remind_at DATETIME(6) NOT NULL,
  PRIMARY KEY (pack_id, days),
  KEY (remind_at)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- Something that a tenant must be told, once: the primary key is its cause. kind: as in domain/notice.h; cause: the level in
-- percent, the days before an expiry, the ledger transaction, the charged day or the number of a step, by kind.
-- state: due | superseded.
CREATE TABLE notice (
  pack_id INT UNSIGNED NOT NULL,
  kind VARCHAR(32) NOT NULL,
  cause BIGINT NOT NULL,
  account_id INT UNSIGNED NOT NULL,
  product_id INT UNSIGNED NOT NULL DEFAULT 0,
  state VARCHAR(16) NOT NULL,
  used_units BIGINT NOT NULL,
  created_at DATETIME(6) NOT NULL,
  seq BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (account_id, product_id, kind, pack_id, cause)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- N2: the levels of which notices of a pack were written, 100: that it is used up. Notices are mostly bills; who follows the
-- ledger needs these.
CREATE TABLE told_level (
  pack_id INT UNSIGNED NOT NULL,
  level_percent INT UNSIGNED NOT NULL,
  seq BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (pack_id, level_percent),
  KEY (seq)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- N3: which kinds of notices were off in a ledger transaction that would have told of them otherwise. The audit does not miss
-- them.
CREATE TABLE notice_off (
  seq BIGINT UNSIGNED NOT NULL,
  kind VARCHAR(32) NOT NULL,
  PRIMARY KEY (seq, kind)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- A delivery of a notice over one channel. It carries all that the channel needs: its database user needs
-- rights on this table, inbox_message, channel and recipient_hour alone. kind: as of the notice, or test. html: where the
-- channel has a body of that kind. facts: a JSON object of what the text speaks of. state: queued | sending | sent | retrying |
-- held | dead | discarded | expired; claim_token: who is sending it, else empty; next_attempt_at is NULL once it has ended. can_wait:
-- quiet hours hold it back (N7). useful_until: it expires then (N6), by the clock of the database. reported: what the provider
-- said of it after it was accepted: '' | pending | delivered | failed. Some time after its end recipient, subject, bodies and
-- facts are emptied (D2).
CREATE TABLE outbox (
  delivery_id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  idempotency_key VARCHAR(128) NOT NULL,
  channel VARCHAR(32) NOT NULL,
  account_name VARCHAR(128) NOT NULL,
  recipient VARCHAR(255) NOT NULL,
  language VARCHAR(16) NOT NULL,
  subject VARCHAR(255) NOT NULL,
  body TEXT NOT NULL,
  state VARCHAR(16) NOT NULL,
  attempts INT UNSIGNED NOT NULL,
  next_attempt_at DATETIME(6) NULL,
  claim_token VARCHAR(64) NOT NULL,
  outcome VARCHAR(255) NOT NULL,
  created_at DATETIME(6) NOT NULL,
  ended_at DATETIME(6) NULL,
  erased_at DATETIME(6) NULL,
  kind VARCHAR(32) NOT NULL DEFAULT '',
  html TEXT NULL,
  facts TEXT NULL,
  occurred_at DATETIME(6) NULL,
  can_wait BOOLEAN NOT NULL DEFAULT FALSE,
  useful_until DATETIME(6) NULL,
  reported VARCHAR(16) NOT NULL DEFAULT '',
  report VARCHAR(255) NOT NULL DEFAULT '',
  reported_at DATETIME(6) NULL,
  PRIMARY KEY (delivery_id),
  UNIQUE KEY (idempotency_key),
  KEY claim (channel, claim_token, next_attempt_at),
  KEY (erased_at, ended_at)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- In-site messages, stored by the inbox channel, and what the tenant did with them (N4).
CREATE TABLE inbox_message (
  message_id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  idempotency_key VARCHAR(128) NOT NULL,
  account_name VARCHAR(128) NOT NULL,
  language VARCHAR(16) NOT NULL,
  subject VARCHAR(255) NOT NULL,
  body TEXT NOT NULL,
  stored_at DATETIME(6) NOT NULL,
  kind VARCHAR(32) NOT NULL DEFAULT '',
  seen_at DATETIME(6) NULL,
  read_at DATETIME(6) NULL,
  archived_at DATETIME(6) NULL,
  PRIMARY KEY (message_id),
  UNIQUE KEY (idempotency_key),
  KEY (account_name, message_id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- How the process of a channel fares, as it says itself or as whoever started it saw it end. state: starting | delivering |
-- away | broken | failed | stopped. Paused: nothing is claimed until an operator resumes it.
CREATE TABLE channel (
  name VARCHAR(32) NOT NULL,
  plugin VARCHAR(128) NOT NULL DEFAULT '',
  state VARCHAR(16) NOT NULL DEFAULT '',
  detail VARCHAR(255) NOT NULL DEFAULT '',
  since DATETIME(6) NOT NULL,
  seen_at DATETIME(6) NULL,
  starts BIGINT UNSIGNED NOT NULL DEFAULT 0,
  failures BIGINT UNSIGNED NOT NULL DEFAULT 0,
  paused_at DATETIME(6) NULL,
  PRIMARY KEY (name)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- N7: how many deliveries a recipient was sent in an hour, of channels that limit them.
CREATE TABLE recipient_hour (
  channel VARCHAR(32) NOT NULL,
  recipient VARCHAR(255) NOT NULL,
  hour DATETIME NOT NULL,
  deliveries INT UNSIGNED NOT NULL,
  PRIMARY KEY (channel, recipient, hour),
  KEY (hour)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
