#include "settings.h"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <utility>
#include <vector>

#include "secret_file.h"

namespace pw_plugin {
namespace {

constexpr std::size_t kMistypedMax = 2;  // letters that differ in a near miss

// Levenshtein's distance.
std::size_t letters_between(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < left.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < right.size(); ++j) {
      const std::size_t changed = diagonal + (left[i] == right[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

std::string joined(const auto& words) {
  std::string all;
  for (const auto& word : words) {
    if (!all.empty()) all += ", ";
    all += word;
  }
  return all;
}

std::string quoted(std::string_view key) {
  return "setting " + std::string(key);
}

}  // namespace

std::string fault_of_text(std::string_view value, std::size_t bytes_max) {
  if (value.size() > bytes_max) {
    return "has " + std::to_string(value.size()) + " bytes; at most " + std::to_string(bytes_max) +
           " are taken";
  }
  const bool is_plain = std::none_of(value.begin(), value.end(), [](char letter) {
    const auto byte = static_cast<unsigned char>(letter);
    return byte < 0x20 || byte == 0x7F;
  });
  return is_plain ? "" : "has control characters; write it as one line of plain text";
}

Settings::Settings(const pw_setting* const* list, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    if (list[i]->struct_size < sizeof(pw_setting)) {
      refuse(
          "the host's settings are of an older interface; install plugin and host of one version");
      return;
    }
    if (!values_.emplace(list[i]->key, list[i]->value).second) {
      refuse(quoted(list[i]->key) + " stands twice; leave one");
    }
  }
}

bool Settings::has(std::string_view key) const {
  return values_.contains(key);
}

const std::string* Settings::find(std::string_view key) {
  known_.emplace(key);
  const auto found = values_.find(key);
  if (found == values_.end()) return nullptr;
  const std::string fault = fault_of_text(found->second, kTextBytesMax);
  if (fault.empty()) return &found->second;
  refuse(quoted(key) + " " + fault);
  return nullptr;
}

std::string Settings::text(std::string_view key, std::string_view absent) {
  const std::string* value = find(key);
  return value == nullptr ? std::string(absent) : *value;
}

std::string Settings::required_text(std::string_view key) {
  std::string value = text(key);
  if (value.empty()) refuse(quoted(key) + " is missing; give it a value");
  return value;
}

std::uint64_t Settings::whole_number(std::string_view key, std::uint64_t absent, std::uint64_t min,
                                     std::uint64_t max) {
  const std::string* value = find(key);
  if (value == nullptr) return absent;
  std::uint64_t number = 0;
  const char* end = value->data() + value->size();
  const auto [stop, error] = std::from_chars(value->data(), end, number);
  if (error == std::errc() && stop == end && number >= min && number <= max) return number;
  refuse(quoted(key) + " is \"" + value->substr(0, 40) + "\"; write a whole number from " +
         std::to_string(min) + " to " + std::to_string(max));
  return absent;
}

bool Settings::flag(std::string_view key, bool absent) {
  const std::string_view first = absent ? "true" : "false";
  const std::string_view second = absent ? "false" : "true";
  return one_of(key, {first, second}) == "true";
}

std::string Settings::one_of(std::string_view key, std::initializer_list<std::string_view> words) {
  const std::string first(*words.begin());
  const std::string* value = find(key);
  if (value == nullptr) return first;
  if (std::find(words.begin(), words.end(), *value) != words.end()) return *value;
  refuse(quoted(key) + " is \"" + value->substr(0, 40) + "\"; write one of " + joined(words));
  return first;
}

std::string Settings::secret_from_file(std::string_view key, std::size_t lines_max) {
  const std::string path = required_text(key);
  if (path.empty()) return "";
  SecretFile file = read_secret_file(path, kSecretBytesMax, lines_max);
  if (!file.fault.empty()) refuse(quoted(key) + ": " + path + " " + file.fault);
  return std::move(file.secret);
}

std::map<std::string, std::string> Settings::with_prefix(std::string_view prefix) {
  std::map<std::string, std::string> found;
  for (const auto& [key, value] : values_) {
    if (!key.starts_with(prefix)) continue;
    prefixed_.insert(key);
    if (const std::string fault = fault_of_text(value, kTextBytesMax); !fault.empty()) {
      refuse(quoted(key) + " " + fault);
    } else {
      found.emplace(key.substr(prefix.size()), value);
    }
  }
  return found;
}

void Settings::refuse(std::string sentence) {
  if (!wrong_) wrong_ = std::move(sentence);
}

std::optional<std::string> Settings::finish() {
  refuse_unknown_keys();
  return wrong_;
}

void Settings::refuse_unknown_keys() {
  for (const auto& [key, value] : values_) {
    if (known_.contains(key) || prefixed_.contains(key)) continue;
    const auto near = std::find_if(known_.begin(), known_.end(), [&](const std::string& known) {
      return letters_between(key, known) <= kMistypedMax;
    });
    if (near != known_.end()) {
      refuse("there is no " + quoted(key) + "; did you mean " + *near + "?");
    } else if (known_.empty()) {
      refuse("there is no " + quoted(key) + "; this plugin has no settings");
    } else {
      refuse("there is no " + quoted(key) + "; there are " + joined(known_));
    }
  }
}

}  // namespace pw_plugin
