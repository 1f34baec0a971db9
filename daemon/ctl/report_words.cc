#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "ctl/desk.h"
#include "ctl/receipt_words.h"

namespace packwarden {
namespace {

constexpr std::uint32_t default_entries = 1'000;

struct ReportWords {
  std::string account;
  std::string file;
  std::uint32_t limit = default_entries;
};

boost::json::object usage_json(const UsageRow& row) {
  return {{"used_by", row.used_by},    {"product", row.product},          {"meter", row.meter},
          {"day", to_string(row.day)}, {"outcome", name_of(row.outcome)}, {"units", row.units}};
}

void usage(Desk& desk, const ReportWords& words) {
  const auto rows = desk.context().reports().usage(desk.account(words.account));
  if (desk.json) {
    boost::json::array array;
    for (const UsageRow& row : rows) array.push_back(usage_json(row));
    desk.print(array);
    return;
  }
  Table table({{"used by"}, {"product"}, {"meter"}, {"day"}, {"outcome"}, {"units", true}});
  for (const UsageRow& row : rows) {
    table.add({row.used_by, row.product, row.meter, to_string(row.day),
               std::string(name_of(row.outcome)), with_separators(row.units)});
  }
  table.print(desk.out());
}

void ledger(Desk& desk, const ReportWords& words) {
  const Account account = desk.account(words.account);
  const auto rows = desk.context().reports().entries(account, words.limit);
  if (desk.json) {
    boost::json::array array;
    for (const LedgerRow& row : rows) {
      boost::json::object object = usage_json(row.usage);
      object["seq"] = row.sequence;
      object["pack"] = nullptr;
      object["tier"] = nullptr;
      if (row.pack != PackId{}) {
        object["pack"] = value_of(row.pack);
        object["tier"] = row.tier;
      }
      array.push_back(std::move(object));
    }
    desk.print(array);
    return;
  }
  Table table({{"seq", true},
               {"day"},
               {"used by"},
               {"product"},
               {"meter"},
               {"outcome"},
               {"pack", true},
               {"tier"},
               {"units", true}});
  for (const LedgerRow& row : rows) {
    table.add({std::to_string(row.sequence), to_string(row.usage.day), row.usage.used_by,
               row.usage.product, row.usage.meter, std::string(name_of(row.usage.outcome)),
               row.pack == PackId{} ? "-" : std::to_string(value_of(row.pack)), row.tier,
               with_separators(row.usage.units)});
  }
  table.print(desk.out());
  if (!desk.json && rows.size() == words.limit) {
    desk.out() << "The last " << with_separators(words.limit) << "; --limit shows more.\n";
  }
}

void add_account_report(CLI::App& app, Action& chosen, const std::string& name,
                        const std::string& help, void (*report)(Desk&, const ReportWords&)) {
  const auto words = std::make_shared<ReportWords>();
  CLI::App* command = app.add_subcommand(name, help);
  command->add_option("account", words->account, "account or sub-account")
      ->type_name("ACCOUNT")
      ->required();
  if (report == ledger) {
    command->add_option("--limit", words->limit, "at most so many entries, the last ones (1000)")
        ->type_name("N")
        ->check(CLI::Range(1U, 100'000'000U));
  }
  command->final_callback(
      [&chosen, words, report] { chosen = [words, report](Desk& desk) { report(desk, *words); }; });
}

}  // namespace

void add_report_words(CLI::App& app, Action& chosen) {
  add_account_report(app, chosen, "usage", "what an account used, by day", usage);
  add_account_report(app, chosen, "ledger", "entries of the ledger of an account", ledger);

  const auto words = std::make_shared<ReportWords>();
  CLI::App* receipts = add_group(app, "receipt", "what became of a usage file");
  CLI::App* show = receipts->add_subcommand(
      "show", "its counts; --output json writes a lost receipt again (U7)");
  show->add_option("file", words->file, "its name as it came, or its digest")
      ->type_name("NAME_OR_DIGEST")
      ->required();
  show->final_callback(
      [&chosen, words] { chosen = [words](Desk& desk) { show_receipts(desk, words->file); }; });
}

}  // namespace packwarden
