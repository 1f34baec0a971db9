#pragma once

namespace packwarden {

// What was built. Set when the build is configured.
struct BuildInfo {
  const char* version;
  const char* commit;  // short; "unknown" where it was not built from a repository
  const char* compiler;
};
const BuildInfo& build_info();

}  // namespace packwarden
