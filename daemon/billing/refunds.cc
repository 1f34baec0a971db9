#include "billing/refunds.h"

#include <fmt/format.h>

#include <utility>

namespace packwarden {
namespace {

tl::unexpected<Refusal> refused(std::string code, std::string message) {
  return tl::unexpected<Refusal>(Refusal{std::move(code), std::move(message)});
}

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

tl::expected<void, Refusal> may_request(const Pack& pack, Units used,
                                        std::optional<RefundStep> last, Instant now) {
  if (pack.is_trial) {
    return refused("trial_not_refundable", "A trial cost nothing and is not refunded.");
  }
  if (last && *last != RefundStep::rejected) {
    return refused(
        "refund_open",
        fmt::format("A refund of this pack is {} already. Go on with that one.", name_of(*last)));
  }
  if (now >= pack.purchased_at + Span::days(pack.refund_window_days)) {
    return refused(
        "refund_over",
        fmt::format("The pack was bought more than {} days of 24 h ago, and is no longer "
                    "refunded.",
                    pack.refund_window_days));
  }
  if (used != 0) {
    return refused("pack_used",
                   fmt::format("{} of its units are used, and only unused packs are refunded. If "
                               "that usage was wrong, void its files first.",
                               used));
  }
  return {};
}

}  // namespace

tl::expected<void, Refusal> may_take(RefundStep wanted, const Pack& pack, Units used,
                                     std::optional<RefundStep> last, Instant now) {
  if (last == RefundStep::completed) {
    return refused("refunded", "The pack is refunded; there is nothing left to do.");
  }
  if (wanted == RefundStep::requested) return may_request(pack, used, last, now);
  if (last != step_before(wanted)) {
    return refused(
        "no_such_step",
        fmt::format("A refund is {} after it was {}; that of this pack is {}.", name_of(wanted),
                    name_of(*step_before(wanted)), last ? name_of(*last) : "not even requested"));
  }
  return {};
}

std::optional<Journal> refund_of(const Pack& pack, Instant at) {
  if (pack.price_micros == 0) return std::nullopt;
  return Journal{pack.account,
                 JournalKind::refund,
                 pack.tier,
                 at,
                 {{Book::balance, pack.price_micros}, {Book::sales, -pack.price_micros}}};
}

}  // namespace packwarden
