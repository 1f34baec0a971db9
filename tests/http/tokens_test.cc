#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <regex>

#include "http/bearer_tokens.h"
#include "http/http_world.h"
#include "http/token_file.h"

namespace packwarden {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Tokens : public testing::Test {
 protected:
  std::string content() const {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void write(const std::string& text, mode_t mode = 0640) const {
    std::ofstream(path) << text;
    chmod(path.c_str(), mode);
  }
  std::string why_refused() const {
    try {
      BearerTokens tokens(path);
    } catch (const HttpUnavailable& refused) {
      return refused.what();
    }
    return "";
  }

  test::Folder folder;
  std::string path = folder / "tokens";
  TokenFileDesk desk{path};
};

TEST_F(Tokens, a_new_one_is_random_and_only_its_hash_is_stored) {
  const std::string first = desk.create("gateway").value();
  const std::string second = desk.create("shop-2").value();
  EXPECT_TRUE(std::regex_match(first, std::regex("[0-9a-f]{64}")));
  EXPECT_NE(first, second);
  EXPECT_EQ(content(), "gateway sha256:" + to_hex(hash_of_token(first)) +
                           "\nshop-2 sha256:" + to_hex(hash_of_token(second)) + "\n");
  EXPECT_EQ(to_hex(hash_of_token("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  struct stat state {};
  ASSERT_EQ(stat(path.c_str(), &state), 0);
  EXPECT_EQ(state.st_mode & 07777U, 0640u);
  EXPECT_THAT(desk.names(), ElementsAre("gateway", "shop-2"));
}

TEST_F(Tokens, revoke_takes_one_out) {
  for (const char* name : {"a", "b", "c"}) ASSERT_TRUE(desk.create(name));
  ASSERT_TRUE(desk.revoke("b"));
  EXPECT_THAT(desk.names(), ElementsAre("a", "c"));
  EXPECT_EQ(desk.revoke("b").error().code, "unknown_token");
}

TEST_F(Tokens, refusals_change_nothing) {
  ASSERT_TRUE(desk.create("a"));
  const std::string before = content();
  EXPECT_EQ(desk.create("a").error().code, "token_exists");
  for (const std::string& name : {std::string(), std::string("a b"), std::string("a\nb"),
                                  std::string("é"), std::string(65, 'a')}) {
    EXPECT_EQ(desk.create(name).error().code, "bad_name");
  }
  EXPECT_EQ(content(), before);
}

TEST_F(Tokens, a_file_that_is_replaced_keeps_its_link_and_loses_nothing_else) {
  std::filesystem::create_directory(folder / "elsewhere");
  ASSERT_TRUE(TokenFileDesk(folder / "elsewhere/real").create("first"));
  std::filesystem::create_symlink("elsewhere/real", path);
  ASSERT_TRUE(TokenFileDesk(path).create("a"));
  ASSERT_TRUE(TokenFileDesk(path).create("b"));
  EXPECT_TRUE(std::filesystem::is_symlink(path));
  EXPECT_THAT(desk.names(), ElementsAre("first", "a", "b"));
}

TEST_F(Tokens, a_file_that_all_may_read_is_refused) {
  ASSERT_TRUE(desk.create("a"));
  chmod(path.c_str(), 0644);
  EXPECT_THAT(why_refused(), HasSubstr("open to all users of this host (mode 0644): chmod 0640"));
  EXPECT_THROW(desk.create("b"), TokensUnavailable);
  EXPECT_THROW(desk.names(), TokensUnavailable);
}

TEST_F(Tokens, a_malformed_file_is_refused_with_its_line) {
  const std::string hash(64, 'a');
  write("a sha256:" + hash + "\nb sha256:" + hash.substr(1) + "\n");
  EXPECT_THAT(why_refused(), HasSubstr("tokens:2: this is not 'NAME sha256:HEX'"));
  write("a sha256:" + hash + "\na sha256:" + hash + "\n");
  EXPECT_THAT(why_refused(), HasSubstr("tokens:2: 'a' is there twice"));
  for (const std::string& line : {"a " + hash + "\n", "a sha256:" + hash, std::string("\n"),
                                  "a  sha256:" + hash + "\n", "/ sha256:" + hash + "\n"}) {
    write(line);
    EXPECT_THAT(why_refused(), HasSubstr("tokens:1: this is not")) << line;
  }
}

TEST_F(Tokens, no_file_yet_is_no_token_yet) {
  BearerTokens tokens(path);
  const Digest hash = hash_of_token(desk.create("a").value());
  EXPECT_FALSE(tokens.holds(hash));
  tokens.refresh();
  EXPECT_TRUE(tokens.holds(hash));
  std::filesystem::remove(path);
  tokens.refresh();
  EXPECT_FALSE(tokens.holds(hash));
}

TEST_F(Tokens, a_refused_file_is_looked_at_again_until_it_is_mended) {
  const Digest kept = hash_of_token(desk.create("a").value());
  BearerTokens tokens(path);
  chmod(path.c_str(), 0644);
  tokens.refresh();
  EXPECT_TRUE(tokens.holds(kept));
  chmod(path.c_str(), 0640);
  ASSERT_TRUE(desk.revoke("a"));
  tokens.refresh();
  EXPECT_FALSE(tokens.holds(kept));
}

TEST_F(Tokens, the_header_is_judged_anew_when_the_tokens_change) {
  const std::string header = "Bearer " + desk.create("a").value();
  BearerTokens tokens(path);
  PresentedToken presented;
  EXPECT_TRUE(presented.holds(header, tokens));
  EXPECT_FALSE(presented.holds(header + "x", tokens));
  EXPECT_FALSE(presented.holds("", tokens));
  EXPECT_TRUE(presented.holds(header, tokens));
  ASSERT_TRUE(desk.revoke("a"));
  tokens.refresh();
  EXPECT_FALSE(presented.holds(header, tokens));
}

TEST_F(Tokens, two_that_change_the_file_at_once_lose_nothing) {
  constexpr int each = 20;
  const auto make = [&](const std::string& prefix) {
    TokenFileDesk own(path);
    for (int i = 0; i < each; ++i) EXPECT_TRUE(own.create(prefix + std::to_string(i)));
  };
  std::thread other([&] { make("a"); });
  make("b");
  other.join();
  EXPECT_EQ(desk.names().size(), 2u * each);
}

}  // namespace
}  // namespace packwarden
