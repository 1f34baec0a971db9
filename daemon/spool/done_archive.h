#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "domain/business_day.h"
#include "spool/files.h"
#include "usecases/spool_port.h"

namespace packwarden {

// What became of done/ in one step.
struct ArchiveStep {
  std::uint64_t packed_files = 0;
  std::uint64_t packed_from_bytes = 0;
  std::uint64_t packed_to_bytes = 0;
  std::uint64_t removed_files = 0;
  std::vector<std::string> passed_over;  // sentences; each file once while this lives
  bool is_done = true;                   // false: there is more to do now
};

// Keeps done/ (D3): done/DAY/CLAIM.NAME is packed to done/DAY/CLAIM.NAME.zst, unless it came packed
// (.gz, .zst), and removed when its time is over. Nothing else is touched: rejects, failed files
// and receipts stay.
//
// A file is packed under another name, read back and compared, synced, renamed, and only then the
// unpacked one is unlinked: a crash at any instant leaves one that is whole, and the next step goes
// on. Works beside ingest, which only adds to done/. One thread at a time; throws SpoolUnavailable.
class DoneArchive {
 public:
  // `root` is the spool; its lock must be held by this process (SpoolDirectory::root).
  // `on_block`, which may be null, is called whenever a block of a file was read, and a file was
  // synced or removed.
  explicit DoneArchive(std::shared_ptr<const Fd> root, std::size_t max_file_name_bytes = 255,
                       std::function<void()> on_block = {})
      : root_(std::move(root)),
        max_file_name_bytes_(max_file_name_bytes),
        on_block_(std::move(on_block)) {}

  // Packs some files, about 64 MiB or 256 files, the oldest days first. `should_stop` is asked
  // between blocks: what was begun is thrown away then.
  ArchiveStep pack(const std::function<bool()>& should_stop);
  // Removes some of what ended before this UTC day.
  ArchiveStep remove_before(BusinessDay first_kept_day);

 private:
  struct Packed;  // written, not yet renamed

  std::vector<std::string> folders() const;
  std::vector<std::string> unpacked_of(const std::string& folder, std::size_t max);
  std::unique_ptr<Packed> pack_one(const std::string& folder, const std::string& entry,
                                   const std::function<bool()>& should_stop, ArchiveStep& step);
  void publish(std::vector<std::unique_ptr<Packed>>& batch, const std::string& folder,
               ArchiveStep& step);
  void pass_over(const std::string& path, const std::string& why, ArchiveStep& step);
  bool remove_some(const std::string& folder, ArchiveStep& step);

  std::shared_ptr<const Fd> root_;
  std::size_t max_file_name_bytes_;
  std::function<void()> on_block_;
  // Folders in which nothing was left to do when they were last changed.
  std::map<std::string, timespec> finished_;
  std::set<std::string> passed_over_;
};

}  // namespace packwarden
