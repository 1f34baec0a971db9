#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "spool/files.h"

namespace packwarden {

// Which redrive a file comes from (S11).
struct RedriveOrigin {
  std::string claim;         // of the file whose content is driven in
  bool rejects = false;      // its rejected lines alone
  std::uint32_t number = 1;  // of the redrives of the same, from 1
};

// A gzip file for incoming/ that says in its header which redrive it is: so the same redrive again
// has the same bytes, and any other one has other bytes (S11).
class RedriveFile {
 public:
  // Written under a name that is left alone (U1). `root` is the spool and must outlive this.
  RedriveFile(int root, const RedriveOrigin& origin);
  ~RedriveFile();
  RedriveFile(const RedriveFile&) = delete;
  RedriveFile& operator=(const RedriveFile&) = delete;

  void append(std::string_view content);
  // False where incoming/NAME exists; then nothing stays behind.
  bool finish(const std::string& name);

 private:
  struct Stream;
  void deflate_all(std::string_view content, bool at_end);

  std::unique_ptr<Stream> stream_;
  NewFile file_;
};

// "usage.csv.gz" -> "usage.redrive.csv.gz", in at most `max_bytes`.
std::string redrive_name(std::string_view name, std::size_t max_bytes);

}  // namespace packwarden
