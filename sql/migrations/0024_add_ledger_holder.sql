-- Who holds the row, "process (kind)", for those who wait: read while it is not committed. Stays as the last holder left it.
ALTER TABLE ledger_sequence ADD COLUMN holder VARCHAR(160) NOT NULL DEFAULT '';
