#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "store/session.h"
#include "usecases/situation.h"

namespace packwarden {

// Over a session of its own, which is opened when it is needed.
class MysqlSituationReads final : public SituationReads {
 public:
  explicit MysqlSituationReads(DatabaseAddress address) : session_(std::move(address)) {}

  LedgerSituation look(std::uint32_t counted_deliveries_max) override;
  LedgerPace pace_since(Sequence sequence, Instant database_clock) override;

 private:
  void read_unpriced(Session& session);

  Session session_;
  // Asks all open overage where some product has days without a price: so not each time.
  std::vector<UnpricedOverage> unpriced_;
  std::optional<std::chrono::steady_clock::time_point> unpriced_read_at_;
};

// Those that the board knows, or that have deliveries, by name; at most `counted_deliveries_max`
// deliveries of each kind are looked at (SituationReads::look).
std::vector<ChannelRow> read_channels(Session& session, std::uint32_t counted_deliveries_max);

}  // namespace packwarden
