#pragma once

#include <poll.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/json.hpp>
#include <charconv>
#include <chrono>
#include <map>
#include <stdexcept>
#include <string>

namespace packwarden::test {

// One answer as it came.
struct Reply {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;

  boost::json::object json() const { return boost::json::parse(body).as_object(); }
  std::string error() const { return std::string(json().at("error").as_string()); }
};

inline constexpr int client_bound_ms = 10'000;

// A client that says exactly what it is told to, over a socket of its own. Everything that it waits
// for has a bound; after that it throws.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : socket_(io_) {
    socket_.connect({boost::asio::ip::make_address("127.0.0.1"), port});
  }

  void send(const std::string& bytes) { boost::asio::write(socket_, boost::asio::buffer(bytes)); }
  void end_sending() { socket_.shutdown(boost::asio::socket_base::shutdown_send); }

  // `head_only`: of a HEAD, whose answer has no body.
  Reply receive(bool head_only = false) {
    std::size_t end = 0;
    while ((end = received_.find("\r\n\r\n")) == std::string::npos) receive_more();
    Reply reply = head_of(received_.substr(0, end + 2));
    received_.erase(0, end + 4);
    if (head_only) return reply;
    const std::size_t size = std::stoul(reply.headers.at("content-length"));
    while (received_.size() < size) receive_more();
    reply.body = received_.substr(0, size);
    received_.erase(0, size);
    return reply;
  }

  // Whether the server closes, without a byte more, within the bound.
  bool is_closed_by_server() {
    if (!received_.empty()) return false;
    wait();
    char byte = 0;
    boost::system::error_code failed;
    socket_.read_some(boost::asio::buffer(&byte, 1), failed);
    return failed == boost::asio::error::eof || failed == boost::asio::error::connection_reset;
  }

  // Whether anything came within so long: for what must not come.
  bool hears_within(std::chrono::milliseconds time) {
    pollfd waited{socket_.native_handle(), POLLIN, 0};
    return !received_.empty() || ::poll(&waited, 1, static_cast<int>(time.count())) > 0;
  }

 private:
  void wait() {
    pollfd waited{socket_.native_handle(), POLLIN, 0};
    if (::poll(&waited, 1, client_bound_ms) != 1) throw std::runtime_error("nothing came in time");
  }

  void receive_more() {
    wait();
    char bytes[16'384];
    received_.append(bytes, socket_.read_some(boost::asio::buffer(bytes)));
  }

  static Reply head_of(const std::string& head) {
    Reply reply;
    reply.status = std::stoi(head.substr(9, 3));
    std::size_t at = head.find("\r\n") + 2;
    while (at < head.size()) {
      const std::size_t end = head.find("\r\n", at);
      const std::string line = head.substr(at, end - at);
      const std::size_t colon = line.find(": ");
      std::string name = line.substr(0, colon);
      for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      reply.headers[name] = line.substr(colon + 2);
      at = end + 2;
    }
    return reply;
  }

  boost::asio::io_context io_;
  boost::asio::ip::tcp::socket socket_;
  std::string received_;
};

}  // namespace packwarden::test
