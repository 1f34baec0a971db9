#include "mediation/content_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "mediation/unpacker.h"

namespace packwarden {
namespace {

// Fixed, so that where a limit is met never depends on how much the caller asks for.
constexpr std::size_t stored_block_bytes = 256 << 10;
constexpr std::size_t content_block_bytes = 128 << 10;

std::unique_ptr<Unpacker> unpacker_for(Packing packing, const UnpackLimits& limits) {
  if (packing == Packing::gzip) return make_gzip_unpacker();
  return make_zstd_unpacker(limits.max_zstd_window_bytes);
}

}  // namespace

class PackedContent {
 public:
  PackedContent(Packing packing, StoredBytes stored, const UnpackLimits& limits)
      : stored_(std::move(stored)),
        limits_(limits),
        unpacker_(unpacker_for(packing, limits)),
        packed_(stored_block_bytes),
        content_(content_block_bytes) {}

  // Some of what comes next, at least one byte; empty at the end. `take` says how much was used.
  tl::expected<std::string_view, std::string> peek() {
    while (content_begin_ == content_end_ && !at_end_) {
      if (fault_) return tl::make_unexpected(*fault_);
      unpack_some();
    }
    return std::string_view(content_.data() + content_begin_, content_end_ - content_begin_);
  }
  void take(std::size_t bytes) { content_begin_ += bytes; }

 private:
  void unpack_some() {
    if (packed_begin_ == packed_end_ && !may_hold_more_) {
      if (!fetch()) return;
      if (packed_end_ == 0) return end();
    }
    const Unpacker::Step step =
        unpacker_->unpack({packed_.data() + packed_begin_, packed_end_ - packed_begin_},
                          content_.data(), content_.size());
    packed_begin_ += step.consumed_bytes;
    unpacked_bytes_ += step.consumed_bytes;
    produced_bytes_ += step.produced_bytes;
    content_begin_ = 0;
    content_end_ = step.produced_bytes;
    may_hold_more_ = step.produced_bytes == content_.size();
    if (step.fault) {
      fault_ = fmt::format("{} (at byte {} of the file)", *step.fault, unpacked_bytes_);
    } else if (step.consumed_bytes == 0 && step.produced_bytes == 0 &&
               packed_begin_ != packed_end_) {
      fault_ = fmt::format("its {} data lead nowhere (at byte {} of the file)", unpacker_->what(),
                           unpacked_bytes_);
    } else if (produced_bytes_ > limits_.free_bytes &&
               (produced_bytes_ - limits_.free_bytes) / limits_.max_unpack_ratio >
                   unpacked_bytes_) {
      fault_ = fmt::format(
          "its first {} bytes unpack to {}: a ratio that no usage file has; see "
          "ingest.max_unpack_ratio",
          unpacked_bytes_, produced_bytes_);
    }
  }

  // False where reading failed.
  bool fetch() {
    const auto got = stored_(fetched_bytes_, packed_.data(), packed_.size());
    if (!got) {
      fault_ = got.error();
      return false;
    }
    fetched_bytes_ += *got;
    packed_begin_ = 0;
    packed_end_ = *got;
    return true;
  }

  void end() {
    if (unpacker_->may_end()) {
      at_end_ = true;
    } else if (fetched_bytes_ == 0) {
      fault_ = fmt::format("it is empty: not even a {} header stands in it", unpacker_->what());
    } else {
      fault_ = fmt::format(
          "its {} data are cut, or followed by something else: the file ends at byte {} in the "
          "middle of them; drop it whole",
          unpacker_->what(), fetched_bytes_);
    }
  }

  StoredBytes stored_;
  UnpackLimits limits_;
  std::unique_ptr<Unpacker> unpacker_;
  std::vector<char> packed_;  // [begin, end) is not unpacked yet
  std::size_t packed_begin_ = 0;
  std::size_t packed_end_ = 0;
  std::vector<char> content_;  // [begin, end) is not handed out yet
  std::size_t content_begin_ = 0;
  std::size_t content_end_ = 0;
  std::uint64_t fetched_bytes_ = 0;
  std::uint64_t unpacked_bytes_ = 0;  // stored bytes that the unpacker has consumed
  std::uint64_t produced_bytes_ = 0;
  bool may_hold_more_ = false;  // the unpacker filled its room: there may be more without input
  bool at_end_ = false;
  std::optional<std::string> fault_;
};

ContentReader::ContentReader(Packing packing, StoredBytes stored, UnpackLimits limits) {
  if (packing == Packing::none) {
    stored_ = std::move(stored);
  } else {
    packed_ = std::make_unique<PackedContent>(packing, std::move(stored), limits);
  }
}
ContentReader::~ContentReader() = default;
ContentReader::ContentReader(ContentReader&&) noexcept = default;

tl::expected<std::size_t, std::string> ContentReader::read(char* into, std::size_t size) {
  if (!packed_) {
    const auto got = stored_(offset_bytes_, into, size);
    if (!got) return got;
    offset_bytes_ += *got;
    at_end_ = *got < size;
    return got;
  }
  std::size_t done = 0;
  while (done < size) {
    const auto some = packed_->peek();
    if (!some && done == 0) return tl::unexpected(some.error());
    at_end_ = some && some->empty();
    if (!some || some->empty()) break;
    const std::size_t bytes = some->copy(into + done, size - done);
    packed_->take(bytes);
    done += bytes;
  }
  offset_bytes_ += done;
  return done;
}

tl::expected<void, std::string> ContentReader::skip_to(std::uint64_t offset_bytes) {
  if (!packed_) {
    offset_bytes_ = std::max(offset_bytes_, offset_bytes);
    return {};
  }
  while (offset_bytes_ < offset_bytes) {
    const auto some = packed_->peek();
    if (!some) return tl::unexpected(some.error());
    at_end_ = some->empty();
    if (at_end_) break;
    const auto bytes = std::min<std::uint64_t>(some->size(), offset_bytes - offset_bytes_);
    packed_->take(bytes);
    offset_bytes_ += bytes;
  }
  return {};
}

}  // namespace packwarden
