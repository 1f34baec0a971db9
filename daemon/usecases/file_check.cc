#include "usecases/file_check.h"

#include <limits>
#include <map>

#include "domain/open_sum.h"
#include "usecases/books.h"
#include "usecases/open_sums.h"

namespace packwarden {
namespace {

// Small, so that progress is seen; how a file is cut changes nothing here.
constexpr std::uint32_t unit_records = 100'000;
constexpr std::int32_t any_day = 0;  // nothing is let go here

// Knows how far the file was read.
class WatchedFile : public UsageFile {
 public:
  explicit WatchedFile(std::unique_ptr<UsageFile> file) : file_(std::move(file)) {}

  std::uint64_t size_bytes() const override { return file_->size_bytes(); }
  tl::expected<Digest, std::string> digest() override { return file_->digest(); }
  tl::expected<std::size_t, std::string> read(std::uint64_t offset, char* into,
                                              std::size_t size) override {
    const auto got = file_->read(offset, into, size);
    if (got) read_bytes_ = offset + *got;
    return got;
  }
  std::uint64_t read_bytes() const { return read_bytes_; }

 private:
  std::unique_ptr<UsageFile> file_;
  std::uint64_t read_bytes_ = 0;
};

class Check {
 public:
  Check(DecodeContext context, Ledger& ledger, FileCheckInput input, const FileCheckSinks& sinks)
      : context_(std::move(context)), ledger_(&ledger), sinks_(&sinks) {
    file_ = std::make_shared<FileInWork>();
    file_->claimed.name = input.name;
    file_->registered.spool = input.spool;
    file_->registered.name = std::move(input.name);
    file_->registered.arrival = input.arrival;
    file_->registered.default_source = std::move(input.default_source);
    file_->registered.unit_records = unit_records;
    auto watched = std::make_unique<WatchedFile>(std::move(input.bytes));
    watched_ = watched.get();
    file_->bytes = std::move(watched);
  }

  FileCheck run() {
    const auto digest = file_->bytes->digest();
    if (!digest) return failed(digest.error());
    result_.taken = ledger_->progress_of(std::span(&*digest, 1)).front();
    if (result_.taken && result_.taken->complete) return std::move(result_);
    // Twice: which of its records the ledger knows can be told once all of its keys are known.
    load_directory();
    for_each_unit(0, [this](const DecodedUnit& unit) { gather_keys(unit); });
    find_in_ledger();
    own_keys_ = DedupeIndex();
    for_each_unit(1, [this](const DecodedUnit& unit) { judge(unit); });
    return std::move(result_);
  }

 private:
  FileCheck failed(const std::string& reason) {
    result_.failure = reason;
    return std::move(result_);
  }

  void load_directory() {
    Books books;
    ledger_->load(
        Follower::rating, [&](Changes changes) { books.take_over(std::move(changes)); }, nullptr);
    context_.directory = books.directory();
    context_.dedupe_floor = books.dedupe_floor();
    ledger_->for_each_open_row([this](const OpenRow& row) {
      OpenSum& open = open_[row.account];
      open.add(row.units, overage_price(*context_.catalogue, row.product, row.day));
      open.micros += row.debt_micros;
    });
  }

  // U2: as if no pack covered it. Adds it where it fits.
  bool fits_open_sum(const UseGroup& group, Units quantity) {
    OpenSum& open = open_[group.account];
    OpenSum with_record = open;
    with_record.add(quantity, overage_price(*context_.catalogue, group.product, group.day));
    if (!with_record.is_within(max_open)) return false;
    open = with_record;
    return true;
  }

  template <typename Visit>
  void for_each_unit(std::uint64_t passes_before, const Visit& visit) {
    result_.failure.clear();
    auto decoder = UnitDecoder::open(context_, file_, nullptr);
    if (!decoder) {
      result_.failure = decoder.error();
      return;
    }
    for (bool is_last = false; !is_last;) {
      const std::unique_ptr<DecodedUnit> unit = (*decoder)->next();
      is_last = unit->is_last;
      if (!unit->failure.empty()) {
        result_.failure = unit->failure;
        return;
      }
      visit(*unit);
      if (!sinks_->progress) continue;
      const std::uint64_t all_bytes = file_->bytes->size_bytes();
      sinks_->progress((passes_before * all_bytes + watched_->read_bytes()) / 2, all_bytes);
    }
  }

  void gather_keys(const DecodedUnit& unit) {
    seen_.resize(unit.keys.size());
    own_keys_.insert_all(unit.keys.data(), unit.keys.size(), any_day, seen_.data());
  }

