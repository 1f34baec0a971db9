#include <set>

#include "spool/claim_name.h"
#include "spool/directory_desk.h"
#include "spool/spool_files.h"
#include "support/packing.h"
#include "usecases/receipt.h"

namespace packwarden::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* header = "id,account,product,meter,time\n";

template <typename T>
std::string code_of(const tl::expected<T, Refusal>& outcome) {
  return outcome ? "done" : outcome.error().code;
}

// An operator beside a daemon that holds the spool.
class SpoolDeskTest : public SpoolTest {
 protected:
  SpoolDeskTest() : spool(start()), desk(root.string(), {}) {}

  // A file that ended in failed/, and its entry there.
  std::string failed(const std::string& name, const std::string& content = "what\n") {
    const ClaimedFile file = claimed(spool, name, content);
    FileOutcome outcome = outcome_of(file);
    outcome.failure = "The header is wrong";
    spool.end(file, FileEnding::failed, outcome);
    return file.claim + "." + name;
  }

  // A file of which the lines after its header were rejected, and its claim.
  std::string with_rejects(const std::string& name, const std::string& content,
                           const std::string& rejected) {
    const ClaimedFile file = claimed(spool, name, content);
    FileOutcome outcome = outcome_of(file);
    outcome.rejected_lines = lines(rejected);
    spool.end(file, FileEnding::taken, outcome);
    return file.claim;
  }

  FileOutcome outcome_of(const ClaimedFile& file) const {
    FileOutcome outcome;
    outcome.file.digest.fill(1);
    outcome.file.name = file.name;
    outcome.finished_at = now;
    return outcome;
  }

  SpoolDirectory& spool;
  DirectoryDesk desk;
};

TEST(SpoolDesk, a_spool_of_which_only_the_installation_knows_waits_for_its_daemon) {
  const test::Folder folder;
  std::filesystem::create_directory(folder.path() / "incoming");
  try {
    const DirectoryDesk desk(folder.path().string(), {});
    FAIL() << "it is no spool yet";
  } catch (const SpoolUnavailable& error) {
    EXPECT_THAT(error.what(), HasSubstr("no daemon has begun with it yet. Start packwardend"));
  }
}

TEST_F(SpoolDeskTest, a_held_spool_claims_nothing_until_its_release) {
  drop("a.csv");
  ASSERT_TRUE(desk.hold({now, "the catalogue\nis wrong"}));
  EXPECT_THAT(spool.claim(10, now), IsEmpty());
  const SpoolState held = desk.state(5);
  ASSERT_TRUE(held.hold);
  EXPECT_EQ(held.hold->since.nanos, now.nanos);
  EXPECT_EQ(held.hold->reason, "the catalogue is wrong");
  EXPECT_EQ(code_of(desk.hold({now, ""})), "held_already");

  ASSERT_TRUE(desk.release());
  EXPECT_FALSE(desk.state(5).hold);
  EXPECT_EQ(code_of(desk.release()), "not_held");
  EXPECT_THAT(names_of(spool.claim(10, now)), ElementsAre("a.csv"));
}

