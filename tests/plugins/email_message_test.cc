#include <gmock/gmock.h>
#include <openssl/evp.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "channel/clean_text.h"
#include "email/header_text.h"
#include "email/message.h"

namespace email {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::time_t kNow = 1'795'695'605;  // 2026-11-26T12:20:05Z

struct Text {
  std::string subject = "Usage";
  std::string body = "50 % is used";
  std::string html;
  std::string kind = "pack_usage";
  std::string key = "pack_usage/1/1/1/50/email";
};

Identity identity() {
  return {"billing@example.com", "", "example.com", ""};
}

std::string build(const Text& text, const Identity& of = identity()) {
  const pw_message message = {sizeof(pw_message),
                              1,
                              text.key.c_str(),
                              "acme",
                              "owner@acme.example",
                              "en",
                              text.kind.c_str(),
                              text.subject.c_str(),
                              text.body.c_str(),
                              text.html.c_str(),
                              "{}",
                              "2026-11-26T12:00:00Z"};
  return build_mail(message, of, kNow);
}

std::vector<std::string> lines_of(const std::string& mail) {
  std::vector<std::string> lines;
  std::istringstream in(mail);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::string decoded(std::string text) {
  std::erase_if(text, [](char letter) { return letter == '\r' || letter == '\n'; });
  std::string bytes(text.size(), '\0');
  const int length = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()));
  EXPECT_GE(length, 0) << text;
  const auto padding = std::count(text.begin(), text.end(), '=');
  bytes.resize(static_cast<std::size_t>(length - padding));
  return bytes;
}

// The text of encoded words; each must be UTF-8 by itself.
std::string read_words(const std::string& value) {
  std::string text;
  for (std::size_t at = 0; (at = value.find("=?UTF-8?B?", at)) != std::string::npos;) {
    const auto end = value.find("?=", at + 10);
    EXPECT_LE(end + 2 - at, 75u);
    const std::string word = decoded(value.substr(at + 10, end - at - 10));
    EXPECT_EQ(packwarden::clean_text(word, word.size()), word) << "a cut character";
    text += word;
    at = end;
  }
  return text;
}

std::string header(const std::string& mail, const std::string& name) {
  const std::string head = mail.substr(0, mail.find("\r\n\r\n") + 2);
  const auto at = ("\r\n" + head).find("\r\n" + name + ": ");
  if (at == std::string::npos) return "(none)";
  auto end = head.find("\r\n", at);
  while (head[end + 2] == ' ') end = head.find("\r\n", end + 2);
  const auto begin = at + name.size() + 2;
  return head.substr(begin, end - begin);
}

std::string body_of(const std::string& part) {
  return decoded(part.substr(part.find("\r\n\r\n") + 4));
}