  // Of the ledger's keys those whose identity is in the file too.
  void find_in_ledger() {
    const SegmentSink sink = [this](const KeySegment& segment) {
      if (segment.removed) {
        for (const RecordKey& key : segment.keys) ledger_keys_.erase(key);
        return;
      }
      seen_.resize(segment.keys.size());
      own_keys_.insert_all(segment.keys.data(), segment.keys.size(), any_day, seen_.data());
      for (std::size_t i = 0; i < segment.keys.size(); ++i) {
        if (seen_[i] == Seen::is_new) {
          own_keys_.erase(segment.keys[i]);
        } else {
          ledger_keys_.insert(segment.keys[i], any_day);
        }
      }
    };
    ledger_->load(Follower::rating, nullptr, sink);
  }

  void judge(const DecodedUnit& unit) {
    auto rejected = unit.rejected.begin();
    const auto told_before = [&](std::uint64_t offset_bytes) {
      for (; rejected != unit.rejected.end() && rejected->place.offset_bytes < offset_bytes;
           ++rejected) {
        ++result_.counts.rejected[static_cast<std::size_t>(rejected->reason)];
        tell({rejected->place, LineVerdict::rejected, rejected->reason, rejected->detail});
      }
    };
    for (std::size_t i = 0; i < unit.keys.size(); ++i) {
      told_before(unit.places[i].offset_bytes);
      tell(judge_record(unit, i));
    }
    told_before(std::numeric_limits<std::uint64_t>::max());
    result_.counts.lines += unit.data_lines;
  }

  CheckedLine judge_record(const DecodedUnit& unit, std::size_t i) {
    UnitCounts& counts = result_.counts;
    const Units quantity = unit.quantities[i];
    switch (ledger_keys_.insert(unit.keys[i], any_day)) {
      case Seen::duplicate:
        ++counts.duplicate;
        return {unit.places[i], LineVerdict::duplicate, {}, "this very record came before"};
      case Seen::conflict:
        ++counts.conflict;
        return {unit.places[i], LineVerdict::conflict, RejectReason::conflict,
                "the same source and id came before with other content; that one stands"};
      case Seen::is_new:
        break;
    }
    const auto out_of_range = [&](const char* why) -> CheckedLine {
      ledger_keys_.erase(unit.keys[i]);
      ++counts.rejected[static_cast<std::size_t>(RejectReason::out_of_range)];
      return {unit.places[i], LineVerdict::rejected, RejectReason::out_of_range, why};
    };
    if (quantity > std::numeric_limits<Units>::max() - counts.accepted_units) {
      return out_of_range("the accepted units of this file would not fit; split the file");
    }
    if (!fits_open_sum(unit.use_groups[unit.groups[i]], quantity)) {
      return out_of_range(open_sum_too_large);
    }
    ++counts.accepted;
    counts.accepted_units += quantity;
    if (unit.use_groups[unit.groups[i]].billable) return {unit.places[i], LineVerdict::accepted};
    ++counts.not_billable_meter;
    counts.not_billable_units += quantity;
    return {unit.places[i],
            LineVerdict::not_billable,
            {},
            "the meter is not the billable one at this time"};
  }

  void tell(const CheckedLine& line) {
    if (sinks_->line) sinks_->line(line);
  }

  DecodeContext context_;
  Ledger* ledger_;
  const FileCheckSinks* sinks_;
  std::shared_ptr<FileInWork> file_;
  WatchedFile* watched_ = nullptr;     // of file_
  std::map<AccountId, OpenSum> open_;  // with the lines before
  DedupeIndex own_keys_;
  DedupeIndex ledger_keys_;  // and, while judging, those of the lines before
  std::vector<Seen> seen_;
  FileCheck result_;
};

}  // namespace

std::string_view name_of(LineVerdict verdict) {
  switch (verdict) {
    case LineVerdict::accepted:
      return "accepted";
    case LineVerdict::not_billable:
      return "not_billable";
    case LineVerdict::duplicate:
      return "duplicate";
    case LineVerdict::conflict:
      return "conflict";
    case LineVerdict::rejected:
      break;
  }
  return "rejected";
}

FileCheck check_file(DecodeContext context, Ledger& ledger, FileCheckInput input,
                     const FileCheckSinks& sinks) {
  return Check(std::move(context), ledger, std::move(input), sinks).run();
}

}  // namespace packwarden