TEST_F(SpoolDeskTest, a_hold_made_by_hand_holds_since_it_was_made) {
  write_file(root / ".hold", "");
  const timespec times[2] = {{1'000, 0}, {1'000, 0}};
  ASSERT_EQ(utimensat(AT_FDCWD, (root / ".hold").c_str(), times, 0), 0);
  drop("a.csv");
  EXPECT_THAT(spool.claim(10, now), IsEmpty());
  const SpoolState held = desk.state(5);
  ASSERT_TRUE(held.hold);
  EXPECT_EQ(held.hold->since.micros(), 1'000'000'000);
}

TEST_F(SpoolDeskTest, a_held_spool_holds_retries_too) {
  const std::string entry = failed("a.csv");
  ASSERT_TRUE(desk.hold({now, ""}));
  ASSERT_TRUE(desk.retry("a.csv"));
  EXPECT_THAT(spool.claim(10, now), IsEmpty());
  EXPECT_THAT(names_in(root / "retry"), ElementsAre(entry));
}

TEST_F(SpoolDeskTest, a_held_file_waits_while_others_are_claimed) {
  drop("a.csv");
  drop("b.csv");
  ASSERT_TRUE(desk.hold_file("a.csv"));
  EXPECT_THAT(names_of(spool.claim(10, now)), ElementsAre("b.csv"));
  EXPECT_EQ(desk.state(5).held.files, 1U);
  ASSERT_TRUE(desk.release_file("a.csv"));
  EXPECT_THAT(names_of(spool.claim(10, now)), ElementsAre("a.csv"));
}

TEST_F(SpoolDeskTest, names_that_lead_elsewhere_or_to_nothing_are_refused) {
  drop("a.csv");
  for (const std::string& name :
       {std::string(""), std::string("."), std::string(".."), std::string("../work/a.csv"),
        std::string("/etc/passwd"), std::string("a.csv\0b", 7)}) {
    EXPECT_EQ(code_of(desk.hold_file(name)), "bad_name") << name;
    EXPECT_EQ(code_of(desk.release_file(name)), "bad_name") << name;
  }
  for (const std::string& name : {std::string("b.csv"), std::string(256, 'a')}) {
    EXPECT_EQ(code_of(desk.hold_file(name)), "unknown_file") << name;
    EXPECT_EQ(code_of(desk.retry(name)), "unknown_file") << name;
    EXPECT_EQ(code_of(desk.redrive_rejects(name, false, {})), "unknown_rejects") << name;
    EXPECT_EQ(code_of(desk.discard_rejects(name)), "unknown_rejects") << name;
  }
  EXPECT_EQ(code_of(desk.retry("")), "unknown_file");
  EXPECT_THAT(names_in(root / "incoming"), ElementsAre("a.csv"));
}

TEST_F(SpoolDeskTest, a_release_never_replaces_a_file_that_came_meanwhile) {
  drop("a.csv", "first");
  ASSERT_TRUE(desk.hold_file("a.csv"));
  drop("a.csv", "second");
  EXPECT_EQ(code_of(desk.release_file("a.csv")), "name_taken");
  EXPECT_EQ(code_of(desk.hold_file("a.csv")), "name_taken");
  EXPECT_EQ(content_of(root / "held" / "a.csv"), "first");
  EXPECT_EQ(content_of(incoming("a.csv")), "second");
}

TEST_F(SpoolDeskTest, S12_a_retried_file_keeps_its_claim_and_its_receipt_is_written_anew) {
  const std::string entry = failed("a.csv");
  ASSERT_TRUE(desk.retry("a.csv"));
  EXPECT_THAT(names_in(root / "failed"), IsEmpty());

  const auto again = spool.claim(10, now + Span::seconds(60));

  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].claim + "." + again[0].name, entry);
  EXPECT_EQ(again[0].arrival.nanos, now.nanos);
  spool.end(again[0], FileEnding::taken, outcome_of(again[0]));
  EXPECT_THAT(names_in(root / "receipts"), ElementsAre(entry + ".json"));
  EXPECT_THAT(content_of(root / "receipts" / (entry + ".json")), HasSubstr("\"taken\""));
}

TEST_F(SpoolDeskTest, S12_of_files_with_one_name_the_claim_says_which) {
  const std::string first = failed("a.csv");
  const std::string second = failed("a.csv");
  const auto refused = desk.retry("a.csv");
  EXPECT_EQ(code_of(refused), "several_files");
  EXPECT_THAT(refused.error().message, HasSubstr(first.substr(0, first.find(".a"))));
  EXPECT_EQ(desk.retry(second.substr(0, second.size() - 6)).value(), second);
  EXPECT_EQ(desk.retry(first).value(), first);
}

TEST_F(SpoolDeskTest, S12_all_are_retried_but_what_no_claim_made) {
  const std::string a = failed("a.csv");
  const std::string b = failed("b.csv");
  write_file(root / "failed" / "a person's notes.txt", "");
  EXPECT_EQ(desk.retry_all(), 2U);
  EXPECT_THAT(names_in(root / "retry"), ElementsAre(a, b));
  EXPECT_THAT(names_in(root / "failed"), ElementsAre("a person's notes.txt"));
}

