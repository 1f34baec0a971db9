#include "support/places.h"

namespace packwarden {

std::string source_dir() {
  return PACKWARDEN_SOURCE_DIR;
}

std::string binary_dir() {
  return PACKWARDEN_BINARY_DIR;
}

}  // namespace packwarden
