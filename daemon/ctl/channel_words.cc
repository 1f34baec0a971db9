#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <memory>
#include <thread>

#include "ctl/desk.h"
#include "ctl/situation_json.h"
#include "usecases/notice_desk_port.h"

namespace packwarden {
namespace {

constexpr std::chrono::milliseconds test_poll{100};

constexpr std::size_t recipient_max_bytes = 255;

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7F;
  });
}

struct ChannelWords {
  std::string channel;
  std::string recipient;
  std::string account = "packctl";
  std::string language = "en";
  std::uint32_t wait_s = 30;
};

// As configured, and as the board has them: one that was taken out of the settings stays there as
// long as it has deliveries or a row.
std::vector<ChannelRow> channels_of(Desk& desk) {
  std::vector<ChannelRow> rows = desk.context().notice_desk().channels();
  for (const ConfiguredChannel& channel : desk.context().channels()) {
    const auto known = std::find_if(
        rows.begin(), rows.end(), [&](const ChannelRow& row) { return row.name == channel.name; });
    if (known != rows.end()) continue;
    rows.emplace_back();
    rows.back().name = channel.name;
    rows.back().plugin = channel.plugin;
  }
  return rows;
}

void list(Desk& desk, const ChannelWords&) {
  const auto rows = channels_of(desk);
  if (desk.json) {
    boost::json::array array;
    for (const ChannelRow& row : rows) array.push_back(json_of(row));
    return desk.print(array);
  }
  Table table({{"channel"},
               {"plugin"},
               {"state"},
               {"since"},
               {"starts", true},
               {"failures", true},
               {"waiting", true},
               {"oldest s", true},
               {"sending", true},
               {"held", true},
               {"sent/day", true},
               {"dead/day", true},
               {"detail"}});
  for (const ChannelRow& row : rows) {
    table.add({row.name, row.plugin, shown_state(row), row.since ? shown_time(*row.since) : "",
               with_separators(static_cast<std::int64_t>(row.starts)),
               with_separators(static_cast<std::int64_t>(row.failures)),
               with_separators(row.waiting), row.oldest_s ? with_separators(*row.oldest_s) : "",
               with_separators(row.sending), with_separators(row.held), with_separators(row.sent),
               with_separators(row.dead), row.detail});
  }
  table.print(desk.out());
}

const ConfiguredChannel& configured(Desk& desk, const std::string& name) {
  for (const ConfiguredChannel& channel : desk.context().channels()) {
    if (channel.name == name) return channel;
  }
  throw Refused({"unknown_channel",
                 "There is no channel " + name +
                     " in the settings. packctl channel list shows those that there are."});
}

void set_paused(Desk& desk, const std::string& channel, bool paused) {
  configured(desk, channel);
  const bool news = desk.context().notice_desk().set_paused(channel, paused);
  if (desk.json) {
    return desk.print(
        boost::json::object{{"channel", channel}, {"paused", paused}, {"changed", news}});
  }
  desk.out() << "Channel " << channel << (news ? " is" : " was already")
             << (paused ? " paused: its notices wait until packctl channel resume.\n"
                        : " delivering.\n");
}

void pause(Desk& desk, const ChannelWords& words) {
  set_paused(desk, words.channel, true);
}
void resume(Desk& desk, const ChannelWords& words) {
  set_paused(desk, words.channel, false);
}

bool has_ended(const DeliveryRow& row) {
  return row.state != "queued" && row.state != "sending" && row.state != "retrying";
}

void test(Desk& desk, const ChannelWords& words) {
  const ConfiguredChannel& channel = configured(desk, words.channel);
  if (words.recipient.empty() && channel.medium != "inbox") {
    throw Refused({"recipient", "Say with --to whom the test message is for."});
  }
  if (words.recipient.size() > recipient_max_bytes || has_control_character(words.recipient)) {
    throw Refused({"recipient",
                   "The recipient is no address: give one of at most 255 bytes, "
                   "without control characters."});
  }
  NoticeDesk& notices = desk.context().notice_desk();
  const std::string body = words.language == "en" ? "This is a test message of Packwarden."
                                                  : "这是 Packwarden 的一条测试消息。";
  const std::uint64_t id = notices.add_test(
      {channel.name, words.recipient, words.account, words.language, "Packwarden test", body, ""});
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(words.wait_s);
  DeliveryFilter filter;
  filter.ids = {id};
  DeliveryRow row = notices.deliveries(filter).at(0);
  while (!has_ended(row) && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(test_poll);
    row = notices.deliveries(filter).at(0);
  }
  const std::string number = std::to_string(id);
  if (row.state != "sent") {
    throw Refused({"not_sent", "The test message, delivery " + number + ", is " + row.state +
                                   (row.outcome.empty() ? "" : ": " + row.outcome) +
                                   ". See packctl channel list, and packctl notice show " + number +
                                   " later."});
  }
  if (desk.json) {
    return desk.print(boost::json::object{{"channel", channel.name},
                                          {"delivery", id},
                                          {"state", row.state},
                                          {"outcome", row.outcome}});
  }
  desk.out() << "Sent as delivery " << number
             << (row.outcome.empty() ? "" : "; the provider calls it " + row.outcome) << ".\n";
}

}  // namespace

void add_channel_words(CLI::App& app, Action& chosen) {
  CLI::App* group = add_group(app, "channel", "the ways by which notices go out");
  const auto add = [&](const char* name, const char* help,
                       void (*act)(Desk&, const ChannelWords&)) {
    const auto words = std::make_shared<ChannelWords>();
    CLI::App* command = group->add_subcommand(name, help);
    command->final_callback(
        [&chosen, words, act] { chosen = [words, act](Desk& desk) { act(desk, *words); }; });
    return std::pair(command, words);
  };
  const auto add_named = [&](const char* name, const char* help,
                             void (*act)(Desk&, const ChannelWords&)) {
    const auto made = add(name, help, act);
    made.first->add_option("channel", made.second->channel, "as in the settings")
        ->type_name("CHANNEL")
        ->required();
    return made;
  };
  add("list", "how each fares, and what waits for it", list);
  add_named("pause", "let its notices wait", pause);
  add_named("resume", "let it deliver again", resume);
  const auto [testing, words] = add_named("test", "send one message through it and wait", test);
  testing->add_option("--to", words->recipient, "address in the way of the channel")
      ->type_name("RECIPIENT");
  testing->add_option("--account", words->account, "whom it is for (packctl)")
      ->type_name("ACCOUNT");
  testing->add_option("--language", words->language, "zh-CN or en (en)")
      ->type_name("LANGUAGE")
      ->check(CLI::IsMember({"zh-CN", "en"}));
  testing->add_option("--wait", words->wait_s, "at most so many seconds (30)")
      ->type_name("SECONDS")
      ->check(CLI::Range(1U, 3'600U));
}

}  // namespace packwarden
