#include "app/settings_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <memory>

#include "app/nearest_word.h"

namespace packwarden {
namespace {

std::string quoted(std::string_view text) {
  constexpr std::size_t max_shown_bytes = 64;
  if (!is_printable(text)) return "the text with control characters";
  if (text.size() > max_shown_bytes) return "the long text";
  return fmt::format("\"{}\"", text);
}

std::string bounds_text(Bounds bounds) {
  return fmt::format("give a whole number from {} to {}", bounds.min, bounds.max);
}

bool is_plain_scalar(const YAML::Node& node) {
  return node.IsScalar() && node.Tag() != "!";
}

}  // namespace

void FileErrors::add(const YAML::Mark& at, std::string message) {
  const bool known = !at.is_null();
  errors_.push_back(
      {file_, known ? at.line + 1 : 1, known ? at.column + 1 : 1, std::move(message)});
}

void FileErrors::move_to(std::vector<SettingsError>& out) {
  std::stable_sort(errors_.begin(), errors_.end(), [](const auto& a, const auto& b) {
    return std::pair(a.line, a.column) < std::pair(b.line, b.column);
  });
  std::move(errors_.begin(), errors_.end(), std::back_inserter(out));
  errors_.clear();
}

tl::expected<std::string, std::string> read_small_file(const std::string& path,
                                                       std::size_t max_bytes) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             &std::fclose);
  if (!file) return tl::unexpected(std::string(std::strerror(errno)));
  std::string text;
  std::array<char, 16'384> part;
  errno = 0;
  while (text.size() <= max_bytes) {
    const std::size_t size = std::fread(part.data(), 1, part.size(), file.get());
    if (size == 0) break;
    text.append(part.data(), size);
  }
  if (std::ferror(file.get()) != 0) return tl::unexpected(std::string(std::strerror(errno)));
  if (text.size() > max_bytes)
    return tl::unexpected(fmt::format("larger than {} bytes", max_bytes));
  return text;
}

std::optional<YAML::Node> parse_yaml(const std::string& text, FileErrors& errors) {
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(text);
    if (documents.empty() || documents[0].IsNull()) {
      errors.add(YAML::Mark(), "the file is empty: write {} for all defaults");
      return std::nullopt;
    }
    if (documents.size() > 1) {
      errors.add(documents[1].Mark(), "a second YAML document begins here: keep one");
      return std::nullopt;
    }
    return documents[0];
  } catch (const YAML::Exception& error) {
    errors.add(error.mark, fmt::format("this is not YAML: {}", error.msg));
    return std::nullopt;
  }
}

bool is_printable(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7f;
  });
}

std::optional<std::int64_t> whole_number_of(const YAML::Node& node, const std::string& name,
                                            Bounds bounds, FileErrors& errors) {
  const std::string text = is_plain_scalar(node) ? node.Scalar() : std::string();
  const char* const end = text.data() + text.size();
  std::int64_t value = 0;
  const auto parsed = std::from_chars(text.data(), end, value);
  if (text.empty() || parsed.ptr != end || parsed.ec == std::errc::invalid_argument) {
    const std::string_view quotes = node.IsScalar() && text.empty() ? " without quotes" : "";
    errors.add(node.Mark(), fmt::format("{}: {} is not a whole number: {}{}", name,
                                        node.IsScalar() ? quoted(node.Scalar()) : "this",
                                        bounds_text(bounds), quotes));
    return std::nullopt;
  }
  if (parsed.ec != std::errc() || value < bounds.min || value > bounds.max) {
    errors.add(node.Mark(),
               fmt::format("{}: {} is out of bounds: {}", name, text, bounds_text(bounds)));
    return std::nullopt;
  }
  return value;
}

MapReader::MapReader(const YAML::Node& map, const YAML::Mark& at, std::string name,
                     FileErrors& errors)
    : name_(std::move(name)), mark_(at), errors_(errors) {
  if (!map.IsMap()) {
    is_map_ = false;
    errors_.add(map.Mark(), fmt::format("{}: write \"key: value\" lines here",
                                        name_.empty() ? std::string("the file") : name_));
    return;
  }
  for (const auto& pair : map) {
    if (!pair.first.IsScalar()) {
      errors_.add(pair.first.Mark(), "a key must be a plain word");
      continue;
    }
    const std::string& key = pair.first.Scalar();
    if (const Entry* first = find(key)) {
      errors_.add(pair.first.Mark(), fmt::format("{}: stands in line {} already: keep one of them",
                                                 name_of(key), first->key_mark.line + 1));
      continue;
    }
    entries_.push_back({key, pair.first.Mark(), pair.second});
  }
}

const MapReader::Entry* MapReader::find(std::string_view key) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [key](const Entry& entry) { return entry.key == key; });
  return found == entries_.end() ? nullptr : &*found;
}

// Also notes that the key is known, and refuses one without a value.
const MapReader::Entry* MapReader::ask(std::string_view key) {
  known_.emplace_back(key);
  const Entry* entry = find(key);
  if (entry == nullptr || !entry->value.IsNull()) return entry;
  errors_.add(entry->key_mark,
              fmt::format("{}: has no value: give one, or take the key out", name_of(key)));
  return nullptr;
}

bool MapReader::has(std::string_view key) const {
  return find(key) != nullptr;
}

