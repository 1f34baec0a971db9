#include "ctl/receipt_words.h"

#include <gmock/gmock.h>

#include <sstream>

#include "usecases/receipt.h"

namespace packwarden {
namespace {

using ::testing::HasSubstr;
using ::testing::Return;

class MockLedger : public Ledger {
 public:
  MOCK_METHOD(std::optional<Sequence>, transact, (const char*, const Work&), (override));
  MOCK_METHOD(Changes, load, (const SegmentSink&), (override));
  MOCK_METHOD(std::vector<std::optional<FileProgress>>, progress_of, (std::span<const Digest>),
              (override));
  MOCK_METHOD(std::vector<FileOutcome>, outcomes_of, (std::span<const Digest>), (override));
  MOCK_METHOD(std::uint64_t, delete_segments_before, (std::int32_t, std::uint32_t), (override));
};

class MockReports : public Reports {
 public:
  MOCK_METHOD(std::optional<Account>, find_account, (std::string_view), (override));
  MOCK_METHOD(std::vector<AccountRow>, accounts, (), (override));
  MOCK_METHOD(std::vector<PackRow>, packs, (std::optional<AccountId>), (override));
  MOCK_METHOD(std::vector<UsageRow>, usage, (const Account&), (override));
  MOCK_METHOD(std::vector<LedgerRow>, entries, (const Account&, std::uint32_t), (override));
  MOCK_METHOD(std::vector<InboxRow>, inbox, (const std::string&), (override));
  MOCK_METHOD(std::vector<Digest>, find_files, (const std::string&), (override));
  MOCK_METHOD(std::vector<RejectsRow>, rejects, (), (override));
  MOCK_METHOD(StatusNumbers, status, (), (override));
  MOCK_METHOD(void, canonical, (const CanonicalSink&), (override));
};

// A ledger that knows these files alone, each by the name "a.csv".
class Files : public Backend, public Context {
 public:
  explicit Files(std::vector<FileOutcome> outcomes) : outcomes_(std::move(outcomes)) {
    const std::vector<Digest> digests(outcomes_.size());
    ON_CALL(reports_, find_files("a.csv")).WillByDefault(Return(digests));
    ON_CALL(ledger_, outcomes_of).WillByDefault(Return(outcomes_));
  }

  std::vector<std::string> check_config(const std::string&) override { return {}; }
  std::unique_ptr<Context> open(const std::string&) override {
    return std::make_unique<Files>(outcomes_);
  }
  bool allow_as_of() const override { return false; }
  Instant now() const override { return {}; }
  const BusinessCalendar& calendar() const override { return calendar_; }
  const Catalogue& catalogue() const override { return catalogue_; }
  const Catalogue& stored_catalogue() override { return catalogue_; }
  Ledger& ledger() override { return ledger_; }
  Reports& reports() override { return reports_; }
  SchemaChange migrate() override { return {}; }

 private:
  std::vector<FileOutcome> outcomes_;
  ::testing::NiceMock<MockLedger> ledger_;
  ::testing::NiceMock<MockReports> reports_;
  BusinessCalendar calendar_ = BusinessCalendar::for_zone("Asia/Shanghai").value();
  Catalogue catalogue_;
};

FileOutcome outcome(bool complete, const std::string& failure = "") {
  FileOutcome outcome;
  outcome.file.name = "a.csv";
  outcome.file.claim = "20261122T220757.123456Z-0000";
  outcome.file.spool = "billing-1";
  outcome.file.digest.fill(7);
  outcome.complete = complete;
  outcome.failure = failure;
  outcome.counts.lines = 3;
  return outcome;
}

std::string receipt_of(const FileOutcome& outcome, FileEnding ending) {
  const RegisteredFile& file = outcome.file;
  return receipt_json({file.claim, file.name, file.arrival}, file.spool, ending, outcome);
}

std::string shown(const std::vector<FileOutcome>& outcomes, const std::string& name, bool json) {
  Files backend(outcomes);
  std::ostringstream out;
  Desk desk(backend, out);
  desk.json = json;
  show_receipts(desk, name);
  return out.str();
}

std::string refusal_of(const std::vector<FileOutcome>& outcomes, const std::string& name) {
  try {
    shown(outcomes, name, true);
  } catch (const Refused& refused) {
    return refused.code;
  }
  return "";
}

TEST(ReceiptWords, U7_programs_get_the_text_of_the_receipt_files) {
  const FileOutcome taken = outcome(true);
  const FileOutcome failed = outcome(true, "not UTF-8 from byte 7 on");
  EXPECT_EQ(shown({taken, outcome(false), failed}, "a.csv", true),
            receipt_of(taken, FileEnding::taken) + receipt_of(failed, FileEnding::failed));
}

TEST(ReceiptWords, U7_a_file_that_is_still_being_read_has_no_receipt_yet) {
  EXPECT_EQ(refusal_of({outcome(false)}, "a.csv"), "unfinished");
  EXPECT_THAT(shown({outcome(false)}, "a.csv", false), HasSubstr("outcome   unfinished"));
}

TEST(ReceiptWords, a_file_that_the_ledger_does_not_know_is_refused) {
  EXPECT_EQ(refusal_of({outcome(true)}, "b.csv"), "unknown_file");
}

}  // namespace
}  // namespace packwarden
