#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace packwarden {

struct ListenAddress {
  std::string ip;  // without brackets
  std::uint16_t port = 0;
  bool is_loopback = false;
};

// "127.0.0.1:8470" or "[::1]:8470": an IP address and a port, 0 for any free one. The error says
// what to give. Pure; thread-safe.
tl::expected<ListenAddress, std::string> parse_listen_address(std::string_view text);

}  // namespace packwarden
