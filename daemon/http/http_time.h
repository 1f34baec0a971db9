#pragma once

#include <string>

#include "domain/instant.h"

namespace packwarden {

// As to_rfc3339, but onto the end of `out`: without an allocation where there is room.
void append_rfc3339(std::string& out, Instant at);

// The value of a Date header, e.g. "Sun, 22 Nov 2026 22:07:57 GMT": made once a second. One thread
// at a time.
class HttpDate {
 public:
  std::string_view at(Instant now);

 private:
  std::int64_t second_ = -1;
  std::string text_;
};

}  // namespace packwarden
