#include "store/mysql_reports.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "store/account_rows.h"
#include "store/fact_rows.h"
#include "store/ledger_head.h"
#include "store/money_rows.h"
#include "store/mysql_ledger.h"
#include "store/reaching.h"
#include "store/sql_sum.h"
#include "store/sql_text.h"
#include "store/standing_rows.h"
#include "store/void_rows.h"

namespace packwarden {
namespace {

constexpr std::size_t digest_digits = 64;

constexpr std::string_view entry_names =
    " JOIN account u ON u.account_id = e.used_by_account_id JOIN meter m ON m.meter_id = e.meter_id"
    " JOIN product d ON d.product_id = m.product_id";

Instant to_instant(const std::optional<std::string_view>& micros) {
  return Instant::from_micros(to_int(micros));
}

UsageRow to_usage(RowView row) {
  return {std::string(*row[0]),
          std::string(*row[1]),
          std::string(*row[2]),
          BusinessDay{static_cast<std::int32_t>(to_int(row[3]))},
          static_cast<Outcome>(to_int(row[4])),
          to_sum(row[5])};
}

// Over the index (account_id, business_day).
std::string entries_of(const Account& account) {
  std::string condition = fmt::format("e.account_id = {}", value_of(account.main()));
  if (account.main() != account.id) {
    condition += fmt::format(" AND e.used_by_account_id = {}", value_of(account.id));
  }
  return condition;
}

bool is_digest(const std::string& text) {
  return text.size() == digest_digits &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isxdigit(c); });
}

// Reads numbers of one row into the places given.
void read_numbers(Session& session, std::string_view query,
                  std::initializer_list<std::int64_t*> numbers) {
  const auto row = session.query(query).at(0);
  std::size_t column = 0;
  for (std::int64_t* number : numbers) *number = to_sum(row.at(column++));
}

}  // namespace

std::optional<Account> MySqlReports::find_account(std::string_view name) {
  const std::string wanted(name);
  return reaching(session_, [&](Session& session) {
    return read_accounts_named(session, std::span(&wanted, 1)).front();
  });
}

std::vector<AccountRow> MySqlReports::accounts() {
  return reaching(session_, [](Session& session) {
    std::vector<AccountRow> rows;
    session.for_each_row(
        "SELECT a.name, COALESCE(p.name, ''), f.kind, " + micros_of("f.known_at") +
            " FROM account a LEFT JOIN account p ON p.account_id = a.parent_account_id LEFT JOIN"
            " account_fact f ON f.account_id = a.account_id ORDER BY a.name",
        [&](RowView row) {
          if (rows.empty() || rows.back().name != *row[0]) {
            rows.push_back({std::string(*row[0]), std::string(*row[1]), {}});
          }
          if (!row[2]) return;
          if (const auto kind = account_fact_kind_from(*row[2])) {
            rows.back().facts.emplace(*kind, to_instant(row[3]));
          }
        });
    return rows;
  });
}

std::vector<AccountFact> MySqlReports::facts(AccountId account) {
  return reaching(session_,
                  [&](Session& session) { return read_facts(session, std::span(&account, 1)); });
}

std::vector<AccountDetail> MySqlReports::details(const Account& account) {
  return reaching(session_, [&](Session& session) {
    const std::vector<Contacts> contacts = read_contacts(session, std::span(&account.id, 1));
    std::vector<AccountDetail> details{
        {account.id, AccountDetailKind::language, contacts.front().language}};
    for (AccountDetail& detail :
         read_details(session, fmt::format("account_id = {}", value_of(account.id)))) {
      if (detail.kind == AccountDetailKind::language || detail.value.empty()) continue;
      details.push_back(std::move(detail));
    }
    return details;
  });
}

std::vector<BalanceRow> MySqlReports::balances(std::optional<AccountId> account) {
  return reaching(session_, [&](Session& session) { return read_balance_rows(session, account); });
}

std::vector<JournalRow> MySqlReports::journals(AccountId account, std::uint32_t limit) {
  return reaching(session_,
                  [&](Session& session) { return read_journal_rows(session, account, limit); });
}

AccountStanding MySqlReports::standing(AccountId account) {
  return reaching(session_, [&](Session& session) {
    return read_standings(session, std::span(&account, 1)).at(0);
  });
}

std::vector<ServiceRow> MySqlReports::service_changes(AccountId account) {
  return reaching(session_, [&](Session& session) {
    std::vector<ServiceRow> rows;
    session.for_each_row(
        fmt::format("SELECT d.name, c.covered_by, c.reason, {} FROM service_change c JOIN product d"
                    " ON d.product_id = c.product_id WHERE c.account_id = {} ORDER BY c.seq,"
                    " c.change_no",
                    micros_of("c.changed_at"), value_of(account)),
        [&](RowView row) {
          rows.push_back({std::string(*row[0]),
                          {covered_by_from(*row[1]).value(), stop_reason_from(*row[2]).value()},
                          to_instant(row[3])});
        });
    return rows;
  });
}

