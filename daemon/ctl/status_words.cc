#include <CLI/CLI.hpp>
#include <memory>

#include "ctl/desk.h"
#include "ctl/look.h"
#include "ctl/situation_json.h"
#include "ctl/status_screen.h"
#include "ctl/terminal_size.h"

namespace packwarden {
namespace {

// A person waits for it.
constexpr std::uint32_t counted_deliveries_max = 100'000;

struct StatusWords {
  bool all = false;
  bool check = false;
};

// As plugins of Nagios and its kin end.
int status_of(Health health) {
  return static_cast<int>(health);
}

void status(Desk& desk, const StatusWords& words) {
  const Situation situation = look(desk, counted_deliveries_max);
  const SituationLimits limits = desk.context().situation_limits();
  const auto findings = judge(situation, limits);
  if (words.check) desk.exit_status = status_of(health_of(findings));
  if (desk.json) return desk.print(json_of(situation, findings, limits));
  Paper paper{80, SIZE_MAX, desk.ink};
  if (desk.terminal) {
    const TerminalSize size = terminal_size();
    paper.columns = size.columns;
    if (!words.all) paper.lines = size.lines;
  }
  for (const std::string& line : status_screen(situation, limits, paper)) {
    desk.out() << line << '\n';
  }
}

}  // namespace

Situation look(Desk& desk, std::uint32_t counted_deliveries_max) {
  Context& context = desk.context();
  SituationSources sources{[&]() -> SituationReads& { return context.situation_reads(); },
                           [&]() -> SpoolDesk& { return context.spool(); },
                           {}};
  for (const ConfiguredChannel& channel : context.channels()) {
    sources.channels.push_back(channel.name);
  }
  sources.settings_refused = [&] {
    std::vector<std::string> sentences;
    const auto comparison = look_at_meaning(context.deployment(), context.meaning());
    for (const RefusedChange& change : comparison.refused) sentences.push_back(change.sentence);
    return sentences;
  };
  LookOptions options;
  options.counted_deliveries_max = counted_deliveries_max;
  return look(sources, desk.now(), options);
}

void add_status_words(CLI::App& app, Action& chosen) {
  const auto words = std::make_shared<StatusWords>();
  CLI::App* command = app.add_subcommand(
      "status", "whether all is well, what is behind, and what needs a hand: on one screen");
  command->add_flag("--all", words->all, "all of it, also where that is more than a screen");
  command->add_flag("--check", words->check,
                    "end as monitoring plugins do: 0 all is well, 1 something is behind, 2 "
                    "something needs a hand");
  command->final_callback(
      [&chosen, words] { chosen = [words](Desk& desk) { status(desk, *words); }; });
}

}  // namespace packwarden
