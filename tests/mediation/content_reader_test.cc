#include "mediation/content_reader.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "fuzz/packed_fuzz.h"
#include "support/packing.h"

namespace packwarden::testing {
namespace {

Unpacked read_all(Packing packing, const std::string& stored, std::size_t step = 4'096) {
  return unpack(packing, stored, step);
}

std::string pack(Packing packing, std::string_view content) {
  return packing == Packing::gzip ? gzip(content) : zstd(content);
}

constexpr Packing both[] = {Packing::gzip, Packing::zstd};

std::string random_text(std::mt19937_64& random, std::size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += "line " + std::to_string(random() % 100'000) + "\n";
  return text;
}

TEST(U1, content_of_several_members_or_frames_is_one) {
  std::mt19937_64 random(7);
  for (const Packing packing : both) {
    std::string stored;
    std::string content;
    for (int member = 0; member < 9; ++member) {
      const std::string part = member == 4 ? "" : random_text(random, random() % 9'000);
      content += part;
      stored += pack(packing, part);
    }
    for (const std::size_t step : {1U, 7U, 4'096U, 1U << 20}) {
      const Unpacked all = read_all(packing, stored, step);
      EXPECT_EQ(all.fault, "");
      EXPECT_EQ(all.content, content);
    }
  }
}

TEST(U5, wherever_packed_data_are_cut_what_is_before_the_cut_is_read_and_the_rest_is_a_fault) {
  std::mt19937_64 random(7);
  const std::string content = random_text(random, 3'000);
  for (const Packing packing : both) {
    const std::string stored = pack(packing, content);
    for (std::size_t bytes = 0; bytes < stored.size(); ++bytes) {
      const Unpacked part = read_all(packing, stored.substr(0, bytes));
      EXPECT_NE(part.fault, "") << bytes;
      EXPECT_EQ(part.content, content.substr(0, part.content.size()));
    }
  }
}

TEST(U5, a_byte_that_is_turned_is_a_fault_or_changes_nothing) {
  std::mt19937_64 random(7);
  const std::string content = random_text(random, 3'000);
  for (const Packing packing : both) {
    const std::string stored = pack(packing, content);
    for (std::size_t at = 0; at < stored.size(); ++at) {
      std::string turned = stored;
      turned[at] = static_cast<char>(turned[at] ^ (1 << at % 8));
      const Unpacked all = read_all(packing, turned);
      if (!all.fault.empty()) continue;
      EXPECT_EQ(all.content, content) << at;
    }
  }
}

TEST(U5, junk_behind_the_last_member_is_a_fault_behind_all_of_the_content) {
  for (const Packing packing : both) {
    for (const std::string& junk : {std::string("x"), std::string("junk and more of it"),
                                    std::string(1, '\0'), std::string(600, '\0')}) {
      const Unpacked all = read_all(packing, pack(packing, "content\n") + junk);
      EXPECT_EQ(all.content, "content\n");
      EXPECT_NE(all.fault, "") << junk.size();
    }
  }
}

TEST(U9, a_reader_goes_forward_to_any_place) {
  std::mt19937_64 random(7);
  const std::string content = random_text(random, 300'000);
  for (const Packing packing : {Packing::none, Packing::gzip, Packing::zstd}) {
    const std::string stored = packing == Packing::none ? content : pack(packing, content);
    for (const std::size_t place : {0U, 1U, 131'072U, 131'073U, 250'000U}) {
      ContentReader reader(packing,
                           [&](std::uint64_t offset, char* into,
                               std::size_t size) -> tl::expected<std::size_t, std::string> {
                             return std::string_view(stored).substr(offset).copy(into, size);
                           });
      ASSERT_TRUE(reader.skip_to(place));
      EXPECT_EQ(reader.offset_bytes(), place);
      std::string rest(content.size(), '\0');
      rest.resize(reader.read(rest.data(), rest.size()).value());
      EXPECT_EQ(rest, content.substr(place));
      EXPECT_TRUE(reader.at_end() || place == 0);
    }
  }
}

TEST(U9, a_fault_of_the_disk_passes_through_behind_what_was_read) {
  const std::string stored = gzip(std::string(100, 'x')) + gzip("y");
  ContentReader reader(
      Packing::gzip,
      [&](std::uint64_t offset, char* into, std::size_t) -> tl::expected<std::size_t, std::string> {
        if (offset > 0) return tl::unexpected(std::string("the disk is tired"));
        return stored.copy(into, stored.size() - 5);
      });
  std::string text(200, '\0');
  EXPECT_EQ(reader.read(text.data(), text.size()).value(), 101U);
  EXPECT_EQ(reader.read(text.data(), text.size()).error(), "the disk is tired");
}

TEST(S10, what_unpacks_to_far_more_than_it_is_stops_early) {
  const std::string zeros(40 << 20, '\0');
  for (const Packing packing : both) {
    const std::string stored = pack(packing, zeros);
    std::size_t asked = 0;
    ContentReader reader(packing,
                         [&](std::uint64_t offset, char* into,
                             std::size_t size) -> tl::expected<std::size_t, std::string> {
                           ++asked;
                           return std::string_view(stored).substr(offset).copy(into, size);
                         });
    std::string buffer(1 << 20, '\0');
    std::uint64_t content_bytes = 0;
    for (;;) {
      const auto got = reader.read(buffer.data(), buffer.size());
      if (!got) {
        EXPECT_NE(got.error().find("max_unpack_ratio"), std::string::npos) << got.error();
        break;
      }
      content_bytes += *got;
      ASSERT_FALSE(reader.at_end());
    }
    EXPECT_LT(content_bytes, (17U << 20) + 200 * stored.size());
    EXPECT_GE(content_bytes, 16U << 20);
  }
}

TEST(S10, a_window_that_is_too_large_is_refused_by_name) {
  const Unpacked all = read_all(Packing::zstd, zstd("content", 19, 27));
  EXPECT_EQ(all.content, "");
  EXPECT_NE(all.fault.find("max_zstd_window_bytes"), std::string::npos) << all.fault;
}

}  // namespace
}  // namespace packwarden::testing
