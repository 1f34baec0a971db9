#pragma once

#include <yaml-cpp/yaml.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <type_traits>
#include <vector>

#include "app/settings.h"

namespace packwarden {

// Both inclusive.
struct Bounds {
  std::int64_t min;
  std::int64_t max;
};

// What is wrong in one YAML file. Not thread-safe.
class FileErrors {
 public:
  explicit FileErrors(std::string file) : file_(std::move(file)) {}

  void add(const YAML::Mark& at, std::string message);
  bool empty() const { return errors_.empty(); }

  // Moves all to the end of `out`, in the order of the file.
  void move_to(std::vector<SettingsError>& out);

 private:
  std::string file_;
  std::vector<SettingsError> errors_;
};

// The whole of a small file. The error says why not, as the system words it.
tl::expected<std::string, std::string> read_small_file(const std::string& path,
                                                       std::size_t max_bytes);

// The one document in `text`; none after adding an error.
std::optional<YAML::Node> parse_yaml(const std::string& text, FileErrors& errors);

// A word that can stand in messages and rows: without control characters.
bool is_printable(std::string_view text);

// Checked access to one map of a YAML file: what is asked for is known, and finish() refuses every
// other key. A key that is absent leaves `out` as it is; one that is wrong adds an error that names
// it, says what would be right and leaves `out` as it is. Not thread-safe; lives no longer than the
// FileErrors.
class MapReader {
 public:
  // `name` stands before the keys in messages; empty for the root. `at`: where errors about absent
  // keys point to.
  MapReader(const YAML::Node& map, const YAML::Mark& at, std::string name, FileErrors& errors);

  bool has(std::string_view key) const;
  bool is_list(std::string_view key) const;
  YAML::Mark mark_of_key(std::string_view key) const;  // of the map itself where the key is absent
  YAML::Mark mark_of_value(std::string_view key) const;

  template <typename Integer>
  void whole_number(std::string_view key, Integer& out, Bounds bounds) {
    static_assert(std::is_integral_v<Integer>);
    if (const auto value = read_whole_number(key, bounds)) out = static_cast<Integer>(*value);
  }
  void text(std::string_view key, std::string& out, std::size_t max_bytes);
  void flag(std::string_view key, bool& out);
  void one_of(std::string_view key, std::string& out, const std::vector<std::string>& choices);

  // Refuses absence too.
  void required_text(std::string_view key, std::string& out, std::size_t max_bytes,
                     std::string_view what);

  // The map below a key; an empty one where the key is absent or is no map.
  MapReader group(std::string_view key);

  // The items of a list, each with its name for messages, e.g. "channels[0]". Nothing where the key
  // is absent.
  void list(std::string_view key, std::size_t max_items,
            const std::function<void(const YAML::Node&, const std::string&)>& each);

  // The pairs of a map of texts, in their order. Nothing where the key is absent.
  void texts(std::string_view key, std::size_t max_items, std::size_t max_bytes,
             const std::function<void(const std::string&, const std::string&)>& each);

  // A scalar as it is written, quoted or not; none where it is absent or no scalar.
  std::optional<std::string> scalar(std::string_view key, std::string_view what);

  void error_at_value(std::string_view key, const std::string& message);
  // Refuses that the key is absent, unless the map itself was none.
  void require(std::string_view key, std::string_view what);
  // Refuses the key if it is there.
  void refuse(std::string_view key, const std::string& message);
  // Adds errors for all keys that nobody asked for.
  void finish();

  std::string name_of(std::string_view key) const;

 private:
  struct Entry {
    std::string key;
    YAML::Mark key_mark;
    YAML::Node value;
  };

  const Entry* ask(std::string_view key);
  const Entry* find(std::string_view key) const;
  std::optional<std::int64_t> read_whole_number(std::string_view key, Bounds bounds);

  std::string name_;
  YAML::Mark mark_;
  FileErrors& errors_;
  bool is_map_ = true;
  std::vector<Entry> entries_;
  std::vector<std::string> known_;
};

// A plain scalar as a whole number within bounds, or an error at the node.
std::optional<std::int64_t> whole_number_of(const YAML::Node& node, const std::string& name,
                                            Bounds bounds, FileErrors& errors);

}  // namespace packwarden
