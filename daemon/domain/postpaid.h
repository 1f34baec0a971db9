#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "domain/business_day.h"
#include "domain/ids.h"
#include "domain/instant.h"

namespace packwarden {

// O4, O8. The first three are of a product, the others of all products of an account: while it is
// suspended, its balance may come to exactly zero, which is no arrears, and fall below again.
enum class PostpaidStep : std::uint8_t {
  on,
  off,
  failed,
  suspended,   // the balance fell below zero
  at_zero,     // it is exactly zero after arrears
  below_zero,  // and below again
  resumed,     // it is above zero again
};
std::string_view name_of(PostpaidStep step);
std::optional<PostpaidStep> postpaid_step_from(std::string_view name);

struct PostpaidChange {
  AccountId account{};  // a main account
  ProductId product{};  // 0: of all products
  PostpaidStep step = PostpaidStep::on;
  Instant changed_at;
};

// Something that is off at first and was turned on and off in turns: [on, off) each time.
class Toggle {
 public:
  // Does nothing where it is so already. An instant before that of the last turn counts as that
  // one.
  void turn(bool on, Instant at);
  bool is_on() const { return turns_.size() % 2 != 0; }
  bool is_on_at(Instant at) const;
  // Whether it is the same at each instant from `first` to `last`, both inclusive.
  bool is_same_throughout(Instant first, Instant last) const;

 private:
  std::vector<Instant> turns_;  // ascending; the even ones on
};

// When postpaid charges for a product of an account (O5, O8): while it is on and not suspended, for
// usage of a day that has a price. Points into the books.
struct PostpaidTimes {
  const Toggle* switched = nullptr;  // nullptr: never on
  const Toggle* suspended = nullptr;
  std::optional<BusinessDay> priced_from{};

  bool charges(Instant at, BusinessDay day) const;
  bool is_same_throughout(Instant first, Instant last) const;
};

}  // namespace packwarden
