#include "app/letting_go.h"

#include "logging/log.h"

namespace packwarden {
namespace {

constexpr std::uint32_t segments_deleted_at_a_time = 16;

}  // namespace

void LettingGo::step(Instant at) {
  if (utc_day_of(at) != day_) {
    // S7: what is let go cannot come back.
    if (!trust_clock_) at = composition_->ledger().agreed_now();
    forget(at);
    day_ = utc_day_of(at);
  }
  if (!rows_left_) return;
  const std::int32_t first_day = utc_day_of(composition_->ingest().books().dedupe_floor());
  rows_left_ = composition_->ledger().delete_segments_before(
                   first_day, segments_deleted_at_a_time) == segments_deleted_at_a_time;
}

void LettingGo::forget(Instant at) {
  const std::size_t forgotten =
      composition_->ingest().let_go(at, trust_clock_ ? std::optional(at) : std::nullopt);
  if (forgotten > 0)
    log_event(events::keys_let_go, "let go of {} dedupe keys beyond the window", forgotten);
  rows_left_ = true;
}

}  // namespace packwarden
