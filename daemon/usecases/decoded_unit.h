#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "dedupe/dedupe_index.h"
#include "domain/business_day.h"
#include "domain/reject_reason.h"
#include "usecases/ledger_port.h"
#include "usecases/spool_port.h"

namespace packwarden {

// Where a data line stands in its file.
struct LinePlace {
  std::uint64_t offset_bytes = 0;
  std::uint64_t line_no = 0;
  std::uint32_t length_bytes = 0;
};
struct RejectedLine {
  LinePlace place;
  RejectReason reason = RejectReason::malformed;
  const char* detail = "";
};

// Records that share all of this are summed. In their order those of one account and product stand
// together, whoever used it: these share packs, and are rated as one (B5).
struct UseGroup {
  AccountId account{};  // the main account
  ProductId product{};
  AccountId used_by{};
  MeterId meter{};
  BusinessDay day;
  bool billable = true;  // by its meter (B2)

  auto operator<=>(const UseGroup&) const = default;
};

// A rating unit as decoded: a function of its bytes, its file's stored parameters, the catalogue
// and one snapshot of the directory. Records stand in columns, in line order.
struct DecodedUnit {
  std::uint32_t unit_no = 0;
  std::uint64_t end_offset_bytes = 0;
  std::uint64_t end_line = 0;  // physical lines before the end
  bool is_last = false;
  std::string failure;  // why the file could not be read on; then all of this counts for nothing
  std::int64_t data_lines = 0;

  std::vector<RecordKey> keys;
  std::vector<Instant> times;
  std::vector<Units> quantities;
  std::vector<std::uint32_t> groups;  // indexes use_groups
  std::vector<LinePlace> places;
  std::deque<RejectedLine> rejected;  // grows without holding all of it twice

  std::vector<UseGroup> use_groups;
  std::vector<std::uint32_t> group_order;  // indexes of use_groups, sorted
};

// A claimed file with what the database knows of it. Shared by the units that are on their way.
struct FileInWork {
  ClaimedFile claimed;
  RegisteredFile registered;  // of the database, or as it will be registered with its first unit
  std::unique_ptr<UsageFile> bytes;
  Units accepted_units = 0;  // of its committed units; once handed over, the deciding thread's
  // Whether the one who registered this digest is this very file, so that the receipt is this
  // file's. Two runs as at one instant give the same claims, so the name counts too.
  bool is_own(const std::string& spool_name) const {
    return registered.spool == spool_name && registered.claim == claimed.claim &&
           registered.name == claimed.name;
  }
};

// What the reader hands over for one file: a unit, or its end where nothing is left to rate.
struct BatchItem {
  std::shared_ptr<FileInWork> file;
  std::unique_ptr<DecodedUnit> unit;  // null: only to be ended
  std::string failure;                // why the file cannot be read (on); then there is no unit
};

struct Batch {
  std::vector<BatchItem> items;
  std::int64_t data_lines = 0;
  std::shared_ptr<const AccountDirectory> directory;  // against which it was decoded
  Instant dedupe_floor;
};

}  // namespace packwarden
