#include "mediation/record_decoder.h"

#include <array>

#include "mediation/csv_decoder.h"
#include "mediation/json_decoder.h"

namespace packwarden {
namespace {

struct FormatEnding {
  std::string_view text;
  Format format;
};
constexpr std::array<FormatEnding, 3> format_endings = {
    {{".csv", Format::csv}, {".ndjson", Format::ndjson}, {".jsonl", Format::ndjson}}};

}  // namespace

std::optional<FileKind> file_kind_of(std::string_view file_name) {
  FileKind kind;
  if (file_name.ends_with(".gz")) {
    kind.packing = Packing::gzip;
    file_name.remove_suffix(3);
  } else if (file_name.ends_with(".zst")) {
    kind.packing = Packing::zstd;
    file_name.remove_suffix(4);
  }
  for (const FormatEnding& ending : format_endings) {
    if (!file_name.ends_with(ending.text)) continue;
    kind.format = ending.format;
    return kind;
  }
  return std::nullopt;
}

std::string known_endings() {
  std::string list;
  for (const FormatEnding& ending : format_endings) {
    list.append(list.empty() ? "" : ", ").append(ending.text);
  }
  return list + ", each also with .gz or .zst behind it";
}

tl::expected<std::unique_ptr<RecordDecoder>, std::string> open_decoder(
    Format format, std::string_view content_start, bool whole, std::uint32_t max_line_bytes) {
  if (format == Format::ndjson) {
    return std::make_unique<JsonDecoder>(content_start, max_line_bytes);
  }
  auto csv = CsvDecoder::from_header(content_start, whole, max_line_bytes);
  if (!csv) return tl::make_unexpected(csv.error());
  return std::make_unique<CsvDecoder>(std::move(*csv));
}

}  // namespace packwarden
