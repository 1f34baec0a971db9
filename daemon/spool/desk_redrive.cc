// The redrives of DirectoryDesk, and what becomes of rejected lines.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <limits>

#include "mediation/csv_record.h"
#include "mediation/record_checks.h"
#include "spool/claim_name.h"
#include "spool/directory_desk.h"
#include "spool/redrive_file.h"

namespace packwarden {
namespace {

constexpr std::string_view rejects_ending = ".rejects";
constexpr std::size_t content_block_bytes = 1 << 20;

tl::unexpected<Refusal> refuse(std::string code, std::string message) {
  return tl::unexpected<Refusal>(Refusal{std::move(code), std::move(message)});
}

// The bytes of a file, however many, without holding them.
class Mapped {
 public:
  Mapped(int root, const std::string& path)
      : fd_(openat(root, path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC)) {
    struct stat status {};
    if (!fd_.is_open() || fstat(fd_.get(), &status) != 0) {
      fail_with("cannot open " + shown(path), errno);
    }
    size_ = static_cast<std::size_t>(status.st_size);
    if (size_ == 0) return;
    at_ = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd_.get(), 0);
    if (at_ == MAP_FAILED) fail_with("cannot read " + shown(path), errno);
    madvise(at_, size_, MADV_SEQUENTIAL);
  }
  ~Mapped() {
    if (size_ != 0) munmap(at_, size_);
  }
  Mapped(const Mapped&) = delete;
  Mapped& operator=(const Mapped&) = delete;

  std::string_view text() const { return {static_cast<const char*>(at_), size_}; }

