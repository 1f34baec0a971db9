#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/instant.h"

namespace packwarden {

// An in-site message as a tenant's page shows it (N4).
struct InboxEntry {
  std::uint64_t id = 0;
  std::string kind;
  std::string language;
  std::string subject;
  std::string body;
  Instant stored_at;
  std::optional<Instant> seen_at;  // it stood in a list that the tenant looked at
  std::optional<Instant> read_at;  // it was opened
  std::optional<Instant> archived_at;
};

struct InboxFilter {
  bool unread_only = false;
  bool archived_too = false;
  std::uint64_t before_id = UINT64_MAX;  // for the next page
  std::uint32_t limit = 100;
};

struct InboxCounts {
  std::int64_t unseen = 0;  // of those that are not archived, as for the next
  std::int64_t unread = 0;
  std::int64_t archived = 0;
};

enum class InboxMark { seen, read, unread, archived, unarchived };

// The in-site messages of one account. All may throw LedgerUnavailable.
class Inbox {
 public:
  virtual ~Inbox() = default;

  // Newest first.
  virtual std::vector<InboxEntry> entries(const std::string& account,
                                          const InboxFilter& filter) = 0;
  virtual InboxCounts counts(const std::string& account) = 0;
  // Marks these messages of the account, or all of its that are not archived where `ids` is empty.
  // Read includes seen; the first instant of each stays. Returns how many changed.
  virtual std::uint64_t mark(const std::string& account, const std::vector<std::uint64_t>& ids,
                             InboxMark mark) = 0;
};

}  // namespace packwarden
