#include "http/entitlement_route.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "domain/account_name.h"
#include "http/http_time.h"

namespace packwarden {
namespace {

constexpr std::int64_t nanos_per_ms = 1'000'000;

Answer bad_name(std::string& body, std::string_view which, std::string_view fault,
                HttpTally& tally) {
  tally.answered_bad_name();
  return error_answer(body, 400, "bad_name",
                      fmt::format("The name of the {} {}: give 1 to 128 bytes of UTF-8, "
                                  "percent-encoded.",
                                  which, fault));
}

Answer fault_answer(std::string& body, EntitlementFault fault) {
  switch (fault) {
    case EntitlementFault::unknown_account:
      return error_answer(body, 404, "unknown_account",
                          "There is no account of this name: mend the name, or add the account "
                          "with packctl account add.");
    case EntitlementFault::unknown_product:
      return error_answer(body, 404, "unknown_product",
                          "There is no product of this name: mend the name, or look at packctl "
                          "catalogue.");
    case EntitlementFault::not_ready:
      break;
  }
  return error_answer(body, 503, "not_ready",
                      "The daemon is still loading its ledger: try again in a second.");
}

// Never below 0: clocks are set back at times.
std::int64_t age_ms(Instant as_of, Instant now) {
  std::int64_t age = 0;
  if (__builtin_sub_overflow(now.nanos, as_of.nanos, &age)) return 0;
  return std::max<std::int64_t>(age / nanos_per_ms, 0);
}

void write(std::string& body, std::string_view account, std::string_view product,
           const Entitlement& found, Instant now) {
  body.append("{\"account\":");
  append_json(body, account);
  body.append(",\"product\":");
  append_json(body, product);
  body.append(found.allowed ? ",\"allowed\":true,\"reason\":" : ",\"allowed\":false,\"reason\":");
  if (found.allowed) {
    body.append("null");
  } else {
    append_json(body, name_of(found.stop_reason));
  }
  body.append(",\"covered_by\":");
  append_json(body, found.covered_by);
  fmt::format_to(std::back_inserter(body), ",\"left_units\":{},\"as_of\":\"", found.left_units);
  append_rfc3339(body, found.as_of);
  fmt::format_to(std::back_inserter(body), "\",\"age_ms\":{}}}\n", age_ms(found.as_of, now));
}

Answer answer(const Entitlements& entitlements, HttpTally& tally, const RouteCall& call,
              std::string& body) {
  DecodedSpace account_space;
  DecodedSpace product_space;
  const auto account = percent_decoded(call.parameters[0], account_space);
  if (!account) return bad_name(body, "account", account.error(), tally);
  const auto product = percent_decoded(call.parameters[1], product_space);
  if (!product) return bad_name(body, "product", product.error(), tally);
  if (const auto fault = fault_of_account_name(*account)) {
    return bad_name(body, "account", *fault, tally);
  }
  if (const auto fault = fault_of_account_name(*product)) {
    return bad_name(body, "product", *fault, tally);
  }

  const auto found = entitlements.check(*account, *product);
  if (!found) {
    tally.answered(found.error());
    return fault_answer(body, found.error());
  }
  tally.answered(found->stop_reason);
  write(body, *account, *product, *found, call.now);
  return {};
}

}  // namespace

void add_entitlement_route(Router& router, const Entitlements& entitlements, HttpTally& tally) {
  router.add("/v1/entitlements/{account}/{product}", Access::bearer_token,
             [&entitlements, &tally](const RouteCall& call, std::string& body) {
               return answer(entitlements, tally, call, body);
             });
}

}  // namespace packwarden
