#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include <simdjson.h>

namespace packwarden {

// Finds the bytes that can matter in a CSV line, 64 at a time: comma, quote, and every byte up to
// CR (NUL, LF and CR, and a few control characters that are ordinary text). Not thread-safe.
class SpecialBytes {
 public:
  SpecialBytes(const char* begin, const char* end) : end_(end) { seek(begin); }

  // Goes on from `at`, which may lie anywhere up to the end.
  void seek(const char* at) {
    chunk_ = at;
    mask_ = mask_at(at);
  }

  // The next special byte, which is passed, or the end.
  const char* next() {
    while (mask_ == 0) {
      if (end_ - chunk_ <= chunk_bytes) return end_;
      seek(chunk_ + chunk_bytes);
    }
    const char* const found = chunk_ + __builtin_ctzll(mask_);
    mask_ &= mask_ - 1;
    return found;
  }

 private:
  static constexpr std::ptrdiff_t chunk_bytes = 64;

  std::uint64_t mask_at(const char* at) const {
    if (end_ - at >= chunk_bytes) return mask_of(at);
    char padded[chunk_bytes];
    std::memset(padded, 'x', sizeof padded);
    if (at != end_) std::memcpy(padded, at, static_cast<std::size_t>(end_ - at));
    return mask_of(padded);
  }

#if defined(__SSE2__)
  static std::uint64_t mask_of_16(const char* at) {
    const __m128i text = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(text, _mm_set1_epi8('\r')), text);
    const __m128i comma = _mm_cmpeq_epi8(text, _mm_set1_epi8(','));
    const __m128i quote = _mm_cmpeq_epi8(text, _mm_set1_epi8('"'));
    const int mask = _mm_movemask_epi8(_mm_or_si128(low, _mm_or_si128(comma, quote)));
    return static_cast<std::uint64_t>(static_cast<unsigned>(mask));
  }
  static std::uint64_t mask_of(const char* at) {
    return mask_of_16(at) | mask_of_16(at + 16) << 16 | mask_of_16(at + 32) << 32 |
           mask_of_16(at + 48) << 48;
  }
#else
  static std::uint64_t mask_of(const char* at) {
    std::uint64_t mask = 0;
    for (unsigned i = 0; i < chunk_bytes; ++i) {
      const auto byte = static_cast<unsigned char>(at[i]);
      const bool special = byte <= '\r' || byte == ',' || byte == '"';
      mask |= static_cast<std::uint64_t>(special) << i;
    }
    return mask;
  }
#endif

  const char* end_;
  const char* chunk_ = nullptr;
  std::uint64_t mask_ = 0;
};

// Whether records are UTF-8. Looks at many lines at once, and at single records only where those
// did not pass. Records are asked for in ascending order. Not thread-safe.
class Utf8Check {
 public:
  Utf8Check(const char* begin, const char* end)
      : end_(end), examined_until_(begin), clean_until_(begin) {}

  bool holds(const char* from, const char* to) {
    if (to <= clean_until_) return true;
    if (from >= examined_until_) examine(from);
    return to <= clean_until_ || simdjson::validate_utf8(from, static_cast<std::size_t>(to - from));
  }

 private:
  static constexpr std::ptrdiff_t window_bytes =
      32 * 1024;  // stays in the first cache for the decoding

  void examine(const char* from) {
    const auto size = static_cast<std::size_t>(std::min(end_ - from, window_bytes));
    const std::size_t newline = std::string_view(from, size).rfind('\n');
    examined_until_ = from + size;
    if (newline == std::string_view::npos) return;
    examined_until_ = from + newline + 1;
    if (simdjson::validate_utf8(from, newline + 1)) clean_until_ = examined_until_;
  }

  const char* end_;
  const char* examined_until_;
  const char* clean_until_;
};

}  // namespace packwarden
