#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "ctl/desk.h"
#include "usecases/notice_preview.h"

namespace packwarden {
namespace {

struct PreviewWords {
  std::string kind;
  std::string language;
  std::string medium;
  std::string account;
};

[[noreturn]] void refuse(std::string code, std::string message) {
  throw Refused({std::move(code), std::move(message)});
}

NoticeKind kind_of(const PreviewWords& words) {
  if (const auto kind = notice_kind_from(words.kind)) return *kind;
  std::string kinds;
  for (const NoticeKind kind : all_notice_kinds) {
    kinds.append(kinds.empty() ? "" : ", ").append(name_of(kind));
  }
  refuse("unknown_kind", fmt::format("There is no kind '{}'. Give one of {}.", words.kind, kinds));
}

Contacts contacts_of(Desk& desk, const PreviewWords& words) {
  Contacts contacts;
  if (!words.account.empty()) {
    const Account account = desk.account(words.account);
    if (!account.is_main()) {
      refuse("sub_account", "This is a sub-account: notices go to main accounts. Name its own.");
    }
    for (const AccountDetail& detail : desk.context().reports().details(account)) {
      set_detail(contacts, detail.kind, detail.value);
    }
  }
  if (!words.language.empty()) {
    const AccountDetail language{{}, AccountDetailKind::language, words.language};
    if (const auto fault = fault_of(language)) refuse("bad_language", *fault);
    contacts.language = words.language;
  }
  return contacts;
}

boost::json::array json_of(const NoticePreview& preview) {
  boost::json::array goes;
  for (const auto& [channel, recipient] : preview.goes) {
    goes.push_back(boost::json::object{{"channel", channel}, {"recipient", recipient}});
  }
  return goes;
}

void preview(Desk& desk, const PreviewWords& words) {
  const NoticeKind kind = kind_of(words);
  const NoticePreview shown =
      preview_notice(desk.context().notice_rules(), kind, words.account, contacts_of(desk, words));
  const bool all = words.medium.empty();
  const bool sms = all || words.medium == name_of(Medium::sms);
  const bool texts = words.medium != name_of(Medium::sms);
  const bool html = all || words.medium == name_of(Medium::email);
  if (desk.json) {
    boost::json::object object{{"kind", name_of(kind)}, {"language", shown.language}};
    if (texts) object["subject"] = shown.subject;
    if (texts) object["body"] = shown.body;
    if (sms) object["sms"] = shown.sms;
    if (sms) object["sms_parts"] = shown.sms_parts;
    if (html) object["html"] = shown.html;
    object["facts"] = boost::json::parse(shown.facts);
    if (!words.account.empty()) object["deliveries"] = json_of(shown);
    return desk.print(object);
  }
  std::ostream& out = desk.out();
  const auto title = [&out](std::string_view text) { out << "--- " << text << '\n'; };
  title(fmt::format("{} in {}, with example facts", name_of(kind), shown.language));
  if (texts) {
    out << shown.subject << "\n\n" << shown.body << '\n';
  }
  if (sms) {
    title(fmt::format("SMS, {} {}", shown.sms_parts, shown.sms_parts == 1 ? "part" : "parts"));
    out << shown.sms << '\n';
  }
  if (html) {
    title("HTML");
    out << shown.html << (shown.html.ends_with('\n') ? "" : "\n");
  }
  if (words.account.empty()) return;
  title("goes to");
  Table table({{"channel"}, {"recipient"}});
  for (const auto& [channel, recipient] : shown.goes) table.add({channel, recipient});
  table.print(out);
}

}  // namespace

void add_notice_preview_words(CLI::App& notice, Action& chosen) {
  const auto words = std::make_shared<PreviewWords>();
  CLI::App* command =
      notice.add_subcommand("preview", "how a kind of notice comes out, with example facts");
  command->add_option("kind", words->kind, "such as pack_usage or bill")
      ->type_name("KIND")
      ->required();
  command->add_option("--language", words->language, "zh-CN or en (the account's, else en)")
      ->type_name("LANGUAGE");
  command->add_option("--medium", words->medium, "only what goes over sms, email, inbox or webhook")
      ->type_name("MEDIUM")
      ->check(CLI::IsMember({"sms", "email", "inbox", "webhook"}));
  command->add_option("--account", words->account, "in its language, and where it would go")
      ->type_name("ACCOUNT");
  command->final_callback(
      [&chosen, words] { chosen = [words](Desk& desk) { preview(desk, *words); }; });
}

}  // namespace packwarden
