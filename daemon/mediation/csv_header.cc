#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "mediation/csv_decoder.h"
#include "mediation/csv_record.h"
#include "mediation/csv_scan.h"

namespace packwarden {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

// In the order of CsvDecoder::Column.
constexpr std::array<std::string_view, 7> column_names = {"id",    "source", "account", "product",
                                                          "meter", "time",   "quantity"};
constexpr std::array<bool, 7> column_is_required = {true, false, true, true, true, true, false};

// The header as fields. The error is a sentence for the operator.
tl::expected<CsvRecord, std::string> split_header(std::string_view text, bool whole_file,
                                                  std::uint32_t max_line_bytes,
                                                  std::vector<CsvField>& fields) {
  const char* const begin = text.data();
  const CsvRecord header =
      split_csv_record(begin, begin + text.size(), whole_file, max_line_bytes, fields);
  switch (header.outcome) {
    case CsvRecord::Outcome::whole:
      break;
    case CsvRecord::Outcome::broken:
      return tl::make_unexpected(fmt::format("The header is malformed or longer than {} bytes: {}.",
                                             max_line_bytes, header.problem));
    case CsvRecord::Outcome::incomplete:
      return tl::make_unexpected(
          fmt::format("The header does not end within the first {} bytes.", text.size()));
  }
  const std::string_view content(begin, static_cast<std::size_t>(header.content_end - begin));
  if (content.empty() || content == "\r") {
    return tl::make_unexpected("The first line is blank; it must name the columns.");
  }
  if (header.has_bare_cr) {
    return tl::make_unexpected("The header has a carriage return that ends no line.");
  }
  if (content.find('\0') != std::string_view::npos) {
    return tl::make_unexpected("The header has a NUL byte.");
  }
  if (!simdjson::validate_utf8(content)) return tl::make_unexpected("The header is not UTF-8.");
  return header;
}

}  // namespace

tl::expected<CsvDecoder, std::string> CsvDecoder::from_header(std::string_view file_start,
                                                              bool whole_file,
                                                              std::uint32_t max_line_bytes) {
  std::string_view text = file_start;
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  if (text.empty())
    return tl::make_unexpected("The file is empty; its first line must name the columns.");

  CsvDecoder decoder;
  decoder.max_line_bytes_ = max_line_bytes;
  const auto header = split_header(text, whole_file, max_line_bytes, decoder.split_);
  if (!header) return tl::make_unexpected(header.error());

  std::array<bool, column_names.size()> seen{};
  for (const CsvField& field : decoder.split_) {
    const std::string name = undouble_quotes(field.raw);
    const auto known = std::find(column_names.begin(), column_names.end(), name);
    const auto column = static_cast<std::size_t>(known - column_names.begin());
    decoder.columns_.push_back(static_cast<Column>(column));
    if (column == ignored) continue;
    if (seen[column])
      return tl::make_unexpected(fmt::format("The column '{}' is there twice.", name));
    seen[column] = true;
  }
  for (std::size_t column = 0; column < seen.size(); ++column) {
    if (column_is_required[column] && !seen[column]) {
      return tl::make_unexpected(fmt::format("The column '{}' is missing.", column_names[column]));
    }
  }
  const char* const next = header->next;
  const bool newline_at_end = next[-1] == '\n';
  decoder.header_bytes_ = static_cast<std::uint64_t>(next - file_start.data());
  decoder.header_lines_ =
      static_cast<std::uint64_t>(std::count(text.data(), next, '\n')) + (newline_at_end ? 0 : 1);
  return decoder;
}

}  // namespace packwarden
