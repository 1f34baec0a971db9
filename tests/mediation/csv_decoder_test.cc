#include "mediation/csv_decoder.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "mediation/csv_reading.h"

namespace packwarden {
namespace {

using namespace std::string_literals;

constexpr std::uint32_t max_line_bytes = 200;
const std::string header = "id,source,account,product,meter,time,quantity\n";
const std::string tail = ",s,a,p,m,2026-11-22T00:00:00Z,1";  // of a good line, behind the id

Reading read_whole(const std::string& file) {
  const auto decoder = CsvDecoder::from_header(file, true, max_line_bytes);
  if (!decoder) {
    ADD_FAILURE() << decoder.error();
    return {};
  }
  return read_csv(file, *decoder, {.next_block_bytes = [] { return std::size_t{1} << 20; }});
}

// The only data line of a file of `text` behind the usual header.
OwnedLine read_line(const std::string& text) {
  const Reading reading = read_whole(header + text);
  EXPECT_EQ(reading.lines.size(), 1U) << text;
  return reading.lines.empty() ? OwnedLine{} : reading.lines.front();
}

TEST(U1, header_names_the_columns_in_any_order_and_unknown_ones_are_ignored) {
  const Reading reading = read_whole(
      "note,time,meter,product,account,id,\n"
      "\"x, \"\"y\"\"\",2026-11-22T00:00:00Z,login,captcha,acme/web,r-1,\n");
  ASSERT_EQ(reading.lines.size(), 1U);
  const OwnedLine& line = reading.lines[0];
  EXPECT_EQ(line.reason, "");
  EXPECT_EQ(line.id, "r-1");
  EXPECT_EQ(line.source, "");
  EXPECT_EQ(line.account, "acme/web");
  EXPECT_EQ(line.product, "captcha");
  EXPECT_EQ(line.meter, "login");
  EXPECT_EQ(line.time_nanos, 1'795'305'600'000'000'000);
  EXPECT_EQ(line.quantity, 1);
}

TEST(U1, line_ends_and_blank_lines) {
  const std::string good = "i" + tail;
  struct {
    std::string data;
    std::vector<std::uint64_t> line_nos;  // of the data lines; the header is 1
    std::uint64_t next_line_no;
  } const table[] = {
      {"", {}, 2},
      {"\n", {}, 3},
      {"\r", {}, 3},
      {"\r\n\n\r\n", {}, 5},
      {good, {2}, 3},
      {good + "\n", {2}, 3},
      {good + "\r\n", {2}, 3},
      {"\n\r\n" + good + "\n\n" + good, {4, 6}, 7},
      {"\"i\"" + tail + "\r\n" + good + "\r\n\r\n", {2, 3}, 5},
      {"\"i\nj\r\nk\"" + tail + "\n" + good, {2, 5}, 6},
      {"\"i\n\n\"" + tail, {2}, 5},
  };
  for (const auto& row : table) {
    const Reading reading = read_whole(header + row.data);
    std::vector<std::uint64_t> line_nos;
    for (const OwnedLine& line : reading.lines) {
      EXPECT_EQ(line.reason, "") << row.data;
      line_nos.push_back(line.line_no);
    }
    EXPECT_EQ(line_nos, row.line_nos) << row.data;
    EXPECT_EQ(reading.next_line_no, row.next_line_no) << row.data;
  }
}

TEST(U1, quoted_fields_hold_commas_quotes_and_line_breaks) {
  struct {
    const char* field;
    const char* id;
  } const table[] = {
      {"\"i\"", "i"},           {"\"a,b\"", "a,b"},
      {"\"a\"\"b\"", "a\"b"},   {"\"\"\"\"", "\""},
      {"\"\"\"\"\"\"", "\"\""}, {"\"a\nb\"", "a\nb"},
      {"\"a\r\nb\"", "a\r\nb"}, {"\"a\rb\"", "a\rb"},
      {" i ", " i "},           {"\xE4\xBD\xA0\xE5\xA5\xBD", "\xE4\xBD\xA0\xE5\xA5\xBD"},
  };
  for (const auto& row : table) {
    const OwnedLine line = read_line(row.field + tail + "\r\n");
    EXPECT_EQ(line.reason, "") << row.field;
    EXPECT_EQ(line.id, row.id);
    EXPECT_EQ(line.offset_bytes, header.size());
    EXPECT_EQ(line.length_bytes, std::string(row.field + tail).size());
  }
}

TEST(U2, quantity_is_whole_from_1_to_10_to_the_12th_and_1_where_there_is_none) {
  struct {
    const char* text;
    std::int64_t quantity;  // 0: refused
  } const table[] = {
      {"", 1},
      {"\"\"", 1},
      {"1", 1},
      {"42", 42},
      {"1000000000000", 1'000'000'000'000},
      {"007", 7},
      {"0000000000000000000000000000005", 5},
      {"1000000000001", 0},
      {"99999999999999999999999999", 0},
      {"18446744073709551617", 0},
      {"0", 0},
      {"00", 0},
      {"-1", 0},
      {"+1", 0},
      {"1.0", 0},
      {"1e3", 0},
      {" 1", 0},
      {"1 ", 0},
      {"x", 0},
      {"0x1", 0},
      {"\xEF\xBC\x91", 0},
  };
  for (const auto& row : table) {
    const OwnedLine line = read_line("i,s,a,p,m,2026-11-22T00:00:00Z,"s + row.text + "\n");
    EXPECT_EQ(line.reason, row.quantity == 0 ? "bad_quantity" : "") << row.text;
    if (row.quantity != 0) {
      EXPECT_EQ(line.quantity, row.quantity) << row.text;
    }
  }
}

TEST(U2, id_and_source_have_up_to_128_bytes) {
  const std::string fits(128, 'x');
  const std::string too_long(129, 'x');
  const std::string rest = ",a,p,m,2026-11-22T00:00:00Z,1";
  EXPECT_EQ(read_line(fits + ",s" + rest).reason, "");
  EXPECT_EQ(read_line("i," + fits + rest).reason, "");
  EXPECT_EQ(read_line(too_long + ",s" + rest).reason, "malformed");
  EXPECT_EQ(read_line("i," + too_long + rest).reason, "malformed");
}

TEST(U5, a_line_that_cannot_be_used_is_rejected_alone_with_the_first_reason) {
  const std::string time = "2026-11-22T00:00:00Z";
  struct {
    std::string line;
    const char* reason;
  } const table[] = {
      {"i,s,a,p,m," + time, "malformed"},
      {"i,s,a,p,m," + time + ",1,", "malformed"},
      {"i", "malformed"},
      {",,,,,,,", "malformed"},
      {",,,,,,", "missing_field"},
      {",s,a,p,m,x,x", "missing_field"},
      {"i,s,,p,m,x,x", "missing_field"},
      {"i,s,a,,m,x,x", "missing_field"},
      {"i,s,a,p,,x,x", "missing_field"},
      {"i,s,a,p,m,,x", "missing_field"},
      {"i,s,\"\",p,m,x,x", "missing_field"},
      {"i,s,a,p,m,x,x", "bad_time"},
      {"i,s,a,p,m," + time + " ,1", "bad_time"},
      {"i,s,a,p,m," + time + ",x", "bad_quantity"},
      {"i\xFF,s,,p,m,x,x", "malformed"},
      {"\"i\xFF\",s,,p,m,x,x", "malformed"},
      {"\xED\xA0\x80,s,a,p,m," + time + ",1", "malformed"},
      {"i\0,s,,p,m,x,x"s, "malformed"},
      {"\"i\0\",s,,p,m,x,x"s, "malformed"},
      {"i\r,s,,p,m,x,x", "malformed"},
      {"i,s,a,p,m," + time + ",1\r2", "malformed"},
      {"\"i,s,a,p,m," + time + ",1", "malformed"},
      {"\"i\" ,s,a,p,m," + time + ",1", "malformed"},
      {" \"i\",s,a,p,m," + time + ",1", "malformed"},
      {"i\"j,s,a,p,m," + time + ",1", "malformed"},
  };
  const std::string good = "g" + tail + "\n";
  for (const auto& row : table) {
    const Reading reading = read_whole(header + good + row.line + "\n" + good);
    ASSERT_EQ(reading.lines.size(), 3U) << row.line;
    EXPECT_EQ(reading.lines[0].reason, "") << row.line;
    EXPECT_EQ(reading.lines[1].reason, row.reason) << row.line;
    EXPECT_EQ(reading.lines[1].line_no, 3U) << row.line;
    EXPECT_EQ(reading.lines[1].offset_bytes, header.size() + good.size()) << row.line;
    EXPECT_EQ(reading.lines[1].length_bytes, row.line.size()) << row.line;
    EXPECT_NE(reading.details[1], "") << row.line;
    EXPECT_EQ(reading.lines[2].reason, "") << row.line;
    EXPECT_EQ(reading.lines[2].line_no, 4U) << row.line;
  }
}

TEST(U5, a_stray_quote_costs_its_own_line_only) {
  const std::string open = "i,\"s,a,p,m,2026-11-22T00:00:00Z,1\n";
  const std::string good = "i" + tail + "\n";
  for (const int neighbours :
       {0, 1, 3, 50}) {  // 50: the quote stays open beyond what a line may be
    std::string file = header + open;
    for (int i = 0; i < neighbours; ++i) file += good;
    const Reading reading = read_whole(file);
    ASSERT_EQ(reading.lines.size(), 1U + static_cast<unsigned>(neighbours));
    EXPECT_EQ(reading.lines[0].reason, "malformed");
    EXPECT_EQ(reading.lines[0].length_bytes, open.size() - 1);
    for (std::size_t i = 1; i < reading.lines.size(); ++i) EXPECT_EQ(reading.lines[i].reason, "");
  }
}

TEST(U5, a_line_longer_than_allowed_is_rejected_with_its_beginning) {
  const std::string rest = tail;
  const auto line_of = [&](std::size_t size) {
    return "i,s,a,p,m,2026-11-22T00:00:00Z," + std::string(size - 31, '0');
  };
  for (const char* line_end : {"\n", "\r\n", ""}) {
    const OwnedLine fits = read_line(line_of(max_line_bytes) + line_end);
    EXPECT_EQ(fits.reason, "bad_quantity") << "long enough, but no quantity";
    for (const std::size_t size : {201U, 202U, 203U, 5'000U}) {
      const OwnedLine line = read_line(line_of(size) + line_end);
      EXPECT_EQ(line.reason, "malformed") << size;
      EXPECT_EQ(line.offset_bytes, header.size());
      EXPECT_EQ(line.length_bytes, max_line_bytes);
    }
  }
  const Reading reading = read_whole(header + line_of(5'000) + "\n\ng" + tail + "\n");
  ASSERT_EQ(reading.lines.size(), 2U);
  EXPECT_EQ(reading.lines[1].reason, "");
  EXPECT_EQ(reading.lines[1].line_no, 4U);
}

TEST(U9, a_long_line_is_skipped_over_many_blocks_and_counted_at_its_end) {
  const std::string file = header + std::string(1'000, 'x') + "\ni" + tail + "\n";
  auto decoder = CsvDecoder::from_header(file, true, max_line_bytes).value();
  std::vector<DecodedLine> lines;
  const std::string_view data = std::string_view(file).substr(header.size());

  const DecodeStep first = decoder.decode(data.substr(0, 500), false, header.size(), 2, 1, lines);
  EXPECT_EQ(first.consumed_bytes, 500U);
  EXPECT_EQ(first.data_lines, 0U);
  EXPECT_EQ(first.physical_lines, 0U);
  EXPECT_TRUE(lines.empty());

  const DecodeStep second =
      decoder.decode(data.substr(500), true, header.size() + 500, 2, 1, lines);
  EXPECT_EQ(second.consumed_bytes, 501U) << "asked for one line";
  EXPECT_EQ(second.data_lines, 1U);
  EXPECT_EQ(second.physical_lines, 1U);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].line_no, 2U);
  EXPECT_EQ(lines[0].offset_bytes, header.size());
  EXPECT_EQ(lines[0].length_bytes, max_line_bytes);
}

TEST(U9, no_line_is_decoded_where_none_is_asked_for) {
  const std::string file = header + "\ni" + tail + "\n";
  auto decoder = CsvDecoder::from_header(file, true, max_line_bytes).value();
  std::vector<DecodedLine> lines;
  const DecodeStep step = decoder.decode(std::string_view(file).substr(header.size()), true,
                                         header.size(), 2, 0, lines);
  EXPECT_EQ(step.consumed_bytes, 0U);
  EXPECT_TRUE(lines.empty());
}

}  // namespace
}  // namespace packwarden
