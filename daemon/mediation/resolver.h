#pragma once

#include <cstdint>
#include <memory>

#include "domain/account.h"
#include "domain/catalogue.h"
#include "domain/limits.h"
#include "domain/usage_record.h"

namespace packwarden {

// A usage record whose names are known.
struct ResolvedRecord {
  const DirectoryEntry* account = nullptr;  // as named: main or sub
  const Product* product = nullptr;
  const Meter* meter = nullptr;
};

// Looks up the names of decoded lines and checks their event time, in the order of U5:
// unknown_account, closed_account, unknown_product, unknown_meter, too_old, in_future. Of one file:
// the window hangs on its arrival (U6) and on the dedupe floor. Not thread-safe (remembers the last
// product and meter); the catalogue must outlive it.
class RecordResolver {
 public:
  RecordResolver(const Catalogue& catalogue, std::shared_ptr<const AccountDirectory> directory,
                 Instant arrival, const AcceptanceWindow& window, Instant dedupe_floor);

  // True and `resolved` filled; or false with reason and detail set in `line`.
  bool resolve(DecodedLine& line, ResolvedRecord& resolved);

  // The first instant that is not too old, and the last one that is not in the future.
  Instant earliest() const { return earliest_; }
  Instant latest() const { return latest_; }

 private:
  const Catalogue* catalogue_;
  std::shared_ptr<const AccountDirectory> directory_;
  Instant earliest_;
  Instant latest_;
  const Product* last_product_ = nullptr;
  const Meter* last_meter_ = nullptr;
};

}  // namespace packwarden
