#include "usecases/file_void.h"

#include <gtest/gtest.h>

#include <sstream>
#include <thread>

#include "store/mysql_reports.h"
#include "usecases/canonical_export.h"
#include "usecases/in_doubt.h"
#include "usecases/world.h"

namespace packwarden::testing {
namespace {

class FileVoids : public ::testing::Test {
 protected:
  FileVoids() { add_ready_account(database, "acme"); }

  Digest digest_of(const std::string& name) {
    MySqlReports reports(database.address());
    return reports.find_files(name).at(0);
  }
  CommandOutcome void_named(const std::string& name, bool broken_off = false) {
    return void_file(ledger, context, {digest_of(name), "test", broken_off, noon},
                     new_request_id());
  }
  std::string take(const std::string& name, const std::vector<Line>& lines) {
    host.drop(name, csv(lines));
    host.run();
    return host.receipt_value(name, "accepted");
  }
  std::size_t keys_of(const std::string& name) {
    std::size_t keys = 0;
    ledger.keys_of_file(digest_of(name),
                        [&](const KeySegment& segment) { keys += segment.keys.size(); });
    return keys;
  }
  std::string used(int pack) {
    return database.value("SELECT used_units FROM pack_balance WHERE pack_id = " +
                          std::to_string(pack));
  }
  std::string canonical() {
    MySqlReports reports(database.address());
    std::ostringstream out;
    export_canonical(reports, out);
    return out.str();
  }

  TestDatabase database;
  BillingContext context = shipped_billing(database);
  MySqlLedger ledger{database.address()};
  Host host{database, "a", 4};
};

std::vector<Line> records(const std::string& prefix, int count, const std::string& quantity = "1") {
  std::vector<Line> lines;
  for (int i = 0; i < count; ++i) {
    lines.push_back({.id = prefix + std::to_string(i), .quantity = quantity});
  }
  return lines;
}

TEST_F(FileVoids, U10_units_go_back_to_the_pack_and_a_second_void_changes_nothing) {
  add_pack(database, "acme", 100);
  take("a.csv", records("a", 4, "10"));
  ASSERT_EQ(used(1), "40");

  const auto first = void_named("a.csv");
  ASSERT_TRUE(first);
  EXPECT_EQ(first->count, 1U);
  EXPECT_EQ(used(1), "0");

  const auto second = void_named("a.csv");
  ASSERT_TRUE(second);
  EXPECT_EQ(second->count, 0U);
  EXPECT_EQ(used(1), "0");
  EXPECT_EQ(database.value("SELECT COUNT(*) FROM file_void"), "1");
  EXPECT_EQ(database.value("SELECT SUM(units) FROM ledger_entry"), "0");
}

TEST_F(FileVoids, U10_of_four_voids_at_once_one_acts) {
  add_pack(database, "acme", 100);
  take("a.csv", records("a", 9));
  const Digest digest = digest_of("a.csv");
  std::atomic<std::uint32_t> acted = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        MySqlLedger own(database.address());
        acted +=
            void_file(own, context, {digest, "test", false, noon}, new_request_id()).value().count;
      });
    }
  }
  EXPECT_EQ(acted, 1U);
  EXPECT_EQ(used(1), "0");
}

