#pragma once

#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "dedupe/dedupe_index.h"
#include "domain/account.h"
#include "domain/catalogue.h"
#include "domain/pack.h"
#include "usecases/ledger_port.h"

namespace packwarden {

// The days from which keys must be held at `now`: whole UTC days of arrival within the dedupe
// window (U3).
std::int32_t first_held_day(Instant now, int window_days);
std::int32_t utc_day_of(Instant at);

// What the daemon knows of the ledger as of one sequence: accounts, packs with what is used of
// them, dedupe keys. Owned by the thread that decides; only the directory snapshot may be handed to
// others.
class Books {
 public:
  Books();

  Sequence sequence() const { return sequence_; }
  Instant dedupe_floor() const { return dedupe_floor_; }
  const std::shared_ptr<const AccountDirectory>& directory() const { return directory_; }
  DedupeIndex& index() { return index_; }

  // Takes over what came after sequence(). Everything decided and not
  // committed must have been undone before.
  void take_over(Changes changes);
  void take_over(const KeySegment& segment);
  // A transaction of our own raised the floor: forgets the keys of the days before it. Returns how
  // many.
  std::size_t raise_floor(Sequence sequence, Instant floor);
  // A transaction of our own was committed as `sequence`: what was decided stands.
  void committed(Sequence sequence) { sequence_ = sequence; }

  // All packs of a main account and product, in drawdown order; empty if there are none. Valid
  // until the next take_over.
  std::span<PackState> packs_of(AccountId main_account, ProductId product);
  // N2: of the last pack of the product that counts (one that is frozen or refunded does not),
  // where its levels are those of a stack; else none. Valid until the next take_over.
  struct LastPurchase {
    PackState* pack = nullptr;
    PackStack stack;
  };
  std::optional<LastPurchase> last_of_stack(AccountId main_account, ProductId product);
  // B3: the later of both integrations of a main account, from the beginning of its second (P5);
  // nullopt while one is missing.
  std::optional<Instant> integrated_from(AccountId main_account) const;
  // B3: usage of the product before this instant is not billable.
  Instant billable_from(AccountId main_account, const Product& product) const;
  // O5: when postpaid charges what no pack covers. Valid until the next take_over.
  PostpaidTimes postpaid_of(AccountId main_account, const Product& product) const;
  // U2: at least what is open of a main account as of sequence(), in units and in micro-units, with
  // what its balance is below zero. Only overage makes it more: a charge moves what is open to the
  // balance, and all else lifts that or leaves it at zero at least.
  std::int64_t open_bound(AccountId main_account) const {
    const std::size_t at = value_of(main_account);
    return at < open_bounds_.size() ? open_bounds_[at] : 0;
  }
  void set_open_bound(AccountId main_account, std::int64_t bound);
  void raise_open_bound(AccountId main_account, std::int64_t by);  // held at INT64_MAX
  void lower_open_bound(AccountId main_account, std::int64_t by);
  void forget_open_bounds() { open_bounds_.clear(); }
  ProductId product_of(PackId id) const { return packs_[value_of(id) - 1].product; }
  const std::string& tier_of(PackId id) const { return tiers_[packs_[value_of(id) - 1].tier]; }
  std::span<const int> levels_of(const PackState& pack) const {
    return level_lists_[pack.level_list];
  }

 private:
  struct ProductPacks {
    ProductId product{};
    std::vector<PackState> packs;
    Toggle postpaid;
  };
  struct Integration {  // latest(): not yet
    Instant client_at = Instant::latest();
    Instant server_at = Instant::latest();
  };
  // Apart from ProductPacks, of which there is one per account: few products count by stacks (N2).
  struct Stack {
    PackId bought{};
    PackStack after;
  };
  // There is one per pack in memory.
  struct BoughtPack {
    AccountId account{};
    ProductId product{};
    std::uint32_t tier = 0;
  };
  void learn(const AccountFact& fact);
  void take_over(const PostpaidChange& change);
  ProductPacks& packs_of_bought(AccountId main_account, ProductId product);
  PackState& state_of(PackId id);
  void add_pack(const Pack& pack);

  Sequence sequence_ = 0;
  Instant dedupe_floor_ = Instant::earliest();
  std::shared_ptr<const AccountDirectory> directory_;
  std::vector<Integration> integrations_;                  // by main account
  std::vector<BoughtPack> packs_;                          // by id
  std::vector<std::vector<ProductPacks>> account_packs_;   // by main account
  std::unordered_map<std::uint32_t, Toggle> suspensions_;  // by main account
  // By main account and product; each pack that was bought with this scope, by id.
  std::unordered_map<std::uint64_t, std::vector<Stack>> stacks_;
  std::vector<std::int64_t> open_bounds_;      // by main account
  std::vector<std::vector<int>> level_lists_;  // few: those of the catalogues so far
  std::vector<std::string> tiers_;
  DedupeIndex index_;
};

}  // namespace packwarden
