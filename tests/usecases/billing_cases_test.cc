#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <set>
#include <sstream>
#include <utility>

#include "support/places.h"
#include "usecases/billing_case.h"

// Plays billing_cases.table, which says itself how it is written.
namespace packwarden::testing {
namespace {

std::vector<CaseBlock> read_blocks(std::istream& table) {
  std::vector<CaseBlock> blocks;
  int line_no = 0;
  bool open = false;
  for (std::string line; std::getline(table, line);) {
    ++line_no;
    if (line.starts_with("#")) continue;
    if (line.empty()) {
      open = false;
    } else if (open) {
      blocks.back().lines.emplace_back(line_no, line);
    } else {
      const std::size_t colon = line.find(": ");
      if (!line.starts_with("case ") || colon == std::string::npos) {
        throw CaseError("line " + std::to_string(line_no) + ": a block begins with `case N: ...`");
      }
      blocks.push_back({line.substr(5, colon - 5), line.substr(colon + 2), {}});
      open = true;
    }
  }
  return blocks;
}

class BillingCases : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { database = new TestDatabase; }
  static void TearDownTestSuite() { delete std::exchange(database, nullptr); }

  std::vector<std::string> play(const CaseBlock& block) {
    return BillingCase(*database, block, results, seed).play();
  }
  // Of a table with this one block.
  std::vector<std::string> play(const std::vector<std::string>& lines) {
    std::string table = "case 1: test\n";
    for (const std::string& line : lines) table += line + "\n";
    std::istringstream in(table);
    return play(read_blocks(in).at(0));
  }

  static TestDatabase* database;  // one for all cases: each begins with an empty ledger
  CaseResults results;
  unsigned seed = std::random_device{}();
};
TestDatabase* BillingCases::database = nullptr;

TEST_F(BillingCases, B4_P4_O2_N2_each_case_of_the_table_holds) {
  std::ifstream table(source_dir() + "/tests/usecases/billing_cases.table");
  std::set<std::string> names;
  for (const CaseBlock& block : read_blocks(table)) {
    EXPECT_TRUE(names.insert(block.name).second) << "there are two cases " << block.name;
    const bool says_something =
        std::any_of(block.lines.begin(), block.lines.end(),
                    [](const auto& line) { return line.second.starts_with("then "); });
    EXPECT_TRUE(says_something) << "case " << block.name << " has no `then`";
    for (const std::string& wrong : play(block)) {
      ADD_FAILURE() << "case " << block.name << ", " << block.title << "\n  billing_cases.table, "
                    << wrong << "\n  (random seed " << seed << ")";
    }
  }
  EXPECT_GE(names.size(), 20U);
}

// A case that cannot fail is worth nothing: each kind of `then`, right and wrong.
TEST_F(BillingCases, a_wrong_expectation_is_found_in_each_kind_of_then) {
  std::vector<std::string> lines{
      "given pack A of 100 units",
      "given tier one of 1 unit at 0.01",
      "when 2026-11-01 top up 10.00",
      "when 2026-11-01 buy one as B",
      "when 2026-11-20 12:00 use 101, 20 meter ticket_check",
      "when 2026-11-20 13:00 use 50",
      "when 2026-11-20 14:00 use 3 at 2026-10-31",
  };
  const std::vector<std::pair<std::string, std::string>> right_and_wrong{
      {"left A 0, B 0", "left A 0, B 1"},
      {"overage 50", "overage 49"},
      {"overrun 3", "overrun 4"},
      {"not billable 20", "not billable 0"},
      {"used 2026-11-20 171", "used 2026-11-20 172"},
      {"used 2026-10 3", "used 2026-10 4"},
      {"balance 9.99", "balance 9.98"},
      {"owed 0.25", "owed 0.2500001"},
      {"bills nothing", "bills 2026-11-20 0.25"},
      {"told postpaid on, A used up, B used up, postpaid in effect", "told A used up, B used up"},
      {"superseded A over 50 %, B over 50 %, A over 70 %, B over 70 %, A over 90 %, B over 90 %, "
       "A over 95 %, B over 95 %",
       "superseded nothing"},
      {"records accepted 1", "records accepted 2"},
      {"service active, postpaid", "service active, packs"},
  };
  for (const auto& [right, wrong] : right_and_wrong) {
    lines.push_back("then " + right);
    lines.push_back("then " + wrong);
  }
  const auto found = play(lines);
  std::vector<std::string> expected;
  for (const auto& [right, wrong] : right_and_wrong) expected.push_back(wrong);
  ASSERT_EQ(found.size(), expected.size()) << ::testing::PrintToString(found);
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_NE(found[i].find("(then " + expected[i] + ")"), std::string::npos) << found[i];
  }
}

TEST_F(BillingCases, P9_a_command_that_ends_otherwise_than_the_table_says_is_found) {
  const auto found = play({"when 2026-11-20 buy 30k",  // there is no money
                           "when 2026-11-20 buy 30k refused balance_too_low",
                           "when 2026-11-20 top up 1.00 refused balance_too_low",
                           "when 2026-11-20 again top up 1.00"});  // it is the first time
  ASSERT_EQ(found.size(), 3U) << ::testing::PrintToString(found);
  EXPECT_TRUE(found[0].starts_with("line 2 ")) << found[0];
  EXPECT_TRUE(found[1].starts_with("line 4 ")) << found[1];
  EXPECT_TRUE(found[2].starts_with("line 5 ")) << found[2];
}

TEST_F(BillingCases, a_line_that_cannot_be_understood_is_a_failure_with_its_number) {
  const std::vector<std::string> lines{"given money",
                                       "when 2026-11-31 use 1",
                                       "when 2026-11-20 use x",
                                       "when 2026-11-20 use 1 of",
                                       "when 2026-11-20 pay 1",
                                       "then right",
                                       "then left A 1",
                                       "then the same as 9",
                                       "if"};
  const auto wrong = play(lines);
  ASSERT_EQ(wrong.size(), lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    EXPECT_TRUE(wrong[i].starts_with("line " + std::to_string(i + 2) + " (")) << wrong[i];
  }
}

}  // namespace
}  // namespace packwarden::testing