 private:
  Fd fd_;
  void* at_ = nullptr;
  std::size_t size_ = 0;
};

// Two at once would write the same file; the second one waits, and finds the rejects driven in.
class OneAtATime {
 public:
  explicit OneAtATime(int root)
      : fd_(openat(root, "rejected/driven", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    int done = -1;
    do done = flock(fd_.get(), LOCK_EX);
    while (done != 0 && errno == EINTR);
    if (done != 0) fail_with("cannot lock rejected/driven", errno);
  }

 private:
  Fd fd_;
};

// Not all of its text stands in the rejects.
bool is_cut(std::string_view detail) {
  return detail.find(long_line) != std::string_view::npos ||
         detail.find("no longer holds all of this line") != std::string_view::npos;
}

// Calls `visit` with reason, detail and text of each row of a .rejects file.
template <typename Visit>
void for_each_reject(std::string_view all, const SpoolDesk::Progress& progress,
                     const Visit& visit) {
  constexpr auto any_length =
      static_cast<std::uint32_t>(std::numeric_limits<std::int32_t>::max() - 2);
  std::vector<CsvField> fields;
  const char* at = all.data();
  const char* const end = at + all.size();
  bool is_title = true;
  std::uint64_t rows = 0;
  while (at != end) {
    const CsvRecord record = split_csv_record(at, end, true, any_length, fields);
    if (record.outcome != CsvRecord::Outcome::whole || fields.size() != 4) {
      throw SpoolUnavailable(
          fmt::format("the file of rejected lines is damaged at byte {}", at - all.data()));
    }
    if (!is_title)
      visit(fields[1].raw, undouble_quotes(fields[2].raw), undouble_quotes(fields[3].raw));
    is_title = false;
    at = record.next;
    if (progress && ++rows % 4'096 == 0) {
      progress(static_cast<std::uint64_t>(at - all.data()), all.size());
    }
  }
}

// How often rejects of this entry were driven in.
std::uint32_t times_driven_in(int root, const std::string& entry) {
  std::uint32_t times = 0;
  const auto look = [&](const std::string& folder) {
    struct stat status {};
    if (fstatat(root, (folder + "/" + entry).c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) ++times;
  };
  look("rejected/driven");
  for_each_entry(root, "rejected/driven", [&](int, std::string_view name) {
    if (name.starts_with("again-")) look("rejected/driven/" + std::string(name));
  });
  return times;
}

// How often the file of this claim was driven in whole.
std::uint32_t times_redriven(int root, const std::string& claim) {
  const std::string path = "redriven/" + claim;
  const Fd fd(openat(root, path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd.is_open() && errno == ENOENT) return 0;
  std::array<char, 16> text{};
  const ssize_t got = fd.is_open() ? read(fd.get(), text.data(), text.size()) : -1;
  if (got < 0) fail_with("cannot read " + path, errno);
  std::uint32_t times = 0;
  const char* const end = text.data() + got;
  const auto [at, error] = std::from_chars(text.data(), end, times);
  if (error == std::errc{} && times < UINT32_MAX && at + 1 == end && *at == '\n') return times;
  throw SpoolUnavailable(path +
                         " is damaged: it has how often that file was driven in. Write a"
                         " number there that is high enough");
}

}  // namespace

void DirectoryDesk::set_times_redriven(const std::string& claim, std::uint32_t times) const {
  NewFile file(root_->get(), "redriven/." + claim);
  file.append(std::to_string(times) + "\n");
  file.sync();
  file.finish("redriven/" + claim);
  sync("redriven");
}

tl::expected<std::string, Refusal> DirectoryDesk::find_open_rejects(
    const std::string& name_or_claim) const {
  std::vector<std::string> found;
  for_each_entry(root_->get(), "rejected", [&](int, std::string_view name) {
    if (!name.ends_with(rejects_ending)) return;
    const auto file = parse_entry_name(name.substr(0, name.size() - rejects_ending.size()));
    if (!file) return;
    // Of a long name the entry has the end alone.
    if (file->claim == name_or_claim || name == name_or_claim ||
        name == entry_name(file->claim, name_or_claim, rejects_ending, max_file_name_bytes_)) {
      found.emplace_back(name);
    }
  });
  if (found.empty()) {
    return refuse("unknown_rejects",
                  fmt::format("There are no open rejected lines of {} here. packctl rejects list "
                              "shows which there are, and where.",
                              shown(name_or_claim)));
  }
  if (found.size() > 1) {
    std::sort(found.begin(), found.end());
    std::string list;
    for (const std::string& one : found) list += "\n  " + one.substr(0, claim_bytes);
    return refuse("several_files",
                  fmt::format("{} files with rejected lines came as {}. Give the claim of one:{}",
                              found.size(), shown(name_or_claim), list));
  }
  return found.front();
}

RejectsState DirectoryDesk::state_of_rejects(const std::string& claim, const std::string& name) {
  const std::string entry = entry_name(claim, name, rejects_ending, max_file_name_bytes_);
  const std::pair<const char*, RejectsState> folders[] = {
      {"rejected", RejectsState::open},
      {"rejected/driven", RejectsState::driven_in},
      {"rejected/discarded", RejectsState::discarded}};
  for (const auto& [folder, state] : folders) {
    struct stat status {};
    const std::string path = std::string(folder) + "/" + entry;
    if (fstatat(root_->get(), path.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) return state;
  }
  return RejectsState::elsewhere;
}

tl::expected<Redriven, Refusal> DirectoryDesk::redrive_rejects(const std::string& name_or_claim,
                                                               bool without_cut_lines,
                                                               const Progress& progress) {
  const OneAtATime lock(root_->get());
  const auto entry = find_open_rejects(name_or_claim);
  if (!entry) return tl::unexpected<Refusal>(entry.error());
  const auto file = parse_entry_name(entry->substr(0, entry->size() - rejects_ending.size()));
  const auto kind = file_kind_of(file->name);
  if (!kind) return refuse("bad_name", shown(*entry) + " has no ending that is known here.");

  Redriven redriven;
  redriven.name = redrive_name(file->name, max_file_name_bytes_);
  const Mapped rejects(root_->get(), "rejected/" + *entry);
  RedriveFile out(root_->get(), {file->claim, true, times_driven_in(root_->get(), *entry) + 1});
  bool has_header = kind->format != Format::csv;
  for_each_reject(rejects.text(), progress,
                  [&](std::string_view reason, const std::string& detail, const std::string& text) {
                    if (reason == "header") {
                      has_header = true;
                    } else if (is_cut(detail)) {
                      ++redriven.cut_lines;
                      return;
                    } else {
                      ++redriven.lines;
                    }
                    out.append(text);
                    out.append("\n");
                  });
  if (!has_header) {
    return refuse("no_header",
                  "Its rejected lines stand without the header of the CSV file; add "
                  "them to a file of their own by hand.");
  }
  if (redriven.cut_lines > 0 && !without_cut_lines) {
    return refuse("cut_lines",
                  fmt::format("Of {} lines not all of the text is there. Mend these by hand; "
                              "--without-cut-lines drives the others in.",
                              redriven.cut_lines));
  }
  if (redriven.lines == 0) return refuse("nothing_to_do", "None of its lines can be driven in.");
  if (!out.finish(redriven.name)) {
    return refuse("name_taken", fmt::format("There is a {} in incoming/ already. Wait until it is "
                                            "taken, and try again.",
                                            shown(redriven.name)));
  }
  sync("incoming");
  // A crash before this does the same redrive again: the same bytes, a repeat (U4).
  if (!move_without_replacing(root_->get(), "rejected", *entry, "rejected/driven")) {
    return refuse("unknown_rejects", "Somebody moved the rejected lines away meanwhile.");
  }
  return redriven;
}

tl::expected<std::string, Refusal> DirectoryDesk::discard_rejects(
    const std::string& name_or_claim) {
  const OneAtATime lock(root_->get());
  auto entry = find_open_rejects(name_or_claim);
  if (!entry) return entry;
  move_without_replacing(root_->get(), "rejected", *entry, "rejected/discarded");
  return entry;
}

tl::expected<Redriven, Refusal> DirectoryDesk::redrive_file(const std::string& claim,
                                                            const std::string& name,
                                                            const Progress& progress) {
  const OneAtATime lock(root_->get());
  const std::unique_ptr<UsageFile> file = open_archived(claim, name);
  const auto kind = file_kind_of(name);
  if (!file || !kind) {
    return refuse("not_archived",
                  fmt::format("{} is neither in done/ nor in failed/ of this spool. Drop its "
                              "records in a new file.",
                              shown(name)));
  }
  Redriven redriven;
  redriven.name = redrive_name(name, max_file_name_bytes_);
  std::uint64_t read_bytes = 0;
  ContentReader content(
      kind->packing,
      [&](std::uint64_t offset, char* into, std::size_t size) {
        const auto got = file->read(offset, into, size);
        if (got) read_bytes = offset + *got;
        return got;
      },
      limits_.unpack);
  const std::uint32_t number = times_redriven(root_->get(), claim) + 1;
  RedriveFile out(root_->get(), {claim, false, number});
  std::string block(content_block_bytes, '\0');
  while (!content.at_end()) {
    const auto got = content.read(block.data(), block.size());
    if (!got) {
      return refuse("unreadable", shown(name) + " cannot be read to its end: " + got.error() + ".");
    }
    out.append(std::string_view(block).substr(0, *got));
    if (progress) progress(read_bytes, file->size_bytes());
  }
  if (!out.finish(redriven.name)) {
    return refuse("name_taken", fmt::format("There is a {} in incoming/ already. Wait until it is "
                                            "taken, and try again.",
                                            shown(redriven.name)));
  }
  sync("incoming");
  // A crash before this does the same redrive again: the same bytes, a repeat (U4).
  set_times_redriven(claim, number);
  return redriven;
}

}  // namespace packwarden
