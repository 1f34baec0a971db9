#include "spool/rejects_file.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "mediation/csv_decoder.h"

namespace packwarden {
namespace {

constexpr std::size_t window_bytes = 256 * 1024;
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

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

// Bytes of the content through a window, since many short lines lie close to each other. Goes
// forward; for what lies behind, it begins anew.
class Window {
 public:
  Window(int source, FileKind kind, const UnpackLimits& limits, std::function<void()> on_block)
      : source_(source),
        kind_(kind),
        limits_(limits),
        on_block_(std::move(on_block)),
        buffer_(window_bytes) {
    struct stat status {};
    is_there_ = source >= 0 && fstat(source, &status) == 0 && S_ISREG(status.st_mode);
  }

  // Up to `bytes` at `offset`, at least one while the content lasts; valid until the next call.
  std::string_view at(std::uint64_t offset, std::uint64_t bytes) {
    const bool held = offset >= begin_ && offset - begin_ < held_ &&
                      (bytes <= held_ - (offset - begin_) || at_end_);
    if (!held) fill(offset);
    if (offset < begin_ || offset - begin_ >= held_) return {};
    const auto skip = static_cast<std::size_t>(offset - begin_);
    return {buffer_.data() + skip,
            static_cast<std::size_t>(std::min<std::uint64_t>(bytes, held_ - skip))};
  }

 private:
  void fill(std::uint64_t offset) {
    begin_ = offset;
    held_ = 0;
    if (!is_there_) return;
    if (!reader_ || offset < reader_->offset_bytes()) reader_.emplace(open());
    // What the content no longer gives is what the rejected lines are told to have lost.
    if (!reader_->skip_to(offset) || reader_->offset_bytes() != offset) return;
    const auto got = reader_->read(buffer_.data(), buffer_.size());
    at_end_ = !got || *got < buffer_.size();
    held_ = got.value_or(0);
  }

  ContentReader open() const {
    const auto stored = [source = source_, on_block = on_block_](
                            std::uint64_t offset, char* into,
                            std::size_t size) -> tl::expected<std::size_t, std::string> {
      std::size_t done = 0;
      while (done < size) {
        const ssize_t got =
            pread(source, into + done, size - done, static_cast<off_t>(offset + done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) fail_with("cannot read the rejected lines of a usage file", errno);
        if (got == 0) break;
        done += static_cast<std::size_t>(got);
        if (on_block) on_block();
      }
      return done;
    };
    return ContentReader(kind_.packing, stored, limits_);
  }

  int source_;
  FileKind kind_;
  UnpackLimits limits_;
  std::function<void()> on_block_;
  bool is_there_ = false;
  std::vector<char> buffer_;
  std::optional<ContentReader> reader_;
  std::uint64_t begin_ = 0;
  std::size_t held_ = 0;
  bool at_end_ = false;
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

void append_header(NewFile& out, Window& window, const ContentLimits& limits) {
  std::string start;
  const std::uint64_t wanted = std::uint64_t{limits.max_line_bytes} + 5;
  while (start.size() < wanted) {
    const std::string_view more = window.at(start.size(), wanted - start.size());
    if (more.empty()) break;
    start += more;
  }
  const auto decoder = CsvDecoder::from_header(start, start.size() < wanted, limits.max_line_bytes);
  if (!decoder) return;  // the source is gone, or no longer what it was
  std::string_view header = std::string_view(start).substr(0, decoder->start_bytes());
  if (header.starts_with(byte_order_mark)) header.remove_prefix(byte_order_mark.size());
  if (header.ends_with('\n')) header.remove_suffix(1);
  if (header.ends_with('\r')) header.remove_suffix(1);
  out.append("1,header,,\"");
  append_doubling_quotes(out, header);
  out.append("\"\r\n");
}

void append_row(NewFile& out, Window& window, const Row& row) {
  std::string text;
  while (text.size() < row.bytes) {
    const std::string_view more = window.at(row.offset + text.size(), row.bytes - text.size());
    if (more.empty()) break;
    text += more;
  }
  std::string detail(row.detail);
  if (text.size() < row.bytes) {
    detail += detail.empty() ? "" : "; ";
    detail += "the usage file no longer holds all of this line";
  }
  append_field(out, row.line_no);
  out.append(",");
  append_field(out, row.reason);
  out.append(",");
  append_field(out, detail);
  out.append(",\"");
  append_doubling_quotes(out, text);
  out.append("\"\r\n");
}

}  // namespace

void append_rejects(NewFile& out, int source, FileKind kind, const ContentLimits& limits,
                    const RejectedLines& rejected_lines, const std::function<void()>& on_block) {
  out.append("line,reason,detail,text\r\n");
  Window window(source, kind, limits.unpack, on_block);
  if (kind.format == Format::csv) append_header(out, window, limits);
  rejected_lines([&](std::string_view some) {
    while (!some.empty()) append_row(out, window, parse_row(take_until(some, '\n')));
  });
}

}  // namespace packwarden
