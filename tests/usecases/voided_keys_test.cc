#include <gtest/gtest.h>

#include "store/mysql_reports.h"
#include "usecases/file_void.h"
#include "usecases/world.h"

namespace packwarden::testing {
namespace {

// A file and how many of its records are new where it comes in its turn.
struct Sent {
  std::string name;
  std::vector<Line> lines;
  std::size_t accepted = 0;
};

std::vector<Line> records(const std::string& prefix, std::size_t count) {
  std::vector<Line> lines;
  for (std::size_t i = 0; i < count; ++i) lines.push_back({.id = prefix + std::to_string(i)});
  return lines;
}

Sent all_new(const std::string& name, std::size_t count) {
  return {name, records(name, count), count};
}

// The keys of a ledger transaction are stored one after the other, whatever files they are of. A
// void frees those of its file and no others.
class VoidedKeys : public ::testing::Test {
 protected:
  VoidedKeys() { add_ready_account(database, "acme"); }

  // Sends the files, which must share one transaction. Then voids them one after the other; after
  // each void, all of them are sent again: what the voided one had is new, and nothing else is.
  void expect_each_frees_its_own(Host& host, const std::vector<Sent>& files, Instant at) {
    for (const Sent& file : files) host.drop(file.name + ".csv", csv(file.lines));
    expect_each_frees_its_own_once_sent(host, files, at);
  }

  void expect_each_frees_its_own_once_sent(Host& host, const std::vector<Sent>& files, Instant at) {
    host.run(at);
    ASSERT_EQ(database.value("SELECT COUNT(DISTINCT seq) FROM rating_unit"), "1");
    expect_accepted(host, files, ".csv", [](const Sent& file) { return file.accepted; });
    std::string line_ends;  // other bytes each time, and the same lines
    for (const Sent& voided : files) {
      SCOPED_TRACE("after the void of " + voided.name);
      ASSERT_TRUE(void_named(voided.name + ".csv", at));
      line_ends += '\n';
      if (line_ends.size() % 2 == 0) host.restart();
      const std::string ending = "-" + std::to_string(line_ends.size()) + ".csv";
      for (const Sent& file : files) host.drop(file.name + ending, csv(file.lines) + line_ends);
      host.run(at);
      expect_accepted(host, files, ending, [&](const Sent& file) {
        return file.name == voided.name ? file.accepted : 0;
      });
    }
  }

  template <typename Expected>
  void expect_accepted(const Host& host, const std::vector<Sent>& files, const std::string& ending,
                       const Expected& expected) {
    for (const Sent& file : files) {
      EXPECT_EQ(host.receipt_value(file.name + ending, "accepted"), std::to_string(expected(file)))
          << file.name << ending;
    }
  }

  CommandOutcome void_named(const std::string& name, Instant at) {
    MySqlReports reports(database.address());
    return void_file(ledger, context, {reports.find_files(name).at(0), "test", false, at},
                     new_request_id());
  }

  TestDatabase database;
  BillingContext context = shipped_billing(database);
  MySqlLedger ledger{database.address()};
};

TEST_F(VoidedKeys, U10_of_small_files_that_were_committed_together) {
  Host host(database, "a");
  expect_each_frees_its_own(
      host, {all_new("a", 3), all_new("b", 1), all_new("c", 7), all_new("d", 2), all_new("e", 5)},
      noon);
}

TEST_F(VoidedKeys, U10_of_files_with_duplicates_conflicts_and_rejects_among_their_records) {
  Host host(database, "a");
  Sent a = all_new("a", 4);
  a.lines.insert(a.lines.begin(), {.id = "a-first", .account = "nobody"});
  a.lines.insert(a.lines.begin() + 3, {.id = "a0"});  // a duplicate of its own
  Sent b = all_new("b", 5);
  b.lines.insert(b.lines.begin(), {{.id = "a1"}, {.id = "a2", .quantity = "9"}});
  b.lines.insert(b.lines.begin() + 4, {.id = "b-bad", .time = "yesterday"});
  b.lines.push_back({.id = "b-check", .meter = "ticket_check"});  // not billable, and held
  b.accepted = 6;
  const Sent nothing_new{"c", {{.id = "a3"}, {.id = "b0"}, {.id = "b4"}}, 0};
  const Sent only_rejects{"d", {{.id = "d0", .account = "nobody"}, {.id = "d1", .meter = "no"}}, 0};
  Sent e = all_new("e", 3);
  e.lines.insert(e.lines.begin() + 1, {{.id = "b1"}, {.id = "e0"}, {.id = "b-check"}});
  expect_each_frees_its_own(host, {a, b, nothing_new, only_rejects, e, all_new("f", 2)}, noon);
}

TEST_F(VoidedKeys, U10_of_files_of_several_units) {
  Host host(database, "a", 4);
  Sent b = all_new("b", 13);
  for (int i = 0; i < 4; ++i) {  // a unit of nothing but rejects between two others
    b.lines.insert(b.lines.begin() + 4, {.id = "b-bad", .time = "never"});
  }
  Sent c = all_new("c", 9);
  c.lines.insert(c.lines.begin() + 2, {{.id = "b6"}, {.id = "b7"}});
  expect_each_frees_its_own(host, {all_new("a", 3), b, c, all_new("d", 10)}, noon);
}

// 65,536 keys are one part: it ends within b, and c begins in the middle of the second.
TEST_F(VoidedKeys, U10_of_files_whose_keys_are_in_several_parts) {
  Host host(database, "a");
  expect_each_frees_its_own(
      host, {all_new("a", 30'000), all_new("b", 50'000), all_new("c", 60'000), all_new("d", 100)},
      noon);
}

TEST_F(VoidedKeys, U10_of_files_of_two_days_of_arrival) {
  Host host(database, "a");
  const std::vector<Sent> files = {all_new("a", 3), all_new("b", 4), all_new("c", 5),
                                   all_new("d", 6)};
  for (std::size_t i : {0, 1}) host.drop(files[i].name + ".csv", csv(files[i].lines));
  host.claim_and_die(noon);
  for (std::size_t i : {2, 3}) host.drop(files[i].name + ".csv", csv(files[i].lines));
  expect_each_frees_its_own_once_sent(host, files, noon + Span::days(1));
  EXPECT_EQ(database.value("SELECT COUNT(DISTINCT arrival_day) FROM dedupe_segment WHERE seq ="
                           " (SELECT MIN(seq) FROM dedupe_segment)"),
            "2");
}

}  // namespace
}  // namespace packwarden::testing
