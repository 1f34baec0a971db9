// How fast the dedupe index takes keys, at several sizes, what a key costs in memory, and how long
// its making takes. Memory: 2 GB for the largest size; leave it out with
// --benchmark_filter=-/100000000.

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "dedupe/dedupe_index.h"
#include "dedupe/key_hasher.h"

namespace packwarden {
namespace {

constexpr std::size_t batch = 1'000'000;
constexpr std::int32_t today = 20'000;

std::uint64_t mix(std::uint64_t x) {  // splitmix64
  x += 0x9E3779B97F4A7C15;
  x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9;
  x = (x ^ x >> 27) * 0x94D049BB133111EB;
  return x ^ x >> 31;
}

std::vector<RecordKey> keys_from(std::uint64_t first) {
  std::vector<RecordKey> keys(batch);
  for (std::size_t i = 0; i < batch; ++i) {
    const std::uint64_t other = mix(~(first + i));
    keys[i] = {mix(first + i), static_cast<std::uint32_t>(other),
               static_cast<std::uint32_t>(other >> 32)};
  }
  return keys;
}

// One index for all sizes, which only grows.
DedupeIndex& index_of(std::size_t size) {
  static DedupeIndex index;
  std::vector<Seen> seen(batch);
  while (index.size() < size) {
    const std::vector<RecordKey> keys = keys_from(index.size());
    index.insert_all(keys.data(), batch, today, seen.data());
  }
  return index;
}

void insert_new(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  DedupeIndex& index = index_of(size);
  std::vector<Seen> seen(batch);
  for (auto _ : state) {
    state.PauseTiming();
    const std::vector<RecordKey> keys = keys_from(index.size());
    state.ResumeTiming();
    index.insert_all(keys.data(), batch, today, seen.data());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch));
  state.counters["bytes_a_key"] =
      static_cast<double>(index.memory_bytes()) / static_cast<double>(index.size());
}
BENCHMARK(insert_new)
    ->Arg(0)
    ->Arg(10'000'000)
    ->Arg(100'000'000)
    ->Iterations(5)
    ->Unit(benchmark::kMillisecond);

void look_up_duplicates(benchmark::State& state) {
  DedupeIndex& index = index_of(static_cast<std::size_t>(state.range(0)));
  std::vector<Seen> seen(batch);
  std::uint64_t first = 0;
  for (auto _ : state) {
    state.PauseTiming();
    const std::vector<RecordKey> keys = keys_from(first);
    first += batch;
    state.ResumeTiming();
    index.insert_all(keys.data(), batch, today, seen.data());
    if (seen.back() != Seen::duplicate) state.SkipWithError("not a duplicate");
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch));
}
BENCHMARK(look_up_duplicates)->Arg(100'000'000)->Iterations(10)->Unit(benchmark::kMillisecond);

void let_go_nothing(benchmark::State& state) {
  DedupeIndex& index = index_of(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(index.let_go_before(today));
}
BENCHMARK(let_go_nothing)->Arg(100'000'000)->Iterations(1)->Unit(benchmark::kMillisecond);

void key_of(benchmark::State& state) {
  KeyHasher::Secret secret{};
  const KeyHasher hasher(secret);
  std::string id(static_cast<std::size_t>(state.range(0)), 'x');
  RecordContent content{AccountId{7}, MeterId{2}, Instant{1'790'000'000'000'000'000}, 1};
  for (auto _ : state) {
    ++content.quantity;
    ++id[3];
    benchmark::DoNotOptimize(hasher.key_of("gateway-1", id, content));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(key_of)->Arg(16)->Arg(36)->Arg(44)->Arg(128);

}  // namespace
}  // namespace packwarden

BENCHMARK_MAIN();
