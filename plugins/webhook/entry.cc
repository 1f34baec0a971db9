#include <memory>

#include "boundary.h"
#include "notifier_abi.h"
#include "sender.h"
#include "settings.h"
#include "signature.h"

struct pw_instance {
  explicit pw_instance(webhook::Config config) : sender(std::move(config)) {}
  webhook::Sender sender;
};

namespace {

constexpr std::uint32_t kBatchMax = 200;
constexpr std::size_t kAnswerBytesMax = 65'536;  // nothing of it is needed but the status

webhook::Config read_config(pw_plugin::Settings& settings) {
  webhook::Config config;
  config.keys = webhook::read_keys(settings.secret_from_file("key_file", 2));
  if (config.keys.empty()) {
    settings.refuse(
        "\"key_file\" holds no key; write one with `openssl rand -hex 32`, as its first line (and "
        "leave the former one as the second while tenants change over)");
  }
  config.source = settings.text("source", "packwarden");
  config.allows_http_loopback = settings.flag("allow_http_loopback", false);
  config.http.allow_private_addresses = settings.flag("allow_private_addresses", false);
  config.http.ca_file = settings.text("ca_file");
  config.http.connect_timeout_ms =
      static_cast<std::uint32_t>(settings.whole_number("connect_timeout_ms", 3'000, 1, 60'000));
  config.http.request_timeout_ms =
      static_cast<std::uint32_t>(settings.whole_number("request_timeout_ms", 5'000, 1, 60'000));
  config.http.concurrency_max = settings.whole_number("concurrency_max", 16, 1, 256);
  config.http.answer_bytes_max = kAnswerBytesMax;
  config.http.may_repeat = true;  // receivers know a notice again by webhook-id
  return config;
}

int create(const pw_setting* const* list, std::size_t count, const pw_host*, pw_instance** instance,
           char* error, std::size_t error_size) {
  return pw_plugin::guarded(error, error_size, [&] {
    pw_plugin::Settings settings(list, count);
    webhook::Config config = read_config(settings);
    if (const auto wrong = settings.finish()) {
      pw_plugin::write_sentence(*wrong, error, error_size);
      return PW_ERROR;
    }
    *instance = new pw_instance(std::move(config));
    return PW_OK;
  });
}

int deliver(pw_instance* instance, const pw_message* const* messages, std::size_t count,
            pw_result* const* results, std::uint32_t deadline_ms) {
  return pw_plugin::guarded_delivery(results, count, [&] {
    instance->sender.deliver({messages, count}, {results, count}, deadline_ms);
  });
}

// Each tenant is a provider of its own: there is none that could be asked.
int check(pw_instance*, char*, std::size_t) {
  return PW_OK;
}

void destroy(pw_instance* instance) {
  delete instance;
}

constexpr pw_notifier kNotifier = {sizeof(pw_notifier),
                                   PW_NOTIFIER_ABI_VERSION,
                                   "webhook",
                                   "1",
                                   kBatchMax,
                                   0,
                                   0,
                                   create,
                                   deliver,
                                   check,
                                   destroy};

}  // namespace

const pw_notifier* pw_notifier_entry(std::uint32_t host_abi_version) {
  return host_abi_version == PW_NOTIFIER_ABI_VERSION ? &kNotifier : nullptr;
}
