#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "ctl/desk.h"
#include "ctl/progress.h"

namespace packwarden {
namespace {

struct AuditWords {
  std::uint32_t limit = 100;
};

void audit(Desk& desk, const AuditWords& words) {
  AuditOrder order;
  order.catalogue = &desk.context().stored_catalogue();
  order.calendar = &desk.context().calendar();
  order.shown_max = words.limit;
  for (const NoticeKind kind : all_notice_kinds) {
    if (desk.context().notice_rules().policy.is_off(kind)) order.off_kinds.push_back(kind);
  }
  const auto [head, checks] = [&] {
    const Elapsed elapsed("auditing", !desk.json);
    return audit_ledger(desk.context().reports(), order);
  }();
  std::int64_t breaks = 0;
  for (const AuditCheck& check : checks) breaks += check.breaks;
  if (desk.json) {
    boost::json::array array;
    for (const AuditCheck& check : checks) {
      array.push_back(boost::json::object{{"check", check.name},
                                          {"rule", check.rule},
                                          {"looked_at", check.looked_at},
                                          {"breaks", check.breaks},
                                          {"shown", boost::json::value_from(check.shown)}});
      if (check.name == "transactions") {
        array.back().as_object()["head"] = head_json(head, shown_time(head.instant));
      }
    }
    desk.print(array);
  } else {
    Table table({{"check"}, {"rule"}, {"looked at", true}, {"breaks", true}});
    for (const AuditCheck& check : checks) {
      table.add({check.name, check.rule, with_separators(check.looked_at),
                 with_separators(check.breaks)});
    }
    table.print(desk.out());
    desk.out() << fmt::format("The ledger was at transaction {} of {}, stamp {}.\n", head.sequence,
                              shown_time(head.instant), to_hex(head.stamp));
    for (const AuditCheck& check : checks) {
      for (const std::string& sentence : check.shown) {
        desk.out() << check.name << ": " << sentence << "\n";
      }
      const auto more = check.breaks - static_cast<std::int64_t>(check.shown.size());
      if (more > 0) desk.out() << check.name << ": and " << with_separators(more) << " more\n";
    }
  }
  if (breaks > 0) {
    throw Refused({"audit_breaks",
                   fmt::format("The ledger breaks its own rules in {} places. Change nothing, keep "
                               "a backup of it as it is now, and read docs/AUDIT.md.",
                               breaks)});
  }
}

}  // namespace

void add_audit_words(CLI::App& app, Action& chosen) {
  const auto words = std::make_shared<AuditWords>();
  CLI::App* command = app.add_subcommand("audit", "prove the ledger from its own entries");
  command->add_option("--limit", words->limit, "breaks of each check to show (100)")
      ->type_name("N");
  command->final_callback(
      [&chosen, words] { chosen = [words](Desk& desk) { audit(desk, *words); }; });
}

}  // namespace packwarden
