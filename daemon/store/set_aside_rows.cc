#include "store/set_aside_rows.h"

#include <fmt/format.h>

#include <algorithm>

#include "domain/shown_text.h"
#include "store/fact_rows.h"
#include "store/job_rows.h"
#include "store/reaching.h"
#include "store/sql_text.h"

namespace packwarden {
namespace {

// Of its column; an error of the server may be longer.
constexpr std::size_t reason_max_bytes = 255;

// Whether the lease still is the last one. Holds its row until the transaction ends.
bool is_last(Session& session, const JobLease& lease) {
  return !session
              .query(fmt::format("SELECT 1 FROM job WHERE name = {} AND fence = {} FOR UPDATE",
                                 session.escape(lease.job), lease.fence))
              .empty();
}

// Cut between two characters.
std::string fitting(const std::string& reason) {
  std::size_t size = std::min(reason.size(), reason_max_bytes);
  const auto is_within_a_character = [&] {
    return size < reason.size() && (static_cast<unsigned char>(reason[size]) & 0xC0U) == 0x80U;
  };
  while (size > 0 && is_within_a_character()) --size;
  return reason.substr(0, size);
}

}  // namespace

std::vector<SetAside> read_set_aside(Session& session, const std::string& condition) {
  std::vector<SetAside> accounts;
  session.for_each_row(
      fmt::format("SELECT job, account_id, (SELECT name FROM account a WHERE a.account_id ="
                  " set_aside.account_id), reason, {}, {}, tries, {} FROM set_aside {}",
                  micros_of("since"), micros_of("tried_at"), micros_of("done_until"), condition),
      [&](RowView row) {
        SetAside one;
        one.job = to_text(row[0]);
        one.account = AccountId{static_cast<std::uint32_t>(to_int(row[1]))};
        one.account_name = to_text(row[2]);
        one.reason = to_text(row[3]);
        one.since = Instant::from_micros(to_int(row[4]));
        one.tried_at = Instant::from_micros(to_int(row[5]));
        one.tries = static_cast<std::uint32_t>(to_int(row[6]));
        one.done_until = to_optional_instant(row[7]);
        accounts.push_back(std::move(one));
      });
  return accounts;
}

std::vector<SetAside> MySqlJobStore::accounts_set_aside(const std::string& job) {
  return reaching(session_, [&](Session& session) {
    return read_set_aside(session, "WHERE job = " + session.escape(job) + " ORDER BY account_id");
  });
}

bool MySqlJobStore::set_aside(const JobLease& lease, const SetAside& account) {
  return reaching(session_, [&](Session& session) {
    Transaction transaction(session);
    if (!is_last(session, lease)) return false;
    session.execute(fmt::format(
        "INSERT INTO set_aside (job, account_id, reason, since, tried_at, tries, done_until) VALUES"
        " ({}, {}, {}, {}, {}, 1, {}) ON DUPLICATE KEY UPDATE reason = VALUES(reason), tried_at ="
        " VALUES(tried_at), tries = tries + 1",
        session.escape(lease.job), value_of(account.account),
        session.escape(fitting(shown_bytes(account.reason))), datetime_literal(account.since),
        datetime_literal(account.tried_at),
        account.done_until ? datetime_literal(*account.done_until) : "NULL"));
    transaction.commit();
    return true;
  });
}

bool MySqlJobStore::take_back(const JobLease& lease, std::span<const AccountId> accounts) {
  return reaching(session_, [&](Session& session) {
    Transaction transaction(session);
    if (!is_last(session, lease)) return false;
    for_each_list(accounts, [&](const std::string& list) {
      session.execute(fmt::format("DELETE FROM set_aside WHERE job = {} AND account_id IN {}",
                                  session.escape(lease.job), list));
    });
    transaction.commit();
    return true;
  });
}

std::vector<AccountId> MySqlJobStore::set_aside_with_nothing_open() {
  return reaching(session_, [](Session& session) {
    std::vector<AccountId> accounts;
    session.for_each_row(
        "SELECT account_id FROM set_aside WHERE job = 'settle' AND NOT EXISTS (SELECT 1 FROM"
        " open_overage o WHERE o.account_id = set_aside.account_id AND o.units <> 0) ORDER BY"
        " account_id",
        [&](RowView row) {
          accounts.push_back(AccountId{static_cast<std::uint32_t>(to_int(row[0]))});
        });
    return accounts;
  });
}

}  // namespace packwarden
