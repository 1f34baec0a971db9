#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>

#include "mediation/unpacker.h"

namespace packwarden {
namespace {

constexpr int gzip_alone = 16 + MAX_WBITS;  // gzip headers, not those of zlib

uInt at_most_uint(std::size_t bytes) {
  return static_cast<uInt>(std::min<std::size_t>(bytes, std::numeric_limits<uInt>::max()));
}

class GzipUnpacker final : public Unpacker {
 public:
  GzipUnpacker() {
    if (inflateInit2(&stream_, gzip_alone) != Z_OK) throw std::bad_alloc();
  }
  ~GzipUnpacker() override { inflateEnd(&stream_); }
  GzipUnpacker(const GzipUnpacker&) = delete;
  GzipUnpacker& operator=(const GzipUnpacker&) = delete;

  Step unpack(std::string_view packed, char* into, std::size_t size) override {
    if (between_members_) {
      inflateReset(&stream_);
      between_members_ = false;
    }
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream_.avail_in = at_most_uint(packed.size());
    stream_.next_out = reinterpret_cast<Bytef*>(into);
    stream_.avail_out = at_most_uint(size);
    const uInt in_before = stream_.avail_in;
    const uInt out_before = stream_.avail_out;
    const int result = inflate(&stream_, Z_NO_FLUSH);
    Step step;
    step.consumed_bytes = in_before - stream_.avail_in;
    step.produced_bytes = out_before - stream_.avail_out;
    if (result == Z_STREAM_END) {
      between_members_ = true;
      had_member_ = true;
    } else if (result == Z_MEM_ERROR) {
      throw std::bad_alloc();
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      step.fault = fault_of(result);
    }
    return step;
  }

  bool may_end() const override { return between_members_; }
  const char* what() const override { return "gzip"; }

 private:
  std::string fault_of(int result) const {
    if (result == Z_NEED_DICT) return "its gzip data need a dictionary";
    const bool in_header = stream_.total_out == 0 && stream_.total_in <= 10;
    if (in_header && had_member_) {
      return "something that is not gzip stands behind its last gzip member";
    }
    if (in_header) return "it is not gzip, whatever its name says";
    return std::string("its gzip data are damaged: ") +
           (stream_.msg == nullptr ? "unknown fault" : stream_.msg);
  }

  z_stream stream_{};
  bool between_members_ = false;
  bool had_member_ = false;
};

}  // namespace

std::unique_ptr<Unpacker> make_gzip_unpacker() {
  return std::make_unique<GzipUnpacker>();
}

}  // namespace packwarden
