#pragma once

#include "spool/files.h"
#include "spool/rejects_file.h"
#include "usecases/spool_desk_port.h"

namespace packwarden {

// The operator's side of a SpoolDirectory, beside the daemon that holds it. Its folders beyond
// those of SpoolDirectory: held/NAME, rejected/driven/ and rejected/discarded/, redriven/CLAIM with
// how often that file was driven in whole; .hold in the root stops the claims. Not thread-safe.
class DirectoryDesk : public SpoolDesk {
 public:
  // Throws SpoolUnavailable where `directory` is no spool.
  DirectoryDesk(std::string directory, ContentLimits limits, std::size_t max_file_name_bytes = 255);

  SpoolState state(std::size_t max_failed) override;
  Outcome hold(const SpoolHold& hold) override;
  Outcome release() override;
  Outcome hold_file(const std::string& name) override;
  Outcome release_file(const std::string& name) override;
  tl::expected<std::string, Refusal> retry(const std::string& name_or_claim) override;
  std::uint64_t retry_all() override;
  RejectsState state_of_rejects(const std::string& claim, const std::string& name) override;
  tl::expected<Redriven, Refusal> redrive_rejects(const std::string& name_or_claim,
                                                  bool without_cut_lines,
                                                  const Progress& progress) override;
  tl::expected<std::string, Refusal> discard_rejects(const std::string& name_or_claim) override;
  std::unique_ptr<UsageFile> open_archived(const std::string& claim,
                                           const std::string& name) override;
  tl::expected<Redriven, Refusal> redrive_file(const std::string& claim, const std::string& name,
                                               const Progress& progress) override;

 private:
  struct Found {
    std::string folder;
    std::string entry;
  };
  WaitingInSpool count(const std::string& folder, bool usage_names, bool being_written) const;
  std::vector<Found> find_failed(const std::string& name_or_claim) const;
  tl::expected<std::string, Refusal> find_open_rejects(const std::string& name_or_claim) const;
  Outcome move(const std::string& from, const std::string& into, const std::string& name);
  bool daemon_has_it() const;
  std::string reason_of(const std::string& entry) const;
  void sync(const std::string& folder) const;
  void set_times_redriven(const std::string& claim, std::uint32_t times) const;

  std::string directory_;
  ContentLimits limits_;
  std::size_t max_file_name_bytes_;
  std::shared_ptr<const Fd> root_;
};

// What stops the claims: a file of the spool's root. Its first line is the instant, its second the
// reason.
inline constexpr const char* hold_file_name = ".hold";
// Who stopped them, if anybody did. `root` is the open folder of the spool. Throws
// SpoolUnavailable.
std::optional<SpoolHold> read_hold(int root);

}  // namespace packwarden
