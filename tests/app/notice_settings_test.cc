#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <kainjow/mustache.hpp>
#include <random>
#include <sstream>

#include "app/settings.h"
#include "app/settings_files.h"
#include "app/settings_reader.h"
#include "domain/service_state.h"
#include "notices/notice_rules.h"
#include "notices/sms_parts.h"
#include "support/places.h"

namespace packwarden {
namespace {

using test::SettingsFiles;
using testing::ElementsAre;

namespace km = kainjow::mustache;

const std::string shipped_folder = source_dir() + "/config/templates/";

std::string content(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  const auto at = text.find(what);
  if (at == std::string::npos) throw std::logic_error(what + " is not in the text");
  return text.replace(at, what.size(), by);
}

// A folder with the shipped templates, of which one file is changed.
class Templates {
 public:
  Templates() {
    std::filesystem::create_directory(files.path("own"));
    for (const char* name : {"en.yaml", "zh-CN.yaml", "email.html"}) {
      files.write(std::string("own/") + name, content(shipped_folder + name));
    }
  }
  void change(const std::string& name, const std::string& what, const std::string& by) const {
    files.write("own/" + name, replaced(content(files.path("own/" + name)), what, by));
  }
  std::vector<std::string> errors(const std::string& more = "") const {
    return test::errors_of(
        files, files.write("p.yaml", "notices: {templates_directory: own" + more + "}\n"));
  }

