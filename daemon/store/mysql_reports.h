#pragma once

#include "store/session.h"
#include "usecases/report_port.h"

namespace packwarden {

// Over a session of its own, which is opened when it is needed. A read is not run again after a
// lost connection: a person looks at it.
class MySqlReports : public Reports {
 public:
  explicit MySqlReports(DatabaseAddress address) : session_(std::move(address)) {}

  std::optional<Account> find_account(std::string_view name) override;
  std::vector<AccountRow> accounts() override;
  std::vector<AccountDetail> details(const Account& account) override;
  std::vector<AccountFact> facts(AccountId account) override;
  std::vector<BalanceRow> balances(std::optional<AccountId> account) override;
  std::vector<JournalRow> journals(AccountId account, std::uint32_t limit) override;
  AccountStanding standing(AccountId account) override;
  std::vector<ServiceRow> service_changes(AccountId account) override;
  std::vector<ChargeRow> charges(AccountId account) override;
  std::vector<PackRow> packs(std::optional<AccountId> account) override;
  std::vector<PostpaidRow> postpaid(std::optional<AccountId> account) override;
  std::vector<UsageRow> usage(const Account& account) override;
  std::vector<LedgerRow> entries(const Account& account, std::uint32_t limit) override;
  std::vector<Digest> find_files(const std::string& name_or_digest) override;
  std::vector<RejectsRow> rejects() override;
  VoidPlan void_plan(const Digest& digest) override;
  StatusNumbers status() override;
  StatementRows statement(AccountId account, const StatementPeriod& period) override;
  UsageOrigin origin(const Account& account, BusinessDay day) override;
  LedgerAudit audit(std::uint32_t shown_max, std::span<const NoticeKind> off_kinds,
                    const std::function<void(const AuditedAccount&)>& each) override;
  void canonical(const CanonicalSink& sink) override;

 private:
  // `callback(session)` with errors of the database as LedgerUnavailable.

  Session session_;
};

// All of these in the transaction that the session is in. store/statement_reads.cc:
StatementRows read_statement(Session& session, AccountId account, const StatementPeriod& period);
// `entries`: a condition on ledger_entry e; store/origin_reads.cc.
UsageOrigin read_origin(Session& session, AccountId main_account, const std::string& entries,
                        BusinessDay day);
// In the transaction that the session is in (store/audit_reads.cc).
std::vector<AuditCheck> read_audit(Session& session, std::uint32_t shown_max,
                                   std::span<const NoticeKind> off_kinds);
// The same; by id, some in memory at a time.
void for_each_audited(Session& session, const LedgerHead& head,
                      const std::function<void(const AuditedAccount&)>& each);

// All of the export, in the transaction that the session is in (store/canonical_reads.cc).
void read_canonical(Session& session, const CanonicalSink& sink);

}  // namespace packwarden
