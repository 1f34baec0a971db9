#include "channel/plugin_guard.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>

#include "channel/clean_text.h"
#include "logging/log.h"

namespace packwarden {
namespace {

constexpr std::size_t kForeignBytesMax = 300;
constexpr std::array kCrashes = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS};

// A line that is put together without memory and locks: in a handler of a signal nothing else may
// be used. What does not fit is cut.
class Line {
 public:
  Line& operator<<(const char* text) { return add(text, std::strlen(text)); }
  Line& operator<<(int number) {
    char digits[12];
    char* begin = std::end(digits);
    for (int rest = number; begin == std::end(digits) || rest > 0; rest /= 10) {
      *--begin = static_cast<char>('0' + rest % 10);
    }
    return add(begin, static_cast<std::size_t>(std::end(digits) - begin));
  }
  // A text of the plugin: cut, and on one line.
  Line& add_foreign(const char* text) {
    const std::size_t begin = size_;
    add(text, strnlen(text, kForeignBytesMax));
    for (std::size_t i = begin; i < size_; ++i) {
      if (static_cast<unsigned char>(text_[i]) < ' ') text_[i] = ' ';
    }
    return *this;
  }
  const char* text() const { return text_; }

 private:
  Line& add(const char* text, std::size_t bytes) {
    const std::size_t taken = std::min(bytes, sizeof text_ - 1 - size_);
    std::memcpy(text_ + size_, text, taken);
    size_ += taken;
    return *this;
  }

  char text_[1'024] = {};  // the last one is a NUL
  std::size_t size_ = 0;
};

// Read by handlers, at any time.
char subject[512] = "";  // "channel NAME: plugin NAME: "
std::atomic<const char*> running_function = nullptr;
std::atomic<int> lives = 0;

bool may_be_the_plugin() {
  return running_function != nullptr || lives > 0;
}

Line last_words(const char* what) {
  const char* function = running_function;
  Line line;
  line << subject << what;
  if (function == nullptr) return line << " between calls";
  return line << " in " << function;
}

[[noreturn]] void end_with(const Line& line) {
  log_event(events::plugin_ended, "{}", line.text());
  std::_Exit(kBrokenPluginStatus);
}

void on_crash(int signal_number) {
  if (may_be_the_plugin()) {
    log_last_words(events::plugin_ended,
                   (last_words("crashed") << " (signal " << signal_number << ")").text());
  }
  raise(signal_number);  // its default action stands again: SA_RESETHAND
}

void on_exit() {
  if (may_be_the_plugin()) end_with(last_words("exit was called") << "; ending the process");
}

void on_fork_in_parent() {
  if (may_be_the_plugin()) end_with(last_words("forked") << "; ending the process");
}

void on_fork_in_child() {
  if (!may_be_the_plugin()) return;
  log_last_words(events::plugin_ended, (last_words("forked") << "; ending its child").text());
  _exit(kBrokenPluginStatus);
}

void on_terminate() {
  if (may_be_the_plugin()) {
    Line line = last_words("std::terminate was called");
    if (const auto error = std::current_exception()) {
      try {
        std::rethrow_exception(error);
      } catch (const std::exception& known) {
        (line << ": ").add_foreign(known.what());
      } catch (...) {
        line << ": an exception of a type of its own";
      }
    }
    log_event(events::plugin_ended, "{}", line.text());
    signal(SIGABRT, SIG_DFL);  // all is said
  }
  std::abort();
}

void install_handlers() {
  for (const int signal_number : kCrashes) {
    struct sigaction action {};
    action.sa_handler = on_crash;
    // sigaction's flags are int, SA_RESETHAND is not
    action.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER | SA_ONSTACK);
    sigaction(signal_number, &action, nullptr);
  }
  std::atexit(on_exit);
  signal(SIGPIPE, SIG_IGN);  // a line that drops is an error of a write, not the end of the process
  pthread_atfork(nullptr, on_fork_in_parent, on_fork_in_child);
  std::set_terminate(on_terminate);
}

// Where the handler of a signal runs when the plugin has used up the stack of its thread.
class SignalStack {
 public:
  SignalStack() {
    stack_t before{};
    if (sigaltstack(nullptr, &before) != 0 || (before.ss_flags & SS_DISABLE) == 0) return;
    memory_ = std::make_unique<char[]>(kBytes);
    const stack_t stack = {memory_.get(), 0, kBytes};
    sigaltstack(&stack, nullptr);
  }
  ~SignalStack() {
    const stack_t none = {nullptr, SS_DISABLE, 0};
    if (memory_ != nullptr) sigaltstack(&none, nullptr);
  }
  SignalStack(const SignalStack&) = delete;
  SignalStack& operator=(const SignalStack&) = delete;

 private:
  static constexpr std::size_t kBytes = 64 * 1'024;
  std::unique_ptr<char[]> memory_;
};

}  // namespace

PluginCall::PluginCall(const PluginIdentity& identity, const char* function) {
  static std::once_flag installed;
  std::call_once(installed, install_handlers);
  thread_local const SignalStack stack;
  static_cast<void>(stack);
  const std::string line = "channel " + std::string(identity.channel) + ": plugin " +
                           clean_text(identity.plugin, sizeof subject / 2) + ": ";
  const std::size_t bytes = std::min(line.size(), sizeof subject - 1);
  std::memcpy(subject, line.data(), bytes);
  subject[bytes] = '\0';
  running_function = function;
}

PluginCall::~PluginCall() {
  running_function = nullptr;
}

PluginLife::PluginLife() {
  ++lives;
}

PluginLife::~PluginLife() {
  --lives;
}

void end_for_exception(const char* function, const char* what) noexcept {
  Line line;
  line << subject << "an exception came out of " << function << ": ";
  end_with(line.add_foreign(what) << "; ending the process");
}

}  // namespace packwarden
