#pragma once

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "spool/spool_directory.h"
#include "support/folder.h"

// A spool in a folder of its own, as producers and operators see it.
namespace packwarden::testing {

namespace fs = std::filesystem;

inline std::string content_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void write_file(const fs::path& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

inline std::string gunzipped(const fs::path& path) {
  std::string text(1 << 20, '\0');
  gzFile file = gzopen(path.c_str(), "rb");
  const int got = file == nullptr ? -1 : gzread(file, text.data(), 1 << 20);
  if (file != nullptr) gzclose(file);
  text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return text;
}

inline std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  if (!fs::exists(folder)) return names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

// Rejected lines as the ledger gives them, one at a time.
inline RejectedLines lines(std::string text) {
  return [text = std::move(text)](const std::function<void(std::string_view)>& sink) {
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = text.find('\n', begin) + 1;
      sink(std::string_view(text).substr(begin, end - begin));
      begin = end;
    }
  };
}

inline Instant at(const char* text) {
  const std::string_view all(text);
  return *parse_rfc3339(all.data(), all.data() + all.size());
}

class SpoolTest : public ::testing::Test {
  test::Folder folder_;  // before what lies in it

 protected:
  // As after a restart: another object on the same folder.
  SpoolDirectory& start() {
    spool_.reset();
    spool_ = std::make_unique<SpoolDirectory>(root.string(), "billing-1");
    return *spool_;
  }

  fs::path incoming(const std::string& name) const { return root / "incoming" / name; }
  void drop(const std::string& name, const std::string& content = "id\n") const {
    write_file(incoming(name), content);
  }
  void set_modified(const std::string& name, std::int64_t seconds, long nanos) const {
    const timespec times[2] = {{seconds, nanos}, {seconds, nanos}};
    ASSERT_EQ(utimensat(AT_FDCWD, incoming(name).c_str(), times, AT_SYMLINK_NOFOLLOW), 0);
  }
  // Drops it and claims it.
  ClaimedFile claimed(SpoolDirectory& spool, const std::string& name, const std::string& content) {
    drop(name, content);
    const auto files = spool.claim(1, now);
    return files.empty() ? ClaimedFile{} : files.front();
  }
  fs::path in_work(const ClaimedFile& file) const {
    return root / "work" / (file.claim + "." + file.name);
  }

  fs::path root = folder_.path();
  Instant now = at("2026-11-22T22:07:57.123456Z");

 private:
  std::unique_ptr<SpoolDirectory> spool_;
};

inline std::vector<std::string> names_of(const std::vector<ClaimedFile>& files) {
  std::vector<std::string> names;
  for (const ClaimedFile& file : files) names.push_back(file.name);
  return names;
}

}  // namespace packwarden::testing
