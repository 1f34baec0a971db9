-- N3: each fall of a balance below zero is told. A suspended account whose balance is exactly zero now has fallen before, and has
-- come back: the next fall is a new one.
INSERT IGNORE INTO postpaid_change (account_id, product_id, seq, change_no, step, changed_at)
  SELECT b.account_id, 0, s.seq, 0, 'at_zero', s.instant
  FROM money_balance b JOIN ledger_sequence s ON s.id = 1
  WHERE b.is_suspended AND b.balance_micros = 0;
