#include "app/build_info.h"

namespace packwarden {

const BuildInfo& build_info() {
  static constexpr BuildInfo info{PACKWARDEN_VERSION, PACKWARDEN_COMMIT, PACKWARDEN_COMPILER};
  return info;
}

}  // namespace packwarden
