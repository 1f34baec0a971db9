#pragma once

#include <algorithm>
#include <charconv>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/business_calendar.h"
#include "domain/ids.h"
#include "domain/money.h"

namespace packwarden::testing {

// A line of billing_cases.table that cannot be understood.
struct CaseError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

inline Units case_number(const std::string& word) {
  if (word.starts_with('-')) return -case_number(word.substr(1));
  std::string digits = word;
  digits.erase(std::remove(digits.begin(), digits.end(), '_'), digits.end());
  Units number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    throw CaseError("'" + word + "' is not a whole number");
  }
  return number;
}

inline MoneyMicros case_amount(const std::string& text) {
  const auto money = parse_money(text);
  if (!money) throw CaseError("'" + text + "' is not an amount of money");
  return *money;
}

// `YYYY-MM-DD`, `YYYY-MM-DD HH:MM[:SS[.fraction]]` on the business wall clock, or RFC 3339 with an
// offset.
inline Instant case_instant(const std::string& text, const BusinessCalendar& calendar) {
  const auto parsed = [&](std::string rfc3339) {
    const auto at = parse_rfc3339(rfc3339.data(), rfc3339.data() + rfc3339.size());
    if (!at) throw CaseError("'" + text + "' is not an instant");
    return *at;
  };
  if (text.find('T') != std::string::npos) return parsed(text);
  const auto day = parse_business_day(std::string_view(text).substr(0, 10));
  if (!day) throw CaseError("'" + text + "' is not an instant");
  if (text.size() == 10) return calendar.start_of(*day);
  std::string time = text.substr(11);
  if (time.size() == 5) time += ":00";
  const Instant as_utc = parsed(to_string(*day) + "T" + time + "Z");
  const Span since_midnight{as_utc.nanos - parsed(to_string(*day) + "T00:00:00Z").nanos};
  return calendar.at_wall_time(*day, since_midnight);
}

// The words of a sentence, taken out one by one; a date with a time behind it is one word.
class CaseWords {
 public:
  explicit CaseWords(const std::string& sentence) {
    std::istringstream in(sentence);
    for (std::string word; in >> word;) {
      const bool is_time = word.size() >= 5 && word[2] == ':';
      if (is_time && !words_.empty() && parse_business_day(words_.back())) {
        words_.back() += " " + word;
      } else {
        words_.push_back(word);
      }
    }
  }

  bool is_empty() const { return words_.empty(); }
  std::string next() {
    if (words_.empty()) throw CaseError("something is missing at the end");
    std::string word = words_.front();
    words_.erase(words_.begin());
    return word;
  }
  // Whether it goes on with these words; takes them then.
  bool take(const std::string& phrase) {
    const std::vector<std::string> wanted = CaseWords(phrase).words_;
    if (words_.size() < wanted.size() ||
        !std::equal(wanted.begin(), wanted.end(), words_.begin())) {
      return false;
    }
    words_.erase(words_.begin(), words_.begin() + static_cast<std::ptrdiff_t>(wanted.size()));
    return true;
  }
  // Takes `key` and the word behind it, wherever they stand.
  std::optional<std::string> value_of(const std::string& key) {
    const auto found = std::find(words_.begin(), words_.end(), key);
    if (found == words_.end()) return std::nullopt;
    if (found + 1 == words_.end()) throw CaseError("nothing stands behind '" + key + "'");
    std::string value = *(found + 1);
    words_.erase(found, found + 2);
    return value;
  }
  std::string value_of(const std::string& key, const std::string& otherwise) {
    return value_of(key).value_or(otherwise);
  }
  void end() const {
    if (!words_.empty()) throw CaseError("what is '" + words_.front() + "'?");
  }
  std::string rest() {
    std::string text;
    for (const std::string& word : std::exchange(words_, {})) {
      text += (text.empty() ? "" : " ") + word;
    }
    return text;
  }

 private:
  std::vector<std::string> words_;
};

// `text` cut at commas.
inline std::vector<std::string> case_list(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in >> std::ws, part, ',');) parts.push_back(part);
  return parts;
}

}  // namespace packwarden::testing
