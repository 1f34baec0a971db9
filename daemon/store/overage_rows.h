#pragma once

#include <functional>
#include <span>
#include <vector>

#include "store/session.h"
#include "usecases/ledger_port.h"

// Overage that is not charged yet (docs/BILLING.md).
namespace packwarden {

// Adds the overage among the entries of transaction `sequence` from `first_entry_no` on, which are
// written already.
void open_overage(Session& session, Sequence sequence, std::uint32_t first_entry_no);

// U10: takes the overage out that stands in the entries `e` of `entries` (SQL behind FROM): what is
// open is open no longer, what was charged becomes a credit at the price that was charged.
void close_overage(Session& session, const std::string& entries);

// U2: what is open of main accounts, each given once; of all.
std::vector<OpenRow> read_open_rows(Session& session, std::span<const AccountId> accounts);
void for_each_open_row(Session& session, const std::function<void(const OpenRow&)>& take);
// The overage of the transactions after `after`, not less what was voided of it.
std::vector<OpenRow> read_opened(Session& session, Sequence after, Sequence upto);
// A condition: the row `o` of open_overage, of the product `d`, waits for a price that the ledger
// does not have (deployment_value). Never true while no prices are stored.
std::string is_unpriced(Session& session);

}  // namespace packwarden
