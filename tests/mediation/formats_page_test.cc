#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <optional>
#include <set>

#include "mediation/line_world.h"
#include "support/places.h"

// Reads the examples of docs/FORMATS.md from the page.
namespace packwarden::testing {
namespace {

const std::string csv_header = "id,source,account,product,meter,time,quantity\n";

struct PageRow {
  int line_no = 0;
  std::vector<std::string> cells;
};

// A table of the page, by its head.
struct PageTable {
  std::string head;
  std::vector<PageRow> rows;
};

struct Page {
  std::vector<PageTable> tables;
  std::map<std::string, std::string> blocks;  // fenced, by their language
  std::map<std::string, std::string> words;   // `WORD` stands for, `text`
  std::string arrival;                        // the file arrives at ...
};

std::vector<std::string> cells_of(const std::string& row) {
  std::vector<std::string> cells(1);
  bool in_code = false;
  for (const char c : row.substr(1)) {
    if (c == '`') in_code = !in_code;
    if (c == '|' && !in_code) {
      cells.emplace_back();
    } else {
      cells.back().push_back(c);
    }
  }
  cells.pop_back();
  for (std::string& cell : cells) {
    const std::size_t begin = cell.find_first_not_of(' ');
    cell = begin == std::string::npos ? ""
                                      : cell.substr(begin, cell.find_last_not_of(' ') - begin + 1);
  }
  return cells;
}

// The text between the first two ` at or after `at`, which moves behind them.
std::string code_at(const std::string& text, std::size_t& at) {
  const std::size_t begin = text.find('`', at);
  const std::size_t end = begin == std::string::npos ? begin : text.find('`', begin + 1);
  if (end == std::string::npos) throw std::runtime_error("no `code` in: " + text);
  at = end + 1;
  return text.substr(begin + 1, end - begin - 1);
}

// What a paragraph of prose says, its lines joined by blanks.
void read_paragraph(Page& page, const std::string& prose) {
  const std::string arrives = "the file arrives at ";
  if (const std::size_t at = prose.find(arrives); at != std::string::npos) {
    const std::size_t begin = at + arrives.size();
    page.arrival = prose.substr(begin, prose.find_first_of(". ", begin) - begin);
  }
  for (const std::string word : {"FIELDS", "EVENT"}) {
    std::size_t at = prose.find("`" + word + "`");
    if (at == std::string::npos) continue;
    code_at(prose, at);
    page.words[word] = code_at(prose, at);
  }
}

Page read_page() {
  std::ifstream file(source_dir() + "/docs/FORMATS.md");
  Page page;
  int line_no = 0;
  std::string block;
  std::string prose;
  bool in_table = false;
  for (std::string line; std::getline(file, line);) {
    ++line_no;
    const bool is_table = line.starts_with("|");
    if (block.empty() && !is_table && !line.empty() && !line.starts_with("```")) {
      in_table = false;
      prose += line + " ";
      continue;
    }
    read_paragraph(page, prose);
    prose.clear();
    if (line.starts_with("```")) {
      block = block.empty() ? line.substr(3) : "";
    } else if (!block.empty()) {
      page.blocks[block] += line + "\n";
    } else if (line.starts_with("| ---")) {
      in_table = true;
    } else if (is_table && in_table) {
      page.tables.back().rows.push_back({line_no, cells_of(line)});
    } else if (is_table) {
      page.tables.push_back({line, {}});
    } else {
      in_table = false;
    }
  }
  return page;
}

const PageTable& table_of(const Page& page, const std::string& head, std::size_t number = 0) {
  for (const PageTable& table : page.tables) {
    if (table.head == head && number-- == 0) return table;
  }
  throw std::runtime_error("FORMATS.md has no table " + head);
}

// What a cell shows: a value in code, `129 times x`, nothing; nullopt: the field is left out.
std::optional<std::string> value_of(const std::string& cell, bool json) {
  if (cell == "nothing") return "";
  if (cell == "absent") return std::nullopt;
  std::size_t at = 0;
  const std::string code = code_at(cell, at);
  const std::size_t times = cell.find(" times ");
  if (times == std::string::npos) return code;
  std::string text;
  for (int i = 0; i < std::stoi(cell); ++i) text += code;
  return json ? "\"" + text + "\"" : text;
}

// "accepted", or a reason; `event`: what stands behind "CloudEvents: ", where something does.
std::string becomes(std::string cell, bool event) {
  const std::string mark = "; CloudEvents: ";
  if (const std::size_t at = cell.find(mark); at != std::string::npos) {
    cell = event ? cell.substr(at + mark.size()) : cell.substr(0, at);
  }
  std::size_t at = 0;
  return cell == "accepted" ? cell : code_at(cell, at);
}

using Fields = std::map<std::string, std::optional<std::string>>;

const std::vector<std::string> field_names{"id",    "source", "account", "product",
                                           "meter", "time",   "quantity"};
const std::map<std::string, std::string> event_names{{"id", "id"},
                                                     {"source", "source"},
                                                     {"account", "subject"},
                                                     {"meter", "type"},
                                                     {"time", "time"}};

std::string csv_line(const Fields& fields) {
  std::string line;
  for (const std::string& name : field_names) {
    line += (name == field_names.front() ? "" : ",") + *fields.at(name);
  }
  return line;
}

void add_member(std::string& object, const std::string& name,
                const std::optional<std::string>& value) {
  if (value) object += (object.empty() ? "\"" : ",\"") + name + "\":" + *value;
}

std::string flat_line(const Fields& fields) {
  std::string members;
  for (const std::string& name : field_names) add_member(members, name, fields.at(name));
  return "{" + members + "}";
}

std::string event_line(const Fields& fields) {
  std::string members = R"("specversion":"1.0")";
  std::string data;
  for (const std::string& name : field_names) {
    const auto its = event_names.find(name);
    if (its == event_names.end()) {
      add_member(data, name, fields.at(name));
    } else {
      add_member(members, its->second, fields.at(name));
    }
  }
  return "{" + members + ",\"data\":{" + data + "}}";
}

class FormatsPage : public ::testing::Test {
 protected:
  void expect(Format format, const std::string& line, const std::string& outcome) {
    LineWorld::Reading reading = world.read(format, csv_header, line);
    ASSERT_EQ(reading.lines.size(), 1U) << line;
    ResolvedRecord resolved;
    EXPECT_EQ(world.outcome_of(reading.lines.front(), resolved), outcome)
        << line << "\n"
        << reading.lines.front().detail;
  }

