#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "support/escapes.h"
#include "support/packing.h"
#include "support/places.h"
#include "usecases/world.h"

// Reads whole_files.table, which says itself how it is written.
namespace packwarden::testing {
namespace {

constexpr std::uint32_t unit_records = 4;

struct Case {
  int line_no = 0;  // in the table
  std::string number;
  std::map<std::string, std::string> words;
  std::vector<std::string> content;  // lines as written

  std::string word(const std::string& key, const std::string& otherwise = "") const {
    const auto found = words.find(key);
    return found == words.end() ? otherwise : found->second;
  }
};

std::string bytes_of(std::string_view text, const std::string& number) {
  std::string bytes;
  while (!text.empty()) {
    if (std::string repeated = take_repeated(text); !repeated.empty()) {
      bytes += repeated;
    } else if (text.front() == '#') {
      bytes += number;
      text.remove_prefix(1);
    } else {
      bytes += take_character(text);
    }
  }
  return bytes;
}

std::vector<std::string> lines_of(const Case& one) {
  std::vector<std::string> lines;
  for (std::string line : one.content) {
    const bool unended = line.ends_with("\\c");
    if (unended) line.resize(line.size() - 2);
    lines.push_back(bytes_of(line, one.number) + (unended ? "" : "\n"));
  }
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string all;
  for (const std::string& line : lines) all += line;
  return all;
}

// What `packed` says, step by step.
std::string stored_bytes(const Case& one) {
  const std::vector<std::string> lines = lines_of(one);
  std::string bytes = joined(lines);
  std::istringstream steps(one.word("packed"));
  for (std::string step; std::getline(steps >> std::ws, step, ',');) {
    std::istringstream words(step);
    std::string verb;
    std::string argument;
    words >> verb >> argument;
    if (verb == "gzip" && argument == "members") {
      bytes.clear();
      for (const std::string& line : lines) bytes += gzip(line);
    } else if (verb == "zstd" && argument == "frames") {
      bytes.clear();
      for (const std::string& line : lines) bytes += zstd(line);
    } else if (verb == "gzip") {
      bytes = gzip(bytes);
    } else if (verb == "zstd" && argument == "window") {
      int window_log = 0;
      words >> window_log;
      bytes = zstd(bytes, 19, window_log);
    } else if (verb == "zstd") {
      bytes = zstd(bytes);
    } else if (verb == "cut") {
      bytes.resize(bytes.size() - std::stoul(argument));
    } else if (verb == "flip") {
      const int at = std::stoi(argument);
      char& byte = bytes.at(at < 0 ? bytes.size() - static_cast<std::size_t>(-at)
                                   : static_cast<std::size_t>(at));
      byte = static_cast<char>(~byte);
    } else if (verb == "append") {
      bytes += argument;
    } else {
      throw std::runtime_error("whole_files.table: what is '" + step + "'?");
    }
  }
  return bytes;
}

std::vector<Case> read_table() {
  std::ifstream table(source_dir() + "/tests/usecases/whole_files.table");
  std::vector<Case> cases;
  int line_no = 0;
  bool open = false;
  for (std::string line; std::getline(table, line);) {
    ++line_no;
    if (line.starts_with("#")) continue;
    if (line.empty()) {
      open = false;
      continue;
    }
    if (!open) {
      cases.emplace_back().line_no = line_no;
      cases.back().number = std::to_string(cases.size());
      open = true;
    }
    if (line.starts_with("|")) {
      cases.back().content.push_back(line.size() > 1 ? line.substr(2) : "");
      continue;
    }
    const std::size_t colon = line.find(": ");
    if (colon == std::string::npos) {
      throw std::runtime_error("whole_files.table, line " + std::to_string(line_no));
    }
    cases.back().words[line.substr(0, colon)] = line.substr(colon + 2);
  }
  return cases;
}

void make_socket(const std::string& path) {
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0) << path;
  close(fd);
}

void drop(Host& host, const Case& one, const std::string& name) {
  const std::string path = host.folder("incoming") + "/" + name;
  const std::string kind = one.word("kind", "file");
  if (kind == "folder") {
    std::filesystem::create_directory(path);
    std::ofstream(path + "/inside.csv") << "id\n";
  } else if (kind == "fifo") {
    ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  } else if (kind == "socket") {
    make_socket(path);
  } else if (kind.starts_with("link ")) {
    std::filesystem::create_symlink(kind.substr(5), path);
  } else {
    ASSERT_EQ(kind, "file");
    std::ofstream(path, std::ios::binary) << stored_bytes(one);
  }
}

// "malformed 1, missing_field 2"
std::string rejected_of(const boost::json::object& receipt) {
  std::string text;
  for (const auto& [reason, count] : receipt.at("rejected").as_object()) {
    text += (text.empty() ? "" : ", ") + std::string(reason) + " " + boost::json::serialize(count);
  }
  return text;
}

void expect_receipt(const Case& one, const boost::json::object& receipt) {
  EXPECT_EQ(receipt.at("outcome").as_string(), one.word("ends"));
  const std::string reason(receipt.at("reason").as_string());
  EXPECT_NE(reason.find(one.word("reason")), std::string::npos) << reason;
  EXPECT_EQ(reason.empty(), one.word("reason").empty()) << reason;
  for (const std::string key : {"lines", "accepted", "duplicate", "conflict"}) {
    EXPECT_EQ(boost::json::serialize(receipt.at(key)), one.word(key, "0")) << key;
  }
  EXPECT_EQ(rejected_of(receipt), one.word("rejected"));
  const auto& units = receipt.at("units").as_object();
  EXPECT_EQ(boost::json::serialize(units.at("accepted")), one.word("units", "0"));
}

TEST(WholeFiles, U1_U5_U7_each_has_its_end_as_the_table_says) {
  TestDatabase database;
  add_ready_account(database, "acme");
  add_account(database, "shop", "acme");
  Host host(database, "a", unit_records);
  const std::vector<Case> cases = read_table();
  ASSERT_GE(cases.size(), 60U);
  for (const Case& one : cases) {
    SCOPED_TRACE("whole_files.table:" + std::to_string(one.line_no) + ": " + one.word("case"));
    const std::string name = bytes_of(one.word("name"), one.number);
    drop(host, one, name);
    const std::vector<std::string> before = host.files_in("receipts");

    host.run();

    std::vector<std::string> fresh;
    for (const std::string& receipt : host.files_in("receipts")) {
      if (!std::binary_search(before.begin(), before.end(), receipt)) fresh.push_back(receipt);
    }
    if (one.word("ends") == "left alone") {
      EXPECT_TRUE(fresh.empty());
      EXPECT_TRUE(std::filesystem::exists(host.folder("incoming") + "/" + name));
      continue;
    }
    ASSERT_EQ(fresh.size(), 1U);
    std::ostringstream text;
    text << std::ifstream(host.folder("receipts") + "/" + fresh.front()).rdbuf();
    expect_receipt(one, boost::json::parse(text.str()).as_object());
    EXPECT_TRUE(host.files_in("work").empty());
  }
}

}  // namespace
}  // namespace packwarden::testing
