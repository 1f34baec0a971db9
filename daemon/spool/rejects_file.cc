#include "spool/rejects_file.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <stdexcept>
#include <vector>

namespace packwarden {
namespace {

constexpr std::size_t window_bytes = 256 * 1024;

struct Row {
  std::string_view line_no;
  std::string_view reason;
  std::string_view detail;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};

std::string_view take_until(std::string_view& text, char end) {
  const std::size_t at = text.find(end);
  const std::string_view part = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return part;
}

std::uint64_t number_of(std::string_view text, std::string_view row) {
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end) {
    throw std::runtime_error("a rejected line is not stored as it must be: " + shown(row));
  }
  return number;
}

Row parse_row(std::string_view text) {
  const std::string_view whole = text;
  Row row;
  row.line_no = take_until(text, '\t');
  row.reason = take_until(text, '\t');
  row.offset = number_of(take_until(text, '\t'), whole);
  row.bytes = number_of(take_until(text, '\t'), whole);
  row.detail = text;
  number_of(row.line_no, whole);
  return row;
}

// Bytes of the source through a window, since many short lines lie close to each other.
class Window {
 public:
  explicit Window(int source) : source_(source), buffer_(window_bytes) {
    struct stat status {};
    if (source >= 0 && fstat(source, &status) == 0 && S_ISREG(status.st_mode)) {
      size_ = static_cast<std::uint64_t>(status.st_size);
    }
  }

  std::uint64_t size() const { return size_; }

  // Up to `bytes` at `offset`, at least one while the source lasts; valid until the next call.
  std::string_view at(std::uint64_t offset, std::uint64_t bytes) {
    if (offset >= size_) return {};
    const bool held = offset >= begin_ && offset - begin_ < held_ &&
                      std::min(bytes, size_ - offset) <= held_ - (offset - begin_);
    if (!held) fill(offset);
    const std::size_t skip = static_cast<std::size_t>(offset - begin_);
    return {buffer_.data() + skip,
            static_cast<std::size_t>(std::min<std::uint64_t>(bytes, held_ - skip))};
  }

 private:
  void fill(std::uint64_t offset) {
    ssize_t got = -1;
    do {
      got = pread(source_, buffer_.data(), buffer_.size(), static_cast<off_t>(offset));
    } while (got < 0 && errno == EINTR);
    if (got < 0) fail_with("cannot read the rejected lines of a usage file", errno);
    begin_ = offset;
    held_ = static_cast<std::size_t>(got);
  }

  int source_;
  std::vector<char> buffer_;
  std::uint64_t size_ = 0;
  std::uint64_t begin_ = 0;
  std::size_t held_ = 0;
};

void append_doubling_quotes(NewFile& out, std::string_view text) {
  for (;;) {
    const std::size_t quote = text.find('"');
    if (quote == std::string_view::npos) break;
    out.append(text.substr(0, quote + 1));
    out.append("\"");
    text.remove_prefix(quote + 1);
  }
  out.append(text);
}

void append_field(NewFile& out, std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    out.append(text);
    return;
  }
  out.append("\"");
  append_doubling_quotes(out, text);
  out.append("\"");
}

std::string detail_of(const Row& row, bool is_whole) {
  std::string detail(row.detail);
  if (is_whole) return detail;
  return detail + (detail.empty() ? "" : "; ") + "the usage file no longer holds all of this line";
}

void append_row(NewFile& out, Window& window, const Row& row) {
  const std::uint64_t there = window.size() - std::min(window.size(), row.offset);
  append_field(out, row.line_no);
  out.append(",");
  append_field(out, row.reason);
  out.append(",");
  append_field(out, detail_of(row, row.bytes <= there));
  out.append(",\"");
  std::uint64_t left = std::min(row.bytes, there);
  for (std::uint64_t offset = row.offset; left > 0;) {
    const std::string_view text = window.at(offset, left);
    if (text.empty()) break;
    append_doubling_quotes(out, text);
    offset += text.size();
    left -= text.size();
  }
  out.append("\"\r\n");
}

}  // namespace

void append_rejects(NewFile& out, int source, const RejectedLines& rejected_lines) {
  out.append("line,reason,detail,text\r\n");
  Window window(source);
  rejected_lines([&](std::string_view some) {
    while (!some.empty()) append_row(out, window, parse_row(take_until(some, '\n')));
  });
}

}  // namespace packwarden