std::vector<ChargeRow> MySqlReports::charges(AccountId account) {
  return reaching(session_, [&](Session& session) {
    std::vector<ChargeRow> rows;
    session.for_each_row(
        fmt::format("SELECT {}, {}, d.name, {}, c.is_credit, c.units, c.price_micros,"
                    " c.amount_micros FROM charge c JOIN bill b ON b.account_id = c.account_id AND"
                    " b.product_id = c.product_id AND b.charged_day = c.charged_day JOIN product d"
                    " ON d.product_id = c.product_id WHERE c.account_id = {} ORDER BY"
                    " c.charged_day, d.name, c.usage_day, c.is_credit",
                    days_of("c.charged_day"), micros_of("b.charged_at"), days_of("c.usage_day"),
                    value_of(account)),
        [&](RowView row) {
          rows.push_back({BusinessDay{static_cast<std::int32_t>(to_int(row[0]))},
                          to_instant(row[1]), std::string(*row[2]),
                          BusinessDay{static_cast<std::int32_t>(to_int(row[3]))},
                          to_int(row[4]) != 0, to_int(row[5]), to_int(row[6]), to_int(row[7])});
        });
    return rows;
  });
}

std::vector<PackRow> MySqlReports::packs(std::optional<AccountId> account) {
  const std::string condition =
      account ? fmt::format(" WHERE p.account_id = {}", value_of(*account)) : "";
  return reaching(session_, [&](Session& session) {
    std::vector<PackRow> rows;
    session.for_each_row(
        fmt::format("SELECT p.pack_id, a.name, d.name, p.tier, p.quota_units, b.used_units, {}, {},"
                    " (SELECT step FROM refund_step r WHERE r.pack_id = p.pack_id ORDER BY step_no"
                    " DESC LIMIT 1) FROM pack p JOIN pack_balance b ON b.pack_id = p.pack_id"
                    " JOIN account a ON a.account_id = p.account_id"
                    " JOIN product d ON d.product_id = p.product_id{} ORDER BY a.name, p.pack_id",
                    micros_of("p.purchased_at"), micros_of("p.expires_at"), condition),
        [&](RowView row) {
          rows.push_back({PackId{static_cast<std::uint32_t>(to_int(row[0]))}, std::string(*row[1]),
                          std::string(*row[2]), std::string(*row[3]), to_int(row[4]),
                          to_int(row[5]), to_instant(row[6]), to_instant(row[7]),
                          row[8] ? refund_step_from(*row[8]) : std::nullopt});
        });
    return rows;
  });
}

std::vector<PostpaidRow> MySqlReports::postpaid(std::optional<AccountId> account) {
  const std::string condition =
      account ? fmt::format(" AND account_id = {}", value_of(*account)) : "";
  return reaching(session_, [&](Session& session) {
    std::vector<PostpaidRow> rows;
    session.for_each_row(
        fmt::format("SELECT a.name, d.name, {}, COALESCE(m.is_suspended, 0) FROM (SELECT"
                    " account_id, product_id, step, changed_at, ROW_NUMBER() OVER (PARTITION BY"
                    " account_id, product_id ORDER BY seq DESC) AS number FROM postpaid_change"
                    " WHERE step IN ('on', 'off'){}) c JOIN account a ON a.account_id ="
                    " c.account_id JOIN product d ON d.product_id = c.product_id LEFT JOIN"
                    " money_balance m ON m.account_id = c.account_id WHERE c.number = 1 AND"
                    " c.step = 'on' ORDER BY a.name, d.name",
                    micros_of("c.changed_at"), condition),
        [&](RowView row) {
          rows.push_back({std::string(*row[0]), std::string(*row[1]), to_instant(row[2]),
                          to_int(row[3]) != 0});
        });
    return rows;
  });
}

std::vector<UsageRow> MySqlReports::usage(const Account& account) {
  return reaching(session_, [&](Session& session) {
    std::vector<UsageRow> rows;
    session.for_each_row(
        fmt::format("SELECT u.name, d.name, m.name, {}, e.outcome, e.units FROM (SELECT"
                    " used_by_account_id, meter_id, business_day, outcome, SUM(units) units"
                    " FROM ledger_entry e WHERE {} GROUP BY 1, 2, 3, 4 HAVING units <> 0)"
                    " e{} ORDER BY u.name, d.name, m.name, e.business_day, e.outcome",
                    days_of("e.business_day"), entries_of(account), entry_names),
        [&](RowView row) { rows.push_back(to_usage(row)); });
    return rows;
  });
}

std::vector<LedgerRow> MySqlReports::entries(const Account& account, std::uint32_t limit) {
  return reaching(session_, [&](Session& session) {
    std::vector<LedgerRow> rows;
    session.for_each_row(
        fmt::format("SELECT u.name, d.name, m.name, {}, e.outcome, e.units, e.seq, e.pack_id,"
                    " COALESCE(p.tier, '') FROM (SELECT * FROM ledger_entry e WHERE {}"
                    " ORDER BY e.seq DESC, e.entry_no DESC LIMIT {}) e{}"
                    " LEFT JOIN pack p ON p.pack_id = e.pack_id ORDER BY e.seq, e.entry_no",
                    days_of("e.business_day"), entries_of(account), limit, entry_names),
        [&](RowView row) {
          rows.push_back({static_cast<Sequence>(to_int(row[6])), to_usage(row),
                          PackId{static_cast<std::uint32_t>(to_int(row[7]))},
                          std::string(*row[8])});
        });
    return rows;
  });
}

