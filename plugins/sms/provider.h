#pragma once

#include <memory>
#include <span>
#include <string>

#include "notifier_abi.h"
#include "settings.h"

namespace sms {

// A way to send text messages. One thread at a time.
class Provider {
 public:
  virtual ~Provider() = default;

  // Fills in the result of the same index, within deadline_ms.
  virtual void deliver(std::span<const pw_message* const> messages,
                       std::span<pw_result* const> results, std::uint32_t deadline_ms) = 0;

  // Whether the provider takes a connection: empty, or a sentence that says why not.
  virtual std::string check() = 0;
};

// Each reads its settings and calls settings.finish(); where that finds something wrong it returns
// nullptr and the sentence in `wrong`. `host` outlives the provider.
std::unique_ptr<Provider> make_tencent(pw_plugin::Settings& settings, std::string& wrong);
std::unique_ptr<Provider> make_kannel(pw_plugin::Settings& settings, const pw_host& host,
                                      std::string& wrong);

}  // namespace sms
