#include "usecases/file_check.h"

#include <gtest/gtest.h>

#include "store/deployment.h"
#include "usecases/world.h"

namespace packwarden::testing {
namespace {

// Bytes that are nowhere but in memory.
class TextFile : public UsageFile {
 public:
  explicit TextFile(std::string text) : text_(std::move(text)) {}
  std::uint64_t size_bytes() const override { return text_.size(); }
  tl::expected<Digest, std::string> digest() override { return Digest{1, 2, 3}; }
  tl::expected<std::size_t, std::string> read(std::uint64_t offset, char* into,
                                              std::size_t size) override {
    const std::string_view rest = std::string_view(text_).substr(std::min(offset, text_.size()));
    return rest.copy(into, size);
  }

 private:
  std::string text_;
};

class FileChecks : public ::testing::Test {
 protected:
  FileChecks() { add_ready_account(database, "acme"); }

  FileCheck check(const std::string& text, const std::string& name = "new.csv") {
    MySqlLedger ledger(database.address());
    verdicts.clear();
    FileCheckSinks sinks;
    sinks.line = [this](const CheckedLine& line) {
      verdicts.push_back(std::to_string(line.place.line_no) + " " +
                         std::string(line.verdict == LineVerdict::rejected
                                         ? name_of(line.reason)
                                         : name_of(line.verdict)));
    };
    Session& session = database.session();
    Catalogue catalogue = host.settings().catalogue;
    intern_catalogue(session, catalogue);
    const KeyHasher hasher(read_hash_key(session));
    const auto calendar = BusinessCalendar::for_zone("Asia/Shanghai").value();
    return check_file(decode_context(host.settings(), catalogue, hasher, calendar), ledger,
                      {name, std::make_unique<TextFile>(text), noon, "a", "gate"}, sinks);
  }

  TestDatabase database;
  Host host{database, "a"};
  std::vector<std::string> verdicts;
};

TEST_F(FileChecks, U3_tells_of_each_line_what_ingest_would_do_with_it) {
  host.drop("before.csv", csv({{"old"}, {"other"}}));
  host.run();
  const std::string text = csv({{"old"},
                                {.id = "other", .quantity = "2"},
                                {"new"},
                                {.id = "new", .source = "gate"},
                                {.id = "x", .account = "nobody"},
                                {.id = "check", .meter = "ticket_check"},
                                {.id = "late", .time = "2025-01-01T00:00:00Z"},
                                {.id = "many", .quantity = "0"}});

  const FileCheck told = check(text);

  EXPECT_EQ(told.failure, "");
  EXPECT_EQ(verdicts, (std::vector<std::string>{"2 duplicate", "3 conflict", "4 accepted",
                                                "5 duplicate", "6 unknown_account",
                                                "7 not_billable", "8 too_old", "9 bad_quantity"}));
  host.drop("new.csv", text);
  host.run();
  for (const auto& [key, value] :
       std::map<std::string, std::int64_t>{{"lines", told.counts.lines},
                                           {"accepted", told.counts.accepted},
                                           {"duplicate", told.counts.duplicate},
                                           {"conflict", told.counts.conflict}}) {
    EXPECT_EQ(host.receipt_value("new.csv", key), std::to_string(value)) << key;
  }
}

TEST_F(FileChecks, U1_a_file_that_cannot_be_read_is_told_why) {
  EXPECT_NE(check("id,time\n").failure, "");
  EXPECT_NE(check("", "empty.csv").failure, "");
  EXPECT_NE(check("x", "what.xml").failure, "");
}

TEST_F(FileChecks, U8_a_check_changes_nothing) {
  check(csv({{"one"}}));
  host.drop("one.csv", csv({{"one"}}));
  host.run();
  EXPECT_EQ(host.receipt_value("one.csv", "accepted"), "1");
}

}  // namespace
}  // namespace packwarden::testing
