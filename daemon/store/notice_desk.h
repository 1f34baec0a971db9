#pragma once

#include "store/session.h"
#include "usecases/notice_desk_port.h"

namespace packwarden {

// Over a session of its own, which is opened when it is needed.
class MysqlNoticeDesk final : public NoticeDesk {
 public:
  explicit MysqlNoticeDesk(DatabaseAddress address);

  std::vector<DeliveryRow> deliveries(const DeliveryFilter& filter) override;
  std::optional<DeliveryText> text_of(std::uint64_t id) override;
  std::uint64_t retry(const DeliveryFilter& filter) override;
  std::uint64_t discard(const DeliveryFilter& filter, const std::string& reason) override;
  std::vector<ChannelRow> channels() override;
  bool set_paused(const std::string& channel, bool paused) override;
  std::uint64_t add_test(const TestMessage& message) override;

 private:
  std::uint64_t update(const DeliveryFilter& filter, const std::string& columns,
                       const std::string& condition);

  Session session_;
};

}  // namespace packwarden
