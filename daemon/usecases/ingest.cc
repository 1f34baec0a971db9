#include "usecases/ingest.h"

#include <algorithm>
#include <iterator>

#include "usecases/account_changes.h"

namespace packwarden {
namespace {

std::vector<Digest> digests_of_units(const Batch& batch) {
  std::vector<Digest> digests;
  for (const BatchItem& item : batch.items) {
    if (item.unit == nullptr) continue;
    if (digests.empty() || digests.back() != item.file->registered.digest) {
      digests.push_back(item.file->registered.digest);
    }
  }
  return digests;
}

std::ptrdiff_t units_of(std::span<const BatchItem> items) {
  return std::count_if(items.begin(), items.end(),
                       [](const BatchItem& item) { return item.unit != nullptr; });
}

// Their files are to be ended for this reason, as one that cannot be read on.
void fail_units(Batch& batch, const std::string& why) {
  for (BatchItem& item : batch.items) {
    if (item.unit == nullptr) continue;
    item.unit.reset();
    item.failure = "the ledger cannot hold it: " + why;
  }
}

bool has_unknown_account(const Batch& batch) {
  return std::any_of(batch.items.begin(), batch.items.end(), [](const BatchItem& item) {
    return item.unit != nullptr &&
           std::any_of(item.unit->rejected.begin(), item.unit->rejected.end(),
                       [](const RejectedLine& line) {
                         return line.reason == RejectReason::unknown_account;
                       });
  });
}

// O11: of an account that is closed now and was not when it was decoded.
bool has_account_closed_since(const Batch& batch, const AccountDirectory& now) {
  const AccountDirectory& then = *batch.directory;
  if (then.closings() == now.closings()) return false;
  return std::any_of(batch.items.begin(), batch.items.end(), [&](const BatchItem& item) {
    return item.unit != nullptr &&
           std::any_of(item.unit->use_groups.begin(), item.unit->use_groups.end(),
                       [&](const UseGroup& group) {
                         const DirectoryEntry& account = then.at(group.account);
                         return now.closed_at(account) != then.closed_at(account);
                       });
  });
}

std::uint64_t rows_of(const Changes& changes) {
  return changes.accounts.size() + changes.facts.size() + changes.packs.size() +
         changes.refund_steps.size() + changes.postpaid.size() + changes.draws.size() +
         changes.told.size();
}

}  // namespace

Ingest::Ingest(Ledger& ledger, UsageSpool& spool, BatchReader& reader, DecideContext context,
               int dedupe_window_days, std::function<void(const char*)> on_step)
    : ledger_(&ledger),
      spool_(&spool),
      reader_(&reader),
      context_(context),
      dedupe_window_days_(dedupe_window_days),
      on_step_(std::move(on_step)) {}

Ingest::~Ingest() {
  if (ahead_.valid()) ahead_.wait();
}

void Ingest::load(const OnLoading& on_loading, LoadedBeside* beside) {
  books_ = Books();
  if (beside) beside->begin();
  std::uint64_t rows = 0;
  std::uint64_t keys = 0;
  const auto tell = [&] {
    if (on_loading) on_loading(rows, keys);
  };
  const auto rows_end = [&] {
    if (beside) std::exchange(beside, nullptr)->complete();
  };
  ledger_->load(
      beside ? Follower::both : Follower::rating,
      [&](Changes changes) {
        rows += rows_of(changes);
        if (beside) beside->take_over(changes);
        books_.take_over(std::move(changes));
        tell();
      },
      [&](const KeySegment& segment) {
        rows_end();
        keys += segment.keys.size();
        books_.take_over(segment);
        tell();
      });
  rows_end();
  learn_open_sums();
  start_again();
}

// Read after the books, whose sequence may be passed by then: what came in between is added once
// more with what is caught up, and a bound may be too high.
void Ingest::learn_open_sums() {
  knows_open_sums_ = false;
  books_.forget_open_bounds();
  ledger_->for_each_open_row([this](const OpenRow& row) {
    books_.raise_open_bound(row.account, bound_of(*context_.catalogue, row));
  });
  knows_open_sums_ = true;
}

std::optional<IngestReport> Ingest::round(Instant now, std::optional<Instant> as_of) {
  step("reading");
  if (!knows_open_sums_) learn_open_sums();
  if (pending_.empty()) {
    if (auto batch = take_batch(as_of)) pending_.push_back(std::move(*batch));
  }
  if (pending_.empty()) return std::nullopt;
  if (!ahead_.valid())
    ahead_ = std::async(std::launch::async, [this, as_of] { return reader_->next(as_of); });

  IngestReport report;
  Batch& batch = pending_.front();
  const std::ptrdiff_t units = units_of(batch.items);
  try {
    if (units > 0 && apply(batch, as_of, report) == Applied::stale) {
      report.stale = true;
      start_again();
      return report;
    }
  } catch (const NotStorable& error) {
    report.unstorable = error.what();
    if (units > 1) {
      halve();
      return report;
    }
    fail_units(batch, report.unstorable);
  }
  step("ending files");
  end_files(batch, now, report);
  if (report.unstorable.empty()) {
    pending_.pop_front();
  } else {
    start_again();  // units behind it may be of the same file
  }
  report.keys_held = books_.index().size();
  report.index_bytes = books_.index().memory_bytes();
  return report;
}

// The first of the pending batches becomes two, in order, each with units.
void Ingest::halve() {
  Batch& whole = pending_.front();
  const std::ptrdiff_t half = units_of(whole.items) / 2;
  auto middle = whole.items.begin();
  while (units_of({whole.items.begin(), middle}) < half) ++middle;
  Batch rest;
  rest.directory = whole.directory;
  rest.dedupe_floor = whole.dedupe_floor;
  rest.items.assign(std::move_iterator(middle), std::move_iterator(whole.items.end()));
  whole.items.erase(middle, whole.items.end());
  for (const BatchItem& item : rest.items) {
    if (item.unit) rest.data_lines += item.unit->data_lines;
  }
  whole.data_lines -= rest.data_lines;
  pending_.insert(pending_.begin() + 1, std::move(rest));
}

// The batch that was read ahead; or, where that found nothing, what has come since.
std::optional<Batch> Ingest::take_batch(std::optional<Instant> as_of) {
  std::optional<Batch> batch;
  if (ahead_.valid()) batch = ahead_.get();
  reader_->ended(ended_claims_);
  ended_claims_.clear();
  if (!batch) batch = reader_->next(as_of);
  return batch;
}

void Ingest::look() {
  ledger_->head();
}

void Ingest::start_again() {
  if (ahead_.valid()) {
    ahead_.wait();
    ahead_ = {};
  }
  pending_.clear();
  reader_->ended(ended_claims_);
  ended_claims_.clear();
  reader_->rewind(books_.directory(), books_.dedupe_floor());
}

void Ingest::change(const std::function<void(DecideContext&)>& change) {
  if (ahead_.valid()) ahead_.wait();
  change(context_);
  knows_open_sums_ = false;  // prices may be others now
  start_again();
}

// Accounts only ever come and are closed: that changes nothing where every name was known, and no
// usage is of an account that was closed since. Else ingest would stand still while accounts are
// added faster than a batch is read.
bool Ingest::is_stale(const Batch& batch) const {
  if (batch.dedupe_floor != books_.dedupe_floor()) return true;
  if (batch.directory == books_.directory()) return false;
  return has_unknown_account(batch) || has_account_closed_since(batch, *books_.directory());
}

Ingest::Applied Ingest::apply(Batch& batch, std::optional<Instant> as_of, IngestReport& report) {
  follow();
  if (is_stale(batch)) return Applied::stale;

  // Decided before the lock is taken, on what is known now; again under the lock only if others
  // were faster.
  step("deciding");
  // What is open is as of the sequence of the books if nothing was committed since, which is what
  // the lock shows.
  std::optional<BatchDecision> decision(
      std::in_place, context_, books_, batch,
      [this](std::span<const AccountId> accounts) { return ledger_->open_rows_of(accounts); });
  step("committing");
  const std::optional<Sequence> sequence =
      ledger_->transact("ingest", as_of, [&](LedgerTransaction& tx) {
        if (tx.sequence() != books_.sequence()) {
          decision.reset();
          catch_up(tx);
          if (is_stale(batch)) return Verdict::roll_back;
        }
        if (!still_fits(tx, batch)) return Verdict::roll_back;
        if (!decision) {
          decision.emplace(context_, books_, batch, [&tx](std::span<const AccountId> accounts) {
            return tx.open_rows_of(accounts);
          });
        }
        const Instant now = tx.now();
        decision->write().now = now;
        AccountChanges changes(tx, {context_.catalogue, context_.calendar, context_.notices},
                               decision->write().exhausted, now);
        tx.write(decision->write());
        tell_usage(tx, *context_.notices, *context_.calendar, decision->notices(), now);
        changes.follow();  // O9
        return Verdict::commit;
      });
  if (!sequence) return Applied::stale;

  decision->stand();
  books_.committed(*sequence);
  report.committed = true;
  report.sequence = *sequence;
  report.units = decision->write().units.size();
  auto unit = decision->write().units.begin();
  for (const BatchItem& item : batch.items) {
    if (item.unit == nullptr) continue;
    item.file->accepted_units += unit->counts.accepted_units;
    report.counts += (unit++)->counts;
  }
  return Applied::committed;
}

// Whether each unit of the batch is the next one of its file.
bool Ingest::still_fits(LedgerTransaction& tx, const Batch& batch) const {
  const std::vector<Digest> digests = digests_of_units(batch);
  const auto progress = tx.progress_of(digests);
  std::size_t file = 0;
  const FileInWork* previous = nullptr;
  for (const BatchItem& item : batch.items) {
    if (item.unit == nullptr || item.file.get() == previous) continue;
    previous = item.file.get();
    const std::optional<FileProgress>& found = progress[file++];
    if (item.unit->unit_no != (found ? found->units : 0)) return false;
    if (found && (found->complete || found->accepted_units != item.file->accepted_units))
      return false;
  }
  return true;
}

// What others appended is read before the lock, in pieces, so that under it only that is left which
// came meanwhile: whoever holds the sequence must not read for seconds.
void Ingest::follow() {
  constexpr std::uint32_t transactions_at_a_time = 100;
  constexpr int passes = 3;  // each has less to read than the one before it
  for (int pass = 0; pass < passes; ++pass) {
    const Sequence upto = ledger_->head().sequence;
    if (upto <= books_.sequence()) return;
    step("following the ledger");
    while (books_.sequence() < upto) {
      take_over(
          ledger_->next_changes(Follower::rating, books_.sequence(), transactions_at_a_time,
                                [this](const KeySegment& segment) { books_.take_over(segment); }));
    }
  }
}

void Ingest::catch_up(LedgerTransaction& tx) {
  // Keys first, then the rest with the sequence: should reading fail in between, the same keys come
  // again, unharmed.
  take_over(tx.changes_since(Follower::rating, books_.sequence(),
                             [this](const KeySegment& segment) { books_.take_over(segment); }));
}

void Ingest::take_over(Changes changes) {
  for (const OpenRow& row : changes.opened) {
    books_.raise_open_bound(row.account, bound_of(*context_.catalogue, row));
  }
  books_.take_over(std::move(changes));
}

void Ingest::end_files(const Batch& batch, Instant now, IngestReport& report) {
  std::vector<const BatchItem*> complete;
  std::vector<Digest> digests;
  for (const BatchItem& item : batch.items) {
    if (!item.failure.empty() || (item.unit != nullptr && !item.unit->is_last)) continue;
    complete.push_back(&item);
    digests.push_back(item.file->registered.digest);
  }
  const std::vector<FileOutcome> outcomes =
      digests.empty() ? std::vector<FileOutcome>{} : ledger_->outcomes_of(digests);

  const auto end = [&](const BatchItem& item, FileEnding ending, const FileOutcome& outcome) {
    spool_->end(item.file->claimed, ending, outcome);
    ended_claims_.push_back(item.file->claimed.claim);
    report.ended.push_back({item.file->claimed.name, ending, outcome.failure});
  };
  for (std::size_t i = 0; i < complete.size(); ++i) {
    const BatchItem& item = *complete[i];
    if (item.file->is_own(spool_->name())) {
      if (outcomes[i].complete) {
        end(item, FileEnding::taken, outcomes[i]);
        continue;
      }
      FileOutcome closed = outcomes[i];
      closed.failure = "it was voided before it had come to its end, and is read no further (S13)";
      closed.finished_at = now;
      end(item, FileEnding::failed, closed);
    } else {
      FileOutcome repeat;
      repeat.file = item.file->registered;
      repeat.finished_at = now;
      end(item, FileEnding::repeat, repeat);
    }
  }
  for (const BatchItem& item : batch.items) {
    if (item.failure.empty()) continue;
    end(item, FileEnding::failed, outcome_of_failed(*item.file, item.failure, now));
  }
}

// Units of it that are committed stand, and are in its receipt (U5).
FileOutcome Ingest::outcome_of_failed(const FileInWork& file, const std::string& failure,
                                      Instant now) {
  FileOutcome outcome;
  const std::span<const Digest> digest(&file.registered.digest, 1);
  const auto progress = ledger_->progress_of(digest).front();
  if (file.is_own(spool_->name()) && progress) {
    outcome = ledger_->outcomes_of(digest).front();
  } else {
    outcome.file = file.registered;
  }
  outcome.failure = failure;
  if (progress) {
    outcome.failure +=
        "; what stands before line " + std::to_string(progress->end_line + 1) + " is committed";
  }
  outcome.finished_at = now;
  return outcome;
}

std::size_t Ingest::let_go(Instant now, std::optional<Instant> as_of) {
  const std::int32_t first_day = first_held_day(now, dedupe_window_days_);
  // However the skew was set when it came, or on another host, no event lies a day ahead of its
  // arrival. So the day before first_day is held too: what came before that day lies before the
  // floor, and a file that waited since has its whole acceptance window open.
  const Instant floor = Instant::from_micros((Instant{} + Span::days(first_day)).micros() - 1);
  if (floor <= books_.dedupe_floor()) return 0;
  follow();
  if (floor <= books_.dedupe_floor()) return 0;
  step("letting go of old keys");
  const auto sequence = ledger_->transact("let_go", as_of, [&](LedgerTransaction& tx) {
    if (tx.sequence() != books_.sequence()) catch_up(tx);
    if (floor <= books_.dedupe_floor()) return Verdict::roll_back;
    tx.raise_dedupe_floor(floor);
    return Verdict::commit;
  });
  const std::size_t forgotten = sequence ? books_.raise_floor(*sequence, floor) : 0;
  start_again();
  return forgotten;
}

}  // namespace packwarden
