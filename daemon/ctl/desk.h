#pragma once

#include <boost/json.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <string>

#include "ctl/backend.h"
#include "ctl/ink.h"
#include "ctl/table.h"
#include "domain/refusal.h"
#include "domain/shown_text.h"
#include "usecases/account_changes.h"

namespace CLI {
class App;
}

namespace packwarden {

// Ends a command with exit status 1. What is shown of names from outside is text.
struct Refused : std::runtime_error {
  explicit Refused(Refusal why)
      : std::runtime_error(shown_lines(why.message)), code(std::move(why.code)) {}
  std::string code;
};

// Where a command finds its settings and puts its answer.
class Desk {
 public:
  Desk(Backend& backend, std::ostream& out) : backend_(&backend), out_(&out) {}
  // A command of a history: on what `history` has open, as at `at`.
  Desk(Desk& history, std::ostream& out, Instant at);

  std::string config_path = "/etc/packwarden/packwarden.yaml";
  bool json = false;
  bool csv = false;  // only for the words that can
  std::optional<Instant> as_of;
  bool terminal = false;  // a person sees `out` there
  Ink ink{};
  int exit_status = 0;            // of a command that was done
  std::ostream* notes = nullptr;  // beside the answer, for people; may be null

  Backend& backend() { return *backend_; }
  std::ostream& out() { return *out_; }
  // Opened when it is first asked for. Throws Refused where --as-of is given and not allowed.
  Context& context();
  // What commands on money and packs go by.
  BillingContext billing();
  // The instant as at which the command acts.
  Instant now();
  // Throws Refused (unknown_account).
  Account account(const std::string& name);

  // A sentence for a person that is no part of the answer.
  void note(const std::string& sentence);
  // The answer for programs: an array with one row a line, or an object.
  void print(const boost::json::array& rows);
  void print(const boost::json::object& object);

 private:
  Backend* backend_;
  std::ostream* out_;
  std::shared_ptr<Context> context_;
};

using Action = std::function<void(Desk&)>;

// Each adds its words to the command line; the command that is parsed leaves its action in
// `chosen`.
void add_account_words(CLI::App& app, Action& chosen);
void add_channel_words(CLI::App& app, Action& chosen);
void add_inbox_words(CLI::App& app, Action& chosen);
void add_audit_words(CLI::App& app, Action& chosen);
void add_notice_words(CLI::App& app, Action& chosen);
void add_pack_words(CLI::App& app, Action& chosen);
void add_report_words(CLI::App& app, Action& chosen);
void add_money_words(CLI::App& app, Action& chosen);
void add_refund_words(CLI::App& app, Action& chosen);
void add_service_words(CLI::App& app, Action& chosen);
void add_statement_words(CLI::App& app, Action& chosen);
void add_status_words(CLI::App& app, Action& chosen);
void add_deployment_words(CLI::App& app, Action& chosen);
void add_database_words(CLI::App& app, Action& chosen);
void add_system_words(CLI::App& app, Action& chosen);
void add_file_words(CLI::App& app, Action& chosen);
void add_spool_words(CLI::App& app, Action& chosen);
void add_rejects_words(CLI::App& app, Action& chosen);
void add_top_words(CLI::App& app, Action& chosen);
void add_token_words(CLI::App& app, Action& chosen);
void add_why_words(CLI::App& app, Action& chosen);
void add_replay_words(CLI::App& app, Action& chosen);
// Into the group `notice`.
void add_notice_preview_words(CLI::App& notice, Action& chosen);
// Into the group `spool`.
void add_check_words(CLI::App& spool, Action& chosen);

// A sub-command that needs one of its own.
CLI::App* add_group(CLI::App& app, const std::string& name, const std::string& help);

// Where the ledger was when something was read: sequence, instant and stamp, by which anybody can
// tell later that it was this history.
boost::json::object head_json(const LedgerHead& head, const std::string& instant);

// RFC 3339 in UTC, without the fraction of a second where it is zero.
std::string shown_time(Instant at);

}  // namespace packwarden
