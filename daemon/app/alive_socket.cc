#include "app/alive_socket.h"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>

namespace packwarden {
namespace {

using boost::asio::local::datagram_protocol;

std::string new_address() {
  static int count = 0;
  return fmt::format("@packwarden-up-{}-{}", getpid(), ++count);
}

}  // namespace

AliveSocket::AliveSocket(boost::asio::io_context& io, std::function<void()> heard)
    : address_(new_address()),
      // The @ of an abstract address is a NUL for the system.
      socket_(io, datagram_protocol::endpoint(std::string(1, '\0') + address_.substr(1))),
      heard_(std::move(heard)) {
  listen();
}

void AliveSocket::listen() {
  socket_.async_receive(
      boost::asio::buffer(message_),
      [this, exists = std::weak_ptr(exists_)](const boost::system::error_code& error, std::size_t) {
        // A message that was received before the end of this is no error.
        if (error || exists.expired()) return;
        heard_();
        listen();
      });
}

}  // namespace packwarden
