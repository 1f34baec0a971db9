#pragma once

#include <sys/stat.h>

#include <functional>
#include <memory>
#include <string>

#include "spool/files.h"
#include "usecases/spool_port.h"

namespace packwarden {

// A regular file of work/. What it reads is what was there at open: each read compares size and
// modification time afterwards. Closed whenever read() has come to its end and opened again on
// demand, so that a thousand small files in flight hold no descriptors. One thread at a time.
class DiskFile : public UsageFile {
 public:
  // Never follows a symbolic link and never waits (a fifo, a device). The error says what is wrong
  // with the file; throws SpoolUnavailable where the machine is short of something instead.
  // `path` is relative to `root`; `on_block` is called for each block that was read, or null.
  static tl::expected<std::unique_ptr<DiskFile>, std::string> open(
      std::shared_ptr<const Fd> root, std::string path, std::function<void()> on_block = {});

  std::uint64_t size_bytes() const override { return static_cast<std::uint64_t>(at_open_.st_size); }
  tl::expected<Digest, std::string> digest() override;
  tl::expected<std::size_t, std::string> read(std::uint64_t offset, char* into,
                                              std::size_t size) override;

 private:
  DiskFile(std::shared_ptr<const Fd> root, std::string path, Fd fd, const struct stat& at_open,
           std::function<void()> on_block);

  tl::expected<void, std::string> open_again();
  tl::expected<std::size_t, std::string> read_some(std::uint64_t offset, char* into,
                                                   std::size_t size);
  tl::expected<void, std::string> check_unchanged() const;

  std::shared_ptr<const Fd> root_;
  std::string path_;
  Fd fd_;
  struct stat at_open_;
  std::function<void()> on_block_;
};

}  // namespace packwarden
