#include <fmt/format.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <bit>
#include <new>

#include "mediation/unpacker.h"

namespace packwarden {
namespace {

class ZstdUnpacker final : public Unpacker {
 public:
  explicit ZstdUnpacker(std::uint32_t max_window_bytes)
      : stream_(ZSTD_createDStream()), max_window_bytes_(max_window_bytes) {
    if (stream_ == nullptr) throw std::bad_alloc();
    const int log = std::max(10, static_cast<int>(std::bit_width(max_window_bytes)) - 1);
    ZSTD_DCtx_setParameter(stream_, ZSTD_d_windowLogMax, log);
  }
  ~ZstdUnpacker() override { ZSTD_freeDStream(stream_); }
  ZstdUnpacker(const ZstdUnpacker&) = delete;
  ZstdUnpacker& operator=(const ZstdUnpacker&) = delete;

  Step unpack(std::string_view packed, char* into, std::size_t size) override {
    ZSTD_inBuffer in{packed.data(), packed.size(), 0};
    ZSTD_outBuffer out{into, size, 0};
    const std::size_t left = ZSTD_decompressStream(stream_, &out, &in);
    Step step{in.pos, out.pos, {}};
    if (ZSTD_isError(left) != 0) {
      step.fault = fault_of(left);
    } else if (in.pos > 0 || out.pos > 0) {
      between_frames_ = left == 0;
      had_frame_ = had_frame_ || between_frames_;
    }
    return step;
  }

  bool may_end() const override { return between_frames_; }
  const char* what() const override { return "Zstandard"; }

 private:
  std::string fault_of(std::size_t result) const {
    switch (ZSTD_getErrorCode(result)) {
      case ZSTD_error_memory_allocation:
        throw std::bad_alloc();
      case ZSTD_error_frameParameter_windowTooLarge:
        return fmt::format(
            "its Zstandard data need a window of more than {} bytes; pack it with a level up to "
            "19, or raise ingest.max_zstd_window_bytes",
            max_window_bytes_);
      case ZSTD_error_prefix_unknown:
        return had_frame_ ? "something that is not Zstandard stands behind its last frame"
                          : "it is not Zstandard, whatever its name says";
      default:
        return std::string("its Zstandard data are damaged: ") + ZSTD_getErrorName(result);
    }
  }

  ZSTD_DStream* stream_;
  std::uint32_t max_window_bytes_;
  bool between_frames_ = false;
  bool had_frame_ = false;
};

}  // namespace

std::unique_ptr<Unpacker> make_zstd_unpacker(std::uint32_t max_window_bytes) {
  return std::make_unique<ZstdUnpacker>(max_window_bytes);
}

}  // namespace packwarden
