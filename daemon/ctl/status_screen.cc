#include "ctl/status_screen.h"

#include <fmt/format.h>

#include <algorithm>

#include "ctl/desk.h"
#include "ctl/situation_json.h"
#include "ctl/table.h"
#include "domain/shown_text.h"

namespace packwarden {
namespace {

constexpr std::size_t word_columns = 14;  // of "needs a hand", and a gap

std::int64_t seconds_since(Instant from, Instant now) {
  return (now - from).nanos / 1'000'000'000;
}

const char* word_of(Severity severity) {
  switch (severity) {
    case Severity::needs_a_hand:
      return "needs a hand";
    case Severity::behind:
      return "behind";
    case Severity::note:
      break;
  }
  return "note";
}

Tone tone_of(Severity severity) {
  if (severity == Severity::needs_a_hand) return Tone::bad;
  return severity == Severity::behind ? Tone::late : Tone::quiet;
}

std::string padded(std::string text, std::size_t columns) {
  const std::size_t width = shown_width(text);
  if (width < columns) text.append(columns - width, ' ');
  return text;
}

std::vector<std::string> lines_of(const Finding& finding, const Paper& paper) {
  const auto cut = [&](std::string line) { return paper.cut ? fitted(line, paper.columns) : line; };
  const std::size_t columns = std::max<std::size_t>(paper.columns, 40) - word_columns;
  std::vector<std::string> lines;
  const std::string word = padded(word_of(finding.severity), word_columns);
  for (const std::string& line : wrapped(shown_bytes(finding.sentence), columns)) {
    const bool first = lines.empty();
    const std::string whole = cut((first ? word : std::string(word_columns, ' ')) + line);
    const std::size_t begin = first ? std::min(word_columns, whole.size()) : 0;
    lines.push_back(paper.ink(tone_of(finding.severity), whole.substr(0, begin)) +
                    whole.substr(begin));
  }
  if (finding.command.empty()) return lines;
  // On one line, even where it stands further left for that.
  const std::size_t width = shown_width(finding.command);
  const std::size_t indent =
      std::min(word_columns, paper.columns > width ? paper.columns - width : 0);
  lines.push_back(std::string(indent, ' ') + paper.ink(Tone::title, cut(finding.command)));
  return lines;
}

std::string spool_line(const SpoolState& spool, Instant now) {
  const auto number = [](std::uint64_t files) {
    return with_separators(static_cast<std::int64_t>(files));
  };
  std::string text = number(spool.incoming.files) + " wait";
  if (spool.incoming.files > 0) {
    text += fmt::format(" ({}", shown_size(spool.incoming.bytes));
    if (spool.incoming.oldest) {
      text += ", oldest " + shown_age(seconds_since(*spool.incoming.oldest, now));
    }
    text += ")";
  }
  return fmt::format("{}, {} in work, {} failed, {} free", text, number(spool.work.files),
                     number(spool.failed), shown_size(spool.free_bytes));
}

std::string jobs_line(const LedgerSituation& ledger, const SituationLimits& limits, Instant now) {
  std::string text;
  for (const JobRow& job : ledger.jobs) {
    const std::int64_t late = late_s(job, now, limits);
    text += (text.empty() ? "" : ", ") + job.name + " ";
    text += late > limits.job_late_s ? shown_age(late) + " late"
            : job.done_until         ? "in time"
                                     : "not run yet";
  }
  return text.empty() ? "none has run yet" : text;
}

std::string count_of(const ChannelStanding& channel, std::int64_t number) {
  return with_separators(number) + (channel.at_least && number > 0 ? "+" : "");
}

}  // namespace

std::vector<std::string> wrapped(std::string_view text, std::size_t columns) {
  std::vector<std::string> lines(1);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    std::string& line = lines.back();
    if (!line.empty() && shown_width(line) + 1 + shown_width(word) > columns) {
      lines.emplace_back(word);
    } else {
      line += (line.empty() ? "" : " ") + std::string(word);
    }
  }
  return lines;
}

std::string fitted(const std::string& text, std::size_t columns) {
  if (shown_width(text) <= columns) return text;
  if (columns <= 3) return std::string(columns, '.');
  std::string cut;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t next = i + 1;
    while (next < text.size() && (static_cast<unsigned char>(text[next]) & 0xC0U) == 0x80) ++next;
    if (shown_width(cut) + shown_width(text.substr(i, next - i)) > columns - 3) break;
    cut.append(text, i, next - i);
    i = next;
  }
  return cut + "...";
}

