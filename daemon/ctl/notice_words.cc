#include <CLI/CLI.hpp>
#include <memory>

#include "ctl/desk.h"
#include "usecases/notice_desk_port.h"

namespace packwarden {
namespace {

struct NoticeWords {
  DeliveryFilter filter;
  std::string account;
  std::string reason;
  bool all = false;
};

boost::json::value shown(const std::optional<Instant>& at) {
  return at ? boost::json::value(to_rfc3339(*at)) : boost::json::value();
}

boost::json::object json_of(const DeliveryRow& row) {
  return {{"delivery", row.id},
          {"idempotency_key", row.idempotency_key},
          {"kind", row.kind},
          {"channel", row.channel},
          {"account", row.account},
          {"recipient", row.recipient},
          {"state", row.state},
          {"attempts", row.attempts},
          {"outcome", row.outcome},
          {"reported", row.reported},
          {"report", row.report},
          {"created_at", to_rfc3339(row.created_at)},
          {"next_attempt_at", shown(row.next_attempt_at)},
          {"useful_until", shown(row.useful_until)},
          {"ended_at", shown(row.ended_at)},
          {"erased_at", shown(row.erased_at)}};
}

DeliveryFilter filter_of(Desk& desk, const NoticeWords& words) {
  DeliveryFilter filter = words.filter;
  if (!words.account.empty()) filter.account_id = value_of(desk.account(words.account).main());
  return filter;
}

void list(Desk& desk, const NoticeWords& words) {
  const auto rows = desk.context().notice_desk().deliveries(filter_of(desk, words));
  if (desk.json) {
    boost::json::array array;
    for (const DeliveryRow& row : rows) array.push_back(json_of(row));
    return desk.print(array);
  }
  Table table({{"delivery", true},
               {"kind"},
               {"channel"},
               {"account"},
               {"recipient"},
               {"state"},
               {"attempts", true},
               {"created"},
               {"outcome"}});
  for (const DeliveryRow& row : rows) {
    table.add({std::to_string(row.id), row.kind, row.channel, row.account, row.recipient, row.state,
               std::to_string(row.attempts), shown_time(row.created_at), row.outcome});
  }
  table.print(desk.out());
  if (rows.size() == words.filter.limit) {
    desk.out() << "The last " << with_separators(words.filter.limit) << "; --limit shows more.\n";
  }
}

void show(Desk& desk, const NoticeWords& words) {
  NoticeDesk& notices = desk.context().notice_desk();
  const auto rows = notices.deliveries(words.filter);
  const auto text = notices.text_of(words.filter.ids.front());
  if (rows.empty() || !text) {
    throw Refused({"unknown_delivery",
                   "There is no such delivery. packctl notice list shows those that there are."});
  }
  const DeliveryRow& row = rows.front();
  if (desk.json) {
    boost::json::object object = json_of(row);
    object["language"] = text->language;
    object["subject"] = text->subject;
    object["body"] = text->body;
    object["html"] = text->html;
    object["facts"] = text->facts;
    return desk.print(object);
  }
  Table table({{"delivery " + std::to_string(row.id)}, {""}});
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) table.add({name, value});
  };
  const auto add_time = [&](const char* name, const std::optional<Instant>& at) {
    if (at) table.add({name, shown_time(*at)});
  };
  add("key", row.idempotency_key);
  add("kind", row.kind);
  add("channel", row.channel);
  add("account", row.account);
  add("recipient", row.recipient);
  add("state", row.state);
  add("attempts", std::to_string(row.attempts));
  add("outcome", row.outcome);
  add("reported", row.reported);
  add("report", row.report);
  add_time("created", row.created_at);
  add_time("next attempt", row.next_attempt_at);
  add_time("useful until", row.useful_until);
  add_time("ended", row.ended_at);
  add_time("erased", row.erased_at);
  table.print(desk.out());
  if (!row.erased_at) desk.out() << '\n' << text->subject << "\n\n" << text->body << '\n';
}

DeliveryFilter chosen_ones(Desk& desk, const NoticeWords& words) {
  if (words.filter.ids.empty() && !words.all) {
    throw Refused({"which",
                   "Name deliveries, or say --all with what they have in common (--state, "
                   "--channel, --account). packctl notice list shows the same ones."});
  }
  return filter_of(desk, words);
}

void print_count(Desk& desk, std::uint64_t count, const char* verb) {
  if (desk.json) return desk.print(boost::json::object{{"deliveries", count}});
  desk.out() << count << (count == 1 ? " delivery " : " deliveries ") << verb << ".\n";
}

void retry(Desk& desk, const NoticeWords& words) {
  const DeliveryFilter filter = chosen_ones(desk, words);
  print_count(desk, desk.context().notice_desk().retry(filter), "queued again");
}

void discard(Desk& desk, const NoticeWords& words) {
  const DeliveryFilter filter = chosen_ones(desk, words);
  print_count(desk, desk.context().notice_desk().discard(filter, words.reason), "discarded");
}

void add_filter(CLI::App& command, NoticeWords& words) {
  const std::vector<std::string> states(delivery_states.begin(), delivery_states.end());
  command.add_option("--state", words.filter.states, "in these states, such as held,dead")
      ->type_name("STATE,...")
      ->delimiter(',')
      ->check(CLI::IsMember(states));
  command.add_option("--channel", words.filter.channel, "of this channel")->type_name("CHANNEL");
  command.add_option("--account", words.account, "of this account")->type_name("ACCOUNT");
}

}  // namespace

void add_notice_words(CLI::App& app, Action& chosen) {
  CLI::App* group = add_group(app, "notice", "what tenants are told, and what became of it");
  add_notice_preview_words(*group, chosen);
  const auto add = [&](const char* name, const char* help, void (*act)(Desk&, const NoticeWords&)) {
    const auto words = std::make_shared<NoticeWords>();
    CLI::App* command = group->add_subcommand(name, help);
    command->final_callback(
        [&chosen, words, act] { chosen = [words, act](Desk& desk) { act(desk, *words); }; });
    return std::pair(command, words);
  };
  const auto [listing, list_words] = add("list", "deliveries, newest first", list);
  add_filter(*listing, *list_words);
  listing->add_option("--limit", list_words->filter.limit, "at most so many (100)")
      ->type_name("N")
      ->check(CLI::Range(1U, 1'000'000U));

  const auto [showing, show_words] = add("show", "one delivery with its text", show);
  showing->add_option("delivery", show_words->filter.ids, "as list shows it")
      ->type_name("DELIVERY")
      ->expected(1)
      ->required();

  const auto add_change = [&](const char* name, const char* help,
                              void (*act)(Desk&, const NoticeWords&)) {
    const auto made = add(name, help, act);
    const auto& [command, words] = made;
    command->add_option("delivery", words->filter.ids, "as list shows it")->type_name("DELIVERY");
    command->add_flag("--all", words->all, "all that list shows for the same options");
    add_filter(*command, *words);
    return made;
  };
  add_change("retry", "send held or dead ones again (N6)", retry);
  const auto [discarding, discard_words] =
      add_change("discard", "end what waits, is held or dead (N6)", discard);
  discarding->add_option("--reason", discard_words->reason, "why, for who reads it later")
      ->type_name("TEXT")
      ->required();
}

}  // namespace packwarden
