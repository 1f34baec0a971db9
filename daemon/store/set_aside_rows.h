#pragma once

#include <vector>

#include "store/session.h"
#include "usecases/job_port.h"

namespace packwarden {

// Accounts that jobs have set aside; `condition` is SQL over the columns of the table, with its
// order and limit where it has one.
std::vector<SetAside> read_set_aside(Session& session, const std::string& condition);

}  // namespace packwarden
