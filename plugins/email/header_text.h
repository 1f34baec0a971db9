#pragma once

#include <string>
#include <string_view>

namespace email {

// One piece of base64, without line ends.
std::string base64(std::string_view bytes);

// `text` as the value of a header that is free text, folded: as it is where it is short and plain
// ASCII, else as encoded words of RFC 2047, none of which cuts a character in two. Control
// characters become spaces. `column` letters stand before it on its line. Pure.
std::string unstructured(std::string_view text, std::size_t column);

// `name <address>` for From; the address alone in angle brackets if there is no name. Pure.
std::string mailbox(std::string_view name, std::string_view address);

}  // namespace email
