#pragma once

#include <exception>
#include <string_view>

namespace packwarden {

// The exit status of a process whose plugin broke the interface's law: it let an exception out,
// called exit, or forked. Its state cannot be trusted any more, and that of its host neither.
constexpr int kBrokenPluginStatus = 76;

// Whose code runs; `plugin` is its name, or its path before the name is known.
struct PluginIdentity {
  std::string_view channel;
  std::string_view plugin;
};

// What the plugin of this process is doing right now. The first one makes the process say so in one
// line when it ends by a crash, by std::terminate, by exit or by a fork, which the plugin may have
// caused: handlers of signals, of exit and of fork stay installed from then on, and SIGPIPE is
// ignored. One at a time.
class PluginCall {
 public:
  // `function` is a literal. What the views of `identity` show is copied.
  PluginCall(const PluginIdentity& identity, const char* function);
  ~PluginCall();
  PluginCall(const PluginCall&) = delete;
  PluginCall& operator=(const PluginCall&) = delete;
};

// While one lives, an end of the process that its main function did not decide is the plugin's
// doing also between calls: a plugin may have threads.
class PluginLife {
 public:
  PluginLife();
  ~PluginLife();
  PluginLife(const PluginLife&) = delete;
  PluginLife& operator=(const PluginLife&) = delete;
};

// Says it and ends the process.
[[noreturn]] void end_for_exception(const char* function, const char* what) noexcept;

// Runs code of the plugin. An exception that comes out of it ends the process.
template <typename Code>
auto run_plugin_code(const PluginIdentity& identity, const char* function, Code&& code) {
  const PluginCall call(identity, function);
  try {
    return code();
  } catch (const std::exception& error) {
    end_for_exception(function, error.what());
  } catch (...) {
    end_for_exception(function, "of a type of its own");
  }
}

}  // namespace packwarden
