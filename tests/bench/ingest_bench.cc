// bench_ingest GROUPS FILES [RECORDS]: files of RECORDS (a million) records over GROUPS accounts go
// through the ingest composition on the server of PACKWARDEN_TEST_SOCKET; prints what each round
// took. For callgrind and perf.
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "app/composition.h"
#include "support/places.h"
#include "support/test_database.h"

namespace packwarden {
namespace {

constexpr Instant noon = Instant::from_micros(1'795'176'000'000'000);

std::string account_name(std::uint32_t number) {
  char name[32];
  std::snprintf(name, sizeof name, "tenant-%07u", number);
  return name;
}

void add_tenants(TestDatabase& database, std::uint32_t count) {
  MySqlLedger ledger(database.address());
  ledger.transact("setup", Instant::earliest(), [&](LedgerTransaction& tx) {
    std::vector<Account> accounts;
    std::vector<Pack> packs;
    for (std::uint32_t i = 1; i <= count; ++i) {
      accounts.push_back({AccountId{i}, AccountId{}, account_name(i)});
      Pack pack;
      pack.id = PackId{i};
      pack.account = AccountId{i};
      pack.product = ProductId{1};
      pack.tier = "1b";
      pack.quota = 1'000'000'000;
      pack.purchased_at = pack.effective_from = noon - Span::days(40);
      pack.expires_at = noon + Span::days(300);
      pack.notice_levels = {50, 70, 90, 95};
      packs.push_back(std::move(pack));
    }
    tx.add_accounts(accounts, "en");
    tx.add_packs(packs);
    return Verdict::commit;
  });
}

void write_usage(const std::filesystem::path& path, std::uint32_t file, std::uint32_t groups,
                 std::uint32_t records) {
  std::FILE* out = std::fopen(path.c_str(), "w");
  std::fputs("id,account,product,meter,time,quantity\n", out);
  for (std::uint32_t i = 0; i < records; ++i) {
    const std::uint32_t second = static_cast<std::uint32_t>(std::uint64_t{i} * 60'000 / records);
    std::fprintf(out,
                 "edge-%04u-%021x,tenant-%07u,captcha,client_verification,2026-11-19T%02u:%02u:%"
                 "02u.%03uZ,1\n",
                 file, i, static_cast<std::uint32_t>(std::uint64_t{i} * 7'919 % groups) + 1,
                 second / 3600, second / 60 % 60, second % 60, i % 1000);
  }
  std::fclose(out);
}

int run(std::uint32_t groups, std::uint32_t files, std::uint32_t records) {
  TestDatabase database;
  Settings settings = load_settings(source_dir() + "/config/packwarden.yaml").value();
  settings.database.socket = database.address().socket;
  settings.database.name = database.address().name;
  settings.database.user = database.address().user;
  settings.database.password.clear();
  const auto root =
      std::filesystem::temp_directory_path() / ("pw-bench-" + std::to_string(getpid()));
  settings.spool.directory = root.string();
  settings.spool.name = "bench";
  settings.spool.default_source = "bench";
  add_tenants(database, groups);
  IngestComposition composition(settings);
  composition.ingest().load();
  for (std::uint32_t f = 0; f < files; ++f) {
    write_usage(root / "incoming" / ("usage-" + std::to_string(f) + ".csv"), f, groups, records);
  }
  using clock = std::chrono::steady_clock;
  const auto begin = clock::now();
  auto last = begin;
  std::int64_t lines = 0;
  while (const auto report = composition.ingest().round(noon)) {
    const auto at = clock::now();
    lines += report->counts.lines;
    std::printf("round: %lld lines, %lld accepted, %.0f ms\n",
                static_cast<long long>(report->counts.lines),
                static_cast<long long>(report->counts.accepted),
                std::chrono::duration<double, std::milli>(at - last).count());
    last = at;
  }
  const double seconds = std::chrono::duration<double>(last - begin).count();
  std::printf("%lld lines in %.2f s: %.0f a second\n", static_cast<long long>(lines), seconds,
              static_cast<double>(lines) / seconds);
  std::filesystem::remove_all(root);
  return 0;
}

}  // namespace
}  // namespace packwarden

int main(int argc, char** argv) {
  const auto number = [&](int i, std::uint32_t otherwise) {
    return argc > i ? static_cast<std::uint32_t>(std::strtoul(argv[i], nullptr, 10)) : otherwise;
  };
  return packwarden::run(number(1, 10'000), number(2, 4), number(3, 1'000'000));
}
