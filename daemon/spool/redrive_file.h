#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "spool/files.h"

namespace packwarden {

// A gzip file for incoming/ that says in its header from which claim its content comes: so the same
// redrive again has the same bytes, and any other one has other bytes (S11).
class RedriveFile {
 public:
  // Written under a name that is left alone (U1). `root` is the spool and must outlive this.
  RedriveFile(int root, const std::string& claim);
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
