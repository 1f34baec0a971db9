#pragma once

#include <functional>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "dedupe/dedupe_index.h"
#include "domain/account.h"
#include "domain/account_detail.h"
#include "domain/contacts.h"
#include "domain/journal.h"
#include "domain/ledger_entry.h"
#include "domain/notice.h"
#include "domain/pack.h"
#include "domain/postpaid.h"
#include "domain/refund.h"
#include "domain/service_state.h"
#include "domain/standing.h"
#include "domain/unit_counts.h"
#include "usecases/job_port.h"

// What the verbs need of the ledger; store/ implements it on MySQL.
namespace packwarden {

// How a usage file was first met. Whoever reads it again, on any host, reads and cuts it with these
// (B5, U6).
struct RegisteredFile {
  Digest digest{};
  std::string spool;
  std::string claim;
  std::string name;
  std::uint64_t size_bytes = 0;
  Instant arrival;
  std::string default_source;
  std::uint32_t unit_records = 0;
};

// How far a registered file has come: its checkpoint.
struct FileProgress {
  RegisteredFile file;
  std::uint32_t units = 0;  // committed so far, at least one
  std::uint64_t end_offset_bytes = 0;
  std::uint64_t end_line = 0;
  bool complete = false;  // nothing more of it is to be rated: it came to its end, or was voided
  Units accepted_units = 0;
};

// Gives the rejected lines of a file to `sink`, some whole lines at a time, in order, so that no
// number of them needs memory: line, reason, offset, bytes, detail; tab-separated, each ended by
// LF. Throws LedgerUnavailable; call it again from the start then.
using RejectedLines = std::function<void(const std::function<void(std::string_view)>& sink)>;

// U10: that the units of a file were taken back.
struct FileVoid {
  Instant voided_at;
  std::string reason;  // as the operator gave it
};

// All that a receipt and a file with rejected lines need (U7), also long after.
struct FileOutcome {
  RegisteredFile file;
  UnitCounts counts;
  bool complete = false;
  std::string failure;  // why the rest of the file could not be read; not from the database
  Instant finished_at;
  RejectedLines rejected_lines;    // null where there are none
  std::optional<FileVoid> voided;  // the counts stay those of the receipt
};

struct PackDraw {
  PackId pack{};
  Units units = 0;
  bool exhausted = false;                 // its last unit was taken just now
  std::optional<Instant> exhausted_at{};  // of Changes: as it is now, of entitlements alone
};
// A level of a pack of which the notice is written already (N2); 100: that it is used up.
struct ToldLevel {
  PackId pack{};
  int level_percent = 0;
};
struct KeySegment {
  std::int32_t arrival_day = 0;  // days since 1970-01-01, UTC
  std::span<const RecordKey> keys;
  bool removed = false;  // a void freed them (U10); else they were added
};

// U2: what is open of a main account: overage of a day that no bill has charged yet, or what its
// balance is below zero. Credits are left out.
struct OpenRow {
  AccountId account{};
  ProductId product{};
  BusinessDay day;
  Units units = 0;
  MoneyMicros debt_micros = 0;  // of a row without product and day
};

// Whose memory follows the ledger. What it does not keep is not read for it: of millions of
// accounts that is half of all rows.
enum class Follower {
  rating,        // no facts but closings and integrations, and not when packs were used up
  entitlements,  // no facts but closings, and not what was told
  both,          // from the same rows
};

// What was appended to the ledger after a sequence, for memory to catch up.
struct Changes {
  Sequence sequence = 0;  // memory is as of this one, once all is taken over
  Instant dedupe_floor;
  std::vector<Account> accounts;
  std::vector<AccountFact> facts;
  std::vector<Pack> packs;
  std::vector<RefundStepTaken> refund_steps;  // of each pack in order
  std::vector<PostpaidChange> postpaid;       // in order
  std::vector<PackDraw> draws;                // below zero where units came back
  std::vector<ToldLevel> told;
  std::vector<OpenRow> opened;  // overage that came, whatever became of it since; not of a load
};
using ChangesSink = std::function<void(Changes)>;
using SegmentSink = std::function<void(const KeySegment&)>;

// What one rating unit adds.
struct UnitWrite {
  const RegisteredFile* file = nullptr;
  bool registers_file = false;  // with its first unit
  std::uint32_t unit_no = 0;
  std::uint64_t end_offset_bytes = 0;
  std::uint64_t end_line = 0;
  bool is_last = false;
  UnitCounts counts;
  std::size_t first_entry = 0;  // its entries in IngestWrite::entries
  std::size_t entry_count = 0;
  std::string rejected_lines;
};
// A row of the outbox (N5).
struct DeliveryWrite {
  Medium medium = Medium::inbox;
  std::string channel;
  std::string recipient;  // empty: in-site
  std::string language;
  std::string subject;
  std::string body;
  std::string html;                  // empty where the medium has none
  std::string facts;                 // JSON object; empty where the medium needs none
  bool can_wait = false;             // until quiet hours are over (N7)
  std::optional<Span> useful_for{};  // from now on (N6); not above zero: it is of no use any more
};
struct NoticeWrite {
  Notice notice;
  std::string account_name;
  std::vector<DeliveryWrite> deliveries;  // none where superseded
};
struct IngestWrite {
  Instant now;
  std::vector<UnitWrite> units;
  std::vector<LedgerEntry> entries;
  std::vector<PackDraw> balances;    // each drawn pack once, with what is drawn of it by this
  std::vector<AccountId> exhausted;  // each account of which a pack was used up, once
  std::vector<KeySegment> segments;
  std::vector<NoticeKind> off_kinds;  // that were off, though there may have been something to tell
};

struct StoredCommand {
  Digest content{};
  std::string result;
};

// The newest committed ledger transaction. stamp: follows from the one before it and from what was
// written (docs/LEDGER.md); history: how often an older database was accepted.
struct LedgerHead {
  Sequence sequence = 0;
  Instant instant;
  Digest stamp{};
  std::uint32_t history = 0;
};

// Inside one ledger transaction, under the sequence lock. All that it reads is committed and stays
// so until the end.
class LedgerTransaction {
 public:
  virtual ~LedgerTransaction() = default;