TEST(EmailMessage, HasTheHeadersOfAnAutomaticMail) {
  const std::string mail = build({});
  EXPECT_EQ(header(mail, "From"), "<billing@example.com>");
  EXPECT_EQ(header(mail, "To"), "<owner@acme.example>");
  EXPECT_EQ(header(mail, "Subject"), "Usage");
  EXPECT_EQ(header(mail, "Date"), "Thu, 26 Nov 2026 12:20:05 +0000");
  EXPECT_EQ(header(mail, "Auto-Submitted"), "auto-generated");
  EXPECT_EQ(header(mail, "MIME-Version"), "1.0");
  EXPECT_EQ(header(mail, "Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(body_of(mail), "50 % is used");
}

TEST(EmailMessage, N5_MessageIdStaysTheSameOverRetries) {
  const std::string first = header(build({}), "Message-ID");
  EXPECT_THAT(first, AllOf(StartsWith("<"), EndsWith("@example.com>")));
  Text again;
  again.subject = "other words";
  EXPECT_EQ(header(build(again), "Message-ID"), first);
  again.key = "pack_usage/1/1/1/70/email";
  EXPECT_NE(header(build(again), "Message-ID"), first);
}

TEST(EmailMessage, OffersToUnsubscribeOnlyFromWhatNeedNotBeTold) {
  Identity with_list = identity();
  with_list.list_unsubscribe = "https://example.com/notices";
  for (const char* kind : {"pack_usage", "pack_used_up", "pack_expiring", "pack_expired", "bill"}) {
    Text text;
    text.kind = kind;
    EXPECT_EQ(header(build(text, with_list), "List-Unsubscribe"), "<https://example.com/notices>");
    EXPECT_EQ(header(build(text), "List-Unsubscribe"), "(none)");
  }
  for (const char* kind : {"service_stopped", "arrears", "postpaid_failed", "test"}) {
    Text text;
    text.kind = kind;
    EXPECT_EQ(header(build(text, with_list), "List-Unsubscribe"), "(none)");
  }
}

TEST(EmailMessage, HasBothFormsWhereThereIsHtml) {
  Text text;
  text.html = "<p>50 &percnt; is used</p>";
  const std::string mail = build(text);
  const std::string type = header(mail, "Content-Type");
  ASSERT_THAT(type, StartsWith("multipart/alternative;\r\n boundary=\""));
  const std::string mark = "\r\n--" + type.substr(35, type.size() - 36);
  const auto plain = mail.find(mark + "\r\n");
  const auto html = mail.find(mark + "\r\n", plain + 1);
  const auto end = mail.find(mark + "--\r\n");
  ASSERT_NE(end, std::string::npos);
  const std::string first = mail.substr(plain + mark.size(), html - plain - mark.size());
  const std::string second = mail.substr(html + mark.size(), end - html - mark.size());
  EXPECT_THAT(first, HasSubstr("Content-Type: text/plain; charset=utf-8\r\n"));
  EXPECT_EQ(body_of(first), text.body);
  EXPECT_THAT(second, HasSubstr("Content-Type: text/html; charset=utf-8\r\n"));
  EXPECT_EQ(body_of(second), text.html);
}

TEST(EmailMessage, LineEndsOfBodiesBecomeCrLf) {
  Text text;
  text.body = "a\nb\r\nc\rd\n\n.\n";
  EXPECT_EQ(body_of(build(text)), "a\r\nb\r\nc\r\nd\r\n\r\n.\r\n");
}

TEST(EmailMessage, NameOfTheSenderIsQuotedOrEncoded) {
  EXPECT_EQ(mailbox("", "a@b"), "<a@b>");
  EXPECT_EQ(mailbox("Acme \"Cloud\" \\, Inc.", "a@b"),
            "\"Acme \\\"Cloud\\\" \\\\, Inc.\"\r\n <a@b>");
  const std::string encoded = mailbox("云计算账单", "a@b");
  EXPECT_THAT(encoded, EndsWith("\r\n <a@b>"));
  EXPECT_EQ(read_words(encoded), "云计算账单");
  EXPECT_THAT(mailbox("x\r\nBcc: c@d", "a@b"), Not(HasSubstr("\r\nBcc")));
}

struct Hostile {
  const char* name;
  std::string text;
};

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

class HostileText : public testing::TestWithParam<Hostile> {};

TEST_P(HostileText, ChangesNothingButItsOwnPlace) {
  Text text;
  text.subject = text.body = text.html = GetParam().text;
  Identity of = identity();
  of.from_name = GetParam().text;
  const std::string mail = build(text, of);
  for (const std::string& line : lines_of(mail)) {
    ASSERT_THAT(line, EndsWith("\r")) << "a line end that is not CRLF";
    EXPECT_EQ(line.find('\r'), line.size() - 1);
    EXPECT_LE(line.size(), 79u);
    EXPECT_THAT(line, Not(StartsWith(".")));
    EXPECT_TRUE(std::all_of(line.begin(), line.end() - 1, [](char letter) {
      return letter >= 0x20 && letter < 0x7F;
    })) << line;
  }
  EXPECT_EQ(header(mail, "Bcc"), "(none)");
  EXPECT_EQ(header(mail, "To"), "<owner@acme.example>");
  std::string shown = GetParam().text;
  std::replace_if(
      shown.begin(), shown.end(),
      [](char letter) { return static_cast<unsigned char>(letter) < 0x20 || letter == 0x7F; }, ' ');
  const std::string subject = header(mail, "Subject");
  EXPECT_EQ(subject.starts_with("=?") ? read_words(subject) : subject, shown);
}

INSTANTIATE_TEST_SUITE_P(
    EmailMessage, HostileText,
    testing::Values(Hostile{"header", "x\r\nBcc: thief@evil.example\r\n\r\nbody"},
                    Hostile{"line_feed", "x\nBcc: thief@evil.example"},
                    Hostile{"carriage_return", "x\rBcc: thief@evil.example"},
                    Hostile{"end_of_mail", "\r\n.\r\nMAIL FROM:<a@b>\r\n"},
                    Hostile{"long_ascii", std::string(10'000, 'x')},
                    Hostile{"long_chinese", repeated("流量包", 3'334)},
                    Hostile{"long_emoji", repeated("👩‍👩‍👧‍👦", 400)},
                    Hostile{"odd_lengths", "é" + repeated("中é😀a", 500)},
                    Hostile{"right_to_left",
                            "\u202e\u05e9\u05dc\u05d5\u05dd\u202d \u0645\u0631\u062d\u0628\u0627"},
                    Hostile{"quotes", "\"'`\\\""},
                    Hostile{"template", "{{#a}}{{{b}}}{{/a}} {{> c}} %s %n $(id)"},
                    Hostile{"html", "<script>alert(1)</script><!-- &amp; -->"},
                    Hostile{"encoded_word", "=?UTF-8?Q?=0D=0ABcc:_a@b?="},
                    Hostile{"only_spaces", "   "}, Hostile{"control", "\x01\x02\x1b[31m\x7f"},
                    Hostile{"empty", ""}),
    [](const auto& hostile) { return std::string(hostile.param.name); });

TEST(EmailMessage, BytesThatAreNoUtf8StayInsideOfShortLines) {
  Text text;
  text.subject = std::string(10'000, '\x80');
  for (const std::string& line : lines_of(build(text))) EXPECT_LE(line.size(), 79u);
}

}  // namespace
}  // namespace email
