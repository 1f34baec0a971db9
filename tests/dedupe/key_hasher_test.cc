#include "dedupe/key_hasher.h"

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "domain/limits.h"

namespace packwarden {
namespace {

KeyHasher::Secret counting_secret() {
  KeyHasher::Secret secret{};
  for (std::size_t i = 0; i < secret.size(); ++i) secret[i] = static_cast<std::uint8_t>(i);
  return secret;
}

RecordContent some_content() {
  return {AccountId{7}, MeterId{3}, Instant{1'795'000'000'123'456'789}, 42};
}

RecordKey key_of(std::string_view source, std::string_view id) {
  return KeyHasher(counting_secret()).key_of(source, id, some_content());
}

std::uint32_t content_of(const RecordContent& content) {
  return KeyHasher(counting_secret()).key_of("s", "i", content).content;
}

bool same_identity(const RecordKey& a, const RecordKey& b) {
  return a.identity_high == b.identity_high && a.identity_low == b.identity_low;
}

struct Golden {
  std::string source;
  std::string id;
  RecordKey key;
};

// These stand in ledgers. If this fails, the code is wrong, never the table.
TEST(U3, keys_are_the_same_for_ever) {
  const std::vector<Golden> table = {
      {"", "", {0x300e066fe5b2a862, 0xb307ea1b, 0xf150c8a7}},
      {"gateway-1", "a", {0x65dbaecff0d13348, 0xbd1f2368, 0xf150c8a7}},
      {"gateway-1",
       "0190f1c2-7b1e-7c3a-9d55-3f0c6a1b2c3d",
       {0xf89660321ae3de81, 0xabba6577, 0xf150c8a7}},
      {"s", "29 bytes, a whole packet now.", {0x05f31e587e567de2, 0x901daba5, 0xf150c8a7}},
      {std::string(128, '\xE4'),
       std::string(128, '\xFF'),
       {0x201aa2ba2940dc14, 0x9b31184c, 0xf150c8a7}},
  };
  for (const Golden& row : table) {
    const RecordKey key = key_of(row.source, row.id);
    EXPECT_EQ(key, row.key) << row.source << ' ' << row.id << std::hex << " 0x" << key.identity_high
                            << " 0x" << key.identity_low << " 0x" << key.content;
  }
}

TEST(U3, source_and_id_are_told_apart) {
  EXPECT_FALSE(same_identity(key_of("ab", "c"), key_of("a", "bc")));
  EXPECT_FALSE(same_identity(key_of("", "abc"), key_of("abc", "")));
  EXPECT_FALSE(same_identity(key_of("gateway-1", "x"), key_of("gateway-2", "x")));
  EXPECT_FALSE(same_identity(key_of("gateway-1", "x"), key_of("gateway-1", "y")));
  EXPECT_FALSE(same_identity(key_of("", ""), key_of("", std::string(1, '\0'))));
}

TEST(U3, identities_of_all_lengths_differ) {
  std::set<std::pair<std::uint64_t, std::uint32_t>> identities;
  for (std::size_t source = 0; source <= max_source_bytes; ++source) {
    for (std::size_t id = 0; id <= max_id_bytes; ++id) {
      const RecordKey key = key_of(std::string(source, '\0'), std::string(id, '\0'));
      identities.insert({key.identity_high, key.identity_low});
    }
  }
  EXPECT_EQ(identities.size(), (max_source_bytes + 1) * (max_id_bytes + 1));
}

TEST(U3, identity_does_not_depend_on_content) {
  RecordContent other = some_content();
  other.quantity = 43;
  const KeyHasher hasher(counting_secret());
  EXPECT_TRUE(
      same_identity(hasher.key_of("s", "i", some_content()), hasher.key_of("s", "i", other)));
}

TEST(U3, content_does_not_depend_on_identity) {
  EXPECT_EQ(key_of("a", "b").content, key_of("c", "d").content);
}

TEST(U3, each_field_of_the_content_counts) {
  const std::uint32_t content = content_of(some_content());
  RecordContent other = some_content();
  other.account = AccountId{8};
  EXPECT_NE(content_of(other), content);
  other = some_content();
  other.meter = MeterId{4};
  EXPECT_NE(content_of(other), content);
  other = some_content();
  ++other.time.nanos;
  EXPECT_NE(content_of(other), content);
  other = some_content();
  ++other.quantity;
  EXPECT_NE(content_of(other), content);
  other = some_content();
  other.account = AccountId{3};
  other.meter = MeterId{7};
  EXPECT_NE(content_of(other), content) << "account and meter exchanged";
}

TEST(U3, another_secret_gives_other_keys) {
  KeyHasher::Secret secret = counting_secret();
  secret[31] ^= 0x80;
  const RecordKey key = KeyHasher(secret).key_of("s", "i", some_content());
  EXPECT_FALSE(same_identity(key, key_of("s", "i")));
  EXPECT_NE(key.content, key_of("s", "i").content);
}

TEST(U2, longer_than_a_record_may_have_is_refused) {
  const std::string longest(max_id_bytes, 'x');
  EXPECT_NO_THROW(key_of(longest, longest));
  EXPECT_THROW(key_of(longest + 'x', ""), std::length_error);
  EXPECT_THROW(key_of("", longest + 'x'), std::length_error);
}

}  // namespace
}  // namespace packwarden
