#include "app/daemon_tally.h"

namespace packwarden {
namespace {

constexpr std::array file_endings = {"taken", "repeat", "failed"};

const prometheus::Histogram::BucketBoundaries commit_bounds_s = {
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10};
const prometheus::Histogram::BucketBoundaries whole_bounds_s = {
    0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60};

double seconds(std::chrono::steady_clock::duration length) {
  return std::chrono::duration<double>(length).count();
}

}  // namespace

DaemonTally::Histograms::Histograms()
    : commit_s(commit_bounds_s), whole_s(whole_bounds_s), held_s(commit_bounds_s) {}

void DaemonTally::add(const IngestReport& report) {
  const std::lock_guard lock(mutex_);
  counts_ += report.counts;
  rating_units_ += report.units;
  for (const IngestReport::Ended& file : report.ended) {
    ++files_.at(static_cast<std::size_t>(file.ending));
  }
}

void DaemonTally::index_is(std::size_t keys, std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  keys_ = keys;
  index_bytes_ = bytes;
}

void DaemonTally::committed(const CommitTimes& times) {
  const std::lock_guard lock(mutex_);
  Histograms& histograms = kinds_[times.kind];
  histograms.commit_s.Observe(seconds(times.commit));
  histograms.whole_s.Observe(seconds(times.whole));
  histograms.held_s.Observe(seconds(times.held));
}

void DaemonTally::collect(MetricList& out) const {
  const std::lock_guard lock(mutex_);
  out.counter("packwarden_records_total", "Data lines committed, by what became of them (U7).")
      .add(counts_.accepted, {{"outcome", "accepted"}})
      .add(counts_.duplicate, {{"outcome", "duplicate"}})
      .add(counts_.conflict, {{"outcome", "conflict"}})
      .add(counts_.rejected_total(), {{"outcome", "rejected"}});
  out.counter("packwarden_rejected_records_total", "Rejected data lines, by reason (U5).");
  for (std::size_t i = 0; i < reject_reason_count; ++i) {
    const auto reason = static_cast<RejectReason>(i);
    if (reason == RejectReason::conflict) continue;  // an outcome of its own
    out.add(counts_.rejected[i], {{"reason", std::string(name_of(reason))}});
  }
  out.counter("packwarden_not_billable_records_total", "Accepted records that cost nothing.")
      .add(counts_.not_billable_meter, {{"reason", "meter"}})
      .add(counts_.not_billable_integration, {{"reason", "integration"}});
  out.counter("packwarden_units_total", "Accepted units, by what covers them.")
      .add(counts_.drawn_units, {{"outcome", "drawn"}})
      .add(counts_.overage_units, {{"outcome", "overage"}})
      .add(counts_.overrun_units, {{"outcome", "overrun"}})
      .add(counts_.not_billable_units, {{"outcome", "not_billable"}});
  out.counter("packwarden_rating_units_total", "Rating units committed (B5).").add(rating_units_);
  out.counter("packwarden_files_total", "Usage files ended, by how.");
  for (std::size_t i = 0; i < files_.size(); ++i) out.add(files_[i], {{"ending", file_endings[i]}});
  out.gauge("packwarden_dedupe_keys", "Keys of the dedupe window in memory.").add(keys_);
  out.gauge("packwarden_dedupe_memory_bytes", "Memory that the dedupe keys take.")
      .add(index_bytes_);
  out.histogram("packwarden_ledger_commit_seconds", "How long COMMIT took.");
  for (const auto& [kind, histograms] : kinds_) out.add(histograms.commit_s, {{"kind", kind}});
  out.histogram("packwarden_ledger_transaction_seconds",
                "The whole of a committed ledger transaction, lock wait and COMMIT included.");
  for (const auto& [kind, histograms] : kinds_) out.add(histograms.whole_s, {{"kind", kind}});
  out.histogram("packwarden_ledger_held_seconds",
                "How long a committed ledger transaction held the ledger: nobody else could change "
                "it meanwhile.");
  for (const auto& [kind, histograms] : kinds_) out.add(histograms.held_s, {{"kind", kind}});
}

}  // namespace packwarden
