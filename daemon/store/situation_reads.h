#pragma once

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
  Session session_;
};

// Those that the board knows, or that have deliveries, by name; at most `counted_deliveries_max`
// deliveries of each kind are looked at (SituationReads::look).
std::vector<ChannelRow> read_channels(Session& session, std::uint32_t counted_deliveries_max);

}  // namespace packwarden
