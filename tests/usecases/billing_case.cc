#include "usecases/billing_case.h"

#include "billing/consequences.h"
#include "billing/price_beginnings.h"
#include "store/mysql_reports.h"

namespace packwarden::testing {
namespace {

constexpr Units neighbours_units = 1'000'000;

void empty_ledger(TestDatabase& database) {
  Session& session = database.session();
  const auto tables = session.query(
      "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND"
      " table_name NOT IN ('schema_version', 'deployment', 'product', 'meter', 'ledger_sequence')");
  Transaction transaction(session);
  for (const auto& row : tables) session.execute("DELETE FROM " + row[0].value());
  session.execute(
      "UPDATE ledger_sequence SET seq = 0, instant = '1970-01-01', stamp = '', last_account_id = 0,"
      " last_pack_id = 0");
  transaction.commit();
}

}  // namespace

BillingCase::BillingCase(TestDatabase& database, const CaseBlock& block, CaseResults& results,
                         unsigned random_seed)
    : database_(&database),
      block_(&block),
      results_(&results),
      random_seed_(random_seed),
      catalogue_(*shipped_billing(database).catalogue),
      calendar_(
          std::make_unique<BusinessCalendar>(BusinessCalendar::for_zone("Asia/Shanghai").value())),
      context_{&catalogue_, calendar_.get(), shipped_notices()},
      ledger_(database.address()) {
  empty_ledger(database);
  add_customer_and_neighbour();
  host_ = std::make_unique<Host>(database, "case");
}

// In one transaction, since there are many cases.
void BillingCase::add_customer_and_neighbour() {
  ledger_.transact("customer", Instant::earliest(), [&](LedgerTransaction& tx) {
    std::vector<Account> accounts(2);
    accounts[0].id = AccountId{1};
    accounts[0].name = "acme";
    accounts[1].id = AccountId{2};
    accounts[1].name = "neighbour";
    tx.add_accounts(accounts, "en");
    std::vector<AccountFact> facts;
    for (const auto kind : {AccountFactKind::identity_verified, AccountFactKind::client_integrated,
                            AccountFactKind::server_integrated}) {
      facts.push_back({AccountId{1}, kind, Instant::from_micros(0)});
    }
    tx.add_facts(facts);
    Pack pack;
    pack.id = PackId{1};
    pack.account = AccountId{2};
    pack.product = ProductId{1};
    pack.tier = "test";
    pack.quota = neighbours_units;
    pack.purchased_at = pack.effective_from = Instant::from_micros(0);
    pack.expires_at = instant("2100-01-01");
    tx.add_packs(std::span(&pack, 1));
    set_services(tx, pack.account);
    return Verdict::commit;
  });
}

// As the purchase of what is given would have left them, without the notices of it.
void BillingCase::set_services(LedgerTransaction& tx, AccountId account) {
  AccountStanding standing = tx.standings_of(std::span(&account, 1)).front();
  set_priced_from(standing, *context_.catalogue, *context_.calendar);
  std::vector<ServiceChange> changes;
  for (const ProductStanding& product : standing.products) {
    Instant at = Instant::from_micros(0);
    for (const HeldPack& held : product.packs) at = std::max(at, held.pack.effective_from);
    const ServiceState state = service_state(standing, product, at);
    if (state != product.service) changes.push_back({account, product.product, state, at});
  }
  tx.add_service_changes(changes);
}

std::vector<std::string> BillingCase::play() {
  for (const auto& [line_no, line] : block_->lines) {
    const std::size_t before = wrong_.size();
    try {
      play_line(line);
    } catch (const std::exception& error) {
      wrong_.emplace_back(error.what());
    }
    for (std::size_t i = before; i < wrong_.size(); ++i) {
      wrong_[i] = "line " + std::to_string(line_no) + " (" + line + "): " + wrong_[i];
    }
  }
  (*results_)[block_->name] = summary();
  MySqlReports reports(database_->address());
  for (const AuditCheck& check :
       audit_ledger(reports, {context_.catalogue, context_.calendar, 1}).checks) {
    if (check.breaks > 0) wrong_.push_back("the audit finds: " + check.shown.front());
  }
  if (value("SELECT used_units FROM pack_balance WHERE pack_id = 1") != "0") {
    wrong_.emplace_back("the neighbour's pack was touched");
  }
  return wrong_;
}

void BillingCase::play_line(const std::string& line) {
  if (line.starts_with("given ")) return given(CaseWords(line.substr(6)));
  if (line.starts_with("when ")) return when(CaseWords(line.substr(5)));
  if (line.starts_with("then ")) return then(line.substr(5));
  throw CaseError("a line begins with given, when or then");
}

void BillingCase::given(CaseWords words) {
  if (words.take("pack")) {
    give_pack(std::move(words));
  } else if (words.take("tier")) {
    Tier tier;
    tier.name = words.next();
    tier.units = case_number(words.value_of("of", ""));
    if (!words.take("units")) words.take("unit");
    tier.price_micros = case_amount(words.value_of("at", ""));
    tier.priority = static_cast<int>(case_number(words.value_of("priority", "0")));
    words.end();
    catalogue_.products.at(0).tiers.push_back(tier);
  } else if (words.take("scope stack")) {
    words.end();
    catalogue_.products.at(0).notice_scope = NoticeScope::stack;
  } else if (words.take("overage price")) {
    const auto day = parse_business_day(words.value_of("from", ""));
    if (!day) throw CaseError("from which day?");
    words.end();
    catalogue_.products.at(0).postpaid_prices.at(0).from = *day;
    host_->settings().catalogue.products.at(0).postpaid_prices.at(0).from = *day;
    host_->restart();
  } else if (words.take("sub-account")) {
    add_account(*database_, words.next(), "acme");
    words.end();
  } else if (words.take("account")) {
    const std::string name = words.next();
    words.take("without identity") ? add_account(*database_, name)
                                   : add_ready_account(*database_, name);
    words.end();
  } else if (words.take("zone")) {
    const std::string zone = words.next();
    calendar_ = std::make_unique<BusinessCalendar>(BusinessCalendar::for_zone(zone).value());
    context_.calendar = calendar_.get();
    host_->settings().business_time_zone = zone;
    host_->restart();
    words.end();
  } else {
    throw CaseError("given what? pack, tier, scope, overage price, sub-account, account, zone");
  }
}

void BillingCase::give_pack(CaseWords words) {
  const std::string name = words.next();
  Pack pack;
  pack.product = ProductId{1};
  pack.tier = "test";
  pack.quota = case_number(words.value_of("of", ""));
  words.take("units");
  pack.effective_from = instant(words.value_of("from", "2026-01-01"));
  pack.purchased_at = pack.effective_from;
  pack.expires_at = instant(words.value_of("until", "2027-01-01"));
  pack.priority = static_cast<int>(case_number(words.value_of("priority", "0")));
  const Units times = case_number(words.value_of("times", "1"));
  pack.notice_levels = {50, 70, 90, 95};
  if (const auto levels = words.value_of("levels")) {
    pack.notice_levels.clear();
    std::istringstream numbers(*levels);
    for (std::string level; std::getline(numbers, level, '/');) {
      pack.notice_levels.push_back(static_cast<int>(case_number(level)));
    }
  }
  words.end();
  ledger_.transact("pack", Instant::earliest(), [&](LedgerTransaction& tx) {
    pack.account = tx.find_account("acme")->id;
    std::vector<Pack> packs(static_cast<std::size_t>(times), pack);
    for (std::size_t i = 0; i < packs.size(); ++i) {
      packs[i].id = PackId{value_of(tx.last_pack()) + static_cast<std::uint32_t>(i) + 1};
      packs_[name].push_back(packs[i].id);
    }
    tx.add_packs(packs);
    set_services(tx, pack.account);
    return Verdict::commit;
  });
}

}  // namespace packwarden::testing
