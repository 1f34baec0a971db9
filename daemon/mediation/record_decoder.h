#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "domain/usage_record.h"

namespace packwarden {

enum class Format : std::uint8_t { csv, ndjson };
enum class Packing : std::uint8_t { none, gzip, zstd };

struct FileKind {
  Format format = Format::csv;
  Packing packing = Packing::none;
};
// By the ending of the name, in lower case as it stands (U1); nullopt where it is not known.
std::optional<FileKind> file_kind_of(std::string_view file_name);
// The endings, for a sentence to the operator.
std::string known_endings();

// What one call of decode() did.
struct DecodeStep {
  std::size_t consumed_bytes = 0;    // of the block; the caller brings the rest again and more
  std::uint64_t data_lines = 0;      // appended to the output, rejected ones included
  std::uint64_t physical_lines = 0;  // that the consumed bytes held, blank ones included
};

// Usage records from the content of one file (docs/FORMATS.md, U1, U2). The outcome never depends
// on where the caller cuts the blocks. Not thread-safe; one decoder per file and thread.
class RecordDecoder {
 public:
  virtual ~RecordDecoder() = default;

  // Where the first data line can begin, behind byte order mark and header: its offset in the
  // content, and the physical lines before it.
  virtual std::uint64_t start_bytes() const = 0;
  virtual std::uint64_t start_lines() const = 0;

  // Decodes up to `max_data_lines` data lines from `block`, which stands at `offset_bytes` of the
  // content and begins at physical line `line_no`. `at_end`: nothing follows the block. Appends to
  // `out`; its views point into `block` or into this decoder and live until the next call. Of a
  // malformed line only place and length are given, of other rejected ones also the texts. Stops
  // right behind the last line asked for, so a fresh decoder can go on from there. Needs blocks of
  // at least max_line_bytes + 2 to make progress unless at_end.
  //
  // Whole lines are consumed, with one exception: a line longer than max_line_bytes is rejected as
  // malformed, with its first max_line_bytes as its text, once its end has been seen; until then
  // its bytes are consumed as they come and neither it nor its line end is counted. So it may have
  // begun in an earlier block.
  virtual DecodeStep decode(std::string_view block, bool at_end, std::uint64_t offset_bytes,
                            std::uint64_t line_no, std::uint64_t max_data_lines,
                            std::vector<DecodedLine>& out) = 0;
};

// From the first bytes of the content: all of it (`whole`), or at least max_line_bytes + 5 bytes.
// The error is a sentence for the operator.
tl::expected<std::unique_ptr<RecordDecoder>, std::string> open_decoder(
    Format format, std::string_view content_start, bool whole, std::uint32_t max_line_bytes);

}  // namespace packwarden
