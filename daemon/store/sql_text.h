#pragma once

#include <string>
#include <string_view>

#include "domain/business_day.h"
#include "domain/ids.h"
#include "domain/instant.h"
#include "store/session.h"

namespace packwarden {

// 'YYYY-MM-DD HH:MM:SS.ffffff', quoted, in UTC; instants beyond what DATETIME holds are not stored
// anywhere.
std::string datetime_literal(Instant at);
// 'YYYY-MM-DD', quoted; also for days of arrival, counted from 1970-01-01.
std::string date_literal(std::int32_t days_since_epoch);
std::string digest_literal(const Digest& digest);

// Columns as numbers, without the year 2038 of UNIX_TIMESTAMP: microseconds and days since
// 1970-01-01.
std::string micros_of(std::string_view column);
std::string days_of(std::string_view column);

std::int64_t to_int(const std::optional<std::string_view>& value);
// Empty for NULL.
std::string to_text(const std::optional<std::string_view>& value);
// From microseconds as micros_of gives them; none for NULL.
std::optional<Instant> to_optional_instant(const std::optional<std::string_view>& micros);
Digest to_digest(const std::optional<std::string_view>& value);

// Writes rows by as few statements as a bound on their size allows: "HEAD (row), (row) TAIL".
class RowWriter {
 public:
  RowWriter(Session& session, std::string head, std::string tail = "");

  // One row without its parentheses. Sends what is gathered once it is large.
  void add(std::string_view values);
  // Sends the rest. Must be called at the end.
  void finish();

 private:
  Session* session_;
  std::string head_;
  std::string tail_;
  std::string text_;
};

}  // namespace packwarden
