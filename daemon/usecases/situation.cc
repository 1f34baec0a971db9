#include "usecases/situation.h"

#include <algorithm>
#include <exception>

namespace packwarden {
namespace {

std::int64_t seconds_of(Span span) {
  return span.nanos / 1'000'000'000;
}

}  // namespace

std::string_view name_of(Severity severity) {
  switch (severity) {
    case Severity::needs_a_hand:
      return "needs_a_hand";
    case Severity::behind:
      return "behind";
    case Severity::note:
      break;
  }
  return "note";
}

std::string_view name_of(Health health) {
  switch (health) {
    case Health::well:
      return "well";
    case Health::behind:
      return "behind";
    case Health::needs_a_hand:
      break;
  }
  return "needs_a_hand";
}

Health health_of(const std::vector<Finding>& findings) {
  Health health = Health::well;
  for (const Finding& finding : findings) {
    if (finding.severity == Severity::needs_a_hand) return Health::needs_a_hand;
    if (finding.severity == Severity::behind) health = Health::behind;
  }
  return health;
}

std::int64_t late_s(const JobRow& job, Instant now, const SituationLimits& limits) {
  if (!job.done_until) return 0;
  const Instant due = *job.done_until + Span::seconds(limits.job_interval_s);
  return std::max<std::int64_t>(0, seconds_of(now - due));
}

std::vector<DifferingDaemons> differing(const std::vector<LivingDaemon>& daemons) {
  std::vector<DifferingDaemons> pairs;
  const LivingDaemon* first = nullptr;
  for (const LivingDaemon& daemon : daemons) {
    if (daemon.meaning_digest.empty()) continue;
    if (first == nullptr) {
      first = &daemon;
    } else if (daemon.meaning_digest != first->meaning_digest) {
      pairs.push_back({*first, daemon});
    }
  }
  return pairs;
}

Situation look(const SituationSources& sources, Instant now, const LookOptions& options) {
  Situation situation;
  situation.as_of = now;
  try {
    situation.spool = sources.spool().state(options.failed_files_max);
  } catch (const SpoolUnavailable& unavailable) {
    situation.spool_missing = unavailable.what();
  }
  try {
    situation.ledger = sources.ledger().look(options.counted_deliveries_max);
    if (sources.settings_refused) situation.settings_refused = sources.settings_refused();
  } catch (const LedgerUnavailable& unavailable) {
    situation.ledger_missing = unavailable.what();
    return situation;
  }
  auto& channels = situation.ledger->channels;
  for (ChannelStanding& channel : channels) channel.configured = false;
  for (const std::string& name : sources.channels) {
    const auto known =
        std::find_if(channels.begin(), channels.end(),
                     [&](const ChannelStanding& channel) { return channel.name == name; });
    if (known != channels.end()) {
      known->configured = true;
      continue;
    }
    channels.emplace_back();
    channels.back().name = name;
  }
  std::sort(channels.begin(), channels.end(),
            [](const ChannelStanding& a, const ChannelStanding& b) { return a.name < b.name; });
  return situation;
}

}  // namespace packwarden
