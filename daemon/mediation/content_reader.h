#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <tl/expected.hpp>

#include "mediation/record_decoder.h"

namespace packwarden {

// Reads up to `size` stored bytes at `offset`; fewer only at the end of the file. The error is a
// sentence.
using StoredBytes = std::function<tl::expected<std::size_t, std::string>(
    std::uint64_t offset, char* into, std::size_t size)>;

// What unpacking may cost, whatever the file claims.
struct UnpackLimits {
  std::uint32_t max_zstd_window_bytes = 32U << 20;
  std::uint32_t max_unpack_ratio = 200;  // bytes of content for each stored byte...
  std::uint64_t free_bytes = 16U << 20;  // ...beyond the first ones
};

class PackedContent;

// The content of a usage file, in order, unpacked in bounded memory (U9). Not thread-safe.
class ContentReader {
 public:
  ContentReader(Packing packing, StoredBytes stored, UnpackLimits limits = {});
  ~ContentReader();
  ContentReader(ContentReader&&) noexcept;

  // The next bytes: fewer than `size` only at the end or before an error, which the next call then
  // gives, and gives again from then on. So what can be read before a fault is the same however it
  // is asked for. The error says what is wrong and at which stored byte, as part of a sentence.
  tl::expected<std::size_t, std::string> read(char* into, std::size_t size);

  // Goes forward to this offset of the content (or to its end). Plain files jump; packed ones are
  // unpacked up to there.
  tl::expected<void, std::string> skip_to(std::uint64_t offset_bytes);

  // Whether read() has come to the end, and all was in order.
  bool at_end() const { return at_end_; }

  // Of what read() gives next.
  std::uint64_t offset_bytes() const { return offset_bytes_; }

 private:
  StoredBytes stored_;                     // of plain files
  std::unique_ptr<PackedContent> packed_;  // null for plain files
  std::uint64_t offset_bytes_ = 0;
  bool at_end_ = false;
};

}  // namespace packwarden
