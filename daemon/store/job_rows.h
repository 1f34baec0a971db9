#pragma once

#include "store/ledger_content.h"
#include "store/row_numbers.h"
#include "store/session.h"
#include "usecases/job_port.h"
#include "usecases/ledger_port.h"

namespace packwarden {

// The jobs' part of ledger transaction `sequence`; all must outlive it.
class MySqlJobTransaction : public JobTransaction {
 public:
  MySqlJobTransaction(Session& session, Sequence sequence, RowNumbers& numbers,
                      LedgerContent& content)
      : session_(&session), sequence_(sequence), numbers_(&numbers), content_(&content) {}

  bool keeps(const JobLease& lease, std::uint32_t lease_s) override;
  void set_expiries_done(const JobLease& lease, const ExpiriesDone& done) override;
  void look_again_from(Instant at) override;
  std::vector<HeldPack> packs_expiring(const ExpiriesDone& done, Instant upto,
                                       std::uint32_t limit) override;
  std::vector<DueReminder> take_reminders(Instant upto, std::uint32_t limit,
                                          std::span<const AccountId> but) override;
  std::vector<HeldPack> packs(std::span<const PackId> ids) override;
  std::vector<PackId> told_expired(std::span<const PackId> ids) override;
  SettledPart settle(const SettlementPart& part) override;

 private:
  Session* session_;
  Sequence sequence_;
  RowNumbers* numbers_;
  LedgerContent* content_;
};

// Over a session of its own, which is opened when it is needed.
class MySqlJobStore : public JobStore {
 public:
  // `on_answer`: see Session.
  explicit MySqlJobStore(DatabaseAddress address, std::function<void()> on_answer = {})
      : session_(std::move(address), std::move(on_answer)) {}

  std::optional<JobLease> take(const std::string& job, const std::string& holder,
                               std::uint32_t lease_s, Instant now) override;
  Instant due_by(std::optional<Instant> as_of) override;
  void give_back(const JobLease& lease, std::optional<Instant> succeeded_at) override;
  bool set_done_until(const JobLease& lease, Instant done_until) override;
  std::vector<JobRow> jobs() override;
  std::vector<SetAside> accounts_set_aside(const std::string& job) override;
  bool set_aside(const JobLease& lease, const SetAside& account) override;
  bool take_back(const JobLease& lease, std::span<const AccountId> accounts) override;
  std::vector<AccountId> set_aside_with_nothing_open() override;
  bool has_expiries(const ExpiriesDone& done, Instant upto) override;
  bool has_reminders(Instant upto, std::span<const AccountId> but) override;
  std::vector<AccountId> stopped_with_postpaid(ProductId product, AccountId after,
                                               std::uint32_t limit) override;
  std::optional<BusinessDay> first_open_day() override;
  std::optional<AccountId> last_of_part(const SettlementPart& part, std::uint32_t count) override;
  std::optional<std::uint64_t> erase_deliveries(const JobLease& lease, std::uint32_t lease_s,
                                                Instant ended_by, std::uint32_t limit) override;
  std::optional<std::uint64_t> remove_messages(const JobLease& lease, std::uint32_t lease_s,
                                               Instant stored_by, std::uint32_t limit) override;

 private:
  // `callback(session)` with errors of the database as LedgerUnavailable.

  Session session_;
};

// By name.
std::vector<JobRow> read_jobs(Session& session);

// Which rows of open_overage belong to the part: a condition. Where a day was broken off, some of
// it may be charged already; what came later for those is due with the next day.
std::string is_of_part(const SettlementPart& part);
// O6, O7 (store/settlement_rows.cc).
SettledPart write_settlement(Session& session, Sequence sequence, RowNumbers& numbers,
                             const SettlementPart& part);

}  // namespace packwarden