  SettingsFiles files;
};

TEST(N4_Texts, AreReadFromTheFolderOfTheSettings) {
  const Templates templates;
  templates.change("en.yaml", "can use {{product}} again", "may use {{product}} again");
  const auto settings =
      load_settings(templates.files.write("p.yaml", "notices: {templates_directory: own}\n"));
  ASSERT_TRUE(settings) << to_string(settings.error().front());
  EXPECT_EQ(settings->notices.templates_directory, templates.files.path("own"));
  EXPECT_EQ(settings->notices.rules->texts
                .render(Medium::inbox, "en", NoticeKind::service_resumed,
                        example_facts(NoticeKind::service_resumed))
                .body,
            "Account acme may use captcha again.");
}

TEST(N4_Texts, MistakesHaveTheirFileAndLine) {
  const Templates templates;
  EXPECT_THAT(templates.errors(), ElementsAre());
  templates.change("en.yaml", "Bill for {{day}}", "Bill for {{tier}}");
  templates.change("zh-CN.yaml", "    sms: \"账号 {{account}} 的 {{product}} 服务已停止",
                   "    smss: \"");
  templates.change("zh-CN.yaml", "  arrears: 账号欠费\n", "");
  templates.change("email.html", "{{body}}", "{{{body}}}");
  EXPECT_THAT(
      templates.errors(),
      ElementsAre("own/en.yaml:76:14: kinds.bill.subject: there is no {{tier}} here: give one of "
                  "account, product, day, amount, balance, currency",
                  "own/zh-CN.yaml:19:3: kinds.service_stopped.sms: is missing: give the text",
                  "own/zh-CN.yaml:22:5: kinds.service_stopped.smss: unknown key: did you mean "
                  "\"sms\"?",
                  "own/zh-CN.yaml:52:1: reasons.arrears: is missing: give the words for it",
                  "own/email.html:1:1: write {{body}}: no value goes into a text as it is"));
}

TEST(N4_Texts, AreThereForEachKindInEachLanguage) {
  const Templates templates;
  std::string en = content(shipped_folder + "en.yaml");
  const auto at = en.find("  arrears:\n");
  templates.files.write("own/en.yaml", en.erase(at, en.find("  bill:\n") - at));
  std::filesystem::remove(templates.files.path("own/zh-CN.yaml"));
  EXPECT_THAT(
      templates.errors(),
      ElementsAre("own/en.yaml:5:1: kinds.arrears: is missing: give subject, body and sms "
                  "of this kind",
                  "own/zh-CN.yaml:1:1: cannot be read: No such file or directory: notices "
                  "need it; name the folder of templates with notices.templates_directory"));
}

TEST(N4_Sms, TextsThatNeedTooManyPartsAreRefused) {
  const Templates templates;
  templates.change(
      "en.yaml", "can use {{product}} again.\"\n    sms: \"{{account}}",
      "can use {{product}} again.\"\n    sms: \"" + std::string(411, 'x') + "{{account}}");
  EXPECT_THAT(templates.errors(),
              ElementsAre("own/en.yaml:43:10: kinds.service_resumed.sms: needs 4 SMS with long "
                          "names and numbers: shorten it, or raise notices.sms_parts_max from 3"));
  EXPECT_THAT(templates.errors(", sms_parts_max: 4"), ElementsAre());
}

TEST(N3_Kinds, AreSwitchedOffAndSentOverMediaBySettings) {
  const SettingsFiles files;
  const auto settings = load_settings(
      files.write("p.yaml",
                  "channels: [{name: text, medium: sms, plugin: s.so, useful_for_s: 60},\n"
                  "  {name: email, plugin: e.so}]\n"
                  "notices:\n"
                  "  kinds: {bill: off, arrears: [email], postpaid_on: [sms]}\n"
                  "  urgent: [postpaid_on]\n"));
  ASSERT_TRUE(settings) << to_string(settings.error().front());
  NoticePolicy expected;
  expected.turn_off(NoticeKind::bill);
  expected.set_media(NoticeKind::arrears, std::array{Medium::email});
  expected.set_media(NoticeKind::postpaid_on, std::array{Medium::sms});
  expected.set_urgent(std::array{NoticeKind::postpaid_on});
  expected.set_channels(
      {{"text", Medium::sms, Span::seconds(60)}, {"email", Medium::email, Span::days(3)}});
  EXPECT_EQ(settings->notices.rules->policy, expected);
}

TEST(N3_Kinds, MistakesAreRefused) {
  const SettingsFiles files;
  EXPECT_THAT(
      test::errors_of(files, files.write("p.yaml",
                                         "notices:\n"
                                         "  kinds:\n"
                                         "    bill: [fax]\n"
                                         "    arrears: [inbox]\n"
                                         "    postpaid_on: on\n"
                                         "    pack_use: off\n"
                                         "  urgent: [bills]\n")),
      ElementsAre("p.yaml:3:11: notices.kinds.bill: give a list of sms, email and webhook, or off",
                  "p.yaml:4:14: notices.kinds.arrears: in-site messages are always stored: take "
                  "inbox out (N4)",
                  "p.yaml:5:18: notices.kinds.postpaid_on: give a list of sms, email and webhook, "
                  "or off",
                  "p.yaml:6:5: notices.kinds.pack_use: unknown key: did you mean \"pack_usage\"?",
                  "p.yaml:7:11: notices.urgent: give a list of kinds: of pack_usage, "
                  "pack_used_up, pack_expiring, pack_expired, service_stopped, service_resumed, "
                  "postpaid_on, postpaid_failed, postpaid_in_effect, arrears, bill, refund_step"));
}

// --- the shipped texts

class ShippedTexts : public testing::Test {
 protected:
  static const NoticeRules& rules() {
    static const Settings settings =
        load_settings(source_dir() + "/config/packwarden.yaml").value();
    return *settings.notices.rules;
  }
  static NoticeText text(NoticeKind kind, std::string_view language, Medium medium) {
    return rules().texts.render(medium, language, kind, example_facts(kind));
  }
};

TEST_F(ShippedTexts, N4_speak_the_language_of_the_account) {
  EXPECT_EQ(text(NoticeKind::pack_usage, "en", Medium::inbox).body,
            "Account acme has used 21001 of 30000 units of its captcha pack 30k. 8999 units are "
            "left, valid until 2027-11-22.");
  EXPECT_EQ(text(NoticeKind::pack_usage, "zh-CN", Medium::inbox).subject,
            "套餐包用量超过 70%：captcha 30k");
  EXPECT_EQ(text(NoticeKind::service_stopped, "zh-CN", Medium::sms).body,
            "账号 acme 的 captcha 服务已停止：套餐包已用完。");
  EXPECT_EQ(text(NoticeKind::refund_step, "zh-CN", Medium::inbox).subject,
            "退款被驳回：captcha 30k");
  EXPECT_EQ(text(NoticeKind::refund_step, "fr", Medium::inbox).body,
            "The refund of the captcha pack 30k of account acme is rejected: the invoice was "
            "issued already.");
}

TEST_F(ShippedTexts, N4_say_who_and_what_in_both_languages_on_each_medium) {
  for (const NoticeKind kind : all_notice_kinds) {
    for (const Medium medium : all_media) {
      const NoticeText en = text(kind, "en", medium);
      const NoticeText zh = text(kind, "zh-CN", medium);
      for (const NoticeText& one : {en, zh}) {
        EXPECT_NE(one.body.find("acme"), std::string::npos) << name_of(kind);
        EXPECT_EQ(one.body.find("{{"), std::string::npos) << one.body;
        EXPECT_EQ(one.subject.empty(), medium == Medium::sms) << name_of(kind);
        EXPECT_EQ(one.html.empty(), medium != Medium::email) << name_of(kind);
        EXPECT_EQ(one.html.find("http"), std::string::npos) << "it loads nothing";
      }
      EXPECT_NE(en.body, zh.body) << name_of(kind);
    }
  }
}

TEST_F(ShippedTexts, N4_have_words_for_each_reason_that_stops_a_service) {
  NoticeFacts facts = example_facts(NoticeKind::service_stopped);
  for (int i = 1; i <= static_cast<int>(StopReason::never_activated); ++i) {
    facts.reason = name_of(static_cast<StopReason>(i));
    for (const std::string_view language : notice_languages) {
      const std::string body =
          rules().texts.render(Medium::sms, language, NoticeKind::service_stopped, facts).body;
      EXPECT_EQ(body.find('_'), std::string::npos) << body;
    }
  }
}

TEST_F(ShippedTexts, N4_stay_whole_whatever_is_in_a_name) {
  for (const std::string_view name :
       {"{{balance}}", "<script>alert(1)</script>", "\"'; DROP TABLE outbox; --",
        "a\r\nBcc: victim@example.com", "套餐 & co"}) {
    NoticeFacts facts = example_facts(NoticeKind::arrears);
    facts.account = name;
    const NoticeText mail = rules().texts.render(Medium::email, "en", NoticeKind::arrears, facts);
    std::string one_line(name);
    std::replace(one_line.begin(), one_line.end(), '\r', ' ');
    std::replace(one_line.begin(), one_line.end(), '\n', ' ');
    EXPECT_EQ(mail.subject, "Balance below zero: " + one_line);
    EXPECT_EQ(mail.html.find("<script"), std::string::npos);
    EXPECT_EQ(mail.html.find("\"'"), std::string::npos);
    EXPECT_EQ(rules().texts.render(Medium::sms, "en", NoticeKind::arrears, facts).body,
              one_line +
                  ": the balance is -3.25 CNY. Postpaid is suspended until it is above "
                  "zero.");
  }
}

TEST_F(ShippedTexts, N4_cut_a_subject_at_255_bytes_between_characters) {
  NoticeFacts facts = example_facts(NoticeKind::arrears);
  std::string name;
  for (int i = 0; i < 120; ++i) name += "套";
  facts.account = name;
  const std::string subject =
      rules().texts.render(Medium::inbox, "zh-CN", NoticeKind::arrears, facts).subject;
  EXPECT_LE(subject.size(), 255U);
  EXPECT_GE(subject.size(), 252U);
  EXPECT_TRUE(subject.ends_with("套...")) << subject;
}

// What kainjow makes of a text of the files: the slow model.
std::string by_kainjow(const std::string& source, const NoticeValues& values,
                       const std::string& reason, const std::string& step) {
  km::mustache mustache(source);
  mustache.set_custom_escape([](const std::string& value) {
    std::string out;
    append_escaped(value, Escape::plain, out);
    return out;
  });
  km::data data(km::data::type::object);
  for (std::size_t i = 0; i < notice_variable_count; ++i) {
    const auto variable = static_cast<NoticeVariable>(i);
    std::string value(values.of(variable));
    if (variable == NoticeVariable::reason) value = reason;
    if (variable == NoticeVariable::step) value = step;
    data.set(std::string(notice_variable_names[i]),
             value.empty() ? km::data(km::data::type::bool_false) : km::data(value));
  }
  return mustache.render(data);
}

TEST_F(ShippedTexts, N4_are_rendered_as_kainjow_renders_them) {
  std::mt19937 random(3);
  const std::vector<std::string> some = {"",       "acme", "{{account}}", "<b>\"&'", "a\r\nb",
                                         "套餐包", " x ",  "2026-11-25",  "-12.5"};
  const auto any = [&] { return some[random() % some.size()]; };
  for (const std::string_view language : notice_languages) {
    const YAML::Node file = YAML::LoadFile(shipped_folder + std::string(language) + ".yaml");
    for (int round = 0; round < 2'000; ++round) {
      const NoticeKind kind = all_notice_kinds[random() % notice_kind_count];
      const std::string account = any(), product = any(), tier = any(), expires = any();
      const std::string reason = any(), step = any(), day = any(), amount = any();
      NoticeFacts facts;
      facts.account = account;
      facts.product = product;
      facts.tier = tier;
      facts.quota = static_cast<Units>(random());
      facts.used = static_cast<Units>(random());
      facts.cause = static_cast<std::int64_t>(random() % 100);
      facts.expires_on = expires;
      facts.reason = reason;
      facts.step = step;
      facts.day = day;
      facts.amount = facts.balance = facts.currency = amount;
      const NoticeValues values(kind, facts);
      const YAML::Node texts = file["kinds"][std::string(name_of(kind))];
      const NoticeText site = rules().texts.render(Medium::inbox, language, kind, facts);
      const auto model = [&](const char* form) {
        return by_kainjow(texts[form].as<std::string>(), values, reason, step);
      };
      ASSERT_EQ(site.subject, model("subject"));
      ASSERT_EQ(site.body, model("body"));
      ASSERT_EQ(rules().texts.render(Medium::sms, language, kind, facts).body, model("sms"));
    }
  }
}

}  // namespace
}  // namespace packwarden
