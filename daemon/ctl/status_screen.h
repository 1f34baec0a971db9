#pragma once

#include <string>
#include <vector>

#include "ctl/ink.h"
#include "usecases/situation.h"

// The situation for people, as lines of text. Pure but for nothing: what they show is given.
namespace packwarden {

struct Paper {
  std::size_t columns = 80;
  std::size_t lines = 24;  // SIZE_MAX: as many as it takes
  Ink ink{};
  bool cut = false;  // also commands, which are for copying
};

// "All is well." or "2 things need a hand, 1 is behind."
std::string health_sentence(const std::vector<Finding>& findings);
Tone tone_of(Health health);

// Findings of at most `lines` lines, each with the command that comes next below it; what has no
// place is counted in the last one.
std::vector<std::string> finding_lines(const std::vector<Finding>& findings, const Paper& paper,
                                       std::size_t lines);

// Ledger, spool, jobs and channels, a line or a row each.
std::vector<std::string> figure_lines(const Situation& situation, const SituationLimits& limits,
                                      const Paper& paper);

// All of `packctl status`.
std::vector<std::string> status_screen(const Situation& situation, const SituationLimits& limits,
                                       const Paper& paper);

// The text in lines of at most `columns`, broken at spaces where there are any.
std::vector<std::string> wrapped(std::string_view text, std::size_t columns);
// At most `columns` wide; "..." stands for what was cut.
std::string fitted(const std::string& text, std::size_t columns);

}  // namespace packwarden
