#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "ctl/desk.h"
#include "ctl/receipt_words.h"
#include "domain/money.h"
#include "usecases/usage_origin.h"

namespace packwarden {
namespace {

struct WhyWords {
  std::string account;
  std::string day;
  std::string product;
  std::string outcome;
};

bool is_not_billable(Outcome outcome) {
  return outcome == Outcome::not_billable_meter || outcome == Outcome::not_billable_integration;
}

bool is_wanted(const UsageRow& usage, const WhyWords& words) {
  if (!words.product.empty() && usage.product != words.product) return false;
  if (words.outcome.empty()) return true;
  return words.outcome == "not_billable" ? is_not_billable(usage.outcome)
                                         : words.outcome == name_of(usage.outcome);
}

// What was asked for, of all that happened on the day.
UsageOrigin origin_of(Desk& desk, const WhyWords& words) {
  const Account account = desk.account(words.account);
  if (!words.product.empty() && desk.context().catalogue().find_product(words.product) == nullptr) {
    throw Refused(
        {"unknown_product",
         fmt::format("There is no product '{}'. Look at packctl catalogue.", words.product)});
  }
  UsageOrigin origin =
      desk.context().reports().origin(account, parse_business_day(words.day).value());
  std::erase_if(origin.figures,
                [&](const OriginFigure& figure) { return !is_wanted(figure.usage, words); });
  const bool bills = words.outcome.empty() || words.outcome == name_of(Outcome::overage);
  std::erase_if(origin.billing, [&](const OriginBilling& billing) {
    return !bills || (!words.product.empty() && billing.product != words.product);
  });
  return origin;
}

std::string lines_of(const OriginPart& part) {
  return part.is_void ? "all" : fmt::format("{}-{}", part.first_line, part.last_line);
}

std::string remark_of(const OriginPart& part, const BusinessCalendar& calendar) {
  if (!part.file) return "no file is known: run packctl audit";
  if (part.is_void) return "void: " + shown_bytes(part.void_reason);
  return part.voided_at ? "voided " + calendar.wall_text(*part.voided_at) : "";
}

void print_figure(Desk& desk, const OriginFigure& figure) {
  const BusinessCalendar& calendar = desk.context().calendar();
  const UsageRow& usage = figure.usage;
  Table table({{"units", true},
               {"pack", true},
               {"tier"},
               {"bought at"},
               {"expires at"},
               {"file"},
               {"digest"},
               {"unit", true},
               {"lines"},
               {"committed at"},
               {""}});
  for (const OriginPart& part : figure.parts) {
    const auto& pack = part.pack;
    table.add({with_separators(part.units), pack ? std::to_string(value_of(pack->id)) : "",
               pack ? pack->tier : "", pack ? calendar.wall_text(pack->purchased_at) : "",
               pack ? calendar.wall_text(pack->expires_at) : "",
               part.file ? shown_bytes(part.file->name) : "?",
               part.file ? to_hex(part.file->digest).substr(0, 12) : "",
               part.is_void ? "" : std::to_string(part.unit_no), lines_of(part),
               calendar.wall_text(part.committed_at), remark_of(part, calendar)});
  }
  desk.out() << usage.used_by << ", " << usage.product << ' ' << usage.meter << ", "
             << name_of(usage.outcome) << ": " << with_separators(usage.units) << " units\n";
  table.print(desk.out());
  desk.out() << (adds_up(figure) ? "These add up to " : "THESE DO NOT ADD UP TO ")
             << with_separators(usage.units) << ".\n\n";
}

void print_billing(Desk& desk, const OriginBilling& billing) {
  const BusinessCalendar& calendar = desk.context().calendar();
  Table table({{"bill of"},
               {"charged at"},
               {"units", true},
               {"price", true},
               {"amount in " + desk.context().catalogue().currency, true}});
  for (const ChargeRow& charge : billing.charges) {
    table.add({to_string(charge.charged_day) + (charge.is_credit ? " (credit)" : ""),
               calendar.wall_text(charge.charged_at), with_separators(charge.units),
               money_text(charge.price_micros), money_text(charge.amount_micros)});
  }
  if (billing.open != 0) table.add({"open", "", with_separators(billing.open), "", ""});
  desk.out() << "Bills of the overage of the account, " << billing.product << ": "
             << with_separators(billing.overage) << " units\n";
  table.print(desk.out());
  desk.out() << (adds_up(billing) ? "These add up to " : "THESE DO NOT ADD UP TO ")
             << with_separators(billing.overage) << ".\n\n";
}

boost::json::object part_json(const OriginPart& part, const BusinessCalendar& calendar) {
  boost::json::object object{{"units", part.units},
                             {"transaction", part.sequence},
                             {"committed_at", calendar.wall_text(part.committed_at)},
                             {"void", part.is_void}};
  object["pack"] = nullptr;
  if (part.pack) {
    object["pack"] =
        boost::json::object{{"pack", value_of(part.pack->id)},
                            {"tier", part.pack->tier},
                            {"purchased_at", calendar.wall_text(part.pack->purchased_at)},
                            {"expires_at", calendar.wall_text(part.pack->expires_at)}};
  }
  object["file"] = nullptr;
  if (part.file) {
    object["file"] = boost::json::object{{"name", shown_bytes(part.file->name)},
                                         {"digest", "sha256:" + to_hex(part.file->digest)},
                                         {"spool", part.file->spool},
                                         {"arrival", calendar.wall_text(part.file->arrival)}};
  }
  if (part.is_void) {
    object["reason"] = shown_bytes(part.void_reason);
  } else {
    object["unit"] = part.unit_no;
    object["first_line"] = part.first_line;
    object["last_line"] = part.last_line;
    object["voided_at"] = nullptr;
    if (part.voided_at) object["voided_at"] = calendar.wall_text(*part.voided_at);
  }
  return object;
}

boost::json::object figure_json(const OriginFigure& figure, const BusinessCalendar& calendar) {
  boost::json::array parts;
  for (const OriginPart& part : figure.parts) parts.push_back(part_json(part, calendar));
  return {{"used_by", figure.usage.used_by}, {"product", figure.usage.product},
          {"meter", figure.usage.meter},     {"outcome", name_of(figure.usage.outcome)},
          {"units", figure.usage.units},     {"adds_up", adds_up(figure)},
          {"parts", std::move(parts)}};
}

boost::json::object billing_json(const OriginBilling& billing, const BusinessCalendar& calendar) {
  boost::json::array charges;
  for (const ChargeRow& charge : billing.charges) {
    charges.push_back(boost::json::object{{"charged_day", to_string(charge.charged_day)},
                                          {"charged_at", calendar.wall_text(charge.charged_at)},
                                          {"credit", charge.is_credit},
                                          {"units", charge.units},
                                          {"price_micros", charge.price_micros},
                                          {"amount_micros", charge.amount_micros}});
  }
  return {{"product", billing.product},
          {"overage_units", billing.overage},
          {"adds_up", adds_up(billing)},
          {"charged", std::move(charges)},
          {"open_units", billing.open}};
}

void print_json(Desk& desk, const WhyWords& words, const UsageOrigin& origin) {
  const BusinessCalendar& calendar = desk.context().calendar();
  boost::json::array figures;
  for (const OriginFigure& figure : origin.figures) {
    figures.push_back(figure_json(figure, calendar));
  }
  boost::json::array bills;
  for (const OriginBilling& billing : origin.billing) {
    bills.push_back(billing_json(billing, calendar));
  }
  desk.print(boost::json::object{{"account", words.account},
                                 {"day", words.day},
                                 {"adds_up", adds_up(origin)},
                                 {"figures", std::move(figures)},
                                 {"bills", std::move(bills)}});
}

void why(Desk& desk, const WhyWords& words) {
  const UsageOrigin origin = origin_of(desk, words);
  if (desk.json) {
    print_json(desk, words, origin);
  } else {
    if (origin.figures.empty()) {
      desk.out() << "Nothing of this stands in the ledger; packctl usage " << words.account
                 << " shows what does.\n";
    }
    for (const OriginFigure& figure : origin.figures) print_figure(desk, figure);
    for (const OriginBilling& billing : origin.billing) print_billing(desk, billing);
  }
  if (!adds_up(origin)) {
    throw Refused({"does_not_add_up",
                   "What made these figures does not add up to them. Change nothing, run packctl "
                   "audit, and read docs/AUDIT.md."});
  }
}

std::string fault_of_day(const std::string& text) {
  const auto day = parse_business_day(text);
  return day && *day >= BusinessDay{} ? "" : "a day is written YYYY-MM-DD, such as 2026-11-20";
}

}  // namespace

void add_why_words(CLI::App& app, Action& chosen) {
  const auto words = std::make_shared<WhyWords>();
  CLI::App* command = app.add_subcommand(
      "why", "from what an account used on a day back to the files and packs that made it");
  command->add_option("account", words->account, "account or sub-account")
      ->type_name("ACCOUNT")
      ->required();
  command->add_option("day", words->day, "business day, such as 2026-11-20")
      ->type_name("DAY")
      ->check(CLI::Validator(fault_of_day, "YYYY-MM-DD"))
      ->required();
  command->add_option("--product", words->product, "of this product alone")->type_name("PRODUCT");
  command->add_option("--outcome", words->outcome, "drawn, overage, overrun or not_billable")
      ->type_name("OUTCOME")
      ->check(CLI::IsMember({"drawn", "overage", "overrun", "not_billable"}));
  command->final_callback(
      [&chosen, words] { chosen = [words](Desk& desk) { why(desk, *words); }; });
}

}  // namespace packwarden
