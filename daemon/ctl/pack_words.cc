#include <CLI/CLI.hpp>
#include <algorithm>

#include "ctl/change.h"
#include "ctl/desk.h"
#include "usecases/pack_commands.h"

namespace packwarden {
namespace {

struct PackWords {
  ChangeWords change;
  std::string product;
  std::string tier;
  std::string paid_by;
  std::string account;
};

void trial(Desk& desk, const PackWords& words) {
  run_change(desk, words.change, "trial", "added",
             [&](const std::vector<std::string>& names, const std::string& request_id) {
               return claim_trials(desk.context().ledger(), desk.billing(),
                                   {words.product, names, desk.as_of}, request_id);
             });
}

void buy(Desk& desk, const PackWords& words) {
  run_change(desk, words.change, "pack", "added",
             [&](const std::vector<std::string>& names, const std::string& request_id) {
               return buy_packs(desk.context().ledger(), desk.billing(),
                                {words.product, names, desk.as_of, words.paid_by}, words.tier,
                                request_id);
             });
}

std::string shown_condition(PackCondition condition) {
  std::string text(name_of(condition));
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

void list(Desk& desk, const PackWords& words) {
  std::optional<AccountId> account;
  if (!words.account.empty()) account = desk.account(words.account).main();
  const auto rows = desk.context().reports().packs(account);
  const auto postpaid = desk.context().reports().postpaid(account);  // O4
  const Instant now = desk.now();
  if (desk.json) {
    boost::json::array array;
    for (const PackRow& row : rows) {
      boost::json::value refund;
      if (row.refund) refund = name_of(*row.refund);
      array.push_back(boost::json::object{{"pack", value_of(row.id)},
                                          {"account", row.account},
                                          {"product", row.product},
                                          {"tier", row.tier},
                                          {"quota", row.quota},
                                          {"used", row.used},
                                          {"state", name_of(row.condition_at(now))},
                                          {"usable", row.usable_at(now)},
                                          {"left", row.usable_at(now)},  // its older name
                                          {"unused", row.unused()},
                                          {"effective_from", to_rfc3339(row.effective_from)},
                                          {"expires_at", to_rfc3339(row.expires_at)},
                                          {"refund", refund}});
    }
    for (const PostpaidRow& row : postpaid) {
      array.push_back(boost::json::object{{"pack", nullptr},
                                          {"account", row.account},
                                          {"product", row.product},
                                          {"tier", "postpaid"},
                                          {"effective_from", to_rfc3339(row.since)},
                                          {"suspended", row.is_suspended}});
    }
    desk.print(array);
    return;
  }
  Table table({{"pack", true},
               {"account"},
               {"product"},
               {"tier"},
               {"quota", true},
               {"used", true},
               {"usable", true},
               {"state"},
               {"effective from"},
               {"expires at"},
               {"refund"}});
  for (const PackRow& row : rows) {
    table.add({std::to_string(value_of(row.id)), row.account, row.product, row.tier,
               with_separators(row.quota), with_separators(row.used),
               with_separators(row.usable_at(now)), shown_condition(row.condition_at(now)),
               shown_time(row.effective_from), shown_time(row.expires_at),
               row.refund ? std::string(name_of(*row.refund)) : ""});
  }
  for (const PostpaidRow& row : postpaid) {
    table.add({"", row.account, row.product, "postpaid", "", "", "",
               row.is_suspended ? "suspended" : "on", shown_time(row.since), "", ""});
  }
  table.print(desk.out());
}

}  // namespace

void add_pack_words(CLI::App& app, Action& chosen) {
  CLI::App* group = add_group(app, "pack", "packs and trials");
  const auto words = std::make_shared<PackWords>();

  CLI::App* claiming = group->add_subcommand("trial", "claim the trial of a product (P2)");
  claiming->add_option("product", words->product, "product")->type_name("PRODUCT")->required();
  add_change_words(*claiming, words->change, "ACCOUNT");
  claiming->final_callback(
      [&chosen, words] { chosen = [words](Desk& desk) { trial(desk, *words); }; });

  CLI::App* buying = group->add_subcommand("buy", "buy a pack for each account (P1, P6)");
  buying->add_option("product", words->product, "product")->type_name("PRODUCT")->required();
  buying->add_option("tier", words->tier, "tier of the catalogue")->type_name("TIER")->required();
  add_change_words(*buying, words->change, "ACCOUNT");
  buying
      ->add_option("--paid-by", words->paid_by,
                   "reference of the payment from outside that covers the order; else the balances "
                   "pay (P6)")
      ->type_name("REFERENCE");
  buying->final_callback([&chosen, words] { chosen = [words](Desk& desk) { buy(desk, *words); }; });

  CLI::App* listing =
      group->add_subcommand("list", "packs with what is used, and what can be drawn now");
  listing->add_option("account", words->account, "of this account alone")->type_name("ACCOUNT");
  listing->final_callback(
      [&chosen, words] { chosen = [words](Desk& desk) { list(desk, *words); }; });
}

}  // namespace packwarden
