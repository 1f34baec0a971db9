#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <memory>
#include <thread>

#include "ctl/desk.h"
#include "ctl/live_terminal.h"
#include "ctl/look.h"
#include "ctl/terminal_size.h"
#include "ctl/top_screen.h"

namespace packwarden {
namespace {

// Each second: so many cost a server some hundredths of one.
constexpr std::uint32_t counted_deliveries_max = 5'000;

struct TopWords {
  std::uint32_t interval_s = 1;
  std::uint64_t frames = 0;  // 0: until somebody ends it; without a terminal one
};

std::int64_t steady_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// Looks, and what was done between them.
class Watch {
 public:
  explicit Watch(Desk& desk) : desk_(&desk), limits_(desk.context().situation_limits()) {}

  void look() {
    situation_ = packwarden::look(*desk_, counted_deliveries_max);
    std::optional<LedgerPace> pace;
    if (!situation_.ledger) {
      last_.reset();
    } else {
      pace = pace_since_last();
      if (!last_) last_ = {situation_.ledger->sequence, situation_.ledger->database_clock};
    }
    meter_.add(situation_, pace, steady_ms());
  }

  std::vector<std::string> lines(const Paper& paper) const {
    return top_screen(situation_, meter_, limits_, paper);
  }
  boost::json::object json() const { return top_json(situation_, meter_, limits_); }

 private:
  struct Point {
    Sequence sequence = 0;
    Instant database_clock;
  };

  std::optional<LedgerPace> pace_since_last() {
    if (!last_) return std::nullopt;
    try {
      auto pace =
          desk_->context().situation_reads().pace_since(last_->sequence, last_->database_clock);
      last_ = {pace.sequence, pace.database_clock};
      return pace;
    } catch (const LedgerUnavailable&) {  // gone meanwhile: the next look says why
      last_.reset();
      return std::nullopt;
    }
  }

  Desk* desk_;
  SituationLimits limits_;
  Situation situation_;
  PaceMeter meter_;
  std::optional<Point> last_;
};

void show_live(Desk& desk, Watch& watch, const TopWords& words) {
  LiveTerminal terminal;
  for (std::uint64_t frame = 1;; ++frame) {
    watch.look();
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(words.interval_s);
    auto event = LiveTerminal::Event::redraw;
    while (event == LiveTerminal::Event::redraw) {
      const TerminalSize size = terminal_size();
      terminal.draw(watch.lines({size.columns, size.lines, desk.ink}));
      event = terminal.wait(std::chrono::duration_cast<std::chrono::milliseconds>(
          end - std::chrono::steady_clock::now()));
    }
    if (event == LiveTerminal::Event::quit || frame == words.frames) return;
  }
}

void top(Desk& desk, const TopWords& words) {
  Watch watch(desk);
  if (desk.terminal && !desk.json && is_input_terminal()) return show_live(desk, watch, words);
  const std::uint64_t frames = std::max<std::uint64_t>(1, words.frames);
  auto next = std::chrono::steady_clock::now();
  for (std::uint64_t frame = 1;; ++frame) {
    watch.look();
    if (desk.json) {
      desk.print(watch.json());
    } else {
      if (frame > 1) desk.out() << '\n';
      for (const std::string& line : watch.lines({80, SIZE_MAX, desk.ink})) {
        desk.out() << line << '\n';
      }
    }
    desk.out().flush();
    if (!desk.out() || frame == frames) return;
    next += std::chrono::seconds(words.interval_s);
    std::this_thread::sleep_until(next);
  }
}

}  // namespace

void add_top_words(CLI::App& app, Action& chosen) {
  const auto words = std::make_shared<TopWords>();
  CLI::App* command = app.add_subcommand(
      "top", "live: rates, backlog, jobs, channels, and what needs a hand; q quits");
  command->add_option("--interval", words->interval_s, "seconds between two looks (1)")
      ->type_name("SECONDS")
      ->check(CLI::Range(1U, 3'600U));
  command
      ->add_option("--frames", words->frames,
                   "end after so many looks (never; without a terminal after one)")
      ->type_name("N")
      ->check(CLI::Range(1U, 1'000'000'000U));
  command->final_callback(
      [&chosen, words] { chosen = [words](Desk& desk) { top(desk, *words); }; });
}

}  // namespace packwarden
