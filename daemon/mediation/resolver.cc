#include "mediation/resolver.h"

#include <algorithm>
#include <utility>

namespace packwarden {

RecordResolver::RecordResolver(const Catalogue& catalogue,
                               std::shared_ptr<const AccountDirectory> directory, Instant arrival,
                               const AcceptanceWindow& window, Instant dedupe_floor)
    : catalogue_(&catalogue),
      directory_(std::move(directory)),
      earliest_(std::max(arrival - window.max_age, dedupe_floor)),
      latest_(arrival + window.max_skew) {}

bool RecordResolver::resolve(DecodedLine& line, ResolvedRecord& resolved) {
  const auto reject = [&](RejectReason reason, const char* detail) {
    line.rejected = true;
    line.reason = reason;
    line.detail = detail;
    return false;
  };

  resolved.account = directory_->find(line.account);
  if (resolved.account == nullptr) {
    return reject(RejectReason::unknown_account, "no account or sub-account has this name");
  }
  const auto closed_at = directory_->closed_at(*resolved.account);
  if (closed_at && line.time >= *closed_at) {
    return reject(RejectReason::closed_account, "the account was closed before the event");
  }
  if (last_product_ == nullptr || last_product_->name != line.product) {
    last_meter_ = nullptr;
    last_product_ = catalogue_->find_product(line.product);
    if (last_product_ == nullptr) {
      return reject(RejectReason::unknown_product, "the catalogue has no such product");
    }
  }
  if (last_meter_ == nullptr || last_meter_->name != line.meter) {
    last_meter_ = last_product_->find_meter(line.meter);
    if (last_meter_ == nullptr)
      return reject(RejectReason::unknown_meter, "the product has no such meter");
  }
  resolved.product = last_product_;
  resolved.meter = last_meter_;
  if (line.time < earliest_) {
    return reject(RejectReason::too_old,
                  "the event lies before the acceptance window of its arrival");
  }
  if (line.time > latest_)
    return reject(RejectReason::in_future, "the event lies ahead of its arrival");
  return true;
}

}  // namespace packwarden
