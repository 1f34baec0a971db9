#include "ctl/pace_meter.h"

#include <algorithm>

namespace packwarden {
namespace {

constexpr std::int64_t kept_ms = 60'000;
// A trend of less says nothing: files come and go whole.
constexpr std::int64_t trend_min_ms = 5'000;

std::optional<Backlog> backlog_of(const Situation& situation) {
  if (!situation.spool) return std::nullopt;
  Backlog backlog;
  for (const WaitingInSpool* waiting :
       {&situation.spool->incoming, &situation.spool->work, &situation.spool->retry}) {
    backlog.files += static_cast<std::int64_t>(waiting->files);
    backlog.bytes += static_cast<std::int64_t>(waiting->bytes);
  }
  return backlog;
}

}  // namespace

void PaceMeter::add(const Situation& situation, const std::optional<LedgerPace>& pace,
                    std::int64_t at_ms) {
  Look look;
  look.at_ms = at_ms;
  look.backlog = backlog_of(situation);
  if (pace && sequence_ && !looks_.empty()) {
    look.span_ms = std::max<std::int64_t>(1, at_ms - looks_.back().at_ms);
    look.commits = static_cast<std::int64_t>(pace->sequence - *sequence_);
    look.pace = *pace;
  }
  if (pace) {
    sequence_ = pace->sequence;
  } else if (situation.ledger) {
    sequence_ = situation.ledger->sequence;
  }
  looks_.push_back(std::move(look));
  while (looks_.size() > 2 && at_ms - looks_.front().at_ms > kept_ms) looks_.pop_front();
}

std::optional<Rates> PaceMeter::rates_of(std::size_t looks) const {
  Rates rates;
  std::int64_t span_ms = 0;
  for (std::size_t i = looks_.size() - std::min(looks, looks_.size()); i < looks_.size(); ++i) {
    const Look& look = looks_[i];
    if (!look.span_ms) continue;
    span_ms += *look.span_ms;
    rates.records += static_cast<double>(look.pace.records);
    rates.units += static_cast<double>(look.pace.units);
    rates.files += static_cast<double>(look.pace.files);
    rates.commits += static_cast<double>(look.commits);
    for (const LedgerPace::Ended& ended : look.pace.ended) {
      const auto deliveries = static_cast<double>(ended.deliveries);
      if (ended.state == "sent") {
        rates.sent += deliveries;
        rates.sent_by_channel[ended.channel] += deliveries;
      } else if (ended.state == "dead" || ended.state == "expired") {
        rates.dead += deliveries;
      }
    }
  }
  if (span_ms == 0) return std::nullopt;
  const double seconds = static_cast<double>(span_ms) / 1'000;
  for (double* figure :
       {&rates.records, &rates.units, &rates.files, &rates.commits, &rates.sent, &rates.dead}) {
    *figure /= seconds;
  }
  for (auto& [channel, sent] : rates.sent_by_channel) sent /= seconds;
  return rates;
}

std::optional<Rates> PaceMeter::now() const {
  return rates_of(1);
}

std::optional<Rates> PaceMeter::last_minute() const {
  std::size_t looks = 0;
  for (const Look& look : looks_) looks += looks_.back().at_ms - look.at_ms <= kept_ms ? 1 : 0;
  return rates_of(looks);
}

std::optional<Backlog> PaceMeter::backlog() const {
  if (looks_.empty() || !looks_.back().backlog) return std::nullopt;
  Backlog backlog = *looks_.back().backlog;
  const auto first = std::find_if(looks_.begin(), looks_.end(),
                                  [](const Look& look) { return look.backlog.has_value(); });
  const std::int64_t span_ms = looks_.back().at_ms - first->at_ms;
  if (span_ms < trend_min_ms) return backlog;
  backlog.bytes_per_s = static_cast<double>(backlog.bytes - first->backlog->bytes) /
                        (static_cast<double>(span_ms) / 1'000);
  if (backlog.bytes_per_s < 0 && backlog.bytes > 0) {
    backlog.empty_in_s =
        static_cast<std::int64_t>(static_cast<double>(backlog.bytes) / -backlog.bytes_per_s);
  }
  return backlog;
}

}  // namespace packwarden
