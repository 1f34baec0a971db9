#include <fmt/format.h>

#include <iterator>

#include "store/fact_rows.h"
#include "store/job_rows.h"
#include "store/sql_text.h"

namespace packwarden {
namespace {

// The price of a unit of open_overage: that of its day (C3), or the one at which it is credited;
// NULL where the catalogue has none.
std::string price_of(const Catalogue& catalogue) {
  std::string text = "CASE WHEN is_credit THEN price_micros";
  for (const Product& product : catalogue.products) {
    const auto& prices = product.postpaid_prices;
    for (auto price = prices.rbegin(); price != prices.rend(); ++price) {
      fmt::format_to(std::back_inserter(text), " WHEN product_id = {}", value_of(product.id));
      if (price->from != beginning_of_days) {
        fmt::format_to(std::back_inserter(text), " AND business_day >= {}",
                       date_literal(price->from.days_since_epoch));
      }
      fmt::format_to(std::back_inserter(text), " THEN {}", price->price_micros);
    }
  }
  return text + " END";
}

// The name of the product of bill `b`: of the catalogue, which spares a look-up for each row, but
// where a credit is of a product that is in it no more.
std::string name_of_product(Session& session, const Catalogue& catalogue) {
  std::string text = "CASE b.product_id";
  for (const Product& product : catalogue.products) {
    fmt::format_to(std::back_inserter(text), " WHEN {} THEN {}", value_of(product.id),
                   session.escape(product.name));
  }
  return text + " ELSE (SELECT d.name FROM product d WHERE d.product_id = b.product_id) END";
}

// The bills `b` of the transaction. By the accounts and the day, which is a range of the primary
// key: servers that know nothing of the new rows yet would scan all bills for the sequence.
std::string is_written(const SettlementPart& part, Sequence sequence, char table) {
  return fmt::format(
      "{0}.account_id BETWEEN {1} AND {2} AND {0}.charged_day = {3} AND {0}.seq = {4}", table,
      value_of(part.first), value_of(part.last), date_literal(part.day.days_since_epoch), sequence);
}

// Accounts and products of the part whose day is charged already: what came later for it is due
// with the next day. " AND ... NOT IN (...)", or empty, as it is but for late records.
std::string without_charged(Session& session, const SettlementPart& part) {
  std::string list;
  session.for_each_row(
      fmt::format("SELECT DISTINCT b.account_id, b.product_id FROM open_overage JOIN bill b ON "
                  "b.account_id ="
                  " open_overage.account_id AND b.product_id = open_overage.product_id AND"
                  " b.charged_day = {} WHERE {}",
                  date_literal(part.day.days_since_epoch), is_of_part(part)),
      [&](RowView row) {
        fmt::format_to(std::back_inserter(list), "{}({},{})", list.empty() ? "" : ",", *row[0],
                       *row[1]);
      });
  return list.empty() ? list : " AND (account_id, product_id) NOT IN (" + list + ")";
}

// False: nothing is due.
bool write_charges(Session& session, Sequence sequence, const SettlementPart& part) {
  const std::string price = price_of(*part.catalogue);
  const std::string due = fmt::format("{} AND {} IS NOT NULL{}", is_of_part(part), price,
                                      without_charged(session, part));
  const std::uint64_t charges = session.execute(
      fmt::format("INSERT INTO charge (account_id, product_id, charged_day, usage_day, is_credit,"
                  " price_micros, units, amount_micros, seq) SELECT account_id, product_id, {},"
                  " business_day, is_credit, price, units, CAST(units AS DECIMAL(20)) * price, {}"
                  " FROM (SELECT account_id, product_id, business_day, is_credit, units, {} price"
                  " FROM open_overage WHERE {}) due",
                  date_literal(part.day.days_since_epoch), sequence, price, due));
  if (charges == 0) return false;
  // Ends with the last of them: one row on, it would wait for whoever charges the part behind this
  // one. A delete that joins or asks another table locks what it reads there.
  session.execute(
      fmt::format("DELETE FROM open_overage WHERE {} ORDER BY account_id, product_id, business_day,"
                  " is_credit, price_micros LIMIT {}",
                  due, charges));
  session.execute(fmt::format(
      "INSERT INTO bill (account_id, product_id, charged_day, amount_micros, charged_at, seq)"
      " SELECT account_id, product_id, charged_day, SUM(amount_micros), {}, {} FROM charge c WHERE"
      " {} GROUP BY account_id, product_id, charged_day",
      datetime_literal(part.now), sequence, is_written(part, sequence, 'c')));
  return true;
}

// One journal a bill, from the balance to sales. The balances are not changed by an update with a
// join: that would lock bills, up to one of the part behind this one.
void write_bill_journals(Session& session, Sequence sequence, RowNumbers& numbers,
                         const SettlementPart& part) {
  const std::string written = is_written(part, sequence, 'b');
  numbers.journal += static_cast<std::uint32_t>(session.execute(fmt::format(
      "INSERT INTO journal (seq, journal_no, account_id, kind, reference, booked_at, contra_book,"
      " amount_micros) SELECT {}, ROW_NUMBER() OVER (ORDER BY account_id, product_id) + {},"
      " account_id, '{}', CONCAT({}, ' ', charged_day), {}, '{}', -amount_micros FROM bill b WHERE"
      " {} AND amount_micros <> 0",
      sequence, std::int64_t{numbers.journal} - 1, name_of(JournalKind::charge),
      name_of_product(session, *part.catalogue), datetime_literal(part.now),
      name_of(contra_book_of(JournalKind::charge)), written)));
  session.execute(fmt::format(
      "INSERT INTO money_balance (account_id, balance_micros) SELECT account_id,"
      " -SUM(amount_micros) FROM bill b WHERE {} GROUP BY account_id ON DUPLICATE KEY UPDATE"
      " balance_micros = money_balance.balance_micros + VALUES(balance_micros)",
      written));
}

int sign_of(MoneyMicros amount) {
  return (amount > 0) - (amount < 0);
}

// O8, O9. `bills` by account.
std::vector<AccountId> turned_by(std::span<const WrittenBill> bills) {
  std::vector<AccountId> turned;
  for (auto bill = bills.begin(); bill != bills.end();) {
    const WrittenBill& first = *bill;
    MoneyMicros before_micros = first.balance_micros;
    for (; bill != bills.end() && bill->account == first.account; ++bill) {
      before_micros += bill->amount_micros;
    }
    if (sign_of(before_micros) != sign_of(first.balance_micros)) turned.push_back(first.account);
  }
  return turned;
}

// Of `bills`, which are by account and have the languages of the accounts' beginning.
void read_contacts(Session& session, const SettlementPart& part, std::span<WrittenBill> bills) {
  auto bill = bills.begin();
  for (const AccountDetail& detail :
       read_details(session, fmt::format("account_id BETWEEN {} AND {}", value_of(part.first),
                                         value_of(part.last)))) {
    while (bill != bills.end() && bill->account < detail.account) ++bill;
    for (auto its = bill; its != bills.end() && its->account == detail.account; ++its) {
      set_detail(its->contacts, detail.kind, detail.value);
    }
  }
}

}  // namespace

std::string is_of_part(const SettlementPart& part) {
  const std::string offset = fmt::format(
      "((((open_overage.account_id * 2654435761) & 4294967295) * {}) >> 32)", part.spread_s);
  std::string text = fmt::format(
      "open_overage.account_id BETWEEN {} AND {} AND open_overage.business_day <= {} AND"
      " open_overage.units <> 0",
      value_of(part.first), value_of(part.last), date_literal(part.day.days_since_epoch));
  if (part.after_s >= 0) text += fmt::format(" AND {} > {}", offset, part.after_s);
  if (part.upto_s < part.spread_s) text += fmt::format(" AND {} <= {}", offset, part.upto_s);
  return text;
}

SettledPart write_settlement(Session& session, Sequence sequence, RowNumbers& numbers,
                             const SettlementPart& part) {
  SettledPart settled;
  if (!write_charges(session, sequence, part)) return settled;
  write_bill_journals(session, sequence, numbers, part);
  session.for_each_row(
      fmt::format("SELECT b.account_id, b.product_id, a.name, a.language, {}, b.amount_micros,"
                  " m.balance_micros FROM bill b JOIN account a ON a.account_id = b.account_id JOIN"
                  " money_balance m ON m.account_id = b.account_id WHERE {} ORDER BY b.account_id,"
                  " b.product_id",
                  name_of_product(session, *part.catalogue), is_written(part, sequence, 'b')),
      [&](RowView row) {
        const AccountId account{static_cast<std::uint32_t>(to_int(row[0]))};
        settled.bills.push_back({account, ProductId{static_cast<std::uint32_t>(to_int(row[1]))},
                                 std::string(*row[2]), Contacts{account, std::string(*row[3])},
                                 std::string(*row[4]), to_int(row[5]), to_int(row[6])});
      });
  read_contacts(session, part, settled.bills);
  settled.turned = turned_by(settled.bills);
  return settled;
}

}  // namespace packwarden
