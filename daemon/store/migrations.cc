#include "store/migrations.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <sstream>
#include <system_error>
#include <thread>

#include "store/sql_text.h"

namespace packwarden {
namespace {

constexpr unsigned unknown_database = 1049;
constexpr unsigned lock_timeout_s = 60;
constexpr std::size_t hash_key_bytes = 32;
constexpr std::chrono::milliseconds between_looks{100};

void open(Session& session) {
  try {
    if (!session.connected()) session.connect();
  } catch (const DatabaseError& error) {
    if (error.code() != unknown_database) throw;
    const std::string& name = session.address().name;
    throw LedgerUnavailable(fmt::format(
        "There is no database '{}'. As the database's administrator, run: CREATE DATABASE {} "
        "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin; GRANT ALL ON {}.* TO '{}'@'localhost'; then "
        "run packctl migrate.",
        name, name, name, session.address().user));
  }
}

// One migration at a time on the server and database. Ends with the session at the latest.
class MigrationLock {
 public:
  explicit MigrationLock(Session& session) : session_(&session) {
    const auto rows = session.query(fmt::format("SELECT GET_LOCK({}, {})", name, lock_timeout_s));
    if (rows.at(0).at(0) != "1") {
      throw LedgerUnavailable(
          fmt::format("Another migration has been running for {} s. Wait for it to end, then run "
                      "packctl migrate again.",
                      lock_timeout_s));
    }
  }
  ~MigrationLock() {
    try {
      session_->query(fmt::format("SELECT RELEASE_LOCK({})", name));
    } catch (const DatabaseError&) {  // the session is gone, and the lock with it
    }
  }
  MigrationLock(const MigrationLock&) = delete;
  MigrationLock& operator=(const MigrationLock&) = delete;

 private:
  static constexpr const char* name = "CONCAT('packwarden.', MD5(DATABASE()))";

  Session* session_;
};

std::int64_t number(Session& session, std::string_view query) {
  return to_int(session.query(query).at(0).at(0));
}

bool has_version_table(Session& session) {
  return number(session,
                "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE()"
                " AND table_name = 'schema_version'") != 0;
}

unsigned version_of(Session& session) {
  return static_cast<unsigned>(
      number(session, "SELECT COALESCE(MAX(version), 0) FROM schema_version"));
}

void require_empty(Session& session) {
  if (number(session,
             "SELECT COUNT(*) FROM information_schema.tables"
             " WHERE table_schema = DATABASE()") == 0) {
    return;
  }
  throw LedgerUnavailable(fmt::format(
      "The database '{}' holds tables that are not Packwarden's. Set database.name to an empty "
      "database, then run packctl migrate.",
      session.address().name));
}

// A daemon that was started before must not meet tables that a step has changed. Whatever host it
// is on, its sessions are those of the same user on the same database.
void require_alone(Session& session, std::chrono::milliseconds wait) {
  const auto end = std::chrono::steady_clock::now() + wait;
  for (;;) {
    const auto others = session.query(
        "SELECT DISTINCT SUBSTRING_INDEX(host, ':', 1) FROM information_schema.processlist"
        " WHERE db = DATABASE() AND id <> CONNECTION_ID()"
        " AND user = SUBSTRING_INDEX(USER(), '@', 1) ORDER BY 1");
    if (others.empty()) return;
    if (std::chrono::steady_clock::now() >= end) {
      std::string hosts;
      for (const TextRow& row : others) hosts += (hosts.empty() ? "" : ", ") + *row.at(0);
      throw LedgerUnavailable(fmt::format(
          "Sessions of user '{}' are open on database '{}' from {}, and the tables may change only "
          "while nobody uses them. Stop packwardend and the channels on every host, then run "
          "packctl "
          "migrate.",
          session.address().user, session.address().name, hosts));
    }
    std::this_thread::sleep_for(between_looks);
  }
}

[[noreturn]] void throw_newer(unsigned found, unsigned known) {
  throw LedgerUnavailable(
      fmt::format("The database has schema version {}, and this packwarden knows up to {}. Install "
                  "the newer packwarden that made it.",
                  found, known));
}

// A crash in the middle of a step leaves what it had done, since DDL commits by itself: what is
// there already was made by this very step, under the lock.
bool is_done_already(const DatabaseError& error) {
  constexpr std::array<unsigned, 6> codes = {
      1050,  // table exists
      1060,  // column exists
      1061,  // index exists
      1062,  // row exists
      1091,  // column or index to be dropped is gone
      1826,  // constraint exists
  };
  return std::find(codes.begin(), codes.end(), error.code()) != codes.end();
}

void apply(Session& session, const Migration& step, bool after_crash) {
  for (const std::string& statement : statements_of(step)) {
    try {
      session.execute(statement);
    } catch (const DatabaseError& error) {
      if (!after_crash || !is_done_already(error)) throw;
    }
  }
  session.execute(
      fmt::format("INSERT INTO schema_version (version, applied_at) VALUES ({}, UTC_TIMESTAMP(6))",
                  step.number));
}

std::string random_key() {
  std::string key(hash_key_bytes, '\0');
  // Up to 256 bytes come whole once the system's generator is ready.
  while (getrandom(key.data(), key.size(), 0) != static_cast<ssize_t>(key.size())) {
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "getrandom");
  }
  return key;
}

void add_deployment(Session& session) {
  if (number(session, "SELECT COUNT(*) FROM deployment") != 0) return;
  session.execute("INSERT INTO deployment (id, hash_key, dedupe_floor) VALUES (1, " +
                  Session::escape_binary(random_key()) + ", '1970-01-01')");
}

}  // namespace

std::vector<std::string> statements_of(const Migration& migration) {
  std::vector<std::string> statements;
  std::string statement;
  std::istringstream lines(migration.text);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.starts_with("--")) continue;
    statement.append(line).push_back('\n');
    if (!line.ends_with(';')) continue;
    statement.resize(statement.size() - 2);
    statements.push_back(std::move(statement));
    statement.clear();
  }
  if (!statement.empty()) {
    throw std::logic_error("the last statement of migration " + migration.name +
                           " does not end with a semicolon at the end of a line");
  }
  return statements;
}

MigrationOutcome migrate(Session& session, const std::vector<Migration>& steps,
                         std::chrono::milliseconds wait) {
  open(session);
  const MigrationLock lock(session);
  const bool begun = has_version_table(session);
  if (!begun) require_empty(session);
  const unsigned newest = steps.empty() ? 0 : steps.back().number;
  MigrationOutcome outcome;
  outcome.from_version = begun ? version_of(session) : 0;
  outcome.to_version = outcome.from_version;
  if (outcome.from_version > newest) throw_newer(outcome.from_version, newest);
  if (begun && outcome.from_version < newest) require_alone(session, wait);
  for (const Migration& step : steps) {
    if (step.number <= outcome.from_version) continue;
    apply(session, step, begun);
    outcome.to_version = step.number;
  }
  add_deployment(session);
  return outcome;
}

MigrationOutcome migrate(Session& session) {
  return migrate(session, embedded_migrations(), longest_wait_for_others);
}

void require_schema(Session& session) {
  open(session);
  const unsigned known = embedded_migrations().back().number;
  const unsigned found = has_version_table(session) ? version_of(session) : 0;
  if (found > known) throw_newer(found, known);
  if (found == known) return;
  throw LedgerUnavailable(
      found == 0 ? fmt::format("The database '{}' is not set up. Run packctl migrate.",
                               session.address().name)
                 : fmt::format("The database has schema version {}, and this packwarden needs {}. "
                               "Stop the daemons, then run packctl migrate.",
                               found, known));
}

}  // namespace packwarden