std::vector<Digest> MySqlReports::find_files(const std::string& name_or_digest) {
  return reaching(session_, [&](Session& session) {
    std::string condition = "name = " + Session::escape_binary(name_or_digest);
    if (is_digest(name_or_digest)) condition += " OR digest = x'" + name_or_digest + "'";
    std::vector<Digest> digests;
    session.for_each_row(
        "SELECT digest FROM usage_file WHERE " + condition + " ORDER BY arrival, digest",
        [&](RowView row) { digests.push_back(to_digest(row[0])); });
    return digests;
  });
}

std::vector<RejectsRow> MySqlReports::rejects() {
  return reaching(session_, [](Session& session) {
    std::vector<RejectsRow> rows;
    session.for_each_row(
        "SELECT f.digest, f.name, " + micros_of("f.arrival") +
            ", f.spool, f.claim, r.reason, SUM(r.records) FROM (SELECT digest, reason, records "
            "FROM unit_reason"
            " WHERE kind = 'rejected' UNION ALL SELECT digest, 'conflict', conflict_records"
            " FROM rating_unit WHERE conflict_records > 0) r"
            " JOIN usage_file f ON f.digest = r.digest GROUP BY f.digest, r.reason"
            " ORDER BY f.arrival, f.digest, r.reason",
        [&](RowView row) {
          const Digest digest = to_digest(row[0]);
          if (rows.empty() || rows.back().digest != digest) {
            rows.push_back({digest,
                            std::string(*row[1]),
                            std::string(*row[3]),
                            std::string(*row[4]),
                            to_instant(row[2]),
                            {}});
          }
          rows.back().records.emplace(*row[5], to_sum(row[6]));
        });
    return rows;
  });
}

VoidPlan MySqlReports::void_plan(const Digest& digest) {
  return reaching(session_, [&](Session& session) { return read_void_plan(session, digest); });
}

StatusNumbers MySqlReports::status() {
  return reaching(session_, [](Session& session) {
    StatusNumbers status;
    status.sequence = read_sequence(session);
    read_numbers(session, "SELECT (SELECT COUNT(*) FROM account), (SELECT COUNT(*) FROM pack)",
                 {&status.accounts, &status.packs});
    read_numbers(
        session,
        "SELECT COUNT(*), COALESCE(SUM(NOT EXISTS (SELECT 1 FROM rating_unit u WHERE u.digest ="
        " f.digest AND u.is_last) AND NOT EXISTS (SELECT 1 FROM file_void v WHERE"
        " v.digest = f.digest)), 0) FROM usage_file f",
        {&status.files, &status.files_unfinished});
    read_numbers(session,
                 "SELECT COALESCE(SUM(accepted_units), 0), COALESCE(SUM(drawn_units), 0),"
                 " COALESCE(SUM(overage_units), 0), COALESCE(SUM(overrun_units), 0),"
                 " COALESCE(SUM(not_billable_units), 0) FROM rating_unit u WHERE NOT EXISTS"
                 " (SELECT 1 FROM file_void v WHERE v.digest = u.digest)",
                 {&status.accepted_units, &status.drawn_units, &status.overage_units,
                  &status.overrun_units, &status.not_billable_units});
    read_numbers(session,
                 "SELECT COALESCE(MAX(data_length), 0) FROM information_schema.tables"
                 " WHERE table_schema = DATABASE() AND table_name = 'dedupe_segment'",
                 {&status.key_bytes});
    session.for_each_row(
        "SELECT channel, state, COUNT(*) FROM outbox GROUP BY channel, state ORDER BY 1, 2",
        [&](RowView row) {
          status.deliveries.push_back({std::string(*row[0]), std::string(*row[1]), to_int(row[2])});
        });
    return status;
  });
}

StatementRows MySqlReports::statement(AccountId account, const StatementPeriod& period) {
  return reaching(session_, [&](Session& session) {
    const Snapshot snapshot(session);
    return read_statement(session, account, period);
  });
}

UsageOrigin MySqlReports::origin(const Account& account, BusinessDay day) {
  return reaching(session_, [&](Session& session) {
    const Snapshot snapshot(session);
    return read_origin(session, account.main(), entries_of(account), day);
  });
}

LedgerAudit MySqlReports::audit(std::uint32_t shown_max, std::span<const NoticeKind> off_kinds,
                                const std::function<void(const AuditedAccount&)>& each) {
  return reaching(session_, [&](Session& session) {
    const Snapshot snapshot(session);
    LedgerAudit audit{read_reported_head(session), read_audit(session, shown_max, off_kinds)};
    for_each_audited(session, audit.head, each);
    return audit;
  });
}

void MySqlReports::canonical(const CanonicalSink& sink) {
  reaching(session_, [&](Session& session) {
    const Snapshot snapshot(session);
    read_canonical(session, sink);
  });
}

}  // namespace packwarden
