#include "app/samples.h"

#include <algorithm>
#include <utility>

#include "usecases/billing_jobs.h"

namespace packwarden {
namespace {

double seconds_since(Instant then, Instant now) {
  return std::max(0.0, static_cast<double>((now - then).nanos) / 1e9);
}

double seconds_between(std::chrono::steady_clock::time_point then,
                       std::chrono::steady_clock::time_point now) {
  return std::chrono::duration<double>(now - then).count();
}

constexpr std::array channel_states = {"starting", "delivering", "failing",
                                       "broken",   "failed",     "stopped"};

}  // namespace

Samples::Samples(SituationLimits limits, std::int64_t spread_s, BusinessCalendar calendar)
    : calendar_(std::move(calendar)), limits_(limits), spread_s_(spread_s) {}

void Samples::judge_by(const SituationLimits& limits, std::int64_t spread_s) {
  const std::lock_guard lock(mutex_);
  limits_ = limits;
  spread_s_ = spread_s;
}

void Samples::spool_is(SpoolState state, std::uint64_t disk_bytes) {
  const std::lock_guard lock(mutex_);
  spool_ = std::move(state);
  spool_disk_bytes_ = disk_bytes;
  spool_seen_at_ = std::chrono::steady_clock::now();
}

void Samples::ledger_is(LedgerSituation ledger) {
  const std::lock_guard lock(mutex_);
  ledger_ = std::move(ledger);
  ledger_seen_at_ = std::chrono::steady_clock::now();
}

void Samples::process_is(const ProcessFigures& figures) {
  const std::lock_guard lock(mutex_);
  process_ = figures;
}

void Samples::collect(MetricList& out, Instant now) const {
  const Time at = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex_);
  out.gauge("packwarden_sample_age_seconds",
            "Since this was last looked at with success, for the metrics of what lies there.");
  if (spool_) out.add(seconds_between(spool_seen_at_, at), {{"source", "spool"}});
  const double ledger_age_s = seconds_between(ledger_seen_at_, at);
  if (ledger_) out.add(ledger_age_s, {{"source", "database"}});
  collect_spool(out, now);
  if (ledger_) {
    out.gauge("packwarden_ledger_sequence", "Number of the last ledger transaction.")
        .add(ledger_->sequence);
    out.gauge("packwarden_database_clock_skew_seconds", "This host's clock less the database's.")
        .add(static_cast<double>(-ledger_->clock_ahead_ms) / 1e3);
    collect_meaning(out);
    collect_jobs(out, now);
    collect_channels(out, ledger_age_s);
  }
  collect_process(out);
}

void Samples::collect_spool(MetricList& out, Instant now) const {
  if (!spool_) return;
  const std::array<std::pair<const char*, const WaitingInSpool*>, 6> folders = {{
      {"incoming", &spool_->incoming},
      {"writing", &spool_->being_written},
      {"work", &spool_->work},
      {"held", &spool_->held},
      {"retry", &spool_->retry},
      {"rejected", &spool_->open_rejects},
  }};
  out.gauge("packwarden_spool_files", "Files of the spool that wait, by folder.");
  for (const auto& [folder, waiting] : folders) out.add(waiting->files, {{"folder", folder}});
  out.add(spool_->failed, {{"folder", "failed"}});
  out.gauge("packwarden_spool_bytes", "Bytes of the files of the spool that wait, by folder.");
  for (const auto& [folder, waiting] : folders) out.add(waiting->bytes, {{"folder", folder}});
  out.gauge("packwarden_spool_oldest_file_age_seconds",
            "Age of the oldest file of a folder, by its modification time; 0: there is none.");
  for (const auto& [folder, waiting] : folders) {
    out.add(waiting->oldest ? seconds_since(*waiting->oldest, now) : 0, {{"folder", folder}});
  }
  out.gauge("packwarden_spool_held_seconds",
            "For how long a person has held the spool; 0: it is not held.")
      .add(spool_->hold ? seconds_since(spool_->hold->since, now) : 0);
  out.gauge("packwarden_spool_free_bytes", "Free space of the spool's file system.")
      .add(spool_->free_bytes);
  out.gauge("packwarden_spool_size_bytes", "Size of the spool's file system.")
      .add(spool_disk_bytes_);
}

void Samples::collect_meaning(MetricList& out) const {
  const auto pairs = differing(ledger_->daemons);
  out.gauge("packwarden_catalogues_differ",
            "1 where a living daemon has another catalogue or other windows than the daemon of "
            "spool `other`.");
  if (pairs.empty()) out.add(0, {{"spool", ""}, {"other", ""}});
  for (const auto& [one, other] : pairs) {
    out.add(1, {{"spool", one.spool}, {"other", other.spool}});
  }
  out.gauge("packwarden_unpriced_overage_units",
            "Units of overage that the ledger has no price for: no bill charges them.");
  if (ledger_->unpriced.empty()) out.add(0, {{"product", ""}});
  for (const UnpricedOverage& open : ledger_->unpriced) {
    out.add(open.units, {{"product", open.product}});
  }
}

