#pragma once

#include "store/ledger_content.h"
#include "store/session.h"
#include "usecases/ledger_port.h"

namespace packwarden {

// The one row that every ledger transaction locks.
struct HeadRow {
  LedgerHead head;
  AccountId last_account{};
  PackId last_pack{};
  bool is_read_only = false;  // the server: it was demoted, or is a replica
};

// What is committed. Throws DatabaseError.
LedgerHead read_head(Session& session);
// The same of any server, also a replica: for reports, which decide nothing.
LedgerHead read_reported_head(Session& session);
Sequence read_sequence(Session& session);
// Locks it until the end of the transaction.
HeadRow lock_head(Session& session);
// The same where nobody else holds it; else throws DatabaseError (lock_wait_timeout).
HeadRow lock_head_now(Session& session);
// Locks it and writes into it who holds it, for those who wait (see LedgerWaits).
HeadRow lock_head_as(Session& session, std::string_view holder);
// The stamps of the transactions `first` to `last`, in order.
std::vector<Digest> read_stamps(Session& session, Sequence first, Sequence last);
// The clock of the database, now: not that of a statement that waited for a lock.
Instant read_clock(Session& session);

// Appends transaction `before.head.sequence` + 1 with `content`, as of `instant`, and makes `row`
// the newest. Under the lock. Returns what is the head now.
LedgerHead advance_head(Session& session, const char* kind, const HeadRow& row, Instant instant,
                        const Digest& content);

}  // namespace packwarden
