#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <unordered_set>

#include "http/exchange.h"
#include "http/http_options.h"

namespace packwarden {

// Without the type-erased executor of tcp::socket, which costs at each step.
using HttpSocket =
    boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;
using SteadyTime = std::chrono::steady_clock::time_point;

// One client. Lives as long as something of it is under way. All on the server's thread.
class Connection {
 public:
  virtual ~Connection() = default;

  virtual void start() = 0;
  // Ends what has gone past its time.
  virtual void check_time(SteadyTime now) = 0;
  // The server stops: what has begun to come in is still answered.
  virtual void finish() = 0;
  virtual void abort() = 0;
};

// The connections that live. `on_gone` is called after one has ended.
struct ConnectionList {
  std::unordered_set<Connection*> all;
  std::function<void()> on_gone;
};

// What a connection works with; must outlive it.
struct ConnectionContext {
  const HttpOptions& options;
  HttpSite& site;
  ConnectionList& list;
};

// `tls` may be null: then without.
std::shared_ptr<Connection> make_connection(HttpSocket socket, boost::asio::ssl::context* tls,
                                            const ConnectionContext& context);

}  // namespace packwarden
