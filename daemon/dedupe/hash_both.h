#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "dedupe/dedupe_index.h"

namespace packwarden {

// The content of a record as it is hashed: four little-endian numbers, one packet of HighwayHash.
using ContentPacket = std::array<std::uint64_t, 4>;

// One identity and one content under the same secret. `identity` is whole packets of 32 bytes.
using HashBoth = RecordKey (*)(const std::array<std::uint64_t, 4>& secret, const char* identity,
                               std::size_t identity_bytes, const ContentPacket& content);

// Null where the processor, or the platform, has no AVX2.
HashBoth hash_both_with_avx2();

}  // namespace packwarden
