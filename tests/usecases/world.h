#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/composition.h"
#include "support/test_database.h"
#include "usecases/account_changes.h"

namespace packwarden::testing {

// The instant that tests call now: 2026-11-20T12:00:00Z.
inline constexpr Instant noon = Instant::from_micros(1'795'176'000'000'000);

// One data line; a builder that sets only what matters.
struct Line {
  std::string id;
  std::string account = "acme";
  std::string product = "captcha";
  std::string meter = "client_verification";
  std::string time = "2026-11-20T11:00:00Z";
  std::string quantity = "1";
  std::string source = "gate";
};
std::string csv(const std::vector<Line>& lines);

// A host with a spool of its own on a database that several hosts may share. Runs the very
// composition that the daemon runs, on real files and a real server; only the clock is given.
class Host {
 public:
  Host(TestDatabase& database, const std::string& name, std::uint32_t unit_records = 1'000'000,
       std::uint32_t transaction_units = 1'000);
  ~Host();

  void drop(const std::string& name, const std::string& text);
  // Rounds until nothing is left to do. Returns the number of ledger transactions.
  int run(Instant at = noon);
  // One round; false where there was nothing to do.
  bool round(Instant at = noon);
  // What is claimed can no longer be read: its header is gone.
  void spoil_in_work();
  // As after kill -9: all memory is lost, the spool and the database are as they are.
  void restart();
  // As a reload between two rounds.
  void change(const Settings& settings);
  // A daemon on this spool claims all that is there and dies before it has read any of it.
  void claim_and_die(Instant at);

  // The receipt of a dropped file, by the name under which it was dropped.
  std::string receipt(const std::string& name) const;
  // The value of a top-level number or text of that receipt.
  std::string receipt_value(const std::string& name, const std::string& key) const;
  std::string rejects(const std::string& name) const;
  std::vector<std::string> files_in(const std::string& folder) const;
  std::string folder(const std::string& name) const { return (root_ / name).string(); }

  Ingest& ingest() { return composition_->ingest(); }
  const SpoolDirectory& spool() const { return composition_->spool(); }
  Settings& settings() { return settings_; }

 private:
  std::string read_file_of(const std::string& folder, const std::string& name) const;

  Settings settings_;
  std::filesystem::path root_;
  std::unique_ptr<IngestComposition> composition_;
};

// Accounts and packs, put into the ledger as the commands do it.
// A change of postpaid of captcha.
void add_postpaid(TestDatabase& database, const std::string& account, PostpaidStep step,
                  Instant changed_at);
// The shipped catalogue, with the ids that it gets in a new database.
BillingContext shipped_billing(TestDatabase& database);
const NoticeRules* shipped_notices();
void learn_fact(TestDatabase& database, const std::string& account, AccountFactKind kind,
                Instant known_at);
void add_account(TestDatabase& database, const std::string& name, const std::string& parent = "");
// A main account that could always do all: verified, client and server integrated.
void add_ready_account(TestDatabase& database, const std::string& name);
// Effective from the beginning of 2026 for a year unless said otherwise.
void add_pack(TestDatabase& database, const std::string& account, Units quota,
              Instant effective_from = Instant::from_micros(1'767'225'600'000'000),
              Instant expires_at = Instant::from_micros(1'798'761'600'000'000));
Units used_of_all_packs(TestDatabase& database);

}  // namespace packwarden::testing