TEST_F(SpoolDeskTest, state_counts_what_lies_where_and_says_why_files_failed) {
  const std::string entry = failed("bad.csv");
  drop(".c.csv", "");
  drop("a.csv", "12345");
  drop("b.csv", "1");
  set_modified("b.csv", 1'000, 0);

  const SpoolState state = desk.state(5);

  EXPECT_TRUE(state.daemon_has_it);
  EXPECT_EQ(state.incoming.files, 2U);
  EXPECT_EQ(state.incoming.bytes, 6U);
  EXPECT_EQ(state.incoming.oldest_name, "b.csv");
  EXPECT_EQ(state.being_written.files, 1U);
  EXPECT_EQ(state.failed, 1U);
  ASSERT_EQ(state.last_failed.size(), 1U);
  EXPECT_EQ(state.last_failed[0].file.claim + "." + state.last_failed[0].file.name, entry);
  EXPECT_EQ(state.last_failed[0].reason, "The header is wrong");
  EXPECT_GT(state.free_bytes, 0U);
}

TEST_F(SpoolDeskTest, U5_rejected_lines_come_back_as_a_file_with_the_header) {
  const std::string content = std::string(header) + "good\n\"b\na\"\"d\",x\nworse\r\n";
  const std::string claim = with_rejects(
      "a.csv", content, "3\tmalformed\t35\t10\t\n5\tunknown_account\t46\t6\tno \"such\"\n");

  const auto redriven = desk.redrive_rejects("a.csv", false, {});

  ASSERT_TRUE(redriven) << redriven.error().message;
  EXPECT_EQ(redriven->name, "a.redrive.csv.gz");
  EXPECT_EQ(redriven->lines, 2U);
  EXPECT_EQ(gunzipped(incoming("a.redrive.csv.gz")),
            std::string(header) + "\"b\na\"\"d\",x\nworse\r\n");
  EXPECT_THAT(names_in(root / "incoming"), ElementsAre("a.redrive.csv.gz"));
  EXPECT_THAT(names_in(root / "rejected" / "driven"), ElementsAre(claim + ".a.csv.rejects"));
  EXPECT_EQ(desk.state_of_rejects(claim, "a.csv"), RejectsState::driven_in);
  EXPECT_EQ(code_of(desk.redrive_rejects("a.csv", false, {})), "unknown_rejects");
}

TEST_F(SpoolDeskTest, S11_the_same_redrive_again_has_the_same_bytes_and_another_has_others) {
  const std::string content = std::string(header) + "worse\n";
  const auto bytes_of_a_redrive = [&](const std::string& claim) {
    EXPECT_TRUE(desk.redrive_rejects(claim, false, {}));
    const std::string bytes = content_of(incoming("a.redrive.csv.gz"));
    fs::remove(incoming("a.redrive.csv.gz"));
    return bytes;
  };
  const std::string rejected = "2\tmalformed\t30\t5\t\n";
  const std::string first = with_rejects("a.csv", content, rejected);
  const std::string second = with_rejects("a.csv", content, rejected);
  const std::string entry = first + ".a.csv.rejects";
  const std::string bytes = bytes_of_a_redrive(first);
  EXPECT_NE(bytes, bytes_of_a_redrive(second));
  // As after a crash before the last step.
  fs::rename(root / "rejected" / "driven" / entry, root / "rejected" / entry);
  EXPECT_EQ(bytes, bytes_of_a_redrive(first));
}

TEST_F(SpoolDeskTest, S11_each_redrive_of_a_file_and_that_of_its_rejects_have_bytes_of_their_own) {
  const std::string content = std::string(header) + "worse\n";
  const std::string claim = with_rejects("a.csv", content, "2\tmalformed\t30\t5\t\n");
  const auto taken = [&] {
    const std::string bytes = content_of(incoming("a.redrive.csv.gz"));
    EXPECT_EQ(gunzipped(incoming("a.redrive.csv.gz")), content);
    fs::remove(incoming("a.redrive.csv.gz"));
    return bytes;
  };
  std::set<std::string> different;
  for (int time = 0; time < 3; ++time) {
    ASSERT_TRUE(desk.redrive_file(claim, "a.csv", {}));
    different.insert(taken());
  }
  ASSERT_TRUE(desk.redrive_rejects(claim, false, {}));
  different.insert(taken());
  EXPECT_EQ(different.size(), 4U);
}

TEST_F(SpoolDeskTest, S11_a_redrive_of_a_file_that_was_interrupted_is_a_repeat) {
  const std::string claim = with_rejects("a.csv", std::string(header) + "one\n", "");
  const auto bytes_of_a_redrive = [&] {
    EXPECT_TRUE(desk.redrive_file(claim, "a.csv", {}));
    const std::string bytes = content_of(incoming("a.redrive.csv.gz"));
    fs::remove(incoming("a.redrive.csv.gz"));
    return bytes;
  };
  const std::string first = bytes_of_a_redrive();
  fs::remove(root / "redriven" / claim);  // as after a crash before the last step
  EXPECT_EQ(bytes_of_a_redrive(), first);
  const std::string second = bytes_of_a_redrive();
  EXPECT_NE(second, first);
  write_file(root / "redriven" / claim, "1\n");  // the same of the second one
  EXPECT_EQ(bytes_of_a_redrive(), second);
  // One that found its name taken was none.
  drop("a.redrive.csv.gz", "of somebody else");
  EXPECT_EQ(code_of(desk.redrive_file(claim, "a.csv", {})), "name_taken");
  EXPECT_EQ(content_of(root / "redriven" / claim), "2\n");
}

TEST_F(SpoolDeskTest, S11_a_number_of_redrives_that_cannot_be_read_is_not_guessed_at) {
  const std::string claim = with_rejects("a.csv", std::string(header) + "one\n", "");
  for (const char* damaged : {"", "x\n", "1", "4294967295\n", "99999999999\n"}) {
    write_file(root / "redriven" / claim, damaged);
    EXPECT_THROW(desk.redrive_file(claim, "a.csv", {}), SpoolUnavailable) << damaged;
  }
  EXPECT_THAT(names_in(root / "incoming"), IsEmpty());
}

TEST_F(SpoolDeskTest, U5_a_redrive_waits_for_its_name_to_be_free) {
  const std::string claim =
      with_rejects("a.csv", std::string(header) + "worse\n", "2\tmalformed\t30\t5\t\n");
  drop("a.redrive.csv.gz", "of somebody else");
  EXPECT_EQ(code_of(desk.redrive_rejects("a.csv", false, {})), "name_taken");
  EXPECT_EQ(content_of(incoming("a.redrive.csv.gz")), "of somebody else");
  EXPECT_EQ(desk.state_of_rejects(claim, "a.csv"), RejectsState::open);
  EXPECT_THAT(names_in(root / "incoming"), ElementsAre("a.redrive.csv.gz"));
}

TEST_F(SpoolDeskTest, U5_lines_that_are_not_whole_are_driven_in_by_nobody) {
  const std::string content = std::string(header) + "worse\n";
  with_rejects("a.csv", content, "2\tmalformed\t30\t5\t\n3\tmalformed\t36\t99\t\n");
  EXPECT_EQ(code_of(desk.redrive_rejects("a.csv", false, {})), "cut_lines");
  EXPECT_THAT(names_in(root / "incoming"), IsEmpty());
  const auto redriven = desk.redrive_rejects("a.csv", true, {});
  ASSERT_TRUE(redriven) << redriven.error().message;
  EXPECT_EQ(redriven->lines, 1U);
  EXPECT_EQ(redriven->cut_lines, 1U);
  EXPECT_EQ(gunzipped(incoming("a.redrive.csv.gz")), content);
}

TEST_F(SpoolDeskTest, U5_rejects_that_somebody_changed_are_not_guessed_at) {
  const std::string claim =
      with_rejects("a.csv", std::string(header) + "worse\n", "2\tmalformed\t30\t5\t\n");
  write_file(root / "rejected" / (claim + ".a.csv.rejects"), "line,reason\r\n2,\"mal");
  EXPECT_THROW(desk.redrive_rejects("a.csv", false, {}), SpoolUnavailable);
  EXPECT_THAT(names_in(root / "incoming"), IsEmpty());
  EXPECT_EQ(desk.state_of_rejects(claim, "a.csv"), RejectsState::open);
}

TEST_F(SpoolDeskTest, U5_discarded_lines_stay_to_be_seen) {
  const std::string claim = with_rejects("a.ndjson", "{}\n", "1\tmissing_field\t0\t2\t\n");
  EXPECT_EQ(desk.discard_rejects(claim).value(), claim + ".a.ndjson.rejects");
  EXPECT_EQ(desk.state_of_rejects(claim, "a.ndjson"), RejectsState::discarded);
  EXPECT_EQ(code_of(desk.redrive_rejects(claim, false, {})), "unknown_rejects");
  EXPECT_EQ(desk.state(5).open_rejects.files, 0U);
}

TEST_F(SpoolDeskTest, U4_a_file_of_done_is_driven_in_with_what_was_packed) {
  const std::string content = std::string(header) + "one\ntwo\n";
  for (const auto& [name, stored, as] :
       {std::tuple{"a.csv", content, "a.redrive.csv.gz"},
        std::tuple{"b.csv.gz", gzip(content), "b.redrive.csv.gz"},
        std::tuple{"c.csv.zst", zstd(content), "c.redrive.csv.gz"}}) {
    const std::string claim = with_rejects(name, stored, "");
    const auto redriven = desk.redrive_file(claim, name, {});
    ASSERT_TRUE(redriven) << redriven.error().message;
    EXPECT_EQ(redriven->name, as);
    EXPECT_EQ(gunzipped(incoming(as)), content) << name;
    EXPECT_NE(content_of(incoming(as)), stored);
    fs::remove(incoming(as));
  }
  EXPECT_EQ(code_of(desk.redrive_file("20200101T000000.000000Z-0000", "a.csv", {})),
            "not_archived");
}

TEST_F(SpoolDeskTest, U4_a_file_that_cannot_be_unpacked_to_its_end_is_not_driven_in_by_half) {
  std::string cut = gzip(std::string(header) + "one\n");
  cut.resize(cut.size() - 4);
  const std::string claim = failed("a.csv.gz", cut).substr(0, claim_bytes);
  EXPECT_EQ(code_of(desk.redrive_file(claim, "a.csv.gz", {})), "unreadable");
  EXPECT_THAT(names_in(root / "incoming"), IsEmpty());
}

TEST_F(SpoolDeskTest, what_root_makes_belongs_to_the_owner_of_the_spool) {
  constexpr uid_t nobody = 65'534;
  const std::string claim =
      with_rejects("a.csv", std::string(header) + "worse\n", "2\tmalformed\t30\t5\t\n");
  if (geteuid() == 0) {
    ASSERT_EQ(chown(root.c_str(), nobody, nobody), 0);
  }
  fs::remove(root / "rejected" / "driven");
  DirectoryDesk later(root.string(), {});
  ASSERT_TRUE(later.redrive_rejects(claim, false, {}));
  struct stat whole {};
  ASSERT_EQ(stat(root.c_str(), &whole), 0);
  for (const char* made : {"incoming/a.redrive.csv.gz", "rejected/driven"}) {
    struct stat status {};
    ASSERT_EQ(stat((root / made).c_str(), &status), 0) << made;
    EXPECT_EQ(status.st_uid, whole.st_uid) << made;
    EXPECT_EQ(status.st_gid, whole.st_gid) << made;
  }
}

TEST(SpoolDeskPlace, a_folder_that_is_no_spool_is_refused) {
  const fs::path empty = fs::temp_directory_path() / ("no_spool." + std::to_string(getpid()));
  fs::create_directory(empty);
  EXPECT_THROW(DirectoryDesk(empty.string(), {}), SpoolUnavailable);
  EXPECT_THAT(names_in(empty), IsEmpty());
  fs::remove(empty);
  EXPECT_THROW(DirectoryDesk(empty.string(), {}), SpoolUnavailable);
}

}  // namespace
}  // namespace packwarden::testing
