#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "domain/usage_record.h"
#include "mediation/csv_record.h"
#include "mediation/record_decoder.h"

namespace packwarden {

// Usage records from CSV as in RFC 4180, strictly (U1, U2): comma, quotes only around a whole
// field, quotes inside doubled, line breaks inside quotes allowed, LF or CRLF, last line end
// optional, BOM allowed before the header, as many fields as the header has. Blank lines are not
// data lines. A line that breaks a rule is rejected alone, as `malformed`; where quotes are to
// blame only the physical line at which the record began is rejected, and decoding goes on with the
// next physical line, so that one stray quote never swallows its neighbours.
class CsvDecoder final : public RecordDecoder {
 public:
  // From the first bytes of the file. Names of columns are exact; unknown ones are ignored; `id`,
  // `account`, `product`, `meter` and `time` are required; a known name twice is refused.
  // `file_start` is the whole file or at least max_line_bytes + 5 bytes of it. The error is a
  // sentence for the operator.
  static tl::expected<CsvDecoder, std::string> from_header(std::string_view file_start,
                                                           bool whole_file,
                                                           std::uint32_t max_line_bytes);

  std::uint64_t start_bytes() const override { return header_bytes_; }
  std::uint64_t start_lines() const override { return header_lines_; }

  // Views point into `block` or, of fields with doubled quotes, into this decoder.
  DecodeStep decode(std::string_view block, bool at_end, std::uint64_t offset_bytes,
                    std::uint64_t line_no, std::uint64_t max_data_lines,
                    std::vector<DecodedLine>& out) override;

 private:
  enum Column : std::uint8_t { id, source, account, product, meter, time, quantity, ignored };
  class Pass;

  CsvDecoder() = default;

  std::vector<Column> columns_;
  std::uint64_t header_bytes_ = 0;
  std::uint64_t header_lines_ = 0;
  std::uint32_t max_line_bytes_ = 0;
  std::deque<std::string> unescaped_;  // fields that had doubled quotes, of the current call
  std::vector<CsvField> split_;        // of the record at hand
  bool skipping_long_line_ = false;
  std::uint64_t long_line_offset_bytes_ = 0;
};

}  // namespace packwarden
