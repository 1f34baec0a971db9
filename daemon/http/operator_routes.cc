#include "http/operator_routes.h"

namespace packwarden {
namespace {

Answer answer(const OperatorPort::Standing& standing, std::string_view well, std::string& body) {
  Answer answer;
  answer.content_type = "text/plain; charset=utf-8";
  if (standing.faults.empty()) {
    body.append(well);
  } else {
    answer.status = 503;
    body.append("not ").append(well);
  }
  body.push_back('\n');
  for (const auto* lines : {&standing.faults, &standing.remarks}) {
    for (const std::string& line : *lines) body.append(line).push_back('\n');
  }
  return answer;
}

}  // namespace

void add_operator_routes(Router& router, const OperatorPort& port, std::optional<Access> metrics) {
  router.add("/-/healthy", Access::open, [&port](const RouteCall&, std::string& body) {
    return answer(port.health(), "healthy", body);
  });
  router.add("/-/ready", Access::open, [&port](const RouteCall&, std::string& body) {
    return answer(port.readiness(), "ready", body);
  });
  if (!metrics) return;
  router.add("/metrics", *metrics, [&port](const RouteCall&, std::string& body) {
    port.append_metrics(body);
    Answer answer;
    answer.content_type = "text/plain; version=0.0.4; charset=utf-8";
    return answer;
  });
}

}  // namespace packwarden
