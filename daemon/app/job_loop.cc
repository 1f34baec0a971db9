#include "app/job_loop.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "app/clocks.h"
#include "app/composition.h"
#include "app/ingest_loop.h"
#include "domain/held_sum.h"
#include "domain/money.h"
#include "domain/shown_text.h"
#include "logging/log.h"
#include "store/deployment.h"
#include "store/migrations.h"

namespace packwarden {
namespace {

constexpr std::chrono::milliseconds lease_look_interval{200};

void log(const JobReport& report, const std::string& currency) {
  if (report.packs_expired > 0)
    log_event(events::job_done, {.job = "expire"}, "{} packs have expired", report.packs_expired);
  if (report.services_priced > 0)
    log_event(
        events::job_done, {.job = "expire"},
        "a price of overage has begun: {} stopped services with postpaid were worked out anew",
        report.services_priced);
  if (report.reminders > 0)
    log_event(events::job_done, {.job = "remind"}, "{} reminders of expiries", report.reminders);
  if (report.bills > 0) {
    log_event(events::job_done, {.job = "settle"}, "settlement: {} bills over {} {}", report.bills,
              money_sum_text(report.charged_micros), currency);
  }
  if (report.deliveries_erased > 0) {
    log_event(events::job_done, {.job = "erase"},
              "address and text of {} ended deliveries are erased", report.deliveries_erased);
  }
  if (report.messages_removed > 0) {
    log_event(events::job_done, {.job = "erase"},
              "{} in-site messages are removed: their time is over", report.messages_removed);
  }
  for (const SetAside& one : report.set_aside) {
    log_event(events::account_set_aside, {.account = one.account_name, .job = one.job},
              "job {} cannot store what is due for account '{}', which is set aside; all others go "
              "on, and it is tried again once a day ({} so far): {}",
              one.job, one.account_name, shown_count(one.tries, "try", "tries"), one.reason);
  }
  for (const SetAside& one : report.taken_back) {
    log_event(events::account_taken_back, {.account = one.account_name, .job = one.job},
              "job {}: what was due for account '{}' is done, which had been set aside", one.job,
              one.account_name);
  }
  for (const std::string& job : report.busy) {
    log_event(events::job_busy, {.job = job}, "job {}: another process has the lease", job);
  }
}

// Of the jobs that others have the lease of, those that have not done all that is due at `at`.
std::vector<JobRow> not_done(JobStore& store, const std::vector<std::string>& busy, Instant at) {
  std::vector<JobRow> rows;
  if (busy.empty()) return rows;
  for (JobRow& row : store.jobs()) {
    const bool is_busy = std::find(busy.begin(), busy.end(), row.name) != busy.end();
    if (is_busy && (!row.done_until || *row.done_until < at)) rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace

JobComposition::JobComposition(const Settings& settings, std::int64_t spread_s,
                               LoopWatch::Loop* loop, CommitObserver on_commit)
    : spread_s_(spread_s),
      loop_(loop),
      catalogue_(settings.catalogue),
      notices_(settings.notices.rules),
      calendar_(BusinessCalendar::for_zone(settings.business_time_zone).value()),
      on_commit_(std::move(on_commit)),
      ledger_(database_address(settings), ledger_options(settings, beats_of(loop), on_commit_)),
      store_(database_address(settings), beats_of(loop)) {
  Session session(database_address(settings));
  require_schema(session);
  intern_catalogue(session, catalogue_);
  make_jobs(settings);
}

std::chrono::seconds JobComposition::lease_patience() const {
  constexpr std::uint32_t longest_s = 60;
  return std::chrono::seconds(std::min(lease_s_, longest_s) + 1);
}

void JobComposition::make_jobs(const Settings& settings) {
  lease_s_ = settings.jobs.lease_s;
  const JobOptions options{this_process(),
                           settings.jobs.lease_s,
                           spread_s_,
                           static_cast<int>(settings.keeping.ended_deliveries_days),
                           settings.keeping.inbox_days,
                           settings.jobs.settlement_accounts,
                           steps_of(loop_)};
  beside_.clear();
  std::vector<Ledger*> beside;
  for (std::uint32_t session = 1; session < settings.jobs.settlement_sessions; ++session) {
    beside_.push_back(std::make_unique<MySqlLedger>(
        database_address(settings), ledger_options(settings, beats_of(loop_), on_commit_)));
    beside.push_back(beside_.back().get());
  }
  jobs_ = std::make_unique<BillingJobs>(ledger_, store_,
                                        BillingContext{&catalogue_, &calendar_, notices_.get()},
                                        options, std::move(beside));
}

void JobComposition::change(const Settings& settings) {
  spread_s_ = settings.jobs.settlement_spread_s;
  catalogue_ = settings.catalogue;
  notices_ = settings.notices.rules;
  make_jobs(settings);
}

void run_jobs(JobComposition& composition, std::chrono::milliseconds interval, const LoopHost& host,
              std::stop_token stop) {
  bool failing = false;
  while (!stop.stop_requested()) {
    try {
      host.settings.take_over([&](const Settings& settings) {
        composition.change(settings);
        host.telemetry.samples.judge_by(situation_limits(settings),
                                        settings.jobs.settlement_spread_s);
        interval = std::chrono::milliseconds(settings.jobs.interval_ms);
      });
      run_jobs_once(composition, std::nullopt);
      if (std::exchange(failing, false)) log_event(events::jobs_go_on, "jobs go on");
      host.status.jobs_fail(failing);
    } catch (const LedgerUnavailable& error) {
      if (!std::exchange(failing, true)) {
        log_event(
            events::jobs_wait,
            "{}; expiries, reminders and settlement wait, and are caught up when the database is "
            "back",
            error.what());
      }
      host.status.jobs_fail(failing);
    }
    host.sleep(stop, interval);
  }
}

void run_jobs_once(JobComposition& composition, std::optional<Instant> as_of) {
  log(composition.jobs().run(as_of), composition.currency());
}

bool run_all_jobs(JobComposition& composition, std::optional<Instant> as_of) {
  const auto give_up_at = std::chrono::steady_clock::now() + composition.lease_patience();
  while (true) {
    const Instant at = composition.store().due_by(as_of);
    const JobReport report = composition.jobs().run(as_of);
    log(report, composition.currency());
    const std::vector<JobRow> waiting = not_done(composition.store(), report.busy, at);
    if (waiting.empty()) return true;
    if (std::chrono::steady_clock::now() >= give_up_at) {
      for (const JobRow& job : waiting) {
        log_event(events::jobs_wait, {.job = job.name},
                  "job {} may not have done all that was due: {} has its lease; look at packctl job"
                  " list, and try again once it is free",
                  job.name, job.holder.empty() ? "somebody else" : job.holder);
      }
      return false;
    }
    std::this_thread::sleep_for(lease_look_interval);
  }
}

}  // namespace packwarden
