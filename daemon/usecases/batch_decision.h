#pragma once

#include <vector>

#include "domain/business_calendar.h"
#include "rating/rating.h"
#include "usecases/books.h"
#include "usecases/decoded_unit.h"
#include "usecases/notice_writing.h"
#include "usecases/open_sums.h"

namespace packwarden {

// What deciding needs beside the books. The catalogue's ids are those of the database.
struct DecideContext {
  const Catalogue* catalogue = nullptr;
  const BusinessCalendar* calendar = nullptr;
  const NoticeRules* notices = nullptr;
  Units max_file_units = INT64_MAX;              // U2: the accepted units of one file must fit
  std::int64_t max_open = packwarden::max_open;  // U2: what may be open of an account
};

// What the units of a batch change, decided one after the other on the books (U3, B5, P3 to P5,
// N2). The books are changed at once, so that each unit sees the one before it; unless stand() is
// called after COMMIT, the destructor undoes all of it exactly. Nothing else may change the books
// in between.
class BatchDecision {
 public:
  // `open_rows_of` is asked here only, and only for accounts whose bound could be passed (U2); what
  // it throws comes out.
  BatchDecision(const DecideContext& context, Books& books, const Batch& batch,
                OpenRowsOf open_rows_of);
  ~BatchDecision();
  BatchDecision(const BatchDecision&) = delete;
  BatchDecision& operator=(const BatchDecision&) = delete;

  // To be committed. Points into the batch and into this decision. `now` is for the caller to set.
  const IngestWrite& write() const { return write_; }
  IngestWrite& write() { return write_; }

  // What is to be told of it, for the caller to write with it.
  std::span<const UsageNotice> notices() const { return notices_; }

  // Committed: the books keep what was decided.
  void stand() { stands_ = true; }

 private:
  struct UnitSeen {
    const DecodedUnit* unit;
    std::vector<Seen> seen;
  };
  struct PackBefore {
    PackState* pack;
    Units used;
    std::uint32_t levels_told;
    bool is_drawn;  // else it only has notices
  };
  void decide(const BatchItem& item, Units accepted_before);
  void dedupe(const DecodedUnit& unit, std::int32_t arrival_day, Units accepted_before,
              UnitCounts& counts, std::vector<RejectedLine>& rejected);
  void begin_sums(const DecodedUnit& unit);
  void sum_up(const DecodedUnit& unit, UnitCounts& counts, std::vector<RejectedLine>& rejected);
  void take_back_keys();
  void dedupe_in_line_order(const DecodedUnit& unit, std::int32_t arrival_day,
                            Units accepted_before, UnitCounts& counts,
                            std::vector<RejectedLine>& rejected);
  void keep_new_keys(const DecodedUnit& unit, std::int32_t arrival_day, std::int64_t accepted);
  const Product& product(ProductId id) const;
  void rate(const DecodedUnit& unit, UnitCounts& counts);
  bool rate_sums(const DecodedUnit& unit, std::span<const std::uint32_t> groups);
  void rate_records(const DecodedUnit& unit,
                    std::span<const std::span<const std::uint32_t>> accounts);
  std::size_t remember(std::span<PackState> packs);
  void tell(AccountId account, std::size_t touched_from);
  void tell_of_stack(AccountId account, ProductId of, const Books::LastPurchase& last);
  void add_notice(const Notice& notice, const PackState& pack, Units quota);
  void write_balances();
  void undo();

  const DecideContext* context_;
  Books* books_;
  IngestWrite write_;
  std::vector<UsageNotice> notices_;
  std::vector<UnitSeen> seen_;
  std::vector<std::vector<RecordKey>> kept_keys_;  // where not all keys of a unit are new
  std::vector<PackBefore> touched_;
  std::vector<UseSum> sums_;            // by group of the current unit
  std::vector<Instant> billable_from_;  // the same (B3); what the meter rules out, for all time
  std::vector<UseSum> account_sums_;
  OpenSums open_sums_;
  bool stands_ = false;
};

}  // namespace packwarden
