#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <random>

#include "store/ledger_head.h"
#include "store/ledger_history.h"
#include "store/ledger_waits.h"
#include "store/row_numbers.h"
#include "store/session.h"
#include "usecases/ledger_port.h"

namespace packwarden {

// How long a committed ledger transaction took.
struct CommitTimes {
  const char* kind;  // as given to transact()
  std::chrono::nanoseconds commit;
  std::chrono::nanoseconds whole;  // from its begin on, with the wait for the lock
  std::chrono::nanoseconds held;   // how long nobody else could change the ledger
};
// Called on the thread that committed.
using CommitObserver = std::function<void(const CommitTimes&)>;

// The clock of this host.
Instant host_now();

struct LedgerOptions {
  std::uint32_t transaction_attempts_max = 10;
  // Of work that the database cannot hold (NotStorable): in vain, but where another has just
  // written what it stumbles over.
  std::uint32_t unstorable_attempts_max = 3;
  // Called whenever the server has answered, or an attempt begins; may be null.
  std::function<void()> on_progress{};
  CommitObserver on_commit{};  // may be empty
  // Of all connections of the process to this database; null: this one has its own.
  std::shared_ptr<LedgerHistory> history{};
  // By how much the clocks of host and database may differ, and the ledger's last instant may be
  // ahead of the database's clock.
  Span clock_skew_max = Span::seconds(25);
  bool allow_as_of = false;  // then the ledger may be ahead of all clocks
  bool accept_clock =
      false;  // transactions are of the database's clock, also where the ledger is ahead
  std::function<Instant()> host_clock = host_now;
  // As whom this holds the ledger: for those who wait, on their log.
  std::string holder = "?";
  std::shared_ptr<LedgerWaits> waits{};  // null: no wait is told
};

class MySqlTransaction;

// The ledger on MySQL or MariaDB. Connects when first used and again after the connection was lost.
class MySqlLedger : public Ledger {
 public:
  explicit MySqlLedger(DatabaseAddress address, LedgerOptions options = {});

  std::optional<Sequence> transact(const char* kind, std::optional<Instant> as_of,
                                   const Work& work) override;
  std::optional<Sequence> transact_behind(
      Sequence expected, Instant instant, const char* kind, const Work& work,
      const std::function<bool(LedgerTransaction&)>& may_commit) override;
  void load(Follower follower, const ChangesSink& take, const SegmentSink& sink) override;
  LedgerHead head() override;
  Changes changes_after(Follower follower, Sequence after) override;
  std::vector<OpenRow> open_rows_of(std::span<const AccountId> accounts) override;
  void for_each_open_row(const std::function<void(const OpenRow&)>& take) override;
  Changes next_changes(Follower follower, Sequence after, std::uint32_t transactions_max,
                       const SegmentSink& sink) override;
  std::vector<std::optional<FileProgress>> progress_of(std::span<const Digest> digests) override;
  std::vector<FileOutcome> outcomes_of(std::span<const Digest> digests) override;
  void keys_of_file(const Digest& digest, const SegmentSink& sink) override;
  Instant agreed_now() override;
  Instant database_now() override;
  std::uint64_t delete_segments_before(std::int32_t day, std::uint32_t max_rows) override;

  // For reads of other parts of the store. Connected.
  Session& session();

 private:
  template <class Read>
  auto read(const char* what, Read&& read_all);
  void back_off(std::uint32_t attempt);
  HeadRow lock(const char* kind);
  HeadRow writable(const HeadRow& row);
  void check(const LedgerHistory::Mark& mark, const LedgerHead& head);
  // `mark` was taken before the transaction began, if there is one.
  LedgerHead checked_head(const LedgerHistory::Mark& mark);
  Instant agreed_clock();
  Instant instant_behind(const LedgerHead& head, std::optional<Instant> as_of);
  // With what `view` wrote, as the next transaction.
  void commit(Transaction& transaction, const char* kind, MySqlTransaction& view,
              std::chrono::steady_clock::time_point begun_at,
              std::chrono::steady_clock::time_point locked_at);

  Session session_;
  LedgerOptions options_;
  std::shared_ptr<LedgerHistory> history_;
  std::minstd_rand jitter_;
};

void to_keys(std::string_view bytes, std::vector<RecordKey>& keys);
Bytes to_bytes(std::span<const RecordKey> keys);  // a view of them

// Reads that a transaction and a plain connection share (store/ledger_reads.cc).
Changes read_changes(Session& session, Follower follower, Sequence after, Sequence upto,
                     const SegmentSink& sink);
void read_all(Session& session, Follower follower, const ChangesSink& take,
              const SegmentSink& sink);
std::vector<std::optional<FileProgress>> read_progress(Session& session,
                                                       std::span<const Digest> digests);
// Without their rejected lines.
std::vector<FileOutcome> read_outcomes(Session& session, std::span<const Digest> digests);
void read_rejected_lines(Session& session, const Digest& digest,
                         const std::function<void(std::string_view)>& sink);

// Writes all that a batch adds as ledger transaction `sequence`, which has written `numbers` before
// (store/ingest_rows.cc).
void write_ingest(Session& session, Sequence sequence, RowNumbers& numbers,
                  const IngestWrite& ingest);

}  // namespace packwarden
