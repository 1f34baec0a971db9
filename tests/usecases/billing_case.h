#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "usecases/case_words.h"
#include "usecases/command_run.h"
#include "usecases/world.h"

namespace packwarden::testing {

// A block of billing_cases.table: its lines with their numbers, without the first.
struct CaseBlock {
  std::string name;   // `8a`
  std::string title;  // what it shows
  std::vector<std::pair<int, std::string>> lines;
};

// What cases can be compared by.
using CaseResults = std::map<std::string, std::string>;

// One case, played on a ledger of its own: the database is emptied before it. The use cases are
// those of packctl and the daemon.
class BillingCase {
 public:
  // `results` of the cases before it; its own are added.
  BillingCase(TestDatabase& database, const CaseBlock& block, CaseResults& results,
              unsigned random_seed);

  // Plays all lines. Returns a sentence for each `then` that does not hold, for each that would
  // hold also if it said something else, and for each break that the audit finds afterwards.
  std::vector<std::string> play();

 private:
  void add_customer_and_neighbour();
  void set_services(LedgerTransaction& tx, AccountId account);
  void play_line(const std::string& line);
  void given(CaseWords words);
  void when(CaseWords words);
  void then(const std::string& clause);

  void give_pack(CaseWords words);
  // What a command gave; empty where the sentence is about something else.
  std::optional<CommandOutcome> run_command_of(CaseWords& words, Instant now);
  CommandOutcome buy(CaseWords& words, Instant now);
  void use(const std::string& sentence, Instant now);
  void use_random(CaseWords words, Instant now);
  void take_file(const std::string& name, const std::string& content, Instant now);
  void void_at_once(const std::string& file, int times, Instant now);

  // What the ledger says about `subject`, in the words of the table.
  std::string answer(const std::string& subject, const std::string& expected);
  std::string answer_left(const std::string& expected);
  std::string answer_used(const std::string& expected);
  std::string answer_told(const std::string& state);
  std::string answer_records(const std::string& expected);
  std::string answer_owed();
  std::string answer_service();
  std::string summary();

  std::string value(const std::string& query) { return database_->value(query); }
  Instant instant(const std::string& text) const { return case_instant(text, *calendar_); }
  std::string request_id(CaseWords& words) { return words.value_of("request", new_request_id()); }
  std::string pack_ids(const std::string& name) const;

  TestDatabase* database_;
  const CaseBlock* block_;
  CaseResults* results_;
  unsigned random_seed_;
  Catalogue catalogue_;
  std::unique_ptr<BusinessCalendar> calendar_;
  BillingContext context_;
  MySqlLedger ledger_;
  std::unique_ptr<Host> host_;
  std::map<std::string, std::vector<PackId>> packs_;
  std::map<std::string, std::string> files_;  // content by name
  std::string last_file_;
  int file_count_ = 0;
  int record_count_ = 0;
  std::vector<std::string> wrong_;
};

}  // namespace packwarden::testing
