#pragma once

#include <string>

namespace packwarden {

// The top of the checkout that these tests were built from, without a slash at its end.
std::string source_dir();

// The folder of the build that these tests belong to, without a slash at its end.
std::string binary_dir();

}  // namespace packwarden
