#pragma once

#include "store/session.h"
#include "usecases/ledger_port.h"

// Overage that is not charged yet (docs/BILLING.md).
namespace packwarden {

// Adds the overage among the entries of transaction `sequence`, which are written already.
void open_overage(Session& session, Sequence sequence);

// U10: takes the overage out that stands in the entries `e` of `entries` (SQL behind FROM): what is
// open is open no longer, what was charged becomes a credit at the price that was charged.
void close_overage(Session& session, const std::string& entries);

}  // namespace packwarden
