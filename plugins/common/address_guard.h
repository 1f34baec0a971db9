#pragma once

#include <sys/socket.h>

namespace pw_plugin {

// Whether an address is for the public internet: not private, shared, loopback, link-local,
// multicast, reserved or for documentation, and no such IPv4 address inside an IPv6 one. Pure.
bool is_public_address(const sockaddr& address);

}  // namespace pw_plugin
