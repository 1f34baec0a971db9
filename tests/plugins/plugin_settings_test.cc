#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "settings.h"

namespace pw_plugin {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

using Pairs = std::initializer_list<std::pair<const char*, std::string>>;

Settings read(Pairs pairs) {
  std::vector<pw_setting> settings;
  for (const auto& [key, value] : pairs) {
    settings.push_back({sizeof(pw_setting), key, value.c_str()});
  }
  std::vector<const pw_setting*> pointers;
  for (const pw_setting& setting : settings) pointers.push_back(&setting);
  return {pointers.data(), pointers.size()};
}

std::string written(const std::string& name, const std::string& text, mode_t mode) {
  const std::string path = testing::TempDir() + "plugin_settings_" + name;
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
  EXPECT_EQ(chmod(path.c_str(), mode), 0);
  return path;
}

std::string fault_of_secret(const std::string& path) {
  Settings settings = read({{"key_file", path}});
  EXPECT_EQ(settings.secret_from_file("key_file"), "");
  return settings.finish().value_or("");
}

TEST(PluginSettings, ReadsEachKindOfValue) {
  Settings settings = read({{"host", "mail.example"},
                            {"port", "587"},
                            {"verify", "false"},
                            {"security", "tls"},
                            {"template_usage_en", "7"},
                            {"template_usage_zh-CN", "8"}});
  EXPECT_EQ(settings.required_text("host"), "mail.example");
  EXPECT_EQ(settings.whole_number("port", 25, 1, 65'535), 587u);
  EXPECT_FALSE(settings.flag("verify", true));
  EXPECT_EQ(settings.one_of("security", {"starttls", "tls"}), "tls");
  EXPECT_THAT(settings.with_prefix("template_"),
              ElementsAre(Pair("usage_en", "7"), Pair("usage_zh-CN", "8")));
  EXPECT_EQ(settings.finish(), std::nullopt);
}

TEST(PluginSettings, HasDefaultsForWhatIsNotThere) {
  Settings settings = read({});
  EXPECT_EQ(settings.text("helo", "localhost"), "localhost");
  EXPECT_EQ(settings.whole_number("port", 25, 1, 65'535), 25u);
  EXPECT_TRUE(settings.flag("verify", true));
  EXPECT_FALSE(settings.flag("quiet", false));
  EXPECT_EQ(settings.one_of("security", {"starttls", "tls"}), "starttls");
  EXPECT_FALSE(settings.has("key_file"));
  EXPECT_EQ(settings.finish(), std::nullopt);
}

struct WrongValue {
  const char* name;
  const char* value;
  const char* told;
};

class WrongNumber : public testing::TestWithParam<WrongValue> {};

TEST_P(WrongNumber, IsRefused) {
  Settings settings = read({{"port", GetParam().value}});
  EXPECT_EQ(settings.whole_number("port", 25, 1, 65'535), 25u);
  EXPECT_EQ(settings.finish(), GetParam().told);
}

INSTANTIATE_TEST_SUITE_P(
    PluginSettings, WrongNumber,
    testing::Values(
        WrongValue{"zero", "0", "setting port is \"0\"; write a whole number from 1 to 65535"},
        WrongValue{"large", "65536",
                   "setting port is \"65536\"; write a whole number from 1 to 65535"},
        WrongValue{
            "huge", "99999999999999999999",
            "setting port is \"99999999999999999999\"; write a whole number from 1 to 65535"},
        WrongValue{"sign", "-1", "setting port is \"-1\"; write a whole number from 1 to 65535"},
        WrongValue{"rest", "25 ", "setting port is \"25 \"; write a whole number from 1 to 65535"},
        WrongValue{"empty", "", "setting port is \"\"; write a whole number from 1 to 65535"}),
    [](const auto& wrong) { return std::string(wrong.param.name); });

TEST(PluginSettings, RefusesWordsThatAreNotInTheList) {
  Settings settings = read({{"security", "ssl"}});
  EXPECT_EQ(settings.one_of("security", {"starttls", "tls"}), "starttls");
  EXPECT_EQ(settings.finish(), "setting security is \"ssl\"; write one of starttls, tls");
  Settings flags = read({{"verify", "yes"}});
  EXPECT_TRUE(flags.flag("verify", true));
  EXPECT_EQ(flags.finish(), "setting verify is \"yes\"; write one of true, false");
}

TEST(PluginSettings, RefusesTextThatIsNotOneLine) {
  Settings settings = read({{"from", "a@b\r\nBcc: c@d"}});
  EXPECT_EQ(settings.required_text("from"), "");
  EXPECT_THAT(settings.finish().value_or(""), HasSubstr("setting from has control characters"));
  Settings large = read({{"from", std::string(4'097, 'x')}});
  EXPECT_EQ(large.text("from"), "");
  EXPECT_EQ(large.finish(), "setting from has 4097 bytes; at most 4096 are taken");
}

TEST(PluginSettings, TellsTheFirstFaultOnly) {
  Settings settings = read({{"port", "x"}});
  settings.required_text("host");
  settings.whole_number("port", 25, 1, 65'535);
  settings.refuse("a plugin's own fault");
  EXPECT_EQ(settings.finish(), "setting host is missing; give it a value");
}

TEST(PluginSettings, RefusesUnknownKeysAndNamesTheOneThatWasMeant) {
  Settings mistyped = read({{"hots", "x"}});
  mistyped.text("host");
  EXPECT_EQ(mistyped.finish(), "there is no setting hots; did you mean host?");
  Settings unknown = read({{"colour", "red"}});
  unknown.text("host");
  unknown.text("port");
  EXPECT_EQ(unknown.finish(), "there is no setting colour; there are host, port");
  EXPECT_EQ(read({{"a", "b"}}).finish(), "there is no setting a; this plugin has no settings");
}

TEST(PluginSettings, RefusesAKeyThatStandsTwice) {
  Settings settings = read({{"host", "a"}, {"host", "b"}});
  settings.text("host");
  EXPECT_EQ(settings.finish(), "setting host stands twice; leave one");
}

TEST(PluginSettings, ReadsTheOnlyLineOfASecretFile) {
  for (const char* text : {"pa ss:wörd", "pa ss:wörd\n", "pa ss:wörd\r\n"}) {
    Settings settings = read({{"key_file", written("secret", text, 0600)}});
    EXPECT_EQ(settings.secret_from_file("key_file"), "pa ss:wörd");
    EXPECT_EQ(settings.finish(), std::nullopt);
  }
  Settings largest = read({{"key_file", written("secret", std::string(4'096, 'x') + "\n", 0600)}});
  EXPECT_EQ(largest.secret_from_file("key_file").size(), 4'096u);
}

TEST(PluginSettings, RefusesASecretFileThatIsOpenToEveryUser) {
  const std::string path = written("open", "secret\n", 0644);
  EXPECT_EQ(fault_of_secret(path),
            "setting key_file: " + path + " is open to every user; chmod 600 " + path);
  EXPECT_THAT(fault_of_secret(written("writable", "secret\n", 0602)), HasSubstr("chmod 600"));
}

TEST(PluginSettings, RefusesASecretFileThatHoldsNoSecret) {
  EXPECT_THAT(fault_of_secret("/does/not/exist"), HasSubstr("cannot be read (No such file"));
  EXPECT_THAT(fault_of_secret("/dev/null"), HasSubstr("is not a regular file"));
  EXPECT_THAT(fault_of_secret(written("empty", "\n", 0600)), HasSubstr("is empty"));
  EXPECT_THAT(fault_of_secret(written("lines", "a\nb\n", 0600)), HasSubstr("more than one line"));
  EXPECT_THAT(fault_of_secret(written("nul", std::string("a\0b", 3), 0600)),
              HasSubstr("control characters"));
  EXPECT_THAT(fault_of_secret(written("long", std::string(4'097, 'x'), 0600)),
              HasSubstr("more than 4096 bytes"));
  Settings none = read({});
  EXPECT_EQ(none.secret_from_file("key_file"), "");
  EXPECT_EQ(none.finish(), "setting key_file is missing; give it a value");
}

TEST(PluginSettings, NeverTellsASecret) {
  EXPECT_THAT(fault_of_secret(written("two", "hunter2\nhunter3\n", 0600)),
              testing::Not(HasSubstr("hunter")));
}

}  // namespace
}  // namespace pw_plugin