  const Page page = read_page();
  const LineWorld world{page.arrival};
};

std::string place_of(const PageRow& row) {
  return "FORMATS.md:" + std::to_string(row.line_no);
}

TEST_F(FormatsPage, U1_the_whole_files_are_taken_line_by_line) {
  for (const auto& [language, format, lines] :
       {std::tuple{"csv", Format::csv, 3U}, std::tuple{"ndjson", Format::ndjson, 2U}}) {
    const std::string& file = page.blocks.at(language);
    const std::size_t head = format == Format::csv ? file.find('\n') + 1 : 0;
    LineWorld::Reading reading = world.read(format, file.substr(0, head), file.substr(head));
    std::size_t accepted = 0;
    for (DecodedLine& line : reading.lines) {
      ResolvedRecord resolved;
      EXPECT_EQ(world.outcome_of(line, resolved), "accepted") << language << ": " << line.detail;
      ++accepted;
    }
    EXPECT_EQ(accepted, lines) << language;
  }
}

TEST_F(FormatsPage, U2_U5_each_value_of_a_field_becomes_what_the_page_says) {
  std::map<std::string, std::set<std::string>> outcomes;  // by field and format
  for (const PageRow& row :
       table_of(page, "| field | in CSV | in flat JSON and CloudEvents | becomes |").rows) {
    SCOPED_TRACE(place_of(row));
    const std::string& field = row.cells.at(0);
    Fields csv{{"id", "call-1"},
               {"source", "gate-7"},
               {"account", "acme"},
               {"product", "captcha"},
               {"meter", "client_verification"},
               {"time", "2026-11-22T13:59:58Z"},
               {"quantity", "1"}};
    ASSERT_EQ(csv.count(field), 1U) << field;
    ASSERT_NE(row.cells.at(1) + row.cells.at(2), "") << "no value";
    Fields json = csv;
    for (auto& [name, value] : json) {
      if (name != "quantity") value = "\"" + *value + "\"";
    }
    if (const std::string& cell = row.cells.at(1); !cell.empty()) {
      csv[field] = value_of(cell, false);
      expect(Format::csv, csv_line(csv), becomes(row.cells.at(3), false));
      outcomes[field + " csv"].insert(becomes(row.cells.at(3), false));
    }
    if (const std::string& cell = row.cells.at(2); !cell.empty()) {
      json[field] = value_of(cell, true);
      expect(Format::ndjson, flat_line(json), becomes(row.cells.at(3), false));
      expect(Format::ndjson, event_line(json), becomes(row.cells.at(3), true));
      outcomes[field + " json"].insert(becomes(row.cells.at(3), false));
    }
  }
  // Each field has one that is taken and one that is refused.
  std::vector<std::string> names;
  const std::string fields =
      "| field | CSV column, key of flat JSON | CloudEvents | taken | else |";
  for (const PageRow& row : table_of(page, fields).rows) names.push_back(row.cells.at(0));
  EXPECT_EQ(names, field_names);
  for (const std::string& name : names) {
    for (const char* format : {" csv", " json"}) {
      EXPECT_EQ(outcomes[name + format].count("accepted"), 1U) << name << format;
      EXPECT_GE(outcomes[name + format].size(), 2U) << name << format;
    }
  }
}

TEST_F(FormatsPage, U1_each_header_is_read_or_fails_as_the_page_says) {
  std::set<std::string> outcomes;
  for (const PageRow& row : table_of(page, "| header | the file |").rows) {
    std::size_t at = 0;
    const std::string head = code_at(row.cells.at(0), at) + "\n";
    const bool is_read =
        open_decoder(Format::csv, head, true, LineWorld::max_line_bytes).has_value();
    EXPECT_EQ(is_read ? "is read" : "fails", row.cells.at(1)) << place_of(row);
    outcomes.insert(row.cells.at(1));
  }
  EXPECT_EQ(outcomes.size(), 2U);
}

TEST_F(FormatsPage, U2_U5_each_line_becomes_what_the_page_says) {
  for (const auto& [format, number] : {std::pair{Format::csv, 0U}, std::pair{Format::ndjson, 1U}}) {
    std::set<std::string> outcomes;
    for (const PageRow& row : table_of(page, "| line | becomes |", number).rows) {
      SCOPED_TRACE(place_of(row));
      std::size_t at = 0;
      std::string line = code_at(row.cells.at(0), at);
      for (const auto& [word, meaning] : page.words) {
        if (const std::size_t found = line.find(word); found != std::string::npos) {
          line.replace(found, word.size(), meaning);
        }
      }
      expect(format, line, becomes(row.cells.at(1), false));
      outcomes.insert(becomes(row.cells.at(1), false));
    }
    EXPECT_GE(outcomes.size(), 3U);
  }
}

}  // namespace
}  // namespace packwarden::testing
