#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ctl/desk.h"
#include "usecases/command_run.h"

namespace packwarden {

// The words of a command that changes the ledger for many names.
struct ChangeWords {
  std::vector<std::string> names;
  std::string from_file;   // further names, one a line; blank lines do not count
  std::string request_id;  // empty: a new one is made
};
void add_change_words(CLI::App& command, ChangeWords& words, const std::string& placeholder);

// --request-id
void add_request_word(CLI::App& command, std::string& request_id);

struct RequestDone {
  CommandDone done;
  std::string request_id;
};
// What to say where it is not known whether the command was done: `why`, with a full stop or
// without, and how to try again safely. Pure.
std::string how_to_try_again(std::string_view why, std::string_view request_id);

// Runs a command under `request_id`, or under a new one where it is empty. Throws Refused; where
// the database cannot be reached, LedgerUnavailable says how to try again safely.
using RequestRun = std::function<CommandOutcome(const std::string& request_id)>;
RequestDone run_request(Desk& desk, const std::string& request_id, const RequestRun& run);
// On a ledger that `run` has been given: of commands for which that of the context is too strict.
RequestDone run_request_on(Ledger& ledger, Desk& desk, const std::string& request_id,
                           const RequestRun& run);

// The same with names; prints what it did: "3 accounts added." for noun and verb.
using Change = std::function<CommandOutcome(const std::vector<std::string>& names,
                                            const std::string& request_id)>;
void run_change(Desk& desk, const ChangeWords& words, const std::string& noun,
                const std::string& verb, const Change& change);

}  // namespace packwarden
