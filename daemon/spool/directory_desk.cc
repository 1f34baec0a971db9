#include "spool/directory_desk.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cerrno>
#include <fstream>

#include "spool/claim_name.h"
#include "spool/disk_file.h"
#include "spool/packed_file.h"
#include "spool/spool_directory.h"

namespace packwarden {
namespace {

constexpr mode_t folder_mode = 0750;

tl::unexpected<Refusal> refuse(std::string code, std::string message) {
  return tl::unexpected<Refusal>(Refusal{std::move(code), std::move(message)});
}

bool is_folder(int folder, std::string_view name) {
  struct stat status {};
  return fstatat(folder, std::string(name).c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISDIR(status.st_mode);
}

bool is_there(int root, const std::string& path) {
  struct stat status {};
  return fstatat(root, path.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
}

// Whether the person means this entry: by its claim, its name, or both.
bool is_meant(const ClaimedFile& file, const std::string& name_or_claim) {
  return file.claim == name_or_claim || file.name == name_or_claim ||
         file.claim + "." + file.name == name_or_claim;
}

std::string read_small(int root, const std::string& path) {
  constexpr std::size_t most_bytes = 64 * 1024;
  const Fd fd(openat(root, path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd.is_open()) return "";
  std::string text(most_bytes, '\0');
  const ssize_t got = read(fd.get(), text.data(), text.size());
  text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return text;
}

Instant modified_at(const struct stat& status) {
  return Instant::from_micros(status.st_mtim.tv_sec * std::int64_t{1'000'000} +
                              status.st_mtim.tv_nsec / 1'000);
}

// A name that cannot lead out of its folder.
bool is_plain_name(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos &&
         name.find('\0') == std::string::npos;
}

}  // namespace

DirectoryDesk::DirectoryDesk(std::string directory, ContentLimits limits,
                             std::size_t max_file_name_bytes)
    : directory_(std::move(directory)), limits_(limits), max_file_name_bytes_(max_file_name_bytes) {
  Fd root(::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root.is_open()) fail_with("cannot open the spool " + shown(directory_), errno);
  // The installation makes incoming/, for producers; the rest is made by the daemon.
  for (const std::string folder : {"incoming", "work", "rejected"}) {
    if (is_folder(root.get(), folder)) continue;
    throw SpoolUnavailable("spool " + shown(directory_) + " has no " + folder +
                           "/: no daemon has begun with it yet. Start packwardend, then ask again");
  }
  root_ = std::make_shared<const Fd>(std::move(root));
  for (const std::string folder :
       {"held", "retry", "redriven", "rejected/driven", "rejected/discarded"}) {
    make_folder(root_->get(), folder, folder_mode);
  }
}

WaitingInSpool DirectoryDesk::count(const std::string& folder, bool usage_names,
                                    bool being_written) const {
  WaitingInSpool waiting;
  for_each_entry(root_->get(), folder, [&](int open_folder, std::string_view name) {
    if (is_usage_name(name) ? !usage_names : !being_written) return;
    struct stat status {};
    if (fstatat(open_folder, name.data(), &status, AT_SYMLINK_NOFOLLOW) != 0) return;  // vanished
    if (folder == "rejected" && S_ISDIR(status.st_mode)) return;
    const Instant modified = modified_at(status);
    ++waiting.files;
    waiting.bytes += static_cast<std::uint64_t>(status.st_size);
    if (!waiting.oldest || modified < *waiting.oldest) {
      waiting.oldest = modified;
      waiting.oldest_name = name;
    }
  });
  return waiting;
}

std::optional<SpoolHold> read_hold(int root) {
  struct stat hold_file {};
  if (fstatat(root, hold_file_name, &hold_file, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
  const std::string hold = read_small(root, hold_file_name);
  const std::string first = hold.substr(0, hold.find('\n'));
  const auto since = parse_rfc3339(first.data(), first.data() + first.size());
  std::string reason = hold.size() > first.size() ? hold.substr(first.size() + 1) : "";
  if (reason.ends_with('\n')) reason.pop_back();
  // A person may have made it with touch.
  return SpoolHold{since.value_or(modified_at(hold_file)), std::move(reason)};
}

SpoolState DirectoryDesk::state(std::size_t max_failed) {
  SpoolState state;
  state.hold = read_hold(root_->get());
  state.daemon_has_it = daemon_has_it();
  state.incoming = count("incoming", true, false);
  state.being_written = count("incoming", false, true);
  state.work = count("work", true, true);
  state.held = count("held", true, true);
  state.retry = count("retry", true, true);
  state.open_rejects = count("rejected", true, false);
  std::vector<ClaimedFile> failed;
  for (const Found& found : find_failed("")) {
    if (auto file = parse_entry_name(found.entry)) failed.push_back(std::move(*file));
    ++state.failed;
  }
  const std::size_t shown_files = std::min(max_failed, failed.size());
  std::partial_sort(failed.begin(), failed.begin() + static_cast<std::ptrdiff_t>(shown_files),
                    failed.end(), [](const auto& a, const auto& b) { return a.claim > b.claim; });
  for (std::size_t i = 0; i < shown_files; ++i) {
    const std::string receipt =
        entry_name(failed[i].claim, failed[i].name, ".json", max_file_name_bytes_);
    state.last_failed.push_back({failed[i], reason_of(receipt)});
  }
  struct statvfs disk {};
  if (fstatvfs(root_->get(), &disk) == 0) {
    state.free_bytes = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  }
  return state;
}

std::string DirectoryDesk::reason_of(const std::string& receipt) const {
  boost::json::error_code error;
  const auto value = boost::json::parse(read_small(root_->get(), "receipts/" + receipt), error);
  if (error || !value.is_object()) return "";
  const auto* reason = value.as_object().if_contains("reason");
  return reason != nullptr && reason->is_string() ? std::string(reason->as_string()) : "";
}

// The kernel's table of locks tells without taking the lock, which a starting daemon might want.
bool DirectoryDesk::daemon_has_it() const {
  struct stat lock {};
  if (fstatat(root_->get(), ".lock", &lock, AT_SYMLINK_NOFOLLOW) != 0) return false;
  const std::string wanted =
      fmt::format("{:02x}:{:02x}:{}", major(lock.st_dev), minor(lock.st_dev), lock.st_ino);
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    if (line.find("FLOCK") != std::string::npos &&
        line.find(" " + wanted + " ") != std::string::npos)
      return true;
  }
  return false;
}

SpoolDesk::Outcome DirectoryDesk::hold(const SpoolHold& hold) {
  if (is_there(root_->get(), hold_file_name)) {
    return refuse("held_already", "The spool is held already. Look at packctl spool status.");
  }
  std::string reason = hold.reason;
  std::replace(reason.begin(), reason.end(), '\n', ' ');
  NewFile file(root_->get(), std::string(hold_file_name) + ".new");
  file.append(to_rfc3339(hold.since) + "\n" + reason + "\n");
  file.finish(hold_file_name);
  return {};
}

SpoolDesk::Outcome DirectoryDesk::release() {
  if (unlinkat(root_->get(), hold_file_name, 0) == 0) return {};
  if (errno == ENOENT) return refuse("not_held", "The spool is not held; there is nothing to do.");
  fail_with("cannot remove .hold", errno);
}

SpoolDesk::Outcome DirectoryDesk::move(const std::string& from, const std::string& into,
                                       const std::string& name) {
  if (!is_plain_name(name)) {
    return refuse("bad_name",
                  "Give the name of a file as it stands in its folder, without a path.");
  }
  if (renameat2(root_->get(), (from + "/" + name).c_str(), root_->get(),
                (into + "/" + name).c_str(), RENAME_NOREPLACE) == 0) {
    return {};
  }
  if (errno == ENOENT || errno == ENAMETOOLONG) {
    return refuse("unknown_file",
                  fmt::format("There is no '{}' in {}/{}.", shown(name), from,
                              from == "incoming" ? "; it may be taken already" : ""));
  }
  if (errno == EEXIST) {
    return refuse("name_taken", fmt::format("There is a '{}' in {}/ already; nothing was moved.",
                                            shown(name), into));
  }
  fail_with(fmt::format("cannot move {}/{} to {}", from, shown(name), into), errno);
}

SpoolDesk::Outcome DirectoryDesk::hold_file(const std::string& name) {
  return move("incoming", "held", name);
}
SpoolDesk::Outcome DirectoryDesk::release_file(const std::string& name) {
  return move("held", "incoming", name);
}

// All where `name_or_claim` is empty.
std::vector<DirectoryDesk::Found> DirectoryDesk::find_failed(
    const std::string& name_or_claim) const {
  std::vector<Found> found;
  std::vector<std::string> folders{"failed"};
  for (std::size_t i = 0; i < folders.size(); ++i) {
    const std::string folder = folders[i];
    for_each_entry(root_->get(), folder, [&](int open_folder, std::string_view name) {
      const auto file = parse_entry_name(name);
      if (!file && folder == "failed" && name.starts_with("again-") &&
          is_folder(open_folder, name)) {
        folders.push_back(folder + "/" + std::string(name));
      } else if (name_or_claim.empty() || (file && is_meant(*file, name_or_claim))) {
        found.push_back({folder, std::string(name)});
      }
    });
  }
  std::sort(found.begin(), found.end(),
            [](const Found& a, const Found& b) { return a.entry < b.entry; });
  return found;
}

tl::expected<std::string, Refusal> DirectoryDesk::retry(const std::string& name_or_claim) {
  const auto found = find_failed(name_or_claim.empty() ? "?" : name_or_claim);
  if (found.empty()) {
    return refuse(
        "unknown_file",
        fmt::format("There is no '{}' in failed/. packctl spool status --failed lists what "
                    "is there.",
                    shown(name_or_claim)));
  }
  if (found.size() > 1) {
    std::string list;
    for (const Found& one : found) list += "\n  " + shown(one.entry.substr(0, claim_bytes));
    return refuse("several_files", fmt::format("{} files in failed/ came as {}. Give the claim of "
                                               "one:{}",
                                               found.size(), shown(name_or_claim), list));
  }
  if (auto moved = move(found[0].folder, "retry", found[0].entry); !moved) {
    return tl::unexpected<Refusal>(moved.error());
  }
  sync("retry");
  return found[0].entry;
}

std::uint64_t DirectoryDesk::retry_all() {
  std::uint64_t moved = 0;
  for (const Found& found : find_failed("")) {
    if (parse_entry_name(found.entry) && move(found.folder, "retry", found.entry)) ++moved;
  }
  sync("retry");
  return moved;
}

void DirectoryDesk::sync(const std::string& folder) const {
  const Fd fd(openat(root_->get(), folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.is_open() || (fsync(fd.get()) != 0 && errno != EINVAL)) {
    fail_with("cannot sync " + folder, errno);
  }
}

std::unique_ptr<UsageFile> DirectoryDesk::open_archived(const std::string& claim,
                                                        const std::string& name) {
  const std::string entry = entry_name(claim, name, "", max_file_name_bytes_);
  const std::string packed_entry = entry_name(claim, name, ".zst", max_file_name_bytes_);
  std::vector<std::string> folders{"failed"};
  for_each_entry(root_->get(), "done",
                 [&](int, std::string_view day) { folders.push_back("done/" + std::string(day)); });
  for (const std::string& folder : folders) {
    if (auto file = DiskFile::open(root_, folder + "/" + entry)) return std::move(*file);
    // The packed one is there before the other is gone, so in this order none is missed.
    if (auto packed = DiskFile::open(root_, folder + "/" + packed_entry)) {
      if (auto file = PackedFile::open(std::move(*packed))) return std::move(*file);
    }
  }
  return nullptr;
}

}  // namespace packwarden
