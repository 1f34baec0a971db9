#include "ctl/packctl.h"

#include <gmock/gmock.h>

#include <boost/json.hpp>
#include <sstream>

#include "ctl/change.h"
#include "ctl/receipt_words.h"
#include "ctl/table.h"

namespace packwarden {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// Tokens of which `gateway` is one.
class OneToken : public TokenDesk {
 public:
  tl::expected<std::string, Refusal> create(std::string_view name) override {
    if (name == "gateway") return tl::unexpected(Refusal{"token_exists", "It exists."});
    if (name == "away") throw TokensUnavailable("It cannot be read.");
    return std::string(64, 'f');
  }
  std::vector<std::string> names() override { return {"gateway"}; }
  tl::expected<void, Refusal> revoke(std::string_view name) override {
    if (name == "gateway") return {};
    return tl::unexpected(Refusal{"unknown_token", "There is none."});
  }
};

// Settings without a database.
class Offline : public Backend, public Context {
 public:
  Offline() {
    Product product;
    product.name = "captcha";
    product.tiers = {{"trial", 20'000, 0, true}, {"30k", 30'000, 300'500'000, false}};
    product.postpaid_prices = {{beginning_of_days, 5'000}, {{20'454}, 5'250}};
    catalogue_.products.push_back(product);
    NoticeTexts& texts = notices_.texts;
    texts.set("en", NoticeKind::bill, TextForm::subject, "Bill for {{day}}");
    texts.set("en", NoticeKind::bill, TextForm::body, "{{account}} & {{amount}}");
    texts.set("en", NoticeKind::bill, TextForm::sms, "{{amount}}");
    texts.set("zh-CN", NoticeKind::bill, TextForm::sms, "账单 {{amount}}");
    texts.set_layout("<p>{{body}}</p>");
  }

  ConfigCheck check_config(const std::string& path) override {
    ConfigCheck check;
    if (path == "broken") check.mistakes = {"broken:3:5: what is this"};
    if (path == "dollars") check.refused = {"the ledger's amounts are in CNY"};
    if (path == "alone") check.not_compared = "the database is away.";
    if (path == "newer") check.changed = {"products", "catalogue"};
    return check;
  }
  std::unique_ptr<Context> open(const std::string& path) override {
    if (path == "broken") throw ConfigBroken("broken:3:5: what is this");
    return std::make_unique<Offline>();
  }
  bool allow_as_of() const override { return false; }
  Instant now() const override { return {}; }
  const BusinessCalendar& calendar() const override { return calendar_; }
  const Catalogue& catalogue() const override { return catalogue_; }
  const NoticeRules& notice_rules() const override { return notices_; }
  const Catalogue& stored_catalogue() override { throw LedgerUnavailable("there is no database"); }
  Ledger& ledger() override { throw LedgerUnavailable("there is no database"); }
  Ledger& ledger_as_it_is() override { throw LedgerUnavailable("there is no database"); }
  Ledger& ledger_by_clock() override { throw LedgerUnavailable("there is no database"); }
  JobStore& jobs() override { throw LedgerUnavailable("there is no database"); }
  Reports& reports() override { throw LedgerUnavailable("there is no database"); }
  NoticeDesk& notice_desk() override { throw LedgerUnavailable("there is no database"); }
  Inbox& inbox() override { throw LedgerUnavailable("there is no database"); }
  const std::vector<ConfiguredChannel>& channels() const override { return channels_; }
  SituationReads& situation_reads() override { throw LedgerUnavailable("there is no database"); }
  SituationLimits situation_limits() const override { return {}; }
  DeploymentStore& deployment() override { throw LedgerUnavailable("there is no database"); }
  LedgerMeaning meaning() const override { return {}; }
  CommandLimits command_limits() const override { return {}; }
  SchemaChange migrate() override { return {0, 1}; }
  std::vector<ServerFinding> check_server() override {
    return {{ServerFault::unsafe, "sync_binlog", "0", "1", "sync_binlog is 0: usage is lost."}};
  }
  SpoolDesk& spool() override { throw SpoolUnavailable("there is no spool"); }
  DaemonOfHistory& daemon_of_history() override { throw SpoolUnavailable("there is no spool"); }
  TokenDesk& tokens() override { return tokens_; }
  tl::expected<std::string, Refusal> webhook_secret(const std::string&) override {
    return tl::unexpected(Refusal{"no_webhook_channel", "There is none."});
  }
  std::string find_duplicates(const Digest&, const FileWithDuplicates&,
                              const std::function<void(std::uint64_t)>&) override {
    throw LedgerUnavailable("there is no database");
  }
  FileCheck check_file(const std::string&, const std::string&, Instant,
                       const FileCheckSinks&) override {
    throw LedgerUnavailable("there is no database");
  }

 private:
  BusinessCalendar calendar_ = BusinessCalendar::for_zone("Asia/Shanghai").value();
  Catalogue catalogue_;
  std::vector<ConfiguredChannel> channels_;
  NoticeRules notices_;
  OneToken tokens_;
};

struct Answer {
  int status = 0;
  std::string out;
  std::string err;
};

Answer packctl(std::vector<std::string> words) {
  words.insert(words.begin(), "packctl");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  Offline backend;
  std::ostringstream out;
  std::ostringstream err;
  const int status = run_packctl(static_cast<int>(words.size()), argv.data(), backend, out, err);
  return {status, out.str(), err.str()};
}

TEST(TryAgain, P9_says_the_request_id_behind_one_full_stop) {
  const std::string said =
      "The database is away. Run the same command again with --request-id r-1: it is done once at "
      "most.";
  EXPECT_EQ(how_to_try_again("The database is away.", "r-1"), said);
  EXPECT_EQ(how_to_try_again("The database is away", "r-1"), said);
}

TEST(Packctl, status_0_is_done) {
  const Answer answer = packctl({"migrate"});
  EXPECT_EQ(answer.status, 0);
  EXPECT_EQ(answer.out, "The schema went from version 0 to 1.\n");
  EXPECT_EQ(packctl({"--help"}).status, 0);
}

TEST(Packctl, status_1_is_refused) {
  const Answer answer = packctl({"--as-of", "2024-01-01T00:00:00Z", "status"});
  EXPECT_EQ(answer.status, 1);
  EXPECT_THAT(answer.err, HasSubstr("allow_as_of: true"));
  EXPECT_EQ(packctl({"--config", "broken", "config", "check"}).status, 1);
}

TEST(Packctl, S40_a_check_of_settings_says_how_they_stand_to_the_ledger) {
  const auto check = [](const std::string& config) {
    return packctl({"--config", config, "config", "check"});
  };
  EXPECT_EQ(check("good").out, "good is in order.\nIt agrees with the ledger.\n");
  EXPECT_EQ(check("newer").out,
            "newer is in order.\nThe ledger takes over what has changed at the next start or "
            "reload: products, catalogue.\n");
  EXPECT_EQ(check("alone").out,
            "alone is in order.\nIt was not compared with the ledger: the database is away.\n");
  EXPECT_EQ(check("alone").status, 0);
  const Answer refused = check("dollars");
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err, HasSubstr("the ledger's amounts are in CNY"));
  const Answer json = packctl({"--output", "json", "--config", "alone", "config", "check"});
  EXPECT_THAT(json.out, HasSubstr("\"compared\":false"));
}

TEST(Packctl, a_replay_needs_allow_as_of) {
  const Answer answer = packctl({"--output", "json", "replay", "history.jsonl"});
  EXPECT_EQ(answer.status, 1);
  EXPECT_THAT(answer.err, HasSubstr("\"code\":\"as_of_not_allowed\""));
}

TEST(Packctl, status_2_is_usage) {
  for (const auto& words :
       std::vector<std::vector<std::string>>{{},
                                             {"nonsense"},
                                             {"account"},
                                             {"account", "add"},
                                             {"account", "add-sub", "acme"},
                                             {"pack", "buy", "captcha"},
                                             {"usage"},
                                             {"export"},
                                             {"--output", "xml", "status"},
                                             {"--as-of", "yesterday", "status"},
                                             {"spool"},
                                             {"spool", "retry"},
                                             {"spool", "retry", "a.csv", "--all"},
                                             {"spool", "check"},
                                             {"rejects", "redrive"},
                                             {"file", "void", "a.csv"},
                                             {"statement", "acme"},
                                             {"statement", "acme", "2026-13"},
                                             {"--output", "csv", "usage", "acme"},
                                             {"why", "acme", "2026-11-31"},
                                             {"why", "acme", "2026-11-30", "--outcome", "used"},
                                             {"ledger", "acme", "--limit", "0"}}) {
    const Answer answer = packctl(words);
    EXPECT_EQ(answer.status, 2) << testing::PrintToString(words);
    EXPECT_THAT(answer.err, testing::AnyOf(HasSubstr(" --help"), HasSubstr("needs one of: ")));
  }
}

TEST(Packctl, a_word_that_is_not_known_is_answered_with_those_that_are) {
  EXPECT_THAT(packctl({"rejects", "lst"}).err,
              HasSubstr("packctl rejects needs one of: list, redrive, discard."));
  EXPECT_THAT(packctl({"nonsense"}).err, HasSubstr("'nonsense' is no word of packctl."));
  EXPECT_THAT(packctl({"pack", "buy", "captcha"}).err, HasSubstr("packctl pack buy --help"));
}

TEST(Packctl, status_3_is_unavailable) {
  EXPECT_EQ(packctl({"totals"}).status, 3);
  EXPECT_EQ(packctl({"status"}).status, 0) << "what can be seen is shown";
  EXPECT_EQ(packctl({"--config", "broken", "status"}).status, 3);
  EXPECT_EQ(packctl({"account", "add", "--from-file", "/no/such/file"}).status, 3);
}

TEST(Packctl, a_name_may_be_a_word_of_packctl) {
  EXPECT_EQ(packctl({"account", "add", "status", "list", "add"}).status, 3);
}

TEST(Packctl, options_may_stand_behind_the_command) {
  EXPECT_THAT(packctl({"catalogue", "--output", "json"}).out, StartsWith("["));
}

TEST(Packctl, errors_for_programs) {
  EXPECT_EQ(packctl({"--output", "json", "totals"}).err,
            "{\"error\":{\"code\":\"unavailable\",\"message\":\"There is no database. See that the "
            "database runs, then run this again; packctl status tells how all stands.\"}}\n");
  EXPECT_THAT(packctl({"--output", "json", "nonsense"}).err,
              StartsWith("{\"error\":{\"code\":\"usage\""));
}

TEST(Packctl, C1_the_catalogue_shows_computed_unit_prices) {
  EXPECT_EQ(packctl({"catalogue"}).out,
            "product  tier       units  price CNY  unit price  valid\n"
            "captcha  trial     20,000          0           -  7 days\n"
            "captcha  30k       30,000      300.5      0.0100  1 year\n"
            "captcha  postpaid                          0.005  always\n"
            "captcha  postpaid                        0.00525  from 2026-01-01\n");
  EXPECT_THAT(packctl({"--output", "json", "catalogue"}).out,
              AllOf(HasSubstr("\"price\":\"300.5\",\"unit_price\":\"0.0100\""),
                    HasSubstr("\"trial\":true,\"valid_days\":7"),
                    HasSubstr("\"tier\":\"postpaid\",\"unit_price\":\"0.00525\",\"currency\":"
                              "\"CNY\",\"from\":\"2026-01-01\"")));
}

TEST(Packctl, tokens_are_printed_once_listed_by_name_and_revoked) {
  EXPECT_EQ(packctl({"token", "new", "shop"}).out, std::string(64, 'f') + "\n");
  EXPECT_EQ(packctl({"--output", "json", "token", "new", "shop"}).out,
            "{\"name\":\"shop\",\"token\":\"" + std::string(64, 'f') + "\"}\n");
  EXPECT_EQ(packctl({"token", "new", "gateway"}).status, 1);
  EXPECT_EQ(packctl({"token", "new", "away"}).status, 3);
  EXPECT_EQ(packctl({"token", "list"}).out, "token\ngateway\n");
  EXPECT_EQ(packctl({"token", "revoke", "gateway"}).status, 0);
  EXPECT_THAT(packctl({"token", "revoke", "shop"}).err, HasSubstr("There is none."));
  EXPECT_EQ(packctl({"token", "new"}).status, 2);
}

TEST(Table, wide_characters_count_two_columns) {
  Table table({{"name"}, {"units", true}});
  table.add({"网易", "1"});
  table.add({"acme", "1,000"});
  std::ostringstream out;
  table.print(out);
  EXPECT_EQ(out.str(), "name  units\n网易      1\nacme  1,000\n");
  EXPECT_EQ(shown_width("é"), 1U);
  EXPECT_EQ(shown_width("e\u0301"), 1U);
}

TEST(Table, separators) {
  EXPECT_EQ(with_separators(0), "0");
  EXPECT_EQ(with_separators(999), "999");
  EXPECT_EQ(with_separators(1'000), "1,000");
  EXPECT_EQ(with_separators(-1'234'567), "-1,234,567");
  EXPECT_EQ(with_separators(-123), "-123");
}

TEST(Receipts, bytes_that_are_no_text) {
  EXPECT_EQ(shown_bytes("a b\xFF"
                        "\n网"),
            "a b\\xFF\\x0A网");
}

TEST(Packctl, N4_a_notice_is_previewed_in_all_its_forms) {
  EXPECT_EQ(packctl({"notice", "preview", "bill"}).out,
            "--- bill in en, with example facts\nBill for 2026-11-25\n\nacme & 12.5\n--- SMS, 1 "
            "part\n12.5\n--- HTML\n<p>acme &amp; 12.5</p>\n");
  EXPECT_EQ(packctl({"notice", "preview", "bill", "--medium", "sms", "--language", "zh-CN"}).out,
            "--- bill in zh-CN, with example facts\n--- SMS, 1 part\n账单 12.5\n");
  const auto json = boost::json::parse(
      packctl({"--output", "json", "notice", "preview", "bill", "--medium", "webhook"}).out);
  EXPECT_EQ(json, boost::json::parse(R"({"kind": "bill", "language": "en",
      "subject": "Bill for 2026-11-25", "body": "acme & 12.5", "facts": {"account": "acme",
      "product": "captcha", "day": "2026-11-25", "amount": "12.5", "balance": "87.5",
      "currency": "CNY"}})"));
}

TEST(Packctl, N4_a_preview_of_what_is_not_there_is_refused) {
  EXPECT_THAT(packctl({"notice", "preview", "bills"}).err, HasSubstr("Give one of pack_usage, "));
  EXPECT_EQ(packctl({"notice", "preview", "bill", "--language", "fr"}).status, 1);
  EXPECT_EQ(packctl({"notice", "preview", "bill", "--medium", "fax"}).status, 2);
}

}  // namespace
}  // namespace packwarden
