#include "dedupe/hash_both.h"

#if defined(__x86_64__)

// From here on for processors with AVX2, so nothing that other files share as inline functions may
// be included below. What highwayhash has inline stands in a namespace of its own for each
// instruction set. Its library hashes one input a call; inlined, two inputs overlap in the
// processor.
#pragma GCC push_options
#pragma GCC target("avx2")
#define HH_TARGET_NAME AVX2
#include <highwayhash/highwayhash.h>

namespace packwarden {
namespace {

using State = highwayhash::AVX2::HHStateAVX2;

RecordKey hash_both(const std::array<std::uint64_t, 4>& secret, const char* identity,
                    std::size_t identity_bytes, const ContentPacket& content) {
  const highwayhash::HHKey& lanes = reinterpret_cast<const highwayhash::HHKey&>(secret);
  State content_state(lanes);
  content_state.Update(reinterpret_cast<const highwayhash::HHPacket&>(content));
  highwayhash::HHResult64 content_hash;
  content_state.Finalize(&content_hash);

  State identity_state(lanes);
  for (const char* end = identity + identity_bytes; identity != end;) {
    identity_state.Update(*reinterpret_cast<const highwayhash::HHPacket*>(identity));
    identity += sizeof(highwayhash::HHPacket);
  }
  highwayhash::HHResult128 identity_hash;
  identity_state.Finalize(&identity_hash);
  return {identity_hash[0], static_cast<std::uint32_t>(identity_hash[1]),
          static_cast<std::uint32_t>(content_hash)};
}

}  // namespace
}  // namespace packwarden
#pragma GCC pop_options

namespace packwarden {

HashBoth hash_both_with_avx2() {
  return __builtin_cpu_supports("avx2") ? &hash_both : nullptr;
}

}  // namespace packwarden

#else

namespace packwarden {

HashBoth hash_both_with_avx2() {
  return nullptr;
}

}  // namespace packwarden

#endif