TEST_F(FileVoids, U10_units_go_back_to_the_very_packs_they_came_from) {
  add_pack(database, "acme", 5, Instant::from_micros(1'767'225'600'000'000), noon);
  add_pack(database, "acme", 100);
  take("a.csv", records("a", 3));
  take("b.csv", records("b", 7));
  ASSERT_EQ(used(1), "5");
  ASSERT_EQ(used(2), "5");

  ASSERT_TRUE(void_named("b.csv"));

  EXPECT_EQ(used(1), "3");
  EXPECT_EQ(used(2), "0");
}

TEST_F(FileVoids, U10_its_ids_are_free_again_for_a_running_daemon_and_after_a_restart) {
  add_pack(database, "acme", 100);
  take("a.csv", records("a", 6));
  take("b.csv", records("b", 6));
  ASSERT_TRUE(void_named("a.csv"));

  auto again = records("a", 3);
  again.push_back({.id = "b0"});
  EXPECT_EQ(take("again.csv", again), "3");
  EXPECT_EQ(host.receipt_value("again.csv", "duplicate"), "1");
  EXPECT_EQ(used(1), "9");

  host.restart();
  auto rest = records("a", 6);
  rest.push_back({.id = "b1"});
  EXPECT_EQ(take("rest.csv", rest), "3");
  EXPECT_EQ(take("more.csv", records("b", 7)), "1");
  EXPECT_EQ(used(1), "13");
}

TEST_F(FileVoids, U10_an_id_may_be_voided_and_taken_many_times) {
  add_pack(database, "acme", 100);
  for (int round = 0; round < 4; ++round) {
    auto lines = records("a", 5);
    lines.push_back({.id = "only" + std::to_string(round)});
    EXPECT_EQ(take("a" + std::to_string(round) + ".csv", lines), "6");
    ASSERT_TRUE(void_named("a" + std::to_string(round) + ".csv"));
    if (round % 2 == 1) host.restart();
  }
  EXPECT_EQ(used(1), "0");
  EXPECT_EQ(take("last.csv", records("a", 5)), "5");
}

TEST_F(FileVoids, U3_ids_that_were_let_go_and_taken_by_another_file_stay_with_it) {
  take("old.csv", {{.id = "x"}});
  const Instant later = noon + Span::days(40);
  ASSERT_EQ(host.ingest().let_go(later, later), 1U);  // its segment is still in the database
  const Line anew{.id = "x", .time = to_rfc3339(later)};
  host.drop("new.csv", csv({anew}));
  host.run(later);
  ASSERT_EQ(host.receipt_value("new.csv", "accepted"), "1");

  ASSERT_TRUE(void_named("old.csv"));

  for (const std::string name : {"a.csv", "after-a-restart.csv"}) {
    host.drop(name, csv({anew, {.id = name, .time = to_rfc3339(later)}}));
    host.run(later);
    EXPECT_EQ(host.receipt_value(name, "duplicate"), "1") << name;
    host.restart();
  }
}

TEST_F(FileVoids, U4_the_same_bytes_stay_closed) {
  take("a.csv", records("a", 6));
  ASSERT_TRUE(void_named("a.csv"));
  EXPECT_EQ(take("again.csv", records("a", 6)), "0");
  EXPECT_EQ(host.receipt_value("again.csv", "outcome"), "repeat");
}

TEST_F(FileVoids, U10_a_pack_that_was_used_up_covers_again_and_its_levels_do_not_fire_again) {
  add_pack(database, "acme", 10);
  take("a.csv", records("a", 10));
  const std::string notices = database.value("SELECT COUNT(*) FROM notice WHERE kind LIKE 'pack%'");
  ASSERT_NE(notices, "0");
  ASSERT_TRUE(void_named("a.csv"));

  EXPECT_EQ(take("b.csv", records("b", 10)), "10");

  EXPECT_EQ(used(1), "10");
  EXPECT_EQ(database.value("SELECT COUNT(*) FROM notice WHERE kind LIKE 'pack%'"), notices);
  EXPECT_EQ(database.value("SELECT COALESCE(SUM(units), 0) FROM ledger_entry WHERE outcome = 3"),
            "0");
}

TEST_F(FileVoids, U10_overrun_and_what_is_not_billable_go_too) {
  take("a.csv", {{"over"}, {.id = "check", .meter = "ticket_check"}});
  ASSERT_TRUE(void_named("a.csv"));
  EXPECT_EQ(canonical().find("overrun"), std::string::npos);
  EXPECT_EQ(canonical().find("not_billable"), std::string::npos);
}

TEST_F(FileVoids, U10_of_files_committed_together_only_the_one_is_voided) {
  add_pack(database, "acme", 100);
  for (const std::string name : {"a", "b", "c", "d"}) {
    host.drop(name + ".csv", csv(records(name, 3 + static_cast<int>(name[0] - 'a'))));
  }
  host.run();
  ASSERT_TRUE(void_named("c.csv"));
  EXPECT_EQ(used(1), "13");
  std::vector<Line> all;
  for (const std::string name : {"a", "b", "c", "d"}) {
    for (const Line& line : records(name, 3 + static_cast<int>(name[0] - 'a'))) {
      all.push_back(line);
    }
  }
  EXPECT_EQ(take("all.csv", all), "5") << "those of c, and no others";
}

TEST_F(FileVoids, U10_a_void_and_the_same_records_anew_leave_the_ledger_as_it_was) {
  add_pack(database, "acme", 7);
  add_pack(database, "acme", 100);
  take("a.csv", records("a", 10, "2"));
  const std::string before = canonical();
  ASSERT_TRUE(void_named("a.csv"));
  EXPECT_NE(canonical(), before);
  auto lines = records("a", 10, "2");
  lines.push_back({.id = "", .quantity = "9"});
  take("anew.csv", lines);
  EXPECT_EQ(canonical(), before);
}

TEST_F(FileVoids, U10_a_void_that_is_met_while_the_next_file_is_decided) {
  add_pack(database, "acme", 100);
  take("a.csv", records("a", 8));
  host.drop("b.csv", csv(records("a", 8)) + "\n");
  host.drop("c.csv", csv(records("c", 8)));
  ASSERT_TRUE(host.round());
  ASSERT_TRUE(void_named("a.csv"));
  host.run();
  // b's first unit was decided before the void, its second one maybe after: each once at most.
  EXPECT_EQ(database.value("SELECT COUNT(*) FROM usage_file"), "3");
  EXPECT_EQ(used(1), database.value("SELECT SUM(units) FROM ledger_entry WHERE pack_id = 1"));
}

TEST_F(FileVoids, S13_what_is_still_being_read_is_refused) {
  Host slow(database, "b", 4, 1);
  slow.drop("a.csv", csv(records("a", 12)));
  ASSERT_TRUE(slow.round());
  ASSERT_EQ(database.value("SELECT SUM(is_last) FROM rating_unit"), "0");
  EXPECT_EQ(void_named("a.csv").error().code, "still_being_read");
  slow.run();
  EXPECT_TRUE(void_named("a.csv"));
}

TEST_F(FileVoids, S13_what_broke_off_can_be_voided_and_is_closed_then) {
  Host slow(database, "b", 4, 1);
  add_pack(database, "acme", 100);
  slow.drop("a.csv", csv(records("a", 12)));
  while (database.value("SELECT COUNT(*) FROM rating_unit") == "0") ASSERT_TRUE(slow.round());

  ASSERT_TRUE(void_named("a.csv", true));
  slow.run();

  EXPECT_EQ(used(1), "0");
  EXPECT_EQ(database.value("SELECT SUM(units) FROM ledger_entry"), "0");
  EXPECT_TRUE(slow.files_in("work").empty());
  EXPECT_EQ(slow.files_in("failed").size(), 1U);  // not all of its lines were looked at
  EXPECT_EQ(slow.receipt_value("a.csv", "outcome"), "failed");
}

TEST_F(FileVoids, U10_refusals_change_nothing) {
  EXPECT_EQ(void_file(ledger, context, {Digest{7}, "test", false, noon}, "r").error().code,
            "unknown_file");
  take("a.csv", records("a", 1));
  const Digest digest = digest_of("a.csv");
  EXPECT_EQ(void_file(ledger, context, {digest, "", false, noon}, "r").error().code, "no_reason");
  ASSERT_TRUE(void_file(ledger, context, {digest, "why", false, noon}, "r"));
  EXPECT_TRUE(void_file(ledger, context, {digest, "why", false, noon}, "r")->repeated);
  EXPECT_EQ(void_file(ledger, context, {digest, "other", false, noon}, "r").error().code,
            "request_conflict");
}

TEST_F(FileVoids, U10_an_unanswered_commit_is_found_again) {
  add_pack(database, "acme", 100);
  take("a.csv", records("a", 6));
  InDoubt in_doubt(ledger);
  const auto done =
      void_file(in_doubt, context, {digest_of("a.csv"), "test", false, noon}, new_request_id());
  ASSERT_TRUE(done);
  EXPECT_EQ(done->count, 1U);
  EXPECT_EQ(used(1), "0");
}

TEST_F(FileVoids, U10_the_plan_shows_before_and_after) {
  add_pack(database, "acme", 3);
  add_pack(database, "acme", 100);
  take("a.csv", records("a", 5));
  take("b.csv", [] {
    auto lines = records("a", 2);
    lines.push_back({.id = "new"});
    return lines;
  }());
  MySqlReports reports(database.address());
  const VoidPlan plan = reports.void_plan(digest_of("a.csv"));
  ASSERT_EQ(plan.packs.size(), 2U);
  EXPECT_EQ(plan.packs[0].back, 3);
  EXPECT_EQ(plan.packs[1].used, 3);
  EXPECT_EQ(plan.packs[1].back, 2);
  ASSERT_EQ(plan.usage.size(), 1U);
  EXPECT_EQ(plan.usage[0].units, 5);
  ASSERT_EQ(plan.files_with_duplicates.size(), 1U);
  EXPECT_EQ(plan.files_with_duplicates[0].name, "b.csv");
  EXPECT_EQ(plan.files_with_duplicates[0].duplicates, 2);
  EXPECT_EQ(plan.packs[0].id, PackId{1});
  EXPECT_EQ(plan.packs[1].id, PackId{2});
  EXPECT_EQ(keys_of("a.csv"), 5U);
}

TEST_F(FileVoids, U10_ids_that_were_let_go_are_not_freed_whether_or_not_their_rows_are_gone) {
  take("old.csv", records("a", 5));
  ASSERT_EQ(keys_of("old.csv"), 5U);
  ASSERT_EQ(host.ingest().let_go(noon + Span::days(40), noon + Span::days(40)), 5U);
  ASSERT_EQ(database.value("SELECT COUNT(*) FROM dedupe_segment"), "1");
  EXPECT_EQ(keys_of("old.csv"), 0U);
  ASSERT_TRUE(void_named("old.csv"));
  EXPECT_EQ(database.value("SELECT COUNT(*) FROM dedupe_segment WHERE kind = 'removed'"), "0");
}

TEST_F(FileVoids, U10_duplicates_inside_a_file_and_what_came_after_its_void_are_none_of_it) {
  MySqlReports reports(database.address());
  const auto suspects = [&](const std::string& name) {
    std::string files;
    for (const FileWithDuplicates& file :
         reports.void_plan(digest_of(name)).files_with_duplicates) {
      files += file.name + ":";
      for (const std::uint32_t unit : file.units) files += " " + std::to_string(unit);
    }
    return files;
  };
  auto twice = records("a", 2);
  twice.push_back({.id = "a0"});
  take("a.csv", twice);
  EXPECT_EQ(suspects("a.csv"), "");
  // Of three rating units, of at most four lines, the last one alone has a duplicate.
  auto many = records("b", 8);
  many.push_back({.id = "a1"});
  take("b.csv", many);
  EXPECT_EQ(suspects("a.csv"), "b.csv: 2");
  ASSERT_TRUE(void_named("a.csv"));
  twice.push_back({.id = "more"});
  take("again.csv", twice);  // its duplicate is one of itself
  EXPECT_EQ(suspects("a.csv"), "b.csv: 2");
  EXPECT_EQ(suspects("again.csv"), "");
}

}  // namespace
}  // namespace packwarden::testing
