#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "domain/medium.h"
#include "domain/notice.h"

namespace packwarden {

// What an account does not want: kinds of notices over media. In-site messages cannot be muted
// (N4).
class MutedNotices {
 public:
  // Words KIND/MEDIUM between single spaces; * stands for all kinds, or for all media. nullopt
  // where it is none, or names in-site messages.
  static std::optional<MutedNotices> parse(std::string_view text);
  // The same, in one form for each set: by kind and medium, * where all are.
  std::string to_string() const;

  bool has(NoticeKind kind, Medium medium) const { return (bits_ & bit(kind, medium)) != 0; }
  void add(const MutedNotices& more) { bits_ |= more.bits_; }
  void remove(const MutedNotices& others) { bits_ &= ~others.bits_; }
  bool operator==(const MutedNotices&) const = default;

 private:
  static std::uint64_t bit(NoticeKind kind, Medium medium) {
    return std::uint64_t{1} << (static_cast<unsigned>(kind) * medium_count +
                                static_cast<unsigned>(medium));
  }
  bool add_word(std::string_view word);
  bool has_all_of(NoticeKind kind) const;
  bool has_all_of(Medium medium) const;

  std::uint64_t bits_ = 0;
};
static_assert(notice_kind_count * medium_count <= 64);

}  // namespace packwarden
