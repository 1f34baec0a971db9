#include <memory>
#include <string>

#include "boundary.h"
#include "notifier_abi.h"
#include "provider.h"
#include "settings.h"

struct pw_instance {
  std::unique_ptr<sms::Provider> provider;
};

namespace {

constexpr std::uint32_t kBatchMax = 200;  // numbers in a call of Tencent Cloud
constexpr std::uint32_t kTextBytesMax = 4'000;

int create(const pw_setting* const* list, std::size_t count, const pw_host* host,
           pw_instance** instance, char* error, std::size_t error_size) {
  return pw_plugin::guarded(error, error_size, [&] {
    pw_plugin::Settings settings(list, count);
    settings.required_text("provider");
    const bool is_kannel = settings.one_of("provider", {"tencent", "kannel"}) == "kannel";
    std::string wrong;
    auto made = std::make_unique<pw_instance>();
    made->provider =
        is_kannel ? sms::make_kannel(settings, *host, wrong) : sms::make_tencent(settings, wrong);
    if (made->provider == nullptr) {
      pw_plugin::write_sentence(wrong, error, error_size);
      return PW_ERROR;
    }
    *instance = made.release();
    return PW_OK;
  });
}

int deliver(pw_instance* instance, const pw_message* const* messages, std::size_t count,
            pw_result* const* results, std::uint32_t deadline_ms) {
  return pw_plugin::guarded_delivery(results, count, [&] {
    instance->provider->deliver({messages, count}, {results, count}, deadline_ms);
  });
}

int check(pw_instance* instance, char* error, std::size_t error_size) {
  return pw_plugin::guarded(error, error_size, [&] {
    const std::string wrong = instance->provider->check();
    pw_plugin::write_sentence(wrong, error, error_size);
    return wrong.empty() ? PW_OK : PW_ERROR;
  });
}

void destroy(pw_instance* instance) {
  delete instance;
}

constexpr pw_notifier kNotifier = {sizeof(pw_notifier),
                                   PW_NOTIFIER_ABI_VERSION,
                                   "sms",
                                   "1",
                                   kBatchMax,
                                   kTextBytesMax,
                                   0,
                                   create,
                                   deliver,
                                   check,
                                   destroy};

}  // namespace

const pw_notifier* pw_notifier_entry(std::uint32_t host_abi_version) {
  return host_abi_version == PW_NOTIFIER_ABI_VERSION ? &kNotifier : nullptr;
}
