#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace packwarden {

// One line that shows `text` as it is, whatever it holds: control characters, marks that turn the
// direction of writing, and bytes that are no UTF-8 become \xNN. Cut to about `bytes_max`, which is
// then said.
std::string shown_text(std::string_view text, std::size_t bytes_max);

}  // namespace packwarden
