// Both readers of a line agree, and however a caller cuts the blocks the outcome is that of one go.
#include <cstdlib>
#include <memory>
#include <string>

#include "mediation/csv_reading.h"
#include "mediation/json_decoder.h"

using namespace packwarden;

namespace {

OwnedLine outcome_of(JsonLine& json) {
  DecodedLine line;
  interpret(json, line);
  OwnedLine copy = owned(line);
  if (copy.reason == "malformed") copy.id.clear();
  return copy;
}

void readers_agree(std::string_view text) {
  static FastJsonReader fast(65'536);
  static PlainJsonReader plain;
  const OwnedLine by_fast = outcome_of(fast.read(text));
  if (!(by_fast == outcome_of(plain.read(text)))) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto max_line_bytes = static_cast<std::uint32_t>(64 + data[0]);
  const std::size_t cut_bytes = data[1];
  const std::string file(reinterpret_cast<const char*>(data) + 2, size - 2);
  for (std::string_view rest = file; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    readers_agree(line);
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  }

  const auto fresh = [&] { return std::make_unique<JsonDecoder>(file, max_line_bytes); };
  const Reading whole =
      read_records(file, fresh, {.next_block_bytes = [&] { return file.size(); }});
  if (whole.stuck) std::abort();
  std::size_t turn = 0;
  const ReadingStyle cut{
      .next_block_bytes = [&] { return max_line_bytes + 2 + (cut_bytes * ++turn) % 97; },
      .lines_per_checkpoint = 1 + cut_bytes % 4,
      .fresh_decoder_at_checkpoint = true,
      .knows_end_at_once = (cut_bytes & 1) != 0};
  if (!(read_records(file, fresh, cut) == whole)) std::abort();
  return 0;
}
