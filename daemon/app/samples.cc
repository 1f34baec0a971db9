#include "app/samples.h"

#include <algorithm>
#include <utility>

namespace packwarden {
namespace {

double seconds_since(Instant then, Instant now) {
  return std::max(0.0, static_cast<double>((now - then).nanos) / 1e9);
}

}  // namespace

void Samples::spool_is(SpoolState state, std::uint64_t disk_bytes) {
  const std::lock_guard lock(mutex_);
  spool_ = std::move(state);
  spool_disk_bytes_ = disk_bytes;
  spool_seen_at_ = std::chrono::steady_clock::now();
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
  if (spool_) {
    out.add(std::chrono::duration<double>(at - spool_seen_at_).count(), {{"source", "spool"}});
  }
  collect_spool(out, now);
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
