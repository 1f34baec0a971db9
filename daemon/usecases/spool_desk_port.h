#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "domain/instant.h"
#include "domain/refusal.h"
#include "usecases/spool_port.h"

// What a person at the spool's host does with it; spool/ implements it on the directory.
namespace packwarden {

struct SpoolHold {
  Instant since;
  std::string reason;
};

struct WaitingInSpool {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::optional<Instant> oldest;  // by modification time
  std::string oldest_name;
};

struct FailedFile {
  ClaimedFile file;
  std::string reason;  // of its receipt; empty where there is none
};

struct SpoolState {
  std::optional<SpoolHold> hold;
  bool daemon_has_it = false;
  WaitingInSpool incoming;
  WaitingInSpool being_written;  // names that are left alone (U1)
  WaitingInSpool work;
  WaitingInSpool held;
  WaitingInSpool retry;
  WaitingInSpool open_rejects;
  std::uint64_t failed = 0;
  std::vector<FailedFile> last_failed;  // latest first
  std::uint64_t free_bytes = 0;
};

// Where the rejected lines of a file are: open in rejected/, or taken care of.
enum class RejectsState : std::uint8_t { open, driven_in, discarded, elsewhere };

struct Redriven {
  std::string name;  // in incoming/
  std::uint64_t lines = 0;
  std::uint64_t cut_lines = 0;  // left out: not all of their text is there
};

// Works beside a running daemon, without its lock: each step is one rename, or can be done again.
// Names that fit no file, or several, are refused. All may throw SpoolUnavailable.
class SpoolDesk {
 public:
  using Outcome = tl::expected<void, Refusal>;
  using Progress = std::function<void(std::uint64_t done_bytes, std::uint64_t all_bytes)>;

  virtual ~SpoolDesk() = default;

  virtual SpoolState state(std::size_t max_failed) = 0;

  // Nothing more is claimed until the release; what is claimed goes on.
  virtual Outcome hold(const SpoolHold& hold) = 0;
  virtual Outcome release() = 0;
  // One file of incoming/.
  virtual Outcome hold_file(const std::string& name) = 0;
  virtual Outcome release_file(const std::string& name) = 0;

  // S12: a file of failed/, by its name or claim, is taken again. Gives the entry.
  virtual tl::expected<std::string, Refusal> retry(const std::string& name_or_claim) = 0;
  // All of them; how many.
  virtual std::uint64_t retry_all() = 0;

  virtual RejectsState state_of_rejects(const std::string& claim, const std::string& name) = 0;
  // U5, S11: the rejected lines of a file, by its name or claim, as a new file in incoming/.
  // `without_cut_lines`: also where some of them are not whole.
  virtual tl::expected<Redriven, Refusal> redrive_rejects(const std::string& name_or_claim,
                                                          bool without_cut_lines,
                                                          const Progress& progress) = 0;
  virtual tl::expected<std::string, Refusal> discard_rejects(const std::string& name_or_claim) = 0;

  // A file of done/ or failed/ of this spool, by its claim and name; nothing where it is not there.
  // Its bytes are those that came, also where it was packed since (D3).
  virtual std::unique_ptr<UsageFile> open_archived(const std::string& claim,
                                                   const std::string& name) = 0;
  // U4, S11: its content as a new file in incoming/.
  virtual tl::expected<Redriven, Refusal> redrive_file(const std::string& claim,
                                                       const std::string& name,
                                                       const Progress& progress) = 0;
};

}  // namespace packwarden
