#include <fmt/format.h>

#include <algorithm>

#include "domain/shown_text.h"
#include "usecases/situation.h"

namespace packwarden {
namespace {

// Clocks further apart than this make reminders and expiries come noticeably early or late.
// A name that is left alone for so long is likely one that its producer forgot (U1).
constexpr std::int64_t being_written_max_s = 3'600;

std::int64_t seconds_of(Span span) {
  return span.nanos / 1'000'000'000;
}

std::int64_t number(std::uint64_t count) {
  return static_cast<std::int64_t>(count);
}

class Judge {
 public:
  Judge(const Situation& situation, const SituationLimits& limits)
      : now_(situation.as_of), limits_(&limits) {
    if (situation.spool) {
      spool(*situation.spool);
    } else {
      add(Severity::needs_a_hand, "spool_not_seen", situation.spool_missing, "");
    }
    if (situation.ledger) {
      clocks(*situation.ledger);
      behind(*situation.ledger);
      meaning(situation);
      jobs(*situation.ledger);
      set_aside(*situation.ledger);
      for (const ChannelStanding& channel : situation.ledger->channels) {
        process_of(channel);
        deliveries_of(channel);
      }
    } else {
      add(Severity::needs_a_hand, "database_not_seen", situation.ledger_missing, "");
    }
    std::stable_sort(findings_.begin(), findings_.end(),
                     [](const Finding& a, const Finding& b) { return a.severity < b.severity; });
  }

  std::vector<Finding> take() { return std::move(findings_); }

 private:
  void add(Severity severity, std::string code, std::string sentence, std::string command) {
    findings_.push_back({severity, std::move(code), std::move(sentence), std::move(command)});
  }

  std::int64_t age_s(const WaitingInSpool& waiting) const {
    return waiting.oldest ? std::max<std::int64_t>(0, seconds_of(now_ - *waiting.oldest)) : 0;
  }

  void spool(const SpoolState& spool) {
    const std::int64_t waiting =
        number(spool.incoming.files + spool.work.files + spool.retry.files);
    if (!spool.daemon_has_it) {
      add(Severity::needs_a_hand, "no_daemon",
          "No daemon works on the spool: nothing is taken" +
              (waiting == 0
                   ? "."
                   : fmt::format(", and {}.", shown_count(waiting, "file waits", "files wait"))),
          "systemctl start packwardend");
    }
    if (spool.hold) {
      add(waiting == 0 ? Severity::note : Severity::behind, "spool_held",
          fmt::format(
              "The spool has been held for {}{}: {}.",
              shown_age(seconds_of(now_ - spool.hold->since)),
              spool.hold->reason.empty() ? "" : " (" + shown_bytes(spool.hold->reason) + ")",
              waiting == 0 ? "nothing waits" : shown_count(waiting, "file waits", "files wait")),
          "packctl spool release");
    } else if (const std::int64_t age = std::max(age_s(spool.incoming), age_s(spool.work));
               spool.daemon_has_it && age > limits_->file_age_s) {
      add(Severity::behind, "files_wait",
          fmt::format("{}, the oldest for {}.",
                      shown_count(waiting, "usage file waits", "usage files wait"), shown_age(age)),
          "packctl top");
    }
    failed(spool);
    rejects(spool);
    if (spool.free_bytes < limits_->free_bytes_min) {
      add(Severity::needs_a_hand, "disk_full",
          fmt::format("Only {} are free on the disk of the spool.", shown_size(spool.free_bytes)),
          "packctl spool status");
    }
    if (spool.held.files > 0) {
      add(Severity::note, "files_held",
          fmt::format("{} in held/ until somebody gives them back.",
                      shown_count(number(spool.held.files), "file is", "files are")),
          spool.held.files == 1 ? "packctl spool release " + quoted(spool.held.oldest_name)
                                : "packctl spool release FILE");
    }
    if (const std::int64_t age = age_s(spool.being_written); age > being_written_max_s) {
      add(Severity::note, "not_renamed",
          fmt::format("'{}' has stood in incoming/ for {}, and its producer has not given it its "
                      "name yet.",
                      shown_bytes(spool.being_written.oldest_name), shown_age(age)),
          "packctl spool status");
    }
  }

  // For a shell.
  static std::string quoted(const std::string& name) {
    constexpr std::string_view plain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._";
    if (!name.empty() && name.find_first_not_of(plain) == std::string::npos) return name;
    std::string text;
    for (const char c : shown_bytes(name)) text += c == '\'' ? "'\\''" : std::string(1, c);
    return "'" + text + "'";
  }

  void failed(const SpoolState& spool) {
    if (spool.failed == 0) return;
    std::string last;
    std::string command = "packctl spool status --failed";
    if (!spool.last_failed.empty()) {
      const FailedFile& one = spool.last_failed.front();
      last = fmt::format("{} '{}': {}", spool.failed == 1 ? ":" : "; the last is",
                         shown_bytes(one.file.name),
                         one.reason.empty() ? "it has no receipt" : shown_bytes(one.reason));
      if (spool.failed == 1) command = "packctl spool retry " + one.file.claim;
    }
    add(Severity::needs_a_hand, "files_failed",
        fmt::format("{} failed{}.", shown_count(number(spool.failed), "usage file"), last),
        command);
  }

