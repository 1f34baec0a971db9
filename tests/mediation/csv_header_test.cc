#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "mediation/csv_decoder.h"

namespace packwarden {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;

constexpr std::uint32_t max_line_bytes = 200;

std::string header_error(const std::string& file, std::uint32_t max = max_line_bytes) {
  const auto decoder = CsvDecoder::from_header(file, true, max);
  return decoder ? "" : decoder.error();
}

TEST(U1, header_that_cannot_be_used_is_told_to_the_operator) {
  const std::string good = "id,account,product,meter,time";
  struct {
    std::string file;
    const char* says;
  } const table[] = {
      {"", "empty"},
      {"\xEF\xBB\xBF", "empty"},
      {"\n" + good + "\n", "blank"},
      {"\r\n" + good + "\n", "blank"},
      {"account,product,meter,time\n", "'id' is missing"},
      {"id,product,meter,time\n", "'account' is missing"},
      {"id,account,meter,time\n", "'product' is missing"},
      {"id,account,product,time\n", "'meter' is missing"},
      {"id,account,product,meter\n", "'time' is missing"},
      {"ID,account,product,meter,time\n", "'id' is missing"},
      {" id,account,product,meter,time\n", "'id' is missing"},
      {good + ",id\n", "'id' is there twice"},
      {good + ",quantity,\"quantity\"\n", "'quantity' is there twice"},
      {good + ",\xFF\n", "not UTF-8"},
      {good + ",\0\n"s, "NUL"},
      {good + "\r", "carriage return"},
      {good + ",\"x\n", "not closed"},
      {good + "," + std::string(max_line_bytes, 'x') + "\n", "longer than 200 bytes"},
      {std::string(max_line_bytes + 1, 'x'), "longer than 200 bytes"},
  };
  for (const auto& row : table)
    EXPECT_THAT(header_error(row.file), HasSubstr(row.says)) << row.file;
  EXPECT_EQ(header_error(good), "");
  EXPECT_EQ(header_error(good, static_cast<std::uint32_t>(good.size())), "");
  EXPECT_EQ(header_error(good + ",x,x,,\n"), "") << "unknown columns may be there twice";
  EXPECT_NE(header_error(good, static_cast<std::uint32_t>(good.size() - 1)), "");
  EXPECT_FALSE(CsvDecoder::from_header(good, false, max_line_bytes)) << "may go on";
}

TEST(U1, header_ends_where_the_data_begin) {
  const std::string columns = "id,account,product,meter,time";
  struct {
    std::string file;
    std::uint64_t bytes;
    std::uint64_t lines;
  } const table[] = {
      {columns, 29, 1},
      {columns + "\n", 30, 1},
      {columns + "\r\nx", 31, 1},
      {"\xEF\xBB\xBF" + columns + "\n\n", 33, 1},
      {"\xEF\xBB\xBF\"id\",account,product,meter,time\n", 35, 1},
      {columns + ",\"a\nb\"\nx", 36, 2},
      {columns + ",\"a\nb\"", 35, 2},
  };
  for (const auto& row : table) {
    const auto decoder = CsvDecoder::from_header(row.file, true, max_line_bytes);
    ASSERT_TRUE(decoder) << row.file << decoder.error();
    EXPECT_EQ(decoder->start_bytes(), row.bytes) << row.file;
    EXPECT_EQ(decoder->start_lines(), row.lines) << row.file;
  }
}

}  // namespace
}  // namespace packwarden
