// The fast decoder beside the slow one, on random files cut at random places.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "mediation/csv_decoder.h"
#include "mediation/csv_reading.h"

namespace packwarden {
namespace {

using namespace std::string_literals;

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  std::size_t below(std::size_t bound) { return random_() % bound; }
  bool once_in(std::size_t chances) { return below(chances) == 0; }
  template <typename Options>
  const auto& pick(const Options& options) {
    return options[below(std::size(options))];
  }

 private:
  std::mt19937_64 random_;
};

struct RandomFile {
  std::string text;
  std::vector<std::string> columns;
  std::uint32_t max_line_bytes = 0;
};

// From mostly well-formed lines to plain noise, by `roughness` in percent.
class FileMaker {
 public:
  FileMaker(Dice& dice, std::size_t roughness) : dice_(dice), roughness_(roughness) {}

  RandomFile make() {
    RandomFile file;
    file.columns = {"id", "source", "account", "product", "meter", "time", "quantity"};
    if (dice_.once_in(2)) file.columns = {"x", "time", "id", "meter", "product", "account"};
    file.max_line_bytes = static_cast<std::uint32_t>(60 + dice_.below(80));
    if (dice_.once_in(4)) file.max_line_bytes = 70'000;
    if (dice_.once_in(3)) file.text = "\xEF\xBB\xBF";
    for (const std::string& name : file.columns) {
      file.text += dice_.once_in(5) ? "\"" + name + "\"" : name;
      file.text += name == file.columns.back() ? dice_.pick(common_line_ends) : ",";
    }
    const std::size_t lines = dice_.below(dice_.once_in(20) ? 3'000 : 40);
    for (std::size_t i = 0; i < lines; ++i) line(file);
    if (rough()) file.text += noise(20);
    return file;
  }

 private:
  static constexpr const char* common_line_ends[] = {"\n", "\r\n"};

  bool rough() { return dice_.below(100) < roughness_; }

  const char* line_end() {
    static const char* const rare[] = {"\r", "\n\n", "\r\r\n", "\r\n\r", ""};
    return rough() ? dice_.pick(rare) : dice_.pick(common_line_ends);
  }

  void line(RandomFile& file) {
    if (rough()) file.text += noise(dice_.once_in(10) ? 400 : 30);
    for (const std::string& name : file.columns) {
      file.text += field(name);
      if (!rough()) file.text += name == file.columns.back() ? line_end() : ",";
    }
  }

  std::string field(const std::string& name) {
    static const std::string times[] = {"2026-11-22T00:00:00Z", "2026-11-22 10:00:00.5+08:00",
                                        "2026-11-22T00:00:00", ""};
    static const std::string quantities[] = {"1", "", "12", "0", "1000000000001", "1.5"};
    std::string text = rough()              ? noise(12)
                       : name == "time"     ? times[dice_.below(rough() ? 4 : 2)]
                       : name == "quantity" ? quantities[dice_.below(rough() ? 6 : 3)]
                                            : word();
    if (!dice_.once_in(6)) return text;
    std::string quoted = "\"";
    for (const char c : text) {
      quoted += c;
      if (c == '"' && !rough()) quoted += c;
    }
    return quoted + "\"";
  }

  std::string word() {
    static const std::string words[] = {"a", "id-77", "captcha", "\xE4\xBD\xA0", "x y\tz", "p.q"};
    if (dice_.once_in(200)) return std::string(120 + dice_.below(20), 'w');
    return dice_.pick(words);
  }

  std::string noise(std::size_t max_bytes) {
    static const std::string pieces[] = {
        "\"",   "\"\"",         ",", "\n", "\r", "\r\n", "\0"s,  "\xFF", "\xE4", "\xBD",
        "\xA0", "\xEF\xBB\xBF", "a", "1",  " ",  "\t",   "\x0B", "\x7F", "bc,"};
    std::string text;
    for (std::size_t n = dice_.below(max_bytes); n > 0; --n) text += dice_.pick(pieces);
    return text;
  }

  Dice& dice_;
  std::size_t roughness_;
};

// How many files and from which seed: PACKWARDEN_RANDOM_RUNS and PACKWARDEN_SEED, to look longer or
// once more.
std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

void compare(const Reading& fast, const Reading& expected, const char* what) {
  ASSERT_FALSE(fast.stuck) << what;
  for (std::size_t i = 0; i < std::min(fast.lines.size(), expected.lines.size()); ++i) {
    const OwnedLine& line = fast.lines[i];
    ASSERT_EQ(line, expected.lines[i])
        << what << ", data line " << i << ": '" << line.reason << "' at " << line.offset_bytes
        << " line " << line.line_no << " for '" << expected.lines[i].reason << "' at "
        << expected.lines[i].offset_bytes << " line " << expected.lines[i].line_no;
  }
  ASSERT_EQ(fast.lines.size(), expected.lines.size()) << what;
  ASSERT_EQ(fast.next_line_no, expected.next_line_no) << what;
  ASSERT_EQ(fast.details, expected.details) << what;
}

void check_one_seed(std::uint64_t seed) {
  Dice dice(seed);
  static const std::size_t roughness[] = {0, 1, 5, 20, 60};
  const RandomFile file = FileMaker(dice, dice.pick(roughness)).make();
  const auto decoder = CsvDecoder::from_header(file.text, true, file.max_line_bytes);
  ASSERT_TRUE(decoder) << decoder.error();

  const Reading whole =
      read_csv(file.text, *decoder, {.next_block_bytes = [&] { return file.text.size(); }});
  ReferenceCsv reference(file.text, file.columns, decoder->start_bytes(), decoder->start_lines(),
                         file.max_line_bytes);
  Reading expected;
  expected.lines = reference.decode();
  expected.next_line_no = reference.next_line_no();
  expected.details = whole.details;  // the reference has no opinion on them
  compare(whole, expected, "in one go");

  const std::size_t least = std::size_t{file.max_line_bytes} + 2;
  const bool tight = dice.once_in(2);
  ReadingStyle style;
  style.next_block_bytes = [&] { return least + dice.below(tight ? 5 : 2 * least); };
  style.knows_end_at_once = dice.once_in(2);
  compare(read_csv(file.text, *decoder, style), whole, "in random blocks");
  style.lines_per_checkpoint = 1 + dice.below(7);
  style.fresh_decoder_at_checkpoint = true;
  compare(read_csv(file.text, *decoder, style), whole, "with a fresh decoder at each checkpoint");
}

TEST(U1, fast_decoder_agrees_with_the_reference_however_blocks_are_cut) {
  const std::uint64_t first = setting("PACKWARDEN_SEED", 1);
  const std::uint64_t runs = setting("PACKWARDEN_RANDOM_RUNS", 3'000);
  for (std::uint64_t seed = first; seed < first + runs; ++seed) {
    check_one_seed(seed);
    if (testing::Test::HasFatalFailure()) FAIL() << "again with PACKWARDEN_SEED=" << seed;
  }
}

TEST(U9, every_checkpoint_of_a_file_leads_to_the_same_outcome) {
  Dice dice(99);
  RandomFile file;
  while (file.text.size() < 2'000) file = FileMaker(dice, 5).make();
  const CsvDecoder decoder = CsvDecoder::from_header(file.text, true, file.max_line_bytes).value();
  const auto block_bytes = [&] { return 3 * std::size_t{file.max_line_bytes}; };
  const Reading whole = read_csv(file.text, decoder, {.next_block_bytes = block_bytes});
  ASSERT_GT(whole.lines.size(), 10U);
  for (std::uint64_t every = 1; every <= whole.lines.size() + 1; ++every) {
    const Reading resumed = read_csv(file.text, decoder,
                                     {.next_block_bytes = block_bytes,
                                      .lines_per_checkpoint = every,
                                      .fresh_decoder_at_checkpoint = true});
    compare(resumed, whole, "resumed");
  }
}

}  // namespace
}  // namespace packwarden