std::string health_sentence(const std::vector<Finding>& findings) {
  const auto count = [&](Severity severity) {
    return std::count_if(findings.begin(), findings.end(),
                         [&](const Finding& finding) { return finding.severity == severity; });
  };
  const auto hands = count(Severity::needs_a_hand);
  const auto behind = count(Severity::behind);
  if (hands + behind == 0) return "All is well.";
  std::string text = hands == 0 ? "Nothing needs a hand"
                                : shown_count(hands, "thing needs a hand", "things need a hand");
  if (behind > 0) text += ", " + shown_count(behind, "is behind", "are behind");
  return text + ".";
}

Tone tone_of(Health health) {
  if (health == Health::well) return Tone::good;
  return health == Health::behind ? Tone::late : Tone::bad;
}

std::vector<std::string> finding_lines(const std::vector<Finding>& findings, const Paper& paper,
                                       std::size_t lines) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < findings.size(); ++i) {
    const auto its = lines_of(findings[i], paper);
    const bool is_last = i + 1 == findings.size();
    if (all.size() + its.size() + (is_last ? 0 : 1) > lines) {
      if (lines > all.size()) {
        all.push_back(fmt::format("and {} more: packctl status --all", findings.size() - i));
      }
      return all;
    }
    all.insert(all.end(), its.begin(), its.end());
  }
  return all;
}

std::vector<std::string> figure_lines(const Situation& situation, const SituationLimits& limits,
                                      const Paper& paper) {
  std::vector<std::string> lines;
  const auto add = [&](const char* what, const std::string& text) {
    lines.push_back(padded(what, word_columns) + fitted(text, paper.columns - word_columns));
  };
  const Instant now = situation.as_of;
  if (situation.ledger) {
    const LedgerSituation& ledger = *situation.ledger;
    add("ledger",
        fmt::format("transaction {}{}, schema {}",
                    with_separators(static_cast<std::int64_t>(ledger.sequence)),
                    ledger.last_commit
                        ? ", " + shown_age(seconds_since(*ledger.last_commit, now)) + " ago"
                        : "",
                    ledger.schema_version));
  } else {
    add("ledger", "not seen");
  }
  add("spool", situation.spool ? spool_line(*situation.spool, now) : "not seen");
  if (!situation.ledger) return lines;
  add("jobs", jobs_line(*situation.ledger, limits, now));
  if (situation.ledger->channels.empty()) return lines;
  Table table({{"channel"},
               {"state"},
               {"waiting", true},
               {"oldest", true},
               {"held", true},
               {"sent/day", true},
               {"dead/day", true}});
  for (const ChannelStanding& channel : situation.ledger->channels) {
    table.add({channel.name, channel.configured ? shown_state(channel) : "not in the settings",
               with_separators(channel.waiting),
               channel.oldest_s ? shown_age(*channel.oldest_s) : "-",
               count_of(channel, channel.held), count_of(channel, channel.sent),
               count_of(channel, channel.dead)});
  }
  lines.emplace_back();
  for (const std::string& line : table.lines()) lines.push_back(fitted(line, paper.columns));
  return lines;
}

std::vector<std::string> status_screen(const Situation& situation, const SituationLimits& limits,
                                       const Paper& paper) {
  const auto findings = judge(situation, limits);
  std::vector<std::string> lines{
      paper.ink(tone_of(health_of(findings)), health_sentence(findings))};
  const auto figures = figure_lines(situation, limits, paper);
  // The first line, one that is empty on either side of the findings, and the shell's prompt.
  const std::size_t taken = figures.size() + 4;
  const std::size_t place = paper.lines == SIZE_MAX   ? SIZE_MAX
                            : paper.lines > taken + 3 ? paper.lines - taken
                                                      : 3;
  const auto found = finding_lines(findings, paper, place);
  if (!found.empty()) lines.emplace_back();
  lines.insert(lines.end(), found.begin(), found.end());
  lines.emplace_back();
  lines.insert(lines.end(), figures.begin(), figures.end());
  return lines;
}

}  // namespace packwarden
