#include <algorithm>
#include <array>
#include <random>
#include <thread>

#include "store/job_rows.h"
#include "store/mysql_reports.h"
#include "usecases/account_commands.h"
#include "usecases/billing_case.h"
#include "usecases/billing_jobs.h"
#include "usecases/file_void.h"
#include "usecases/money_commands.h"
#include "usecases/pack_commands.h"
#include "usecases/postpaid_commands.h"
#include "usecases/refund_commands.h"

// What happens in a case: `when`.
namespace packwarden::testing {
namespace {

std::string code_of(const CommandOutcome& outcome) {
  if (!outcome) return "refused " + outcome.error().code;
  return outcome->repeated ? "repeated" : "done";
}

}  // namespace

void BillingCase::when(CaseWords words) {
  const Instant now = instant(words.next());
  const auto refused = words.value_of("refused");
  const bool repeated = words.take("again");
  if (const auto outcome = run_command_of(words, now)) {
    words.end();
    const std::string expected =
        refused ? "refused " + *refused : std::string(repeated ? "repeated" : "done");
    if (code_of(*outcome) != expected) wrong_.push_back("it is " + code_of(*outcome));
    return;
  }
  if (words.take("jobs run")) {
    words.end();
    MySqlJobStore store(database_->address());
    BillingJobs(ledger_, store, context_, {"test", 60, 0}).run(now);
  } else if (words.take("send")) {
    const std::string name = words.next();
    words.end();
    take_file(name + "-again", files_.at(name), now);
  } else if (words.take("void")) {
    const std::string name = words.next();
    const auto times = case_number(words.value_of("times", "1"));
    words.end();
    void_at_once(name, static_cast<int>(times), now);
  } else if (words.take("use random")) {
    use_random(std::move(words), now);
  } else if (words.take("use")) {
    use(words.rest(), now);
  } else {
    throw CaseError(
        "what is done? use, use random, send, void, jobs run, buy, claim trial, top up, postpaid, "
        "close, refund");
  }
}

std::optional<CommandOutcome> BillingCase::run_command_of(CaseWords& words, Instant now) {
  if (words.take("buy")) return buy(words, now);
  if (words.take("claim trial")) {
    const std::vector<std::string> names{"acme"};
    auto outcome = claim_trials(ledger_, context_, {"captcha", names, now}, request_id(words));
    if (outcome) packs_[words.value_of("as", "trial")] = {PackId{outcome->first_id}};
    return outcome;
  }
  if (words.take("top up")) {
    const std::string amount = words.next();
    const std::string reference = words.value_of("reference", new_request_id());
    return top_up_balance(ledger_, context_, {"acme", case_amount(amount), reference, now},
                          request_id(words));
  }
  if (words.take("postpaid")) {
    const bool on = words.take("on");
    if (!on && !words.take("off")) throw CaseError("postpaid on or off");
    const std::vector<std::string> names{"acme"};
    return switch_postpaid(ledger_, context_, {"captcha", names, on, now}, request_id(words));
  }
  if (words.take("close")) {
    const std::vector<std::string> names{"acme"};
    return learn(ledger_, context_, names, std::array{AccountFactKind::closed}, now,
                 request_id(words));
  }
  if (words.take("refund")) {
    const std::vector<PackId>& packs = packs_.at(words.next());
    const std::string step = words.next();
    for (const RefundStep known :
         {RefundStep::requested, RefundStep::approved, RefundStep::rejected, RefundStep::ordered,
          RefundStep::completed}) {
      if (name_of(known) != step) continue;
      const std::string reason = known == RefundStep::rejected ? "test" : "";
      return take_refund_step(ledger_, context_, {packs.at(0), known, reason, now},
                              request_id(words));
    }
    throw CaseError("'" + step + "' is not a step of a refund");
  }
  return std::nullopt;
}

CommandOutcome BillingCase::buy(CaseWords& words, Instant now) {
  const std::string tier = words.next();
  const std::string name = words.value_of("as", tier);
  const std::string paid_by = words.take("paid from outside") ? new_request_id() : "";
  std::vector<std::string> accounts{"acme"};
  if (const auto other = words.value_of("and-for")) accounts.push_back(*other);
  auto outcome =
      buy_packs(ledger_, context_, {"captcha", accounts, now, paid_by}, tier, request_id(words));
  if (outcome) packs_[name] = {PackId{outcome->first_id}};
  return outcome;
}

void BillingCase::use(const std::string& sentence, Instant now) {
  std::vector<Line> lines;
  std::string file;
  for (const std::string& part : case_list(sentence)) {
    CaseWords words(part);
    Line line;
    line.time = to_rfc3339(now);
    file = words.value_of("file", file);
    line.id = words.value_of("id", "r" + std::to_string(++record_count_));
    line.account = words.value_of("by", line.account);
    line.meter = words.value_of("meter", line.meter);
    if (const auto at = words.value_of("at")) {
      line.time = at->find('T') != std::string::npos ? *at : to_rfc3339(instant(*at));
    }
    line.quantity = std::to_string(case_number(words.next()));
    words.end();
    lines.push_back(line);
  }
  if (file.empty()) file = "f" + std::to_string(++file_count_);
  take_file(file, csv(lines), now);
}

// The records depend on the seed alone, so that two cases have the same.
void BillingCase::use_random(CaseWords words, Instant now) {
  std::mt19937 random(random_seed_);
  const auto pick = [&](std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random);
  };
  const Units records = case_number(words.next());
  words.take("records");
  const Units most = case_number(words.value_of("most", "9"));
  const Instant from = instant(words.value_of("from", ""));
  const auto file_total = static_cast<std::size_t>(case_number(words.value_of("files", "1")));
  words.end();
  std::vector<Line> lines;
  for (Units i = 0; i < records; ++i) {
    const Instant at{pick(from.nanos, now.nanos) / 1'000 * 1'000};
    lines.push_back({.id = "r" + std::to_string(i),
                     .time = to_rfc3339(at),
                     .quantity = std::to_string(pick(1, most))});
  }
  std::sort(lines.begin(), lines.end(),
            [](const Line& a, const Line& b) { return a.time < b.time; });
  for (std::size_t part = 0; part < file_total; ++part) {
    const auto at = [&](std::size_t edge) {
      return lines.begin() + static_cast<std::ptrdiff_t>(lines.size() * edge / file_total);
    };
    take_file("part" + std::to_string(part), csv({at(part), at(part + 1)}), now);
  }
}

void BillingCase::take_file(const std::string& name, const std::string& content, Instant now) {
  files_[name] = content;
  last_file_ = name + ".csv";
  host_->drop(last_file_, content);
  host_->run(now);
}

void BillingCase::void_at_once(const std::string& file, int times, Instant now) {
  const Digest digest = MySqlReports(database_->address()).find_files(file + ".csv").at(0);
  std::vector<std::jthread> threads;
  for (int i = 0; i < times; ++i) {
    threads.emplace_back([&] {
      MySqlLedger own(database_->address());
      (void)void_file(own, context_, {digest, "test", false, now}, new_request_id());
    });
  }
}

}  // namespace packwarden::testing
