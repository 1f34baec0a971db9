#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "domain/instant.h"
#include "http/http_options.h"
#include "http/http_tally.h"
#include "http/operator_port.h"
#include "usecases/entitlement_port.h"

namespace packwarden {

// What the HTTP port answers from, and what it counts. All must outlive it.
struct HttpServices {
  const Entitlements& entitlements;
  const OperatorPort& operators;
  HttpTally& tally;
};

// The daemon's HTTP port (docs/ENTITLEMENTS.md, docs/METRICS.md), on a thread of its own from the
// constructor to stop().
class HttpServer {
 public:
  // Throws HttpUnavailable: the address cannot be taken, or is not loopback and there is no TLS;
  // certificate, key or tokens cannot be used. Services and `now` (the system's clock by default)
  // are called on the server's thread.
  HttpServer(HttpOptions options, const HttpServices& services, std::function<Instant()> now = {});
  ~HttpServer();  // stops
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const;

  // Accepts nothing more, answers what has begun to come in, and breaks the rest off after
  // stop_timeout_ms. Returns when all is closed. Any thread; again does nothing.
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace packwarden
