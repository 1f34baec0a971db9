#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "notifier_abi.h"

namespace pw_plugin {

// The settings that create() is given. Ask for each key that the plugin knows, then call finish():
// it tells the first thing that is wrong as one sentence that says what to do. A function that
// finds its value wrong returns the default (or nothing), so that a plugin asks for all first and
// decides once. Throws nothing but std::bad_alloc. One thread.
//
//   pw_plugin::Settings settings(list, count);
//   config.host = settings.required_text("host");
//   config.port = settings.whole_number("port", 587, 1, 65'535);
//   if (const auto wrong = settings.finish()) { ...  return PW_ERROR; }
class Settings {
 public:
  // Copies `list`, which has `count` settings.
  Settings(const pw_setting* const* list, std::size_t count);

  bool has(std::string_view key) const;

  // One line of at most kTextBytesMax bytes, without control characters.
  std::string text(std::string_view key, std::string_view absent = "");
  std::string required_text(std::string_view key);

  // Digits alone; from `min` to `max`.
  std::uint64_t whole_number(std::string_view key, std::uint64_t absent, std::uint64_t min,
                             std::uint64_t max);

  // true or false.
  bool flag(std::string_view key, bool absent);

  // One of `words`; the first is the default.
  std::string one_of(std::string_view key, std::initializer_list<std::string_view> words);

  // The only line of the file that the setting names. The setting must be there (ask has() first
  // where it need not), and the file must be closed to users other than its owner and group.
  // With `lines_max` the file may have more lines: '\n' is between them.
  std::string secret_from_file(std::string_view key, std::size_t lines_max = 1);

  // All settings whose key begins with `prefix`, by the rest of their keys; none is allowed.
  std::map<std::string, std::string> with_prefix(std::string_view prefix);

  // For what only the plugin can see is wrong; `sentence` says what to do. The first one counts.
  void refuse(std::string sentence);

  // The first thing that is wrong, keys that nobody asked for included.
  std::optional<std::string> finish();

  static constexpr std::size_t kTextBytesMax = 4'096;
  static constexpr std::size_t kSecretBytesMax = 4'096;

 private:
  const std::string* find(std::string_view key);
  void refuse_unknown_keys();

  std::map<std::string, std::string, std::less<>> values_;
  std::set<std::string, std::less<>> known_;  // keys that were asked for
  std::set<std::string, std::less<>> prefixed_;
  std::optional<std::string> wrong_;
};

// A value that does not fit or has control characters: what is wrong with it, or "".
std::string fault_of_text(std::string_view value, std::size_t bytes_max);

}  // namespace pw_plugin
