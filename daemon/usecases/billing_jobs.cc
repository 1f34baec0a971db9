#include "usecases/billing_jobs.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <future>
#include <iterator>
#include <map>
#include <utility>

#include "billing/price_beginnings.h"
#include "billing/settlement_window.h"
#include "domain/money.h"
#include "usecases/notice_writing.h"
#include "usecases/parts_behind.h"

namespace packwarden {
namespace {

constexpr std::size_t rounds_alone_max = 16;
constexpr std::uint32_t packs_at_a_time = 1'000;  // well within what may hold the sequence
constexpr std::uint32_t priced_accounts_at_a_time = 1'000;
constexpr std::uint32_t deliveries_at_a_time = 500;

// Of the budget of whoever holds the sequence.
constexpr std::chrono::milliseconds parts_held_max{700};

std::vector<AccountId> accounts_of(std::span<const HeldPack> packs) {
  std::vector<AccountId> accounts;
  for (const HeldPack& held : packs) accounts.push_back(held.pack.account);
  std::sort(accounts.begin(), accounts.end());
  accounts.erase(std::unique(accounts.begin(), accounts.end()), accounts.end());
  return accounts;
}

using NoticesByAccount = std::multimap<AccountId, Notice>;

// N1: nobody is reminded who cannot use the product any more.
bool is_for_nobody(const Notice& notice, const Account& account) {
  return notice.kind == NoticeKind::pack_expiring && account.closed_at.has_value();
}

// Notices of packs, with what else became of their accounts by now. Returns how many there are.
std::int64_t tell(LedgerTransaction& tx, const BillingContext& context,
                  std::span<const HeldPack> packs, const NoticesByAccount& notices) {
  std::int64_t told = 0;
  AccountChanges changes(tx, context, accounts_of(packs), tx.now());
  changes.follow([&](AccountStanding& standing, Consequences& out) {
    const auto [first, last] = notices.equal_range(standing.account.id);
    for (auto at = first; at != last; ++at) {
      if (is_for_nobody(at->second, standing.account)) continue;
      out.notices.push_back(at->second);
      ++told;
    }
  });
  return told;
}

Notice notice_of(const HeldPack& held, NoticeKind kind, std::int64_t cause) {
  return {held.pack.account, held.pack.product, held.pack.id, kind, cause, false, held.used};
}

// N3: of packs that expired with units left. Each is told once, also where the job looks at an
// expiry again: after an account was set aside, or when ledger time was set back.
NoticesByAccount expiries_of(JobTransaction& jobs, std::span<const HeldPack> packs) {
  std::vector<PackId> ids;
  for (const HeldPack& held : packs) ids.push_back(held.pack.id);
  const std::vector<PackId> told = jobs.told_expired(ids);
  NoticesByAccount notices;
  for (const HeldPack& held : packs) {
    if (held.left() == 0 || held.is_frozen()) continue;
    if (std::binary_search(told.begin(), told.end(), held.pack.id)) continue;
    notices.emplace(held.pack.account, notice_of(held, NoticeKind::pack_expired, 0));
  }
  return notices;
}

// N1: of the reminders of a pack that are due at once, only the tightest goes out; none of a pack
// that is frozen, used up or over, or is not among `packs`, which are by id.
NoticesByAccount reminders_of(std::span<const HeldPack> packs, std::span<const DueReminder> due,
                              Instant now) {
  NoticesByAccount notices;
  PackId told{};
  for (const DueReminder& reminder : due) {  // by pack and days
    const auto held =
        std::lower_bound(packs.begin(), packs.end(), reminder.pack,
                         [](const HeldPack& one, PackId id) { return one.pack.id < id; });
    if (held == packs.end() || held->pack.id != reminder.pack) continue;
    if (held->is_frozen() || held->left() == 0 || held->pack.expires_at <= now) continue;
    Notice notice = notice_of(*held, NoticeKind::pack_expiring, reminder.days);
    notice.superseded = std::exchange(told, reminder.pack) == reminder.pack;
    notices.emplace(held->pack.account, notice);
  }
  return notices;
}

NoticeWrite notice_of(const WrittenBill& bill, BusinessDay day, const BillingContext& context,
                      Instant now) {
  Notice notice;
  notice.account = bill.account;
  notice.product = bill.product;
  notice.kind = NoticeKind::bill;
  notice.cause = day.days_since_epoch;
  const std::string day_text = to_string(day);
  const std::string amount = money_text(bill.amount_micros);
  const std::string balance = money_text(bill.balance_micros);
  NoticeFacts facts;
  facts.account = bill.account_name;
  facts.product = bill.product_name;
  facts.day = day_text;
  facts.amount = amount;
  facts.balance = balance;
  facts.currency = context.catalogue->currency;
  return write_notice(*context.notices, notice, facts, bill.contacts, now);
}

// Others may expire at the same instant.
ExpiriesDone done_with(const Pack& last) {
  return {Instant::from_micros(last.expires_at.micros() - 1), last.id};
}

// Until a step finds nothing more to do, counted into `sum`; false: the lease was lost.
bool repeat(std::int64_t& sum, const std::function<std::optional<std::uint64_t>()>& step) {
  while (true) {
    const auto done = step();
    if (!done) return false;
    sum += static_cast<std::int64_t>(*done);
    if (*done == 0) return true;
  }
}

}  // namespace

BillingJobs::BillingJobs(Ledger& ledger, JobStore& store, const BillingContext& context,
                         JobOptions options, std::vector<Ledger*> beside)
    : ledger_(&ledger),
      store_(&store),
      context_(context),
      options_(std::move(options)),
      beside_(std::move(beside)) {}

JobReport BillingJobs::run(std::optional<Instant> as_of) {
  JobReport report;
  expire(as_of, report);
  remind(as_of, report);
  settle(as_of, report);
  erase(as_of, report);
  return report;
}

void BillingJobs::run_job(const char* name, std::optional<Instant> as_of, JobReport& report,
                          const std::function<bool(Run&)>& work) {
  if (options_.on_step) options_.on_step(name);
  give_back(name, std::nullopt);  // of a run before this one that could not
  const Instant due_by = store_->due_by(as_of);
  std::optional<JobLease> lease = store_->take(name, options_.holder, options_.lease_s, due_by);
  if (!lease) {
    report.busy.emplace_back(name);
    return;
  }
  held_.insert_or_assign(name, *lease);
  Run run{std::move(*lease), as_of, due_by};
  bool is_done = false;
  try {
    is_done = work(run);
  } catch (...) {
    try {
      give_back(name, std::nullopt);
    } catch (const LedgerUnavailable&) {  // so does what is thrown next; the next run tries again
    }
    throw;
  }
  if (is_done) {
    give_back(name, due_by);
  } else {
    held_.erase(name);
    report.busy.emplace_back(name);
  }
}

void BillingJobs::give_back(const char* name, std::optional<Instant> succeeded_at) {
  const auto held = held_.find(name);
  if (held == held_.end()) return;
  store_->give_back(held->second, succeeded_at);
  held_.erase(held);
}

bool BillingJobs::transact(const Run& run, const char* kind,
                           const std::function<void(LedgerTransaction&)>& step) {
  return ledger_
      ->transact(kind, run.as_of,
                 [&](LedgerTransaction& tx) {
                   if (!tx.jobs().keeps(run.lease, options_.lease_s)) return Verdict::roll_back;
                   step(tx);
                   return Verdict::commit;
                 })
      .has_value();
}

void BillingJobs::expire(std::optional<Instant> as_of, JobReport& report) {
  run_job("expire", as_of, report, [&](Run& run) {
    JobLease& lease = run.lease;
    AccountsAside aside(*store_, lease, run.due_by);
    if (!retry_expiries(run, aside)) return false;
    if (!begin_prices(run, aside, report)) return false;
    ExpiriesDone done{lease.done_until.value_or(Instant::earliest()), lease.done_pack};
    while (store_->has_expiries(done, run.due_by)) {
      ExpiriesDone next;
      std::int64_t expired = 0;
      const auto step = [&](LedgerTransaction& tx, const AccountFilter& filter,
                            std::vector<AccountId>& accounts) {
        auto packs = tx.jobs().packs_expiring(done, run.due_by, packs_at_a_time);
        next = done_with(packs.back().pack);
        std::erase_if(packs, [&](const HeldPack& held) { return !filter(held.pack.account); });
        accounts = accounts_of(packs);
        tell(tx, context_, packs, expiries_of(tx.jobs(), packs));
        tx.jobs().set_expiries_done(lease, next);
        expired = static_cast<std::int64_t>(packs.size());
      };
      if (!transact_for_others(run, aside, lease.done_until, step)) return false;
      lease.done_until = next.until;
      lease.done_pack = next.pack;
      done = next;
      report.packs_expired += expired;
    }
    add(aside, report);
    return true;
  });
}

// What expired while an account was set aside, of all of its packs.
bool BillingJobs::retry_expiries(const Run& run, AccountsAside& aside) {
  for (const SetAside& one : aside.to_be_tried()) {
    const Instant after = one.done_until.value_or(Instant::earliest());
    const Instant upto = run.lease.done_until.value_or(Instant::earliest());
    try {
      const bool kept = transact(run, [&](LedgerTransaction& tx) {
        std::vector<HeldPack> packs;
        const AccountStanding account = tx.standings_of(std::span(&one.account, 1)).front();
        for (const ProductStanding& product : account.products) {
          for (const HeldPack& held : product.packs) {
            const Instant at = held.pack.expires_at;
            const bool in_middle =
                at.micros() == upto.micros() + 1 && held.pack.id <= run.lease.done_pack;
            if (at > after && (at <= upto || in_middle)) packs.push_back(held);
          }
        }
        tell(tx, context_, packs, expiries_of(tx.jobs(), packs));
      });
      if (!kept || !aside.take_back(std::span(&one.account, 1))) return false;
    } catch (const NotStorable& error) {
      if (!aside.add(one.account, error.what())) return false;
    }
  }
  return true;
}

// Before the expiries, whose pieces move done_until past the price's midnight. A service that is
// stopped by an expiry which nobody noticed yet finds the price when that is noticed.
bool BillingJobs::begin_prices(const Run& run, AccountsAside& aside, JobReport& report) {
  for (const Product& product : context_.catalogue->products) {
    const auto begins = priced_from(product, *context_.calendar);
    if (!begins || *begins == Instant::earliest() || *begins > run.due_by) continue;
    if (run.lease.done_until && *begins <= *run.lease.done_until) continue;
    AccountId after{};
    while (true) {
      const auto stopped =
          store_->stopped_with_postpaid(product.id, after, priced_accounts_at_a_time);
      if (stopped.empty()) break;
      const auto step = [&](LedgerTransaction& tx, const AccountFilter& filter,
                            std::vector<AccountId>& accounts) {
        std::copy_if(stopped.begin(), stopped.end(), std::back_inserter(accounts), filter);
        AccountChanges(tx, context_, accounts, tx.now()).follow();
      };
      if (!transact_for_others(run, aside, run.lease.done_until, step, "price")) return false;
      after = stopped.back();
      report.services_priced += static_cast<std::int64_t>(stopped.size());
    }
  }
  return true;
}

void BillingJobs::remind(std::optional<Instant> as_of, JobReport& report) {
  run_job("remind", as_of, report, [&](Run& run) {
    AccountsAside aside(*store_, run.lease, run.due_by);
    while (store_->has_reminders(run.due_by, aside.left_out())) {
      std::int64_t reminders = 0;
      const auto step = [&](LedgerTransaction& tx, const AccountFilter& filter,
                            std::vector<AccountId>& accounts) {
        auto due = tx.jobs().take_reminders(run.due_by, packs_at_a_time, aside.left_out());
        std::vector<PackId> ids;
        for (const DueReminder& reminder : due) {
          if (ids.empty() || ids.back() != reminder.pack) ids.push_back(reminder.pack);
        }
        auto packs = tx.jobs().packs(ids);
        std::erase_if(packs, [&](const HeldPack& held) { return !filter(held.pack.account); });
        accounts = accounts_of(packs);
        const NoticesByAccount notices = reminders_of(packs, due, tx.now());
        reminders = tell(tx, context_, packs, notices);
      };
      if (!transact_for_others(run, aside, std::nullopt, step)) return false;
      report.reminders += reminders;
    }
    std::vector<AccountId> done;
    for (const SetAside& one : aside.to_be_tried()) done.push_back(one.account);
    if (!aside.take_back(done)) return false;
    add(aside, report);
    return true;
  });
}

void BillingJobs::settle(std::optional<Instant> as_of, JobReport& report) {
  run_job("settle", as_of, report, [&](Run& run) {
    AccountsAside aside(*store_, run.lease, run.due_by);
    // To find it costs a look at all that is open.
    const auto first_open_day = run.lease.done_until ? std::nullopt : store_->first_open_day();
    const auto days = due_days(run.lease.done_until, first_open_day, run.due_by, options_.spread_s,
                               *context_.calendar);
    for (const DueDay& due : days) {
      SettlementPart part;
      part.catalogue = context_.catalogue;
      part.day = due.day;
      part.spread_s = options_.spread_s;
      part.after_s = due.after_s;
      part.upto_s = due.upto_s;
      if (!settle_day(run, part, aside, report)) return false;
      if (!store_->set_done_until(run.lease, due.done_until)) return false;
    }
    if (!aside.all().empty() && !aside.take_back(store_->set_aside_with_nothing_open())) {
      return false;
    }
    add(aside, report);
    return true;
  });
}

void BillingJobs::erase(std::optional<Instant> as_of, JobReport& report) {
  run_job("erase", as_of, report, [&](Run& run) {
    const Instant ended_by = run.due_by - Span::days(options_.ended_deliveries_days);
    const bool erased = repeat(report.deliveries_erased, [&] {
      return store_->erase_deliveries(run.lease, options_.lease_s, ended_by, deliveries_at_a_time);
    });
    if (!erased || !options_.inbox_days) return erased;
    const Instant stored_by = run.due_by - Span::days(*options_.inbox_days);
    return repeat(report.messages_removed, [&] {
      return store_->remove_messages(run.lease, options_.lease_s, stored_by, deliveries_at_a_time);
    });
  });
}

// Some parts at a time, and those after them looked up meanwhile. Where somebody else commits in
// between, what was written beside the first part was in vain: for a while then one at a time.
// Accounts that are set aside are tried at the end, each alone: so they keep no part from its turn.
bool BillingJobs::settle_day(const Run& run, const SettlementPart& day, AccountsAside& aside,
                             JobReport& report) {
  const std::vector<AccountId> known = aside.all();
  const std::size_t most = 1 + beside_.size();
  std::size_t alone = 0;  // so many rounds from now on
  std::size_t alone_next = 1;
  std::deque<SettlementPart> parts;
  std::optional<SettlementPart> rest = day;
  rest->first = AccountId{1};
  const auto look_up = [&](std::size_t wanted) {
    while (rest && parts.size() < wanted) {
      rest->last = AccountId{UINT32_MAX};
      const auto last = store_->last_of_part(*rest, options_.settlement_accounts);
      if (!last) {
        rest.reset();
        return;
      }
      rest->last = *last;
      const auto cut = std::lower_bound(known.begin(), known.end(), rest->first);
      if (cut != known.end() && *cut == rest->first) {
        rest->first = AccountId{value_of(*cut) + 1};
        continue;
      }
      if (cut != known.end() && *cut <= *last) rest->last = AccountId{value_of(*cut) - 1};
      parts.push_back(*rest);
      rest->first = AccountId{value_of(rest->last) + 1};
    }
  };
  look_up(most);
  while (!parts.empty()) {
    const std::size_t at_once = alone > 0 ? 1 : std::min(most, parts.size());
    if (alone > 0) --alone;
    const std::vector<SettlementPart> now(parts.begin(), parts.begin() + at_once);
    auto settling = std::async(std::launch::async, [&] { return settle_parts(run, now); });
    look_up(at_once + most);
    std::vector<SettledPart> settled;
    try {
      settled = settling.get();
    } catch (const NotStorable&) {
      // It is the first one, and nothing of those behind it stands either: these commit behind it.
      if (!settle_narrowed(run, {parts.front()}, aside, report)) return false;
      parts.pop_front();
      continue;
    }
    if (settled.empty()) return false;
    for (const SettledPart& part : settled) {
      if (!count(part, aside, report)) return false;
    }
    parts.erase(parts.begin(), parts.begin() + settled.size());
    if (settled.size() < at_once) {
      alone = alone_next;
      alone_next = std::min(2 * alone_next, rounds_alone_max);
    } else if (at_once > 1) {
      alone_next = 1;
    }
  }
  std::vector<SettlementPart> alone_parts;
  for (const AccountId account : known) {
    alone_parts.push_back(day);
    alone_parts.back().first = alone_parts.back().last = account;
  }
  return settle_narrowed(run, std::move(alone_parts), aside, report);
}

// The first part holds the sequence until those behind it are written: so no statement of theirs
// runs while anybody else may hold it (docs/decisions/0008).
std::vector<SettledPart> BillingJobs::settle_parts(const Run& run,
                                                   std::span<const SettlementPart> parts) {
  std::vector<SettledPart> settled(parts.size());
  std::optional<PartsBehind> behind;
  const bool kept = transact(run, [&](LedgerTransaction& tx) {
    behind.reset();  // of an attempt that came to nothing
    behind.emplace(parts.size() - 1, [&, before = tx.sequence(), now = tx.now()](
                                         std::size_t i, const PartsBehind::Turn& turn) {
      const std::size_t part = i + 1;
      return beside_[i]
          ->transact_behind(
              before + part, now, run.lease.job.c_str(),
              [&](LedgerTransaction& of_part) {
                settled[part] = settle_part(of_part, parts[part]);
                return Verdict::commit;
              },
              [&](LedgerTransaction& of_part) {
                return turn() && of_part.jobs().keeps(run.lease, options_.lease_s);
              })
          .has_value();
    });
    try {
      settled[0] = settle_part(tx, parts[0]);
    } catch (...) {
      behind.reset();  // before the sequence is given up
      throw;
    }
    behind->wait_until_written(parts_held_max);
  });
  if (!kept) return {};
  settled.resize(1 + behind->commit());
  return settled;
}

SettledPart BillingJobs::settle_part(LedgerTransaction& tx, SettlementPart part) const {
  part.now = tx.now();
  SettledPart settled = tx.jobs().settle(part);
  std::map<AccountId, MoneyMicros> charged;
  for (const WrittenBill& bill : settled.bills) charged[bill.account] += bill.amount_micros;
  AccountChanges changes(tx, context_, settled.turned, part.now, [&](AccountStanding& account) {
    account.balance_micros += charged.at(account.account.id);
  });
  changes.follow();
  if (context_.notices->policy.is_off(NoticeKind::bill)) {
    constexpr NoticeKind bill = NoticeKind::bill;
    if (!settled.bills.empty()) tx.add_off_kinds(std::span(&bill, 1));
    return settled;
  }
  // Some at a time: their texts are larger than all else that is in memory of a part.
  std::vector<NoticeWrite> notices;
  for (const WrittenBill& bill : settled.bills) {
    notices.push_back(notice_of(bill, part.day, context_, part.now));
    if (notices.size() == notices_at_a_time || &bill == &settled.bills.back()) {
      tx.add_notices(notices, part.now);
      notices.clear();
    }
  }
  return settled;
}

std::int64_t settlement_overdue_s(const JobRow& settle, Instant now, std::int64_t spread_s,
                                  const BusinessCalendar& calendar) {
  const auto days = due_days(settle.done_until, std::nullopt, now, spread_s, calendar);
  if (days.empty()) return 0;
  const Instant deadline = calendar.at_wall_time(days.front().day.next(), settlement_end);
  return std::max<std::int64_t>(0, (now - deadline).nanos / Span::seconds(1).nanos);
}

}  // namespace packwarden
