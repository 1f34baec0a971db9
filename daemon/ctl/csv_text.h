#pragma once

#include <initializer_list>
#include <string>

namespace packwarden {

// One line of RFC 4180 with its CR LF: what holds a comma, a quotation mark or a line break is
// quoted.
std::string csv_line(std::initializer_list<std::string> values);

}  // namespace packwarden
