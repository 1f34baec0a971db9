#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/instant.h"
#include "domain/reject_reason.h"

namespace packwarden {

// A decoded line that owns its texts, to be compared and printed.
struct OwnedLine {
  std::string id, source, account, product, meter;
  std::int64_t time_nanos = 0;
  std::int64_t quantity = 1;
  std::uint64_t line_no = 0;
  std::uint64_t offset_bytes = 0;
  std::uint64_t length_bytes = 0;
  std::string reason;  // empty where accepted

  bool operator==(const OwnedLine&) const = default;
};

// The rules of CsvDecoder as a person would follow them: the whole file at hand, byte by byte, slow
// and obvious. Shares nothing with the decoder but parse_rfc3339.
class ReferenceCsv {
 public:
  // `columns`: the names in the header, which ends at `data_offset` and took `header_lines`
  // physical lines.
  ReferenceCsv(std::string file, std::vector<std::string> columns, std::size_t data_offset,
               std::uint64_t header_lines, std::size_t max_line_bytes)
      : file_(std::move(file)),
        columns_(std::move(columns)),
        at_(data_offset),
        line_no_(header_lines + 1),
        max_(max_line_bytes) {}

  std::vector<OwnedLine> decode() {
    while (at_ < file_.size()) one_line();
    return lines_;
  }

  // One more than the number of the last physical line.
  std::uint64_t next_line_no() const { return line_no_; }

 private:
  struct Record {
    std::vector<std::string> fields;
    std::size_t content_end = 0;
    std::size_t next = 0;
    bool bare_cr = false;
  };

  void one_line() {
    const std::size_t begin = at_;
    std::size_t newline = begin;
    while (newline < file_.size() && file_[newline] != '\n') ++newline;
    const std::size_t next_line = newline < file_.size() ? newline + 1 : newline;
    std::size_t content_end = newline;
    if (newline < file_.size() && newline > begin && file_[newline - 1] == '\r') --content_end;
    const std::string content = file_.substr(begin, content_end - begin);

    if (content.empty() || content == "\r") {
      at_ = next_line;
      line_no_ += 1;
    } else if (content.size() > max_) {
      malformed(begin, max_);
      at_ = next_line;
      line_no_ += 1;
    } else if (const auto record = split(begin); record && record->content_end - begin <= max_) {
      whole(begin, *record);
      for (std::size_t i = begin; i < record->next; ++i) line_no_ += file_[i] == '\n' ? 1 : 0;
      if (record->next == file_.size() && file_.back() != '\n') line_no_ += 1;
      at_ = record->next;
    } else {  // quotes are to blame: this line only
      malformed(begin, content.size());
      at_ = next_line;
      line_no_ += 1;
    }
  }

  // None where the quoting is broken.
  std::optional<Record> split(std::size_t begin) const {
    enum { field_start, plain, quoted, closed } state = field_start;
    Record record;
    std::string field;
    for (std::size_t i = begin;; ++i) {
      const bool end_of_file = i == file_.size();
      const char c = end_of_file ? '\n' : file_[i];
      if (state == quoted) {
        if (end_of_file) return std::nullopt;
        if (c != '"') {
          field += c;
        } else if (i + 1 < file_.size() && file_[i + 1] == '"') {
          field += '"';
          ++i;
        } else {
          state = closed;
        }
        continue;
      }
      const bool crlf = c == '\r' && i + 1 < file_.size() && file_[i + 1] == '\n';
      if (c == ',' || c == '\n' || crlf) {
        record.fields.push_back(field);
        field.clear();
        state = field_start;
        if (c == ',') continue;
        record.content_end = i;
        record.next = end_of_file ? i : i + (crlf ? 2 : 1);
        return record;
      }
      if (state == closed) return std::nullopt;
      if (c == '"') {
        if (state != field_start) return std::nullopt;
        state = quoted;
        continue;
      }
      if (c == '\r') record.bare_cr = true;
      field += c;
      state = plain;
    }
  }

  void whole(std::size_t begin, const Record& record) {
    const std::size_t size = record.content_end - begin;
    const std::string_view content = std::string_view(file_).substr(begin, size);
    if (record.bare_cr || record.fields.size() != columns_.size() ||
        content.find('\0') != std::string_view::npos || !is_utf8(content)) {
      return malformed(begin, size);
    }
    OwnedLine line;
    std::string time, quantity;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const std::string& name = columns_[i];
      if (name == "id") line.id = record.fields[i];
      if (name == "source") line.source = record.fields[i];
      if (name == "account") line.account = record.fields[i];
      if (name == "product") line.product = record.fields[i];
      if (name == "meter") line.meter = record.fields[i];
      if (name == "time") time = record.fields[i];
      if (name == "quantity") quantity = record.fields[i];
    }
    if (line.id.size() > 128 || line.source.size() > 128) return malformed(begin, size);
    line.line_no = line_no_;
    line.offset_bytes = begin;
    line.length_bytes = size;
    line.reason = judge(line, time, quantity);
    lines_.push_back(line);
  }

  static std::string judge(OwnedLine& line, const std::string& time, const std::string& quantity) {
    if (line.id.empty() || line.account.empty() || line.product.empty() || line.meter.empty() ||
        time.empty()) {
      return "missing_field";
    }
    const auto instant = parse_rfc3339(time.data(), time.data() + time.size());
    if (!instant) return "bad_time";
    line.time_nanos = instant->nanos;
    if (quantity.empty()) return "";
    std::string digits = quantity;
    while (digits.size() > 1 && digits[0] == '0') digits.erase(0, 1);
    if (digits.find_first_not_of("0123456789") != std::string::npos) return "bad_quantity";
    if (digits.size() > 13 || std::stoll(digits) < 1 || std::stoll(digits) > 1'000'000'000'000) {
      return "bad_quantity";
    }
    line.quantity = std::stoll(digits);
    return "";
  }

  void malformed(std::size_t begin, std::size_t size) {
    OwnedLine line;
    line.line_no = line_no_;
    line.offset_bytes = begin;
    line.length_bytes = size;
    line.reason = "malformed";
    lines_.push_back(line);
  }

  // Table 3-7 of the Unicode standard.
  static bool is_utf8(std::string_view text) {
    const auto byte = [&](std::size_t i) {
      return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const auto within = [](unsigned value, unsigned low, unsigned high) {
      return value >= low && value <= high;
    };
    for (std::size_t i = 0; i < text.size();) {
      const unsigned first = byte(i);
      if (first <= 0x7F) {
        i += 1;
        continue;
      }
      const unsigned low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
      const unsigned high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
      const std::size_t size = within(first, 0xC2, 0xDF)   ? 2
                               : within(first, 0xE0, 0xEF) ? 3
                               : within(first, 0xF0, 0xF4) ? 4
                                                           : 0;
      if (size == 0 || !within(byte(i + 1), low, high)) return false;
      for (std::size_t k = 2; k < size; ++k) {
        if (!within(byte(i + k), 0x80, 0xBF)) return false;
      }
      i += size;
    }
    return true;
  }

  std::string file_;
  std::vector<std::string> columns_;
  std::size_t at_;
  std::uint64_t line_no_;
  std::size_t max_;
  std::vector<OwnedLine> lines_;
};

}  // namespace packwarden
