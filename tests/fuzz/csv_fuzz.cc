// However a caller cuts the blocks, and wherever it goes on from a checkpoint, the outcome is that
// of one go, which is that of the reference.
#include <cstdlib>
#include <string>

#include "mediation/csv_reading.h"

using namespace packwarden;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::uint32_t max_line_bytes = 64 + data[0] % 64;
  const std::size_t cut_bytes = data[1];
  const std::string header = "id,source,account,product,meter,time,quantity\n";
  const std::string file = header + std::string(reinterpret_cast<const char*>(data) + 2, size - 2);
  const CsvDecoder decoder = CsvDecoder::from_header(file, true, max_line_bytes).value();

  const Reading whole = read_csv(file, decoder, {.next_block_bytes = [&] { return file.size(); }});
  ReferenceCsv reference(file, {"id", "source", "account", "product", "meter", "time", "quantity"},
                         header.size(), 1, max_line_bytes);
  if (whole.stuck || reference.decode() != whole.lines) std::abort();
  if (reference.next_line_no() != whole.next_line_no) std::abort();

  std::size_t turn = 0;
  const ReadingStyle cut{
      .next_block_bytes = [&] { return max_line_bytes + 2 + (cut_bytes * ++turn) % 97; },
      .lines_per_checkpoint = 1 + cut_bytes % 4,
      .fresh_decoder_at_checkpoint = true,
      .knows_end_at_once = (cut_bytes & 1) != 0};
  if (!(read_csv(file, decoder, cut) == whole)) std::abort();
  return 0;
}
