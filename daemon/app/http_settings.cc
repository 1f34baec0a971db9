#include "app/http_settings.h"

#include <fmt/format.h>

#include "http/listen_address.h"

namespace packwarden {
namespace {

constexpr std::size_t max_path_bytes = 4'096;
constexpr std::size_t max_address_bytes = 64;
constexpr std::uint32_t ms_per_s = 1'000;

void read_path(MapReader& map, const std::filesystem::path& folder, const char* key,
               std::string& out) {
  map.text(key, out, max_path_bytes);
  if (!out.empty()) out = (folder / out).lexically_normal().string();
}

void check_listen(MapReader& map, const HttpSettings& settings) {
  if (!settings.is_on()) return;
  const auto address = parse_listen_address(settings.listen);
  if (!address || address->port == 0) {
    return map.error_at_value(
        "listen", address ? "give a port from 1 to 65535" : address.error() + ", or off");
  }
  if (!address->is_loopback && settings.tls_certificate.empty()) {
    map.error_at_value("listen",
                       fmt::format("{} is not a loopback address, so tokens would go over "
                                   "the network in the clear: give tls_certificate and "
                                   "tls_key, or listen on 127.0.0.1",
                                   settings.listen));
  }
}

}  // namespace

void read_http_settings(MapReader map, const std::filesystem::path& folder, HttpSettings& out) {
  map.text("listen", out.listen, max_address_bytes);
  read_path(map, folder, "tokens_file", out.tokens_file);
  read_path(map, folder, "tls_certificate", out.tls_certificate);
  read_path(map, folder, "tls_key", out.tls_key);
  if (out.tls_certificate.empty() != out.tls_key.empty()) {
    map.error_at_value(out.tls_key.empty() ? "tls_certificate" : "tls_key",
                       "stands alone: give tls_certificate and tls_key, or none of them");
  } else {
    check_listen(map, out);
  }
  map.one_of("metrics", out.metrics, {"open", "token", "off"});
  map.whole_number("max_connections", out.max_connections, {1, 100'000});
  map.whole_number("idle_timeout_s", out.idle_timeout_s, {1, 3'600});
  map.whole_number("header_timeout_s", out.header_timeout_s, {1, 600});
  map.whole_number("ready_database_max_age_s", out.ready_database_max_age_s, {1, 3'600});
  map.finish();
}

HttpOptions http_options(const HttpSettings& settings) {
  HttpOptions options;
  options.listen = settings.listen;
  options.tokens_file = settings.tokens_file;
  options.tls_certificate = settings.tls_certificate;
  options.tls_key = settings.tls_key;
  options.metrics = settings.metrics == "open"    ? HttpOptions::Metrics::open
                    : settings.metrics == "token" ? HttpOptions::Metrics::token
                                                  : HttpOptions::Metrics::off;
  options.max_connections = settings.max_connections;
  options.idle_timeout_ms = settings.idle_timeout_s * ms_per_s;
  options.header_timeout_ms = settings.header_timeout_s * ms_per_s;
  return options;
}

}  // namespace packwarden
