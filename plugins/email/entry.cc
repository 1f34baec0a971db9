#include <curl/curl.h>

#include <string>

#include "boundary.h"
#include "config.h"
#include "notifier_abi.h"
#include "sender.h"
#include "settings.h"

struct pw_instance {
  email::Sender sender;
};

namespace {

constexpr std::uint32_t kBatchMax = 100;
constexpr std::uint32_t kTextBytesMax = 256 * 1'024;

int refuse(char* error, size_t error_size, const std::string& sentence) {
  pw_plugin::write_sentence(sentence, error, error_size);
  return PW_ERROR;
}

int create(const pw_setting* const* list, size_t count, const pw_host* host, pw_instance** instance,
           char* error, size_t error_size) {
  return pw_plugin::guarded(error, error_size, [&] {
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
      return refuse(error, error_size, "libcurl cannot be started");
    }
    pw_plugin::Settings settings(list, count);
    email::Config config = email::read_config(settings);
    if (const auto wrong = settings.finish()) return refuse(error, error_size, *wrong);
    if (!config.verify && host->log != nullptr) {
      host->log(
          host->context, PW_LOG_WARNING,
          "verify: false: whoever is between this host and the mail server can read the mail");
    }
    *instance = new pw_instance{email::Sender(std::move(config))};
    return static_cast<int>(PW_OK);
  });
}

int deliver(pw_instance* instance, const pw_message* const* messages, size_t count,
            pw_result* const* results, uint32_t deadline_ms) {
  if (messages[0]->struct_size < sizeof(pw_message)) {
    return refuse(results[0]->reason, sizeof results[0]->reason,
                  "the host is older than the plugin; install both of one version");
  }
  return pw_plugin::guarded_delivery(results, count, [&] {
    instance->sender.deliver({messages, count}, {results, count},
                             std::chrono::milliseconds(deadline_ms));
  });
}

int check(pw_instance* instance, char* error, size_t error_size) {
  return pw_plugin::guarded(error, error_size, [&] {
    const std::string why = instance->sender.check();
    return why.empty() ? static_cast<int>(PW_OK) : refuse(error, error_size, why);
  });
}

void destroy(pw_instance* instance) {
  delete instance;
}

constexpr pw_notifier kNotifier = {sizeof(pw_notifier),
                                   PW_NOTIFIER_ABI_VERSION,
                                   "email",
                                   "1",
                                   kBatchMax,
                                   kTextBytesMax,
                                   0,
                                   create,
                                   deliver,
                                   check,
                                   destroy};

}  // namespace

const pw_notifier* pw_notifier_entry(uint32_t host_abi_version) {
  return host_abi_version == PW_NOTIFIER_ABI_VERSION ? &kNotifier : nullptr;
}
