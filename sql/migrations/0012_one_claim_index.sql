-- Who is sending what is found by the claim, of its channel: the deliveries that wait are those of the claim ''.
ALTER TABLE outbox
  ADD KEY claim (channel, claim_token, next_attempt_at),
  DROP KEY channel,
  DROP KEY claim_token;
-- Of notices, only levels of packs are looked for by the ledger transaction: 0015.
ALTER TABLE notice DROP KEY seq;
