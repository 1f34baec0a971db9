#include "channel/plugin_host.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "channel/clean_text.h"
#include "support/fake_outbox.h"
#include "support/places.h"

namespace packwarden {
namespace {

using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;
using Outcome = DeliveryReport::Outcome;

std::string fixture(const std::string& name) {
  return binary_dir() + "/lib/fixtures/" + name + ".so";
}

std::string inbox() {
  return binary_dir() + "/lib/packwarden/inbox.so";
}

OutboxRow message(const std::string& body, const std::string& subject = "") {
  OutboxRow row;
  row.delivery_id = 1;
  row.idempotency_key = "key-" + body;
  row.account_name = "acme";
  row.language = "en";
  row.kind = "pack_usage";
  row.subject = subject;
  row.body = body;
  row.attempts = 1;
  return row;
}

FakeReports no_reports;

std::unique_ptr<Plugin> start(const std::string& path, OutboxStore& store,
                              DeliveryReports& reports = no_reports) {
  const auto notifier = load_notifier(path, "test");
  if (!notifier) throw std::runtime_error(notifier.error());
  auto plugin = Plugin::create(*notifier, "test", {}, {&store, &reports});
  if (!plugin) throw std::runtime_error(plugin.error());
  return std::move(*plugin);
}

DeliveryReport deliver_one(Plugin& plugin, const OutboxRow& row) {
  return plugin.deliver({&row, 1}, milliseconds(1'000)).at(0);
}

struct Refusal {
  const char* name;
  const char* because;
};

class RefusedLibrary : public testing::TestWithParam<Refusal> {};

TEST_P(RefusedLibrary, SaysWhy) {
  const auto notifier = load_notifier(fixture(GetParam().name), "test");
  ASSERT_FALSE(notifier.has_value());
  EXPECT_THAT(notifier.error(), AllOf(HasSubstr(GetParam().name), HasSubstr(GetParam().because)));
}

INSTANTIATE_TEST_SUITE_P(
    PluginHost, RefusedLibrary,
    testing::Values(Refusal{"not_there", "cannot be loaded"},
                    Refusal{"no_symbol", "exports no pw_notifier_entry"},
                    Refusal{"wrong_version", "was built for version 2 of the interface, this host"},
                    Refusal{"small_struct", " are needed"},
                    Refusal{"tiny_struct", "too few to tell its version"},
                    Refusal{"serves_nobody", "does not serve version 1"},
                    Refusal{"no_deliver", "has no deliver"},
                    Refusal{"no_batch", "has no batch_max"}),
    [](const auto& refusal) { return std::string(refusal.param.name); });

TEST(PluginHost, GivesThePluginsReasonWhenItCannotBeMade) {
  FakeOutbox store;
  const auto notifier = load_notifier(fixture("scripted"), "test");
  ASSERT_TRUE(notifier.has_value());
  const auto plugin = Plugin::create(*notifier, "test", {{"colour", "red"}}, {&store, &no_reports});
  ASSERT_FALSE(plugin.has_value());
  EXPECT_EQ(plugin.error(), "plugin scripted: no setting colour=red");
}

TEST(PluginHost, N8_ReportsEachMessageByItself) {
  FakeOutbox store;
  const auto plugin = start(fixture("scripted"), store);
  const std::vector<OutboxRow> rows = {message("accept"),  message("reject"),   message("retry"),
                                       message("unknown"), message("nonsense"), message("hold")};
  const auto reports = plugin->deliver(rows, milliseconds(1'000));
  ASSERT_EQ(reports.size(), rows.size());
  EXPECT_EQ(reports[0].outcome, Outcome::accepted);
  EXPECT_EQ(reports[0].detail, "id-of-key-accept");
  EXPECT_EQ(reports[1].outcome, Outcome::rejected);
  EXPECT_EQ(reports[1].detail, "no such recipient");
  EXPECT_EQ(reports[2].outcome, Outcome::retry);
  EXPECT_EQ(reports[2].retry_after_ms, 1234u);
  EXPECT_EQ(reports[3].outcome, Outcome::unknown);
  EXPECT_EQ(reports[4].outcome, Outcome::unknown);
  EXPECT_EQ(reports[4].detail, "the plugin answered 77");
  EXPECT_EQ(reports[5].outcome, Outcome::hold);
  EXPECT_EQ(reports[5].detail, "the account is empty");
}

TEST(PluginHost, RetriesAllWhenThePluginSentNothing) {
  FakeOutbox store;
  const auto plugin = start(fixture("scripted"), store);
  const std::vector<OutboxRow> rows = {message("accept", "error"), message("accept")};
  for (const auto& report : plugin->deliver(rows, milliseconds(1'000))) {
    EXPECT_EQ(report.outcome, Outcome::retry);
    EXPECT_EQ(report.detail, "not connected");
  }
}

TEST(PluginHost, N8_TakesAnOddAnswerForUnknown) {
  FakeOutbox store;
  const auto plugin = start(fixture("scripted"), store);
  EXPECT_EQ(deliver_one(*plugin, message("accept", "odd")).outcome, Outcome::unknown);
}

TEST(PluginHost, N8_CleansTextsOfThePlugin) {
  FakeOutbox store;
  const auto plugin = start(fixture("scripted"), store);
  EXPECT_EQ(deliver_one(*plugin, message("dirty")).detail, std::string(200, '?'));
  EXPECT_EQ(clean_text("已用 50%\n\x80 ok", 100), "已用 50% ? ok");
  EXPECT_EQ(clean_text("已用", 5), "已");
  EXPECT_EQ(clean_text("\xed\xa0\x80", 10), "???");
}

TEST(PluginHost, RejectsATextThatIsLargerThanThePluginTakes) {
  FakeOutbox store;
  const auto plugin = start(fixture("scripted"), store);
  const std::vector<OutboxRow> rows = {message(std::string(41, 'x')), message("accept")};
  const auto reports = plugin->deliver(rows, milliseconds(1'000));
  EXPECT_EQ(reports[0].outcome, Outcome::rejected);
  EXPECT_EQ(reports[0].detail, "41 bytes of text, the plugin takes 40");
  EXPECT_EQ(reports[1].outcome, Outcome::accepted);
}

TEST(PluginHost, N8_ANulDoesNotCutAnAddressShort) {
  FakeOutbox store;
  const auto plugin = start(fixture("scripted"), store);
  OutboxRow row = message("accept");
  row.recipient = std::string("+8613711\0+8613800", 17);
  EXPECT_EQ(deliver_one(*plugin, row).outcome, Outcome::rejected);
  row = message(std::string("accept\0", 7));
  EXPECT_EQ(deliver_one(*plugin, row).outcome, Outcome::rejected);
}

TEST(PluginHost, TellsWhatTheCheckFound) {
  FakeOutbox store;
  EXPECT_EQ(start(fixture("scripted"), store)->check().error(), "the provider is away");
  EXPECT_TRUE(start(inbox(), store)->check().has_value());
}

TEST(PluginHost, N8_ExceptionsOfTheHostStayInTheHost) {
  FakeOutbox store;
  store.is_down = true;
  const auto plugin = start(fixture("scripted"), store);
  EXPECT_EQ(deliver_one(*plugin, message("store")).outcome, Outcome::retry);
}

TEST(PluginHost, PassesOnWhatTheProviderReports) {
  FakeOutbox store;
  FakeReports reports;
  const auto plugin = start(fixture("scripted"), store, reports);
  EXPECT_EQ(deliver_one(*plugin, message("report")).outcome, Outcome::unknown);
  EXPECT_THAT(reports.reports, testing::ElementsAre(FakeReports::Report{
                                   "key-report", ReportedState::delivered, "to the phone"}));
  reports.is_down = true;
  EXPECT_EQ(deliver_one(*plugin, message("report")).outcome, Outcome::unknown);
}

TEST(PluginHostDeathTest, N8_EndsTheProcessWhenThePluginHangs) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  FakeOutbox store;
  const OutboxRow row = message("hang");
  EXPECT_EXIT(start(fixture("scripted"), store)->deliver({&row, 1}, milliseconds(10)),
              testing::ExitedWithCode(Watchdog::kExitStatus), "");
}

TEST(InboxPlugin, StoresAMessageOnceAndAcceptsItsRepeat) {
  FakeOutbox store;
  const auto plugin = start(inbox(), store);
  const OutboxRow row = message("50 % of your pack is used", "Usage");
  EXPECT_EQ(deliver_one(*plugin, row).outcome, Outcome::accepted);
  EXPECT_EQ(deliver_one(*plugin, row).outcome, Outcome::accepted);
  ASSERT_EQ(store.messages.size(), 1u);
  EXPECT_EQ(store.messages[0].idempotency_key, row.idempotency_key);
  EXPECT_EQ(store.messages[0].account_name, "acme");
  EXPECT_EQ(store.messages[0].language, "en");
  EXPECT_EQ(store.messages[0].subject, "Usage");
  EXPECT_EQ(store.messages[0].body, row.body);
}

TEST(InboxPlugin, RetriesWhatTheHostCouldNotStore) {
  FakeOutbox store;
  const auto plugin = start(inbox(), store);
  store.is_down = true;
  EXPECT_EQ(deliver_one(*plugin, message("x")).outcome, Outcome::retry);
}

TEST(InboxPlugin, HasNoSettings) {
  FakeOutbox store;
  const auto plugin = Plugin::create(*load_notifier(inbox(), "inbox"), "inbox", {{"a", "b"}},
                                     {&store, &no_reports});
  ASSERT_FALSE(plugin.has_value());
  EXPECT_THAT(plugin.error(), HasSubstr("has no settings"));
}

}  // namespace
}  // namespace packwarden
