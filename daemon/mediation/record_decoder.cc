#include "mediation/record_decoder.h"

#include <array>

#include "mediation/csv_decoder.h"

namespace packwarden {
namespace {

struct Ending {
  std::string_view text;
  FileKind kind;
};
constexpr std::array<Ending, 1> endings = {{{".csv", {Format::csv, Packing::none}}}};

}  // namespace

std::optional<FileKind> file_kind_of(std::string_view file_name) {
  for (const Ending& ending : endings) {
    if (file_name.ends_with(ending.text)) return ending.kind;
  }
  return std::nullopt;
}

std::string known_endings() {
  std::string list;
  for (const Ending& ending : endings) {
    list.append(list.empty() ? "" : ", ").append(ending.text);
  }
  return list;
}

tl::expected<std::unique_ptr<RecordDecoder>, std::string> open_decoder(
    Format, std::string_view content_start, bool whole, std::uint32_t max_line_bytes) {
  auto csv = CsvDecoder::from_header(content_start, whole, max_line_bytes);
  if (!csv) return tl::make_unexpected(csv.error());
  return std::make_unique<CsvDecoder>(std::move(*csv));
}

}  // namespace packwarden
