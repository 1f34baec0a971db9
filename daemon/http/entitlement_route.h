#pragma once

#include "http/router.h"
#include "usecases/entitlement_port.h"

namespace packwarden {

// GET /v1/entitlements/{account}/{product}, as docs/ENTITLEMENTS.md says. `entitlements` must
// outlive the router.
void add_entitlement_route(Router& router, const Entitlements& entitlements);

}  // namespace packwarden
