#include "store/session.h"

#include <gmock/gmock.h>
#include <soci/soci.h>

#include <chrono>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>

#include "support/test_database.h"

namespace packwarden {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// The kind of the DatabaseError that `callback` ends with.
template <class Callback>
DatabaseErrorKind error_of(Callback&& callback) {
  try {
    callback();
  } catch (const DatabaseError& error) {
    return error.kind();
  }
  throw std::logic_error("no DatabaseError");
}

TEST(Session, StatesWhatItNeeds) {
  TestDatabase database;
  database.session().execute("SET GLOBAL time_zone = '+05:00'");
  DatabaseAddress address = database.address();
  address.lock_wait_timeout_s = 7;
  Session session(address);
  session.connect();
  database.session().execute("SET GLOBAL time_zone = 'SYSTEM'");
  const auto rows = session.query(
      "SELECT @@session.tx_isolation, @@session.time_zone, @@session.innodb_lock_wait_timeout, "
      "@@session.lock_wait_timeout, @@session.character_set_client, "
      "@@session.character_set_results, @@session.autocommit, @@session.sql_mode");
  EXPECT_THAT(rows[0], ElementsAre("READ-COMMITTED", "+00:00", "7", "7", "utf8mb4", "utf8mb4", "1",
                                   testing::Optional(HasSubstr("STRICT_ALL_TABLES"))));
}

TEST(Session, RefusesWhatDoesNotFitInsteadOfChangingIt) {
  TestDatabase database;
  database.session().execute("CREATE TABLE t (small TINYINT, name VARCHAR(2))");
  EXPECT_THROW(database.session().execute("INSERT INTO t VALUES (300, 'a')"), DatabaseError);
  EXPECT_THROW(database.session().execute("INSERT INTO t VALUES (1, 'abc')"), DatabaseError);
}

TEST(Session, TakesAnyPassword) {
  TestDatabase database;
  const std::string passwords[] = {"plain",      "with space", "quote'inside", "back\\slash",
                                   "\\'both'\\", "'",          "\\",           "a=b db='x'",
                                   "密码",       "end\\"};
  for (const std::string& password : passwords) {
    const std::string user = "pw_quoting@localhost";
    database.session().execute("CREATE OR REPLACE USER " + user + " IDENTIFIED BY " +
                               database.session().escape(password));
    DatabaseAddress address = test_server_address();
    address.user = "pw_quoting";
    address.password = password;
    Session session(address);
    EXPECT_NO_THROW(session.connect()) << password;
    address.password += "x";
    Session wrong(address);
    try {
      wrong.connect();
      ADD_FAILURE() << "connected with a wrong password";
    } catch (const DatabaseError& error) {
      EXPECT_EQ(error.kind(), DatabaseErrorKind::refused);
      EXPECT_THAT(error.what(), Not(HasSubstr(address.password)));
    }
    EXPECT_FALSE(wrong.connected());
  }
  database.session().execute("DROP USER pw_quoting@localhost");
}

TEST(Session, NamesTheReasonWhenThereIsNoServer) {
  DatabaseAddress address;
  address.socket = "/nowhere/s.sock";
  address.user = "root";
  Session session(address);
  EXPECT_EQ(error_of([&] { session.connect(); }), DatabaseErrorKind::lost_connection);
  EXPECT_EQ(error_of([&] { session.execute("SELECT 1"); }), DatabaseErrorKind::lost_connection);
  session.rollback();
  session.close();
}

TEST(Session, QuotesTextAndBytes) {
  TestDatabase database;
  Session& session = database.session();
  const std::string text = "it's \\ \"x\" 你好 \n%";
  const std::string bytes("\0\xff'\\\x1a", 5);
  const auto rows = session.query("SELECT " + session.escape(text) + ", " +
                                  Session::escape_binary(bytes) + ", NULL, ''");
  EXPECT_THAT(rows, ElementsAre(ElementsAre(text, bytes, std::nullopt, "")));
}

TEST(Session, CountsMatchedRows) {
  TestDatabase database;
  Session& session = database.session();
  EXPECT_EQ(session.execute("UPDATE ledger_sequence SET seq = 5 WHERE seq = 0"), 1u);
  EXPECT_EQ(session.execute("UPDATE ledger_sequence SET seq = 5 WHERE seq = 5"), 1u);
  EXPECT_EQ(session.execute("UPDATE ledger_sequence SET seq = 6 WHERE seq = 0"), 0u);
}

TEST(Session, StreamsRowsAndSurvivesACallbackThatThrows) {
  TestDatabase database;
  Session& session = database.session();
  const std::string sequence = "SELECT seq FROM seq_1_to_100000";
  std::uint64_t sum = 0;
  session.for_each_row(sequence, [&](RowView row) { sum += std::stoull(std::string(*row[0])); });
  EXPECT_EQ(sum, 5'000'050'000u);
  EXPECT_THROW(session.for_each_row(sequence, [](RowView) { throw std::runtime_error("enough"); }),
               std::runtime_error);
  EXPECT_EQ(database.value("SELECT 1"), "1");
}

constexpr std::string_view into_segments = "INSERT INTO dedupe_segment VALUES";

// Both ways of insert_rows, the plain one beside the fast one.
class InsertRows : public ::testing::TestWithParam<Session::RowsBy> {
 protected:
  std::uint64_t insert(std::string_view head, std::string_view row,
                       std::span<const SqlValue> values) {
    return database.session().insert_rows(head, row, values, GetParam());
  }

  TestDatabase database;
};

TEST_P(InsertRows, TakeBlobsOfAMebibyte) {
  Session& session = database.session();
  std::string blob(1 << 20, '\0');
  for (std::size_t i = 0; i < blob.size(); ++i) blob[i] = static_cast<char>(i * 31 % 256);
  const std::array<SqlValue, 8> rows = {
      std::uint64_t{1},  std::uint64_t{0}, std::string_view("2026-11-22"), Bytes{blob},
      ~std::uint64_t{0}, std::uint64_t{1}, std::string_view("2026-11-23"), Bytes{}};
  const std::string_view row = "(?, ?, 'added', ?, ?)";
  EXPECT_EQ(insert(into_segments, row, rows), 2u);
  EXPECT_THAT(session.query("SELECT seq, part, kind, arrival_day, record_keys FROM dedupe_segment"),
              ElementsAre(ElementsAre("1", "0", "added", "2026-11-22", blob),
                          ElementsAre("18446744073709551615", "1", "added", "2026-11-23", "")));
  EXPECT_EQ(error_of([&] { insert(into_segments, row, rows); }), DatabaseErrorKind::duplicate_key);
}

// Whole statements of them, and what is left over in one of its own.
TEST_P(InsertRows, KeepThemAsTheyAre) {
  Session& session = database.session();
  session.execute(
      "CREATE TABLE sample (id INT PRIMARY KEY, text VARCHAR(64), bytes BLOB, whole BIGINT, "
      "natural_"
      " BIGINT UNSIGNED, nothing INT)");
  const std::string text = "套餐 '?' \\ \" ;--";
  std::vector<SqlValue> values;
  constexpr std::int64_t rows = 5'057;
  for (std::int64_t id = 0; id < rows; ++id) {
    values.insert(values.end(),
                  {id, id % 3 == 0 ? SqlValue(nullptr) : SqlValue(std::string_view(text)),
                   Bytes{std::string_view("\0\xff'", 3)}, -id * 1'000'000'007,
                   id % 5 == 0 ? SqlValue(nullptr) : SqlValue(~std::uint64_t{0}), nullptr});
  }
  EXPECT_EQ(insert("INSERT INTO sample VALUES", "(?,?,?,?,?,?)", values), rows);
  EXPECT_EQ(insert("INSERT INTO sample VALUES", "(?,?,?,?,?,?)", {}), 0u);
  std::int64_t id = 0;
  session.for_each_row("SELECT * FROM sample ORDER BY id", [&](RowView row) {
    EXPECT_EQ(*row[0], std::to_string(id));
    EXPECT_EQ(row[1], id % 3 == 0 ? std::nullopt : std::optional<std::string_view>(text));
    EXPECT_EQ(*row[2], std::string_view("\0\xff'", 3));
    EXPECT_EQ(*row[3], std::to_string(-id * 1'000'000'007));
    EXPECT_EQ(row[4],
              id % 5 == 0 ? std::nullopt : std::optional<std::string_view>("18446744073709551615"));
    EXPECT_EQ(row[5], std::nullopt);
    ++id;
  });
  EXPECT_EQ(id, rows);
}

// A column of an array has one type: such rows go the plain way, from that statement on.
TEST_P(InsertRows, TakeNumbersOfTwoTypesInOneColumn) {
  database.session().execute("CREATE TABLE sample (id INT PRIMARY KEY, number DECIMAL(20))");
  std::vector<SqlValue> values;
  for (std::int64_t id = 0; id < 4'500; ++id) {
    values.insert(values.end(), {id, id == 2'500 ? SqlValue(~std::uint64_t{0}) : SqlValue(-id)});
  }
  EXPECT_EQ(insert("INSERT INTO sample VALUES", "(?,?)", values), 4'500u);
  EXPECT_EQ(database.value("SELECT SUM(number) FROM sample"),
            std::to_string(~std::uint64_t{0} - (4'500 * 4'499 / 2 - 2'500)));
}

TEST_P(InsertRows, ExpressionsOfValuesAndDefaultsOfColumns) {
  database.session().execute(
      "CREATE TABLE sample (id INT PRIMARY KEY, until DATETIME(6), state ENUM('a', 'b') DEFAULT"
      " 'b')");
  const std::array<SqlValue, 4> values = {std::int64_t{1}, std::int64_t{1'500'000}, std::int64_t{2},
                                          nullptr};
  EXPECT_EQ(insert("INSERT INTO sample (id, until) VALUES",
                   "(?,'2026-11-22' + INTERVAL ? MICROSECOND)", values),
            2u);
  EXPECT_THAT(database.session().query("SELECT * FROM sample ORDER BY id"),
              ElementsAre(ElementsAre("1", "2026-11-22 00:00:01.500000", "b"),
                          ElementsAre("2", std::nullopt, "b")));
}

// In the middle of an array too; the transaction takes back those before it.
TEST_P(InsertRows, SayWhichKindOfErrorARowMade) {
  Session& session = database.session();
  session.execute("CREATE TABLE sample (id INT PRIMARY KEY, short_ VARCHAR(3) NOT NULL)");
  std::vector<SqlValue> values;
  for (std::int64_t id = 0; id < 3'000; ++id) {
    values.insert(values.end(), {id, std::string_view("abc")});
  }
  const auto error_with = [&](std::size_t at, SqlValue value) {
    auto broken = values;
    broken[at] = value;
    const Transaction transaction(session);
    return error_of([&] { insert("INSERT INTO sample VALUES", "(?,?)", broken); });
  };
  EXPECT_EQ(error_with(2 * 2'900, std::int64_t{7}), DatabaseErrorKind::duplicate_key);
  EXPECT_EQ(error_with(2 * 1'500 + 1, std::string_view("abcd")), DatabaseErrorKind::bad_value);
  EXPECT_EQ(database.value("SELECT COUNT(*) FROM sample"), "0");
}

// Rows of half a packet each must not come in one statement.
TEST_P(InsertRows, ThatTogetherAreLargerThanAPacket) {
  const std::string blob(3 << 20, 'b');
  std::vector<SqlValue> values;
  for (std::uint64_t part = 0; part < 9; ++part) values.insert(values.end(), {part, Bytes{blob}});
  EXPECT_EQ(insert(into_segments, "(7, ?, 'added', '2026-11-22', ?)", values), 9u);
  EXPECT_EQ(database.value("SELECT SUM(LENGTH(record_keys)) FROM dedupe_segment"),
            std::to_string(9 * blob.size()));
}

INSTANTIATE_TEST_SUITE_P(Both, InsertRows,
                         ::testing::Values(Session::RowsBy::arrays, Session::RowsBy::statements),
                         [](const auto& one) {
                           return one.param == Session::RowsBy::arrays ? "arrays" : "statements";
                         });

TEST(Session, RefusesValuesThatDoNotFillTheRows) {
  TestDatabase database;
  Session& session = database.session();
  const std::array<SqlValue, 3> values = {std::int64_t{1}, std::int64_t{2}, std::int64_t{3}};
  EXPECT_THROW(session.insert_rows("INSERT INTO t VALUES", "(?,?)", values), DatabaseError);
}

TEST(Session, TransactionRollsBackUnlessCommitted) {
  TestDatabase database;
  Session& session = database.session();
  {
    const Transaction forgotten(session);
    session.execute("UPDATE ledger_sequence SET seq = 9");
  }
  EXPECT_EQ(database.value("SELECT seq FROM ledger_sequence"), "0");
  Transaction transaction(session);
  session.execute("UPDATE ledger_sequence SET seq = 9");
  transaction.commit();
  EXPECT_EQ(database.value("SELECT seq FROM ledger_sequence"), "9");
}

TEST(Session, SnapshotDoesNotMoveAndIsReadOnly) {
  TestDatabase database;
  Session other = database.connect();
  Session& session = database.session();
  session.begin_snapshot();
  other.execute("UPDATE ledger_sequence SET seq = 3");
  EXPECT_EQ(database.value("SELECT seq FROM ledger_sequence"), "0");
  session.rollback();
  EXPECT_EQ(database.value("SELECT seq FROM ledger_sequence"), "3");
  session.begin();  // READ COMMITTED again
  EXPECT_EQ(database.value("SELECT seq FROM ledger_sequence"), "3");
  other.execute("UPDATE ledger_sequence SET seq = 8");
  EXPECT_EQ(database.value("SELECT seq FROM ledger_sequence"), "8");
  session.rollback();
  session.begin_snapshot();
  EXPECT_THROW(session.execute("UPDATE ledger_sequence SET seq = 4"), DatabaseError);
  EXPECT_FALSE(session.connected()) << "as of a server that is read-only";
}

// Behind its first statement: its level must not be that of the next transaction.
TEST(Session, ASnapshotThatDoesNotBeginLeavesNoIsolationLevelBehind) {
  TestDatabase database;
  int answers_until_failure = 0;
  Session session(database.address(), [&] {
    if (answers_until_failure > 0 && --answers_until_failure == 0) {
      throw std::runtime_error("no further");
    }
  });
  session.connect();
  for (const int answers : {1, 2}) {
    answers_until_failure = answers;
    EXPECT_THROW(session.begin_snapshot(), std::runtime_error);
    if (!session.connected()) session.connect();
    database.session().execute("UPDATE ledger_sequence SET seq = 1");
    session.begin();
    EXPECT_EQ(session.query("SELECT seq FROM ledger_sequence")[0][0], "1");
    database.session().execute("UPDATE ledger_sequence SET seq = 2");
    EXPECT_EQ(session.query("SELECT seq FROM ledger_sequence")[0][0], "2");
    session.execute("UPDATE ledger_sequence SET seq = 3");  // not READ ONLY
    session.rollback();
  }
}

TEST(Session, TellsALockWait) {
  TestDatabase database;
  DatabaseAddress impatient = database.address();
  impatient.lock_wait_timeout_s = 1;
  Session other(impatient);
  other.connect();
  database.session().begin();
  database.session().execute("UPDATE ledger_sequence SET seq = 1");
  EXPECT_EQ(error_of([&] { other.execute("UPDATE ledger_sequence SET seq = 2"); }),
            DatabaseErrorKind::lock_wait_timeout);
  EXPECT_TRUE(other.connected());
  database.session().rollback();
  EXPECT_TRUE(DatabaseError(1213, "").is_transient());
  EXPECT_FALSE(DatabaseError(1062, "").is_transient());
}

TEST(Session, TakesAServerThatSaysNothingForLost) {
  TestDatabase database;
  DatabaseAddress impatient = database.address();
  impatient.answer_timeout_s = 1;
  Session session(impatient);
  session.connect();
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(error_of([&] { session.query("SELECT SLEEP(60)"); }),
            DatabaseErrorKind::lost_connection);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
  EXPECT_FALSE(session.connected());
}

TEST(Session, NoticesThatItWasKilledAndNeverReconnectsByItself) {
  TestDatabase database;
  Session victim = database.connect();
  const std::string id = *victim.query("SELECT CONNECTION_ID()")[0][0];
  victim.begin();
  database.session().execute("KILL " + id);
  EXPECT_EQ(error_of([&] { victim.execute("UPDATE ledger_sequence SET seq = 1"); }),
            DatabaseErrorKind::lost_connection);
  EXPECT_FALSE(victim.connected());
  EXPECT_EQ(error_of([&] { victim.execute("SELECT 1"); }), DatabaseErrorKind::lost_connection);
  victim.rollback();
  victim.connect();
  EXPECT_EQ(victim.query("SELECT 1")[0][0], "1");
}

// The server of MariaDB says 1927 of it, where an idle session finds 2006 or 2013.
TEST(Session, NoticesThatItWasKilledWithinAStatement) {
  EXPECT_EQ(classify_database_error(1927), DatabaseErrorKind::lost_connection);
  TestDatabase database;
  Session victim = database.connect();
  const std::string id = *victim.query("SELECT CONNECTION_ID()")[0][0];
  auto statement = std::async(std::launch::async,
                              [&] { return error_of([&] { victim.query("DO SLEEP(60)"); }); });
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  const std::string is_in_it =
      "SELECT COUNT(*) FROM information_schema.processlist WHERE info = 'DO SLEEP(60)' AND id = " +
      id;
  while (database.value(is_in_it) == "0" && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  database.session().execute("KILL CONNECTION " + id);
  EXPECT_EQ(statement.get(), DatabaseErrorKind::lost_connection);
  EXPECT_FALSE(victim.connected());
  victim.connect();
  EXPECT_EQ(victim.query("SELECT 1")[0][0], "1");
}

TEST(Session, SociWorksOnTheSameSessionWithTheSameErrors) {
  TestDatabase database;
  Session& session = database.session();
  unsigned long long seq = 0;
  session.with_sql([&](soci::session& sql) {
    sql << "SELECT seq + :by FROM ledger_sequence", soci::use(41), soci::into(seq);
  });
  EXPECT_EQ(seq, 41u);
  EXPECT_EQ(error_of([&] {
              session.with_sql([](soci::session& sql) {
                sql << "INSERT INTO ledger_sequence (id, seq) VALUES (1, 1)";
              });
            }),
            DatabaseErrorKind::duplicate_key);
}

TEST(Session, GivesNoFilesToTheServer) {
  TestDatabase database;
  database.session().execute("CREATE TABLE t (line TEXT)");
  EXPECT_THROW(database.session().execute("LOAD DATA LOCAL INFILE '/etc/hostname' INTO TABLE t"),
               DatabaseError);
}

}  // namespace
}  // namespace packwarden
