#include "usecases/world.h"

#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "store/deployment.h"
#include "support/places.h"

namespace packwarden::testing {
namespace {

const Settings& shipped_settings() {
  static const Settings shipped = [] {
    const std::string file = source_dir() + "/config/packwarden.yaml";
    auto settings = load_settings(file);
    if (!settings) throw std::runtime_error(to_string(settings.error().front()));
    return std::move(*settings);
  }();
  return shipped;
}

MySqlLedger ledger_of(TestDatabase& database) {
  return MySqlLedger(database.address());
}

}  // namespace

std::string csv(const std::vector<Line>& lines) {
  std::string text = "id,source,account,product,meter,time,quantity\n";
  for (const Line& line : lines) {
    text += line.id + "," + line.source + "," + line.account + "," + line.product + "," +
            line.meter + "," + line.time + "," + line.quantity + "\n";
  }
  return text;
}

Host::Host(TestDatabase& database, const std::string& name, std::uint32_t unit_records,
           std::uint32_t transaction_units) {
  static int counter = 0;
  root_ = std::filesystem::temp_directory_path() /
          ("pw-" + name + "-" + std::to_string(getpid()) + "-" + std::to_string(counter++));
  settings_.database.socket = database.address().socket;
  settings_.database.name = database.address().name;
  settings_.database.user = database.address().user;
  settings_.spool.directory = root_.string();
  settings_.spool.name = name;
  settings_.spool.default_source = "test";
  settings_.ingest.max_unit_records = unit_records;
  settings_.ingest.max_transaction_units = transaction_units;
  settings_.catalogue = shipped_settings().catalogue;
  settings_.notices = shipped_settings().notices;
  restart();
}

Host::~Host() {
  composition_.reset();
  std::filesystem::remove_all(root_);
}

void Host::restart() {
  composition_.reset();
  composition_ = std::make_unique<IngestComposition>(settings_);
  composition_->ingest().load();
}

void Host::change(const Settings& settings) {
  settings_ = settings;
  composition_->change(settings_);
}

void Host::claim_and_die(Instant at) {
  composition_.reset();
  SpoolDirectory(root_.string(), settings_.spool.name).claim(SIZE_MAX, at);
  restart();
}

void Host::drop(const std::string& name, const std::string& text) {
  const auto hidden = root_ / "incoming" / ("." + name);
  std::ofstream(hidden, std::ios::binary) << text;
  std::filesystem::rename(hidden, root_ / "incoming" / name);
}

void Host::spoil_in_work() {
  for (const auto& entry : std::filesystem::directory_iterator(root_ / "work")) {
    std::ofstream(entry.path(), std::ios::binary | std::ios::trunc) << "nothing\n";
  }
}

bool Host::round(Instant at) {
  return composition_->ingest().round(at, at).has_value();
}

int Host::run(Instant at) {
  int transactions = 0;
  while (const auto report = composition_->ingest().round(at, at))
    transactions += report->committed ? 1 : 0;
  return transactions;
}

std::vector<std::string> Host::files_in(const std::string& folder) const {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root_ / folder)) {
    if (!entry.is_directory()) names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string Host::read_file_of(const std::string& folder, const std::string& name) const {
  for (const std::string& found : files_in(folder)) {
    if (found.find("." + name + ".") == std::string::npos) continue;
    std::ostringstream text;
    text << std::ifstream(root_ / folder / found, std::ios::binary).rdbuf();
    return text.str();
  }
  throw std::runtime_error("nothing of " + name + " in " + folder + "/");
}

std::string Host::receipt(const std::string& name) const {
  return read_file_of("receipts", name);
}
std::string Host::rejects(const std::string& name) const {
  return read_file_of("rejected", name);
}

std::string Host::receipt_value(const std::string& name, const std::string& key) const {
  const auto value = boost::json::parse(receipt(name)).as_object().at(key);
  return value.is_string() ? std::string(value.as_string()) : boost::json::serialize(value);
}

void add_account(TestDatabase& database, const std::string& name, const std::string& parent) {
  auto ledger = ledger_of(database);
  ledger.transact("account", Instant::earliest(), [&](LedgerTransaction& tx) {
    Account account;
    account.id = AccountId{value_of(tx.last_account()) + 1};
    if (!parent.empty()) account.parent = tx.find_account(parent)->id;
    account.name = name;
    tx.add_accounts(std::span(&account, 1), "en");
    return Verdict::commit;
  });
}

BillingContext shipped_billing(TestDatabase& database) {
  static Catalogue catalogue = shipped_settings().catalogue;
  static const BusinessCalendar calendar = BusinessCalendar::for_zone("Asia/Shanghai").value();
  intern_catalogue(database.session(), catalogue);
  return {&catalogue, &calendar, shipped_notices()};
}

const NoticeRules* shipped_notices() {
  return shipped_settings().notices.rules.get();
}

void learn_fact(TestDatabase& database, const std::string& account, AccountFactKind kind,
                Instant known_at) {
  auto ledger = ledger_of(database);
  ledger.transact("fact", Instant::earliest(), [&](LedgerTransaction& tx) {
    const AccountFact fact{tx.find_account(account)->id, kind, known_at};
    tx.add_facts(std::span(&fact, 1));
    return Verdict::commit;
  });
}

void add_postpaid(TestDatabase& database, const std::string& account, PostpaidStep step,
                  Instant changed_at) {
  auto ledger = ledger_of(database);
  ledger.transact("postpaid", Instant::earliest(), [&](LedgerTransaction& tx) {
    const PostpaidChange change{tx.find_account(account)->id, ProductId{1}, step, changed_at};
    tx.add_postpaid_changes(std::span(&change, 1));
    return Verdict::commit;
  });
}

void add_ready_account(TestDatabase& database, const std::string& name) {
  add_account(database, name);
  for (const auto kind : {AccountFactKind::identity_verified, AccountFactKind::client_integrated,
                          AccountFactKind::server_integrated}) {
    learn_fact(database, name, kind, Instant::from_micros(0));
  }
}

void add_pack(TestDatabase& database, const std::string& account, Units quota,
              Instant effective_from, Instant expires_at) {
  auto ledger = ledger_of(database);
  ledger.transact("pack", Instant::earliest(), [&](LedgerTransaction& tx) {
    Pack pack;
    pack.id = PackId{value_of(tx.last_pack()) + 1};
    pack.account = tx.find_account(account)->id;
    pack.product = ProductId{1};
    pack.tier = "test";
    pack.quota = quota;
    pack.purchased_at = effective_from;
    pack.effective_from = effective_from;
    pack.expires_at = expires_at;
    pack.notice_levels = {50, 70, 90, 95};
    tx.add_packs(std::span(&pack, 1));
    return Verdict::commit;
  });
}

Units used_of_all_packs(TestDatabase& database) {
  return std::stoll(database.value("SELECT COALESCE(SUM(used_units), 0) FROM pack_balance"));
}

}  // namespace packwarden::testing
