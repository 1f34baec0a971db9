#pragma once

#include "store/session.h"
#include "usecases/channel_port.h"

namespace packwarden {

std::string_view name_of(ChannelState state);

// The channel's row in MySQL, over a session of its own, which is opened when it is needed. Throws
// DatabaseError. Needs SELECT, INSERT and UPDATE on channel.
class MysqlChannelBoard final : public ChannelBoard {
 public:
  MysqlChannelBoard(DatabaseAddress address, std::string channel);

  bool start(const std::string& plugin) override;
  void set_state(ChannelState state, const std::string& detail) override;
  void set_failed(const std::string& detail, std::chrono::microseconds ago) override;
  bool check_in() override;

 private:
  Session& session();
  void update(const std::string& columns);

  Session session_;
  std::string channel_;
};

}  // namespace packwarden
