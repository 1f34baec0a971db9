// How long a line takes to decode, by kind of line. `time_per_line` is in seconds.
#include <benchmark/benchmark.h>

#include <random>
#include <string>
#include <vector>

#include "mediation/record_decoder.h"

namespace packwarden {
namespace {

constexpr std::size_t block_bytes = 1 << 20;
constexpr std::uint64_t lines_per_call = 8192;

enum class Kind { plain, quoted, doubled, dirty_utf8, flat_json, event };

std::string file_of(Kind kind, int lines) {
  std::mt19937_64 random(7);
  const bool json = kind == Kind::flat_json || kind == Kind::event;
  std::string text = json ? "" : "id,source,account,product,meter,time,quantity\n";
  for (int i = 0; i < lines; ++i) {
    char line[384];
    const char* const form =
        kind == Kind::quoted ? "\"%016llx%04d\",\"edge-%u\",\"acct-%07u\",\"captcha\","
                               "\"captcha.verify\",\"2026-11-%02uT%02u:%02u:%02u.%06uZ\",%u\n"
        : kind == Kind::flat_json
            ? "{\"id\":\"%016llx%04d\",\"source\":\"edge-%u\",\"account\":\"acct-%07u\","
              "\"product\":\"captcha\",\"meter\":\"captcha.verify\",\"time\":"
              "\"2026-11-%02uT%02u:%02u:%02u.%06uZ\",\"quantity\":%u}\n"
        : kind == Kind::event
            ? "{\"specversion\":\"1.0\",\"id\":\"%016llx%04d\",\"source\":\"edge-%u\","
              "\"subject\":\"acct-%07u\",\"type\":\"captcha.verify\",\"time\":"
              "\"2026-11-%02uT%02u:%02u:%02u.%06uZ\",\"data\":{\"product\":\"captcha\","
              "\"quantity\":%u}}\n"
        : kind == Kind::doubled ? "\"%016llx\"\"%04d\",edge-%u,acct-%07u,captcha,"
                                  "captcha.verify,2026-11-%02uT%02u:%02u:%02u.%06uZ,%u\n"
                                : "%016llx%04d,edge-%u,acct-%07u,captcha,captcha.verify,"
                                  "2026-11-%02uT%02u:%02u:%02u.%06uZ,%u\n";
    const auto pick = [&](unsigned below) { return static_cast<unsigned>(random() % below); };
    const int size = snprintf(line, sizeof line, form, static_cast<unsigned long long>(random()),
                              i % 10'000, pick(64), pick(1'000'000), 1 + pick(28), pick(24),
                              pick(60), pick(60), pick(1'000'000), 1 + pick(3));
    text.append(line, static_cast<std::size_t>(size));
    if (kind == Kind::dirty_utf8 && i % 50 == 0) text += "\xff,,,,,,\n";
  }
  return text;
}

void decode(benchmark::State& state, Kind kind) {
  const std::string text = file_of(kind, 200'000);
  const Format format = text.front() == '{' ? Format::ndjson : Format::csv;
  std::vector<DecodedLine> lines;
  std::int64_t total_lines = 0;
  for (auto _ : state) {
    const auto decoder = open_decoder(format, text, true, 64 * 1024).value();
    std::uint64_t at = decoder->start_bytes();
    std::uint64_t line_no = 1 + decoder->start_lines();
    while (at < text.size()) {
      lines.clear();
      const auto block = std::string_view(text).substr(at, block_bytes);
      const DecodeStep step = decoder->decode(block, at + block.size() == text.size(), at, line_no,
                                              lines_per_call, lines);
      at += step.consumed_bytes;
      line_no += step.physical_lines;
      total_lines += static_cast<std::int64_t>(step.data_lines);
      benchmark::DoNotOptimize(lines.data());
    }
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
  state.SetItemsProcessed(total_lines);
  state.counters["bytes_per_line"] = static_cast<double>(text.size()) *
                                     static_cast<double>(state.iterations()) /
                                     static_cast<double>(total_lines);
  state.counters["time_per_line"] = benchmark::Counter(
      static_cast<double>(total_lines), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK_CAPTURE(decode, plain, Kind::plain)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(decode, quoted, Kind::quoted)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(decode, doubled, Kind::doubled)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(decode, dirty_utf8, Kind::dirty_utf8)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(decode, flat_json, Kind::flat_json)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(decode, event, Kind::event)->Unit(benchmark::kMillisecond);

void parse_time(benchmark::State& state) {
  std::mt19937_64 random(7);
  std::vector<std::string> texts;
  for (int i = 0; i < 1024; ++i) {
    const Instant at{static_cast<std::int64_t>(random() % 2'000'000'000'000'000'000U)};
    texts.push_back(to_rfc3339(at));
  }
  for (auto _ : state) {
    for (const std::string& text : texts) {
      benchmark::DoNotOptimize(parse_rfc3339(text.data(), text.data() + text.size()));
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(texts.size()));
  state.counters["time_per_time"] = benchmark::Counter(
      static_cast<double>(state.iterations()) * static_cast<double>(texts.size()),
      benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(parse_time);

}  // namespace
}  // namespace packwarden
