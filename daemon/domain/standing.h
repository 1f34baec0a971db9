#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "domain/account.h"
#include "domain/pack.h"
#include "domain/postpaid.h"
#include "domain/service_state.h"

namespace packwarden {

// A product of which an account holds packs, as it stands in the ledger.
struct ProductStanding {
  ProductId product{};
  std::string name;
  std::vector<HeldPack> packs;  // by id
  bool postpaid_on = false;
  // The midnight from which on overage has a price (S3, S15): before it postpaid does not act. The
  // ledger does not know it: set_priced_from of billing/ sets it.
  std::optional<Instant> priced_from{};
  ServiceState service;  // as last stored
  Instant service_since = Instant::earliest();

  // S18: a refunded pack does not count as bought.
  bool has_bought_pack() const {
    return std::any_of(packs.begin(), packs.end(), [](const HeldPack& held) {
      return !held.pack.is_trial && !held.is_refunded();
    });
  }
};

// All that hangs together for a main account: what one change may do to the rest of it (O4, O8,
// O9).
struct AccountStanding {
  Account account;
  MoneyMicros balance_micros = 0;
  bool is_suspended = false;   // postpaid of all its products (O8)
  bool is_in_arrears = false;  // as last stored and told: the balance was below zero
  std::vector<ProductStanding> products;

  ProductStanding* find(ProductId product) {
    for (ProductStanding& one : products) {
      if (one.product == product) return &one;
    }
    return nullptr;
  }
};

}  // namespace packwarden
