#include "dedupe/key_hasher.h"

#include <highwayhash/highwayhash_target.h>
#include <highwayhash/instruction_sets.h>

#include <bit>
#include <cstring>
#include <stdexcept>

#include "domain/limits.h"

namespace packwarden {
namespace {

constexpr std::size_t packet_bytes =
    32;  // HighwayHash takes this at a time, and is slower where the last is not whole
constexpr std::size_t prefix_bytes = 2;
constexpr std::size_t identity_buffer_bytes =
    (prefix_bytes + max_source_bytes + max_id_bytes + packet_bytes - 1) / packet_bytes *
    packet_bytes;
// First byte of an encoded content, where an encoded identity has the length of its source.
constexpr std::uint8_t content_mark = 0xFF;
static_assert(max_source_bytes < content_mark && max_id_bytes < 256);

std::uint64_t get_little_endian(const std::uint8_t* from) {
  std::uint64_t value = 0;
  for (int i = 7; i >= 0; --i) value = value << 8 | from[i];
  return value;
}

// By the library, for processors without AVX2.
template <highwayhash::TargetBits target>
RecordKey hash_both(const std::array<std::uint64_t, 4>& secret, const char* identity,
                    std::size_t identity_bytes, const ContentPacket& content) {
  static_assert(std::endian::native == std::endian::little);  // content is hashed as it stands
  const highwayhash::HHKey lanes = {secret[0], secret[1], secret[2], secret[3]};
  highwayhash::HHResult128 identity_hash;
  highwayhash::HHResult64 content_hash;
  const highwayhash::HighwayHash<target> hash;
  hash(lanes, identity, identity_bytes, &identity_hash);
  hash(lanes, reinterpret_cast<const char*>(content.data()), sizeof content, &content_hash);
  return {identity_hash[0], static_cast<std::uint32_t>(identity_hash[1]),
          static_cast<std::uint32_t>(content_hash)};
}

HashBoth fastest() {
  if (const HashBoth avx2 = hash_both_with_avx2()) return avx2;
#if HH_ARCH_X64
  if ((highwayhash::InstructionSets::Supported() & HH_TARGET_SSE41) != 0) {
    return &hash_both<HH_TARGET_SSE41>;
  }
#endif
  return &hash_both<HH_TARGET_Portable>;
}

// Length of source, length of id, source, id, zeros up to a whole packet. Returns the length.
std::size_t encode(std::string_view source, std::string_view id,
                   char (&buffer)[identity_buffer_bytes]) {
  const std::size_t bytes = prefix_bytes + source.size() + id.size();
  const std::size_t padded = (bytes + packet_bytes - 1) / packet_bytes * packet_bytes;
  std::memset(buffer + padded - packet_bytes, 0, packet_bytes);
  buffer[0] = static_cast<char>(source.size());
  buffer[1] = static_cast<char>(id.size());
  if (!source.empty()) std::memcpy(buffer + prefix_bytes, source.data(), source.size());
  if (!id.empty()) std::memcpy(buffer + prefix_bytes + source.size(), id.data(), id.size());
  return padded;
}

ContentPacket encode(const RecordContent& content) {
  return {content_mark, std::uint64_t{value_of(content.meter)} << 32 | value_of(content.account),
          static_cast<std::uint64_t>(content.time.nanos),
          static_cast<std::uint64_t>(content.quantity)};
}

}  // namespace

KeyHasher::KeyHasher(const Secret& secret) : hash_both_(fastest()) {
  for (std::size_t i = 0; i < 4; ++i) secret_[i] = get_little_endian(secret.data() + 8 * i);
}

RecordKey KeyHasher::key_of(std::string_view source, std::string_view id,
                            const RecordContent& content) const {
  if (source.size() > max_source_bytes || id.size() > max_id_bytes) {
    throw std::length_error("KeyHasher: source or id longer than a usage record may have");
  }
  alignas(packet_bytes) char identity[identity_buffer_bytes];
  const std::size_t identity_bytes = encode(source, id, identity);
  return hash_both_(secret_, identity, identity_bytes, encode(content));
}

}  // namespace packwarden
