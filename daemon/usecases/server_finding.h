#pragma once

#include <string>

namespace packwarden {

// What a wrong setting of the database's server means for us.
enum class ServerFault {
  unusable,  // we cannot work with it
  unsafe,    // what was committed, and told to a producer, can be lost
  unwise,    // all works, but a person should know: slow, without a way back, or it tells too much
};

// One setting of the server that is not as we need it.
struct ServerFinding {
  ServerFault fault{};
  std::string setting;  // as the server calls it
  std::string value;    // as it is
  std::string wanted;
  std::string message;  // what follows from it and what to do; sentences, the setting named
};

// "unusable", "unsafe", "unwise"
const char* name_of(ServerFault fault);

}  // namespace packwarden
