#include "store/inbox_store.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>

#include "store/reaching.h"
#include "store/sql_text.h"

namespace packwarden {
namespace {

// By InboxMark: what is set, and of which messages.
struct Marking {
  const char* columns;
  const char* condition;
};
constexpr std::array<Marking, 5> markings = {
    {{"seen_at = NOW(6)", "seen_at IS NULL"},
     {"read_at = NOW(6), seen_at = COALESCE(seen_at, NOW(6))", "read_at IS NULL"},
     {"read_at = NULL", "read_at IS NOT NULL"},
     {"archived_at = NOW(6)", "archived_at IS NULL"},
     {"archived_at = NULL", "archived_at IS NOT NULL"}}};

}  // namespace

MysqlInbox::MysqlInbox(DatabaseAddress address) : session_(std::move(address)) {}

std::vector<InboxEntry> MysqlInbox::entries(const std::string& account, const InboxFilter& filter) {
  return reaching(session_, [&](Session& session) {
    std::vector<InboxEntry> entries;
    session.for_each_row(
        fmt::format("SELECT message_id, kind, language, subject, body, {}, {}, {}, {} FROM "
                    "inbox_message WHERE account_name = {} AND message_id < {}{}{} ORDER BY "
                    "message_id DESC LIMIT {}",
                    micros_of("stored_at"), micros_of("seen_at"), micros_of("read_at"),
                    micros_of("archived_at"), session.escape(account), filter.before_id,
                    filter.unread_only ? " AND read_at IS NULL" : "",
                    filter.archived_too ? "" : " AND archived_at IS NULL", filter.limit),
        [&](RowView row) {
          entries.push_back({static_cast<std::uint64_t>(to_int(row[0])), std::string(*row[1]),
                             std::string(*row[2]), std::string(*row[3]), std::string(*row[4]),
                             Instant::from_micros(to_int(row[5])), to_optional_instant(row[6]),
                             to_optional_instant(row[7]), to_optional_instant(row[8])});
        });
    return entries;
  });
}

InboxCounts MysqlInbox::counts(const std::string& account) {
  return reaching(session_, [&](Session& session) {
    InboxCounts counts;
    session.for_each_row(
        fmt::format("SELECT COALESCE(SUM(archived_at IS NULL AND seen_at IS NULL), 0), "
                    "COALESCE(SUM(archived_at IS NULL AND read_at IS NULL), 0), "
                    "COALESCE(SUM(archived_at IS NOT NULL), 0) FROM inbox_message WHERE "
                    "account_name = {}",
                    session.escape(account)),
        [&](RowView row) {
          counts = {to_int(row[0]), to_int(row[1]), to_int(row[2])};
        });
    return counts;
  });
}

std::uint64_t MysqlInbox::mark(const std::string& account, const std::vector<std::uint64_t>& ids,
                               InboxMark mark) {
  const Marking& marking = markings.at(static_cast<std::size_t>(mark));
  const std::string which = ids.empty() ? std::string("archived_at IS NULL")
                                        : fmt::format("message_id IN ({})", fmt::join(ids, ","));
  return reaching(session_, [&](Session& session) {
    return session.execute(
        fmt::format("UPDATE inbox_message SET {} WHERE account_name = {} AND {} AND {}",
                    marking.columns, session.escape(account), marking.condition, which));
  });
}

}  // namespace packwarden
