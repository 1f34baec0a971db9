#pragma once

#include "ctl/backend.h"

namespace packwarden {

// packctl on the settings and the database of this host.
class PackctlBackend : public Backend {
 public:
  ConfigCheck check_config(const std::string& path) override;
  std::unique_ptr<Context> open(const std::string& path) override;
};

// What packctl's main calls. Returns the exit status.
int packctl_main(int argc, char** argv);

}  // namespace packwarden
