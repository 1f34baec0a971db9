#include <fmt/format.h>

#include <map>
#include <tuple>

#include "store/mysql_reports.h"
#include "store/sql_sum.h"
#include "store/sql_text.h"

namespace packwarden {
namespace {

using FigureKey = std::tuple<std::string, std::string, std::string, std::int64_t>;

FigureKey key_of(RowView row) {
  return {std::string(*row[0]), std::string(*row[1]), std::string(*row[2]), to_int(row[3])};
}

std::optional<Instant> to_instant(const std::optional<std::string_view>& micros) {
  if (!micros) return std::nullopt;
  return Instant::from_micros(to_int(micros));
}

OriginPart to_part(RowView row) {
  OriginPart part;
  part.sequence = static_cast<Sequence>(to_int(row[4]));
  part.units = to_sum(row[5]);
  if (row[6]) {
    part.pack = OriginPack{PackId{static_cast<std::uint32_t>(to_int(row[6]))}, std::string(*row[7]),
                           *to_instant(row[8]), *to_instant(row[9])};
  }
  if (row[10]) {
    part.file = OriginFile{to_digest(row[10]), std::string(*row[11]), std::string(*row[12]),
                           *to_instant(row[13])};
  }
  if (row[14]) {
    part.unit_no = static_cast<std::uint32_t>(to_int(row[14]));
    part.first_line = static_cast<std::uint64_t>(to_int(row[15]));
    part.last_line = static_cast<std::uint64_t>(to_int(row[16]));
    part.committed_at = *to_instant(row[17]);
    part.voided_at = to_instant(row[20]);
  } else if (row[18]) {
    part.is_void = true;
    part.committed_at = *to_instant(row[18]);
    part.void_reason = *row[19];
  }
  return part;
}

void read_figures(Session& session, const std::string& condition, UsageOrigin& origin) {
  std::map<FigureKey, std::size_t> places;
  session.for_each_row(
      fmt::format("SELECT u.name, d.name, m.name, e.outcome, e.units, e.day FROM (SELECT"
                  " used_by_account_id, meter_id, outcome, {} day, SUM(units) units FROM"
                  " ledger_entry e WHERE {} GROUP BY 1, 2, 3, 4) e JOIN account u ON u.account_id ="
                  " e.used_by_account_id JOIN meter m ON m.meter_id = e.meter_id JOIN product d ON"
                  " d.product_id = m.product_id ORDER BY u.name, d.name, m.name, e.outcome",
                  days_of("e.business_day"), condition),
      [&](RowView row) {
        places.emplace(key_of(row), origin.figures.size());
        OriginFigure& figure = origin.figures.emplace_back();
        figure.usage = {std::string(*row[0]),
                        std::string(*row[1]),
                        std::string(*row[2]),
                        BusinessDay{static_cast<std::int32_t>(to_int(row[5]))},
                        static_cast<Outcome>(to_int(row[3])),
                        to_sum(row[4])};
      });
  session.for_each_row(
      fmt::format(
          "SELECT u.name, d.name, m.name, x.outcome, x.seq, x.units, k.pack_id, k.tier, {}, {},"
          " f.digest, f.name, f.spool, {}, r.unit_no, COALESCE((SELECT MAX(o.end_line) FROM"
          " rating_unit o WHERE o.digest = r.digest AND o.unit_no < r.unit_no), 0) + 1, r.end_line,"
          " {}, {}, b.reason, {} FROM (SELECT e.used_by_account_id, e.meter_id, e.outcome, e.seq,"
          " e.pack_id, q.digest, q.unit_no, SUM(e.units) units FROM ledger_entry e LEFT JOIN"
          " rating_unit q ON q.seq = e.seq AND e.entry_no >= q.first_entry_no AND e.entry_no <"
          " q.first_entry_no + q.entry_count WHERE {} GROUP BY 1, 2, 3, 4, 5, 6, 7) x JOIN account"
          " u ON u.account_id = x.used_by_account_id JOIN meter m ON m.meter_id = x.meter_id JOIN"
          " product d ON d.product_id = m.product_id LEFT JOIN pack k ON k.pack_id = x.pack_id LEFT"
          " JOIN rating_unit r ON r.digest = x.digest AND r.unit_no = x.unit_no LEFT JOIN file_void"
          " b ON b.seq = x.seq LEFT JOIN usage_file f ON f.digest = COALESCE(x.digest, b.digest)"
          " LEFT JOIN file_void v ON v.digest = x.digest ORDER BY x.seq, f.digest, r.unit_no,"
          " k.pack_id",
          micros_of("k.purchased_at"), micros_of("k.expires_at"), micros_of("f.arrival"),
          micros_of("r.finished_at"), micros_of("b.voided_at"), micros_of("v.voided_at"),
          condition),
      [&](RowView row) { origin.figures[places.at(key_of(row))].parts.push_back(to_part(row)); });
}

void read_billing(Session& session, AccountId account, const std::string& day,
                  UsageOrigin& origin) {
  std::map<std::string, OriginBilling> by_product;
  const auto of = [&](const std::optional<std::string_view>& name) -> OriginBilling& {
    OriginBilling& billing = by_product[std::string(*name)];
    billing.product = *name;
    return billing;
  };
  const std::uint32_t id = value_of(account);
  session.for_each_row(
      fmt::format("SELECT d.name, SUM(e.units) FROM ledger_entry e JOIN meter m ON m.meter_id ="
                  " e.meter_id JOIN product d ON d.product_id = m.product_id WHERE e.account_id ="
                  " {} AND e.business_day = {} AND e.outcome = {} GROUP BY d.name",
                  id, day, static_cast<int>(Outcome::overage)),
      [&](RowView row) { of(row[0]).overage = to_sum(row[1]); });
  session.for_each_row(
      fmt::format("SELECT d.name, {}, {}, {}, c.is_credit, c.units, c.price_micros, c.amount_micros"
                  " FROM charge c JOIN bill b ON b.account_id = c.account_id AND b.product_id ="
                  " c.product_id AND b.charged_day = c.charged_day JOIN product d ON d.product_id ="
                  " c.product_id WHERE c.account_id = {} AND c.usage_day = {} ORDER BY"
                  " c.charged_day, c.is_credit, c.price_micros",
                  days_of("c.charged_day"), micros_of("b.charged_at"), days_of("c.usage_day"), id,
                  day),
      [&](RowView row) {
        of(row[0]).charges.push_back(
            {BusinessDay{static_cast<std::int32_t>(to_int(row[1]))}, *to_instant(row[2]),
             std::string(*row[0]), BusinessDay{static_cast<std::int32_t>(to_int(row[3]))},
             to_int(row[4]) != 0, to_int(row[5]), to_int(row[6]), to_int(row[7])});
      });
  session.for_each_row(
      fmt::format("SELECT d.name, SUM(o.units) FROM open_overage o JOIN product d ON d.product_id ="
                  " o.product_id WHERE o.account_id = {} AND o.business_day = {} GROUP BY d.name",
                  id, day),
      [&](RowView row) { of(row[0]).open = to_sum(row[1]); });
  for (auto& [product, billing] : by_product) origin.billing.push_back(std::move(billing));
}

}  // namespace

UsageOrigin read_origin(Session& session, AccountId main_account, const std::string& entries,
                        BusinessDay day) {
  const std::string on_day = date_literal(day.days_since_epoch);
  UsageOrigin origin;
  read_figures(session, entries + " AND e.business_day = " + on_day, origin);
  read_billing(session, main_account, on_day, origin);
  return origin;
}

}  // namespace packwarden