  // Number of the last committed ledger transaction.
  virtual Sequence sequence() const = 0;
  // Ledger time: the instant of this transaction, as of which all of it is decided. Never before
  // that of the one before it.
  virtual Instant now() const = 0;
  // Of the last committed one.
  virtual Instant instant_before() const = 0;
  // From this transaction on it is another history than any that was seen (see LedgerHead).
  virtual void begin_history() = 0;
  // What came after `after`; segments go to `sink` one by one, in the order of their commits.
  virtual Changes changes_since(Follower follower, Sequence after, const SegmentSink& sink) = 0;
  virtual std::vector<std::optional<FileProgress>> progress_of(std::span<const Digest> digests) = 0;
  virtual void write(const IngestWrite& ingest) = 0;

  // The accounts of these names, in their order; one round trip for many.
  virtual std::vector<std::optional<Account>> find_accounts(std::span<const std::string> names) = 0;
  std::optional<Account> find_account(const std::string& name) {
    return find_accounts(std::span(&name, 1)).front();
  }
  virtual AccountId last_account() = 0;  // ids go on from here
  // Main accounts are told in `language` until they choose another (N4).
  virtual void add_accounts(std::span<const Account> accounts, const std::string& language) = 0;
  // Replaces what stood there for the kind; an empty value takes it away.
  virtual void set_details(std::span<const AccountDetail> details) = 0;
  // Of main accounts that are given by id, each once; one round trip for many.
  virtual std::vector<Contacts> contacts_of(std::span<const AccountId> accounts) = 0;
  // By account, then id; one read for many. `accounts` in any order.
  virtual std::vector<HeldPack> packs_of(std::span<const AccountId> accounts,
                                         ProductId product) = 0;
  virtual std::optional<HeldPack> find_pack(PackId id) = 0;
  virtual PackId last_pack() = 0;
  virtual void add_packs(std::span<const Pack> packs) = 0;

