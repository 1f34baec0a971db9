#pragma once

#include <sys/stat.h>

#include <functional>
#include <string>
#include <string_view>
#include <utility>

// The seam to the file system. Paths are relative to an open folder, so that the spool stays the
// one that was locked, whatever happens to its name.
namespace packwarden {

// An open file; closed with its owner.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept;
  ~Fd() { close(); }

  int get() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }
  void close();
  // Gives it away, open.
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

// A name in a sentence: control characters as \xNN, so that it stays on one line.
std::string shown(std::string_view name);
// "WHAT: why", of an error number.
std::string error_sentence(const std::string& what, int error);
// Throws SpoolUnavailable with error_sentence().
[[noreturn]] void fail_with(const std::string& what, int error);

// Whether the error says that this process or machine has run out of something, not that the file
// is at fault.
bool is_shortage(int error);

// Makes the folder `path` if it is missing, with exactly this mode (whatever the umask), as that of
// the owner of `root`.
void make_folder(int root, const std::string& path, mode_t mode);

// Names that producers are still writing under are left alone (U1).
bool is_usage_name(std::string_view name);

// Moves FROM/ENTRY to INTO/ENTRY, or to again-2/, again-3/... of INTO where that name is taken.
// False where it is not in FROM (any more).
bool move_without_replacing(int root, const std::string& from, const std::string& entry,
                            const std::string& into);

// Calls `visit` with the open folder and each name in it but . and .. , in no order.
void for_each_entry(int root, const std::string& path,
                    const std::function<void(int folder, std::string_view name)>& visit);

// A file that appears whole: written under another name of the same folder, then renamed; replaces
// what has its name. Not synced: after a loss of power it can be missing or empty. All throw
// SpoolUnavailable. Without finish() nothing stays behind. Where root writes it, it belongs to the
// owner of the spool.
class NewFile {
 public:
  // `root` must outlive this.
  NewFile(int root, std::string temporary_path);
  ~NewFile();
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  void append(std::string_view bytes);
  // What was appended can be read by others, under the temporary name.
  void write_out() { flush(); }
  // And is on disk.
  void sync();
  void finish(const std::string& path);
  // The same, but synced, and never over another: false where `path` exists.
  bool finish_new(const std::string& path);

 private:
  void flush();

  int root_;
  std::string temporary_path_;
  Fd fd_;
  std::string buffer_;
  bool finished_ = false;
};

}  // namespace packwarden
