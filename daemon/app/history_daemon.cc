#include "app/history_daemon.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "app/ingest_loop.h"

namespace packwarden {

HistoryDaemon::HistoryDaemon(const Settings& settings)
    : incoming_(settings.spool.directory + "/incoming/"),
      ingest_(settings),
      jobs_(settings, 0),  // O6: run-once takes 08:00 for all
      letting_go_(ingest_, true) {
  load_books(ingest_);
}

void HistoryDaemon::drop(const std::string& name, const std::string& content) {
  const std::string written_as = incoming_ + "." + name;  // U1
  errno = 0;
  std::ofstream file(written_as, std::ios::binary | std::ios::trunc);
  file << content;
  file.close();
  if (!file || std::rename(written_as.c_str(), (incoming_ + name).c_str()) != 0) {
    throw SpoolUnavailable(
        fmt::format("{}{} cannot be written: {}. Look at the disk and the rights", incoming_, name,
                    std::strerror(errno)));
  }
}

void HistoryDaemon::take_files(Instant at) {
  take_all(ingest_, letting_go_, at);
}

void HistoryDaemon::run_jobs(Instant at) {
  if (!run_all_jobs(jobs_, at)) {
    throw LedgerUnavailable(
        "another process has the lease of a job, so that what was due is not done;"
        " a history is played where nobody else works");
  }
}

}  // namespace packwarden
