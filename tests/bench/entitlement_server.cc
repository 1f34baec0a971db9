// The HTTP port of the daemon over accounts in memory, for tests/bench/entitlement.py:
// bench_entitlement TOKENS_FILE ACCOUNTS. Prints its port and a token, serves until its input ends,
// then prints the processor time of the port in microseconds.

#include <fmt/format.h>
#include <sys/resource.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <string>
#include <unordered_map>

#include "http/http_server.h"
#include "http/token_desk.h"

namespace {

using namespace packwarden;

struct Hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>()(text);
  }
};

Instant system_now() {
  return {std::chrono::duration_cast<std::chrono::nanoseconds>(
              std::chrono::system_clock::now().time_since_epoch())
              .count()};
}

// tenant-0000000 and so on; each tenth has used all up, the others have three units more than seven
// times their number.
class Accounts : public Entitlements {
 public:
  explicit Accounts(int count) {
    for (int i = 0; i < count; ++i) left_units_[fmt::format("tenant-{:07}", i)] = units_of(i);
  }

  tl::expected<Entitlement, EntitlementFault> check(std::string_view account,
                                                    std::string_view product) const override {
    if (product != "captcha") return tl::unexpected(EntitlementFault::unknown_product);
    const auto found = left_units_.find(account);
    if (found == left_units_.end()) return tl::unexpected(EntitlementFault::unknown_account);
    const Units left = found->second;
    if (left == 0) return Entitlement{false, "packs_exhausted", "none", 0, system_now()};
    return Entitlement{true, "", "packs", left, system_now()};
  }

 private:
  static Units units_of(int i) { return i % 10 == 0 ? 0 : 7 * i + 3; }

  std::unordered_map<std::string, Units, Hash, std::equal_to<>> left_units_;
};

std::int64_t processor_time_us() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto micros = [](const timeval& time) { return time.tv_sec * 1'000'000 + time.tv_usec; };
  return micros(used.ru_utime) + micros(used.ru_stime);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: bench_entitlement TOKENS_FILE ACCOUNTS\n";
    return 2;
  }
  try {
    HttpOptions options;
    options.listen = "127.0.0.1:0";
    options.tokens_file = argv[1];
    const std::string token = TokenFileDesk(options.tokens_file).create("bench").value();
    const Accounts accounts(std::stoi(argv[2]));
    HttpServer server(options, accounts);
    const std::int64_t before_us = processor_time_us();
    std::cout << server.port() << ' ' << token << std::endl;
    for (std::string line; std::getline(std::cin, line);) continue;
    std::cout << processor_time_us() - before_us << std::endl;
  } catch (const std::exception& error) {
    std::cerr << "bench_entitlement: " << error.what() << "\n";
    return 1;
  }
  return 0;
}
