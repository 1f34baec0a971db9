#include <fmt/format.h>

#include <boost/json.hpp>

#include "domain/money.h"
#include "usecases/billing_case.h"

// What the ledger says, in the words of billing_cases.table.
namespace packwarden::testing {
namespace {

constexpr const char* acme = "(SELECT account_id FROM account WHERE name = 'acme')";

// Says something else in the same words: what holds of both says nothing.
std::string spoilt(std::string expected) {
  const std::size_t digit = expected.find_last_of("0123456789");
  if (digit == std::string::npos) return expected + " else";
  expected[digit] = expected[digit] == '9' ? '8' : static_cast<char>(expected[digit] + 1);
  return expected;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string all;
  for (const std::string& part : parts) all += (all.empty() ? "" : ", ") + part;
  return all.empty() ? "nothing" : all;
}

// The first words of each part of `A 80, B 0`: what is asked for.
std::vector<std::string> keys_of(const std::string& expected) {
  std::vector<std::string> keys;
  for (const std::string& part : case_list(expected)) {
    const std::size_t space = part.rfind(' ');
    if (space == std::string::npos) throw CaseError("'" + part + "' needs a name and a number");
    keys.push_back(part.substr(0, space));
  }
  return keys;
}

}  // namespace

void BillingCase::then(const std::string& clause) {
  static const std::vector<std::string> subjects{
      "left",  "overage", "overrun", "not billable", "used",       "balance", "owed",
      "bills", "told",    "records", "service",      "superseded", "the same"};
  for (const std::string& subject : subjects) {
    if (!clause.starts_with(subject + " ")) continue;
    const std::string expected = clause.substr(subject.size() + 1);
    const std::string found = answer(subject, expected);
    if (found != expected) {
      wrong_.push_back("it is " + found);
    } else if (subject != "the same" && answer(subject, spoilt(expected)) == spoilt(expected)) {
      wrong_.push_back("this holds, whatever it says");
    }
    return;
  }
  throw CaseError("then what? one of: " + joined(subjects));
}

std::string BillingCase::answer(const std::string& subject, const std::string& expected) {
  const auto units_of = [&](const std::string& outcome) {
    return value(
        fmt::format("SELECT COALESCE(SUM(units), 0) FROM ledger_entry WHERE account_id = {} AND"
                    " outcome IN ({})",
                    acme, outcome));
  };
  if (subject == "left") return answer_left(expected);
  if (subject == "overage") return units_of("2");
  if (subject == "overrun") return units_of("3");
  if (subject == "not billable") return units_of("4, 5");
  if (subject == "used") return answer_used(expected);
  if (subject == "told") return answer_told("due");
  if (subject == "superseded") return answer_told("superseded");
  if (subject == "records") return answer_records(expected);
  if (subject == "owed") return answer_owed();
  if (subject == "service") return answer_service();
  if (subject == "balance") {
    return money_text(std::stoll(value(fmt::format(
        "SELECT COALESCE(SUM(balance_micros), 0) FROM money_balance WHERE account_id = {}",
        acme))));
  }
  if (subject == "bills") {
    std::vector<std::string> bills;
    for (const auto& row : database_->session().query(
             fmt::format("SELECT charged_day, amount_micros FROM bill WHERE account_id = {} ORDER"
                         " BY charged_day",
                         acme))) {
      bills.push_back(*row[0] + " " + money_text(std::stoll(*row[1])));
    }
    return joined(bills);
  }
  // `the same as 8a`
  const std::string other = expected.substr(expected.rfind(' ') + 1);
  if (!results_->contains(other)) throw CaseError("there is no case '" + other + "' before it");
  return results_->at(other) == summary() ? expected
                                          : summary() + " instead of " + results_->at(other);
}

std::string BillingCase::pack_ids(const std::string& name) const {
  if (!packs_.contains(name)) throw CaseError("there is no pack '" + name + "'");
  std::string ids;
  for (const PackId id : packs_.at(name)) {
    ids += (ids.empty() ? "" : ",") + std::to_string(value_of(id));
  }
  return ids;
}

std::string BillingCase::answer_left(const std::string& expected) {
  std::vector<std::string> left;
  for (const std::string& name : keys_of(expected)) {
    left.push_back(name + " " +
                   value("SELECT SUM(quota_units - used_units) FROM pack JOIN pack_balance USING"
                         " (pack_id) WHERE pack_id IN (" +
                         pack_ids(name) + ")"));
  }
  return joined(left);
}

// By day (2026-11-20), by month (2026-11), or by who used it.
std::string BillingCase::answer_used(const std::string& expected) {
  std::vector<std::string> used;
  for (const std::string& key : keys_of(expected)) {
    used.push_back(key + " " +
                   value(fmt::format("SELECT COALESCE(SUM(units), 0) FROM ledger_entry e JOIN"
                                     " account a ON a.account_id = e.used_by_account_id WHERE"
                                     " e.account_id = {} AND (e.business_day LIKE '{}%' OR a.name"
                                     " = '{}')",
                                     acme, key, key)));
  }
  return joined(used);
}

std::string BillingCase::answer_told(const std::string& state) {
  std::map<std::string, std::string> names;
  for (const auto& [name, ids] : packs_) {
    for (const PackId id : ids) names[std::to_string(value_of(id))] = name;
  }
  std::vector<std::string> told;
  for (const auto& row : database_->session().query(
           fmt::format("SELECT kind, cause, pack_id, DATE('1970-01-01') + INTERVAL IF(kind ="
                       " 'bill', cause, 0) DAY FROM notice WHERE account_id = {} AND state = '{}'"
                       " ORDER BY seq, kind, cause",
                       acme, state))) {
    const std::string& kind = *row[0];
    const std::string& cause = *row[1];
    const std::string pack = names[*row[2]];
    if (kind == "pack_usage") {
      told.push_back(pack + " over " + cause + " %");
    } else if (kind == "pack_used_up") {
      told.push_back(pack + " used up");
    } else if (kind == "pack_expiring") {
      told.push_back(pack + " ends in " + cause + " days");
    } else if (kind == "pack_expired") {
      told.push_back(pack + " ended");
    } else if (kind == "bill") {
      told.push_back("bill of " + *row[3]);
    } else {
      told.push_back(kind);
      std::replace(told.back().begin(), told.back().end(), '_', ' ');
    }
  }
  return joined(told);
}

std::string BillingCase::answer_records(const std::string& expected) {
  const auto receipt = boost::json::parse(host_->receipt(last_file_)).as_object();
  std::vector<std::string> counts;
  for (const std::string& key : keys_of(expected)) {
    counts.push_back(key + " " + boost::json::serialize(receipt.at(key)));
  }
  return joined(counts);
}

// What no bill has charged yet, at the prices of its days.
std::string BillingCase::answer_owed() {
  MoneyMicros owed = 0;
  for (const auto& row : database_->session().query(
           fmt::format("SELECT business_day, is_credit, price_micros, units FROM open_overage WHERE"
                       " account_id = {}",
                       acme))) {
    const auto day = parse_business_day(*row[0]);
    const MoneyMicros price = *row[1] == "1"
                                  ? std::stoll(*row[2])
                                  : catalogue_.products.at(0).postpaid_price_on(*day).value();
    owed += price * std::stoll(*row[3]);
  }
  return money_text(owed);
}

std::string BillingCase::answer_service() {
  const auto rows = database_->session().query(
      fmt::format("SELECT covered_by, reason FROM service_change WHERE account_id = {} ORDER BY seq"
                  " DESC, change_no DESC LIMIT 1",
                  acme));
  if (rows.empty()) return "stopped, never_activated";
  return rows[0][1]->empty() ? "active, " + *rows[0][0] : "stopped, " + *rows[0][1];
}

std::string BillingCase::summary() {
  std::string packs;
  for (const auto& [name, ids] : packs_) packs += answer_left(name + " 0") + "; ";
  return packs + "overage " + answer("overage", "") + "; overrun " + answer("overrun", "") +
         "; by day " +
         value(
             fmt::format("SELECT GROUP_CONCAT(CONCAT(business_day, ' ', units) ORDER BY"
                         " business_day SEPARATOR ', ') FROM (SELECT business_day, SUM(units)"
                         " units FROM ledger_entry WHERE account_id = {} GROUP BY business_day) d",
                         acme));
}

}  // namespace packwarden::testing
