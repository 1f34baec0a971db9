#include <gmock/gmock.h>

#include <map>
#include <string>
#include <vector>

#include "email/address.h"
#include "email/config.h"

namespace email {
namespace {

using ::testing::HasSubstr;

using Values = std::map<std::string, std::string>;

struct Read {
  Config config;
  std::string wrong;
};

Read read(const Values& changes) {
  Values values = {{"host", "mail.example.com"}, {"from", "billing@example.com"}};
  for (const auto& [key, value] : changes) values[key] = value;
  std::vector<pw_setting> settings;
  for (const auto& [key, value] : values) {
    settings.push_back({sizeof(pw_setting), key.c_str(), value.c_str()});
  }
  std::vector<const pw_setting*> pointers;
  for (const pw_setting& setting : settings) pointers.push_back(&setting);
  pw_plugin::Settings reader(pointers.data(), pointers.size());
  Config config = read_config(reader);
  return {config, reader.finish().value_or("")};
}

TEST(EmailConfig, HasDefaults) {
  const Read found = read({});
  EXPECT_EQ(found.wrong, "");
  EXPECT_EQ(url_of(found.config), "smtp://mail.example.com:587/");
  EXPECT_EQ(found.config.security, Security::starttls);
  EXPECT_TRUE(found.config.verify);
  EXPECT_EQ(found.config.identity.message_id_domain, "example.com");
  EXPECT_EQ(url_of(read({{"security", "tls"}, {"helo", "here.example"}}).config),
            "smtps://mail.example.com:465/here.example");
  EXPECT_EQ(url_of(read({{"security", "none"}, {"host", "::1"}}).config), "smtp://[::1]:25/");
}

TEST(EmailConfig, SendsNothingInClearOverANetwork) {
  EXPECT_THAT(read({{"security", "none"}}).wrong, HasSubstr("use starttls or tls"));
  EXPECT_THAT(read({{"security", "none"}, {"host", "127.evil.example@x"}}).wrong,
              HasSubstr("setting host"));
  for (const char* host : {"localhost", "127.0.0.1", "::1"}) {
    EXPECT_EQ(read({{"security", "none"}, {"host", host}}).wrong, "");
  }
  EXPECT_THAT(read({{"security", "none"}, {"host", "127.0.0.1.evil.example"}}).wrong,
              HasSubstr("use starttls or tls"));
}

TEST(EmailConfig, RefusesWhatCannotWork) {
  EXPECT_THAT(read({{"host", "mail.example.com:25"}}).wrong, HasSubstr("without a port"));
  EXPECT_THAT(read({{"host", "a/b"}}).wrong, HasSubstr("setting host"));
  EXPECT_THAT(read({{"from", "Billing <a@b>"}}).wrong, HasSubstr("the address of setting from"));
  EXPECT_THAT(read({{"username", "u"}}).wrong, HasSubstr("password_file is missing"));
  EXPECT_THAT(read({{"password_file", "/x"}}).wrong, HasSubstr("without username"));
  EXPECT_THAT(read({{"ca_file", "/does/not/exist"}}).wrong, HasSubstr("cannot be read"));
  EXPECT_THAT(read({{"helo", "a b"}}).wrong, HasSubstr("setting helo"));
  EXPECT_THAT(read({{"list_unsubscribe", "https://x/>,<y"}}).wrong, HasSubstr("list_unsubscribe"));
  EXPECT_THAT(read({{"list_unsubscribe", "javascript:x"}}).wrong, HasSubstr("list_unsubscribe"));
  EXPECT_THAT(read({{"from_name", std::string(201, 'x')}}).wrong, HasSubstr("from_name"));
  EXPECT_THAT(read({{"user_name", "u"}}).wrong, HasSubstr("did you mean username?"));
}

struct Address {
  const char* name;
  std::string address;
  const char* fault;
};

class EmailAddress : public testing::TestWithParam<Address> {};

TEST_P(EmailAddress, IsLookedAtBeforeItIsUsed) {
  EXPECT_EQ(fault_of_address(GetParam().address), GetParam().fault);
}

INSTANTIATE_TEST_SUITE_P(
    Table, EmailAddress,
    testing::Values(
        Address{"plain", "first.last+tag@mail.example.com", ""},
        Address{"host", "root@localhost", ""}, Address{"a_label", "a@xn--fiqs8s.cn", ""},
        Address{"empty", "", "is empty"},
        Address{"cr_lf", "a@b.example>\r\nRCPT TO:<c@d.example",
                "has white space or control characters"},
        Address{"nul", std::string("a@b\0c", 5), "has white space or control characters"},
        Address{"space", "a b@c.example", "has white space or control characters"},
        Address{"no_at", "a.example", "has no @"},
        Address{"two_ats", "a@b@c.example", "has several @"},
        Address{"no_local", "@c.example", "has nothing before the @"},
        Address{"chinese_local", "用户@c.example", "has letters before the @ that are not ASCII"},
        Address{"chinese_domain", "a@例子.example",
                "has a domain that is not ASCII; write it in its xn-- form"},
        Address{"brackets", "<a>@c.example", "has a character before the @ that is not taken"},
        Address{"quotes", "\"a\"@c.example", "has a character before the @ that is not taken"},
        Address{"no_domain", "a@", "has no valid domain after the @"},
        Address{"dots", "a@b..c", "has no valid domain after the @"},
        Address{"hyphen", "a@-b.example", "has no valid domain after the @"},
        Address{"literal", "a@[127.0.0.1]", "has no valid domain after the @"},
        Address{"two_recipients", "a@b.example,c", "has no valid domain after the @"},
        Address{"long_local", std::string(65, 'a') + "@b.example",
                "has more than 64 bytes before the @"},
        Address{"long", "a@" + std::string(253, 'b'), "has more than 254 bytes"}),
    [](const auto& found) { return std::string(found.param.name); });

}  // namespace
}  // namespace email
