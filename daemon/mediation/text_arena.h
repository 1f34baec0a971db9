#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace packwarden {

// Keeps texts until clear(), and their memory for the next ones. Not thread-safe.
class TextArena {
 public:
  std::string_view keep(std::string_view text) {
    if (text.empty()) return {};
    if (text.size() > left_) next_chunk(text.size());
    char* const at = chunks_[chunk_].bytes.get() + chunks_[chunk_].size - left_;
    std::memcpy(at, text.data(), text.size());
    left_ -= text.size();
    return {at, text.size()};
  }
  void clear() {
    chunk_ = 0;
    left_ = chunks_.empty() ? 0 : chunks_.front().size;
  }

 private:
  static constexpr std::size_t chunk_bytes = 256 << 10;
  struct Chunk {
    std::unique_ptr<char[]> bytes;
    std::size_t size;
  };

  void next_chunk(std::size_t wanted) {
    if (!chunks_.empty()) ++chunk_;
    if (chunk_ < chunks_.size() && chunks_[chunk_].size < wanted) chunks_.resize(chunk_);
    if (chunk_ == chunks_.size()) {
      const std::size_t size = std::max(chunk_bytes, wanted);
      chunks_.push_back({std::make_unique<char[]>(size), size});
    }
    left_ = chunks_[chunk_].size;
  }

  std::vector<Chunk> chunks_;
  std::size_t chunk_ = 0;  // that is being filled
  std::size_t left_ = 0;   // bytes of it
};

}  // namespace packwarden
