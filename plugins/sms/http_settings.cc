#include "http_settings.h"

namespace sms {

pw_plugin::HttpOptions read_http_options(pw_plugin::Settings& settings) {
  pw_plugin::HttpOptions options;
  options.ca_file = settings.text("ca_file");
  options.connect_timeout_ms =
      static_cast<std::uint32_t>(settings.whole_number("connect_timeout_ms", 5'000, 1, 60'000));
  options.request_timeout_ms =
      static_cast<std::uint32_t>(settings.whole_number("request_timeout_ms", 8'000, 1, 60'000));
  options.concurrency_max = settings.whole_number("concurrency_max", 8, 1, 256);
  return options;
}

}  // namespace sms
