#pragma once

#include <array>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>

#include "domain/ids.h"
#include "usecases/ledger_port.h"

namespace packwarden {

// The digest of what a ledger transaction wrote about money, packs and usage, in the order in which
// it was written; and the stamp that follows from it. Not thread-safe.
class LedgerContent {
 public:
  LedgerContent();

  void add(const Journal& journal);
  void add(const Pack& pack);
  void add(const RefundStepTaken& step);
  void add(const PostpaidChange& change);
  void add(const WrittenBill& bill);
  void add(const IngestWrite& ingest);
  // U10
  void add_void(const Digest& file);
  void add_payment(std::string_view reference);

  // Of all that was added. Once.
  Digest digest();

 private:
  struct Free {
    void operator()(void* context) const;
  };
  void add_bytes(const void* bytes, std::size_t size);
  void add_text(std::string_view text);
  // As eight bytes each, the lowest first.
  void add_numbers(std::initializer_list<std::int64_t> numbers);

  std::unique_ptr<void, Free> context_;
};

using Nonce = std::array<std::uint8_t, 16>;
// Throws std::runtime_error where the system gives no random bytes.
Nonce new_nonce();
// The stamp of a transaction: of the one before it, its nonce and its content. Pure.
Digest stamp_after(const Digest& stamp, const Nonce& nonce, const Digest& content);

}  // namespace packwarden
