#pragma once

#include "http/http_tally.h"
#include "http/router.h"
#include "usecases/entitlement_port.h"

namespace packwarden {

// GET /v1/entitlements/{account}/{product}, as docs/ENTITLEMENTS.md says. Answers are
// counted in `tally`. Both must outlive the router.
void add_entitlement_route(Router& router, const Entitlements& entitlements, HttpTally& tally);

}  // namespace packwarden
