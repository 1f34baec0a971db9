#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "ctl/change.h"
#include "ctl/charge_json.h"
#include "ctl/desk.h"
#include "ctl/progress.h"
#include "ctl/situation_json.h"
#include "domain/held_sum.h"
#include "domain/money.h"
#include "usecases/billing_jobs.h"
#include "usecases/entitlements.h"
#include "usecases/postpaid_commands.h"

namespace packwarden {
namespace {

struct ServiceWords {
  ChangeWords change;
  std::string product;
  std::string account;
};

void switch_to(Desk& desk, const ServiceWords& words, bool on) {
  run_change(desk, words.change, "account", on ? "switched on" : "switched off",
             [&](const std::vector<std::string>& names, const std::string& request_id) {
               return switch_postpaid(desk.context().ledger(), desk.billing(),
                                      {words.product, names, on, desk.as_of}, request_id);
             });
}

AccountStanding standing_of(Desk& desk, const std::string& name) {
  return desk.context().reports().standing(desk.account(name).main());
}

void entitlement(Desk& desk, const ServiceWords& words) {
  const AccountStanding standing = standing_of(desk, words.account);
  const BillingContext billing = desk.billing();
  std::vector<EntitlementRow> rows;
  if (words.product.empty()) {
    rows = entitlements_of(standing, *billing.catalogue, *billing.calendar, desk.now());
  } else {
    const Product* product = billing.catalogue->find_product(words.product);
    if (product == nullptr) {
      throw Refused(
          {"unknown_product",
           fmt::format("There is no product '{}'. Look at packctl catalogue.", words.product)});
    }
    rows.push_back(entitlement_of(standing, *product, *billing.calendar, desk.now()));
  }
  if (desk.json) {
    boost::json::array array;
    for (const EntitlementRow& row : rows) {
      boost::json::value reason;
      if (!row.state.is_active()) reason = name_of(row.state.reason);
      array.push_back(boost::json::object{{"account", words.account},
                                          {"product", row.product},
                                          {"allowed", row.state.is_active()},
                                          {"reason", reason},
                                          {"covered_by", name_of(row.state.covered_by)},
                                          {"left_units", row.left},
                                          {"as_of", to_rfc3339(desk.now())}});
    }
    return desk.print(array);
  }
  Table table({{"product"}, {"may be used"}, {"reason"}, {"covered by"}, {"left", true}});
  for (const EntitlementRow& row : rows) {
    table.add({row.product, row.state.is_active() ? "yes" : "no",
               std::string(name_of(row.state.reason)), std::string(name_of(row.state.covered_by)),
               with_separators(row.left)});
  }
  table.print(desk.out());
}

void services(Desk& desk, const ServiceWords& words) {
  const auto rows = desk.context().reports().service_changes(desk.account(words.account).main());
  if (desk.json) {
    boost::json::array array;
    for (const ServiceRow& row : rows) {
      array.push_back(boost::json::object{{"product", row.product},
                                          {"active", row.state.is_active()},
                                          {"reason", name_of(row.state.reason)},
                                          {"covered_by", name_of(row.state.covered_by)},
                                          {"changed_at", to_rfc3339(row.changed_at)}});
    }
    return desk.print(array);
  }
  Table table({{"changed at"}, {"product"}, {"service"}, {"reason"}, {"covered by"}});
  for (const ServiceRow& row : rows) {
    table.add({shown_time(row.changed_at), row.product,
               row.state.is_active() ? "active" : "stopped", std::string(name_of(row.state.reason)),
               std::string(name_of(row.state.covered_by))});
  }
  table.print(desk.out());
}

void bills(Desk& desk, const ServiceWords& words) {
  const auto rows = desk.context().reports().charges(desk.account(words.account).main());
  if (desk.json) {
    boost::json::array array;
    for (const ChargeRow& row : rows) {
      array.push_back(charge_json(row, to_rfc3339(row.charged_at)));
    }
    return desk.print(array);
  }
  Table table({{"day"},
               {"charged at"},
               {"product"},
               {"usage of"},
               {"units", true},
               {"price", true},
               {"amount in " + desk.context().catalogue().currency, true}});
  for (const ChargeRow& row : rows) {
    table.add({to_string(row.charged_day), shown_time(row.charged_at), row.product,
               to_string(row.usage_day) + (row.is_credit ? " (credit)" : ""),
               with_separators(row.units), money_text(row.price_micros),
               money_text(row.amount_micros)});
  }
  table.print(desk.out());
}

using JobStep = void (BillingJobs::*)(std::optional<Instant>, JobReport&);

// One job, now, for all that is due: as run-once takes it, 08:00 for all.
void run_job(Desk& desk, JobStep step) {
  BillingJobs jobs(desk.context().ledger(), desk.context().jobs(), desk.billing(),
                   {"packctl", 60, 0});
  JobReport report;
  {
    const Elapsed elapsed("working", !desk.json);
    (jobs.*step)(desk.as_of, report);
  }
  if (!report.busy.empty()) {
    throw Refused(
        {"job_busy",
         fmt::format("A daemon is at job {} now. It does what is due; look at packctl job "
                     "list.",
                     report.busy.front())});
  }
  if (desk.json) {
    boost::json::array set_aside;
    for (const SetAside& one : report.set_aside) set_aside.push_back(json_of(one));
    return desk.print(boost::json::object{{"packs_expired", report.packs_expired},
                                          {"services_priced", report.services_priced},
                                          {"reminders", report.reminders},
                                          {"bills", report.bills},
                                          {"charged_micros", report.charged_micros},
                                          {"set_aside", std::move(set_aside)}});
  }
  if (report.services_priced > 0) {
    desk.out() << "A price of overage has begun: " << report.services_priced
               << " stopped services with postpaid were worked out anew.\n";
  }
  desk.out() << report.packs_expired << " packs expired, " << report.reminders << " reminders, "
             << report.bills << " bills over " << money_sum_text(report.charged_micros) << ' '
             << desk.context().catalogue().currency << ".\n";
  for (const SetAside& one : report.set_aside) {
    desk.out() << "Account '" << one.account_name << "' is set aside: " << one.reason << ".\n";
  }
}

void job_list(Desk& desk) {
  const auto rows = desk.context().jobs().jobs();
  const Instant now = desk.now();
  const SituationLimits limits = desk.context().situation_limits();
  if (desk.json) {
    boost::json::array array;
    for (const JobRow& row : rows) {
      array.push_back(json_of(row, late_s(row, now, limits)));
    }
    return desk.print(array);
  }
  Table table({{"job"},
               {"running at"},
               {"last start"},
               {"last success"},
               {"done until"},
               {"behind s", true}});
  for (const JobRow& row : rows) {
    const auto cell = [](const std::optional<Instant>& at) {
      return at ? shown_time(*at) : std::string("never");
    };
    table.add({row.name, row.holder, cell(row.started_at), cell(row.succeeded_at),
               cell(row.done_until), with_separators(late_s(row, now, limits))});
  }
  table.print(desk.out());
}

}  // namespace

void add_service_words(CLI::App& app, Action& chosen) {
  const auto words = std::make_shared<ServiceWords>();
  CLI::App* postpaid = add_group(app, "postpaid", "pay for what no pack covers");
  for (const bool on : {true, false}) {
    CLI::App* command = postpaid->add_subcommand(
        on ? "on" : "off",
        on ? "switch it on: needs a bought pack and money (O4)" : "switch it off");
    command->add_option("product", words->product, "product")->type_name("PRODUCT")->required();
    add_change_words(*command, words->change, "ACCOUNT");
    command->final_callback([&chosen, words, on] {
      chosen = [words, on](Desk& desk) { switch_to(desk, *words, on); };
    });
  }
  const auto of_account = [&](CLI::App& group, const char* name, const char* help,
                              void (*act)(Desk&, const ServiceWords&)) {
    CLI::App* command = group.add_subcommand(name, help);
    command->add_option("account", words->account, "account")->type_name("ACCOUNT")->required();
    command->final_callback(
        [&chosen, words, act] { chosen = [words, act](Desk& desk) { act(desk, *words); }; });
    return command;
  };
  of_account(app, "entitlement", "whether an account may use its products now", entitlement)
      ->add_option("product", words->product, "of this product alone")
      ->type_name("PRODUCT");
  of_account(app, "service", "how the service states of an account changed", services);
  of_account(app, "bills", "what an account was charged, day by day", bills);

  const auto job = [&](const char* name, const char* help, JobStep step) {
    app.add_subcommand(name, help)->final_callback([&chosen, step] {
      chosen = [step](Desk& desk) { run_job(desk, step); };
    });
  };
  job("expire", "notice what has expired by now", &BillingJobs::expire);
  job("remind", "write the reminders that are due", &BillingJobs::remind);
  job("settle", "charge the business days that are due", &BillingJobs::settle);
  add_group(app, "job", "what runs by the clock")
      ->add_subcommand("list", "last runs, progress and lateness")
      ->final_callback([&chosen] { chosen = job_list; });
}

}  // namespace packwarden
