#pragma once

#include <string>
#include <string_view>

namespace email {

constexpr std::size_t kAddressBytesMax = 254;  // RFC 5321, 4.5.3.1.3, without the angle brackets

// Why mail cannot be sent to (or from) `address`, as words that follow "the address"; empty if it
// can. What passes has no character that could end a command or a header, so this comes before
// anything else sees an address. Pure.
std::string fault_of_address(std::string_view address);

// The part after the @ of an address without fault.
std::string_view domain_of(std::string_view address);

// Whether `name` is a host name in ASCII; a single label is one. Pure.
bool is_host_name(std::string_view name);

}  // namespace email
