#include "usecases/batch_reader.h"

#include <gtest/gtest.h>

#include "usecases/world.h"

// Reading ahead from a spool whose disk can break.
namespace packwarden::testing {
namespace {

// Reads well up to `good_bytes`.
class BreakingFile : public UsageFile {
 public:
  BreakingFile(std::string text, std::uint64_t good_bytes)
      : text_(std::move(text)), good_bytes_(good_bytes) {}

  std::uint64_t size_bytes() const override { return text_.size(); }
  tl::expected<Digest, std::string> digest() override { return Digest{1}; }
  tl::expected<std::size_t, std::string> read(std::uint64_t offset, char* into,
                                              std::size_t size) override {
    if (offset + size > good_bytes_) return tl::unexpected(std::string("the disk is broken"));
    return text_.copy(into, size, offset);
  }

 private:
  std::string text_;
  std::uint64_t good_bytes_;
};

class BreakingSpool : public UsageSpool {
 public:
  BreakingSpool(std::string text, std::uint64_t good_bytes)
      : text_(std::move(text)), good_bytes_(good_bytes) {}

  const std::string& name() const override { return name_; }
  std::vector<ClaimedFile> left_over() override { return {{"c1", "a.csv", noon}}; }
  std::vector<ClaimedFile> claim(std::size_t, Instant) override { return {}; }
  tl::expected<std::unique_ptr<UsageFile>, std::string> open(const ClaimedFile&) override {
    return std::make_unique<BreakingFile>(text_, good_bytes_);
  }
  void end(const ClaimedFile&, FileEnding, const FileOutcome&) override {}

 private:
  std::string name_ = "spool";
  std::string text_;
  std::uint64_t good_bytes_;
};

// Else the part that was read would make the file known, and its good copy a repeat.
TEST(S6_Failed, AFileThatBreaksOffInItsFirstUnitIsNotRegistered) {
  std::vector<Line> lines(60'000);
  for (std::size_t i = 0; i < lines.size(); ++i) lines[i].id = std::to_string(i);
  BreakingSpool spool(csv(lines), std::uint64_t{2} << 20);
  TestDatabase database;
  MySqlLedger lookups(database.address());
  const Catalogue catalogue;
  const KeyHasher hasher{KeyHasher::Secret{}};
  const BusinessCalendar calendar = BusinessCalendar::for_zone("Asia/Shanghai").value();
  DecodeContext context;
  context.catalogue = &catalogue;
  context.hasher = &hasher;
  context.calendar = &calendar;
  BatchReader reader(spool, lookups, context, {});
  reader.rewind(std::make_shared<AccountDirectory>(), Instant::earliest());

  const auto batch = reader.next(noon);
  ASSERT_TRUE(batch);
  ASSERT_EQ(batch->items.size(), 1U);
  EXPECT_EQ(batch->items[0].unit, nullptr);
  EXPECT_EQ(batch->items[0].failure, "the disk is broken");
  EXPECT_EQ(batch->data_lines, 0);
}

}  // namespace
}  // namespace packwarden::testing
