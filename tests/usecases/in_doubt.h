#pragma once

#include "usecases/ledger_port.h"

namespace packwarden::testing {

// A ledger that commits and then, as after a lost answer, runs the work again.
class InDoubt : public Ledger {
 public:
  explicit InDoubt(Ledger& ledger) : ledger_(&ledger) {}
  std::optional<Sequence> transact(const char* kind, std::optional<Instant> as_of,
                                   const Work& work) override {
    ledger_->transact(kind, as_of, work);
    return ledger_->transact(kind, as_of, work);
  }
  std::optional<Sequence> transact_behind(
      Sequence expected, Instant instant, const char* kind, const Work& work,
      const std::function<bool(LedgerTransaction&)>& may_commit) override {
    ledger_->transact_behind(expected, instant, kind, work, may_commit);
    return std::nullopt;
  }
  void load(Follower follower, const ChangesSink& take, const SegmentSink& sink) override {
    ledger_->load(follower, take, sink);
  }
  LedgerHead head() override { return ledger_->head(); }
  Changes changes_after(Follower follower, Sequence after) override {
    return ledger_->changes_after(follower, after);
  }
  std::vector<OpenRow> open_rows_of(std::span<const AccountId> accounts) override {
    return ledger_->open_rows_of(accounts);
  }
  void for_each_open_row(const std::function<void(const OpenRow&)>& take) override {
    ledger_->for_each_open_row(take);
  }
  Changes next_changes(Follower follower, Sequence after, std::uint32_t transactions_max,
                       const SegmentSink& sink) override {
    return ledger_->next_changes(follower, after, transactions_max, sink);
  }
  std::vector<std::optional<FileProgress>> progress_of(std::span<const Digest> d) override {
    return ledger_->progress_of(d);
  }
  std::vector<FileOutcome> outcomes_of(std::span<const Digest> d) override {
    return ledger_->outcomes_of(d);
  }
  void keys_of_file(const Digest& digest, const SegmentSink& sink) override {
    ledger_->keys_of_file(digest, sink);
  }
  Instant agreed_now() override { return ledger_->agreed_now(); }
  Instant database_now() override { return ledger_->database_now(); }
  std::uint64_t delete_segments_before(std::int32_t, std::uint32_t) override { return 0; }

 private:
  Ledger* ledger_;
};

}  // namespace packwarden::testing
