#include "mediation/csv_record.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "mediation/line.h"

namespace packwarden {
namespace {

const char* find(char wanted, const char* from, const char* to) {
  if (from == to) return nullptr;
  return static_cast<const char*>(std::memchr(from, wanted, static_cast<std::size_t>(to - from)));
}

bool ends_plain_text(char c) {
  return c == ',' || c == '\n' || c == '\r' || c == '"';
}

class Splitter {
 public:
  Splitter(const char* begin, const char* end, bool at_end, std::uint32_t max_line_bytes,
           std::vector<CsvField>& fields)
      : begin_(begin),
        stop_(begin + std::min(end - begin, line_window_bytes(max_line_bytes))),
        window_is_full_(stop_ - begin == line_window_bytes(max_line_bytes)),
        at_end_(at_end),
        max_content_(max_line_bytes),
        fields_(fields) {}

  CsvRecord split() {
    const char* at = begin_;
    while (at != nullptr) {
      at = (at != stop_ && *at == '"') ? quoted_field(at + 1) : plain_field(at);
    }
    const bool whole = record_.outcome == CsvRecord::Outcome::whole;
    if (whole && record_.content_end - begin_ > max_content_) broken(too_long);
    return record_;
  }

 private:
  static constexpr const char* too_long = "the record is longer than a line may be";

  // Both take where the content of a field begins and return where the next field begins, or none
  // after the last.
  const char* quoted_field(const char* content) {
    CsvField field;
    const char* at = content;
    for (;;) {
      const char* const quote = find('"', at, stop_);
      if (quote == nullptr) return at_stop("a quoted field is not closed");
      at = quote + 1;
      if (at == stop_ && (window_is_full_ || !at_end_)) return at_stop("");
      if (at == stop_ || *at != '"') break;
      field.has_doubled_quotes = true;
      ++at;
    }
    field.raw = {content, static_cast<std::size_t>(at - 1 - content)};
    fields_.push_back(field);
    if (at == stop_) return whole(at, at);
    if (*at == ',') return at + 1;
    if (*at == '\n') return whole(at, at + 1);
    if (*at == '\r' && at + 1 == stop_) return at_stop(text_after_quote);
    if (*at == '\r' && at[1] == '\n') return whole(at, at + 2);
    return broken(text_after_quote);
  }

  const char* plain_field(const char* content) {
    const char* at = content;
    for (;; ++at) {  // a bare CR is passed over
      at = std::find_if(at, stop_, ends_plain_text);
      if (at == stop_ && (window_is_full_ || !at_end_)) return at_stop("");
      if (at == stop_ || *at == ',' || *at == '\n') break;
      if (*at == '"') return broken("a quote inside a field that is not quoted");
      if (at + 1 == stop_ && (window_is_full_ || !at_end_)) return at_stop("");
      if (at + 1 != stop_ && at[1] == '\n') break;
      record_.has_bare_cr = true;
    }
    fields_.push_back({{content, static_cast<std::size_t>(at - content)}, false});
    if (at == stop_) return whole(at, at);
    if (*at == ',') return at + 1;
    return whole(at, at + (*at == '\r' ? 2 : 1));
  }

  const char* whole(const char* content_end, const char* next) {
    record_.outcome = CsvRecord::Outcome::whole;
    record_.content_end = content_end;
    record_.next = next;
    return nullptr;
  }

  const char* broken(const char* problem) {
    record_.outcome = CsvRecord::Outcome::broken;
    record_.problem = problem;
    return nullptr;
  }

  // Nothing ended the record: it is too long, or the file ends, or it is for a later block to tell.
  // In this order, so that it does not matter whether the caller knows of the end already.
  const char* at_stop(const char* problem_at_end_of_file) {
    if (window_is_full_) return broken(too_long);
    if (at_end_) return broken(problem_at_end_of_file);
    record_.outcome = CsvRecord::Outcome::incomplete;
    return nullptr;
  }

  static constexpr const char* text_after_quote = "text after a closing quote";

  const char* begin_;
  const char* stop_;
  bool window_is_full_;
  bool at_end_;
  std::ptrdiff_t max_content_;
  std::vector<CsvField>& fields_;
  CsvRecord record_;
};

}  // namespace

CsvRecord split_csv_record(const char* begin, const char* end, bool at_end,
                           std::uint32_t max_line_bytes, std::vector<CsvField>& fields) {
  fields.clear();
  return Splitter(begin, end, at_end, max_line_bytes, fields).split();
}

std::string undouble_quotes(std::string_view raw) {
  std::string text;
  text.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    text.push_back(raw[i]);
    if (raw[i] == '"') ++i;  // the second of the two
  }
  return text;
}

}  // namespace packwarden
