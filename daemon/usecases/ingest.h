#pragma once

#include <deque>
#include <functional>
#include <future>
#include <optional>
#include <string>
#include <vector>

#include "usecases/batch_decision.h"
#include "usecases/batch_reader.h"

namespace packwarden {

// What one round did, for logs and measurements.
struct IngestReport {
  bool committed = false;
  bool stale = false;  // others were faster, or accounts came: read again from the checkpoints
  // The ledger cannot hold what the batch was to write: why. It goes on with its halves, or, of a
  // single unit, without its file, which has ended (`ended`).
  std::string unstorable;
  Sequence sequence = 0;
  std::size_t units = 0;
  UnitCounts counts;
  std::size_t keys_held = 0;
  std::size_t index_bytes = 0;
  struct Ended {
    std::string name;
    FileEnding ending = FileEnding::taken;
    std::string reason;
  };
  std::vector<Ended> ended;
};

// Rows of accounts, packs and the like, and dedupe keys.
using OnLoading = std::function<void(std::uint64_t rows, std::uint64_t keys)>;

// Whose memory is loaded from the rows of the books, which are read once for both. Called by the
// thread of the load.
class LoadedBeside {
 public:
  virtual ~LoadedBeside() = default;
  virtual void begin() = 0;  // also again, where a load was broken off: from nothing
  virtual void take_over(const Changes& piece) = 0;
  virtual void complete() = 0;  // before the keys, which only the books have
};

// The main job: usage files from the spool become ledger entries, exactly once (U1 to U9, B5). One
// thread calls round(); the next batch is read and decoded on another thread meanwhile.
class Ingest {
 public:
  // `ledger` decides and commits; the reader has a connection of its own. All must outlive this.
  // U3: a key is held for `dedupe_window_days` after the arrival of its file. `on_step`, which may
  // be null, is told what is done next, in a word or two that are literals.
  Ingest(Ledger& ledger, UsageSpool& spool, BatchReader& reader, DecideContext context,
         int dedupe_window_days, std::function<void(const char*)> on_step = {});
  ~Ingest();

  // Loads the books, and what `beside`, which may be null, keeps of entitlements. Call once, first.
  // `on_loading`, which may be null, is told now and then what was loaded so far; what it throws
  // breaks the load off and comes out. Throws LedgerUnavailable.
  void load(const OnLoading& on_loading = {}, LoadedBeside* beside = nullptr);

  // Takes one batch through to its end, which for files that fail is `now`. A unit that the ledger
  // cannot hold is searched for in halves of the batch; its file ends as failed, the others go on.
  // nullopt: there was nothing to do. `as_of`: see Ledger::transact; what is claimed arrives then,
  // else by the clock of this host. Throws LedgerUnavailable with everything undone; call it again
  // later. OtherHistory: load() first.
  std::optional<IngestReport> round(Instant now, std::optional<Instant> as_of);

  // Nothing is to be done: whether the ledger still is the one that the books know. Throws as
  // round.
  void look();

  // Takes over what others appended to the ledger since, without its lock: an idle daemon calls it
  // now and then, so that little is left to read once it has something to do. Between two rounds.
  void follow();

  // U3: lets go of the keys of days beyond the dedupe window, if a new day has come into it.
  // Returns the keys forgotten.
  std::size_t let_go(Instant now, std::optional<Instant> as_of);

  // Calls `change`, which may change what the context and the reader point to, while nothing is
  // read or decided; then all is read again from the checkpoints. Between two rounds.
  void change(const std::function<void(DecideContext&)>& change);

  Books& books() { return books_; }

 private:
  enum class Applied { committed, stale };
  std::optional<Batch> take_batch(std::optional<Instant> as_of);
  Applied apply(Batch& batch, std::optional<Instant> as_of, IngestReport& report);
  bool still_fits(LedgerTransaction& tx, const Batch& batch) const;
  bool is_stale(const Batch& batch) const;
  void catch_up(LedgerTransaction& tx);
  void take_over(Changes changes);
  void learn_open_sums();
  void end_files(const Batch& batch, Instant now, IngestReport& report);
  FileOutcome outcome_of_failed(const FileInWork& file, const std::string& failure, Instant now);
  void start_again();
  void halve();
  void step(const char* what) const {
    if (on_step_) on_step_(what);
  }

  Ledger* ledger_;
  UsageSpool* spool_;
  BatchReader* reader_;
  DecideContext context_;
  int dedupe_window_days_;
  std::function<void(const char*)> on_step_;
  Books books_;
  bool knows_open_sums_ = false;  // at the prices of the catalogue (U2)
  // Taken, and not applied yet because the ledger was not to be had, or could not hold all of it.
  std::deque<Batch> pending_;
  std::future<std::optional<Batch>> ahead_;
  std::vector<std::string> ended_claims_;
};

}  // namespace packwarden
