#pragma once

#include <cstdint>
#include <string_view>

#include "domain/ids.h"
#include "domain/instant.h"
#include "domain/reject_reason.h"

namespace packwarden {

// One data line as a decoder read it (U2), before accounts, products and meters are looked up. The
// views point into the decoder's buffers and live as long as its documentation says.
struct DecodedLine {
  std::string_view id;
  std::string_view source;  // empty where the line names none: the file's default source stands in
  std::string_view account;
  std::string_view product;
  std::string_view meter;
  Instant time;
  Units quantity = 1;

  std::uint64_t line_no = 0;       // physical line in the file where it begins, the first line is 1
  std::uint64_t offset_bytes = 0;  // in the decoded file
  std::uint32_t length_bytes = 0;  // without its line end

  bool rejected = false;
  RejectReason reason = RejectReason::malformed;  // only where rejected
  const char* detail = "";                        // a literal that says what is wrong, for people
};

}  // namespace packwarden
