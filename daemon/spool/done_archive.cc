#include "spool/done_archive.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

#include "spool/claim_name.h"
#include "spool/disk_file.h"
#include "spool/packed_file.h"
#include "spool/sha256.h"

namespace packwarden {
namespace {

constexpr std::size_t files_at_a_time = 256;
constexpr std::uint64_t bytes_at_a_time = 64U << 20;
constexpr std::size_t removed_at_a_time = 1'000;
constexpr std::size_t block_bytes = 1 << 20;
constexpr std::string_view packed_ending = ".zst";
constexpr std::string_view begun_ending = ".packing";
// The clock of a file system is coarser than that of the machine.
constexpr time_t settled_s = 2;

bool is_packed(std::string_view entry) {
  return entry.ends_with(".zst") || entry.ends_with(".gz");
}

bool is_again_folder(int folder, std::string_view name) {
  struct stat status {};
  return name.starts_with("again-") &&
         fstatat(folder, std::string(name).c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISDIR(status.st_mode);
}

timespec changed_at(int root, const std::string& folder) {
  struct stat status {};
  if (fstatat(root, folder.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    fail_with("cannot look at " + folder, errno);
  }
  return status.st_mtim;
}

bool same(const timespec& a, const timespec& b) {
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

void sync_folder(int root, const std::string& folder) {
  const Fd fd(openat(root, folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.is_open() || (fsync(fd.get()) != 0 && errno != EINVAL)) {
    fail_with("cannot sync " + folder, errno);
  }
}

// The digest of what `path` was before it was packed.
tl::expected<Digest, std::string> digest_within(const std::shared_ptr<const Fd>& root,
                                                const std::string& path,
                                                const std::function<void()>& on_block) {
  auto bytes = DiskFile::open(root, path, on_block);
  if (!bytes) return tl::unexpected(bytes.error());
  auto packed = PackedFile::open(std::move(*bytes));
  if (!packed) return tl::unexpected(packed.error());
  return (*packed)->digest();
}

}  // namespace

struct DoneArchive::Packed {
  std::string from;
  std::string into;
  std::unique_ptr<NewFile> file;  // none: `into` is there already, from before a crash
  std::uint64_t from_bytes = 0;
  std::uint64_t to_bytes = 0;
};

// The days that there are, and what is again-N in them.
std::vector<std::string> DoneArchive::folders() const {
  std::vector<std::string> days;
  for_each_entry(root_->get(), "done", [&](int, std::string_view name) {
    if (parse_business_day(name)) days.push_back("done/" + std::string(name));
  });
  std::sort(days.begin(), days.end());
  const std::size_t day_count = days.size();
  for (std::size_t i = 0; i < day_count; ++i) {
    if (finished_.contains(days[i])) continue;
    for_each_entry(root_->get(), days[i], [&](int folder, std::string_view name) {
      if (is_again_folder(folder, name)) days.push_back(days[i] + "/" + std::string(name));
    });
  }
  return days;
}

// What a killed process had begun is removed on the way.
std::vector<std::string> DoneArchive::unpacked_of(const std::string& folder, std::size_t max) {
  std::vector<std::string> entries;
  std::vector<std::string> begun;
  for_each_entry(root_->get(), folder, [&](int open_folder, std::string_view name) {
    if (name.starts_with('.')) {
      if (name.ends_with(begun_ending)) begun.emplace_back(name);
      return;
    }
    if (entries.size() >= max || is_packed(name) || is_again_folder(open_folder, name)) return;
    if (!passed_over_.contains(folder + "/" + std::string(name))) entries.emplace_back(name);
  });
  for (const std::string& name : begun) {
    if (unlinkat(root_->get(), (folder + "/" + name).c_str(), 0) != 0 && errno != ENOENT) {
      fail_with("cannot remove " + folder + "/" + shown(name), errno);
    }
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

ArchiveStep DoneArchive::pack(const std::function<bool()>& should_stop) {
  ArchiveStep step;
  for (const std::string& folder : folders()) {
    const timespec changed = changed_at(root_->get(), folder);
    if (const auto known = finished_.find(folder);
        known != finished_.end() && same(known->second, changed)) {
      continue;
    }
    finished_.erase(folder);
    const std::vector<std::string> entries = unpacked_of(folder, files_at_a_time);
    std::vector<std::unique_ptr<Packed>> batch;
    std::uint64_t bytes = 0;
    for (const std::string& entry : entries) {
      if (should_stop() || bytes >= bytes_at_a_time) break;
      if (auto packed = pack_one(folder, entry, should_stop, step)) {
        bytes += packed->from_bytes;
        batch.push_back(std::move(packed));
      }
    }
    publish(batch, folder, step);
    if (!entries.empty()) {
      step.is_done = false;
      return step;
    }
    if (changed.tv_sec + settled_s < std::time(nullptr)) finished_[folder] = changed;
  }
  return step;
}

std::unique_ptr<DoneArchive::Packed> DoneArchive::pack_one(const std::string& folder,
                                                           const std::string& entry,
                                                           const std::function<bool()>& should_stop,
                                                           ArchiveStep& step) {
  auto packed = std::make_unique<Packed>();
  packed->from = folder + "/" + entry;
  const auto named = parse_entry_name(entry);
  auto source = DiskFile::open(root_, packed->from, on_block_);
  if (!named || !source) {
    pass_over(packed->from, named ? source.error() : "no daemon wrote that name", step);
    return nullptr;
  }
  packed->into =
      folder + "/" + entry_name(named->claim, named->name, packed_ending, max_file_name_bytes_);
  packed->from_bytes = (*source)->size_bytes();
  if (const auto earlier = digest_within(root_, packed->into, on_block_)) {
    const auto digest = (*source)->digest();
    if (digest && *digest == *earlier) return packed;
    pass_over(packed->from, "another file has the name under which it would be packed", step);
    return nullptr;
  }
  const std::string begun = folder + "/." + named->claim + std::string(begun_ending);
  packed->file = std::make_unique<NewFile>(root_->get(), begun);
  FilePacker packer(packed->from_bytes);
  Sha256 sha;
  std::string block(std::min<std::uint64_t>(block_bytes, packed->from_bytes + 1), '\0');
  std::uint64_t offset = 0;
  do {
    if (should_stop()) return nullptr;
    const auto got = (*source)->read(offset, block.data(), block.size());
    if (!got || (*got == 0 && offset < packed->from_bytes)) {
      pass_over(packed->from, got ? "it shrank while it was being read" : got.error(), step);
      return nullptr;
    }
    offset += *got;
    sha.add(block.data(), *got);
    const std::string_view some =
        packer.add(std::string_view(block).substr(0, *got), offset == packed->from_bytes);
    packed->file->append(some);
    packed->to_bytes += some.size();
  } while (offset < packed->from_bytes);
  packed->file->write_out();
  if (const auto read_back = digest_within(root_, begun, on_block_);
      !read_back || *read_back != sha.finish()) {
    throw SpoolUnavailable(fmt::format(
        "{} was packed, but reads otherwise: look at the disk and the memory of this machine",
        shown(packed->from)));
  }
  return packed;
}

void DoneArchive::publish(std::vector<std::unique_ptr<Packed>>& batch, const std::string& folder,
                          ArchiveStep& step) {
  if (batch.empty()) return;
  // All were written before the first is synced: so the file system commits them together.
  for (const auto& packed : batch) {
    if (packed->file) packed->file->sync();
    if (on_block_) on_block_();
  }
  for (const auto& packed : batch) {
    if (packed->file) packed->file->finish(packed->into);
  }
  sync_folder(root_->get(), folder);
  for (const auto& packed : batch) {
    if (unlinkat(root_->get(), packed->from.c_str(), 0) != 0 && errno != ENOENT) {
      fail_with("cannot remove " + shown(packed->from), errno);
    }
    ++step.packed_files;
    step.packed_from_bytes += packed->from_bytes;
    step.packed_to_bytes += packed->to_bytes;
  }
}

void DoneArchive::pass_over(const std::string& path, const std::string& why, ArchiveStep& step) {
  if (!passed_over_.insert(path).second) return;
  step.passed_over.push_back(fmt::format("{} stays as it is: {}", shown(path), why));
}

ArchiveStep DoneArchive::remove_before(BusinessDay first_kept_day) {
  ArchiveStep step;
  std::vector<std::string> days;
  for_each_entry(root_->get(), "done", [&](int, std::string_view name) {
    const auto day = parse_business_day(name);
    if (day && *day < first_kept_day) days.push_back("done/" + std::string(name));
  });
  std::sort(days.begin(), days.end());
  for (const std::string& day : days) {
    if (!remove_some(day, step)) break;
  }
  step.is_done = step.removed_files < removed_at_a_time;
  return step;
}

// False: it was enough for one step.
bool DoneArchive::remove_some(const std::string& folder, ArchiveStep& step) {
  std::vector<std::string> entries;
  std::vector<std::string> again;
  for_each_entry(root_->get(), folder, [&](int open_folder, std::string_view name) {
    if (is_again_folder(open_folder, name)) {
      again.push_back(folder + "/" + std::string(name));
    } else if (step.removed_files + entries.size() < removed_at_a_time) {
      entries.emplace_back(name);
    }
  });
  for (const std::string& entry : entries) {
    const std::string path = folder + "/" + entry;
    if (unlinkat(root_->get(), path.c_str(), 0) == 0) {
      ++step.removed_files;
    } else if (errno == EISDIR) {
      pass_over(path, "it is a folder", step);
    } else if (errno != ENOENT) {
      fail_with("cannot remove " + shown(path), errno);
    }
    if (on_block_) on_block_();
  }
  for (const std::string& inner : again) {
    if (!remove_some(inner, step)) return false;
  }
  if (step.removed_files >= removed_at_a_time) return false;
  finished_.erase(folder);
  // Not empty where something was passed over.
  if (unlinkat(root_->get(), folder.c_str(), AT_REMOVEDIR) != 0 && errno != ENOTEMPTY &&
      errno != ENOENT) {
    fail_with("cannot remove " + folder, errno);
  }
  return true;
}

}  // namespace packwarden
