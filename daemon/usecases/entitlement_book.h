#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <functional>
#include <map>
#include <shared_mutex>
#include <span>
#include <string>
#include <vector>

#include "domain/catalogue.h"
#include "domain/service_state.h"
#include "usecases/entitlement_port.h"
#include "usecases/ledger_port.h"

namespace packwarden {

// The service states of all accounts as of a ledger sequence, in memory (O9): answers while the
// database is away. One thread takes over what the ledger holds; any thread asks. A sub-account is
// answered for as its main account.
class EntitlementBook : public Entitlements {
 public:
  // `now`: the clock by which packs expire; thread-safe.
  EntitlementBook(const Catalogue& catalogue, std::function<Instant()> now);

  Sequence sequence() const { return sequence_; }
  // What came after sequence(); `as_of`: when the ledger was asked for it.
  void take_over(const Changes& changes, Instant as_of);
  // Nothing came after sequence().
  void confirm(Instant as_of);

  tl::expected<Entitlement, EntitlementFault> check(std::string_view account,
                                                    std::string_view product) const override;

 private:
  struct Cover {
    PackId pack{};
    bool is_trial = false;
    bool frozen = false;
    Instant effective_from;
    Instant expires_at;
    Units left = 0;
  };
  struct Service {
    ProductId product{};
    ServiceState stored;
    bool postpaid_on = false;
    std::vector<Cover> packs;
  };
  struct Holder {
    AccountId main{};
    bool suspended = false;
    Instant closed_at = Instant::latest();
    std::vector<Service> services;
  };
  struct PlaceOfPack {
    AccountId account{};
    ProductId product{};
  };
  struct NameHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const noexcept {
      return std::hash<std::string_view>{}(name);
    }
  };

  Holder& holder(AccountId id) { return holders_[value_of(id)]; }
  Service& service(AccountId account, ProductId product);
  Cover& cover(PackId pack);
  void take_over_some(const Changes& changes);
  static ServiceState state_at(const Holder& holder, const Service& service, Instant at,
                               Units& left);

  std::function<Instant()> now_;
  std::map<std::string, ProductId, std::less<>> products_;
  Sequence sequence_ = 0;

  mutable std::shared_mutex mutex_;  // guards all below
  bool loaded_ = false;
  Instant as_of_;
  boost::unordered_flat_map<std::string, AccountId, NameHash, std::equal_to<>> names_;
  std::vector<Holder> holders_ = {{}};     // by account id
  std::vector<PlaceOfPack> packs_ = {{}};  // by pack id
};

}  // namespace packwarden
