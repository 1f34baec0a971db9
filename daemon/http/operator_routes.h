#pragma once

#include <optional>

#include "http/operator_port.h"
#include "http/router.h"

namespace packwarden {

// GET /-/healthy, /-/ready and, where metrics have an access, /metrics. `port` must outlive the
// router.
void add_operator_routes(Router& router, const OperatorPort& port, std::optional<Access> metrics);

}  // namespace packwarden
