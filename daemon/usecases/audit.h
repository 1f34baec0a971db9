#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace packwarden {

// One thing that must hold of every ledger (docs/AUDIT.md), and where it does not.
struct AuditCheck {
  std::string name;
  std::string rule;
  std::int64_t looked_at = 0;  // rows that it is about
  std::int64_t breaks = 0;
  std::vector<std::string> shown;  // the first of them, a sentence each
};

}  // namespace packwarden
