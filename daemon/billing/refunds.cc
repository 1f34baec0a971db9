#include "billing/refunds.h"

#include <fmt/format.h>

#include <utility>

namespace packwarden {
namespace {

std::optional<RefundStep> step_before(RefundStep step) {
  switch (step) {
    case RefundStep::requested:
      return std::nullopt;
    case RefundStep::approved:
    case RefundStep::rejected:
      return RefundStep::requested;
    case RefundStep::ordered:
      return RefundStep::approved;
    case RefundStep::completed:
      break;
  }
  return RefundStep::ordered;
}

// What may follow, as a person types it.
std::string next_words(std::optional<RefundStep> last, PackId pack) {
  const auto words = [&](const char* step) {
    return fmt::format("packctl refund {} {}", step, value_of(pack));
  };
  if (last == RefundStep::requested) return words("approve") + " or " + words("reject");
  if (last == RefundStep::approved) return words("order");
  if (last == RefundStep::ordered) return words("complete");
  return words("request");
}

tl::expected<void, Refusal> may_request(const Pack& pack, Units used,
                                        std::optional<RefundStep> last, Instant now) {
  if (pack.is_trial) {
    return refused("trial_not_refundable",
                   fmt::format("Pack {} is a trial, which cost nothing and is not refunded. Name a "
                               "bought pack; packctl pack list shows them.",
                               value_of(pack.id)));
  }
  if (last && *last != RefundStep::rejected) {
    return refused("refund_open",
                   fmt::format("A refund of pack {} is {} already. Go on with {}.",
                               value_of(pack.id), name_of(*last), next_words(last, pack.id)));
  }
  if (now >= pack.purchased_at + Span::days(pack.refund_window_days)) {
    return refused(
        "refund_over",
        fmt::format("A refund of pack {} had to be requested within {} days of 24 h from its "
                    "purchase. Use its units until it expires; packctl pack list shows when.",
                    value_of(pack.id), pack.refund_window_days));
  }
  if (used != 0) {
    return refused("pack_used",
                   fmt::format("{} units of pack {} are used, and only unused packs are refunded. "
                               "If that usage was wrong, void its files first; packctl why names "
                               "them.",
                               used, value_of(pack.id)));
  }
  return {};
}

}  // namespace

tl::expected<void, Refusal> may_take(RefundStep wanted, const Pack& pack, Units used,
                                     std::optional<RefundStep> last, Instant now) {
  if (last == RefundStep::completed) {
    return refused("refunded", fmt::format("Pack {} is refunded, and nothing is left to do. Look "
                                           "at packctl money journal for its booking.",
                                           value_of(pack.id)));
  }
  if (wanted == RefundStep::requested) return may_request(pack, used, last, now);
  if (last != step_before(wanted)) {
    return refused(
        "no_such_step",
        fmt::format("A refund is {} after it was {}; that of pack {} is {}. Run {} first.",
                    name_of(wanted), name_of(*step_before(wanted)), value_of(pack.id),
                    last ? name_of(*last) : "not even requested", next_words(last, pack.id)));
  }
  return {};
}

std::optional<Journal> refund_of(const Pack& pack, Instant at) {
  if (pack.price_micros == 0) return std::nullopt;
  return Journal{pack.account, JournalKind::refund, pack.tier, at, pack.price_micros};
}

}  // namespace packwarden
