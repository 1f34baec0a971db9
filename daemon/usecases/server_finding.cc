#include "usecases/server_finding.h"

namespace packwarden {

const char* name_of(ServerFault fault) {
  switch (fault) {
    case ServerFault::unusable:
      return "unusable";
    case ServerFault::unsafe:
      return "unsafe";
    case ServerFault::unwise:
      break;
  }
  return "unwise";
}

}  // namespace packwarden
