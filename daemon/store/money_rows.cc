#include "store/money_rows.h"

#include <fmt/format.h>

#include <unordered_map>

#include "store/fact_rows.h"
#include "store/sql_text.h"

namespace packwarden {
namespace {

AccountId to_account(const std::optional<std::string_view>& value) {
  return AccountId{static_cast<std::uint32_t>(to_int(value))};
}

}  // namespace

std::vector<MoneyMicros> read_balances(Session& session, std::span<const AccountId> accounts) {
  std::unordered_map<std::uint32_t, MoneyMicros> by_account;
  for_each_list(accounts, [&](const std::string& list) {
    session.for_each_row(
        "SELECT account_id, balance_micros FROM money_balance WHERE account_id IN " + list,
        [&](RowView row) { by_account[value_of(to_account(row[0]))] = to_int(row[1]); });
  });
  std::vector<MoneyMicros> balances;
  balances.reserve(accounts.size());
  for (const AccountId id : accounts) {
    const auto found = by_account.find(value_of(id));
    balances.push_back(found == by_account.end() ? 0 : found->second);
  }
  return balances;
}

void write_journals(Session& session, Sequence sequence, std::uint32_t first_no,
                    std::span<const Journal> journals) {
  RowWriter rows(session,
                 "INSERT INTO journal (seq, journal_no, account_id, kind, reference, booked_at,"
                 " contra_book, amount_micros) VALUES");
  RowWriter balances(session, "INSERT INTO money_balance (account_id, balance_micros) VALUES",
                     " ON DUPLICATE KEY UPDATE balance_micros = balance_micros +"
                     " VALUES(balance_micros)");
  for (const Journal& journal : journals) {
    rows.add(fmt::format("{},{},{},'{}',{},{},'{}',{}", sequence, first_no++,
                         value_of(journal.account), name_of(journal.kind),
                         session.escape(journal.reference), datetime_literal(journal.booked_at),
                         name_of(contra_book_of(journal.kind)), journal.amount_micros));
    balances.add(fmt::format("{},{}", value_of(journal.account), journal.amount_micros));
  }
  rows.finish();
  balances.finish();
}

bool has_payment(Session& session, const std::string& reference) {
  return !session.query("SELECT 1 FROM payment WHERE reference = " + session.escape(reference))
              .empty();
}

void write_payment(Session& session, Sequence sequence, const std::string& reference) {
  session.execute(fmt::format("INSERT INTO payment (reference, seq) VALUES ({}, {})",
                              session.escape(reference), sequence));
}

std::vector<BalanceRow> read_balance_rows(Session& session, std::optional<AccountId> account) {
  std::vector<BalanceRow> rows;
  session.for_each_row(
      "SELECT a.name, COALESCE(b.balance_micros, 0) FROM account a LEFT JOIN money_balance b ON"
      " b.account_id = a.account_id WHERE a.parent_account_id = 0" +
          (account ? fmt::format(" AND a.account_id = {}", value_of(*account)) : "") +
          " ORDER BY a.name",
      [&](RowView row) {
        rows.push_back({std::string(*row[0]), to_int(row[1])});
      });
  return rows;
}

std::vector<JournalRow> read_journal_rows(Session& session, AccountId account,
                                          std::uint32_t limit) {
  std::vector<JournalRow> rows;
  session.for_each_row(
      // One statement, so that the balance from which it goes back is that after the last row.
      fmt::format("SELECT j.seq, j.kind, j.reference, {}, j.amount_micros, b.balance_micros -"
                  " COALESCE(SUM(j.amount_micros) OVER (ORDER BY j.seq DESC, j.journal_no DESC ROWS"
                  " BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) FROM (SELECT * FROM journal"
                  " WHERE account_id = {} ORDER BY seq DESC, journal_no DESC LIMIT {}) j JOIN"
                  " money_balance b ON b.account_id = j.account_id ORDER BY j.seq, j.journal_no",
                  micros_of("j.booked_at"), value_of(account), limit),
      [&](RowView row) {
        rows.push_back({static_cast<Sequence>(to_int(row[0])), std::string(*row[1]),
                        std::string(*row[2]), Instant::from_micros(to_int(row[3])), to_int(row[4]),
                        to_int(row[5])});
      });
  return rows;
}

}  // namespace packwarden
