#pragma once

#include <mutex>

#include "store/session.h"
#include "usecases/outbox_port.h"

namespace packwarden {

// Over a session of its own, which is opened when it is needed. Throws DatabaseError.
class MysqlDeliveryReports final : public DeliveryReports {
 public:
  explicit MysqlDeliveryReports(DatabaseAddress address);

  void record(const std::string& idempotency_key, ReportedState state,
              const std::string& detail) override;

 private:
  std::mutex mutex_;
  Session session_;
};

}  // namespace packwarden
