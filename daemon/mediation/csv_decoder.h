#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "domain/usage_record.h"
#include "mediation/csv_record.h"

namespace packwarden {

// What one call of decode() did.
struct DecodeStep {
  std::size_t consumed_bytes = 0;    // of the block; the caller brings the rest again and more
  std::uint64_t data_lines = 0;      // appended to the output, rejected ones included
  std::uint64_t physical_lines = 0;  // that the consumed bytes held, blank ones included
};

// Usage records from CSV as in RFC 4180, strictly (U1, U2): comma, quotes only around a whole
// field, quotes inside doubled, line breaks inside quotes allowed, LF or CRLF, last line end
// optional, BOM allowed before the header, as many fields as the header has. Blank lines are not
// data lines. A line that breaks a rule is rejected alone, as `malformed`; where quotes are to
// blame only the physical line at which the record began is rejected, and decoding goes on with the
// next physical line, so that one stray quote never swallows its neighbours. The outcome never
// depends on where the caller cuts the blocks. Not thread-safe; one decoder per file and thread.
class CsvDecoder {
 public:
  // From the first bytes of the file. Names of columns are exact; unknown ones are ignored; `id`,
  // `account`, `product`, `meter` and `time` are required; a known name twice is refused.
  // `header_bytes` becomes the offset of the first data line, `header_lines` the physical lines
  // before it. `file_start` is the whole file or at least max_line_bytes + 5 bytes of it. The error
  // is a sentence for the operator.
  static tl::expected<CsvDecoder, std::string> from_header(std::string_view file_start,
                                                           bool whole_file,
                                                           std::uint32_t max_line_bytes);

  std::uint64_t header_bytes() const { return header_bytes_; }
  std::uint64_t header_lines() const { return header_lines_; }

  // Decodes up to `max_data_lines` data lines from `block`, which stands at `offset_bytes` of the
  // file and begins at physical line `line_no`. `at_end`: nothing follows the block. Appends to
  // `out`; its views point into `block` or into this decoder (fields with doubled quotes) and live
  // until the next call. Of a malformed line only place and length are given, of other rejected
  // ones also the texts. Stops right behind the last line asked for, so a fresh decoder can go on
  // from there. Needs blocks of at least max_line_bytes + 2 to make progress unless at_end.
  //
  // Whole lines are consumed, with one exception: a line longer than max_line_bytes is rejected as
  // malformed, with its first max_line_bytes as its text, once its end has been seen; until then
  // its bytes are consumed as they come and neither it nor its line end is counted. So it may have
  // begun in an earlier block.
  DecodeStep decode(std::string_view block, bool at_end, std::uint64_t offset_bytes,
                    std::uint64_t line_no, std::uint64_t max_data_lines,
                    std::vector<DecodedLine>& out);

  // To be called before decoding from another place than the one where the last call ended.
  void rewind() { skipping_long_line_ = false; }

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
