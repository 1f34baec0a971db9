#include "domain/muted_notices.h"

#include <algorithm>
#include <array>

namespace packwarden {
namespace {

constexpr std::array outside_media{Medium::sms, Medium::email, Medium::webhook};

}  // namespace

std::optional<MutedNotices> MutedNotices::parse(std::string_view text) {
  MutedNotices muted;
  while (!text.empty()) {
    const std::size_t space = text.find(' ');
    if (!muted.add_word(text.substr(0, space))) return std::nullopt;
    if (space == std::string_view::npos) break;
    text.remove_prefix(space + 1);
    if (text.empty()) return std::nullopt;
  }
  return muted;
}

bool MutedNotices::add_word(std::string_view word) {
  const std::size_t slash = word.find('/');
  if (slash == std::string_view::npos) return false;
  const std::string_view kind_name = word.substr(0, slash);
  const std::string_view medium_name = word.substr(slash + 1);
  const auto kind = notice_kind_from(kind_name);
  const auto medium = medium_from(medium_name);
  if ((!kind && kind_name != "*") || (!medium && medium_name != "*") || medium == Medium::inbox) {
    return false;
  }
  for (const NoticeKind one : all_notice_kinds) {
    if (kind && one != *kind) continue;
    for (const Medium over : outside_media) {
      if (!medium || over == *medium) bits_ |= bit(one, over);
    }
  }
  return true;
}

bool MutedNotices::has_all_of(NoticeKind kind) const {
  return std::all_of(outside_media.begin(), outside_media.end(),
                     [&](Medium medium) { return has(kind, medium); });
}

bool MutedNotices::has_all_of(Medium medium) const {
  return std::all_of(all_notice_kinds.begin(), all_notice_kinds.end(),
                     [&](NoticeKind kind) { return has(kind, medium); });
}

std::string MutedNotices::to_string() const {
  std::string text;
  const auto add_text = [&text](std::string_view kind, std::string_view medium) {
    if (!text.empty()) text += ' ';
    text.append(kind).append("/").append(medium);
  };
  const bool all = std::all_of(outside_media.begin(), outside_media.end(),
                               [&](Medium medium) { return has_all_of(medium); });
  if (all) return "*/*";
  for (const Medium medium : outside_media) {
    if (has_all_of(medium)) add_text("*", name_of(medium));
  }
  for (const NoticeKind kind : all_notice_kinds) {
    if (has_all_of(kind)) {
      add_text(name_of(kind), "*");
      continue;
    }
    for (const Medium medium : outside_media) {
      if (has(kind, medium) && !has_all_of(medium)) add_text(name_of(kind), name_of(medium));
    }
  }
  return text;
}

}  // namespace packwarden
