#pragma once

#include <boost/json.hpp>
#include <optional>
#include <vector>

#include "usecases/situation.h"

// The situation for programs; the words of packctl that show a part of it use these too.
namespace packwarden {

boost::json::value time_or_null(const std::optional<Instant>& at);

boost::json::object json_of(const SpoolState& spool);
boost::json::object json_of(const ChannelRow& channel);
boost::json::object json_of(const JobRow& job, std::int64_t behind_s);
boost::json::object json_of(const SetAside& account);
boost::json::object json_of(const Situation& situation, const std::vector<Finding>& findings,
                            const SituationLimits& limits);

// How the process of a channel fares, for people and programs.
std::string shown_state(const ChannelRow& channel);

}  // namespace packwarden
