#include "mediation/content_reader.h"

#include <algorithm>
#include <utility>

namespace packwarden {

ContentReader::ContentReader(Packing packing, StoredBytes stored, UnpackLimits limits)
    : stored_(std::move(stored)), limits_(limits), packing_(packing) {}

tl::expected<std::size_t, std::string> ContentReader::read(char* into, std::size_t size) {
  const auto got = stored_(offset_bytes_, into, size);
  if (!got) return got;
  offset_bytes_ += *got;
  at_end_ = *got < size;
  return got;
}

tl::expected<void, std::string> ContentReader::skip_to(std::uint64_t offset_bytes) {
  offset_bytes_ = std::max(offset_bytes_, offset_bytes);
  return {};
}

}  // namespace packwarden
