#pragma once

#include <optional>

#include "store/row_numbers.h"
#include "store/session.h"
#include "usecases/ledger_port.h"
#include "usecases/report_port.h"

// What a void reads and writes (U10). docs/decisions/0006 says how it finds what a file did.
namespace packwarden {

std::optional<FileVoid> read_void(Session& session, const Digest& digest);

// As ledger transaction `sequence`, which has written `numbers` before.
void write_void(Session& session, Sequence sequence, RowNumbers& numbers, const Digest& digest,
                const FileVoid& why);

// The main accounts of its entries, by id.
std::vector<AccountId> read_accounts_of_file(Session& session, const Digest& digest);

// See Ledger::keys_of_file. Throws std::logic_error where keys inside the window are not as many as
// the units of the ledger say.
void read_keys_of_file(Session& session, const Digest& digest, const SegmentSink& sink);

VoidPlan read_void_plan(Session& session, const Digest& digest);

}  // namespace packwarden
