#pragma once

#include <map>
#include <string>
#include <vector>

#include "store/session.h"
#include "usecases/server_finding.h"

namespace packwarden {

// Global settings of the server by name, as SHOW GLOBAL VARIABLES has them; those that a server
// does not know are left out.
using ServerSettings = std::map<std::string, std::string>;

// The settings that judge_server_settings looks at. Connects the session where it is not. Needs no
// right of its own. Throws DatabaseError.
ServerSettings read_server_settings(Session& session);

// What is not as we need it (law 11), the worst first; empty where all is well. Pure.
std::vector<ServerFinding> judge_server_settings(const ServerSettings& settings);

}  // namespace packwarden
