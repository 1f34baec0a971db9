#pragma once

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "ctl/pace_meter.h"
#include "ctl/status_screen.h"

// One frame of `packctl top`. Pure.
namespace packwarden {

// At most paper.lines lines, none wider than paper.columns.
std::vector<std::string> top_screen(const Situation& situation, const PaceMeter& meter,
                                    const SituationLimits& limits, const Paper& paper);

// For programs: the situation, with rates and backlog.
boost::json::object top_json(const Situation& situation, const PaceMeter& meter,
                             const SituationLimits& limits);

}  // namespace packwarden
