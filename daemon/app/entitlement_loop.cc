#include "app/entitlement_loop.h"

#include <chrono>
#include <utility>

#include "app/composition.h"
#include "app/http_settings.h"
#include "logging/log.h"
#include "store/deployment.h"
#include "store/ledger_head.h"

namespace packwarden {
namespace {

constexpr std::chrono::milliseconds look_interval{200};
constexpr std::chrono::milliseconds pause_after_error{1'000};

// The answers age meanwhile; the loop tries again.
LedgerOptions once_only(LedgerOptions options) {
  options.transaction_attempts_max = 1;
  return options;
}

std::int64_t steady_nanos() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

EntitlementComposition::EntitlementComposition(const Settings& settings, Telemetry& telemetry,
                                               LoopWatch::Loop* loop)
    : telemetry_(&telemetry),
      catalogue_(settings.catalogue),
      calendar_(BusinessCalendar::for_zone(settings.business_time_zone).value()),
      ledger_(database_address(settings), once_only(ledger_options(settings, beats_of(loop)))) {
  Session session(database_address(settings));
  session.connect();
  set_clock(read_clock(session));
  intern_catalogue(session, catalogue_);
  book_ = std::make_unique<EntitlementBook>(catalogue_, calendar_, [this] { return now(); });
  server_ = std::make_unique<HttpServer>(http_options(settings.http),
                                         HttpServices{*book_, telemetry, telemetry.http});
  log_event(events::http_listens, "entitlement checks are answered on {}", settings.http.listen);
}

void EntitlementComposition::follow(const LoopHost& host, std::stop_token stop,
                                    const std::function<void()>& on_ready) {
  bool is_ready = false;
  bool failing = false;
  while (!stop.stop_requested()) {
    try {
      host.loop.step("following the ledger");
      host.settings.take_over([this](const Settings& settings) {
        catalogue_ = settings.catalogue;
        book_->change(catalogue_, calendar_);
      });
      if (loaded_) {
        look();
        if (!std::exchange(is_ready, true)) on_ready();
      }
      if (std::exchange(failing, false)) {
        log_event(events::entitlements_go_on, "entitlements follow the ledger again");
      }
      host.sleep(stop, look_interval);
    } catch (const LedgerUnavailable& error) {
      telemetry_->ready.database_fails(error.what());
      if (!std::exchange(failing, true)) {
        log_event(events::entitlements_wait,
                  "{}; entitlement checks are answered from memory and say how old they are",
                  error.what());
      }
      host.sleep(stop, pause_after_error);
    }
  }
  server_->stop();
}

// Also again, where the database holds another history: until complete() nobody follows.
void EntitlementComposition::begin() {
  const std::lock_guard lock(taking_over_);
  loaded_ = false;
  loads_from_ = now();
  book_->forget();
}

void EntitlementComposition::take_over(const Changes& piece) {
  book_->take_over(piece);
}

void EntitlementComposition::complete() {
  are_as_of(loads_from_);
  loaded_ = true;
}

void EntitlementComposition::look() {
  const std::lock_guard lock(taking_over_);
  if (!loaded_) return;
  const Instant as_of = ledger_.database_now();
  set_clock(as_of);
  if (ledger_.head().sequence != book_->sequence()) {
    book_->take_over(ledger_.changes_after(Follower::entitlements, book_->sequence()));
  }
  are_as_of(as_of);
}

Instant EntitlementComposition::now() const {
  return Instant{steady_nanos() + clock_ahead_nanos_.load(std::memory_order_relaxed)};
}

void EntitlementComposition::set_clock(Instant clock) {
  clock_ahead_nanos_.store(clock.nanos - steady_nanos(), std::memory_order_relaxed);
}

void EntitlementComposition::are_as_of(Instant as_of) {
  book_->confirm(as_of);
  telemetry_->ready.entitlements_are_as_of(as_of);
}

}  // namespace packwarden
