#include "domain/notice.h"
#include "store/mysql_reports.h"
#include "store/sql_sum.h"
#include "store/sql_text.h"

namespace packwarden {
namespace {

// Each pack with its number in the order of purchase within account and product.
const std::string numbered_packs =
    "(SELECT pack_id, account_id, product_id, tier, quota_units, ROW_NUMBER() OVER (PARTITION"
    " BY account_id, product_id ORDER BY pack_id) AS number FROM pack)";

std::uint32_t to_number(const std::optional<std::string_view>& value) {
  return static_cast<std::uint32_t>(to_int(value));
}

}  // namespace

void read_canonical(Session& session, const CanonicalSink& sink) {
  session.for_each_row(
      "SELECT a.name, COALESCE(p.name, ''), COALESCE((SELECT GROUP_CONCAT(f.kind ORDER BY f.kind)"
      " FROM account_fact f WHERE f.account_id = a.account_id), '') FROM account a"
      " LEFT JOIN account p ON p.account_id = a.parent_account_id ORDER BY a.name",
      [&](RowView row) { sink.account(*row[0], *row[1], *row[2]); });
  session.for_each_row(
      "SELECT a.name, b.balance_micros FROM money_balance b JOIN account a ON a.account_id ="
      " b.account_id ORDER BY a.name",
      [&](RowView row) { sink.balance(*row[0], to_int(row[1])); });
  session.for_each_row(
      "SELECT a.name, d.name, c.charged_day, c.usage_day, c.is_credit, c.price_micros, c.units,"
      " c.amount_micros FROM charge c JOIN account a ON a.account_id = c.account_id JOIN product d"
      " ON d.product_id = c.product_id ORDER BY a.name, d.name, c.charged_day, c.usage_day,"
      " c.is_credit, c.price_micros",
      [&](RowView row) {
        sink.charge({*row[0], *row[1], *row[2], *row[3], to_int(row[4]) != 0, to_int(row[5]),
                     to_int(row[6]), to_int(row[7])});
      });
  session.for_each_row(
      "SELECT a.name, j.kind, j.reference, j.amount_micros FROM journal j JOIN account a ON"
      " a.account_id = j.account_id ORDER BY a.name, j.seq, j.journal_no",
      [&](RowView row) {
        sink.journal({*row[0], *row[1], *row[2], to_int(row[3])});
      });
  session.for_each_row(
      "SELECT a.name, COALESCE(d.name, ''), COALESCE(p.number, 0), n.kind, n.cause, n.state FROM"
      " notice n LEFT JOIN " +
          numbered_packs +
          " p ON p.pack_id = n.pack_id JOIN account a ON a.account_id = n.account_id"
          " LEFT JOIN product d ON d.product_id = n.product_id"
          " ORDER BY a.name, d.name, p.number, n.kind, n.cause",
      [&](RowView row) {
        const auto kind = notice_kind_from(*row[3]);
        const bool by_sequence = kind && is_told_per_transaction(*kind);
        sink.notice({*row[0], *row[1], to_number(row[2]), *row[3], by_sequence ? 0 : to_int(row[4]),
                     *row[5]});
      });
  session.for_each_row(
      "SELECT a.name, d.name, p.tier, p.number, p.quota_units, b.used_units"
      " FROM " +
          numbered_packs +
          " p JOIN pack_balance b ON b.pack_id = p.pack_id"
          " JOIN account a ON a.account_id = p.account_id"
          " JOIN product d ON d.product_id = p.product_id ORDER BY a.name, d.name, p.number",
      [&](RowView row) {
        sink.pack({*row[0], *row[1], *row[2], to_number(row[3]), to_int(row[4]), to_int(row[5])});
      });
  // What a suspended account's balance does about zero is seen from its journals.
  session.for_each_row(
      "SELECT a.name, COALESCE(d.name, ''), c.step FROM postpaid_change c JOIN account a ON"
      " a.account_id = c.account_id LEFT JOIN product d ON d.product_id = c.product_id"
      " WHERE c.step NOT IN ('at_zero', 'below_zero')"
      " ORDER BY a.name, d.name, c.seq",
      [&](RowView row) {
        sink.postpaid({*row[0], *row[1], *row[2]});
      });
  session.for_each_row(
      "SELECT a.name, d.name, p.number, r.step FROM refund_step r JOIN " + numbered_packs +
          " p ON p.pack_id = r.pack_id JOIN account a ON a.account_id = p.account_id"
          " JOIN product d ON d.product_id = p.product_id"
          " ORDER BY a.name, d.name, p.number, r.step_no",
      [&](RowView row) {
        sink.refund({*row[0], *row[1], to_number(row[2]), *row[3]});
      });
  session.for_each_row(
      "SELECT a.name, d.name, c.covered_by, c.reason FROM service_change c JOIN account a ON"
      " a.account_id = c.account_id JOIN product d ON d.product_id = c.product_id"
      " ORDER BY a.name, d.name, c.seq, c.change_no",
      [&](RowView row) {
        sink.service({*row[0], *row[1], *row[2], *row[3]});
      });
  session.for_each_row(
      "SELECT a.name, u.name, d.name, m.name, e.business_day, e.outcome, COALESCE(p.number, 0),"
      " e.units FROM (SELECT account_id, used_by_account_id, meter_id, business_day, outcome,"
      " pack_id, SUM(units) units FROM ledger_entry GROUP BY 1, 2, 3, 4, 5, 6 HAVING units <> 0) e"
      " JOIN account a ON a.account_id = e.account_id"
      " JOIN account u ON u.account_id = e.used_by_account_id"
      " JOIN meter m ON m.meter_id = e.meter_id JOIN product d ON d.product_id = m.product_id"
      " LEFT JOIN " +
          numbered_packs +
          " p ON p.pack_id = e.pack_id"
          " ORDER BY a.name, u.name, d.name, m.name, e.business_day, e.outcome, p.number",
      [&](RowView row) {
        sink.usage({*row[0], *row[1], *row[2], *row[3], *row[4],
                    static_cast<Outcome>(to_int(row[5])), to_number(row[6]), to_sum(row[7])});
      });
}

}  // namespace packwarden
