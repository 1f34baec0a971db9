#include "store/sql_text.h"

#include <date/date.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace packwarden {
namespace {

// Large enough that the server's work for a statement does not show, far below max_allowed_packet
// (16 MiB).
constexpr std::size_t statement_bytes = 256 << 10;

}  // namespace

std::string datetime_literal(Instant at) {
  const auto time =
      date::sys_time<std::chrono::microseconds>(std::chrono::microseconds(at.micros()));
  return "'" + date::format("%F %T", time) + "'";
}

std::string date_literal(std::int32_t days_since_epoch) {
  return "'" + date::format("%F", date::sys_days(date::days(days_since_epoch))) + "'";
}

std::string digest_literal(const Digest& digest) {
  return "x'" + to_hex(digest) + "'";
}

std::string micros_of(std::string_view column) {
  return fmt::format("TIMESTAMPDIFF(MICROSECOND, '1970-01-01', {})", column);
}

std::string days_of(std::string_view column) {
  return fmt::format("(TO_DAYS({}) - 719528)", column);
}

std::int64_t to_int(const std::optional<std::string_view>& value) {
  std::int64_t number = 0;
  if (!value) throw std::logic_error("the database gave NULL for a number");
  const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), number);
  if (error != std::errc{} || end != value->data() + value->size()) {
    throw std::logic_error(fmt::format("the database gave '{}' for a whole number", *value));
  }
  return number;
}

std::string to_text(const std::optional<std::string_view>& value) {
  return std::string(value.value_or(std::string_view()));
}

std::optional<Instant> to_optional_instant(const std::optional<std::string_view>& micros) {
  if (!micros) return std::nullopt;
  return Instant::from_micros(to_int(micros));
}

Digest to_digest(const std::optional<std::string_view>& value) {
  Digest digest{};
  if (!value || value->size() != digest.size())
    throw std::logic_error("the database gave a digest of wrong size");
  std::copy(value->begin(), value->end(), digest.begin());
  return digest;
}

RowWriter::RowWriter(Session& session, std::string head, std::string tail)
    : session_(&session), head_(std::move(head)), tail_(std::move(tail)) {}

void RowWriter::add(std::string_view values) {
  text_.append(text_.empty() ? head_ + " (" : std::string(",(")).append(values).push_back(')');
  if (text_.size() >= statement_bytes) finish();
}

void RowWriter::finish() {
  if (text_.empty()) return;
  session_->execute(text_ + tail_);
  text_.clear();
}

}  // namespace packwarden
