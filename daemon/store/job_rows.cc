#include "store/job_rows.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "store/account_rows.h"
#include "store/ledger_head.h"
#include "store/reaching.h"
#include "store/sql_text.h"

namespace packwarden {
namespace {

std::optional<Instant> to_instant(const std::optional<std::string_view>& micros) {
  if (!micros) return std::nullopt;
  return Instant::from_micros(to_int(micros));
}

std::string among(std::span<const PackId> ids) {
  std::vector<std::uint32_t> values;
  values.reserve(ids.size());
  for (const PackId id : ids) values.push_back(value_of(id));
  return fmt::format("pack_id IN ({})", fmt::join(values, ","));
}

// " AND ...": of packs of no account of these, which are few. Empty where there are none.
std::string of_none(std::span<const AccountId> accounts) {
  if (accounts.empty()) return "";
  std::vector<std::uint32_t> ids;
  for (const AccountId account : accounts) ids.push_back(value_of(account));
  return fmt::format(
      " AND pack_id NOT IN (SELECT p.pack_id FROM pack p WHERE p.account_id IN ({}))",
      fmt::join(ids, ","));
}

// The first packs behind `done`, by expiry, then id. Two reads by the key (expires_at, pack_id): on
// with the instant in whose middle `done` is, then what is later.
std::vector<PackId> expiring_ids(Session& session, const ExpiriesDone& done, Instant upto,
                                 std::uint32_t limit) {
  std::vector<PackId> ids;
  const auto read = [&](const std::string& condition) {
    session.for_each_row(
        fmt::format("SELECT pack_id FROM pack WHERE {} ORDER BY expires_at, pack_id LIMIT {}",
                    condition, limit - ids.size()),
        [&](RowView row) { ids.push_back(PackId{static_cast<std::uint32_t>(to_int(row[0]))}); });
  };
  std::string later = "expires_at <= " + datetime_literal(upto);
  if (done.pack != PackId{}) {
    const Instant next = Instant::from_micros(done.until.micros() + 1);
    if (next > upto) return ids;
    const std::string at = datetime_literal(next);
    read(fmt::format("expires_at = {} AND pack_id > {}", at, value_of(done.pack)));
    later += " AND expires_at > " + at;
  } else if (done.until != Instant::earliest()) {  // DATETIME knows no year before 1
    later += " AND expires_at > " + datetime_literal(done.until);
  }
  if (ids.size() < limit) read(later);
  return ids;
}

bool holds(Session& session, const JobLease& lease, std::uint32_t lease_s) {
  return session.execute(fmt::format("UPDATE job SET lease_until = UTC_TIMESTAMP(6) + INTERVAL {}"
                                     " SECOND WHERE name = {} AND fence = {}",
                                     lease_s, session.escape(lease.job), lease.fence)) == 1;
}

}  // namespace

std::vector<JobRow> read_jobs(Session& session) {
  std::vector<JobRow> rows;
  session.for_each_row(
      fmt::format("SELECT name, IF(lease_until > UTC_TIMESTAMP(6), holder, ''), {}, {}, {} FROM"
                  " job ORDER BY name",
                  micros_of("done_until"), micros_of("started_at"), micros_of("succeeded_at")),
      [&](RowView row) {
        rows.push_back({std::string(*row[0]), std::string(*row[1]), to_instant(row[2]),
                        to_instant(row[3]), to_instant(row[4])});
      });
  return rows;
}

bool MySqlJobTransaction::keeps(const JobLease& lease, std::uint32_t lease_s) {
  return holds(*session_, lease, lease_s);
}

void MySqlJobTransaction::set_expiries_done(const JobLease& lease, const ExpiriesDone& done) {
  session_->execute(
      fmt::format("UPDATE job SET done_until = {}, done_until_pack = {} WHERE name = {}",
                  datetime_literal(done.until), value_of(done.pack), session_->escape(lease.job)));
}

void MySqlJobTransaction::look_again_from(Instant at) {
  session_->execute(
      fmt::format("UPDATE job SET done_until = {0}, done_until_pack = 0 WHERE done_until > {0}",
                  datetime_literal(at)));
}

std::vector<HeldPack> MySqlJobTransaction::packs_expiring(const ExpiriesDone& done, Instant upto,
                                                          std::uint32_t limit) {
  auto held = packs(expiring_ids(*session_, done, upto, limit));
  std::stable_sort(held.begin(), held.end(), [](const HeldPack& a, const HeldPack& b) {
    return a.pack.expires_at < b.pack.expires_at;
  });
  return held;
}

std::vector<DueReminder> MySqlJobTransaction::take_reminders(Instant upto, std::uint32_t limit,
                                                             std::span<const AccountId> but) {
  std::vector<PackId> ids;
  session_->for_each_row(
      fmt::format("SELECT DISTINCT pack_id FROM (SELECT pack_id FROM pack_reminder WHERE"
                  " remind_at <= {}{} ORDER BY remind_at LIMIT {}) some",
                  datetime_literal(upto), of_none(but), limit),
      [&](RowView row) { ids.push_back(PackId{static_cast<std::uint32_t>(to_int(row[0]))}); });
  std::vector<DueReminder> due;
  if (ids.empty()) return due;
  const std::string condition =
      among(ids) + fmt::format(" AND remind_at <= {}", datetime_literal(upto));
  session_->for_each_row(
      fmt::format("SELECT pack_id, days, {} FROM pack_reminder WHERE {} ORDER BY pack_id, days",
                  micros_of("remind_at"), condition),
      [&](RowView row) {
        due.push_back({PackId{static_cast<std::uint32_t>(to_int(row[0]))},
                       static_cast<int>(to_int(row[1])), Instant::from_micros(to_int(row[2]))});
      });
  session_->execute("DELETE FROM pack_reminder WHERE " + condition);
  return due;
}

std::vector<HeldPack> MySqlJobTransaction::packs(std::span<const PackId> ids) {
  return ids.empty() ? std::vector<HeldPack>{} : read_held_packs(*session_, among(ids));
}

std::vector<PackId> MySqlJobTransaction::told_expired(std::span<const PackId> ids) {
  std::vector<PackId> told;
  if (ids.empty()) return told;
  session_->for_each_row(
      fmt::format("SELECT STRAIGHT_JOIN p.pack_id FROM pack p JOIN notice n ON n.account_id ="
                  " p.account_id AND n.product_id = p.product_id AND n.kind = 'pack_expired' AND"
                  " n.pack_id = p.pack_id WHERE p.{} ORDER BY p.pack_id",
                  among(ids)),
      [&](RowView row) { told.push_back(PackId{static_cast<std::uint32_t>(to_int(row[0]))}); });
  return told;
}

SettledPart MySqlJobTransaction::settle(const SettlementPart& part) {
  SettledPart settled = write_settlement(*session_, sequence_, *numbers_, part);
  for (const WrittenBill& bill : settled.bills) content_->add(bill);
  return settled;
}

std::optional<JobLease> MySqlJobStore::take(const std::string& job, const std::string& holder,
                                            std::uint32_t lease_s, Instant now) {
  return reaching(session_, [&](Session& session) -> std::optional<JobLease> {
    const std::string name = session.escape(job);
    session.execute(
        fmt::format("INSERT IGNORE INTO job (name, holder, fence, lease_until) VALUES"
                    " ({}, '', 0, UTC_TIMESTAMP(6))",
                    name));
    Transaction transaction(session);
    const auto rows = session.query(
        fmt::format("SELECT fence, {}, lease_until > UTC_TIMESTAMP(6), done_until_pack FROM job"
                    " WHERE name = {} FOR UPDATE",
                    micros_of("done_until"), name));
    if (to_int(rows.at(0).at(2)) != 0) return std::nullopt;
    const JobLease lease{job, static_cast<std::uint64_t>(to_int(rows[0].at(0))) + 1,
                         to_instant(rows[0].at(1)),
                         PackId{static_cast<std::uint32_t>(to_int(rows[0].at(3)))}};
    session.execute(
        fmt::format("UPDATE job SET holder = {}, fence = {}, started_at = {},"
                    " lease_until = UTC_TIMESTAMP(6) + INTERVAL {} SECOND WHERE"
                    " name = {}",
                    session.escape(holder), lease.fence, datetime_literal(now), lease_s, name));
    transaction.commit();
    return lease;
  });
}

Instant MySqlJobStore::due_by(std::optional<Instant> as_of) {
  return reaching(session_, [&](Session& session) {
    return as_of ? std::max(*as_of, read_head(session).instant) : read_clock(session);
  });
}

void MySqlJobStore::give_back(const JobLease& lease, std::optional<Instant> succeeded_at) {
  reaching(session_, [&](Session& session) {
    // What is done stays done where it was done as of a later instant. From left to right: the pack
    // goes by done_until as it was.
    const std::string succeeded =
        succeeded_at ? fmt::format(
                           ", succeeded_at = {0}, done_until_pack = IF(done_until >= {0},"
                           " done_until_pack, 0), done_until = GREATEST({0},"
                           " COALESCE(done_until, {0}))",
                           datetime_literal(*succeeded_at))
                     : "";
    return session.execute(
        fmt::format("UPDATE job SET holder = '', lease_until ="
                    " UTC_TIMESTAMP(6){} WHERE name = {} AND fence = {}",
                    succeeded, session.escape(lease.job), lease.fence));
  });
}

bool MySqlJobStore::set_done_until(const JobLease& lease, Instant done_until) {
  return reaching(session_, [&](Session& session) {
    return session.execute(fmt::format("UPDATE job SET done_until = {} WHERE name = {} AND fence ="
                                       " {}",
                                       datetime_literal(done_until), session.escape(lease.job),
                                       lease.fence)) == 1;
  });
}

std::vector<JobRow> MySqlJobStore::jobs() {
  return reaching(session_, read_jobs);
}

bool MySqlJobStore::has_expiries(const ExpiriesDone& done, Instant upto) {
  return reaching(session_,
                  [&](Session& session) { return !expiring_ids(session, done, upto, 1).empty(); });
}

bool MySqlJobStore::has_reminders(Instant upto, std::span<const AccountId> but) {
  return reaching(session_, [&](Session& session) {
    return !session
                .query("SELECT 1 FROM pack_reminder WHERE remind_at <= " + datetime_literal(upto) +
                       of_none(but) + " LIMIT 1")
                .empty();
  });
}

// An account is on where no later switch of the same product follows the one that put it on.
std::vector<AccountId> MySqlJobStore::stopped_with_postpaid(ProductId product, AccountId after,
                                                            std::uint32_t limit) {
  return reaching(session_, [&](Session& session) {
    std::vector<AccountId> accounts;
    session.for_each_row(
        fmt::format(
            "SELECT c.account_id FROM postpaid_change c WHERE c.account_id > {0} AND c.product_id ="
            " {1} AND c.step = 'on' AND NOT EXISTS (SELECT 1 FROM postpaid_change l WHERE"
            " l.account_id = c.account_id AND l.product_id = c.product_id AND l.seq > c.seq AND"
            " l.step IN ('on', 'off')) AND (SELECT s.covered_by FROM service_change s WHERE"
            " s.account_id = c.account_id AND s.product_id = c.product_id ORDER BY s.seq DESC,"
            " s.change_no DESC LIMIT 1) = 'none' ORDER BY c.account_id LIMIT {2}",
            value_of(after), value_of(product), limit),
        [&](RowView row) {
          accounts.push_back(AccountId{static_cast<std::uint32_t>(to_int(row[0]))});
        });
    return accounts;
  });
}

std::optional<BusinessDay> MySqlJobStore::first_open_day() {
  return reaching(session_, [](Session& session) -> std::optional<BusinessDay> {
    const auto rows = session.query("SELECT " + days_of("MIN(business_day)") +
                                    " FROM open_overage WHERE units <> 0");
    if (!rows.at(0).at(0)) return std::nullopt;
    return BusinessDay{static_cast<std::int32_t>(to_int(rows[0][0]))};
  });
}

std::optional<AccountId> MySqlJobStore::last_of_part(const SettlementPart& part,
                                                     std::uint32_t count) {
  return reaching(session_, [&](Session& session) -> std::optional<AccountId> {
    const auto rows =
        session.query(fmt::format("SELECT MAX(account_id) FROM (SELECT account_id FROM"
                                  " open_overage WHERE {} ORDER BY account_id LIMIT {}) some",
                                  is_of_part(part), count));
    if (!rows.at(0).at(0)) return std::nullopt;
    return AccountId{static_cast<std::uint32_t>(to_int(rows[0][0]))};
  });
}

// In small transactions by primary key, so that channels never wait for it.
std::optional<std::uint64_t> MySqlJobStore::erase_deliveries(const JobLease& lease,
                                                             std::uint32_t lease_s,
                                                             Instant ended_by,
                                                             std::uint32_t limit) {
  return reaching(session_, [&](Session& session) -> std::optional<std::uint64_t> {
    Transaction transaction(session);
    if (!holds(session, lease, lease_s)) return std::nullopt;
    std::vector<std::string> ids;
    session.for_each_row(fmt::format("SELECT delivery_id FROM outbox WHERE erased_at IS NULL AND"
                                     " ended_at <= {} ORDER BY ended_at LIMIT {}",
                                     datetime_literal(ended_by), limit),
                         [&](RowView row) { ids.emplace_back(*row[0]); });
    std::uint64_t erased = 0;
    if (!ids.empty()) {
      erased = session.execute(
          fmt::format("UPDATE outbox SET recipient = '', subject = '', body = '', html = NULL, "
                      "facts = NULL, erased_at ="
                      " UTC_TIMESTAMP(6) WHERE delivery_id IN ({}) AND erased_at IS NULL AND"
                      " ended_at <= {}",
                      fmt::join(ids, ","), datetime_literal(ended_by)));
    }
    transaction.commit();
    return erased;
  });
}

std::optional<std::uint64_t> MySqlJobStore::remove_messages(const JobLease& lease,
                                                            std::uint32_t lease_s,
                                                            Instant stored_by,
                                                            std::uint32_t limit) {
  return reaching(session_, [&](Session& session) -> std::optional<std::uint64_t> {
    Transaction transaction(session);
    if (!holds(session, lease, lease_s)) return std::nullopt;
    // Stored in the order of their numbers: the first ones are the oldest, and looking ends at the
    // first that is not old enough.
    std::vector<std::string> ids;
    session.for_each_row(
        fmt::format("SELECT message_id, stored_at <= {} FROM inbox_message ORDER BY message_id "
                    "LIMIT {}",
                    datetime_literal(stored_by), limit),
        [&](RowView row) {
          if (*row[1] == "1") ids.emplace_back(*row[0]);
        });
    std::uint64_t removed = 0;
    if (!ids.empty()) {
      removed = session.execute(
          fmt::format("DELETE FROM inbox_message WHERE message_id IN ({})", fmt::join(ids, ",")));
    }
    transaction.commit();
    return removed;
  });
}

}  // namespace packwarden
