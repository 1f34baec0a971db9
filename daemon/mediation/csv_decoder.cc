#include "mediation/csv_decoder.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "domain/limits.h"
#include "mediation/csv_record.h"
#include "mediation/csv_scan.h"
#include "mediation/line.h"
#include "mediation/record_checks.h"

namespace packwarden {
namespace {

std::size_t bytes(const char* from, const char* to) {
  return static_cast<std::size_t>(to - from);
}

// 1 to max_quantity, decimal digits only; leading zeros are allowed, as the number is clear. 0
// where it is none.
Units parse_quantity(std::string_view text) {
  Units value = 0;
  for (const char c : text) {
    const auto digit = static_cast<unsigned>(static_cast<unsigned char>(c)) - '0';
    if (digit > 9) return 0;
    value = value * 10 + static_cast<Units>(digit);
    if (value > max_quantity) return 0;
  }
  return value;
}

}  // namespace

// One call of decode().
class CsvDecoder::Pass {
 public:
  Pass(CsvDecoder& decoder, std::string_view block, bool at_end, std::uint64_t offset_bytes,
       std::uint64_t line_no, std::vector<DecodedLine>& out)
      : decoder_(decoder),
        columns_(decoder.columns_.data()),
        column_count_(decoder.columns_.size()),
        begin_(block.data()),
        end_(block.data() + block.size()),
        at_end_(at_end),
        offset_bytes_(offset_bytes),
        line_no_(line_no),
        out_(out),
        special_(begin_, end_),
        utf8_(begin_, end_) {}

  DecodeStep run(std::uint64_t max_data_lines) {
    const char* at = begin_;
    if (max_data_lines != 0 && decoder_.skipping_long_line_) at = skip_long_line(at);
    while (step_.data_lines < max_data_lines && at != end_) {
      const char* next = plain_line(at);
      if (next == nullptr) {
        next = any_line(at);
        if (next == nullptr) break;  // the rest needs more bytes
        special_.seek(next);
      }
      at = next;
    }
    step_.consumed_bytes = bytes(begin_, at);
    return step_;
  }

 private:
  // Each takes where a line begins and returns where the next one does, or none.

  // A whole line with nothing that asks for a closer look, the usual case. None where it is not so,
  // with nothing done.
  const char* plain_line(const char* begin) {
    const char* field = begin;
    std::size_t count = 0;
    for (;;) {
      const char* const at = special_.next();
      if (at == end_) return nullptr;
      const char c = *at;
      if (c == ',') {
        fields_[column_at(count++)] = {field, bytes(field, at)};
        field = at + 1;
      } else if (c == '\n' || (c == '\r' && at + 1 != end_ && at[1] == '\n')) {
        if (at - begin > static_cast<std::ptrdiff_t>(decoder_.max_line_bytes_)) return nullptr;
        if (c == '\r') special_.next();
        const char* const next = at + (c == '\r' ? 2 : 1);
        if (at != begin) {
          fields_[column_at(count++)] = {field, bytes(field, at)};
          record(begin, at, count, utf8_.holds(begin, at) ? nullptr : not_utf8);
        }
        step_.physical_lines += 1;
        return next;
      } else if (c == '"' || c == '\r' || c == '\0') {
        return nullptr;
      }
    }
  }

  const char* any_line(const char* begin) {
    const Line line = cut_line(begin, end_, at_end_, decoder_.max_line_bytes_);
    if (line.outcome == Line::Outcome::incomplete) return nullptr;
    if (line.outcome == Line::Outcome::too_long) {
      decoder_.skipping_long_line_ = true;
      decoder_.long_line_offset_bytes_ = offset_of(begin);
      return skip_long_line(begin);
    }
    const std::string_view content(begin, bytes(begin, line.content_end));
    if (content.empty() || content == "\r") {
      step_.physical_lines += 1;
      return line.next;
    }
    const CsvRecord split =
        split_csv_record(begin, end_, at_end_, decoder_.max_line_bytes_, decoder_.split_);
    if (split.outcome == CsvRecord::Outcome::incomplete) return nullptr;
    if (split.outcome == CsvRecord::Outcome::broken) {
      reject(append(begin, line.content_end), RejectReason::malformed, split.problem);
      step_.physical_lines += 1;
      return line.next;
    }
    split_record(begin, split);
    return split.next;
  }

