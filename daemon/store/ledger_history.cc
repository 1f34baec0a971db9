#include "store/ledger_history.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace packwarden {
namespace {

// Before the first transaction there is no stamp to compare.
bool is_among(const std::vector<Digest>& stamps, const LedgerHead& known) {
  if (known.sequence == 0) return true;
  return !stamps.empty() && stamps.front() == known.stamp;
}

}  // namespace

LedgerHistory::Mark LedgerHistory::mark() const {
  const std::lock_guard lock(mutex_);
  return {known_, newest_};
}

void LedgerHistory::check(const Mark& mark, const LedgerHead& head, const StampsOf& stamps_of) {
  if (!mark.known) return learn(head, {});
  const LedgerHead& known = mark.head;
  const auto other = [](Sequence at) {
    throw OtherHistory(
        fmt::format("the database holds another ledger transaction {} than the one that was seen: "
                    "it was restored or replaced, and all is loaded again",
                    at));
  };
  if (head.history != known.history) other(head.sequence);
  if (head.sequence == known.sequence && head.stamp != known.stamp) other(known.sequence);
  if (head.sequence > known.sequence) {
    const Sequence oldest = head.sequence - std::min<Sequence>(head.sequence, stamps_max);
    if (oldest > known.sequence && !is_among(stamps_of(known.sequence, known.sequence), known)) {
      other(known.sequence);
    }
    const auto between = stamps_of(std::max(known.sequence, oldest), head.sequence - 1);
    if (oldest <= known.sequence && !is_among(between, known)) other(known.sequence);
    return learn(head, between);
  }
  if (head.sequence == known.sequence) return;
  {
    const std::lock_guard lock(mutex_);
    const Sequence back = newest_.sequence - head.sequence;
    if (back < stamps_.size() &&
        *(stamps_.end() - 1 - static_cast<std::ptrdiff_t>(back)) != head.stamp) {
      other(head.sequence);
    }
  }
  throw LedgerBehind(fmt::format(
      "the database is at ledger transaction {}, and {} was seen already: it went back, "
      "or this server lags behind; nothing is decided on it. If it was restored on "
      "purpose, run packctl deployment accept-older {}",
      head.sequence, known.sequence, head.sequence));
}

void LedgerHistory::learn(const LedgerHead& head, const std::vector<Digest>& between) {
  const std::lock_guard lock(mutex_);
  if (known_ && head.history == newest_.history && head.sequence <= newest_.sequence) return;
  // What is known has no gaps, and goes back as far as before.
  const Sequence first = head.sequence - between.size();
  if (!known_ || head.history != newest_.history || first > newest_.sequence + 1) {
    stamps_.assign(between.begin(), between.end());
  } else {
    const auto known = static_cast<std::ptrdiff_t>(newest_.sequence + 1 - first);
    stamps_.insert(stamps_.end(), between.begin() + known, between.end());
  }
  stamps_.push_back(head.stamp);
  while (stamps_.size() > stamps_max) stamps_.pop_front();
  newest_ = head;
  known_ = true;
}

void LedgerHistory::committed(const LedgerHead& head) {
  const std::lock_guard lock(mutex_);
  if (known_ && head.sequence <= newest_.sequence) return;
  if (head.sequence != newest_.sequence + 1) stamps_.clear();
  stamps_.push_back(head.stamp);
  if (stamps_.size() > stamps_max) stamps_.pop_front();
  newest_ = head;
  known_ = true;
}

void LedgerHistory::begin_with(const LedgerHead& head, std::deque<Digest> stamps) {
  const std::lock_guard lock(mutex_);
  newest_ = head;
  stamps_ = std::move(stamps);
  known_ = true;
}

}  // namespace packwarden
