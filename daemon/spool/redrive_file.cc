#include "spool/redrive_file.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <stdexcept>

namespace packwarden {
namespace {

constexpr int gzip_window_bits = 15 + 16;
constexpr std::size_t buffer_bytes = 64 * 1024;
constexpr std::string_view mark = ".redrive";

std::string_view without(std::string_view name, std::string_view ending) {
  if (name.ends_with(ending)) name.remove_suffix(ending.size());
  return name;
}

}  // namespace

struct RedriveFile::Stream {
  explicit Stream(const RedriveOrigin& origin)
      : comment(fmt::format("redrive {} of {}{}", origin.number,
                            origin.rejects ? "the rejects of " : "", origin.claim)) {
    if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, gzip_window_bits, 8,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
      throw std::bad_alloc();
    }
    header.comment = reinterpret_cast<Bytef*>(comment.data());
    header.os = 3;  // Unix, on every machine
    deflateSetHeader(&z, &header);
  }
  ~Stream() { deflateEnd(&z); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  z_stream z{};
  gz_header header{};
  std::string comment;
};

RedriveFile::RedriveFile(int root, const RedriveOrigin& origin)
    : stream_(std::make_unique<Stream>(origin)), file_(root, "incoming/.redrive-" + origin.claim) {}
RedriveFile::~RedriveFile() = default;

void RedriveFile::append(std::string_view content) {
  while (!content.empty()) {
    const auto some = content.substr(0, std::numeric_limits<uInt>::max());
    deflate_all(some, false);
    content.remove_prefix(some.size());
  }
}

void RedriveFile::deflate_all(std::string_view content, bool at_end) {
  z_stream& z = stream_->z;
  std::array<char, buffer_bytes> packed;
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  z.avail_in = static_cast<uInt>(content.size());
  do {
    z.next_out = reinterpret_cast<Bytef*>(packed.data());
    z.avail_out = static_cast<uInt>(packed.size());
    if (deflate(&z, at_end ? Z_FINISH : Z_NO_FLUSH) == Z_STREAM_ERROR) {
      throw std::runtime_error("zlib cannot pack a redrive");
    }
    file_.append({packed.data(), packed.size() - z.avail_out});
  } while (z.avail_out == 0);
}

bool RedriveFile::finish(const std::string& name) {
  deflate_all({}, true);
  return file_.finish_new("incoming/" + name);
}

std::string redrive_name(std::string_view name, std::size_t max_bytes) {
  std::string_view stem = without(without(name, ".gz"), ".zst");
  const std::size_t dot = stem.rfind('.');
  const std::string format(dot == std::string_view::npos ? "" : stem.substr(dot));
  stem = without(stem.substr(0, stem.size() - format.size()), mark);
  const std::string ending = std::string(mark) + format + ".gz";
  const std::size_t room = max_bytes - std::min(max_bytes, ending.size());
  if (stem.size() > room) stem.remove_prefix(stem.size() - room);
  // A name of its own that begins with a dot would be left alone.
  std::string whole = std::string(stem) + ending;
  if (whole.starts_with('.')) whole.front() = '_';
  return whole;
}

}  // namespace packwarden
