-- D2: addresses and texts of ended deliveries are erased after a time; that, when and how they ended stays.
ALTER TABLE outbox
  ADD COLUMN erased_at DATETIME(6) NULL,
  ADD KEY (erased_at, ended_at);