void Samples::collect_jobs(MetricList& out, Instant now) const {
  out.gauge("packwarden_job_last_success_timestamp_seconds",
            "When the job last did all that was due, in Unix time.");
  for (const JobRow& job : ledger_->jobs) {
    if (!job.succeeded_at) continue;
    out.add(static_cast<double>(job.succeeded_at->micros()) / 1e6, {{"job_name", job.name}});
  }
  out.gauge("packwarden_job_lateness_seconds",
            "For how long the job ought to have run again; 0: it is on time.");
  for (const JobRow& job : ledger_->jobs) {
    out.add(late_s(job, now, limits_), {{"job_name", job.name}});
  }
  out.gauge("packwarden_accounts_set_aside",
            "Accounts for which the job cannot store what is due; all others go on.");
  for (const JobRow& job : ledger_->jobs) {
    const auto accounts = ledger_->set_aside_accounts.find(job.name);
    out.add(accounts == ledger_->set_aside_accounts.end() ? 0 : accounts->second,
            {{"job_name", job.name}});
  }
  out.gauge("packwarden_settlement_overdue_seconds",
            "Since 12:00 of the business day by which charges had to be done (O6) and are not.");
  for (const JobRow& job : ledger_->jobs) {
    if (job.name == "settle") out.add(settlement_overdue_s(job, now, spread_s_, calendar_));
  }
}

// Nothing is delivered or heard of while the database is away: its ages grow with the sample's.
void Samples::collect_channels(MetricList& out, double sample_age_s) const {
  const auto& channels = ledger_->channels;
  out.gauge("packwarden_outbox_deliveries",
            "Deliveries that wait, are being sent or held, and that ended within a day.");
  for (const ChannelStanding& channel : channels) {
    const std::array<std::pair<const char*, std::int64_t>, 6> states = {{
        {"waiting", channel.waiting},
        {"sending", channel.sending},
        {"held", channel.held},
        {"sent", channel.sent},
        {"dead", channel.dead},
        {"expired", channel.expired},
    }};
    for (const auto& [state, count] : states) {
      out.add(count, {{"channel", channel.name}, {"state", state}});
    }
  }
  out.gauge("packwarden_outbox_oldest_age_seconds",
            "Age of the oldest delivery that waits and is due; 0: there is none.");
  for (const ChannelStanding& channel : channels) {
    out.add(channel.oldest_s ? static_cast<double>(*channel.oldest_s) + sample_age_s : 0.0,
            {{"channel", channel.name}});
  }
  out.gauge("packwarden_channel_state", "1 for the state that the channel's process is in.");
  for (const ChannelStanding& channel : channels) {
    for (const char* state : channel_states) {
      out.add(channel.state == state, {{"channel", channel.name}, {"state", state}});
    }
  }
  out.gauge("packwarden_channel_paused", "1 while an operator has paused the channel.");
  for (const ChannelStanding& channel : channels) {
    out.add(channel.paused, {{"channel", channel.name}});
  }
  out.gauge("packwarden_channel_silent_seconds", "Since the channel's process was last heard of.");
  for (const ChannelStanding& channel : channels) {
    if (!channel.silent_s) continue;
    out.add(static_cast<double>(*channel.silent_s) + sample_age_s, {{"channel", channel.name}});
  }
  out.counter("packwarden_channel_starts_total", "Starts of the channel's process, ever.");
  for (const ChannelStanding& channel : channels) {
    out.add(channel.starts, {{"channel", channel.name}});
  }
  out.counter("packwarden_channel_failures_total",
              "Ends of the channel's process that nobody asked for, ever.");
  for (const ChannelStanding& channel : channels) {
    out.add(channel.failures, {{"channel", channel.name}});
  }
}

void Samples::collect_process(MetricList& out) const {
  out.counter("process_cpu_seconds_total", "Processor time used.").add(process_.cpu_s);
  out.gauge("process_resident_memory_bytes", "Memory in use.").add(process_.resident_bytes);
  out.gauge("process_open_fds", "Open descriptors.").add(process_.open_fds);
  out.gauge("process_max_fds", "How many descriptors it may open.").add(process_.max_fds);
  out.gauge("packwarden_memory_limit_bytes",
            "What the process may use: of its cgroup, or the host's memory.")
      .add(process_.memory_limit_bytes);
}

}  // namespace packwarden
