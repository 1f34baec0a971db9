#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace packwarden {

// The known word that was probably meant: the one that is the fewest inserted, deleted and
// replaced bytes away, the first of several. None where all are more than half the word (at least
// 2) away.
std::optional<std::string> nearest_word(std::string_view word,
                                        const std::vector<std::string>& known);

}  // namespace packwarden
