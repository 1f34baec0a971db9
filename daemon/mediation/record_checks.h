#pragma once

#include <string_view>

#include "domain/limits.h"
#include "domain/usage_record.h"

// What holds for a usage record whatever its format (U2, U5).
namespace packwarden {

inline constexpr const char* not_utf8 = "not UTF-8";
inline constexpr const char* long_line = "the line is longer than a line may be";
inline constexpr const char* no_quantity = "the quantity is no whole number from 1 to 10^12";

inline void reject(DecodedLine& line, RejectReason reason, const char* detail) {
  line.rejected = true;
  line.reason = reason;
  line.detail = detail;
}

// Null where there is none.
inline const char* problem_of_lengths(std::string_view id, std::string_view source) {
  if (id.size() > max_id_bytes) return "the id is longer than 128 bytes";
  if (source.size() > max_source_bytes) return "the source is longer than 128 bytes";
  return nullptr;
}

// False, and rejected, where a text that every record needs is empty.
inline bool check_present(DecodedLine& line, std::string_view time_text) {
  const char* missing = line.id.empty()        ? "the id is empty"
                        : line.account.empty() ? "the account is empty"
                        : line.product.empty() ? "the product is empty"
                        : line.meter.empty()   ? "the meter is empty"
                        : time_text.empty()    ? "the time is empty"
                                               : nullptr;
  if (missing == nullptr) return true;
  reject(line, RejectReason::missing_field, missing);
  return false;
}

// False, and rejected, where it is no instant.
inline bool read_time(DecodedLine& line, std::string_view text) {
  const auto instant = parse_rfc3339(text.data(), text.data() + text.size());
  if (!instant) {
    reject(line, RejectReason::bad_time, instant.error());
    return false;
  }
  line.time = *instant;
  return true;
}

}  // namespace packwarden
