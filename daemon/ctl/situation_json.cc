#include "ctl/situation_json.h"

#include "domain/shown_text.h"

namespace packwarden {
namespace {

boost::json::object json_of(const WaitingInSpool& waiting) {
  boost::json::object object{{"files", waiting.files}, {"bytes", waiting.bytes}};
  object["oldest"] = nullptr;
  object["oldest_name"] = shown_bytes(waiting.oldest_name);
  if (waiting.oldest) object["oldest"] = to_rfc3339(*waiting.oldest);
  return object;
}

boost::json::object json_of(const FailedFile& failed) {
  return {{"file", shown_bytes(failed.file.name)},
          {"claim", failed.file.claim},
          {"arrival", to_rfc3339(failed.file.arrival)},
          {"reason", shown_bytes(failed.reason)}};
}

template <class Value>
boost::json::value shown(const std::optional<Value>& value) {
  return value ? boost::json::value(*value) : boost::json::value();
}

}  // namespace

boost::json::value time_or_null(const std::optional<Instant>& at) {
  return at ? boost::json::value(to_rfc3339(*at)) : boost::json::value();
}

boost::json::object json_of(const SpoolState& state) {
  boost::json::object object{{"daemon_has_it", state.daemon_has_it},
                             {"failed", state.failed},
                             {"free_bytes", state.free_bytes}};
  object["hold"] = nullptr;
  if (state.hold) {
    object["hold"] = boost::json::object{{"since", to_rfc3339(state.hold->since)},
                                         {"reason", shown_bytes(state.hold->reason)}};
  }
  object["incoming"] = json_of(state.incoming);
  object["being_written"] = json_of(state.being_written);
  object["work"] = json_of(state.work);
  object["held"] = json_of(state.held);
  object["retry"] = json_of(state.retry);
  object["open_rejects"] = json_of(state.open_rejects);
  boost::json::array failed;
  for (const FailedFile& one : state.last_failed) failed.push_back(json_of(one));
  object["last_failed"] = std::move(failed);
  return object;
}

std::string shown_state(const ChannelRow& row) {
  if (row.state.empty()) return "never started";
  const bool should_live =
      row.state == "starting" || row.state == "delivering" || row.state == "failing";
  if (should_live && row.silent_s.value_or(0) > silent_channel_s) return "silent";
  return row.paused ? "paused, " + row.state : row.state;
}

boost::json::object json_of(const ChannelRow& row) {
  return {{"channel", row.name},
          {"plugin", row.plugin},
          {"state", shown_state(row)},
          {"paused", row.paused},
          {"since", row.since ? boost::json::value(to_rfc3339(*row.since)) : boost::json::value()},
          {"silent_s", shown(row.silent_s)},
          {"starts", row.starts},
          {"failures", row.failures},
          {"waiting", row.waiting},
          {"sending", row.sending},
          {"held", row.held},
          {"sent_in_a_day", row.sent},
          {"dead_in_a_day", row.dead},
          {"expired_in_a_day", row.expired},
          {"oldest_s", shown(row.oldest_s)},
          {"held_s", shown(row.held_s)},
          {"at_least", row.at_least},
          {"detail", row.detail}};
}

boost::json::object json_of(const SetAside& one) {
  return {{"job", one.job},
          {"account", one.account_name},
          {"reason", one.reason},
          {"since", to_rfc3339(one.since)},
          {"tried_at", to_rfc3339(one.tried_at)},
          {"tries", one.tries}};
}

boost::json::object json_of(const JobRow& row, std::int64_t behind_s) {
  return {{"job", row.name},
          {"holder", row.holder},
          {"started_at", time_or_null(row.started_at)},
          {"succeeded_at", time_or_null(row.succeeded_at)},
          {"done_until", time_or_null(row.done_until)},
          {"behind_s", behind_s}};
}

boost::json::object json_of(const Situation& situation, const std::vector<Finding>& findings,
                            const SituationLimits& limits) {
  boost::json::object object{{"as_of", to_rfc3339(situation.as_of)},
                             {"health", name_of(health_of(findings))}};
  boost::json::array found;
  for (const Finding& finding : findings) {
    found.push_back(boost::json::object{{"severity", name_of(finding.severity)},
                                        {"code", finding.code},
                                        {"sentence", finding.sentence},
                                        {"command", finding.command}});
  }
  object["findings"] = std::move(found);
  object["ledger"] = nullptr;
  boost::json::array jobs;
  boost::json::array channels;
  boost::json::array set_aside;
  if (situation.ledger) {
    const LedgerSituation& ledger = *situation.ledger;
    object["ledger"] = boost::json::object{{"sequence", ledger.sequence},
                                           {"last_commit", time_or_null(ledger.last_commit)},
                                           {"schema_version", ledger.schema_version},
                                           {"clock_ahead_ms", ledger.clock_ahead_ms}};
    for (const JobRow& job : ledger.jobs) {
      jobs.push_back(json_of(job, late_s(job, situation.as_of, limits)));
    }
    for (const SetAside& one : ledger.set_aside) set_aside.push_back(json_of(one));
    for (const ChannelStanding& channel : ledger.channels) {
      channels.push_back(json_of(channel));
      channels.back().as_object()["configured"] = channel.configured;
    }
  }
  object["jobs"] = std::move(jobs);
  object["set_aside"] = std::move(set_aside);
  object["channels"] = std::move(channels);
  object["spool"] = nullptr;
  if (situation.spool) object["spool"] = json_of(*situation.spool);
  return object;
}

}  // namespace packwarden
