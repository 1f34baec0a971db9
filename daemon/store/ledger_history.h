#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

#include "usecases/ledger_port.h"

namespace packwarden {

// What a process has seen of the ledger's history: the newest transaction, and the stamps of the
// last thousand. One for all connections of a process, so that none of them goes by an older or
// another database than any other has seen (law 16). Thread-safe.
class LedgerHistory {
 public:
  // The newest that was seen. Taken before a server is asked: what others commit and see meanwhile
  // does not make its answer look old.
  struct Mark {
    bool known = false;
    LedgerHead head;
  };
  Mark mark() const;

  // Reads the stamps of transactions `first` to `last` from a server, in order.
  using StampsOf = std::function<std::vector<Digest>(Sequence first, Sequence last)>;
  // Throws LedgerBehind or OtherHistory unless `head`, as a server says it after `mark` was taken,
  // goes on from there; `stamps_of` asks the same server. Keeps what it has learnt.
  void check(const Mark& mark, const LedgerHead& head, const StampsOf& stamps_of);
  // This process has committed `head`.
  void committed(const LedgerHead& head);
  // A load begins: `head` is all that is known, with the stamps of the transactions before it, the
  // newest last.
  void begin_with(const LedgerHead& head, std::deque<Digest> stamps);

  static constexpr std::size_t stamps_max = 1'000;

 private:
  void learn(const LedgerHead& head, const std::vector<Digest>& between);

  mutable std::mutex mutex_;
  bool known_ = false;
  LedgerHead newest_;
  std::deque<Digest> stamps_;  // the last one is that of newest_
};

}  // namespace packwarden