  void rejects(const SpoolState& spool) {
    const WaitingInSpool& open = spool.open_rejects;
    if (open.files == 0) return;
    const std::int64_t age = age_s(open);
    add(age > limits_->rejects_age_s ? Severity::needs_a_hand : Severity::note, "rejects_open",
        fmt::format("Rejected lines of {} are neither driven in again nor given up, the oldest for "
                    "{}.",
                    shown_count(number(open.files), "file"), shown_age(age)),
        "packctl rejects list");
  }

  void clocks(const LedgerSituation& ledger) {
    const std::int64_t allowed_ms = std::int64_t{limits_->clock_skew_max_s} * 1'000;
    const std::int64_t ahead_ms = ledger.clock_ahead_ms;
    const std::int64_t apart_ms = ahead_ms < 0 ? -ahead_ms : ahead_ms;
    if (apart_ms > allowed_ms) {
      add(Severity::needs_a_hand, "clocks_apart",
          fmt::format("The clock of the database is {} {} of this host's: this host takes no usage "
                      "file and changes no ledger until they agree.",
                      shown_age(apart_ms / 1'000), ahead_ms < 0 ? "behind" : "ahead"),
          "timedatectl timesync-status");
    }
    const std::int64_t ledger_ahead_s = seconds_of(ledger.last_instant - ledger.database_clock);
    if (limits_->may_be_ahead || ledger_ahead_s <= limits_->clock_skew_max_s) return;
    add(Severity::needs_a_hand, "ledger_ahead",
        fmt::format("The ledger's last instant is {} ahead of the database's clock: nothing is "
                    "changed until the clock has caught up. If the clock is right, accept it.",
                    shown_age(ledger_ahead_s)),
        "packctl deployment set ledger-time");
  }

  // What a daemon has seen is not there.
  void behind(const LedgerSituation& ledger) {
    for (const LivingDaemon& daemon : ledger.daemons) {
      if (daemon.seen <= ledger.sequence) continue;
      add(Severity::needs_a_hand, "ledger_behind",
          fmt::format("The daemon of spool '{}' ({}) has seen ledger transaction {}, but this "
                      "database is at {}: it was restored, or this server lags. Nothing is decided "
                      "on it until it has caught up. If it is to go on from here, accept that.",
                      shown_bytes(daemon.spool), shown_bytes(daemon.holder), daemon.seen,
                      ledger.sequence),
          fmt::format("packctl deployment accept-older {}", ledger.sequence));
      return;  // one says it
    }
  }

  void meaning(const Situation& situation) {
    for (const std::string& sentence : situation.settings_refused) {
      add(Severity::needs_a_hand, "settings_differ",
          "The settings of this host do not fit the ledger: " + sentence + ".",
          "packctl config check");
    }
    for (const auto& [one, other] : differing(situation.ledger->daemons)) {
      add(Severity::needs_a_hand, "catalogues_differ",
          fmt::format(
              "The daemons of spool '{}' ({}) and spool '{}' ({}) have different catalogues "
              "or windows: what usage costs hangs on the host that takes it.",
              shown_bytes(one.spool), shown_bytes(one.holder), shown_bytes(other.spool),
              shown_bytes(other.holder)),
          "packctl config check");
    }
    for (const UnpricedOverage& open : situation.ledger->unpriced) {
      add(Severity::needs_a_hand, "overage_without_price",
          fmt::format("{} of overage of product {}, used from {} to {}, have no price: no bill "
                      "charges them until they have one.",
                      shown_count(open.units, "unit", "units"), open.product, to_string(open.first),
                      to_string(open.last)),
          "packctl deployment show --history");
    }
  }

  void jobs(const LedgerSituation& ledger) {
    for (const JobRow& job : ledger.jobs) {
      const std::int64_t late = late_s(job, now_, *limits_);
      if (late <= limits_->job_late_s) continue;
      // Whoever works on it gets on; else something keeps all daemons from it.
      const bool worked_on = !job.holder.empty();
      add(worked_on ? Severity::behind : Severity::needs_a_hand, "job_late",
          fmt::format("Job {} is {} late{}.", job.name, shown_age(late),
                      worked_on ? ", and " + shown_bytes(job.holder) + " is at it"
                                : ", and no daemon is at it"),
          worked_on ? "packctl job list" : "journalctl -u packwardend -n 50");
    }
  }

  // One line an account, of a few: whatever is wrong is likely wrong with each in its own way.
  void set_aside(const LedgerSituation& ledger) {
    constexpr std::size_t named_max = 3;
    for (std::size_t i = 0; i < std::min(ledger.set_aside.size(), named_max); ++i) {
      const SetAside& one = ledger.set_aside[i];
      add(Severity::needs_a_hand, "account_set_aside",
          fmt::format("Job {} cannot store what is due for account '{}', and has left it out for "
                      "{}: {}.",
                      one.job, shown_bytes(one.account_name),
                      shown_age(std::max<std::int64_t>(0, seconds_of(now_ - one.since))),
                      shown_bytes(one.reason)),
          "packctl account show " + quoted(one.account_name));
    }
    std::int64_t more = -static_cast<std::int64_t>(std::min(ledger.set_aside.size(), named_max));
    for (const auto& [job, accounts] : ledger.set_aside_accounts) more += accounts;
    if (more <= 0) return;
    add(Severity::needs_a_hand, "account_set_aside",
        fmt::format("{} set aside by jobs.", shown_count(more, "more account is",
                                                         "more accounts "
                                                         "are")),
        "packctl --output json status");
  }

  static std::string unit_of(const ChannelStanding& channel) {
    return "packwarden-channel@" + channel.name;
  }

  // Of the process that delivers.
  void process_of(const ChannelStanding& channel) {
    const std::string& name = channel.name;
    if (!channel.configured) {
      if (channel.waiting + channel.held == 0) return;
      return add(Severity::needs_a_hand, "channel_gone",
                 fmt::format("{} for channel {}, which the settings do not have any more.",
                             shown_count(channel.waiting + channel.held, "delivery waits",
                                         "deliveries wait"),
                             name),
                 "packctl notice discard --channel " + name);
    }
    const std::string why = channel.detail.empty() ? "" : ": " + shown_bytes(channel.detail);
    if (channel.state.empty()) {
      return add(Severity::needs_a_hand, "channel_never_started",
                 fmt::format("Channel {} has never been started.", name),
                 "systemctl enable --now " + unit_of(channel));
    }
    if (channel.state == "broken" || channel.state == "failed") {
      return add(Severity::needs_a_hand, "channel_" + channel.state,
                 channel.state == "broken"
                     ? fmt::format("The plugin of channel {} was refused{}.", name, why)
                     : fmt::format("The process of channel {} ended by itself{}.", name, why),
                 "journalctl -u " + unit_of(channel) + " -n 50");
    }
    if (channel.state == "stopped") {
      return add(channel.waiting == 0 ? Severity::note : Severity::needs_a_hand, "channel_stopped",
                 fmt::format("Channel {} is stopped{}.", name,
                             channel.waiting == 0 ? "" : ", and notices wait for it"),
                 "systemctl start " + unit_of(channel));
    }
    if (channel.silent_s.value_or(0) > silent_channel_s) {
      return add(Severity::needs_a_hand, "channel_silent",
                 fmt::format("Channel {} has not been heard of for {}.", name,
                             shown_age(*channel.silent_s)),
                 "systemctl status " + unit_of(channel));
    }
    if (channel.paused) {
      return add(channel.waiting == 0 ? Severity::note : Severity::behind, "channel_paused",
                 fmt::format("Channel {} is paused{}.", name,
                             channel.waiting == 0 ? "" : ", and notices wait for it"),
                 "packctl channel resume " + name);
    }
    if (channel.state == "failing") {
      add(Severity::behind, "channel_failing",
          fmt::format("Nothing gets through channel {} at the moment{}.", name, why),
          "packctl channel list");
    } else if (channel.oldest_s.value_or(0) > limits_->delivery_age_s) {
      add(Severity::behind, "deliveries_wait",
          fmt::format("{} for channel {}, the oldest for {}.",
                      shown_count(channel.waiting, "notice waits", "notices wait"), name,
                      shown_age(*channel.oldest_s)),
          "packctl channel list");
    }
  }

  void deliveries_of(const ChannelStanding& channel) {
    const char* at_least = channel.at_least ? "At least " : "";
    if (channel.held > 0) {
      add(Severity::needs_a_hand, "deliveries_held",
          fmt::format("{}{} of channel {} held: the provider may or may not have {}.", at_least,
                      shown_count(channel.held, "delivery", "deliveries"),
                      channel.name + (channel.held == 1 ? " is" : " are"),
                      channel.held == 1 ? "it" : "them"),
          "packctl notice list --state held --channel " + channel.name);
    }
    if (channel.dead > 0) {
      add(Severity::needs_a_hand, "deliveries_dead",
          fmt::format("{}{} of channel {} in vain within a day.", at_least,
                      shown_count(channel.dead, "delivery", "deliveries"), channel.name + " ended"),
          "packctl notice list --state dead --channel " + channel.name);
    }
    if (channel.expired > 0) {
      add(Severity::note, "deliveries_expired",
          fmt::format("{}{} of channel {} within a day: no longer useful.", at_least,
                      shown_count(channel.expired, "delivery", "deliveries"),
                      channel.name + " expired"),
          "packctl notice list --state expired --channel " + channel.name);
    }
  }

  Instant now_;
  const SituationLimits* limits_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> judge(const Situation& situation, const SituationLimits& limits) {
  return Judge(situation, limits).take();
}

}  // namespace packwarden
