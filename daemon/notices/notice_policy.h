#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/contacts.h"
#include "domain/instant.h"
#include "domain/medium.h"
#include "domain/notice.h"

namespace packwarden {

// A channel as far as notices go by it.
struct NoticeChannel {
  std::string name;
  Medium medium = Medium::inbox;
  Span useful_for{};

  bool operator==(const NoticeChannel&) const = default;
};

// One notice over one channel. Views into the policy and the contacts.
struct Delivery {
  std::string_view channel{};
  Medium medium = Medium::inbox;
  std::string_view recipient{};      // empty: in-site
  bool can_wait = false;             // until quiet hours are over (N7)
  std::optional<Span> useful_for{};  // from now on (N6); below zero: it is of no use any more
};

// Which kinds of notices there are, and over which channels they go (N3, N4). Made as shipped: all
// kinds. Filled once, then read by any thread.
class NoticePolicy {
 public:
  NoticePolicy();

  void turn_off(NoticeKind kind);
  // Beside the in-site message, which there always is.
  void set_media(NoticeKind kind, std::span<const Medium> media);
  // All others can wait.
  void set_urgent(std::span<const NoticeKind> kinds);
  // In the order of the settings: of several of a medium the first delivers, the others only what
  // they have already.
  void set_channels(std::vector<NoticeChannel> channels) { channels_ = std::move(channels); }

  // N3: no such notice is written, and none supersedes another (N2).
  bool is_off(NoticeKind kind) const { return of(kind).is_off; }

  // Where a notice that is caused at `now` goes: in-site, and over each medium of its kind that has
  // a channel, for which the account has a contact and which it has not muted. `expires_at`: of the
  // notice's pack. Pure.
  std::vector<Delivery> deliveries_of(NoticeKind kind, const Contacts& contacts, Instant now,
                                      std::optional<Instant> expires_at) const;

  bool operator==(const NoticePolicy&) const = default;

 private:
  struct Kind {
    bool is_off = false;
    bool is_urgent = false;
    std::array<bool, medium_count> over{};

    bool operator==(const Kind&) const = default;
  };
  const Kind& of(NoticeKind kind) const { return kinds_[static_cast<std::size_t>(kind)]; }
  const NoticeChannel* channel_of(Medium medium) const;

  std::array<Kind, notice_kind_count> kinds_;
  std::vector<NoticeChannel> channels_;
};

// The address of a medium; empty where the account has none.
std::string_view contact_of(const Contacts& contacts, Medium medium);

}  // namespace packwarden