  // All that hangs together for these main accounts, in the order of their ids; products in that of
  // theirs. One read for many.
  virtual std::vector<AccountStanding> standings_of(std::span<const AccountId> accounts) = 0;
  virtual void add_postpaid_changes(std::span<const PostpaidChange> changes) = 0;
  virtual void add_service_changes(std::span<const ServiceChange> changes) = 0;
  // With their outbox rows (N5), created at `now`.
  virtual void add_notices(std::span<const NoticeWrite> notices, Instant now) = 0;
  // N3: these kinds were off in this transaction, which had something to tell of each; for the
  // audit.
  virtual void add_off_kinds(std::span<const NoticeKind> kinds) = 0;

  // Returns its number, from 1 for each pack.
  virtual std::uint32_t add_refund_step(const RefundStepTaken& step) = 0;
  virtual std::vector<AccountFact> facts_of(std::span<const AccountId> accounts) = 0;
  virtual void add_facts(std::span<const AccountFact> facts) = 0;
  // In the order of `accounts`.
  virtual std::vector<MoneyMicros> balances_of(std::span<const AccountId> accounts) = 0;
  // With the balances.
  virtual void add_journals(std::span<const Journal> journals) = 0;
  // U2: what is open of main accounts, given by id and each once.
  virtual std::vector<OpenRow> open_rows_of(std::span<const AccountId> accounts) = 0;
  virtual bool has_payment(const std::string& reference) = 0;
  virtual void add_payment(const std::string& reference) = 0;

  // P9: of a command that is done in pieces, each has its own; of others, 0 is all.
  virtual std::optional<StoredCommand> find_command(const std::string& request_id,
                                                    std::uint32_t piece) = 0;
  virtual void add_command(const std::string& request_id, std::uint32_t piece,
                           const StoredCommand& command) = 0;
  virtual void raise_dedupe_floor(Instant floor) = 0;

  // Lives as long as the transaction.
  virtual JobTransaction& jobs() = 0;

  virtual std::optional<FileVoid> find_void(const Digest& digest) = 0;
  // U10: reverses the entries of the file's units, gives packs back what was drawn from them, frees
  // the keys, and closes its content. Must be called once a file.
  virtual void add_void(const Digest& digest, const FileVoid& why) = 0;
  // The main accounts that the file's entries belong to, by id.
  virtual std::vector<AccountId> accounts_of_file(const Digest& digest) = 0;
};

enum class Verdict { commit, roll_back };

// The database cannot be reached or refuses: nothing was changed, or, for a commit in doubt, the
// next attempt finds out.
struct LedgerUnavailable : std::runtime_error {
  using std::runtime_error::runtime_error;
};
// The clocks of this host and of the database differ, or the ledger's last instant is ahead of the
// database's clock, by more than is allowed: until they agree this host makes no transaction.
struct ClocksDiffer : LedgerUnavailable {
  using LedgerUnavailable::LedgerUnavailable;
};
// The database is behind what this process has seen of it: it went back, or this is a server that
// lags. Nothing can be decided on it.
struct LedgerBehind : LedgerUnavailable {
  using LedgerUnavailable::LedgerUnavailable;
};
// The database holds another history than the one that this process knows: whoever has any of it in
// memory must load it again from nothing.
struct OtherHistory : LedgerUnavailable {
  using LedgerUnavailable::LedgerUnavailable;
};

// The database answers, and cannot hold what was to be written: it is of this unit, account or
// command, and all others go on. Nothing was changed. The same work fails the same unless something
// else changes.
struct NotStorable : LedgerUnavailable {
  using LedgerUnavailable::LedgerUnavailable;
};

// One connection to the ledger. Not thread-safe: each thread has its own.
class Ledger {
 public:
  using Work = std::function<Verdict(LedgerTransaction&)>;

  virtual ~Ledger() = default;

