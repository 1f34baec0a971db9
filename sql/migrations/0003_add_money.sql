-- P1: what became known of an account, once. kind: identity_verified. Append only.
CREATE TABLE account_fact (
  account_id INT UNSIGNED NOT NULL,
  kind VARCHAR(32) NOT NULL,
  known_at DATETIME(6) NOT NULL,
  seq BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (account_id, kind),
  KEY (seq)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- Money moves by journals, whose postings sum to zero. Append only. kind: top_up | payment | purchase | refund.
CREATE TABLE journal (
  seq BIGINT UNSIGNED NOT NULL,
  journal_no INT UNSIGNED NOT NULL,
  account_id INT UNSIGNED NOT NULL,
  kind VARCHAR(16) NOT NULL,
  reference VARCHAR(128) NOT NULL,
  booked_at DATETIME(6) NOT NULL,
  PRIMARY KEY (seq, journal_no),
  KEY (account_id, seq)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- book: balance | payments | sales.
CREATE TABLE posting (
  seq BIGINT UNSIGNED NOT NULL,
  journal_no INT UNSIGNED NOT NULL,
  book VARCHAR(16) NOT NULL,
  amount_micros BIGINT NOT NULL,
  PRIMARY KEY (seq, journal_no, book)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- The sum of the postings of an account on the book balance, changed in the transaction that adds them.
CREATE TABLE money_balance (
  account_id INT UNSIGNED NOT NULL,
  balance_micros BIGINT NOT NULL,
  PRIMARY KEY (account_id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- P6: references of external payments and top-ups; each works once.
CREATE TABLE payment (
  reference VARCHAR(128) NOT NULL,
  seq BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (reference),
  KEY (seq)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
