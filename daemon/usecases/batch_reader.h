#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "usecases/unit_decoder.h"

namespace packwarden {

struct ReaderLimits {
  std::uint32_t unit_records = 1'000'000;  // B5, for files that are met for the first time
  std::uint32_t max_transaction_records = 1'000'000;  // small files are committed together (U9)
  std::uint32_t max_transaction_units = 1'000;
  std::uint32_t max_claimed_files = 10'000;
  std::string default_source;  // U2
};

// Takes files from the spool and cuts them into batches, each the work of one ledger transaction.
// It runs ahead of what is committed; rewind() takes it back. Used by one thread at a time.
class BatchReader {
 public:
  // `lookups` is a connection of its own. All must outlive the reader.
  BatchReader(UsageSpool& spool, Ledger& lookups, DecodeContext context, ReaderLimits limits);

  // The next batch; nullopt where there is nothing to do, or where all that there is must wait
  // until files that were handed over before have ended. What is claimed arrives at `as_of`, or by
  // the clock of this host. Throws LedgerUnavailable, and can be called again then; ClocksDiffer:
  // nothing is claimed while that clock is wrong.
  std::optional<Batch> next(std::optional<Instant> as_of);

  // These files have been ended and need no further care.
  void ended(const std::vector<std::string>& claims);

  // Other contexts and limits from the next rewind() on, which must follow at once. Files that were
  // met before keep the unit size of then (B5).
  void change(DecodeContext context, ReaderLimits limits);

  // Forgets all that was handed over and not ended, and starts again from the checkpoints, against
  // this directory and floor. Must be called once before next().
  void rewind(std::shared_ptr<const AccountDirectory> directory, Instant dedupe_floor);

 private:
  struct Unended {
    ClaimedFile file;
    std::optional<Digest> digest;  // once it has been opened
  };
  std::optional<Batch> read_ahead(std::optional<Instant> as_of);
  bool fits(const Batch& batch, const FileInWork& file) const;
  bool open_next(Batch& batch, std::optional<Instant> as_of);
  bool is_on_its_way(const Digest& digest) const;

  UsageSpool* spool_;
  Ledger* lookups_;
  DecodeContext context_;
  ReaderLimits limits_;
  bool left_over_taken_ = false;
  Instant last_replayed_ = Instant::earliest();  // arrivals of a replay do not go back
  std::deque<Unended> unended_;                  // all that is claimed, in order
  std::size_t next_file_ = 0;  // the first of unended_ that was not handed over yet
  std::unique_ptr<UnitDecoder> current_;
};

}  // namespace packwarden
