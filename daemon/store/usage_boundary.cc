#include "store/usage_boundary.h"

#include <fmt/format.h>

#include <optional>

#include "store/ledger_head.h"
#include "store/mysql_ledger.h"
#include "store/sql_text.h"

namespace packwarden {
namespace {

constexpr Span clocks_apart = Span::minutes(60);

struct UsageAt {
  Sequence sequence = 0;
  Instant at;
};

// The first transaction with usage from `sequence` on that was committed at or after `earliest`.
std::optional<UsageAt> first_usage(Session& session, Sequence sequence,
                                   std::optional<Instant> earliest) {
  const auto first = [&](std::string_view table, std::string_view column) {
    std::string condition = fmt::format("seq >= {}", sequence);
    if (earliest) condition += fmt::format(" AND {} >= {}", column, datetime_literal(*earliest));
    return fmt::format(
        "(SELECT seq, {} at FROM {} FORCE INDEX (seq) WHERE {} ORDER BY seq LIMIT 1)",
        micros_of(column), table, condition);
  };
  std::optional<UsageAt> found;
  session.for_each_row(first("rating_unit", "finished_at") + " UNION ALL " +
                           first("file_void", "voided_at") + " ORDER BY seq LIMIT 1",
                       [&](RowView row) {
                         found = UsageAt{static_cast<Sequence>(to_int(row[0])),
                                         Instant::from_micros(to_int(row[1]))};
                       });
  return found;
}

}  // namespace

Sequence last_before_usage_at(Session& session, Instant at) {
  // Instants ascend with the sequence but for the clocks of the hosts: halve down to where they may
  // differ from `at` by that, and look at each one from there on.
  const Sequence last = read_sequence(session);
  Sequence begin = 1;
  Sequence end = last + 1;
  while (begin < end) {
    const Sequence middle = begin + (end - begin) / 2;
    const auto usage = first_usage(session, middle, std::nullopt);
    if (!usage || usage->at >= at - clocks_apart) {
      end = middle;
    } else {
      begin = usage->sequence + 1;
    }
  }
  const auto usage = first_usage(session, begin, at);
  return usage ? usage->sequence - 1 : last;
}

}  // namespace packwarden
