#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iterator>

#include "ctl/desk.h"
#include "domain/shown_text.h"
#include "usecases/deployment.h"

namespace packwarden {
namespace {

struct DeploymentWords {
  DeploymentOrder order;
  bool history = false;
  bool yes = false;
};

// Values of several lines on one.
std::string shown_value(const StoredValue& stored) {
  std::string text;
  for (const char c : stored.value) text += c == '\n' ? "; " : std::string(1, c);
  if (text.ends_with("; ")) text.resize(text.size() - 2);
  return text.empty() ? "-" : text;
}

void show(Desk& desk, const DeploymentWords& words) {
  DeploymentStore& store = desk.context().deployment();
  const auto values = words.history ? store.history() : store.newest();
  if (desk.json) {
    boost::json::array rows;
    for (const StoredValue& stored : values) {
      rows.push_back(boost::json::object{{"name", stored.name},
                                         {"value", shown_value(stored)},
                                         {"since", to_rfc3339(stored.recorded_at)},
                                         {"sequence", stored.sequence},
                                         {"recorded_by", stored.recorded_by}});
    }
    return desk.print(rows);
  }
  if (values.empty()) {
    desk.out() << "The ledger has no settings yet: it takes those of the first start.\n";
    return;
  }
  Table table({{"name"}, {"value"}, {"since"}, {"ledger", true}, {"by"}});
  for (const StoredValue& stored : values) {
    table.add({stored.name, shown_value(stored), shown_time(stored.recorded_at),
               std::to_string(stored.sequence), stored.recorded_by});
  }
  table.print(desk.out());
}

void set(Desk& desk, const DeploymentWords& words) {
  DeploymentStore& store = desk.context().deployment();
  const LedgerMeaning wanted = desk.context().meaning();
  DeploymentOrder order = words.order;
  order.as_of = desk.as_of;
  const auto plan = plan_change(store, wanted, order);
  if (!plan) throw Refused(plan.error());
  if (!desk.json) {
    for (const std::string& sentence : *plan) desk.out() << sentence << '\n';
  }
  if (!words.yes) {
    desk.out().flush();
    std::string means;
    if (desk.json) {
      for (const std::string& sentence : *plan) means += sentence + ' ';
    }
    throw Refused({"not_confirmed", means + "Nothing was changed. If this is what you want, run it "
                                            "again with --yes."});
  }
  const auto done = change_deployment(store, wanted, order);
  if (!done) throw Refused(done.error());
  if (desk.json) {
    return desk.print(boost::json::object{{"name", words.order.name},
                                          {"value", words.order.value},
                                          {"means", boost::json::value_from(*plan)}});
  }
  desk.out() << words.order.name << " of the ledger is " << words.order.value
             << " from now on. Start the daemons again.\n";
}

}  // namespace

void add_deployment_words(CLI::App& app, Action& chosen) {
  CLI::App* group = add_group(app, "deployment", "what gives the ledger its meaning");
  const auto words = std::make_shared<DeploymentWords>();
  CLI::App* showing = group->add_subcommand(
      "show", "currency, zone, products, prices and windows of the ledger, and since when");
  showing->add_flag("--history", words->history, "each value that ever was, the latest first");
  showing->final_callback(
      [&chosen, words] { chosen = [words](Desk& desk) { show(desk, *words); }; });

  CLI::App* setting = group->add_subcommand(
      "set",
      "give the ledger another meaning, as the settings have it; says first what that means");
  setting
      ->add_option("name", words->order.name,
                   "currency, business-time-zone, products or postpaid-prices")
      ->type_name("NAME")
      ->required();
  setting
      ->add_option("value", words->order.value,
                   "what the settings say; of products and postpaid-prices the names of the "
                   "products, with commas")
      ->type_name("VALUE")
      ->required();
  setting->add_flag("--yes", words->yes, "do it; without it nothing is changed");
  setting->final_callback(
      [&chosen, words] { chosen = [words](Desk& desk) { set(desk, *words); }; });
}

}  // namespace packwarden
