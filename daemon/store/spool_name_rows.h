#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "domain/instant.h"
#include "store/session.h"

// Who works under the name of a spool, by the clock of the database (S41). Not part of the ledger:
// no sequence is taken. All throw DatabaseError.
namespace packwarden {

inline constexpr std::uint32_t spool_name_lease_s = 30;

struct SpoolNameHolder {
  std::string spool;
  std::string spool_id;
  std::string holder;  // host/process
};

struct TakenSpoolName {
  std::optional<std::uint64_t> fence;  // nothing: another has the name
  std::string holder{};                // the other
  Instant until{};                     // of its lease, unless it renews it
};

// `restarts`: who had the name under the same id is gone, since the spool's lock is ours. `seen`:
// the newest ledger transaction that the daemon knows. What this process has itself it has again.
TakenSpoolName take_spool_name(Session& session, const SpoolNameHolder& who, bool restarts,
                               std::uint64_t seen = 0);
// False: the name is another's now.
bool renew_spool_name(Session& session, const std::string& spool, std::uint64_t fence,
                      std::uint64_t seen);
// Does nothing where the name is another's.
void give_back_spool_name(Session& session, const std::string& spool, std::uint64_t fence);
// What the settings of the daemon mean for the ledger (digest_of(LedgerMeaning)).
void write_meaning_digest(Session& session, const std::string& spool, std::uint64_t fence,
                          const std::string& digest);

// A condition on table daemon: the lease is not over.
std::string is_living_daemon();
// A lease that ends later than any that is given is of a clock that was wrong: it lasts as long as
// a new one from now on. Its holder may live, and then renews it; one that is gone loses it.
void shorten_leases(Session& session);

}  // namespace packwarden
