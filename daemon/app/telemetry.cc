#include "app/telemetry.h"

#include "app/build_info.h"
#include "app/clocks.h"
#include "app/composition.h"
#include "store/error_tally.h"

namespace packwarden {

Telemetry::Telemetry(const Settings& settings)
    : ready(std::chrono::seconds(settings.http.ready_database_max_age_s),
            std::chrono::seconds(settings.database.behind_wait_s)),
      samples(situation_limits(settings), settings.jobs.settlement_spread_s,
              BusinessCalendar::for_zone(settings.business_time_zone).value()),
      started_at_(now()),
      max_connections_(settings.http.max_connections) {}

OperatorPort::Standing Telemetry::health() const {
  Standing standing;
  if (standing_still_) standing.faults = standing_still_();
  return standing;
}

OperatorPort::Standing Telemetry::readiness() const {
  return ready.standing();
}

void Telemetry::append_metrics(std::string& out) const {
  const Instant at = now();
  MetricList list;
  list.gauge("packwarden_build_info", "What runs.")
      .add(1, {{"version", build_info().version},
               {"commit", build_info().commit},
               {"compiler", build_info().compiler}});
  list.gauge("process_start_time_seconds", "When the process started, in Unix time.")
      .add(static_cast<double>(started_at_.micros()) / 1e6);
  ready.collect(list, at);
  tally.collect(list);
  list.counter("packwarden_database_errors_total", "Errors of MySQL, by what they mean.");
  for (std::size_t i = 0; i < database_error_kind_count; ++i) {
    const auto kind = static_cast<DatabaseErrorKind>(i);
    list.add(database_errors(kind), {{"kind", std::string(name_of(kind))}});
  }
  collect_http(list);
  samples.collect(list, at);
  out += list.text();
}

void Telemetry::collect_http(MetricList& out) const {
  out.counter("packwarden_entitlement_answers_total",
              "Answers to entitlement checks: allowed or why not, or the error.");
  for (std::size_t i = 0; i < HttpTally::entitlement_answers.size(); ++i) {
    const auto& [status, reason] = HttpTally::entitlement_answers[i];
    out.add(http.entitlements(i),
            {{"status", std::string(status)}, {"reason", std::string(reason)}});
  }
  out.counter("packwarden_http_requests_total", "Answers of the HTTP port, of all paths.");
  for (std::size_t i = 0; i < HttpTally::statuses.size(); ++i) {
    out.add(http.answers(i), {{"status", std::to_string(HttpTally::statuses[i])}});
  }
  out.gauge("packwarden_http_connections", "Open connections.").add(http.open_connections());
  out.counter("packwarden_http_connections_total", "Connections accepted.").add(http.connections());
  out.gauge("packwarden_http_connections_max", "How many there may be; further ones wait.")
      .add(max_connections_);
}

}  // namespace packwarden
