#include "notices/text_template.h"

#include <gtest/gtest.h>

#include <array>
#include <kainjow/mustache.hpp>
#include <random>

namespace packwarden {
namespace {

namespace km = kainjow::mustache;

constexpr std::array<std::string_view, 3> names = {"account", "reason", "units"};
using Values = std::array<std::string_view, 3>;

std::string fault_of(const std::string& text) {
  const auto compiled = TextTemplate::compile(text, names);
  return compiled ? "" : compiled.error();
}

std::string rendered(const std::string& text, const Values& values, Escape escape = Escape::plain) {
  const auto compiled = TextTemplate::compile(text, names);
  if (!compiled) return "refused: " + compiled.error();
  std::string out;
  compiled->render(values, escape, out);
  return out;
}

// The slow model: kainjow renders.
std::string by_kainjow(const std::string& text, const Values& values, Escape escape) {
  km::mustache mustache(text);
  mustache.set_custom_escape([escape](const std::string& value) {
    std::string out;
    append_escaped(value, escape, out);
    return out;
  });
  km::data data(km::data::type::object);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string value(values[i]);
    data.set(std::string(names[i]),
             value.empty() ? km::data(km::data::type::bool_false) : km::data(value));
  }
  return mustache.render(data);
}

TEST(N4_Templates, PutValuesIn) {
  EXPECT_EQ(rendered("{{account}} has {{ units }} of {{account}}.", {"acme", "", "5"}),
            "acme has 5 of acme.");
}

TEST(N4_Templates, ShowASectionWhereItsValueIsNotEmpty) {
  const std::string text = "no{{#reason}}: {{reason}}{{/reason}}{{^reason}}, just so{{/reason}}.";
  EXPECT_EQ(rendered(text, {"", "too late", ""}), "no: too late.");
  EXPECT_EQ(rendered(text, {"", "", ""}), "no, just so.");
}

TEST(N4_Templates, ValuesAreNeverTemplates) {
  EXPECT_EQ(rendered("{{account}}{{reason}}", {"{{units}}", "{{#units}}", "5"}),
            "{{units}}{{#units}}");
}

TEST(N4_Templates, PlainTextsKeepWhatHtmlEscapes) {
  EXPECT_EQ(rendered("{{account}}", {"A&B <\"x\" 'y'>", "", ""}), "A&B <\"x\" 'y'>");
}

TEST(N4_Templates, HtmlIsEscaped) {
  EXPECT_EQ(rendered("<p>{{account}}</p>", {"<script>\"&'\n", "", ""}, Escape::html),
            "<p>&lt;script&gt;&quot;&amp;&#39;<br>\n</p>");
}

TEST(N4_Templates, ValuesMakeNoSecondLine) {
  EXPECT_EQ(rendered("{{account}}|", {"a\r\nBcc: b\x7F\xC2\x85"
                                      "c\xE2\x80\xA8"
                                      "d\xC3\xA4\xE2\x82\xAC",
                                      "", ""}),
            "a  Bcc: b  c d\xC3\xA4\xE2\x82\xAC|");
  EXPECT_EQ(rendered("{{account}}|", {"cut \xC2", "", ""}), "cut \xC2|");
}

TEST(N4_Templates, RefuseWhatIsNoTemplate) {
  EXPECT_EQ(fault_of("{{tier}}"), "there is no {{tier}} here: give one of account, reason, units");
  EXPECT_EQ(fault_of("{{#tier}}x{{/tier}}"),
            "there is no {{tier}} here: give one of account, reason, units");
  EXPECT_NE(fault_of("{{}}"), "");
  EXPECT_NE(fault_of("{{account"), "");
  EXPECT_NE(fault_of("{{"), "");
  EXPECT_NE(fault_of("x{{#account}}y"), "");
  EXPECT_NE(fault_of("x{{/account}}y"), "");
  EXPECT_NE(fault_of("x{{#account}}y{{/reason}}"), "");
  EXPECT_EQ(fault_of("{{{account}}}"), "write {{account}}: no value goes into a text as it is");
  EXPECT_EQ(fault_of("{{&account}}"), "write {{account}}: no value goes into a text as it is");
  EXPECT_NE(fault_of("{{> other}}"), "");
  EXPECT_NE(fault_of("{{=<% %>=}}<%account%>"), "");
  EXPECT_NE(fault_of("{{=x=}}"), "");
  EXPECT_NE(fault_of("x{{#reason}}\n{{/reason}}"), "");
  EXPECT_NE(fault_of("{{#reason}}{{reason}}{{/reason}}"), "") << "nothing else in the line";
  std::string many;
  for (int i = 0; i < 33; ++i) many += "{{account}}";
  EXPECT_NE(fault_of(many), "");
  EXPECT_EQ(fault_of("{{! a remark }}{{account}}"), "");
}

TEST(N4_Templates, AnyBytesAreCompiledOrRefused) {
  std::mt19937 random(7);
  const std::array<std::string, 12> bits = {"{{", "}}", "{{{",    "}}}", "#",  "/",
                                            "^",  "=",  "reason", " ",   "\n", "&"};
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (auto count = random() % 9; count > 0; --count) text += bits[random() % bits.size()];
    const Values values = {"a", round % 2 == 0 ? "" : "b", "c"};
    const auto compiled = TextTemplate::compile(text, names);
    if (!compiled) continue;
    std::string out;
    compiled->render(values, Escape::plain, out);
    EXPECT_EQ(out, by_kainjow(text, values, Escape::plain)) << text;
  }
}

TEST(N4_Templates, AreRenderedAsKainjowRendersThem) {
  std::mt19937 random(1);
  const std::array<std::string, 9> parts = {"Account ",
                                            "{{account}}",
                                            " {{units}} ",
                                            "({{^reason}}none{{/reason}}) ",
                                            "({{#reason}}{{reason}}, {{account}}{{/reason}})",
                                            "{{! remark}}",
                                            "&amp; ",
                                            "x\n",
                                            "x\r\n y"};
  const std::array<std::string_view, 7> some = {
      "", "acme", "{{account}}", "<b>&\"'", "a\r\nb\tc", " ", "\xE5\xA5\x97\xE9\xA4\x90"};
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (auto count = random() % 8; count > 0; --count) text += parts[random() % parts.size()];
    const auto compiled = TextTemplate::compile(text, names);
    if (!compiled) continue;
    const Values values = {some[random() % some.size()], some[random() % some.size()],
                           some[random() % some.size()]};
    for (const Escape escape : {Escape::plain, Escape::html}) {
      std::string out;
      compiled->render(values, escape, out);
      ASSERT_EQ(out, by_kainjow(text, values, escape)) << text;
    }
  }
}

}  // namespace
}  // namespace packwarden
