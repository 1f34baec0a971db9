-- Expiries go on in the middle of an instant at which any number of packs may end.
ALTER TABLE job ADD COLUMN done_until_pack INT UNSIGNED NOT NULL DEFAULT 0;
