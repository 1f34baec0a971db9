#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "domain/notice.h"

namespace packwarden {

// What a notice may speak of. Only what belongs to its kind must be set.
struct NoticeFacts {
  std::string_view account{};
  std::string_view product{};
  std::string_view tier{};
  Units quota = 0;
  Units used = 0;
  std::int64_t cause = 0;         // Notice::cause: the level in percent, or the days
  std::string_view expires_on{};  // business day, YYYY-MM-DD
  std::string_view reason{};      // why a service stopped (O10), or why a refund was rejected
  std::string_view step{};        // of a refund
  std::string_view day{};         // business day that a bill charges
  std::string_view amount{};      // of a bill, in `currency`
  std::string_view balance{};     // after it
  std::string_view currency{};
  std::string_view charged_from{};  // business day of the first price, where it is still to come
};

// By these names templates and the facts of a delivery speak of the facts.
enum class NoticeVariable : std::uint8_t {
  account,
  product,
  tier,
  quota,
  used,
  left,
  level,  // percent
  days,   // until the expiry
  expires_on,
  reason,
  step,
  day,
  amount,
  balance,
  currency,
  charged_from,
};
inline constexpr std::size_t notice_variable_count = 16;
// By NoticeVariable.
inline constexpr std::array<std::string_view, notice_variable_count> notice_variable_names = {
    "account",    "product", "tier", "quota", "used",   "left",    "level",    "days",
    "expires_on", "reason",  "step", "day",   "amount", "balance", "currency", "charged_from"};

// Those that notices of a kind have, in the order of the enumeration. Pure.
std::span<const NoticeVariable> variables_of(NoticeKind kind);
bool is_number(NoticeVariable variable);

// The values of the variables of a kind as texts; those of others are empty. Views into the facts
// and into itself.
class NoticeValues {
 public:
  NoticeValues(NoticeKind kind, const NoticeFacts& facts);
  NoticeValues(const NoticeValues&) = delete;
  NoticeValues& operator=(const NoticeValues&) = delete;

  std::string_view of(NoticeVariable variable) const { return all_[index(variable)]; }
  void set(NoticeVariable variable, std::string_view value) { all_[index(variable)] = value; }
  std::span<const std::string_view> all() const { return all_; }

 private:
  static std::size_t index(NoticeVariable variable) { return static_cast<std::size_t>(variable); }
  std::string_view digits(std::int64_t number);

  std::array<std::string_view, notice_variable_count> all_;
  std::array<char, 96> digits_;
  std::size_t digits_bytes_ = 0;
};

// Facts for whoever looks at texts before there are notices: usual ones, or of the longest length
// that is likely. Of static storage.
NoticeFacts example_facts(NoticeKind kind);
NoticeFacts longest_facts(NoticeKind kind);

}  // namespace packwarden
