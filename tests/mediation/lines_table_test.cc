#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>

#include "mediation/json_line.h"
#include "mediation/line_world.h"
#include "support/escapes.h"
#include "support/places.h"

// Reads lines.table, which says itself how it is written.
namespace packwarden::testing {
namespace {

constexpr const char* csv_header = "id,source,account,product,meter,time,quantity\n";

struct Row {
  int line_no = 0;
  std::string format;
  std::string text;
  std::string outcome;
};

std::string with_words(std::string text) {
  const std::pair<const char*, const char*> words[] = {
      {"<r>", R"("account":"acme","product":"captcha","meter":"<meter>","time":"<time>")"},
      {"<e>", R"("specversion":"1.0","id":"i","source":"/gate","type":"<meter>",)"
              R"("subject":"acme","time":"<time>")"},
      {"<who>", "acme,captcha,<meter>"},
      {"<time>", "2026-11-20T11:00:00Z"},
      {"<meter>", "client_verification"}};
  for (const auto& [word, meaning] : words) {
    for (std::size_t at = 0; (at = text.find(word, at)) != std::string::npos;) {
      text.replace(at, std::string_view(word).size(), meaning);
    }
  }
  return text;
}

std::vector<Row> read_table() {
  std::ifstream table(source_dir() + "/tests/mediation/lines.table");
  std::vector<Row> rows;
  int line_no = 0;
  for (std::string line; std::getline(table, line);) {
    ++line_no;
    if (line.empty() || line.starts_with("#")) continue;
    const std::size_t arrow = line.rfind(" => ");
    if (arrow == std::string::npos || arrow < 6) {
      throw std::runtime_error("lines.table, line " + std::to_string(line_no));
    }
    const std::string format = line.substr(0, line.find(' '));
    rows.push_back({line_no, format, unescaped(with_words(line.substr(6, arrow - 6))),
                    with_words(line.substr(arrow + 4))});
  }
  return rows;
}

// What must stand in the fields, by name.
std::map<std::string, std::string> wanted_of(const std::string& outcome) {
  static const std::set<std::string> names{"id",    "source", "account", "product",
                                           "meter", "time",   "quantity"};
  std::map<std::string, std::string> wanted;
  std::string* value = nullptr;
  std::string rest = outcome.substr(std::string("accepted").size());
  while (!rest.empty()) {
    const std::size_t next = rest.find(' ', 1);
    const std::string word = rest.substr(1, next == std::string::npos ? next : next - 1);
    const std::string name = word.substr(0, word.find('='));
    if (word.find('=') != std::string::npos && names.count(name) != 0) {
      value = &wanted[name];
      *value = word.substr(name.size() + 1);
    } else if (value != nullptr) {
      *value += " " + word;
    } else {
      throw std::runtime_error("lines.table: what is '" + outcome + "'?");
    }
    rest = next == std::string::npos ? "" : rest.substr(next);
  }
  for (auto& [name, text] : wanted) text = unescaped(text);
  return wanted;
}

class Table {
 public:
  void expect(const Row& row) {
    ASSERT_TRUE(row.format == "csv" || row.format == "json");
    const Format format = row.format == "csv" ? Format::csv : Format::ndjson;
    const std::string head = format == Format::csv ? csv_header : "";
    LineWorld::Reading reading = world_.read(format, head, row.text);
    ASSERT_EQ(reading.lines.size(), 1U);
    expect_outcome(row, reading.lines.front());
    if (format == Format::ndjson) expect_plain_reader_agrees(row, reading.lines.front());
  }

 private:
  void expect_outcome(const Row& row, DecodedLine& line) {
    ResolvedRecord resolved;
    const std::string outcome = world_.outcome_of(line, resolved);
    const bool wants_accepted = row.outcome.starts_with("accepted");
    EXPECT_EQ(outcome, wants_accepted ? "accepted" : row.outcome) << line.detail;
    if (outcome != "accepted" || !wants_accepted) return;
    const std::map<std::string, std::string> has{
        {"id", std::string(line.id)},        {"source", std::string(line.source)},
        {"account", resolved.account->name}, {"product", resolved.product->name},
        {"meter", resolved.meter->name},     {"quantity", std::to_string(line.quantity)}};
    for (const auto& [name, value] : wanted_of(row.outcome)) {
      if (name == "time") {
        EXPECT_EQ(line.time, parse_rfc3339(value.data(), value.data() + value.size()).value());
      } else {
        EXPECT_EQ(has.at(name), value) << name;
      }
    }
  }

  void expect_plain_reader_agrees(const Row& row, const DecodedLine& line) {
    if (row.text.size() > LineWorld::max_line_bytes) return;
    std::string text = row.text;
    if (text.ends_with('\r')) text.pop_back();
    DecodedLine by_plain;
    interpret(plain_.read(text), by_plain);
    // What only the resolver sees is none of the reader's.
    if (by_plain.rejected || line.reason <= RejectReason::bad_quantity) {
      EXPECT_EQ(by_plain.rejected, line.rejected);
      EXPECT_EQ(by_plain.reason, line.reason);
    }
    EXPECT_EQ(by_plain.quantity, line.quantity);
  }

  LineWorld world_{"2026-11-20T12:00:00Z"};
  PlainJsonReader plain_;
};

TEST(LinesTable, U2_U5_each_line_becomes_what_the_table_says) {
  Table table;
  const std::vector<Row> rows = read_table();
  ASSERT_GE(rows.size(), 200U);
  std::set<std::string> reasons;
  for (const Row& row : rows) {
    SCOPED_TRACE("lines.table:" + std::to_string(row.line_no) + ": " + row.text.substr(0, 200));
    table.expect(row);
    reasons.insert(row.outcome.substr(0, row.outcome.find(' ')));
  }
  for (const char* reason :
       {"malformed", "missing_field", "bad_time", "bad_quantity", "unknown_account",
        "unknown_product", "unknown_meter", "too_old", "in_future", "accepted"}) {
    EXPECT_EQ(reasons.count(reason), 1U) << reason;
  }
}

}  // namespace
}  // namespace packwarden::testing
