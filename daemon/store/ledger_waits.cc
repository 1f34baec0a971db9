#include "store/ledger_waits.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "logging/log.h"

namespace packwarden {

namespace {

void say_on_log(const std::string& sentence) {
  log_event(events::ledger_waited_for, "{}", sentence);
}

}  // namespace

LedgerWaits::LedgerWaits(DatabaseAddress address, std::chrono::milliseconds said_after,
                         std::function<void(const std::string&)> say)
    : said_after_(said_after),
      say_(say ? std::move(say) : say_on_log),
      session_(std::move(address)) {}

LedgerWaits::Wait::Wait(LedgerWaits* waits, const char* kind) : waits_(waits) {
  if (waits_ == nullptr) return;
  const std::lock_guard lock(waits_->mutex_);
  at_ = waits_->open_.insert(waits_->open_.end(), {kind, std::chrono::steady_clock::now()});
  if (waits_->thread_.joinable()) return;
  waits_->thread_ = std::jthread([waits](const std::stop_token& stop) { waits->run(stop); });
}

LedgerWaits::Wait::~Wait() {
  if (waits_ == nullptr) return;
  const std::lock_guard lock(waits_->mutex_);
  waits_->open_.erase(at_);
}

// It looks now and then: waking it for each transaction would cost more than the look.
void LedgerWaits::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    stopped_.wait_for(lock, stop, said_after_ / 4, [] { return false; });
    std::vector<Wait::Open> late;
    const Time now = std::chrono::steady_clock::now();
    for (Wait::Open& one : open_) {
      if (now - one.since < said_after_ || std::exchange(one.said, true)) continue;
      late.push_back(one);
    }
    if (late.empty()) continue;
    lock.unlock();
    const std::string who = holder();
    for (const Wait::Open& one : late) {
      const auto waited = std::chrono::duration<double>(now - one.since).count();
      say_(fmt::format("ledger transaction ({}) has waited for the ledger for {:.1f} s; {}",
                       one.kind, waited, who));
    }
    lock.lock();
  }
}

std::string LedgerWaits::holder() {
  try {
    if (!session_.connected()) session_.connect();
    session_.execute("SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED");
    const auto rows = session_.query("SELECT holder FROM ledger_sequence WHERE id = 1");
    const std::string name = rows.empty() ? "" : rows.at(0).at(0).value_or("");
    return name.empty()
               ? "its holder has written no name: it is another client of the database, or "
                 "is at its COMMIT"
               : name + " holds it";
  } catch (const DatabaseError& error) {
    session_.close();
    return fmt::format("who holds it could not be read: {}", error.what());
  }
}

}  // namespace packwarden
