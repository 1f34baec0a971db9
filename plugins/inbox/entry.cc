#include <cstdio>
#include <new>

#include "notifier_abi.h"
#include "sender.h"

struct pw_instance {
  inbox::Sender sender;
};

namespace {

int create(const pw_setting* const*, size_t setting_count, const pw_host* host,
           pw_instance** instance, char* error, size_t error_size) {
  if (setting_count != 0) {
    std::snprintf(error, error_size, "the inbox plugin has no settings");
    return PW_ERROR;
  }
  if (host->struct_size < sizeof(pw_host) || host->store_messages == nullptr) {
    std::snprintf(error, error_size, "the host does not let this channel store messages");
    return PW_ERROR;
  }
  *instance = new (std::nothrow) pw_instance{inbox::Sender(*host)};
  if (*instance == nullptr) {
    std::snprintf(error, error_size, "out of memory");
    return PW_ERROR;
  }
  return PW_OK;
}

int deliver(pw_instance* instance, const pw_message* const* messages, size_t count,
            pw_result* const* results, uint32_t) {
  instance->sender.deliver({messages, count}, {results, count});
  return PW_OK;
}

int check(pw_instance*, char*, size_t) {
  return PW_OK;
}

void destroy(pw_instance* instance) {
  delete instance;
}

constexpr pw_notifier kNotifier = {sizeof(pw_notifier),
                                   PW_NOTIFIER_ABI_VERSION,
                                   "inbox",
                                   "1",
                                   500,
                                   0,
                                   0,
                                   create,
                                   deliver,
                                   check,
                                   destroy};

}  // namespace

const pw_notifier* pw_notifier_entry(uint32_t host_abi_version) {
  return host_abi_version == PW_NOTIFIER_ABI_VERSION ? &kNotifier : nullptr;
}
