#pragma once

#include <span>
#include <vector>

#include "store/session.h"
#include "usecases/ledger_port.h"

// Rows of how accounts stand: postpaid and service states (docs/BILLING.md).
namespace packwarden {

// Of main accounts, by id.
std::vector<AccountStanding> read_standings(Session& session, std::span<const AccountId> accounts);

// Of a sequence range; `condition` is SQL over the columns of the table. In the order of the
// ledger.
std::vector<PostpaidChange> read_postpaid_changes(Session& session, std::string_view condition);
void for_each_postpaid_change(Session& session, std::string_view condition,
                              const std::function<void(PostpaidChange)>& take);
// `first_no`, here and below: how many changes of the kind the transaction has written before.
void write_postpaid_changes(Session& session, Sequence sequence, std::uint32_t first_no,
                            std::span<const PostpaidChange> changes);

std::vector<ServiceChange> read_service_changes(Session& session, std::string_view condition);
void write_service_changes(Session& session, Sequence sequence, std::uint32_t first_no,
                           std::span<const ServiceChange> changes);

}  // namespace packwarden
