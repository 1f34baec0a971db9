#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "mediation/json_line.h"
#include "mediation/record_decoder.h"
#include "mediation/text_arena.h"

namespace packwarden {

// Usage records from NDJSON: one object a line, flat or a CloudEvent (docs/FORMATS.md, U1, U2).
class JsonDecoder final : public RecordDecoder {
 public:
  // A byte order mark at the start of the file is passed over.
  JsonDecoder(std::string_view file_start, std::uint32_t max_line_bytes);

  std::uint64_t start_bytes() const override { return start_bytes_; }
  std::uint64_t start_lines() const override { return 0; }

  // Views point into this decoder.
  DecodeStep decode(std::string_view block, bool at_end, std::uint64_t offset_bytes,
                    std::uint64_t line_no, std::uint64_t max_data_lines,
                    std::vector<DecodedLine>& out) override;

 private:
  void read_line(std::string_view content, DecodedLine& line);

  std::uint64_t start_bytes_ = 0;
  std::uint32_t max_line_bytes_;
  FastJsonReader reader_;
  TextArena texts_;
  bool skipping_long_line_ = false;
  std::uint64_t long_line_offset_bytes_ = 0;
};

}  // namespace packwarden
