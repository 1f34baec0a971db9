#include "spool/packed_file.h"

#include <zstd.h>

#include <algorithm>
#include <array>
#include <new>
#include <stdexcept>

#include "spool/sha256.h"

namespace packwarden {
namespace {

constexpr std::size_t block_bytes = 128 * 1024;
constexpr std::size_t frame_head_bytes = 18;  // at most
constexpr int level = 3;
constexpr const char* damaged = "it is damaged: it is not what was packed in done/";

}  // namespace

struct PackedFile::Stream {
  Stream() : context(ZSTD_createDStream()), block(block_bytes, '\0') {
    if (context == nullptr) throw std::bad_alloc();
  }
  ~Stream() { ZSTD_freeDStream(context); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  ZSTD_DStream* context;
  std::string block;
  ZSTD_inBuffer in{nullptr, 0, 0};
  std::uint64_t next_offset = 0;
};

PackedFile::PackedFile(std::unique_ptr<UsageFile> packed, std::uint64_t size_bytes)
    : packed_(std::move(packed)), size_bytes_(size_bytes), stream_(std::make_unique<Stream>()) {}
PackedFile::~PackedFile() = default;

tl::expected<std::unique_ptr<PackedFile>, std::string> PackedFile::open(
    std::unique_ptr<UsageFile> packed) {
  std::array<char, frame_head_bytes> head{};
  const auto got = packed->read(0, head.data(), head.size());
  if (!got) return tl::unexpected(got.error());
  const auto size_bytes = ZSTD_getFrameContentSize(head.data(), *got);
  if (size_bytes == ZSTD_CONTENTSIZE_UNKNOWN || size_bytes == ZSTD_CONTENTSIZE_ERROR) {
    return tl::unexpected(std::string(damaged));
  }
  return std::unique_ptr<PackedFile>(new PackedFile(std::move(packed), size_bytes));
}

void PackedFile::begin_again() {
  ZSTD_DCtx_reset(stream_->context, ZSTD_reset_session_only);
  stream_->in = {nullptr, 0, 0};
  stream_->next_offset = 0;
  at_ = 0;
}

tl::expected<std::size_t, std::string> PackedFile::unpack(char* into, std::size_t size) {
  ZSTD_outBuffer out{into, size, 0};
  while (out.pos < size && at_ + out.pos < size_bytes_) {
    Stream& stream = *stream_;
    if (stream.in.pos == stream.in.size) {
      const auto got = packed_->read(stream.next_offset, stream.block.data(), stream.block.size());
      if (!got) return got;
      stream.next_offset += *got;
      stream.in = {stream.block.data(), *got, 0};
    }
    const std::size_t before = out.pos + stream.in.pos;
    const std::size_t result = ZSTD_decompressStream(stream.context, &out, &stream.in);
    if (ZSTD_isError(result) != 0 || out.pos + stream.in.pos == before) {
      return tl::unexpected(std::string(damaged));
    }
  }
  at_ += out.pos;
  return out.pos;
}

tl::expected<std::size_t, std::string> PackedFile::read(std::uint64_t offset, char* into,
                                                        std::size_t size) {
  if (offset < at_) begin_again();
  std::array<char, 16 * 1024> passed_over;
  while (at_ < std::min(offset, size_bytes_)) {
    const auto got =
        unpack(passed_over.data(), std::min<std::uint64_t>(passed_over.size(), offset - at_));
    if (!got) return got;
  }
  return offset >= size_bytes_ ? 0 : unpack(into, size);
}

tl::expected<Digest, std::string> PackedFile::digest() {
  Sha256 sha;
  std::string block(block_bytes, '\0');
  for (std::uint64_t offset = 0; offset < size_bytes_;) {
    const auto got = read(offset, block.data(), block.size());
    if (!got) return tl::unexpected(got.error());
    sha.add(block.data(), *got);
    offset += *got;
  }
  return sha.finish();
}

struct FilePacker::Stream {
  explicit Stream(std::uint64_t size_bytes) : context(ZSTD_createCCtx()) {
    if (context == nullptr) throw std::bad_alloc();
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    ZSTD_CCtx_setPledgedSrcSize(context, size_bytes);
  }
  ~Stream() { ZSTD_freeCCtx(context); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  ZSTD_CCtx* context;
};

FilePacker::FilePacker(std::uint64_t size_bytes) : stream_(std::make_unique<Stream>(size_bytes)) {}
FilePacker::~FilePacker() = default;

std::string_view FilePacker::add(std::string_view bytes, bool is_last) {
  packed_.clear();
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  const std::size_t step = ZSTD_CStreamOutSize();
  for (bool done = false; !done;) {
    const std::size_t begin = packed_.size();
    packed_.resize(begin + step);
    ZSTD_outBuffer out{packed_.data() + begin, step, 0};
    const std::size_t left =
        ZSTD_compressStream2(stream_->context, &out, &in, is_last ? ZSTD_e_end : ZSTD_e_continue);
    if (ZSTD_isError(left) != 0) {
      throw std::runtime_error(std::string("Zstandard cannot pack: ") + ZSTD_getErrorName(left));
    }
    packed_.resize(begin + out.pos);
    done = is_last ? left == 0 : in.pos == in.size;
  }
  return packed_;
}

}  // namespace packwarden
