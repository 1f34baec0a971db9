#include "report_listener.h"

#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <charconv>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <thread>

namespace sms {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t kConnectionsMax = 64;
constexpr std::uint32_t kHeaderBytesMax = 8'192;
constexpr std::chrono::seconds kIdleTime{30};
constexpr std::chrono::milliseconds kAcceptPause{100};

std::optional<tcp::endpoint> endpoint_of(const std::string& address) {
  const auto colon = address.rfind(':');
  if (colon == std::string::npos) return std::nullopt;
  std::string host = address.substr(0, colon);
  const bool is_bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (is_bracketed) host = host.substr(1, host.size() - 2);
  std::uint16_t port = 0;
  const char* end = address.data() + address.size();
  const auto [stop, wrong] = std::from_chars(address.data() + colon + 1, end, port);
  error_code failed;
  const auto ip = asio::ip::make_address(host, failed);
  if (failed || wrong != std::errc() || stop != end || ip.is_v6() != is_bracketed) {
    return std::nullopt;
  }
  return tcp::endpoint(ip, port);
}

tcp::endpoint checked_endpoint(const std::string& address) {
  const auto endpoint = endpoint_of(address);
  if (!endpoint) {
    throw std::runtime_error(fmt::format(
        "\"{}\" is no address to listen on; write an IP and a port, such as 127.0.0.1:8480",
        address));
  }
  return *endpoint;
}

tcp::acceptor opened(asio::io_context& io, const std::string& address) {
  const tcp::endpoint endpoint = checked_endpoint(address);
  try {
    return tcp::acceptor(io, endpoint);
  } catch (const boost::system::system_error& error) {
    throw std::runtime_error(
        fmt::format("{} cannot be listened on: {}; end what listens there, or give another",
                    address, error.code().message()));
  }
}

// One connection. Keeps itself alive while something is to come.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, const ReportListener::Handler& handler, std::size_t& open)
      : stream_(std::move(socket)), handler_(handler), open_(open) {
    ++open_;
  }
  ~Connection() { --open_; }

  void read() {
    parser_.emplace();
    parser_->header_limit(kHeaderBytesMax);
    parser_->body_limit(0);
    stream_.expires_after(kIdleTime);
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](error_code error, std::size_t) {
                       if (!error) self->answer();
                     });
  }

 private:
  void answer() {
    const auto& request = parser_->get();
    unsigned status = 405;
    if (request.method() == http::verb::get) {
      const auto target = request.target();
      status = handler_(std::string_view(target.data(), target.size()));
    }
    answer_ = {static_cast<http::status>(status), request.version()};
    answer_.keep_alive(request.keep_alive());
    answer_.prepare_payload();
    stream_.expires_after(kIdleTime);
    http::async_write(stream_, answer_, [self = shared_from_this()](error_code error, std::size_t) {
      if (!error && self->answer_.keep_alive()) self->read();
    });
  }

  beast::tcp_stream stream_;
  const ReportListener::Handler& handler_;
  std::size_t& open_;
  beast::flat_buffer buffer_{kHeaderBytesMax};
  std::optional<http::request_parser<http::empty_body>> parser_;
  http::response<http::empty_body> answer_;
};

}  // namespace

class ReportListener::Impl {
 public:
  Impl(const std::string& address, Handler handler)
      : handler_(std::move(handler)), acceptor_(opened(io_, address)), pause_(io_) {
    accept();
    thread_ = std::thread([this] {
      sigset_t all;  // signals are the host's
      sigfillset(&all);
      pthread_sigmask(SIG_BLOCK, &all, nullptr);
      io_.run();
    });
  }

  ~Impl() {
    io_.stop();
    thread_.join();
  }

  std::string address() const {
    const auto endpoint = acceptor_.local_endpoint();
    const std::string ip = endpoint.address().to_string();
    return fmt::format("{}:{}", endpoint.address().is_v6() ? "[" + ip + "]" : ip, endpoint.port());
  }

 private:
  void accept() {
    acceptor_.async_accept([this](error_code error, tcp::socket socket) {
      if (!error && open_ < kConnectionsMax) {
        std::make_shared<Connection>(std::move(socket), handler_, open_)->read();
      }
      if (error) {  // for want of descriptors: not in a circle
        pause_.expires_after(kAcceptPause);
        pause_.async_wait([this](error_code) { accept(); });
      } else {
        accept();
      }
    });
  }

  Handler handler_;
  std::size_t open_ = 0;
  asio::io_context io_{1};  // ends before what its connections refer to
  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  std::thread thread_;
};

ReportListener::ReportListener(const std::string& address, Handler handler)
    : impl_(std::make_unique<Impl>(address, std::move(handler))) {}
ReportListener::~ReportListener() = default;

std::string ReportListener::address() const {
  return impl_->address();
}

bool is_loopback_address(const std::string& address) {
  const auto endpoint = endpoint_of(address);
  return endpoint && endpoint->address().is_loopback();
}

}  // namespace sms
