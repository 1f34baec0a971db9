#include "app/letting_go.h"

#include <spdlog/spdlog.h>

namespace packwarden {
namespace {

constexpr std::uint32_t segments_deleted_at_a_time = 16;
constexpr Span clocks_apart_max = Span::minutes(60);

}  // namespace

void LettingGo::step(Instant at) {
  if (utc_day_of(at) != day_) {
    if (trust_clock_ || clocks_agree(at)) forget(at);
    day_ = utc_day_of(at);
  }
  if (!rows_left_) return;
  const std::int32_t first_day = utc_day_of(composition_->ingest().books().dedupe_floor());
  rows_left_ = composition_->ledger().delete_segments_before(
                   first_day, segments_deleted_at_a_time) == segments_deleted_at_a_time;
}

void LettingGo::forget(Instant at) {
  const std::size_t forgotten = composition_->ingest().let_go(at);
  if (forgotten > 0) spdlog::info("let go of {} dedupe keys beyond the window", forgotten);
  rows_left_ = true;
}

// What is let go cannot come back: a clock that has jumped must not close the time before it.
bool LettingGo::clocks_agree(Instant at) {
  const Instant there = composition_->ledger().database_now();
  if (at <= there + clocks_apart_max && there <= at + clocks_apart_max) return true;
  spdlog::error(
      "this host's clock says {} and the database's {}: no dedupe keys are let go until they "
      "agree; set the clocks right",
      to_rfc3339(at), to_rfc3339(there));
  return false;
}

}  // namespace packwarden
