#include <CLI/CLI.hpp>
#include <algorithm>

#include "ctl/desk.h"

namespace packwarden {
namespace {

boost::json::array json_of(const std::vector<ServerFinding>& findings) {
  boost::json::array rows;
  for (const ServerFinding& finding : findings) {
    rows.push_back(boost::json::object{{"fault", name_of(finding.fault)},
                                       {"setting", finding.setting},
                                       {"value", finding.value},
                                       {"wanted", finding.wanted},
                                       {"message", finding.message}});
  }
  return rows;
}

void check(Desk& desk) {
  const std::vector<ServerFinding> findings = desk.context().check_server();
  if (desk.json) {
    desk.print(json_of(findings));
  } else if (findings.empty()) {
    desk.out() << "The server's settings are as they should be.\n";
  } else {
    for (const ServerFinding& finding : findings) {
      desk.out() << name_of(finding.fault) << ": " << finding.message << '\n';
    }
  }
  if (std::any_of(findings.begin(), findings.end(), [](const ServerFinding& finding) {
        return finding.fault != ServerFault::unwise;
      })) {
    throw Refused({"server_settings",
                   "Mend what is unusable or unsafe in the server's own settings: the daemon does "
                   "not start before that (what is unsafe: unless database.unsafe_server is "
                   "warn)."});
  }
}

}  // namespace

void add_database_words(CLI::App& app, Action& chosen) {
  CLI::App* database = add_group(app, "database", "the database's server");
  database
      ->add_subcommand("check",
                       "list each setting of the server that is not as the daemon needs it")
      ->final_callback([&chosen] { chosen = check; });
}

}  // namespace packwarden
