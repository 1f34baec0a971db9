#include <CLI/CLI.hpp>
#include <memory>

#include "ctl/desk.h"
#include "usecases/inbox_port.h"

namespace packwarden {
namespace {

struct InboxWords {
  std::string account;
  InboxFilter filter;
  std::string mark;
  std::vector<std::uint64_t> messages;
};

const std::vector<std::string> mark_names = {"seen", "read", "unread", "archived", "unarchived"};

const char* state_of(const InboxEntry& entry) {
  if (entry.archived_at) return "archived";
  if (entry.read_at) return "read";
  return entry.seen_at ? "seen" : "new";
}

boost::json::value shown(const std::optional<Instant>& at) {
  return at ? boost::json::value(to_rfc3339(*at)) : boost::json::value();
}

void mark(Desk& desk, const std::string& account, const InboxWords& words) {
  const auto index = std::find(mark_names.begin(), mark_names.end(), words.mark);
  const std::uint64_t changed = desk.context().inbox().mark(
      account, words.messages, static_cast<InboxMark>(index - mark_names.begin()));
  if (desk.json) return desk.print(boost::json::object{{"changed", changed}});
  desk.out() << changed << (changed == 1 ? " message is now " : " messages are now ") << words.mark
             << ".\n";
}

void list(Desk& desk, const std::string& account, const InboxWords& words) {
  const auto entries = desk.context().inbox().entries(account, words.filter);
  if (desk.json) {
    boost::json::array array;
    for (const InboxEntry& entry : entries) {
      array.push_back(boost::json::object{{"id", entry.id},
                                          {"account", account},
                                          {"kind", entry.kind},
                                          {"language", entry.language},
                                          {"subject", entry.subject},
                                          {"body", entry.body},
                                          {"stored_at", to_rfc3339(entry.stored_at)},
                                          {"seen_at", shown(entry.seen_at)},
                                          {"read_at", shown(entry.read_at)},
                                          {"archived_at", shown(entry.archived_at)}});
    }
    return desk.print(array);
  }
  const InboxCounts counts = desk.context().inbox().counts(account);
  desk.out() << account << ": " << counts.unread << " unread, of which " << counts.unseen
             << " new; " << counts.archived << " archived\n\n";
  for (const InboxEntry& entry : entries) {
    desk.out() << entry.id << "  " << shown_time(entry.stored_at) << "  " << state_of(entry) << "  "
               << entry.subject << '\n'
               << entry.body << "\n\n";
  }
  if (entries.size() == words.filter.limit) {
    desk.out() << "The last " << entries.size() << "; --before " << entries.back().id
               << " shows older ones.\n";
  }
}

void inbox(Desk& desk, const InboxWords& words) {
  const std::string account = desk.account(words.account).name;
  if (words.mark.empty()) {
    list(desk, account, words);
  } else {
    mark(desk, account, words);
  }
}

}  // namespace

void add_inbox_words(CLI::App& app, Action& chosen) {
  const auto words = std::make_shared<InboxWords>();
  CLI::App* command = app.add_subcommand("inbox", "in-site messages of an account, newest first");
  command->add_option("account", words->account, "account")->type_name("ACCOUNT")->required();
  command->add_flag("--unread", words->filter.unread_only, "those alone that were not read");
  command->add_flag("--archived", words->filter.archived_too, "those too that were archived");
  command->add_option("--limit", words->filter.limit, "at most so many (100)")
      ->type_name("N")
      ->check(CLI::Range(1U, 100'000U));
  command
      ->add_option("--before", words->filter.before_id, "those alone that are older than this one")
      ->type_name("MESSAGE");
  command->add_option("--mark", words->mark, "mark them: seen, read, unread, archived, unarchived")
      ->type_name("MARK")
      ->check(CLI::IsMember(mark_names));
  command
      ->add_option("--message", words->messages,
                   "what is marked; default: all that are not archived")
      ->type_name("MESSAGE")
      ->needs("--mark");
  command->final_callback(
      [&chosen, words] { chosen = [words](Desk& desk) { inbox(desk, *words); }; });
}

}  // namespace packwarden
