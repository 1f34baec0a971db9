#pragma once

#include <memory>
#include <string>

#include "usecases/spool_port.h"

namespace packwarden {

// A file of done/ that was packed there with Zstandard, read as what it was before (D3): size,
// digest and bytes are those of the file as it came. Reads go forward; one that goes back unpacks
// again from the beginning. One thread at a time.
class PackedFile : public UsageFile {
 public:
  // The error says what is wrong with `packed`.
  static tl::expected<std::unique_ptr<PackedFile>, std::string> open(
      std::unique_ptr<UsageFile> packed);
  ~PackedFile() override;

  std::uint64_t size_bytes() const override { return size_bytes_; }
  tl::expected<Digest, std::string> digest() override;
  tl::expected<std::size_t, std::string> read(std::uint64_t offset, char* into,
                                              std::size_t size) override;

 private:
  struct Stream;
  PackedFile(std::unique_ptr<UsageFile> packed, std::uint64_t size_bytes);
  void begin_again();
  // The next bytes; none at the end.
  tl::expected<std::size_t, std::string> unpack(char* into, std::size_t size);

  std::unique_ptr<UsageFile> packed_;
  std::uint64_t size_bytes_;
  std::unique_ptr<Stream> stream_;
  std::uint64_t at_ = 0;  // of the unpacked bytes
};

// Packs a file as PackedFile reads it. Not thread-safe.
class FilePacker {
 public:
  // `size_bytes` is exactly what will be added.
  explicit FilePacker(std::uint64_t size_bytes);
  ~FilePacker();
  FilePacker(const FilePacker&) = delete;
  FilePacker& operator=(const FilePacker&) = delete;

  // What of the packed file these bytes give; valid until the next call. Throws std::runtime_error
  // where Zstandard fails, also where the size was another.
  std::string_view add(std::string_view bytes, bool is_last);

 private:
  struct Stream;
  std::unique_ptr<Stream> stream_;
  std::string packed_;
};

}  // namespace packwarden
