#pragma once

#include <memory>

#include "store/mysql_ledger.h"
#include "usecases/deployment.h"

namespace packwarden {

// On a ledger connection, which must outlive it and is used by it alone while it is called.
class MySqlDeploymentStore final : public DeploymentStore {
 public:
  explicit MySqlDeploymentStore(MySqlLedger& ledger);
  ~MySqlDeploymentStore() override;

  std::vector<StoredValue> newest() override;
  std::vector<StoredValue> newest_under_lock() override;
  std::vector<StoredValue> history() override;
  Sequence sequence() override;
  MeaningFacts& facts_after(Sequence after) override;
  DeploymentHoldings holdings() override;
  DatedAhead dated_ahead(Instant clock, std::uint32_t shown_max) override;
  std::vector<std::string> living_daemons() override;
  void require_newest() override;
  bool record_first(const MeaningValues& values) override;
  void record(RecordedBy who, std::optional<Instant> as_of, const Decide& decide) override;

 private:
  class Facts;

  MySqlLedger* ledger_;
  Session* in_transaction_ = nullptr;  // the ledger's session, while record() asks
  std::unique_ptr<Facts> facts_;

  template <class Read>
  decltype(auto) reading(Read&& read);
};

// The newest value of each name, by name.
std::vector<StoredValue> read_newest_values(Session& session);

}  // namespace packwarden