  // The one way to change the ledger: locks the sequence, fixes the instant, runs `work`, and, if
  // it says commit, advances the sequence and commits; `kind` stands in the feed. The instant is
  // the larger of the database's clock (of `as_of`, where it is given) and that of the transaction
  // before. Runs `work` again as a whole,
  // with jitter and a bound, after a deadlock, a lock wait time-out, a lost connection or an
  // unanswered COMMIT; so `work` must start from committed state each time, and a second run must
  // find what a first one may have committed. Returns the new sequence if it committed, nullopt if
  // `work` said roll back. Throws LedgerUnavailable and what is derived of it, NotStorable after a
  // few tries if it is the work itself that cannot be; whatever `work` throws passes through after
  // a rollback.
  virtual std::optional<Sequence> transact(const char* kind, std::optional<Instant> as_of,
                                           const Work& work) = 0;

  // For transactions of one thing that are written side by side, each over a connection of its own,
  // while the first of them, in transact(), holds the sequence; they commit one after the other.
  // Runs `work` as if `expected` were the last committed one, as of `instant`; then asks
  // `may_commit`, which may wait for whoever is before it. Commits as expected + 1 if that is the
  // next one and nobody holds the lock. Else nullopt, and nothing was changed, or, for a commit in
  // doubt, the same work in transact() finds out. So `work` must neither read nor write what a
  // transaction between its begin and `expected` changes, and nobody may wait for it: the first
  // commits once `work` has come to its end, or tells may_commit to give up (docs/decisions/0008).
  // Throws LedgerUnavailable where trying again is of no use, and what `work` and `may_commit`
  // throw; not NotStorable, which transact() finds again.
  virtual std::optional<Sequence> transact_behind(
      Sequence expected, Instant instant, const char* kind, const Work& work,
      const std::function<bool(LedgerTransaction&)>& may_commit) = 0;

  // Whatever this process knows of the ledger's history is forgotten with it: the caller begins
  // from nothing. All of the ledger that a follower needs, in one consistent snapshot: as
  // changes_since(0), but in pieces of bounded size, of which the first has all accounts. Without
  // the keys where `sink` is null, with nothing but them where `take` is. Where it throws
  // LedgerUnavailable, what was taken is to be forgotten.
  virtual void load(Follower follower, const ChangesSink& take, const SegmentSink& sink) = 0;

  // The last committed ledger transaction, at the moment. Throws LedgerBehind and OtherHistory.
  virtual LedgerHead head() = 0;
  // What came after `after`, in one consistent snapshot and without the keys.
  virtual Changes changes_after(Follower follower, Sequence after) = 0;
  // The same of at most `transactions_max` ledger transactions behind `after`, with the keys, in
  // the order of their commits: for who is far behind. Where it throws, some keys may have been
  // handed over; they come again, which does no harm.
  virtual Changes next_changes(Follower follower, Sequence after, std::uint32_t transactions_max,
                               const SegmentSink& sink) = 0;

  // U2: what is open now of these main accounts, each given once; of all.
  virtual std::vector<OpenRow> open_rows_of(std::span<const AccountId> accounts) = 0;
  virtual void for_each_open_row(const std::function<void(const OpenRow&)>& take) = 0;

  // Reads outside of a transaction: a hint for who decides, the truth for files that are complete.
  virtual std::vector<std::optional<FileProgress>> progress_of(std::span<const Digest> digests) = 0;
  // The outcomes' rejected_lines read from this connection: it must outlive them, on one thread.
  virtual std::vector<FileOutcome> outcomes_of(std::span<const Digest> digests) = 0;

  // The keys that the committed units of a file hold, or held until it was voided; those that were
  // let go are not among them. One run of keys after the other.
  virtual void keys_of_file(const Digest& digest, const SegmentSink& sink) = 0;

  // The clock of this host. Throws ClocksDiffer where it is not that of the database.
  virtual Instant agreed_now() = 0;
  // The clock of the database.
  virtual Instant database_now() = 0;
  // Deletes segments of files that arrived before `day` (days since 1970-01-01), at most
  // `max_rows`. Returns how many.
  virtual std::uint64_t delete_segments_before(std::int32_t day, std::uint32_t max_rows) = 0;
};

}  // namespace packwarden
