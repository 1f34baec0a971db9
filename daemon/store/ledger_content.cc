#include "store/ledger_content.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <bit>
#include <stdexcept>
#include <vector>

namespace packwarden {
namespace {

[[noreturn]] void no_digest() {
  throw std::runtime_error("OpenSSL has no SHA-256");
}

}  // namespace

void LedgerContent::Free::operator()(void* context) const {
  EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context));
}

LedgerContent::LedgerContent() : context_(EVP_MD_CTX_new()) {
  auto* context = static_cast<EVP_MD_CTX*>(context_.get());
  if (context == nullptr || EVP_DigestInit_ex(context, EVP_sha256(), nullptr) != 1) no_digest();
}

void LedgerContent::add_bytes(const void* bytes, std::size_t size) {
  if (EVP_DigestUpdate(static_cast<EVP_MD_CTX*>(context_.get()), bytes, size) != 1) no_digest();
}

void LedgerContent::add_text(std::string_view text) {
  add_numbers({static_cast<std::int64_t>(text.size())});
  add_bytes(text.data(), text.size());
}

void LedgerContent::add_numbers(std::initializer_list<std::int64_t> numbers) {
  static_assert(std::endian::native == std::endian::little, "the lowest byte comes first");
  add_bytes(numbers.begin(), numbers.size() * sizeof(std::int64_t));
}

void LedgerContent::add(const Journal& journal) {
  add_text("journal");
  add_text(name_of(journal.kind));
  add_text(journal.reference);
  add_numbers({value_of(journal.account), journal.amount_micros});
}

void LedgerContent::add(const Pack& pack) {
  add_text("pack");
  add_text(pack.tier);
  add_numbers({value_of(pack.id), value_of(pack.account), value_of(pack.product), pack.is_trial,
               pack.quota, pack.price_micros, pack.purchased_at.micros(),
               pack.expires_at.micros()});
}

void LedgerContent::add(const RefundStepTaken& step) {
  add_text("refund");
  add_text(name_of(step.step));
  add_numbers({value_of(step.pack)});
}

void LedgerContent::add(const PostpaidChange& change) {
  add_text("postpaid");
  add_text(name_of(change.step));
  add_numbers({value_of(change.account), value_of(change.product)});
}

void LedgerContent::add(const WrittenBill& bill) {
  add_text("bill");
  add_numbers({value_of(bill.account), value_of(bill.product), bill.amount_micros});
}

void LedgerContent::add(const IngestWrite& ingest) {
  for (const UnitWrite& unit : ingest.units) {
    add_text("unit");
    add_bytes(unit.file->digest.data(), unit.file->digest.size());
    add_numbers({unit.unit_no, unit.counts.lines, unit.counts.accepted, unit.counts.accepted_units,
                 static_cast<std::int64_t>(unit.entry_count)});
  }
  for (const LedgerEntry& entry : ingest.entries) {
    add_numbers({std::int64_t{value_of(entry.account)} << 32 | value_of(entry.used_by),
                 std::int64_t{value_of(entry.meter)} << 32 | value_of(entry.pack),
                 std::int64_t{entry.day.days_since_epoch} << 8 | static_cast<int>(entry.outcome),
                 entry.units});
  }
}

void LedgerContent::add_void(const Digest& file) {
  add_text("void");
  add_bytes(file.data(), file.size());
}

void LedgerContent::add_payment(std::string_view reference) {
  add_text("payment");
  add_text(reference);
}

Digest LedgerContent::digest() {
  Digest digest{};
  if (EVP_DigestFinal_ex(static_cast<EVP_MD_CTX*>(context_.get()), digest.data(), nullptr) != 1)
    no_digest();
  return digest;
}

Nonce new_nonce() {
  Nonce nonce{};
  if (RAND_bytes(nonce.data(), static_cast<int>(nonce.size())) != 1)
    throw std::runtime_error("OpenSSL gives no random bytes");
  return nonce;
}

Digest stamp_after(const Digest& stamp, const Nonce& nonce, const Digest& content) {
  std::vector<std::uint8_t> bytes(stamp.begin(), stamp.end());
  bytes.insert(bytes.end(), nonce.begin(), nonce.end());
  bytes.insert(bytes.end(), content.begin(), content.end());
  Digest digest{};
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1)
    no_digest();
  return digest;
}

}  // namespace packwarden
