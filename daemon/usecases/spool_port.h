#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "domain/ids.h"
#include "domain/instant.h"
#include "usecases/ledger_port.h"

// What ingest needs of the spool; spool/ implements it on a directory.
namespace packwarden {

// A file that this spool took out of incoming/.
struct ClaimedFile {
  std::string claim;  // unique in the spool; sorts by arrival
  std::string name;   // as the producer named it; of a very long one the end
  Instant arrival;    // U6
};

// The spool cannot be used as things are (disk full, rights, another daemon): nothing is lost, and
// the same call again goes on. The text is a sentence for the operator.
struct SpoolUnavailable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The bytes of a claimed file. What is wrong with the file is an error; what is wrong with the
// machine (no descriptors, no memory) is thrown as SpoolUnavailable and says nothing about the
// file.
class UsageFile {
 public:
  virtual ~UsageFile() = default;
  virtual std::uint64_t size_bytes() const = 0;
  // SHA-256 of all bytes, read once.
  virtual tl::expected<Digest, std::string> digest() = 0;
  // Reads up to `size` bytes at `offset`; fewer only at the end. The error says what happened, also
  // where the file is no longer what its digest was made of.
  virtual tl::expected<std::size_t, std::string> read(std::uint64_t offset, char* into,
                                                      std::size_t size) = 0;
};

enum class FileEnding { taken, repeat, failed };

// All calls may throw SpoolUnavailable.
class UsageSpool {
 public:
  virtual ~UsageSpool() = default;

  virtual const std::string& name() const = 0;
  // Files that an earlier process had claimed and not ended, in the order in which they were taken.
  virtual std::vector<ClaimedFile> left_over() = 0;
  // Claims up to `max_files` more, by modification time, then name. `now` becomes their arrival.
  virtual std::vector<ClaimedFile> claim(std::size_t max_files, Instant now) = 0;
  virtual tl::expected<std::unique_ptr<UsageFile>, std::string> open(const ClaimedFile& file) = 0;

  // Ends a file: its rejected lines to rejected/, its receipt to receipts/, itself to done/ or
  // failed/. The same call again after a crash has the same result. `outcome` has all counts zero
  // for a repeat.
  virtual void end(const ClaimedFile& file, FileEnding ending, const FileOutcome& outcome) = 0;
};

}  // namespace packwarden
