#pragma once

// What can be read of packed content, and where its fault is, does not depend on how it is asked
// for.
#include <cstdlib>
#include <string>

#include "mediation/content_reader.h"

namespace packwarden::testing {

struct Unpacked {
  std::string content;
  std::string fault;  // empty where it came to its end

  bool operator==(const Unpacked&) const = default;
};

inline Unpacked unpack(Packing packing, std::string_view stored, std::size_t step_bytes) {
  const UnpackLimits limits{
      .max_zstd_window_bytes = 1U << 20, .max_unpack_ratio = 20, .free_bytes = 1U << 16};
  ContentReader reader(
      packing,
      [stored](std::uint64_t offset, char* into,
               std::size_t size) -> tl::expected<std::size_t, std::string> {
        return stored.substr(std::min<std::size_t>(offset, stored.size())).copy(into, size);
      },
      limits);
  Unpacked result;
  std::string buffer(step_bytes, '\0');
  for (;;) {
    const auto got = reader.read(buffer.data(), buffer.size());
    if (!got) {
      if (reader.at_end()) std::abort();
      result.fault = got.error();
      const auto again = reader.read(buffer.data(), buffer.size());
      if (again || again.error() != result.fault) std::abort();
      return result;
    }
    result.content.append(buffer, 0, *got);
    if (reader.offset_bytes() != result.content.size()) std::abort();
    if (reader.at_end()) return result;
    if (*got == 0) std::abort();
  }
}

inline void fuzz_packed(Packing packing, const std::uint8_t* data, std::size_t size) {
  if (size < 1) return;
  const std::string_view stored(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Unpacked whole = unpack(packing, stored, 1 << 16);
  if (!(unpack(packing, stored, 1 + data[0] * std::size_t{37}) == whole)) std::abort();
}

}  // namespace packwarden::testing
