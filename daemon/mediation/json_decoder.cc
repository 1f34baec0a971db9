#include "mediation/json_decoder.h"

#include <cstring>

#include "mediation/line.h"
#include "mediation/record_checks.h"

namespace packwarden {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

std::size_t bytes(const char* from, const char* to) {
  return static_cast<std::size_t>(to - from);
}

}  // namespace

JsonDecoder::JsonDecoder(std::string_view file_start, std::uint32_t max_line_bytes)
    : start_bytes_(file_start.starts_with(byte_order_mark) ? byte_order_mark.size() : 0),
      max_line_bytes_(max_line_bytes),
      reader_(max_line_bytes) {}

DecodeStep JsonDecoder::decode(std::string_view block, bool at_end, std::uint64_t offset_bytes,
                               std::uint64_t line_no, std::uint64_t max_data_lines,
                               std::vector<DecodedLine>& out) {
  texts_.clear();
  DecodeStep step;
  const char* const begin = block.data();
  const char* const end = begin + block.size();
  const char* at = begin;
  const auto append = [&](std::uint64_t offset, std::size_t length) -> DecodedLine& {
    DecodedLine& line = out.emplace_back();
    line.line_no = line_no + step.physical_lines;
    line.offset_bytes = offset;
    line.length_bytes = static_cast<std::uint32_t>(length);
    step.data_lines += 1;
    step.physical_lines += 1;
    return line;
  };
  while (step.data_lines < max_data_lines) {
    if (skipping_long_line_) {
      const auto* newline =
          at == end ? nullptr : static_cast<const char*>(std::memchr(at, '\n', bytes(at, end)));
      if (newline == nullptr && !at_end) {
        at = end;
        break;
      }
      skipping_long_line_ = false;
      reject(append(long_line_offset_bytes_, max_line_bytes_), RejectReason::malformed, long_line);
      at = newline == nullptr ? end : newline + 1;
      continue;
    }
    if (at == end) break;
    const Line cut = cut_line(at, end, at_end, max_line_bytes_);
    if (cut.outcome == Line::Outcome::incomplete) break;
    if (cut.outcome == Line::Outcome::too_long) {
      skipping_long_line_ = true;
      long_line_offset_bytes_ = offset_bytes + bytes(begin, at);
      continue;
    }
    const std::string_view content(at, bytes(at, cut.content_end));
    if (content.empty() || content == "\r") {
      step.physical_lines += 1;
    } else {
      read_line(content, append(offset_bytes + bytes(begin, at), content.size()));
    }
    at = cut.next;
  }
  step.consumed_bytes = bytes(begin, at);
  return step;
}

// The reader's texts live until its next line only.
void JsonDecoder::read_line(std::string_view content, DecodedLine& line) {
  interpret(reader_.read(content), line);
  if (line.rejected && line.reason == RejectReason::malformed) return;
  line.id = texts_.keep(line.id);
  line.source = texts_.keep(line.source);
  line.account = texts_.keep(line.account);
  line.product = texts_.keep(line.product);
  line.meter = texts_.keep(line.meter);
}

}  // namespace packwarden
