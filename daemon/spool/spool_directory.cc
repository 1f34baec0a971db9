#include "spool/spool_directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <tuple>

#include "mediation/record_decoder.h"
#include "spool/directory_desk.h"
#include "spool/disk_file.h"
#include "spool/spool_id.h"
#include "usecases/receipt.h"

namespace packwarden {
namespace {

constexpr mode_t folder_mode = 0750;
constexpr mode_t incoming_mode = 0770;  // producers are of the group
constexpr std::size_t min_file_name_bytes = 64;
constexpr std::array folders = {"incoming", "retry",  "work",    "done",
                                "rejected", "failed", "receipts"};

struct Candidate {
  std::int64_t modified_s = 0;
  std::int64_t modified_ns = 0;
  std::string name;

  auto operator<=>(const Candidate&) const = default;
};

// The first `max` of incoming/ by modification time, then name.
std::vector<Candidate> earliest_of(int root, std::size_t max) {
  std::vector<Candidate> heap;  // the latest of them in front
  for_each_entry(root, "incoming", [&](int folder, std::string_view name) {
    if (!is_usage_name(name)) return;
    struct stat status {};
    if (fstatat(folder, name.data(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno == ENOENT) return;
      fail_with("cannot look at incoming/" + shown(name), errno);
    }
    const std::int64_t seconds = status.st_mtim.tv_sec;
    const std::int64_t nanos = status.st_mtim.tv_nsec;
    if (heap.size() == max) {
      const Candidate& last = heap.front();
      if (std::tuple(seconds, nanos, name) >=
          std::tuple(last.modified_s, last.modified_ns, std::string_view(last.name))) {
        return;
      }
      std::pop_heap(heap.begin(), heap.end());
      heap.pop_back();
    }
    heap.push_back({seconds, nanos, std::string(name)});
    std::push_heap(heap.begin(), heap.end());
  });
  std::sort_heap(heap.begin(), heap.end());
  return heap;
}

// Runs `work`; its errors then say of which spool they are.
template <typename Work>
auto told_of(const std::string& directory, const Work& work) {
  try {
    return work();
  } catch (const SpoolUnavailable& error) {
    throw SpoolUnavailable("spool " + shown(directory) + ": " + error.what());
  }
}

bool is_there(int root, const std::string& path) {
  struct stat status {};
  return fstatat(root, path.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
}

}  // namespace

SpoolDirectory::SpoolDirectory(std::string directory, std::string name,
                               std::size_t max_file_name_bytes, ContentLimits limits,
                               std::function<void()> on_block)
    : directory_(std::move(directory)),
      name_(std::move(name)),
      max_file_name_bytes_(max_file_name_bytes),
      limits_(limits),
      on_block_(std::move(on_block)) {
  if (max_file_name_bytes < min_file_name_bytes) {
    throw SpoolUnavailable("file names of a spool must be allowed at least 64 bytes");
  }
  told_of(directory_, [&] { open_and_lock(); });
}

void SpoolDirectory::open_and_lock() {
  make_folder(AT_FDCWD, directory_, folder_mode);
  Fd root(::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root.is_open()) fail_with("cannot open the folder", errno);
  lock_ = Fd(openat(root.get(), ".lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0640));
  if (!lock_.is_open()) fail_with("cannot open .lock", errno);
  if (flock(lock_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) {
      throw SpoolUnavailable(
          "another daemon has it (it holds .lock); each daemon needs a spool of its own");
    }
    fail_with("cannot lock .lock", errno);
  }
  struct stat whole {};
  if (fstat(root.get(), &whole) != 0) fail_with("cannot look at the folder", errno);
  for (const std::string folder : folders) {
    make_folder(root.get(), folder, folder == "incoming" ? incoming_mode : folder_mode);
    struct stat status {};
    if (fstatat(root.get(), folder.c_str(), &status, 0) != 0) {
      fail_with("cannot look at " + folder, errno);
    }
    if (!S_ISDIR(status.st_mode)) throw SpoolUnavailable(folder + " is not a folder");
    if (status.st_dev != whole.st_dev) {
      throw SpoolUnavailable(folder + " is on another file system; all must be on one, since " +
                             "files are moved by renaming them");
    }
  }
  id_ = spool_id(root.get());
  root_ = std::make_shared<const Fd>(std::move(root));
}

std::string SpoolDirectory::entry_of(const ClaimedFile& file, std::string_view suffix) const {
  return entry_name(file.claim, file.name, suffix, max_file_name_bytes_);
}

std::vector<ClaimedFile> SpoolDirectory::left_over() {
  return told_of(directory_, [&] { return parse_work(); });
}

std::vector<ClaimedFile> SpoolDirectory::parse_work() {
  std::vector<ClaimedFile> files;
  std::vector<std::string> strangers;
  for_each_entry(root_->get(), "work", [&](int, std::string_view name) {
    if (auto file = parse_entry_name(name)) {
      files.push_back(std::move(*file));
    } else {
      strangers.emplace_back(name);
    }
  });
  for (const std::string& stranger : strangers)
    move_without_replacing(root_->get(), "work", stranger, "failed");
  std::sort(files.begin(), files.end(), [](const ClaimedFile& a, const ClaimedFile& b) {
    return std::tie(a.claim, a.name) < std::tie(b.claim, b.name);
  });
  return files;
}

std::vector<ClaimedFile> SpoolDirectory::claim(std::size_t max_files, Instant now) {
  return told_of(directory_, [&] { return take_earliest(max_files, now); });
}

std::vector<ClaimedFile> SpoolDirectory::take_earliest(std::size_t max_files, Instant now) {
  counter_.advance_to(now);
  std::optional<SpoolUnavailable> passed_over;
  if (is_held() || (may_claim_ && !may_claim_())) return {};
  take_retries(max_files);
  if (claimed_.size() < max_files) {
    const std::vector<Candidate> earliest = earliest_of(root_->get(), max_files - claimed_.size());
    claimed_.reserve(claimed_.size() + earliest.size());  // what was moved must not get lost here
    for (const Candidate& next : earliest) {
      try {
        take(next.name);
      } catch (const SpoolUnavailable& error) {
        if (!passed_over) passed_over = error;
      }
    }
  }
  if (claimed_.empty()) {
    if (passed_over) throw *passed_over;
    return {};
  }
  sync_claims();
  return std::exchange(claimed_, {});
}

bool SpoolDirectory::is_held() const {
  return is_there(root_->get(), hold_file_name);
}

std::optional<SpoolHold> SpoolDirectory::hold() const {
  return read_hold(root_->get());
}

// S12: with their claims, so that their receipts are written anew.
void SpoolDirectory::take_retries(std::size_t max_files) {
  std::vector<std::string> entries;
  for_each_entry(root_->get(), "retry", [&](int, std::string_view name) {
    if (entries.size() < max_files && parse_entry_name(name)) entries.emplace_back(name);
  });
  std::sort(entries.begin(), entries.end());
  for (const std::string& entry : entries) {
    if (renameat2(root_->get(), ("retry/" + entry).c_str(), root_->get(), ("work/" + entry).c_str(),
                  RENAME_NOREPLACE) == 0) {
      claimed_.push_back(*parse_entry_name(entry));
    } else if (errno != ENOENT) {
      fail_with("cannot move retry/" + shown(entry) + " to work", errno);
    }
  }
}

// False where it has vanished.
bool SpoolDirectory::take(const std::string& incoming_name) {
  const std::string from = "incoming/" + incoming_name;
  for (;;) {
    const std::string claim = counter_.current();
    const Instant arrival = counter_.arrival();
    const std::string entry = entry_name(claim, incoming_name, "", max_file_name_bytes_);
    ClaimedFile file{claim, entry.substr(claim_bytes + 1), arrival};
    if (renameat2(root_->get(), from.c_str(), root_->get(), ("work/" + entry).c_str(),
                  RENAME_NOREPLACE) == 0) {
      counter_.take();
      claimed_.push_back(std::move(file));
      return true;
    }
    if (errno == EEXIST) {
      counter_.take();
      continue;
    }
    if (errno == ENOENT && !is_there(root_->get(), from)) return false;
    fail_with("cannot move " + shown(from) + " to work", errno);
  }
}

// Without it a loss of power could bring files back to incoming/ of which the ledger has units,
// under an arrival that nobody else knows.
void SpoolDirectory::sync_claims() const {
  const Fd work(openat(root_->get(), "work", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!work.is_open()) fail_with("cannot open work", errno);
  if (fsync(work.get()) != 0 && errno != EINVAL) fail_with("cannot sync work", errno);
}

tl::expected<std::unique_ptr<UsageFile>, std::string> SpoolDirectory::open(
    const ClaimedFile& file) {
  auto opened = told_of(directory_,
                        [&] { return DiskFile::open(root_, "work/" + entry_of(file), on_block_); });
  if (!opened) return tl::unexpected(opened.error());
  if (!file_kind_of(file.name)) {
    return tl::unexpected("its name has no ending that is known here; known is: " +
                          known_endings());
  }
  return std::move(*opened);
}

void SpoolDirectory::end(const ClaimedFile& file, FileEnding ending, const FileOutcome& outcome) {
  told_of(directory_, [&] { write_and_move(file, ending, outcome); });
}

void SpoolDirectory::write_and_move(const ClaimedFile& file, FileEnding ending,
                                    const FileOutcome& outcome) const {
  const int root = root_->get();
  const std::string folder =
      ending == FileEnding::failed ? "failed" : "done/" + utc_day(outcome.finished_at);
  if (ending != FileEnding::repeat && outcome.rejected_lines) {
    write_rejects(file, folder, outcome);
  }
  NewFile receipt(root, "receipts/." + file.claim + ".json");
  receipt.append(receipt_json(file, name_, ending, outcome));
  receipt.finish("receipts/" + entry_of(file, ".json"));
  make_folder(root, folder, folder_mode);
  move_without_replacing(root, "work", entry_of(file), folder);
}

void SpoolDirectory::write_rejects(const ClaimedFile& file, const std::string& folder,
                                   const FileOutcome& outcome) const {
  const int root = root_->get();
  const std::string target = "rejected/" + entry_of(file, ".rejects");
  const std::string entry = entry_of(file);
  Fd source;
  for (const std::string& path : {"work/" + entry, folder + "/" + entry}) {
    source = Fd(openat(root, path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (source.is_open()) break;
    if (errno != ENOENT) fail_with("cannot open " + shown(path), errno);
  }
  // Somebody took the file away: what was written while it was there is the best there is.
  if (!source.is_open() && is_there(root, target)) return;
  NewFile rejects(root, "rejected/." + file.claim + ".rejects");
  append_rejects(rejects, source.get(), file_kind_of(outcome.file.name).value_or(FileKind{}),
                 limits_, outcome.rejected_lines, on_block_);
  rejects.finish(target);
}

WaitingFiles SpoolDirectory::count_waiting() const {
  WaitingFiles waiting;
  told_of(directory_, [&] {
    for_each_entry(root_->get(), "incoming", [&](int, std::string_view name) {
      if (is_usage_name(name)) ++waiting.incoming;
    });
    for_each_entry(root_->get(), "work", [&](int, std::string_view) { ++waiting.work; });
  });
  return waiting;
}

}  // namespace packwarden
