#include "channel/plugin_loader.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <cstddef>
#include <cstring>

#include "channel/plugin_guard.h"
#include "channel/watchdog.h"

namespace packwarden {
namespace {

using Entry = decltype(&pw_notifier_entry);

// dlopen is declared to let no exception out, so compilers drop what would catch one; but a library
// that throws as it is loaded does just that.
void* (*const volatile load_library)(const char*, int) = dlopen;

std::string incomplete_part(const pw_notifier& notifier) {
  if (notifier.name == nullptr || *notifier.name == '\0') return "name";
  if (notifier.version == nullptr) return "version";
  if (notifier.batch_max == 0) return "batch_max";
  if (notifier.create == nullptr) return "create";
  if (notifier.deliver == nullptr) return "deliver";
  if (notifier.check == nullptr) return "check";
  if (notifier.destroy == nullptr) return "destroy";
  return "";
}

}  // namespace

tl::expected<const pw_notifier*, std::string> load_notifier(const std::string& path,
                                                            const std::string& channel,
                                                            std::chrono::milliseconds limit) {
  const auto refuse = [&path](const std::string& why) {
    return tl::make_unexpected(fmt::format("plugin {}: {}", path, why));
  };
  Watchdog watchdog(fmt::format("channel {}: plugin {}", channel, path));
  const Watchdog::Guard guard(watchdog, "load", limit);
  const PluginIdentity identity{channel, path};
  void* library = run_plugin_code(
      identity, "load", [&] { return load_library(path.c_str(), RTLD_NOW | RTLD_LOCAL); });
  if (library == nullptr) return refuse(fmt::format("cannot be loaded: {}", dlerror()));
  void* symbol = dlsym(library, "pw_notifier_entry");
  if (symbol == nullptr) return refuse("exports no pw_notifier_entry, so it is not a notifier");
  Entry entry = nullptr;
  std::memcpy(&entry, &symbol, sizeof entry);
  const pw_notifier* notifier = run_plugin_code(identity, "pw_notifier_entry",
                                                [&] { return entry(PW_NOTIFIER_ABI_VERSION); });
  if (notifier == nullptr) {
    return refuse(
        fmt::format("does not serve version {} of the interface", PW_NOTIFIER_ABI_VERSION));
  }
  if (notifier->struct_size < offsetof(pw_notifier, abi_version) + sizeof notifier->abi_version) {
    return refuse(fmt::format("its description has {} bytes, too few to tell its version",
                              notifier->struct_size));
  }
  if (notifier->abi_version != PW_NOTIFIER_ABI_VERSION) {
    return refuse(fmt::format("was built for version {} of the interface, this host has version {}",
                              notifier->abi_version, PW_NOTIFIER_ABI_VERSION));
  }
  if (notifier->struct_size < sizeof(pw_notifier)) {
    return refuse(fmt::format("its description has {} bytes, {} are needed", notifier->struct_size,
                              sizeof(pw_notifier)));
  }
  if (const std::string part = incomplete_part(*notifier); !part.empty()) {
    return refuse(fmt::format("its description has no {}", part));
  }
  return notifier;
}

}  // namespace packwarden
