#include <fmt/format.h>

#include <map>

#include "domain/held_sum.h"
#include "store/ledger_head.h"
#include "store/mysql_reports.h"
#include "store/sql_sum.h"
#include "store/sql_text.h"
#include "store/usage_boundary.h"

namespace packwarden {
namespace {

Instant to_instant(const std::optional<std::string_view>& micros) {
  return Instant::from_micros(to_int(micros));
}

BusinessDay to_day(const std::optional<std::string_view>& days) {
  return BusinessDay{static_cast<std::int32_t>(to_int(days))};
}

std::string literal(BusinessDay day) {
  return date_literal(day.days_since_epoch);
}

// What is known of the period in each query.
struct Scope {
  AccountId account{};
  const StatementPeriod* period = nullptr;
  Sequence last_earlier = 0;  // the last transactions of opens_at and closes_at
  Sequence last = 0;

  // The entries of this statement and of all before it.
  std::string entries() const {
    return fmt::format(
        "ledger_entry e WHERE e.account_id = {} AND e.business_day < {} AND e.seq <="
        " {}",
        value_of(account), literal(period->month.end_day), last);
  }
  // Of those, whether an earlier statement has it.
  std::string is_earlier() const {
    return fmt::format("(e.business_day < {} AND e.seq <= {})", literal(period->month.first_day),
                       last_earlier);
  }
  std::string within(std::string_view column) const {
    return fmt::format("{0} >= {1} AND {0} < {2}", column, datetime_literal(period->from),
                       datetime_literal(period->to));
  }
};

void read_money(Session& session, const Scope& scope, StatementRows& rows) {
  const std::string journals =
      fmt::format("journal j WHERE j.account_id = {}", value_of(scope.account));
  const std::string from = datetime_literal(scope.period->from);
  session.for_each_row(
      fmt::format("SELECT COALESCE(SUM(IF(j.booked_at < {}, j.amount_micros, 0)), 0),"
                  " COALESCE(SUM(j.amount_micros), 0) FROM {} AND j.booked_at < {}",
                  from, journals, datetime_literal(scope.period->to)),
      [&](RowView row) {
        rows.opening_micros = to_sum(row[0]);
        rows.closing_micros = to_sum(row[1]);
      });
  session.for_each_row(
      fmt::format("SELECT j.seq, {}, j.kind, j.reference, j.amount_micros FROM {} AND {} ORDER BY"
                  " j.booked_at, j.seq, j.journal_no",
                  micros_of("j.booked_at"), journals, scope.within("j.booked_at")),
      [&](RowView row) {
        rows.journals.push_back({static_cast<Sequence>(to_int(row[0])), to_instant(row[1]),
                                 std::string(*row[2]), std::string(*row[3]), to_int(row[4]), 0});
      });
  session.for_each_row(
      fmt::format("SELECT {}, {}, d.name, {}, c.is_credit, c.units, c.price_micros, c.amount_micros"
                  " FROM bill b JOIN charge c ON c.account_id = b.account_id AND c.product_id ="
                  " b.product_id AND c.charged_day = b.charged_day JOIN product d ON d.product_id ="
                  " b.product_id WHERE b.account_id = {} AND {} ORDER BY d.name, c.charged_day,"
                  " c.usage_day, c.is_credit, c.price_micros",
                  days_of("c.charged_day"), micros_of("b.charged_at"), days_of("c.usage_day"),
                  value_of(scope.account), scope.within("b.charged_at")),
      [&](RowView row) {
        rows.charges.push_back({to_day(row[0]), to_instant(row[1]), std::string(*row[2]),
                                to_day(row[3]), to_int(row[4]) != 0, to_int(row[5]), to_int(row[6]),
                                to_int(row[7])});
      });
}

// Names for the ids of grouped entries `x`: of meters, and of their products.
constexpr std::string_view meter_names =
    " JOIN meter m ON m.meter_id = x.meter_id JOIN product p ON p.product_id = m.product_id";

void read_usage(Session& session, const Scope& scope, StatementRows& rows) {
  session.for_each_row(
      fmt::format("SELECT u.name, p.name, m.name, {}, x.outcome, x.units FROM (SELECT"
                  " e.used_by_account_id, e.meter_id, e.business_day, e.outcome, SUM(e.units) units"
                  " FROM {} AND NOT {} GROUP BY 1, 2, 3, 4 HAVING units <> 0) x JOIN account u ON"
                  " u.account_id = x.used_by_account_id{} ORDER BY x.business_day, p.name, m.name,"
                  " u.name, x.outcome",
                  days_of("x.business_day"), scope.entries(), scope.is_earlier(), meter_names),
      [&](RowView row) {
        rows.usage.push_back({std::string(*row[0]), std::string(*row[1]), std::string(*row[2]),
                              to_day(row[3]), static_cast<Outcome>(to_int(row[4])),
                              to_sum(row[5])});
      });
}

// Units of this statement and those before it, and of those before it alone.
struct Sums {
  Units before = 0;
  Units after = 0;
};

void read_packs(Session& session, const Scope& scope, const std::map<std::int64_t, Sums>& used,
                StatementRows& rows) {
  const std::string to = datetime_literal(scope.period->to);
  const std::string from = datetime_literal(scope.period->from);
  session.for_each_row(
      fmt::format(
          "SELECT k.pack_id, p.name, k.tier, k.quota_units, k.price_micros, {}, {}, (SELECT r.step"
          " FROM refund_step r WHERE r.pack_id = k.pack_id AND r.taken_at < {} ORDER BY r.step_no"
          " DESC LIMIT 1), k.expires_at > {} AND NOT EXISTS (SELECT 1 FROM refund_step r WHERE"
          " r.pack_id = k.pack_id AND r.step = 'completed' AND r.taken_at < {}) FROM pack k JOIN"
          " product p ON p.product_id = k.product_id WHERE k.account_id = {} AND k.purchased_at <"
          " {} ORDER BY p.name, k.pack_id",
          micros_of("k.purchased_at"), micros_of("k.expires_at"), to, from, from,
          value_of(scope.account), to),
      [&](RowView row) {
        StatementPack pack{PackId{static_cast<std::uint32_t>(to_int(row[0]))},
                           std::string(*row[1]),
                           std::string(*row[2]),
                           to_int(row[3]),
                           to_int(row[4]),
                           to_instant(row[5]),
                           to_instant(row[6]),
                           row[7] ? refund_step_from(*row[7]) : std::nullopt};
        if (const auto found = used.find(value_of(pack.id)); found != used.end()) {
          pack.used_before = found->second.before;
          pack.used_after = found->second.after;
        }
        if (to_int(row[8]) != 0 || pack.drawn() != 0) rows.packs.push_back(std::move(pack));
      });
}

void read_overage(Session& session, const Scope& scope, const std::map<std::string, Sums>& used,
                  StatementRows& rows) {
  std::map<std::string, Sums> open = used;
  session.for_each_row(
      fmt::format("SELECT d.name, SUM(IF(b.charged_at < {}, c.units, 0)), SUM(c.units) FROM bill b"
                  " JOIN charge c ON c.account_id = b.account_id AND c.product_id = b.product_id"
                  " AND c.charged_day = b.charged_day JOIN product d ON d.product_id ="
                  " b.product_id WHERE b.account_id = {} AND b.charged_at < {} GROUP BY d.name",
                  datetime_literal(scope.period->from), value_of(scope.account),
                  datetime_literal(scope.period->to)),
      [&](RowView row) {
        Sums& sums = open[std::string(*row[0])];
        sums.before = held(Wide{sums.before} - to_sum(row[1]));
        sums.after = held(Wide{sums.after} - to_sum(row[2]));
      });
  for (const auto& [product, sums] : open) {
    rows.overage.push_back({product, sums.before, 0, 0, sums.after});
  }
}

}  // namespace

StatementRows read_statement(Session& session, AccountId account, const StatementPeriod& period) {
  const Scope scope{account, &period, last_before_usage_at(session, period.opens_at),
                    last_before_usage_at(session, period.closes_at)};
  StatementRows rows;
  rows.head = read_reported_head(session);
  read_money(session, scope, rows);
  read_usage(session, scope, rows);
  std::map<std::int64_t, Sums> packs;
  std::map<std::string, Sums> overage;
  session.for_each_row(
      fmt::format("SELECT p.name, x.outcome, x.pack_id, SUM(x.earlier), SUM(x.units) FROM (SELECT"
                  " e.meter_id, e.outcome, e.pack_id, SUM(IF({}, e.units, 0)) earlier, SUM(e.units)"
                  " units FROM {} AND e.outcome IN ({}, {}) GROUP BY 1, 2, 3) x{} GROUP BY 1, 2, 3",
                  scope.is_earlier(), scope.entries(), static_cast<int>(Outcome::drawn),
                  static_cast<int>(Outcome::overage), meter_names),
      [&](RowView row) {
        const Sums sums{to_sum(row[3]), to_sum(row[4])};
        if (static_cast<Outcome>(to_int(row[1])) == Outcome::drawn) {
          packs[to_int(row[2])] = sums;
        } else {
          overage[std::string(*row[0])] = sums;
        }
      });
  read_packs(session, scope, packs, rows);
  read_overage(session, scope, overage, rows);
  return rows;
}

}  // namespace packwarden
