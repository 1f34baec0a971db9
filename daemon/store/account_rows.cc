#include "store/account_rows.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <stdexcept>
#include <unordered_map>

#include "store/fact_rows.h"
#include "store/sql_text.h"

namespace packwarden {
namespace {

constexpr std::size_t names_a_query = 1'000;

std::vector<int> to_numbers(std::string_view text) {
  std::vector<int> numbers;
  const char* at = text.data();
  const char* end = at + text.size();
  while (at < end) {
    int number = 0;
    at = std::from_chars(at, end, number).ptr + 1;
    numbers.push_back(number);
  }
  return numbers;
}

// N1: those whose time is still to come when the pack is bought.
void write_reminders(Session& session, std::span<const Pack> packs) {
  RowWriter rows(session, "INSERT INTO pack_reminder (pack_id, days, remind_at) VALUES");
  for (const Pack& pack : packs) {
    for (const int days : pack.reminder_days) {
      const Instant remind_at = pack.expires_at - Span::days(days);
      if (remind_at < pack.purchased_at) continue;
      rows.add(fmt::format("{},{},{}", value_of(pack.id), days, datetime_literal(remind_at)));
    }
  }
  rows.finish();
}

std::uint32_t to_id(const std::optional<std::string_view>& value) {
  return static_cast<std::uint32_t>(to_int(value));
}

}  // namespace

std::vector<Account> read_accounts(Session& session, std::string_view condition) {
  std::vector<Account> accounts;
  session.for_each_row(
      fmt::format("SELECT account_id, parent_account_id, name FROM account WHERE {}"
                  " ORDER BY account_id",
                  condition),
      [&](RowView row) {
        accounts.push_back(
            {AccountId{to_id(row[0])}, AccountId{to_id(row[1])}, std::string(*row[2])});
      });
  return accounts;
}

std::vector<std::optional<Account>> read_accounts_named(Session& session,
                                                        std::span<const std::string> names) {
  std::unordered_map<std::string, Account> by_name;
  for (std::size_t begin = 0; begin < names.size(); begin += names_a_query) {
    std::string list;
    for (const std::string& name :
         names.subspan(begin, std::min(names_a_query, names.size() - begin))) {
      list.append(list.empty() ? "" : ",").append(session.escape(name));
    }
    for (Account& account : read_accounts(session, "name IN (" + list + ")")) {
      std::string name = account.name;
      by_name.emplace(std::move(name), std::move(account));
    }
  }
  std::vector<AccountId> mains;
  for (const auto& [name, account] : by_name) mains.push_back(account.main());
  std::unordered_map<std::uint32_t, Instant> closed;
  for_each_list(mains, [&](const std::string& list) {
    for (const AccountFact& fact :
         read_facts(session, "kind = 'closed' AND account_id IN " + list)) {
      closed.emplace(value_of(fact.account), fact.known_at);
    }
  });
  for (auto& [name, account] : by_name) {
    const auto at = closed.find(value_of(account.main()));
    if (at != closed.end()) account.closed_at = at->second;
  }
  std::vector<std::optional<Account>> found;
  found.reserve(names.size());
  for (const std::string& name : names) {
    const auto at = by_name.find(name);
    found.push_back(at == by_name.end() ? std::nullopt : std::optional(at->second));
  }
  return found;
}

void write_accounts(Session& session, Sequence sequence, std::span<const Account> accounts,
                    const std::string& language) {
  RowWriter rows(session,
                 "INSERT INTO account (account_id, parent_account_id, name, language, seq) VALUES");
  for (const Account& account : accounts) {
    rows.add(fmt::format("{},{},{},{},{}", value_of(account.id), value_of(account.parent),
                         session.escape(account.name), session.escape(language), sequence));
  }
  rows.finish();
}

void for_each_pack(Session& session, std::string_view condition,
                   const std::function<void(Pack)>& take) {
  session.for_each_row(
      fmt::format("SELECT pack_id, account_id, product_id, tier, is_trial, "
                  "quota_units, price_micros, priority, {}, {},"
                  " {}, notice_levels, reminder_days, refund_window_days, stack_left_units,"
                  " stack_used_units FROM pack WHERE {} ORDER BY pack_id",
                  micros_of("purchased_at"), micros_of("effective_from"), micros_of("expires_at"),
                  condition),
      [&](RowView row) {
        Pack pack;
        pack.id = PackId{to_id(row[0])};
        pack.account = AccountId{to_id(row[1])};
        pack.product = ProductId{to_id(row[2])};
        pack.tier = *row[3];
        pack.is_trial = to_int(row[4]) != 0;
        pack.quota = to_int(row[5]);
        pack.price_micros = to_int(row[6]);
        pack.priority = static_cast<int>(to_int(row[7]));
        pack.purchased_at = Instant::from_micros(to_int(row[8]));
        pack.effective_from = Instant::from_micros(to_int(row[9]));
        pack.expires_at = Instant::from_micros(to_int(row[10]));
        pack.notice_levels = to_numbers(*row[11]);
        pack.reminder_days = to_numbers(*row[12]);
        pack.refund_window_days = static_cast<int>(to_int(row[13]));
        if (row[14]) pack.stack = PackStack{to_int(row[14]), to_int(row[15])};
        take(std::move(pack));
      });
}

std::vector<Pack> read_packs(Session& session, std::string_view condition) {
  std::vector<Pack> packs;
  for_each_pack(session, condition, [&](Pack one) { packs.push_back(std::move(one)); });
  return packs;
}

void write_packs(Session& session, Sequence sequence, std::span<const Pack> packs) {
  RowWriter rows(session,
                 "INSERT INTO pack (pack_id, account_id, product_id, tier, is_trial, quota_units, "
                 "price_micros, priority,"
                 " purchased_at, effective_from, expires_at, notice_levels, reminder_days,"
                 " refund_window_days, seq, stack_left_units, stack_used_units)"
                 " VALUES");
  RowWriter balances(session, "INSERT INTO pack_balance (pack_id, used_units) VALUES");
  for (const Pack& pack : packs) {
    const std::string stack =
        pack.stack ? fmt::format("{},{}", pack.stack->left, pack.stack->used) : "NULL,NULL";
    rows.add(fmt::format("{},{},{},{},{},{},{},{},{},{},{},'{}','{}',{},{},{}", value_of(pack.id),
                         value_of(pack.account), value_of(pack.product), session.escape(pack.tier),
                         pack.is_trial ? 1 : 0, pack.quota, pack.price_micros, pack.priority,
                         datetime_literal(pack.purchased_at), datetime_literal(pack.effective_from),
                         datetime_literal(pack.expires_at), fmt::join(pack.notice_levels, ","),
                         fmt::join(pack.reminder_days, ","), pack.refund_window_days, sequence,
                         stack));
    balances.add(fmt::format("{},0", value_of(pack.id)));
  }
  rows.finish();
  balances.finish();
  write_reminders(session, packs);
}

std::vector<HeldPack> read_held_packs(Session& session, const std::string& condition) {
  std::vector<HeldPack> held;
  for (Pack& pack : read_packs(session, condition)) held.push_back({std::move(pack)});
  const auto of = [&](PackId id) {
    return std::lower_bound(held.begin(), held.end(), id, [](const HeldPack& one, PackId wanted) {
      return one.pack.id < wanted;
    });
  };
  const std::string among = "pack_id IN (SELECT pack_id FROM pack WHERE " + condition + ")";
  session.for_each_row("SELECT pack_id, used_units, " + micros_of("exhausted_at") +
                           " FROM pack_balance WHERE " + among,
                       [&](RowView row) {
                         const auto at = of(PackId{to_id(row[0])});
                         at->used = to_int(row[1]);
                         if (row[2]) at->exhausted_at = Instant::from_micros(to_int(row[2]));
                       });
  for (const RefundStepTaken& taken : read_refund_steps(session, among)) {
    of(taken.pack)->last_refund_step = taken.step;
  }
  return held;
}

std::vector<RefundStepTaken> read_refund_steps(Session& session, std::string_view condition) {
  std::vector<RefundStepTaken> steps;
  session.for_each_row(
      fmt::format("SELECT pack_id, step, {}, reason FROM refund_step WHERE {} ORDER BY pack_id,"
                  " step_no",
                  micros_of("taken_at"), condition),
      [&](RowView row) {
        const auto step = refund_step_from(*row[1]);
        if (!step) throw std::logic_error(fmt::format("there is no refund step '{}'", *row[1]));
        steps.push_back({PackId{to_id(row[0])}, *step, Instant::from_micros(to_int(row[2])),
                         std::string(*row[3])});
      });
  return steps;
}

std::uint32_t write_refund_step(Session& session, Sequence sequence, const RefundStepTaken& step) {
  const auto before = session.query(fmt::format(
      "SELECT COALESCE(MAX(step_no), 0) FROM refund_step WHERE pack_id = {}", value_of(step.pack)));
  const std::uint32_t step_no = to_id(before.at(0).at(0)) + 1;
  session.execute(
      fmt::format("INSERT INTO refund_step (pack_id, step_no, step, reason, taken_at, seq) VALUES"
                  " ({}, {}, '{}', {}, {}, {})",
                  value_of(step.pack), step_no, name_of(step.step), session.escape(step.reason),
                  datetime_literal(step.taken_at), sequence));
  return step_no;
}

std::vector<HeldPack> read_packs_of(Session& session, std::span<const AccountId> accounts,
                                    ProductId product) {
  std::vector<HeldPack> held;
  for_each_list(accounts, [&](const std::string& list) {
    auto some = read_held_packs(
        session, fmt::format("account_id IN {} AND product_id = {}", list, value_of(product)));
    std::move(some.begin(), some.end(), std::back_inserter(held));
  });
  std::stable_sort(held.begin(), held.end(), [](const HeldPack& a, const HeldPack& b) {
    return a.pack.account < b.pack.account;
  });
  return held;
}

std::optional<StoredCommand> read_command(Session& session, const std::string& request_id,
                                          std::uint32_t piece) {
  const auto rows = session.query(
      fmt::format("SELECT content_digest, result FROM command WHERE request_id = {} AND piece = {}",
                  session.escape(request_id), piece));
  if (rows.empty()) return std::nullopt;
  return StoredCommand{to_digest(rows[0][0]), *rows[0][1]};
}

void write_command(Session& session, Sequence sequence, const std::string& request_id,
                   std::uint32_t piece, const StoredCommand& command) {
  session.execute(
      fmt::format("INSERT INTO command (request_id, piece, content_digest, result, seq) VALUES"
                  " ({},{},{},{},{})",
                  session.escape(request_id), piece, digest_literal(command.content),
                  session.escape(command.result), sequence));
}

}  // namespace packwarden
