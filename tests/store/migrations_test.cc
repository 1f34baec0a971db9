#include "store/migrations.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "support/places.h"
#include "support/test_database.h"

namespace packwarden {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

// An empty database beside the one of TestDatabase, which drops it.
class Empty {
 public:
  Empty() : session_(address()) {
    Session server(test_server_address());
    server.connect();
    server.execute("CREATE DATABASE " + name() + " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin");
    session_.connect();
  }
  ~Empty() { session_.execute("DROP DATABASE " + name()); }
  Session& session() { return session_; }

 private:
  std::string name() const { return base_.address().name + "_b"; }
  DatabaseAddress address() const {
    DatabaseAddress address = base_.address();
    address.name = name();
    return address;
  }

  TestDatabase base_;
  Session session_;
};

template <class Callback>
std::string refusal_of(Callback&& callback) {
  try {
    callback();
  } catch (const LedgerUnavailable& refusal) {
    return refusal.what();
  }
  return "done";
}

std::string value(Session& session, const std::string& query) {
  return session.query(query).at(0).at(0).value_or("NULL");
}

std::vector<TextRow> columns_of(Session& session) {
  return session.query(
      "SELECT table_name, ordinal_position, column_name, column_type, is_nullable, column_default,"
      " extra, character_set_name, collation_name FROM information_schema.columns"
      " WHERE table_schema = DATABASE() ORDER BY table_name, ordinal_position");
}

std::vector<TextRow> indexes_of(Session& session) {
  return session.query(
      "SELECT table_name, index_name, seq_in_index, column_name, non_unique, sub_part"
      " FROM information_schema.statistics WHERE table_schema = DATABASE()"
      " ORDER BY table_name, index_name, seq_in_index");
}

TEST(Migrations, GiveTheSchemaThatIsWrittenDown) {
  Empty migrated;
  migrate(migrated.session());

  Empty written;
  std::ifstream file(source_dir() + "/sql/schema.sql");
  const std::string text(std::istreambuf_iterator<char>(file), {});
  for (const std::string& statement : statements_of({0, "schema", text})) {
    written.session().execute(statement);
  }
  EXPECT_EQ(columns_of(migrated.session()), columns_of(written.session()));
  EXPECT_EQ(indexes_of(migrated.session()), indexes_of(written.session()));
}

TEST(Migrations, TwiceIsHarmless) {
  Empty database;
  const auto first = migrate(database.session());
  EXPECT_EQ(first.from_version, 0U);
  EXPECT_EQ(first.to_version, embedded_migrations().back().number);
  const std::string key = value(database.session(), "SELECT HEX(hash_key) FROM deployment");

  const auto second = migrate(database.session());
  EXPECT_EQ(second.from_version, second.to_version);
  EXPECT_EQ(value(database.session(), "SELECT HEX(hash_key) FROM deployment"), key);
  EXPECT_THAT(key, SizeIs(64));
  EXPECT_EQ(value(database.session(), "SELECT dedupe_floor FROM deployment"),
            "1970-01-01 00:00:00.000000");
  require_schema(database.session());
}

TEST(Migrations, GoOnAfterACrash) {
  Empty database;
  const auto statements = statements_of(embedded_migrations().front());
  for (std::size_t i = 0; i < 5; ++i) database.session().execute(statements[i]);
  migrate(database.session());
  require_schema(database.session());
  EXPECT_EQ(value(database.session(), "SELECT COUNT(*) FROM ledger_sequence"), "1");
}

TEST(Migrations, RefuseADatabaseOfSomebodyElse) {
  Empty database;
  database.session().execute("CREATE TABLE account (id INT)");
  EXPECT_THAT(refusal_of([&] { migrate(database.session()); }), HasSubstr("empty database"));
}

TEST(Migrations, RefuseANewerSchema) {
  Empty database;
  migrate(database.session());
  database.session().execute("INSERT INTO schema_version VALUES (9999, UTC_TIMESTAMP(6))");
  EXPECT_THAT(refusal_of([&] { migrate(database.session()); }), HasSubstr("newer packwarden"));
  EXPECT_THAT(refusal_of([&] { require_schema(database.session()); }),
              HasSubstr("newer packwarden"));
}

TEST(Migrations, AnOlderSchemaAsksForMigrate) {
  Empty database;
  EXPECT_THAT(refusal_of([&] { require_schema(database.session()); }),
              HasSubstr("packctl migrate"));
  migrate(database.session());
  database.session().execute("DELETE FROM schema_version");
  EXPECT_THAT(refusal_of([&] { require_schema(database.session()); }),
              HasSubstr("packctl migrate"));
}

TEST(Migrations, P6_two_postings_of_a_journal_become_its_amount) {
  using std::chrono::milliseconds;
  Empty database;
  const std::vector<Migration> steps = embedded_migrations();
  const std::vector<Migration> before(steps.begin(), steps.begin() + 12);
  migrate(database.session(), before, milliseconds(0));
  database.session().execute(
      "INSERT INTO journal (seq, journal_no, account_id, kind, reference, booked_at) VALUES"
      " (1, 0, 7, 'payment', 'bank-1', '2026-01-01'), (1, 1, 7, 'purchase', '30k', '2026-01-01')");
  database.session().execute(
      "INSERT INTO posting VALUES (1, 0, 'balance', 300), (1, 0, 'payments', -300),"
      " (1, 1, 'balance', -300), (1, 1, 'sales', 300)");
  migrate(database.session(), steps, milliseconds(0));
  EXPECT_EQ(value(database.session(),
                  "SELECT GROUP_CONCAT(kind, ' ', reference, ' ', contra_book,"
                  " ' ', amount_micros ORDER BY journal_no) FROM journal"),
            "payment bank-1 payments 300,purchase 30k sales -300");
}

TEST(Migrations, N3_an_account_that_is_at_zero_after_arrears_has_fallen_before) {
  using std::chrono::milliseconds;
  Empty database;
  const std::vector<Migration> steps = embedded_migrations();
  std::vector<Migration> before;
  std::copy_if(steps.begin(), steps.end(), std::back_inserter(before),
               [](const Migration& one) { return one.number < 18; });
  migrate(database.session(), before, milliseconds(0));
  database.session().execute("UPDATE ledger_sequence SET seq = 5");
  database.session().execute("INSERT INTO money_balance VALUES (7, 0, 1), (8, -5, 1), (9, 0, 0)");
  migrate(database.session(), steps, milliseconds(0));
  EXPECT_EQ(value(database.session(),
                  "SELECT GROUP_CONCAT(account_id, ' ', product_id, ' ', seq, ' ', step) FROM"
                  " postpaid_change"),
            "7 0 5 at_zero");
}

TEST(Migrations, WaitUntilNobodyElseUsesTheTables) {
  using std::chrono::milliseconds;
  Empty database;
  std::vector<Migration> steps = embedded_migrations();
  const Migration last = steps.back();
  steps.pop_back();
  const unsigned before = steps.back().number;
  migrate(database.session(), steps, milliseconds(0));
  steps.push_back(last);
  {
    Session daemon(database.session().address());
    daemon.connect();
    EXPECT_THAT(refusal_of([&] { migrate(database.session(), steps, milliseconds(0)); }),
                HasSubstr("Stop packwardend and the channels on every host"));
    EXPECT_EQ(value(database.session(), "SELECT MAX(version) FROM schema_version"),
              std::to_string(before));
  }
  migrate(database.session(), steps, milliseconds(10'000));
  require_schema(database.session());
}

TEST(Migrations, AMissingDatabaseSaysHowToMakeIt) {
  DatabaseAddress address = test_server_address();
  address.name = "pw_test_there_is_none";
  Session session(address);
  EXPECT_THAT(refusal_of([&] { migrate(session); }),
              HasSubstr("CREATE DATABASE pw_test_there_is_none"));
}

}  // namespace
}  // namespace packwarden
