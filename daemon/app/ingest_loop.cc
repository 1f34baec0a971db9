#include "app/ingest_loop.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "app/clocks.h"
#include "app/telemetry.h"
#include "domain/held_sum.h"
#include "logging/log.h"

namespace packwarden {
namespace {

constexpr std::chrono::milliseconds first_pause{200};
constexpr std::chrono::milliseconds longest_pause{15'000};
// An idle daemon reads what others appended this often.
constexpr std::chrono::milliseconds follow_interval{1'000};

void log(const IngestReport& report) {
  if (report.stale) {
    log_event(events::books_read_again,
              "read again from the checkpoints: others were faster, or accounts came");
    return;
  }
  if (!report.unstorable.empty() && report.ended.empty()) {
    log_event(events::batch_narrowed,
              "a batch is tried in halves, because the ledger cannot hold all of it: {}",
              report.unstorable);
  }
  if (report.committed) {
    const UnitCounts& counts = report.counts;
    log_event(
        events::batch_committed, {.batch = report.sequence},
        "ledger {}: {} lines in {} rating unit{}: {} accepted, {} duplicates, {} conflicts, {} "
        "rejected; {}{} units drawn, {}{} overrun; {} keys held in {} MiB",
        report.sequence, counts.lines, report.units, report.units == 1 ? "" : "s", counts.accepted,
        counts.duplicate, counts.conflict, counts.rejected_total(),
        sign_if_held(counts.drawn_units), counts.drawn_units, sign_if_held(counts.overrun_units),
        counts.overrun_units, report.keys_held, report.index_bytes >> 20);
  }
  for (const IngestReport::Ended& file : report.ended) {
    const LogFields about{.file = file.name, .batch = report.committed ? report.sequence : 0};
    switch (file.ending) {
      case FileEnding::taken:
        log_event(events::file_taken, about, "file '{}' is taken; see its receipt", file.name);
        break;
      case FileEnding::repeat:
        log_event(events::file_repeated, about,
                  "file '{}' was taken before under this or another name; nothing was charged",
                  file.name);
        break;
      case FileEnding::failed:
        log_event(events::file_failed, about, "file '{}' could not be taken and is in failed/: {}",
                  file.name, file.reason);
        break;
    }
  }
}

// Exact: the bench reckons bytes a key from this line.
void log_index(IngestComposition& composition) {
  const DedupeIndex& index = composition.ingest().books().index();
  log_event(events::index_size, "dedupe index: {} keys held in {} bytes", index.size(),
            index.memory_bytes());
}

// Grows with each of them that comes next.
class Pause {
 public:
  std::chrono::milliseconds next() {
    return std::exchange(pause_, std::min(pause_ * 2, longest_pause));
  }

 private:
  std::chrono::milliseconds pause_ = first_pause;
};

// A time in which the database or the spool is not to be had: growing pauses, and a line for its
// end.
class Outage {
 public:
  std::chrono::milliseconds next_pause() {
    if (!begin_) begin_ = std::chrono::steady_clock::now();
    return pause_.next();
  }
  void is_over() {
    if (!begin_) return;
    const auto lasted = std::chrono::steady_clock::now() - *begin_;
    log_event(events::ingest_goes_on, "ingest goes on after {} s",
              std::chrono::duration_cast<std::chrono::seconds>(lasted).count());
    *this = {};
  }

 private:
  std::optional<std::chrono::steady_clock::time_point> begin_;
  Pause pause_;
};

// Says once that a person holds the spool, and once that it goes on. Gives whether it is held.
class HoldNotice {
 public:
  bool look(const SpoolDirectory& spool, DaemonStatus& status) {
    const bool held = spool.is_held();
    if (held == held_) return held_;
    const auto hold = spool.hold();
    held_ = hold.has_value();
    status.held(!hold ? "" : hold->reason.empty() ? "no reason is given" : hold->reason);
    if (held_) {
      log_event(events::spool_held,
                "the spool is held: nothing is claimed until packctl spool release");
    } else {
      log_event(events::spool_released, "the spool is released");
    }
    return held_;
  }

 private:
  bool held_ = false;
};

// Says yes once in a while.
class NowAndThen {
 public:
  bool is_due() {
    const auto now = std::chrono::steady_clock::now();
    if (now < next_) return false;
    next_ = now + follow_interval;
    return true;
  }

 private:
  std::chrono::steady_clock::time_point next_{};
};

}  // namespace

void run_ingest(IngestComposition& composition, std::chrono::milliseconds scan_interval,
                LoadedBeside* beside, const LoopHost& host, std::stop_token stop,
                const std::function<void()>& on_ready) {
  bool loaded = false;
  bool was_ready = false;
  bool is_other_history = false;  // which may have another meaning, too
  LettingGo letting_go(composition, false);
  Outage outage;
  // Files that the ledger cannot hold, one after the other and none that it can between them:
  // should the fault be the database's after all, it does not empty the whole spool into failed/.
  Pause unstorable;
  HoldNotice hold_notice;
  bool has_name = true;
  NowAndThen follows;
  while (!stop.stop_requested()) {
    try {
      if (!loaded) {
        host.loop.step("loading the books");
        if (is_other_history) composition.take_meaning();
        is_other_history = false;
        const auto on_loading = [&](std::uint64_t rows, std::uint64_t keys) {
          stop_loading(stop);
          host.status.loading(rows, keys);
        };
        load_books(composition, on_loading, beside);
        loaded = true;
        composition.spool_name().renew();  // what was seen of another history counts no more
        host.status.loaded(composition.ingest().books().sequence());
        host.telemetry.ready.books_are_loaded();
        if (!std::exchange(was_ready, true)) on_ready();
      }
      host.settings.take_over([&](const Settings& settings) {
        composition.change(settings);
        scan_interval = std::chrono::milliseconds(settings.spool.scan_interval_ms);
      });
      const Instant at = now();
      letting_go.step(at);
      host.telemetry.ready.spool_is_held(hold_notice.look(composition.spool(), host.status));
      const std::string name_fault = composition.spool_name().fault();
      if (std::exchange(has_name, name_fault.empty()) != name_fault.empty()) {
        host.status.held(name_fault.empty() ? "" : "another daemon may work under its name");
      }
      const DedupeIndex& index = composition.ingest().books().index();
      host.telemetry.tally.index_is(index.size(), index.memory_bytes());
      const std::optional<IngestReport> report = composition.ingest().round(at, std::nullopt);
      if (!report) {  // nothing was asked of the database: whether it is there is known by looking
        composition.ingest().look();
        if (follows.is_due()) composition.ingest().follow();
      }
      outage.is_over();
      host.telemetry.ready.clocks_differ("");
      host.telemetry.ready.ledger_goes_on();
      if (name_fault.empty()) {
        host.telemetry.ready.spool_works();
      } else {
        host.telemetry.ready.spool_fails(name_fault);
      }
      if (report) {
        host.telemetry.tally.add(*report);
        log(*report);
        host.status.took(composition.ingest().books().sequence(), report->counts.accepted);
        if (report->committed) {
          unstorable = Pause();
        } else if (!report->unstorable.empty() && !report->ended.empty()) {
          host.sleep(stop, unstorable.next());
        }
      } else {
        host.status.idle(composition.ingest().books().sequence());
        host.sleep(stop, scan_interval);
      }
    } catch (const StoppedLoading&) {
    } catch (const OtherHistory& error) {
      log_event(events::other_history, "{}", error.what());
      loaded = false;
      is_other_history = true;
    } catch (const ClocksDiffer& error) {
      const auto pause = outage.next_pause();
      host.status.away("the right time", now());
      host.telemetry.ready.clocks_differ(error.what());
      log_event(events::clocks_differ, "{}; nothing is lost, next try in {} ms", error.what(),
                pause.count());
      host.sleep(stop, pause);
    } catch (const LedgerBehind& error) {
      const auto pause = outage.next_pause();
      host.status.away("a database that is not older than before", now());
      const bool is_for_long = host.telemetry.ready.ledger_is_behind(error.what());
      log_event(is_for_long ? events::ledger_behind : events::ingest_waits, "{}; next try in {} ms",
                error.what(), pause.count());
      host.sleep(stop, pause);
    } catch (const LedgerUnavailable& error) {
      const auto pause = outage.next_pause();
      host.status.away("the database", now());
      if (!loaded) host.telemetry.ready.database_fails(error.what());
      log_event(events::ingest_waits,
                "{}; nothing is lost, ingest goes on when the database is back; next try in {} ms",
                error.what(), pause.count());
      host.sleep(stop, pause);
    } catch (const SpoolUnavailable& error) {
      const auto pause = outage.next_pause();
      host.status.away("the spool", now());
      host.telemetry.ready.spool_fails(error.what());
      log_event(events::ingest_waits, "{}; nothing is lost, next try in {} ms", error.what(),
                pause.count());
      host.sleep(stop, pause);
    }
  }
  if (loaded) log_index(composition);
}

void IngestTally::add(const IngestReport& report) {
  files += report.ended.size();
  counts += report.counts;
}

void load_books(IngestComposition& composition, const OnLoading& on_loading, LoadedBeside* beside) {
  const auto begin = std::chrono::steady_clock::now();
  composition.ingest().load(on_loading, beside);
  const auto took = std::chrono::steady_clock::now() - begin;
  Books& books = composition.ingest().books();
  log_event(events::books_loaded,
            "books loaded as of ledger {} in {} ms: {} accounts, {} dedupe keys in {} MiB",
            books.sequence(), std::chrono::duration_cast<std::chrono::milliseconds>(took).count(),
            books.directory()->size(), books.index().size(), books.index().memory_bytes() >> 20);
}

IngestTally take_all(IngestComposition& composition, LettingGo& letting_go,
                     std::optional<Instant> as_of) {
  letting_go.step(as_of.value_or(now()));
  IngestTally tally;
  while (const auto report = composition.ingest().round(as_of.value_or(now()), as_of)) {
    log(*report);
    tally.add(*report);
  }
  return tally;
}

void run_ingest_once(IngestComposition& composition, std::optional<Instant> as_of) {
  load_books(composition);
  LettingGo letting_go(composition, as_of.has_value());
  const auto begin = std::chrono::steady_clock::now();
  const IngestTally tally = take_all(composition, letting_go, as_of);
  if (const std::string fault = composition.spool_name().fault(); !fault.empty()) {
    throw SpoolUnavailable(fault);
  }
  const auto took_ms =
      std::max<std::int64_t>(1, std::chrono::duration_cast<std::chrono::milliseconds>(
                                    std::chrono::steady_clock::now() - begin)
                                    .count());
  log_event(events::run_once_done,
            "run-once: {} file{}, {} lines in {} ms, {} lines a second; {} accepted", tally.files,
            tally.files == 1 ? "" : "s", tally.counts.lines, took_ms,
            tally.counts.lines * 1000 / took_ms, tally.counts.accepted);
  log_index(composition);
}

}  // namespace packwarden
