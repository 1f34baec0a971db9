#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mediation/csv_decoder.h"
#include "mediation/reference_csv.h"

namespace packwarden {

inline OwnedLine owned(const DecodedLine& line) {
  OwnedLine copy;
  copy.id = line.id;
  copy.source = line.source;
  copy.account = line.account;
  copy.product = line.product;
  copy.meter = line.meter;
  copy.time_nanos = line.time.nanos;
  copy.quantity = line.quantity;
  copy.line_no = line.line_no;
  copy.offset_bytes = line.offset_bytes;
  copy.length_bytes = line.length_bytes;
  if (line.rejected) copy.reason = name_of(line.reason);
  return copy;
}

// What reading a file to its end gave.
struct Reading {
  std::vector<OwnedLine> lines;
  std::vector<std::string> details;
  std::uint64_t next_line_no = 0;
  bool stuck = false;  // no progress although the block was long enough

  bool operator==(const Reading&) const = default;
};

// How a caller reads: the size of the next block, how many data lines it asks for before each
// checkpoint, whether it goes on from a checkpoint with a fresh decoder, and whether it learns of
// the end of the file with the last bytes or later.
struct ReadingStyle {
  std::function<std::size_t()> next_block_bytes;
  std::uint64_t lines_per_checkpoint = ~std::uint64_t{0};
  bool fresh_decoder_at_checkpoint = false;
  bool knows_end_at_once = true;
};

// Reads as the contract of decode() asks for. Each block is a copy of its own, so that reading
// beyond it is found by the address sanitizer.
inline Reading read_records(std::string_view file,
                            const std::function<std::unique_ptr<RecordDecoder>()>& fresh_decoder,
                            const ReadingStyle& style) {
  Reading reading;
  std::unique_ptr<RecordDecoder> decoder = fresh_decoder();
  std::uint64_t at = decoder->start_bytes();
  std::uint64_t line_no = 1 + decoder->start_lines();
  std::uint64_t left = style.lines_per_checkpoint;
  std::vector<DecodedLine> lines;
  bool ended = false;
  while (!ended) {
    const std::string_view rest = file.substr(at);
    const std::vector<char> block(
        rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(
                                         std::min(rest.size(), style.next_block_bytes())));
    const bool reaches_end = block.size() == rest.size();
    bool at_end = reaches_end && style.knows_end_at_once;
    lines.clear();
    DecodeStep step =
        decoder->decode({block.data(), block.size()}, at_end, at, line_no, left, lines);
    if (step.consumed_bytes == 0 && step.data_lines == 0 && reaches_end && !at_end) {
      at_end = true;
      lines.clear();
      step = decoder->decode({block.data(), block.size()}, at_end, at, line_no, left, lines);
    }
    if (step.data_lines != lines.size()) reading.stuck = true;
    for (const DecodedLine& line : lines) {
      reading.lines.push_back(owned(line));
      reading.details.emplace_back(line.detail);
    }
    at += step.consumed_bytes;
    line_no += step.physical_lines;
    left -= step.data_lines;
    const bool progress = step.consumed_bytes != 0 || step.data_lines != 0;
    ended = at == file.size() && at_end && left != 0;
    if (!progress && !ended && reaches_end) reading.stuck = true;
    if (reading.stuck) break;
    if (left == 0) {
      left = style.lines_per_checkpoint;
      if (style.fresh_decoder_at_checkpoint) decoder = fresh_decoder();
    }
  }
  reading.next_line_no = line_no;
  return reading;
}

inline Reading read_csv(std::string_view file, const CsvDecoder& from_header,
                        const ReadingStyle& style) {
  return read_records(
      file, [&] { return std::make_unique<CsvDecoder>(from_header); }, style);
}

}  // namespace packwarden
