#include "address_guard.h"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace pw_plugin {
namespace {

struct Block4 {
  std::uint32_t first;
  unsigned bits;
};

constexpr std::uint32_t ip(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
  return a << 24 | b << 16 | c << 8 | d;
}

// IANA's registry of special-purpose IPv4 addresses.
constexpr std::array kSpecial4 = {
    Block4{ip(0, 0, 0, 0), 8},      Block4{ip(10, 0, 0, 0), 8},     Block4{ip(100, 64, 0, 0), 10},
    Block4{ip(127, 0, 0, 0), 8},    Block4{ip(169, 254, 0, 0), 16}, Block4{ip(172, 16, 0, 0), 12},
    Block4{ip(192, 0, 0, 0), 24},   Block4{ip(192, 0, 2, 0), 24},   Block4{ip(192, 88, 99, 0), 24},
    Block4{ip(192, 168, 0, 0), 16}, Block4{ip(198, 18, 0, 0), 15},  Block4{ip(198, 51, 100, 0), 24},
    Block4{ip(203, 0, 113, 0), 24}, Block4{ip(224, 0, 0, 0), 4},    Block4{ip(240, 0, 0, 0), 4},
};

bool is_public4(std::uint32_t address) {
  return std::none_of(kSpecial4.begin(), kSpecial4.end(), [&](const Block4& block) {
    return (address >> (32 - block.bits)) == (block.first >> (32 - block.bits));
  });
}

std::uint32_t word_at(const in6_addr& address, std::size_t offset) {
  return ip(address.s6_addr[offset], address.s6_addr[offset + 1], address.s6_addr[offset + 2],
            address.s6_addr[offset + 3]);
}

// Of IPv6 only global unicast (2000::/3) is public, less what IANA set aside in it.
bool is_public6(const in6_addr& address) {
  const std::uint32_t first = word_at(address, 0);
  if (IN6_IS_ADDR_V4MAPPED(&address)) return is_public4(word_at(address, 12));
  if (first == 0x0064FF9B && word_at(address, 4) == 0 && word_at(address, 8) == 0) {
    return is_public4(word_at(address, 12));  // 64:ff9b::/96, translated to IPv4
  }
  if (first >> 29 != 1) return false;
  if (first >> 16 == 0x2002) return is_public4(word_at(address, 2));  // 6to4
  if (first >> 9 == 0x20010000U >> 9) return false;                   // 2001::/23, Teredo
  return first != 0x20010DB8 && first >> 12 != 0x3FFF0000U >> 12;     // documentation
}

}  // namespace

bool is_public_address(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, &address, sizeof v4);
    return is_public4(ntohl(v4.sin_addr.s_addr));
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 v6;
    std::memcpy(&v6, &address, sizeof v6);
    return is_public6(v6.sin6_addr);
  }
  return false;
}

}  // namespace pw_plugin
