#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace packwarden {

// One field: what stands between the commas, or between the quotes.
struct CsvField {
  std::string_view raw;
  bool has_doubled_quotes = false;
};

// A record: the fields up to the first line end outside quotes.
struct CsvRecord {
  enum class Outcome : std::uint8_t {
    whole,
    broken,      // its quoting is, or it is longer than max_line_bytes; `problem` says which
    incomplete,  // cannot be told without more bytes
  };
  Outcome outcome = Outcome::incomplete;
  const char* content_end = nullptr;  // before the line end; only where whole
  const char* next = nullptr;         // behind the line end; only where whole
  bool has_bare_cr = false;           // a CR outside quotes that is not part of a line end
  const char* problem = "";
};
// Splits what begins at `begin` into `fields`, which is cleared first. As with lines, the outcome
// is that for the whole file, wherever the block ends; no more than max_line_bytes + 2 bytes are
// looked at.
CsvRecord split_csv_record(const char* begin, const char* end, bool at_end,
                           std::uint32_t max_line_bytes, std::vector<CsvField>& fields);

// The content of a quoted field with its doubled quotes made single.
std::string undouble_quotes(std::string_view raw);

}  // namespace packwarden
