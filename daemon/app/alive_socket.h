#pragma once

#include <array>
#include <boost/asio/local/datagram_protocol.hpp>
#include <functional>
#include <memory>
#include <string>

namespace packwarden {

// The supervisor's end of systemd's notification protocol: hears what children say by sd_notify,
// which find it by NOTIFY_SOCKET. Belongs to the thread of its io_context.
class AliveSocket {
 public:
  // `heard` is called for each message.
  AliveSocket(boost::asio::io_context& io, std::function<void()> heard);

  // For NOTIFY_SOCKET: an abstract address that no other process has.
  const std::string& address() const { return address_; }

 private:
  void listen();

  std::string address_;
  boost::asio::local::datagram_protocol::socket socket_;
  std::function<void()> heard_;
  std::array<char, 512> message_{};
  std::shared_ptr<bool> exists_ = std::make_shared<bool>(true);
};

}  // namespace packwarden
