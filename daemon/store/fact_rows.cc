#include "store/fact_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <stdexcept>

#include "store/sql_text.h"

namespace packwarden {
namespace {

constexpr std::size_t ids_a_query = 10'000;

AccountId to_account(const std::optional<std::string_view>& value) {
  return AccountId{static_cast<std::uint32_t>(to_int(value))};
}

AccountDetailKind known_detail(std::string_view name) {
  const auto kind = account_detail_kind_from(name);
  if (!kind) throw std::logic_error(fmt::format("there is no account detail '{}'", name));
  return *kind;
}

}  // namespace

void for_each_fact(Session& session, std::string_view condition,
                   const std::function<void(AccountFact)>& take) {
  session.for_each_row(
      fmt::format("SELECT account_id, kind, {} FROM account_fact WHERE {} ORDER BY"
                  " account_id, kind",
                  micros_of("known_at"), condition),
      [&](RowView row) {
        const auto kind = account_fact_kind_from(*row[1]);
        if (!kind) {
          throw std::logic_error(fmt::format("there is no account fact '{}'", *row[1]));
        }
        take({to_account(row[0]), *kind, Instant::from_micros(to_int(row[2]))});
      });
}

std::vector<AccountFact> read_facts(Session& session, std::string_view condition) {
  std::vector<AccountFact> facts;
  for_each_fact(session, condition, [&](AccountFact one) { facts.push_back(std::move(one)); });
  return facts;
}

std::vector<AccountFact> read_facts(Session& session, std::span<const AccountId> accounts) {
  std::vector<AccountFact> facts;
  for_each_list(accounts, [&](const std::string& list) {
    const auto some = read_facts(session, "account_id IN " + list);
    facts.insert(facts.end(), some.begin(), some.end());
  });
  return facts;
}

void write_facts(Session& session, Sequence sequence, std::span<const AccountFact> facts) {
  RowWriter rows(session, "INSERT INTO account_fact (account_id, kind, known_at, seq) VALUES");
  for (const AccountFact& fact : facts) {
    rows.add(fmt::format("{},'{}',{},{}", value_of(fact.account), name_of(fact.kind),
                         datetime_literal(fact.known_at), sequence));
  }
  rows.finish();
}

std::vector<AccountDetail> read_details(Session& session, std::string_view condition) {
  std::vector<AccountDetail> details;
  session.for_each_row(
      fmt::format("SELECT account_id, kind, value FROM account_detail WHERE {}"
                  " ORDER BY account_id, kind",
                  condition),
      [&](RowView row) {
        details.push_back({to_account(row[0]), known_detail(*row[1]), std::string(*row[2])});
      });
  return details;
}

std::vector<Contacts> read_contacts(Session& session, std::span<const AccountId> accounts) {
  std::vector<Contacts> all;
  all.reserve(accounts.size());
  for_each_list(accounts, [&](const std::string& list) {
    session.for_each_row(
        "SELECT a.account_id, a.language, d.kind, d.value FROM account a LEFT JOIN account_detail d"
        " ON d.account_id = a.account_id WHERE a.account_id IN " +
            list + " ORDER BY a.account_id",
        [&](RowView row) {
          const AccountId account = to_account(row[0]);
          if (all.empty() || all.back().account != account) {
            all.push_back({account, std::string(*row[1])});
          }
          if (row[2]) set_detail(all.back(), known_detail(*row[2]), *row[3]);
        });
  });
  return all;
}

void write_details(Session& session, Sequence sequence, std::span<const AccountDetail> details) {
  RowWriter rows(session, "REPLACE INTO account_detail (account_id, kind, value, seq) VALUES");
  for (const AccountDetail& detail : details) {
    rows.add(fmt::format("{},'{}',{},{}", value_of(detail.account), name_of(detail.kind),
                         session.escape(detail.value), sequence));
  }
  rows.finish();
}

void for_each_list(std::span<const AccountId> accounts,
                   const std::function<void(const std::string& list)>& visit) {
  for (std::size_t begin = 0; begin < accounts.size(); begin += ids_a_query) {
    std::string list;
    for (const AccountId id :
         accounts.subspan(begin, std::min(ids_a_query, accounts.size() - begin))) {
      fmt::format_to(std::back_inserter(list), "{}{}", list.empty() ? "" : ",", value_of(id));
    }
    visit("(" + list + ")");
  }
}

}  // namespace packwarden
