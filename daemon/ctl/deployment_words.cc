#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iterator>

#include "ctl/change.h"
#include "ctl/desk.h"
#include "domain/shown_text.h"
#include "usecases/deployment.h"

namespace packwarden {
namespace {

constexpr std::uint32_t ahead_shown_max = 100;  // packs, and services
constexpr std::string_view ledger_time = "ledger-time";

struct DeploymentWords {
  DeploymentOrder order;
  std::int64_t older = 0;
  std::string request_id;
  bool history = false;
  bool yes = false;
};

// Says what a change will mean; ends the command unless --yes is given.
void confirm(Desk& desk, const std::vector<std::string>& sentences, bool yes) {
  if (!desk.json) {
    for (const std::string& sentence : sentences) desk.out() << sentence << '\n';
  }
  if (yes) return;
  desk.out().flush();
  std::string means;
  if (desk.json) {
    for (const std::string& sentence : sentences) means += sentence + ' ';
  }
  throw Refused({"not_confirmed", means + "Nothing was changed. If this is what you want, run it "
                                          "again with --yes."});
}

// Of what stands in the ledger as a whole, not under a name.
void print_done(Desk& desk, const std::vector<std::string>& means, const RequestDone& request,
                const std::string& sentence) {
  if (desk.json) {
    return desk.print(boost::json::object{{"means", boost::json::value_from(means)},
                                          {"request_id", request.request_id},
                                          {"repeated", request.done.repeated}});
  }
  desk.out() << (request.done.repeated ? "This request was done before.\n" : sentence);
}

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
  if (!words.request_id.empty()) {
    throw Refused({"takes_no_request_id",
                   "--request-id is for ledger-time alone: to set a value that is set already "
                   "changes nothing."});
  }
  DeploymentStore& store = desk.context().deployment();
  const LedgerMeaning wanted = desk.context().meaning();
  DeploymentOrder order = words.order;
  order.as_of = desk.as_of;
  const auto plan = plan_change(store, wanted, order);
  if (!plan) throw Refused(plan.error());
  confirm(desk, *plan, words.yes);
  const auto done = change_deployment(store, wanted, order);
  if (!done) throw Refused(done.error());
  if (desk.json) {
    return desk.print(boost::json::object{{"name", words.order.name},
                                          {"value", words.order.value},
                                          {"means", boost::json::value_from(*plan)}});
  }
  const bool is_list = words.order.name == "products" || words.order.name == "postpaid-prices";
  desk.out() << (is_list
                     ? fmt::format("The ledger has the {} of this host's catalogue",
                                   words.order.name)
                     : fmt::format("{} of the ledger is {}", words.order.name, words.order.value))
             << " from now on. Start the daemons again.\n";
}

// The only step back that ledger time can take.
void set_ledger_time(Desk& desk, const DeploymentWords& words) {
  if (!words.order.value.empty()) {
    throw Refused({"takes_no_value",
                   "ledger-time takes no value: the ledger goes on by the database's clock. Set "
                   "that clock right first."});
  }
  if (desk.context().allow_as_of()) {
    throw Refused({"as_of_allowed",
                   "Under allow_as_of: true the ledger goes by the instants it is given, and its "
                   "time is not set back."});
  }
  Ledger& ledger = desk.context().ledger_by_clock();
  const LedgerHead head = ledger.head();
  const Instant clock = ledger.database_now();
  std::vector<std::string> means;
  if (clock < head.instant) {
    means = sentences_of(desk.context().deployment().dated_ahead(clock, ahead_shown_max), head,
                         clock, desk.context().catalogue().currency);
    confirm(desk, means, words.yes);
  }
  const RequestDone done = run_request(
      desk, words.request_id, [&](const std::string& id) { return accept_clock(ledger, id); });
  print_done(desk, means, done,
             "The ledger goes on by the database's clock. Daemons go on by themselves.\n");
}

void accept_older_ledger(Desk& desk, const DeploymentWords& words) {
  Ledger& ledger = desk.context().ledger_as_it_is();
  const LedgerHead head = ledger.head();
  const auto named = static_cast<Sequence>(words.older);
  std::vector<std::string> means;
  if (head.sequence == named) {
    means = {fmt::format("The database is at ledger transaction {}, of {}. It goes on from there, "
                         "and every daemon and every packctl loads all again.",
                         head.sequence, to_rfc3339(head.instant)),
             "What was committed after it on another server counts no more. Usage files that were "
             "taken since then have to be dropped again, and commands have to be given again; "
             "docs/OPERATIONS.md says how to find them."};
  }
  if (head.sequence != named && !words.yes) {
    throw Refused(moved_on(head.sequence, named));
  }
  confirm(desk, means, words.yes);
  const auto accept = [&](const std::string& id) {
    return accept_older(ledger, named, desk.as_of, id);
  };
  const RequestDone done = run_request_on(ledger, desk, words.request_id, accept);
  print_done(desk, means, done,
             fmt::format("The ledger goes on from transaction {}. Daemons load all again by "
                         "themselves.\n",
                         words.older));
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
                   "currency, business-time-zone, products, postpaid-prices or ledger-time")
      ->type_name("NAME")
      ->required();
  setting
      ->add_option("value", words->order.value,
                   "what the settings say; of products and postpaid-prices the names of the "
                   "products, with commas; of ledger-time none: the database's clock")
      ->type_name("VALUE");
  setting->add_flag("--yes", words->yes, "do it; without it nothing is changed");
  add_request_word(*setting, words->request_id);
  setting->final_callback([&chosen, words] {
    chosen = [words](Desk& desk) {
      words->order.name == ledger_time ? set_ledger_time(desk, *words) : set(desk, *words);
    };
  });

  CLI::App* accepting = group->add_subcommand("accept-older",
                                              "go on with a database that was restored, or took "
                                              "over and lagged; says first what that means");
  accepting->add_option("sequence", words->older, "the ledger transaction that the database is at")
      ->type_name("SEQ")
      ->check(CLI::NonNegativeNumber)
      ->required();
  accepting->add_flag("--yes", words->yes, "do it; without it nothing is changed");
  add_request_word(*accepting, words->request_id);
  accepting->final_callback(
      [&chosen, words] { chosen = [words](Desk& desk) { accept_older_ledger(desk, *words); }; });
}

}  // namespace packwarden
