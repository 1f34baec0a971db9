-- N2, scope stack: what was left of all usable packs of the account and product right after this one was bought, and what was
-- used of all of them by then. NULL: its levels are those of the pack alone.
ALTER TABLE pack
  ADD COLUMN stack_left_units BIGINT NULL,
  ADD COLUMN stack_used_units BIGINT NULL;