  void split_record(const char* begin, const CsvRecord& split) {
    std::size_t count = 0;
    for (const CsvField& field : decoder_.split_) {
      const Column column = column_at(count++);
      const bool as_it_is = column == ignored || !field.has_doubled_quotes;
      fields_[column] =
          as_it_is ? field.raw : decoder_.unescaped_.emplace_back(undouble_quotes(field.raw));
    }
    const std::size_t size = bytes(begin, split.content_end);
    const char* problem = nullptr;
    if (split.has_bare_cr) {
      problem = "a carriage return that ends no line";
    } else if (std::memchr(begin, '\0', size) != nullptr) {
      problem = "a NUL byte";
    } else if (!utf8_.holds(begin, split.content_end)) {
      problem = not_utf8;
    }
    record(begin, split.content_end, count, problem);
    const bool unended = split.next == split.content_end;
    step_.physical_lines +=
        static_cast<std::uint64_t>(std::count(begin, split.next, '\n')) + (unended ? 1 : 0);
  }

  // The rest of a long line from `at`, in this block. It is told when its end has come.
  const char* skip_long_line(const char* at) {
    const auto* newline = at == end_ ? nullptr : std::memchr(at, '\n', bytes(at, end_));
    if (newline == nullptr && !at_end_) return end_;
    DecodedLine& line = out_.emplace_back();
    line.line_no = line_no_ + step_.physical_lines;
    line.offset_bytes = decoder_.long_line_offset_bytes_;
    line.length_bytes = decoder_.max_line_bytes_;
    reject(line, RejectReason::malformed, long_line);
    step_.data_lines += 1;
    step_.physical_lines += 1;
    decoder_.skipping_long_line_ = false;
    const char* const next = newline == nullptr ? end_ : static_cast<const char*>(newline) + 1;
    special_.seek(next);
    return next;
  }

  // A record whose fields stand in fields_; `problem` where it is malformed for what they cannot
  // tell.
  void record(const char* begin, const char* end, std::size_t count, const char* problem) {
    DecodedLine& line = append(begin, end);
    if (problem == nullptr) problem = problem_of_fields(count);
    if (problem != nullptr) return reject(line, RejectReason::malformed, problem);
    line.id = fields_[id];
    line.source = fields_[source];
    line.account = fields_[account];
    line.product = fields_[product];
    line.meter = fields_[meter];
    if (!check_present(line, fields_[time]) || !read_time(line, fields_[time])) return;
    if (fields_[quantity].empty()) return;
    const Units units = parse_quantity(fields_[quantity]);
    if (units == 0) {
      return reject(line, RejectReason::bad_quantity, no_quantity);
    }
    line.quantity = units;
  }

  const char* problem_of_fields(std::size_t count) const {
    if (count != column_count_) return "not as many fields as the header has";
    return problem_of_lengths(fields_[id], fields_[source]);
  }

  DecodedLine& append(const char* begin, const char* end) {
    DecodedLine& line = out_.emplace_back();
    line.line_no = line_no_ + step_.physical_lines;
    line.offset_bytes = offset_of(begin);
    line.length_bytes = static_cast<std::uint32_t>(bytes(begin, end));
    step_.data_lines += 1;
    return line;
  }

  Column column_at(std::size_t i) const { return i < column_count_ ? columns_[i] : ignored; }
  std::uint64_t offset_of(const char* at) const { return offset_bytes_ + bytes(begin_, at); }

  CsvDecoder& decoder_;
  const Column* columns_;
  std::size_t column_count_;
  const char* begin_;
  const char* end_;
  bool at_end_;
  std::uint64_t offset_bytes_;
  std::uint64_t line_no_;
  std::vector<DecodedLine>& out_;
  SpecialBytes special_;
  Utf8Check utf8_;
  DecodeStep step_;
  std::array<std::string_view, ignored + 1> fields_;  // by column; absent ones stay empty
};

DecodeStep CsvDecoder::decode(std::string_view block, bool at_end, std::uint64_t offset_bytes,
                              std::uint64_t line_no, std::uint64_t max_data_lines,
                              std::vector<DecodedLine>& out) {
  unescaped_.clear();
  return Pass(*this, block, at_end, offset_bytes, line_no, out).run(max_data_lines);
}

}  // namespace packwarden
