#pragma once

#include <boost/unordered/unordered_flat_set.hpp>
#include <functional>
#include <map>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <vector>

#include "billing/service_finding.h"
#include "domain/business_calendar.h"
#include "domain/catalogue.h"
#include "usecases/entitlement_port.h"
#include "usecases/ledger_port.h"

namespace packwarden {

// What the service states of all accounts go by as of a ledger sequence, in memory (O9): answers
// while the database is away, by the same rule as the ledger (ServiceFinding). One thread takes
// over what the ledger holds; any thread asks. A sub-account is answered for as its main account.
class EntitlementBook : public Entitlements {
 public:
  // `now`: the clock by which packs expire; thread-safe.
  EntitlementBook(const Catalogue& catalogue, const BusinessCalendar& calendar,
                  std::function<Instant()> now);

  // From now on these products are known, with the days from which overage has a price.
  void change(const Catalogue& catalogue, const BusinessCalendar& calendar);

  Sequence sequence() const { return sequence_; }
  // What came after sequence(), or a piece of the whole ledger.
  void take_over(const Changes& changes);
  // All is taken over that the ledger held at `as_of`. The first time questions are answered from
  // then on.
  void confirm(Instant as_of);
  // As it was at the beginning: what was taken over of a ledger that could not be read to its end.
  void forget();

  tl::expected<Entitlement, EntitlementFault> check(std::string_view account,
                                                    std::string_view product) const override;

 private:
  // Millions of each are held: chained by their places, where 0 is none.
  struct Cover {
    Instant effective_from;
    Instant expires_at;
    Instant exhausted_at = Instant::latest();  // as this: it has units left
    Units left = 0;
    std::uint32_t next = 0;  // of the same service
    bool is_trial = false;
    bool has_open_refund = false;
    bool is_refunded = false;
  };
  struct Service {
    ProductId product{};
    std::uint32_t next = 0;  // of the same account
    std::uint32_t first_cover = 0;
    bool postpaid_on = false;
  };
  struct Holder {
    Instant closed_at = Instant::latest();
    AccountId main{};
    std::uint32_t first_service = 0;
    std::uint32_t name_end = 0;  // in all_names_; it begins where the account before it ends
    bool is_suspended = false;
    bool is_in_arrears = false;
  };
  struct KnownProduct {
    ProductId id{};
    std::optional<Instant> priced_from{};
  };
  struct NameHash {
    using is_transparent = void;
    const EntitlementBook* book;
    std::size_t operator()(std::string_view name) const {
      return std::hash<std::string_view>{}(name);
    }
    std::size_t operator()(AccountId id) const { return (*this)(book->text_of(id)); }
  };
  struct SameName {
    using is_transparent = void;
    const EntitlementBook* book;
    bool operator()(AccountId a, AccountId b) const { return a == b; }
    bool operator()(AccountId a, std::string_view b) const { return book->text_of(a) == b; }
    bool operator()(std::string_view a, AccountId b) const { return a == book->text_of(b); }
  };

  Holder& holder(AccountId id) { return holders_[value_of(id)]; }
  Service& service(AccountId account, ProductId product);
  Cover& cover(PackId id) { return covers_.at(value_of(id)); }
  std::string_view text_of(AccountId id) const;
  PackGlance glance_of(PackId id) const;
  void add_account(const Account& account);
  void add_pack(const Pack& pack);
  void take_over_some(const Changes& changes);
  void take_over(const PostpaidChange& change);
  void take_over(const PackDraw& draw);

  std::function<Instant()> now_;
  Sequence sequence_ = 0;

  mutable std::shared_mutex mutex_;  // guards all below
  std::map<std::string, KnownProduct, std::less<>> products_;
  bool loaded_ = false;
  Instant as_of_;
  std::string all_names_;
  boost::unordered_flat_set<AccountId, NameHash, SameName> by_name_{0, NameHash{this},
                                                                    SameName{this}};
  std::vector<Holder> holders_{1};  // by account id
  std::vector<Service> services_{1};
  std::vector<Cover> covers_{1};  // by pack id
};

}  // namespace packwarden
