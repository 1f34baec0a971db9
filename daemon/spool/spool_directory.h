#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "spool/claim_name.h"
#include "spool/files.h"
#include "spool/rejects_file.h"
#include "usecases/spool_desk_port.h"
#include "usecases/spool_port.h"

namespace packwarden {

struct WaitingFiles {
  std::size_t incoming = 0;
  std::size_t work = 0;
};

// A spool on a directory:
//
//   incoming/NAME                where producers rename their files to (U1)
//   retry/CLAIM.NAME             to be taken again under its claim (S12)
//   work/CLAIM.NAME              claimed, not ended; CLAIM is the arrival (U6), see claim_name.h
//   done/DAY/CLAIM.NAME          ended, DAY of UTC; packed later (done_archive.h)
//   failed/CLAIM.NAME            could not be read whole
//   rejected/CLAIM.NAME.rejects  its rejected lines (U5), if any
//   receipts/CLAIM.NAME.json     its receipt (U7)
//
// A NAME too long for that keeps its end. Whatever has another's name goes to again-2/, again-3/,
// ... of its folder: nothing is overwritten but receipts and rejects, which are written alike each
// time.
//
// Thread-safety: claim(), left_over() by one thread at a time; open(), end() and count_waiting() by
// any, for different files also at once. All throw SpoolUnavailable.
class SpoolDirectory : public UsageSpool {
 public:
  // Makes the folders that are missing (0750, incoming/ 0770) and locks the spool until destroyed.
  // Throws SpoolUnavailable where another process has it, or where folders cannot be used.
  //
  // `directory` holds incoming/ and the others, all on one file system; `name` is the spool's, in
  // receipts and in the ledger; `max_file_name_bytes` is what the file system allows, at least 64;
  // `limits` those under which the files are decoded.
  // `on_block`, which may be null, is called from any thread whenever a block of a file was read.
  SpoolDirectory(std::string directory, std::string name, std::size_t max_file_name_bytes = 255,
                 ContentLimits limits = {}, std::function<void()> on_block = {});

  const std::string& name() const override { return name_; }

  // Names in work/ that no daemon wrote are moved to failed/.
  std::vector<ClaimedFile> left_over() override;

  // Looks at every name in incoming/ in memory bounded by `max_files`; names that begin with `.` or
  // end in `.tmp` are left alone (U1). The claims are on disk, in order, when it returns. An entry
  // that cannot be moved is passed over; where nothing else could be claimed, its error is thrown.
  std::vector<ClaimedFile> claim(std::size_t max_files, Instant now) override;

  // Errors are the file's: it is not regular, its ending is unknown, it cannot be read.
  tl::expected<std::unique_ptr<UsageFile>, std::string> open(const ClaimedFile& file) override;

  // In this order: rejects (they need the file in work/), receipt, move. None is synced: after a
  // loss of power they can be written again from the database and the file.
  void end(const ClaimedFile& file, FileEnding ending, const FileOutcome& outcome) override;

  // For files that end from now on; by the thread that ends them.
  void set_limits(const ContentLimits& limits) { limits_ = limits; }

  // Asked before anything is claimed; false: nothing is.
  void claim_only_if(std::function<bool()> may_claim) { may_claim_ = std::move(may_claim); }

  // Of spool_id.h.
  const std::string& id() const { return id_; }

  // The folder itself, whose lock is held as long as this lives.
  std::shared_ptr<const Fd> root() const { return root_; }

  // Whether a person stopped the claims (directory_desk.h).
  bool is_held() const;
  // By which word of theirs.
  std::optional<SpoolHold> hold() const;

  // What is to be done; names left alone by claim() are not counted.
  WaitingFiles count_waiting() const;

 private:
  void open_and_lock();
  std::vector<ClaimedFile> parse_work();
  std::vector<ClaimedFile> take_earliest(std::size_t max_files, Instant now);
  void write_and_move(const ClaimedFile& file, FileEnding ending, const FileOutcome& outcome) const;
  std::string entry_of(const ClaimedFile& file, std::string_view suffix = "") const;
  void take_retries(std::size_t max_files);
  bool take(const std::string& incoming_name);
  void sync_claims() const;
  void write_rejects(const ClaimedFile& file, const std::string& folder,
                     const FileOutcome& outcome) const;

  std::string directory_;
  std::string name_;
  std::string id_;
  std::function<bool()> may_claim_;
  std::size_t max_file_name_bytes_;
  ContentLimits limits_;
  std::function<void()> on_block_;
  std::shared_ptr<const Fd> root_;
  Fd lock_;
  ClaimCounter counter_;
  std::vector<ClaimedFile> claimed_;  // and not handed over yet
};

}  // namespace packwarden
