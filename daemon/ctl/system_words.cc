#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <streambuf>

#include "ctl/desk.h"
#include "ctl/progress.h"
#include "usecases/canonical_export.h"

namespace packwarden {
namespace {

void migrate(Desk& desk) {
  const SchemaChange change = desk.context().migrate();
  if (desk.json) {
    desk.print(boost::json::object{{"from_version", change.from_version},
                                   {"to_version", change.to_version}});
  } else if (change.from_version == change.to_version) {
    desk.out() << "The schema is at version " << change.to_version << " already.\n";
  } else {
    desk.out() << "The schema went from version " << change.from_version << " to "
               << change.to_version << ".\n";
  }
}

// 300000000 micro-units as "300", 5000 as "0.005".
std::string shown_price(MoneyMicros micros) {
  std::string text = with_separators(micros / 1'000'000);
  if (const auto fraction = micros % 1'000'000; fraction != 0) {
    text += fmt::format(".{:06}", fraction);
    text.erase(text.find_last_not_of('0') + 1);
  }
  return text;
}

// Whole numbers and decimal text, never a floating-point number.
std::string plain_price(MoneyMicros micros) {
  std::string text = shown_price(micros);
  std::erase(text, ',');
  return text;
}

boost::json::array json_of(const Catalogue& all) {
  boost::json::array array;
  for (const Product& product : all.products) {
    for (const Tier& tier : product.tiers) {
      array.push_back(boost::json::object{{"product", product.name},
                                          {"tier", tier.name},
                                          {"units", tier.units},
                                          {"price", plain_price(tier.price_micros)},
                                          {"unit_price", shown_unit_price(tier)},
                                          {"currency", all.currency},
                                          {"priority", tier.priority},
                                          {"trial", tier.is_trial}});
      array.back().as_object().emplace(
          tier.is_trial ? "valid_days" : "valid_years",
          tier.is_trial ? product.trial_valid_days : product.pack_valid_years);
    }
    for (const PostpaidPrice& price : product.postpaid_prices) {
      boost::json::value from;
      if (price.from != beginning_of_days) from = to_string(price.from);
      array.push_back(boost::json::object{{"product", product.name},
                                          {"tier", "postpaid"},
                                          {"unit_price", plain_price(price.price_micros)},
                                          {"currency", all.currency},
                                          {"from", from}});
    }
  }
  return array;
}

// P4: where they are all equal, nobody needs to see them.
bool has_priorities(const Catalogue& all) {
  return std::any_of(all.products.begin(), all.products.end(), [](const Product& product) {
    return std::any_of(product.tiers.begin(), product.tiers.end(),
                       [](const Tier& tier) { return tier.priority != 0; });
  });
}

void catalogue(Desk& desk) {
  const Catalogue& all = desk.context().catalogue();
  if (desk.json) return desk.print(json_of(all));
  std::vector<Table::Column> columns{{"product"},          {"tier"},
                                     {"units", true},      {"price " + all.currency, true},
                                     {"unit price", true}, {"valid"}};
  const bool with_priority = has_priorities(all);
  if (with_priority) columns.push_back({"priority", true});
  Table table(columns);
  const auto add = [&](std::vector<std::string> cells, const std::string& priority) {
    if (with_priority) cells.push_back(priority);
    table.add(std::move(cells));
  };
  for (const Product& product : all.products) {
    for (const Tier& tier : product.tiers) {
      add({product.name, tier.name, with_separators(tier.units), shown_price(tier.price_micros),
           shown_unit_price(tier),
           tier.is_trial ? shown_count(product.trial_valid_days, "day")
                         : shown_count(product.pack_valid_years, "year")},
          std::to_string(tier.priority));
    }
    for (const PostpaidPrice& price : product.postpaid_prices) {
      add({product.name, "postpaid", "", "", shown_price(price.price_micros),
           price.from == beginning_of_days ? "always" : "from " + to_string(price.from)},
          "");
    }
  }
  table.print(desk.out());
}

void totals(Desk& desk) {
  const StatusNumbers now = [&] {
    const Elapsed elapsed("adding up", !desk.json);
    return desk.context().reports().status();
  }();
  const std::vector<std::pair<const char*, std::int64_t>> numbers = {
      {"sequence", static_cast<std::int64_t>(now.sequence)},
      {"accounts", now.accounts},
      {"packs", now.packs},
      {"files", now.files},
      {"files_unfinished", now.files_unfinished},
      {"accepted_units", now.accepted_units},
      {"drawn_units", now.drawn_units},
      {"overage_units", now.overage_units},
      {"overrun_units", now.overrun_units},
      {"not_billable_units", now.not_billable_units},
      {"key_bytes", now.key_bytes}};
  if (desk.json) {
    boost::json::object object;
    for (const auto& [name, number] : numbers) object[name] = number;
    boost::json::array deliveries;
    for (const DeliveryCount& count : now.deliveries) {
      deliveries.push_back(boost::json::object{
          {"channel", count.channel}, {"state", count.state}, {"deliveries", count.deliveries}});
    }
    object["deliveries"] = std::move(deliveries);
    desk.print(object);
    return;
  }
  Table table({{"number"}, {"", true}});
  for (const auto& [name, number] : numbers) {
    std::string words = name;
    std::replace(words.begin(), words.end(), '_', ' ');
    table.add({words, with_separators(number)});
  }
  for (const DeliveryCount& count : now.deliveries) {
    table.add(
        {"deliveries " + count.channel + " " + count.state, with_separators(count.deliveries)});
  }
  table.print(desk.out());
}

// Turns each line with tabs that is written to it into a JSON array on `out`. A line comes in one
// piece.
class LinesAsJson : public std::streambuf {
 public:
  explicit LinesAsJson(std::ostream& out) : out_(&out) {}

