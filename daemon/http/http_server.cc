#include "http/http_server.h"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/post.hpp>
#include <mutex>
#include <optional>
#include <thread>

#include "http/connection.h"
#include "http/entitlement_route.h"
#include "http/listen_address.h"
#include "http/operator_routes.h"
#include "http/tls_context.h"
#include "logging/log.h"

namespace packwarden {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Executor = asio::io_context::executor_type;
using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, Executor>;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;

constexpr std::uint32_t max_sweep_interval_ms = 500;
constexpr std::chrono::milliseconds accept_pause{100};
constexpr std::chrono::minutes warn_interval{1};

Instant system_now() {
  return {std::chrono::duration_cast<std::chrono::nanoseconds>(
              std::chrono::system_clock::now().time_since_epoch())
              .count()};
}

std::chrono::milliseconds sweep_interval_of(const HttpOptions& options) {
  const std::uint32_t shortest = std::min(options.idle_timeout_ms, options.header_timeout_ms) / 4;
  return std::chrono::milliseconds(
      std::clamp(std::min(shortest, options.tokens_check_interval_ms), 1U, max_sweep_interval_ms));
}

std::optional<Access> access_of(HttpOptions::Metrics metrics) {
  switch (metrics) {
    case HttpOptions::Metrics::open:
      return Access::open;
    case HttpOptions::Metrics::token:
      return Access::bearer_token;
    case HttpOptions::Metrics::off:
      break;
  }
  return std::nullopt;
}

ListenAddress checked_address(const HttpOptions& options) {
  auto address = parse_listen_address(options.listen);
  if (!address) throw HttpUnavailable("http.listen: " + address.error());
  if (options.tls_certificate.empty() != options.tls_key.empty()) {
    throw HttpUnavailable("http.tls_certificate and http.tls_key go together: give both or none");
  }
  if (!address->is_loopback && options.tls_key.empty()) {
    throw HttpUnavailable(fmt::format(
        "http.listen: {} is not a loopback address, so tokens would go over the network "
        "in the clear: give http.tls_certificate and http.tls_key, or listen on "
        "127.0.0.1",
        options.listen));
  }
  return *address;
}

Acceptor open_acceptor(asio::io_context& io, const HttpOptions& options) {
  const ListenAddress address = checked_address(options);
  const asio::ip::tcp::endpoint endpoint(asio::ip::make_address(address.ip), address.port);
  try {
    Acceptor acceptor(io.get_executor());
    acceptor.open(endpoint.protocol());
    acceptor.set_option(asio::socket_base::reuse_address(true));
    acceptor.bind(endpoint);
    acceptor.listen();
    return acceptor;
  } catch (const boost::system::system_error& error) {
    throw HttpUnavailable(
        fmt::format("http.listen: {} cannot be taken: {}: end what listens there, or give another",
                    options.listen, error.code().message()));
  }
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(HttpOptions options, const HttpServices& services, std::function<Instant()> now)
      : options_(std::move(options)),
        site_{{},
              BearerTokens(options_.tokens_file),
              services.tally,
              now ? std::move(now) : system_now,
              {},
              false},
        acceptor_(open_acceptor(io_, options_)),
        port_(acceptor_.local_endpoint().port()),
        sweep_interval_(sweep_interval_of(options_)) {
    if (!options_.tls_key.empty()) {
      tls_ = make_tls_context(options_.tls_certificate, options_.tls_key);
    }
    add_entitlement_route(site_.router, services.entitlements, services.tally);
    add_operator_routes(site_.router, services.operators, access_of(options_.metrics));
    connections_.on_gone = [this] { after_connection(); };
    accept();
    sweep();
    thread_ = std::thread([this] { run(); });
    pthread_setname_np(thread_.native_handle(), "http");
  }

  ~Impl() { stop(); }

  std::uint16_t port() const { return port_; }

  void stop() {
    std::call_once(stopped_, [this] {
      asio::post(io_, [this] { begin_stop(); });
      thread_.join();
    });
  }

 private:
  // What a handler throws (no memory) costs that connection alone.
  void run() {
    for (;;) {
      try {
        io_.run();
        return;
      } catch (const std::exception& error) {
        log_event(events::http_fault, "http: {}", error.what());
      }
    }
  }

  void accept() {
    if (site_.is_stopping) return;
    is_full_ = connections_.all.size() >= options_.max_connections;
    if (is_full_) {
      return warn(fmt::format("there are {} connections: further ones wait (http.max_connections)",
                              options_.max_connections));
    }
    acceptor_.async_accept(io_.get_executor(), [this](const error_code& failed, HttpSocket socket) {
      if (failed == asio::error::operation_aborted) return;
      if (failed) return pause_accepting(failed.message());
      try {
        begin(std::move(socket));
      } catch (const std::exception& error) {
        return pause_accepting(error.what());
      }
      accept();
    });
  }

  void begin(HttpSocket socket) {
    error_code gone_already;
    socket.set_option(asio::ip::tcp::no_delay(true), gone_already);
    make_connection(std::move(socket), tls_ ? &*tls_ : nullptr, {options_, site_, connections_})
        ->start();
    site_.tally.accepted();
    count_connections();
  }

  // Such as no more descriptors: it passes, or a person has to look at it.
  void pause_accepting(const std::string& why) {
    warn(fmt::format("no connection can be accepted: {}; tried again", why));
    pause_.expires_after(accept_pause);
    pause_.async_wait([this](const error_code& cancelled) {
      if (!cancelled) accept();
    });
  }

  // Once in a while: what is told here comes in crowds.
  void warn(const std::string& text) {
    const SteadyTime now = std::chrono::steady_clock::now();
    if (warned_at_ && now - *warned_at_ < warn_interval) return;
    warned_at_ = now;
    log_event(events::http_crowded, "http: {}", text);
  }

  void sweep() {
    // Cancelling comes too late for a timer that has just run out.
    if (is_over()) return;
    const SteadyTime now = std::chrono::steady_clock::now();
    if (now - tokens_seen_at_ >= std::chrono::milliseconds(options_.tokens_check_interval_ms)) {
      tokens_seen_at_ = now;
      site_.tokens.refresh();
    }
    for_each_connection([now](Connection& connection) { connection.check_time(now); });
    sweep_.expires_after(sweep_interval_);
    sweep_.async_wait([this](const error_code& cancelled) {
      if (!cancelled) sweep();
    });
  }

  // None ends while it is called: that comes by its handlers, later.
  template <class Callback>
  void for_each_connection(Callback callback) {
    for (Connection* connection : connections_.all) callback(*connection);
  }

  void begin_stop() {
    site_.is_stopping = true;
    error_code closed_already;
    acceptor_.close(closed_already);
    pause_.cancel();
    for_each_connection([](Connection& connection) { connection.finish(); });
    stop_timer_.expires_after(std::chrono::milliseconds(options_.stop_timeout_ms));
    stop_timer_.async_wait([this](const error_code& cancelled) {
      if (cancelled) return;
      log_event(events::http_broken_off, "http: {} connections are broken off",
                connections_.all.size());
      for_each_connection([](Connection& connection) { connection.abort(); });
    });
    end_if_empty();
  }

  void count_connections() { site_.tally.connections_are(connections_.all.size()); }

  void after_connection() {
    count_connections();
    if (site_.is_stopping) return end_if_empty();
    if (is_full_) asio::post(io_, [this] { resume(); });
  }

  void resume() {
    if (is_full_) accept();
  }

  bool is_over() const { return site_.is_stopping && connections_.all.empty(); }

  // Without timers there is nothing left to do: run() returns.
  void end_if_empty() {
    if (!is_over()) return;
    sweep_.cancel();
    stop_timer_.cancel();
  }

  const HttpOptions options_;
  HttpSite site_;
  ConnectionList connections_;
  std::optional<asio::ssl::context> tls_;
  asio::io_context io_{1};
  Acceptor acceptor_;
  const std::uint16_t port_;
  const std::chrono::milliseconds sweep_interval_;
  Timer sweep_{io_.get_executor()};
  Timer pause_{io_.get_executor()};
  Timer stop_timer_{io_.get_executor()};
  bool is_full_ = false;
  std::optional<SteadyTime> warned_at_;
  SteadyTime tokens_seen_at_ = std::chrono::steady_clock::now();
  std::once_flag stopped_;
  std::thread thread_;
};

HttpServer::HttpServer(HttpOptions options, const HttpServices& services,
                       std::function<Instant()> now)
    : impl_(std::make_unique<Impl>(std::move(options), services, std::move(now))) {}

HttpServer::~HttpServer() = default;

std::uint16_t HttpServer::port() const {
  return impl_->port();
}

void HttpServer::stop() {
  impl_->stop();
}

}  // namespace packwarden
