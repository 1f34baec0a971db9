-- A movement of money between a balance and one other book is one row: its two postings could only ever be each other's negative.
ALTER TABLE journal
  ADD COLUMN contra_book VARCHAR(16) NOT NULL DEFAULT '',
  ADD COLUMN amount_micros BIGINT NOT NULL DEFAULT 0;
UPDATE journal j
  JOIN posting b ON b.seq = j.seq AND b.journal_no = j.journal_no AND b.book = 'balance'
  JOIN posting c ON c.seq = j.seq AND c.journal_no = j.journal_no AND c.book <> 'balance'
  SET j.contra_book = c.book, j.amount_micros = b.amount_micros;
ALTER TABLE journal
  ALTER COLUMN contra_book DROP DEFAULT,
  ALTER COLUMN amount_micros DROP DEFAULT;