 protected:
  int overflow(int character) override { return traits_type::not_eof(character); }
  std::streamsize xsputn(const char* text, std::streamsize count) override {
    boost::json::array columns;
    std::string column;
    const auto end_column = [&] {
      columns.emplace_back(column);
      column.clear();
    };
    const std::string_view line(text, static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < line.size(); ++i) {
      const char c = line[i];
      if (c == '\t' || c == '\n') {
        end_column();
      } else if (c == '\\' && i + 1 < line.size()) {
        const char next = line[++i];
        column += next == 't' ? '\t' : next == 'n' ? '\n' : next;
      } else {
        column += c;
      }
    }
    *out_ << boost::json::serialize(columns) << '\n';
    return count;
  }

 private:
  std::ostream* out_;
};

void export_all(Desk& desk) {
  Reports& reports = desk.context().reports();
  const Elapsed elapsed("exporting", !desk.json, true);
  if (!desk.json) return export_canonical(reports, desk.out());
  LinesAsJson lines(desk.out());
  std::ostream out(&lines);
  export_canonical(reports, out);
}

void check_config(Desk& desk) {
  const ConfigCheck check = desk.backend().check_config(desk.config_path);
  if (!check.mistakes.empty()) {
    throw Refused({"config", fmt::format("Mend the settings, then check again:\n{}",
                                         fmt::join(check.mistakes, "\n"))});
  }
  if (!check.refused.empty()) {
    throw Refused({"settings_differ",
                   fmt::format("{} has no mistake in itself, but does not fit the ledger:\n{}",
                               desk.config_path, fmt::join(check.refused, "\n"))});
  }
  if (desk.json) {
    return desk.print(boost::json::object{{"config", desk.config_path},
                                          {"mistakes", 0},
                                          {"compared", check.not_compared.empty()},
                                          {"not_compared", check.not_compared},
                                          {"changes", boost::json::value_from(check.changed)}});
  }
  std::ostream& out = desk.out();
  out << desk.config_path << " is in order.\n";
  if (!check.not_compared.empty()) {
    out << "It was not compared with the ledger: " << check.not_compared << '\n';
  } else if (check.first) {
    out << "The ledger has no settings yet: it takes these at the first start.\n";
  } else if (check.changed.empty()) {
    out << "It agrees with the ledger.\n";
  } else {
    out << fmt::format("The ledger takes over what has changed at the next start or reload: {}.\n",
                       fmt::join(check.changed, ", "));
  }
}

}  // namespace

void add_system_words(CLI::App& app, Action& chosen) {
  app.add_subcommand("migrate", "bring the database's schema up to this packwarden")
      ->final_callback([&chosen] { chosen = migrate; });
  app.add_subcommand("catalogue", "products, tiers and prices (C1)")->final_callback([&chosen] {
    chosen = catalogue;
  });
  app.add_subcommand("totals", "counts and sums of the whole ledger; reads all of it")
      ->final_callback([&chosen] { chosen = totals; });

  const auto canonical = std::make_shared<bool>(false);
  CLI::App* exporting = app.add_subcommand("export", "print the ledger");
  exporting
      ->add_flag("--canonical", *canonical,
                 "in a stable order, as lines with tabs, to be compared with diff")
      ->required();
  exporting->final_callback(
      [&chosen, canonical] { chosen = [canonical](Desk& desk) { export_all(desk); }; });

  CLI::App* config = add_group(app, "config", "the settings");
  config->add_subcommand("check", "list every mistake in the settings")->final_callback([&chosen] {
    chosen = check_config;
  });
}

}  // namespace packwarden
