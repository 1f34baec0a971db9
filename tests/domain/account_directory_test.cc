// The directory of accounts is a snapshot that shares what did not change with the one before it.

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "domain/account.h"

namespace packwarden {
namespace {

using Directory = std::shared_ptr<const AccountDirectory>;

Account main_account(std::uint32_t id) {
  return {AccountId{id}, AccountId{}, "acct_" + std::to_string(id)};
}

Directory of_size(std::uint32_t count) {
  std::vector<Account> accounts;
  for (std::uint32_t id = 1; id <= count; ++id) accounts.push_back(main_account(id));
  return AccountDirectory::extend(AccountDirectory(), std::move(accounts), {});
}

TEST(AccountDirectory, an_account_more_copies_a_part_that_does_not_grow_with_the_directory) {
  const std::uint32_t many = 50'000;
  const Directory before = of_size(many);
  const Directory after =
      AccountDirectory::extend(*before, std::vector{main_account(many + 1)}, {});
  std::size_t copied = 0;
  for (std::uint32_t id = 1; id <= many; ++id) {
    if (&before->at(AccountId{id}) != &after->at(AccountId{id})) ++copied;
  }
  EXPECT_LT(copied, 1'024U);
  ASSERT_NE(after->find("acct_50001"), nullptr);
  EXPECT_EQ(before->find("acct_50001"), nullptr);
  EXPECT_EQ(before->size(), many);
}

TEST(AccountDirectory, O11_a_closing_reaches_sub_accounts_and_leaves_earlier_snapshots_alone) {
  const Directory open = AccountDirectory::extend(
      AccountDirectory(),
      {{AccountId{1}, AccountId{}, "main"}, {AccountId{2}, AccountId{1}, "main.sub"}}, {});
  const Instant at = Instant::from_micros(1'700'000'000'000'000);
  const std::vector<AccountFact> facts{{AccountId{1}, AccountFactKind::identity_verified, at},
                                       {AccountId{1}, AccountFactKind::closed, at}};
  const Directory closed = AccountDirectory::extend(*open, {main_account(3)}, facts);
  EXPECT_EQ(closed->closed_at(*closed->find("main")), at);
  EXPECT_EQ(closed->closed_at(*closed->find("main.sub")), at);
  EXPECT_EQ(closed->closed_at(*closed->find("acct_3")), std::nullopt);
  EXPECT_EQ(closed->closings(), 1U);
  EXPECT_EQ(open->closed_at(*open->find("main.sub")), std::nullopt);
  EXPECT_EQ(open->closings(), 0U);
}

TEST(AccountDirectory, ids_with_a_gap_are_refused) {
  EXPECT_THROW(AccountDirectory::extend(*of_size(3), {main_account(5)}, {}), std::logic_error);
}

// The slow model: a map by name for each snapshot.
TEST(AccountDirectory, every_snapshot_answers_as_a_map_of_its_own) {
  std::mt19937 random(16);
  const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
  using Model =
      std::map<std::string, std::pair<std::uint32_t, std::optional<Instant>>, std::less<>>;
  std::vector<std::pair<Directory, Model>> snapshots{{of_size(0), {}}};
  std::uint32_t last = 0;
  for (int step = 0; step < 60; ++step) {
    auto [directory, model] = snapshots.back();
    std::vector<Account> added;
    const std::uint32_t count = below(3) == 0 ? below(3'000) : below(3);
    for (std::uint32_t i = 0; i < count; ++i) {
      added.push_back(main_account(++last));
      model[added.back().name] = {last, std::nullopt};
    }
    std::vector<AccountFact> facts;
    if (last > 0 && below(2) == 0) {
      const std::uint32_t id = 1 + below(last);
      auto& known = model.at(main_account(id).name);
      if (!known.second) {
        known.second = Instant::from_micros(1'000'000 + step);
        facts.push_back({AccountId{id}, AccountFactKind::closed, *known.second});
      }
    }
    snapshots.emplace_back(AccountDirectory::extend(*directory, std::move(added), facts), model);
  }
  for (const auto& [directory, model] : snapshots) {
    ASSERT_EQ(directory->size(), model.size());
    for (std::uint32_t id = 1; id <= last; ++id) {
      const std::string name = main_account(id).name;
      const auto known = model.find(name);
      const DirectoryEntry* found = directory->find(name);
      ASSERT_EQ(found != nullptr, known != model.end()) << name;
      if (found == nullptr) continue;
      ASSERT_EQ(value_of(found->id), known->second.first);
      ASSERT_EQ(found, &directory->at(found->id));
      ASSERT_EQ(directory->closed_at(*found), known->second.second);
    }
  }
}

}  // namespace
}  // namespace packwarden