bool MapReader::is_list(std::string_view key) const {
  const Entry* entry = find(key);
  return entry != nullptr && entry->value.IsSequence();
}

YAML::Mark MapReader::mark_of_key(std::string_view key) const {
  const Entry* entry = find(key);
  return entry == nullptr ? mark_ : entry->key_mark;
}

YAML::Mark MapReader::mark_of_value(std::string_view key) const {
  const Entry* entry = find(key);
  if (entry == nullptr) return mark_;
  return entry->value.IsNull() ? entry->key_mark : entry->value.Mark();
}

std::string MapReader::name_of(std::string_view key) const {
  return name_.empty() ? std::string(key) : fmt::format("{}.{}", name_, key);
}

void MapReader::error_at_value(std::string_view key, const std::string& message) {
  errors_.add(mark_of_value(key), fmt::format("{}: {}", name_of(key), message));
}

std::optional<std::int64_t> MapReader::read_whole_number(std::string_view key, Bounds bounds) {
  const Entry* entry = ask(key);
  if (entry == nullptr) return std::nullopt;
  return whole_number_of(entry->value, name_of(key), bounds, errors_);
}

void MapReader::texts(std::string_view key, std::size_t max_items, std::size_t max_bytes,
                      const std::function<void(const std::string&, const std::string&)>& each) {
  const Entry* entry = ask(key);
  if (entry == nullptr) return;
  MapReader map(entry->value, entry->key_mark, name_of(key), errors_);
  if (map.entries_.size() > max_items) {
    return error_at_value(key, fmt::format("give at most {} lines", max_items));
  }
  for (const Entry& pair : map.entries_) {
    std::string value;
    map.text(pair.key, value, max_bytes);
    each(pair.key, value);
  }
}

std::optional<std::string> MapReader::scalar(std::string_view key, std::string_view what) {
  const Entry* entry = ask(key);
  if (entry == nullptr) return std::nullopt;
  if (!entry->value.IsScalar()) {
    error_at_value(key, fmt::format("give {} here, not a list or group", what));
    return std::nullopt;
  }
  return entry->value.Scalar();
}

void MapReader::text(std::string_view key, std::string& out, std::size_t max_bytes) {
  const std::optional<std::string> value = scalar(key, "one text");
  if (!value) return;
  if (value->empty() || value->size() > max_bytes || !is_printable(*value)) {
    error_at_value(
        key, fmt::format("give a text of 1 to {} bytes without control characters", max_bytes));
    return;
  }
  out = *value;
}

void MapReader::required_text(std::string_view key, std::string& out, std::size_t max_bytes,
                              std::string_view what) {
  text(key, out, max_bytes);
  require(key, what);
}

void MapReader::require(std::string_view key, std::string_view what) {
  if (has(key) || !is_map_) return;
  errors_.add(mark_, fmt::format("{}: is missing: give {}", name_of(key), what));
}

void MapReader::flag(std::string_view key, bool& out) {
  const Entry* entry = ask(key);
  if (entry == nullptr) return;
  const std::string text = is_plain_scalar(entry->value) ? entry->value.Scalar() : std::string();
  if (text != "true" && text != "false") {
    error_at_value(key, "give true or false");
    return;
  }
  out = text == "true";
}

void MapReader::one_of(std::string_view key, std::string& out,
                       const std::vector<std::string>& choices) {
  const std::optional<std::string> value = scalar(key, "one word");
  if (!value) return;
  if (std::find(choices.begin(), choices.end(), *value) != choices.end()) {
    out = *value;
    return;
  }
  error_at_value(key, fmt::format("{} is none of its words: give one of {}", quoted(*value),
                                  fmt::join(choices, ", ")));
}

MapReader MapReader::group(std::string_view key) {
  const Entry* entry = ask(key);
  if (entry == nullptr) return {YAML::Node(YAML::NodeType::Map), mark_, name_of(key), errors_};
  return {entry->value, entry->key_mark, name_of(key), errors_};
}

void MapReader::list(std::string_view key, std::size_t max_items,
                     const std::function<void(const YAML::Node&, const std::string&)>& each) {
  const Entry* entry = ask(key);
  if (entry == nullptr) return;
  if (!entry->value.IsSequence() || entry->value.size() > max_items) {
    error_at_value(key, fmt::format("give a list of at most {} items", max_items));
    return;
  }
  std::size_t index = 0;
  for (const YAML::Node& item : entry->value) {
    each(item, fmt::format("{}[{}]", name_of(key), index++));
  }
}

void MapReader::refuse(std::string_view key, const std::string& message) {
  const Entry* entry = find(key);
  if (entry == nullptr) return;
  errors_.add(entry->key_mark, fmt::format("{}: {}", name_of(key), message));
  entries_.erase(entries_.begin() + (entry - entries_.data()));
}

void MapReader::finish() {
  for (const Entry& entry : entries_) {
    if (std::find(known_.begin(), known_.end(), entry.key) != known_.end()) continue;
    const std::optional<std::string> meant = nearest_word(entry.key, known_);
    errors_.add(
        entry.key_mark,
        meant ? fmt::format("{}: unknown key: did you mean \"{}\"?", name_of(entry.key), *meant)
              : fmt::format("{}: unknown key: take it out, or give one of {}", name_of(entry.key),
                            fmt::join(known_, ", ")));
  }
}

}  // namespace packwarden
