#include "store/deployment_store.h"

#include <fmt/format.h>

#include <utility>

#include "store/ledger_head.h"
#include "store/reaching.h"
#include "store/spool_name_rows.h"
#include "store/sql_sum.h"
#include "store/sql_text.h"

namespace packwarden {
namespace {

StoredValue to_value(RowView row) {
  return {to_text(row[0]), to_text(row[1]), static_cast<Sequence>(to_int(row[2])),
          Instant::from_micros(to_int(row[3])), to_text(row[4])};
}

std::string columns() {
  return fmt::format("SELECT v.name, v.value, v.seq, {}, v.recorded_by FROM deployment_value v",
                     micros_of("v.recorded_at"));
}

std::vector<StoredValue> read_values(Session& session, const std::string& query) {
  std::vector<StoredValue> values;
  session.for_each_row(query, [&](RowView row) { values.push_back(to_value(row)); });
  return values;
}

bool is_true(Session& session, const std::string& condition) {
  return to_int(session.query("SELECT " + condition).at(0).at(0)) != 0;
}

void write_values(Session& session, const MeaningValues& values, Sequence sequence,
                  const std::string& recorded_at, RecordedBy who) {
  RowWriter rows(
      session, "INSERT INTO deployment_value (name, seq, value, recorded_at, recorded_by) VALUES");
  for (const auto& [name, value] : values) {
    rows.add(fmt::format("{},{},{},{},{}", session.escape(name), sequence, session.escape(value),
                         recorded_at, session.escape(name_of(who))));
  }
  rows.finish();
}

std::vector<std::string> read_living(Session& session) {
  std::vector<std::string> living;
  session.for_each_row(fmt::format("SELECT spool, holder, {} FROM daemon WHERE {} ORDER BY spool",
                                   micros_of("lease_until"), is_living_daemon()),
                       [&](RowView row) {
                         living.push_back(fmt::format(
                             "spool '{}' on {} (until {} if it is gone)", to_text(row[0]),
                             to_text(row[1]), to_rfc3339(Instant::from_micros(to_int(row[2])))));
                       });
  return living;
}

}  // namespace

std::vector<StoredValue> read_newest_values(Session& session) {
  return read_values(session,
                     columns() +
                         " JOIN (SELECT name, MAX(seq) seq FROM deployment_value GROUP BY name) n "
                         "ON n.name = v.name AND n.seq = v.seq ORDER BY v.name");
}

// Inside of a transaction, whose errors are for the ledger: it runs the whole again.
template <class Read>
decltype(auto) MySqlDeploymentStore::reading(Read&& read) {
  if (in_transaction_ != nullptr) return read(*in_transaction_);
  try {
    return read(ledger_->session());
  } catch (const DatabaseError& error) {
    throw_unavailable(error);
  }
}

// What is asked for all of the ledger may take a second with millions of accounts; what came after
// a transaction is found by its number.
class MySqlDeploymentStore::Facts final : public MeaningFacts {
 public:
  explicit Facts(MySqlDeploymentStore& store) : store_(&store) {}

  void look_after(Sequence after) { after_ = after; }

  bool has_packs(const std::string& product) override {
    return store_->reading([&](Session& session) {
      return is_true(session, fmt::format("EXISTS (SELECT 1 FROM pack p JOIN product d ON "
                                          "d.product_id = p.product_id WHERE d.name = {}{})",
                                          session.escape(product), newer("p")));
    });
  }

  std::vector<BusinessDay> open_days(const std::string& product) override {
    return store_->reading([&](Session& session) {
      const std::string name = session.escape(product);
      const std::string query =
          after_ == 0 ? fmt::format(
                            "SELECT DISTINCT {} FROM open_overage o JOIN product d ON d.product_id "
                            "= o.product_id WHERE d.name = {} AND NOT o.is_credit AND o.units <> 0 "
                            "ORDER BY 1",
                            days_of("o.business_day"), name)
                      : fmt::format(
                            "SELECT DISTINCT {} FROM ledger_entry e JOIN meter m ON m.meter_id = "
                            "e.meter_id JOIN product d ON d.product_id = m.product_id WHERE d.name "
                            "= {} AND e.outcome = {}{} ORDER BY 1",
                            days_of("e.business_day"), name, static_cast<int>(Outcome::overage),
                            newer("e"));
      std::vector<BusinessDay> days;
      session.for_each_row(
          query, [&](RowView row) { days.push_back({static_cast<std::int32_t>(to_int(row[0]))}); });
      return days;
    });
  }

