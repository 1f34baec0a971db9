// The fast reader of JSON lines beside the plain one.
#include "mediation/json_line.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>

#include "mediation/csv_reading.h"
#include "mediation/json_decoder.h"

namespace packwarden {
namespace {

constexpr std::uint32_t max_line_bytes = 65'536;

OwnedLine outcome_of(JsonLine& json) {
  DecodedLine line;
  interpret(json, line);
  OwnedLine copy = owned(line);
  if (copy.reason != "malformed") return copy;
  OwnedLine only_reason;
  only_reason.reason = copy.reason;
  return only_reason;
}

void expect_readers_agree(FastJsonReader& fast, PlainJsonReader& plain, const std::string& text) {
  const OwnedLine by_fast = outcome_of(fast.read(text));
  const OwnedLine by_plain = outcome_of(plain.read(text));
  EXPECT_EQ(by_fast, by_plain) << text;
}

std::string nested(std::size_t depth, bool objects) {
  std::string open;
  std::string close;
  for (std::size_t i = 0; i < depth; ++i) {
    open += objects ? "{\"a\":" : "[";
    close.insert(0, objects ? "}" : "]");
  }
  return open + "1" + close;
}

std::string with_extra(const std::string& value) {
  return R"({"id":"i","account":"a","product":"p","meter":"m","time":"2026-11-20T11:00:00Z","x":)" +
         value + "}";
}

TEST(U2, json_may_be_64_deep_for_both_readers) {
  FastJsonReader fast(max_line_bytes);
  PlainJsonReader plain;
  for (const bool objects : {false, true}) {
    for (const std::size_t inner : {62U, 63U, 64U, 65U, 1'000U, 20'000U}) {
      const std::string text = with_extra(nested(inner, objects));
      const bool good = inner + 1 <= max_json_depth;
      EXPECT_EQ(outcome_of(fast.read(text)).reason, good ? "" : "malformed") << inner;
      EXPECT_EQ(outcome_of(plain.read(text)).reason, good ? "" : "malformed") << inner;
    }
  }
}

TEST(U2, numbers_of_any_size_may_stand_in_fields_that_are_ignored) {
  FastJsonReader fast(max_line_bytes);
  PlainJsonReader plain;
  for (const std::string number :
       {"123456789012345678901234567890", "-99999999999999999999", "1e400", "-1E-999", "0.1e1",
        "18446744073709551616", "9223372036854775808", "1e2147483647"}) {
    EXPECT_EQ(outcome_of(fast.read(with_extra(number))).reason, "") << number;
    EXPECT_EQ(outcome_of(plain.read(with_extra(number))).reason, "") << number;
  }
  for (const std::string number : {"01", "+1", ".5", "1.", "1e", "0x1", "NaN", "Infinity", "--1"}) {
    EXPECT_EQ(outcome_of(fast.read(with_extra(number))).reason, "malformed") << number;
    EXPECT_EQ(outcome_of(plain.read(with_extra(number))).reason, "malformed") << number;
  }
}

TEST(U2, a_name_twice_is_found_among_thousands) {
  FastJsonReader fast(max_line_bytes);
  std::string text = with_extra("1");
  text.pop_back();
  for (int i = 0; i < 3'000; ++i) text += ",\"k" + std::to_string(i) + "\":0";
  EXPECT_EQ(outcome_of(fast.read(text + "}")).reason, "");
  EXPECT_EQ(outcome_of(fast.read(text + ",\"k17\":0}")).reason, "malformed");
  EXPECT_EQ(outcome_of(fast.read(text + ",\"k\\u0031\":0}")).reason, "malformed");
}

class LineMaker {
 public:
  explicit LineMaker(std::uint64_t seed) : random_(seed) {}

  std::string make() {
    std::string text = below(12) == 0 ? value(0) : record();
    for (std::size_t edits = below(3) == 0 ? 1 + below(3) : 0; edits > 0; --edits) edit(text);
    return text;
  }

  std::size_t below(std::size_t bound) { return random_() % bound; }

 private:
  std::string pick(const std::vector<std::string>& options) {
    return options[below(options.size())];
  }

  std::string record() {
    static const std::vector<std::string> names{
        "id",   "source",  "account", "product",     "meter", "time",     "quantity", "specversion",
        "type", "subject", "data",    "data_base64", "x",     "i\\u0064", "\\u0000",  "tim\\u0065"};
    std::string text = "{";
    const bool event = below(2) == 0;
    const auto add = [&](const std::string& name, const std::string& of) {
      if (text.size() > 1) text += pick({",", ", ", " , "});
      text += "\"" + name + "\"" + pick({":", ": ", " :\t"}) + of;
    };
    const auto member = [&](const std::string& name, const std::string& of) {
      if (below(25) != 0) add(name, below(20) == 0 ? value(0) : of);
    };
    member("id", text_value());
    member("time", pick({"\"not a time\"", "\"2026-11-20T11:00:00Z\"",
                         "\"2026-11-20T11:00:00.5+08:00\"", "7"}));
    member("source", text_value());
    if (event)
      add("specversion", pick({"\"1.0\"", "\"1.0\"", "\"1.0\"", "\"0.3\"", "1.0", "null"}));
    member(event ? "subject" : "account", text_value());
    member(event ? "type" : "meter", text_value());
    if (event) {
      std::string data = "{\"product\":" + text_value();
      if (below(2) == 0) data += ",\"quantity\":" + number();
      if (below(9) == 0) data += ",\"product\":" + text_value();
      member("data", data + "}");
    } else {
      member("product", text_value());
      if (below(2) == 0) member("quantity", number());
    }
    while (below(3) == 0) add(pick(names), value(0));
    return text + "}";
  }

  std::string number() {
    if (below(2) == 0) return "5";
    return pick({"1", "5", "1000000000000", "1000000000001", "0", "-1", "-0", "1.0", "1e3",
                 "9223372036854775807", "9223372036854775808", "18446744073709551615",
                 "18446744073709551616", "99999999999999999999999", "1e999", "01", "1.", "\"5\"",
                 "null"});
  }

  std::string text_value() {
    if (below(8) != 0) return pick({"\"acme\"", "\"id1\"", "\"\\u4e2d\\n\"", "\"\xE4\xB8\xAD\""});
    return pick({"\"acme\"", "\"a\\u00e9\\n\"", "\"\\ud83d\\ude00\"", "\"\\ud83d\"", "\"\\ude00x\"",
                 "\"\"", "\"\xE4\xB8\xAD\"", "\"\xC3\x28\"", "\"\\u0000\"", "\"\\/\\\\\\\"\"",
                 "\"\\x\"", "\"" + std::string(128, 'x') + "\"",
                 "\"" + std::string(129, 'x') + "\"", "\"tab\t\"", "\"id1\"", "\"id2\"",
                 "\"id3\""});
  }

  std::string value(std::size_t depth) {
    switch (below(depth > 4 ? 5 : 8)) {
      case 0:
        return text_value();
      case 1:
        return number();
      case 2:
        return pick({"true", "false", "null", "tru", "nul", "TRUE"});
      case 3:
        return "[]";
      case 4:
        return "{}";
      case 5:
        return "[" + value(depth + 1) + "," + value(depth + 1) + "]";
      case 6:
        return "{" + text_value() + ":" + value(depth + 1) + "}";
      default:
        return pick({" ", "\t", "\r", "\v", "\xEF\xBB\xBF", ""}) + value(depth + 1);
    }
  }

  void edit(std::string& text) {
    const std::size_t at = below(text.size() + 1);
    static const std::string bytes = "{}[]\",:\\0123456789eE+-.tfnu \t\r\x01\x7F\x80\xC3\xED\xFF/*";
    const char byte = bytes[below(bytes.size())];
    switch (below(3)) {
      case 0:
        text.insert(at, 1, byte);
        break;
      case 1:
        text.erase(at, 1 + below(3));
        break;
      default:
        if (at < text.size()) text[at] = byte;
    }
  }

  std::mt19937_64 random_;
};

std::uint64_t seed() {
  const char* const given = std::getenv("PACKWARDEN_SEED");
  return given == nullptr ? std::random_device{}() : std::strtoull(given, nullptr, 10);
}

TEST(U2, both_readers_of_json_agree_on_random_lines) {
  const std::uint64_t seeded = seed();
  SCOPED_TRACE("PACKWARDEN_SEED=" + std::to_string(seeded));
  LineMaker maker(seeded);
  FastJsonReader fast(max_line_bytes);
  PlainJsonReader plain;
  std::map<std::string, int> outcomes;
  for (int i = 0; i < 100'000 && !::testing::Test::HasFailure(); ++i) {
    const std::string text = maker.make();
    expect_readers_agree(fast, plain, text);
    ++outcomes[outcome_of(plain.read(text)).reason];
  }
  for (const std::string reason : {"", "malformed", "missing_field", "bad_time", "bad_quantity"}) {
    EXPECT_GT(outcomes[reason], 500) << reason;
  }
}

TEST(U9, how_json_is_cut_into_blocks_changes_nothing) {
  const std::uint64_t seeded = seed();
  SCOPED_TRACE("PACKWARDEN_SEED=" + std::to_string(seeded));
  LineMaker maker(seeded);
  for (int round = 0; round < 300 && !::testing::Test::HasFailure(); ++round) {
    std::string file = maker.below(2) == 0 ? "\xEF\xBB\xBF" : "";
    for (std::size_t lines = maker.below(30); lines > 0; --lines) {
      file += maker.below(6) == 0 ? "" : maker.make();
      file += maker.below(5) == 0 ? "\r\n" : "\n";
    }
    if (maker.below(2) == 0) file += maker.make();
    const auto max_bytes = static_cast<std::uint32_t>(64 + maker.below(200));
    const auto fresh = [&] { return std::make_unique<JsonDecoder>(file, max_bytes); };
    const Reading whole =
        read_records(file, fresh, {.next_block_bytes = [&] { return file.size(); }});
    EXPECT_FALSE(whole.stuck);
    const ReadingStyle cut{.next_block_bytes = [&] { return max_bytes + 2 + maker.below(99); },
                           .lines_per_checkpoint = 1 + maker.below(5),
                           .fresh_decoder_at_checkpoint = true,
                           .knows_end_at_once = maker.below(2) == 0};
    EXPECT_EQ(read_records(file, fresh, cut), whole) << file;
  }
}

}  // namespace
}  // namespace packwarden
