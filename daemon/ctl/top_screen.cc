#include "ctl/top_screen.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ctl/desk.h"
#include "ctl/situation_json.h"
#include "ctl/table.h"
#include "domain/shown_text.h"

namespace packwarden {
namespace {

constexpr std::size_t word_columns = 10;
constexpr double figures_with_a_decimal = 9.95;

std::string shown_rate(double rate) {
  return rate > 0 && rate < figures_with_a_decimal
             ? fmt::format("{:.1f}", rate)
             : with_separators(static_cast<std::int64_t>(std::llround(rate)));
}

std::vector<std::string> rate_lines(const PaceMeter& meter) {
  Table table({{""},
               {"records/s", true},
               {"units/s", true},
               {"files/s", true},
               {"commits/s", true},
               {"sent/s", true},
               {"dead/s", true}});
  const auto add = [&](const char* what, const std::optional<Rates>& rates) {
    const auto cell = [&](double Rates::*figure) {
      return rates ? shown_rate((*rates).*figure) : std::string("-");
    };
    table.add({what, cell(&Rates::records), cell(&Rates::units), cell(&Rates::files),
               cell(&Rates::commits), cell(&Rates::sent), cell(&Rates::dead)});
  };
  add("now", meter.now());
  add("last min", meter.last_minute());
  return table.lines();
}

std::string backlog_text(const Situation& situation, const std::optional<Backlog>& backlog) {
  if (!backlog) return "the spool is not seen";
  if (backlog->files == 0) return "nothing waits";
  std::string text = shown_count(backlog->files, "file") + ", " +
                     shown_size(static_cast<std::uint64_t>(backlog->bytes));
  if (situation.spool->incoming.oldest) {
    text += ", oldest " +
            shown_age((situation.as_of - *situation.spool->incoming.oldest).nanos / 1'000'000'000);
  }
  if (situation.spool->hold) return text + ": the spool is held";
  const auto bytes_per_s = static_cast<std::uint64_t>(std::abs(backlog->bytes_per_s));
  if (bytes_per_s == 0) return text + ": steady";
  text += fmt::format(": {} by {}/s", backlog->bytes_per_s < 0 ? "falls" : "grows",
                      shown_size(bytes_per_s));
  if (backlog->empty_in_s) text += ", empty in about " + shown_age(*backlog->empty_in_s);
  return text;
}

std::string jobs_text(const Situation& situation, const SituationLimits& limits) {
  std::string text;
  for (const JobRow& job : situation.ledger->jobs) {
    const std::int64_t late = late_s(job, situation.as_of, limits);
    text += (text.empty() ? "" : ", ") + job.name;
    text += !job.holder.empty() ? " at work"
            : !job.done_until   ? " not run yet"
            : late > 0          ? " " + shown_age(late) + " late"
                                : " in time";
  }
  return text.empty() ? "none has run yet" : text;
}

std::vector<std::string> channel_lines(const Situation& situation, const PaceMeter& meter) {
  Table table({{"channel"},
               {"state"},
               {"sent/s", true},
               {"waiting", true},
               {"oldest", true},
               {"sending", true},
               {"held", true},
               {"failures", true}});
  const auto rates = meter.now();
  for (const ChannelStanding& channel : situation.ledger->channels) {
    std::string sent = "-";
    if (rates) {
      const auto its = rates->sent_by_channel.find(channel.name);
      sent = shown_rate(its == rates->sent_by_channel.end() ? 0 : its->second);
    }
    table.add({channel.name, channel.configured ? shown_state(channel) : "not in the settings",
               sent, with_separators(channel.waiting),
               channel.oldest_s ? shown_age(*channel.oldest_s) : "-",
               with_separators(channel.sending), with_separators(channel.held),
               with_separators(static_cast<std::int64_t>(channel.failures))});
  }
  return table.lines();
}

boost::json::value json_of(const std::optional<Rates>& rates) {
  if (!rates) return nullptr;
  boost::json::object channels;
  for (const auto& [channel, sent] : rates->sent_by_channel) channels[channel] = sent;
  return boost::json::object{{"records", rates->records},  {"units", rates->units},
                             {"files", rates->files},      {"commits", rates->commits},
                             {"sent", rates->sent},        {"dead", rates->dead},
                             {"sent_by_channel", channels}};
}

}  // namespace

std::vector<std::string> top_screen(const Situation& situation, const PaceMeter& meter,
                                    const SituationLimits& limits, const Paper& paper) {
  const auto findings = judge(situation, limits);
  std::vector<std::string> lines;
  const auto add = [&](const std::string& text, Tone tone = Tone::plain) {
    lines.push_back(paper.ink(tone, fitted(text, paper.columns)));
  };
  add("packctl top  " + shown_time({situation.as_of.nanos / 1'000'000'000 * 1'000'000'000}),
      Tone::title);
  add(health_sentence(findings), tone_of(health_of(findings)));
  add("");
  const auto rates = rate_lines(meter);
  for (const std::string& line : rates)
    add(line, &line == &rates.front() ? Tone::quiet : Tone::plain);
  add("");
  const auto labelled = [&](const char* what, const std::string& text) {
    add(fmt::format("{:<{}}{}", what, word_columns, text));
  };
  labelled("backlog", backlog_text(situation, meter.backlog()));
  if (situation.ledger) {
    labelled("jobs", jobs_text(situation, limits));
    if (!situation.ledger->channels.empty()) {
      add("");
      const auto channels = channel_lines(situation, meter);
      for (const std::string& line : channels) {
        add(line, &line == &channels.front() ? Tone::quiet : Tone::plain);
      }
    }
  }
  if (lines.size() + 2 < paper.lines && !findings.empty()) {
    add("");
    const std::size_t place = paper.lines == SIZE_MAX ? SIZE_MAX : paper.lines - lines.size();
    Paper narrow = paper;
    narrow.cut = true;
    for (const std::string& line : finding_lines(findings, narrow, place)) lines.push_back(line);
  }
  if (lines.size() > paper.lines) lines.resize(paper.lines);
  return lines;
}

boost::json::object top_json(const Situation& situation, const PaceMeter& meter,
                             const SituationLimits& limits) {
  boost::json::object object = json_of(situation, judge(situation, limits), limits);
  object["per_second"] = json_of(meter.now());
  object["per_second_last_minute"] = json_of(meter.last_minute());
  object["backlog"] = nullptr;
  if (const auto backlog = meter.backlog()) {
    boost::json::object its{{"files", backlog->files},
                            {"bytes", backlog->bytes},
                            {"bytes_per_second", backlog->bytes_per_s},
                            {"empty_in_s", nullptr}};
    if (backlog->empty_in_s) its["empty_in_s"] = *backlog->empty_in_s;
    object["backlog"] = std::move(its);
  }
  return object;
}

}  // namespace packwarden
