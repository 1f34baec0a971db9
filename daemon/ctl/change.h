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

// Runs a command with names and request id, and prints what it did: "3 accounts added.". Throws
// Refused; where the database cannot be reached, LedgerUnavailable says how to try again safely.
using Change = std::function<CommandOutcome(const std::vector<std::string>& names,
                                            const std::string& request_id)>;
void run_change(Desk& desk, const ChangeWords& words, const std::string& noun,
                const Change& change);

}  // namespace packwarden
