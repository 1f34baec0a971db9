-- Deliveries over several channels. kind: as of the notice, or test. html: where the channel has a body of that kind. facts:
-- a JSON object of what the text speaks of. can_wait: quiet hours hold it back. useful_until: it expires then (N6), by the
-- clock of the database. reported: what the provider said of it after it was accepted: '' | pending | delivered | failed.
ALTER TABLE outbox
  ADD COLUMN kind VARCHAR(32) NOT NULL DEFAULT '',
  ADD COLUMN html TEXT NULL,
  ADD COLUMN facts TEXT NULL,
  ADD COLUMN occurred_at DATETIME(6) NULL,
  ADD COLUMN can_wait BOOLEAN NOT NULL DEFAULT FALSE,
  ADD COLUMN useful_until DATETIME(6) NULL,
  ADD COLUMN reported VARCHAR(16) NOT NULL DEFAULT '',
  ADD COLUMN report VARCHAR(255) NOT NULL DEFAULT '',
  ADD COLUMN reported_at DATETIME(6) NULL;

-- N4: what a tenant did with a message.
ALTER TABLE inbox_message
  ADD COLUMN kind VARCHAR(32) NOT NULL DEFAULT '',
  ADD COLUMN seen_at DATETIME(6) NULL,
  ADD COLUMN read_at DATETIME(6) NULL,
  ADD COLUMN archived_at DATETIME(6) NULL;

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