  bool is_postpaid_on(const std::string& product) override {
    return store_->reading([&](Session& session) {
      return is_true(
          session,
          fmt::format("EXISTS (SELECT 1 FROM postpaid_change c JOIN product d ON d.product_id = "
                      "c.product_id WHERE d.name = {} AND c.step = 'on'{} AND NOT EXISTS (SELECT 1 "
                      "FROM postpaid_change o WHERE o.account_id = c.account_id AND o.product_id = "
                      "c.product_id AND o.seq > c.seq AND o.step = 'off') AND NOT EXISTS (SELECT 1 "
                      "FROM account_fact f WHERE f.account_id = c.account_id AND f.kind = "
                      "'closed'))",
                      session.escape(product), newer("c")));
    });
  }

 private:
  std::string newer(const char* table) const {
    return after_ == 0 ? "" : fmt::format(" AND {}.seq > {}", table, after_);
  }

  MySqlDeploymentStore* store_;
  Sequence after_ = 0;
};

MySqlDeploymentStore::MySqlDeploymentStore(MySqlLedger& ledger)
    : ledger_(&ledger), facts_(std::make_unique<Facts>(*this)) {}

MySqlDeploymentStore::~MySqlDeploymentStore() = default;

std::vector<StoredValue> MySqlDeploymentStore::newest() {
  return reading([](Session& session) { return read_newest_values(session); });
}

std::vector<StoredValue> MySqlDeploymentStore::newest_under_lock() {
  return reading([](Session& session) {
    const Transaction transaction(session);
    lock_head(session);
    return read_newest_values(session);
  });
}

std::vector<StoredValue> MySqlDeploymentStore::history() {
  return reading([](Session& session) {
    return read_values(session, columns() + " ORDER BY v.seq DESC, v.name");
  });
}

Sequence MySqlDeploymentStore::sequence() {
  return reading([](Session& session) { return read_sequence(session); });
}

MeaningFacts& MySqlDeploymentStore::facts_after(Sequence after) {
  facts_->look_after(after);
  return *facts_;
}

DeploymentHoldings MySqlDeploymentStore::holdings() {
  return reading([](Session& session) {
    DeploymentHoldings holdings;
    session.for_each_row(
        "SELECT COUNT(*), COALESCE(SUM(balance_micros), 0) FROM money_balance WHERE balance_micros "
        "<> 0",
        [&](RowView row) {
          holdings.accounts_with_money = to_int(row[0]);
          holdings.balance_micros = to_sum(row[1]);
        });
    session.for_each_row(
        "SELECT d.name, SUM(x.packs), SUM(x.units_left), SUM(x.open_units) FROM (SELECT "
        "p.product_id, COUNT(*) packs, SUM(p.quota_units - b.used_units) units_left, 0 open_units "
        "FROM pack p JOIN pack_balance b ON b.pack_id = p.pack_id WHERE b.used_units < "
        "p.quota_units GROUP BY p.product_id UNION ALL SELECT product_id, 0, 0, SUM(units) FROM "
        "open_overage WHERE NOT is_credit GROUP BY product_id) x JOIN product d ON d.product_id = "
        "x.product_id GROUP BY d.name ORDER BY d.name",
        [&](RowView row) {
          holdings.products.push_back(
              {to_text(row[0]), to_sum(row[1]), to_sum(row[2]), to_sum(row[3])});
        });
    return holdings;
  });
}

// Instants do not go back but by a ledger_time, so what is ahead is the end of the ledger: the walk
// from the end stops at the first transaction that is not.
DatedAhead MySqlDeploymentStore::dated_ahead(Instant clock, std::uint32_t shown_max) {
  return reading([&](Session& session) {
    DatedAhead ahead;
    const auto last = session.query(
        fmt::format("SELECT seq FROM ledger_transaction WHERE instant <= {} ORDER BY seq DESC "
                    "LIMIT 1",
                    datetime_literal(clock)));
    if (!last.empty()) ahead.after = static_cast<Sequence>(to_int(last.at(0).at(0)));
    const auto count = [&](const char* table) {
      return to_int(
          session.query(fmt::format("SELECT COUNT(*) FROM {} WHERE seq > {}", table, ahead.after))
              .at(0)
              .at(0));
    };
    ahead.transactions = count("ledger_transaction");
    ahead.packs_count = count("pack");
    ahead.services_count = count("service_change");
    session.for_each_row(
        fmt::format("SELECT p.pack_id, a.name, p.tier, {}, {} FROM pack p JOIN account a ON "
                    "a.account_id = p.account_id WHERE p.seq > {} ORDER BY p.pack_id LIMIT {}",
                    micros_of("p.effective_from"), micros_of("p.expires_at"), ahead.after,
                    shown_max),
        [&](RowView row) {
          ahead.packs.push_back(
              {PackId{static_cast<std::uint32_t>(to_int(row[0]))}, to_text(row[1]), to_text(row[2]),
               Instant::from_micros(to_int(row[3])), Instant::from_micros(to_int(row[4]))});
        });
    session.for_each_row(
        fmt::format("SELECT a.name, d.name, s.covered_by, s.reason, {} FROM service_change s JOIN "
                    "account a ON a.account_id = s.account_id JOIN product d ON d.product_id = "
                    "s.product_id WHERE s.seq > {} ORDER BY s.seq, s.account_id, s.product_id, "
                    "s.change_no LIMIT {}",
                    micros_of("s.changed_at"), ahead.after, shown_max),
        [&](RowView row) {
          ahead.services.push_back(
              {to_text(row[0]),
               to_text(row[1]),
               {covered_by_from(*row[2]).value(), stop_reason_from(*row[3]).value()},
               Instant::from_micros(to_int(row[4]))});
        });
    session.for_each_row(
        fmt::format("SELECT SUBSTRING_INDEX(reference, ' ', -1), COUNT(*), SUM(-amount_micros) "
                    "FROM journal WHERE seq > {} AND kind = 'charge' GROUP BY 1 ORDER BY 1",
                    ahead.after),
        [&](RowView row) {
          ahead.days.push_back(
              {parse_business_day(*row[0]).value(), to_int(row[1]), to_int(row[2])});
        });
    return ahead;
  });
}

std::vector<std::string> MySqlDeploymentStore::living_daemons() {
  return reading([](Session& session) {
    shorten_leases(session);
    return read_living(session);
  });
}

// What was seen is read first: what is committed meanwhile does not make it look newer than it is.
void MySqlDeploymentStore::require_newest() {
  reading([](Session& session) {
    const auto newest = session.query(
        fmt::format("SELECT seen_seq, holder FROM daemon WHERE {} ORDER BY seen_seq DESC LIMIT 1",
                    is_living_daemon()));
    const Sequence at = read_sequence(session);
    if (newest.empty()) return;
    const auto seen = static_cast<Sequence>(to_int(newest.at(0).at(0)));
    if (seen <= at) return;
    throw LedgerBehind(fmt::format(
        "the database is at ledger transaction {}, and the daemon {} has seen {}: it went back, or "
        "this server lags behind; nothing is changed on it. If it was restored on purpose, run "
        "packctl deployment accept-older {}",
        at, newest.at(0).at(1).value_or(""), seen, at));
  });
}

bool MySqlDeploymentStore::record_first(const MeaningValues& values) {
  return reading([&](Session& session) {
    Transaction transaction(session);
    const Sequence sequence = lock_head(session).head.sequence;
    if (!read_newest_values(session).empty()) return false;
    write_values(session, values, sequence, "UTC_TIMESTAMP(6)", RecordedBy::first);
    transaction.commit();
    return true;
  });
}

void MySqlDeploymentStore::record(RecordedBy who, std::optional<Instant> as_of,
                                  const Decide& decide) {
  Session& session = reading([](Session& open) -> Session& { return open; });
  struct Leave {
    Session*& where;
    ~Leave() { where = nullptr; }
  } const leave{in_transaction_};
  in_transaction_ = &session;
  ledger_->transact("deployment", as_of, [&](LedgerTransaction& tx) {
    const MeaningValues values = decide(read_newest_values(session));
    if (values.empty()) return Verdict::roll_back;
    // Whoever works by what it compared before comes upon another history, and compares again.
    if (who == RecordedBy::operator_) tx.begin_history();
    write_values(session, values, tx.sequence() + 1, datetime_literal(tx.now()), who);
    return Verdict::commit;
  });
}

}  // namespace packwarden
