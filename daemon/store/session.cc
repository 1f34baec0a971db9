#include "store/session.h"

#include <mysql.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <soci/mysql/soci-mysql.h>
#include <soci/soci.h>
#include <sys/socket.h>

#include <algorithm>

#include "store/value_binding.h"

namespace packwarden {
namespace {

constexpr unsigned kServerGone = 2006;

struct FreeResult {
  void operator()(MYSQL_RES* result) const { mysql_free_result(result); }
};
using Result = std::unique_ptr<MYSQL_RES, FreeResult>;

struct CloseStatement {
  void operator()(MYSQL_STMT* statement) const { mysql_stmt_close(statement); }
};
using Statement = std::unique_ptr<MYSQL_STMT, CloseStatement>;

// SOCI reads key='value' and takes the byte after a backslash as it is.
void append_option(std::string& options, std::string_view key, std::string_view value) {
  options.append(options.empty() ? "" : " ").append(key).append("='");
  for (const char c : value) {
    if (c == '\'' || c == '\\') options.push_back('\\');
    options.push_back(c);
  }
  options.push_back('\'');
}

std::string connection_options(const DatabaseAddress& address) {
  std::string options;
  if (address.socket.empty()) {
    append_option(options, "host", address.host);
    append_option(options, "port", std::to_string(address.port));
  } else {
    append_option(options, "unix_socket", address.socket);
  }
  if (!address.name.empty()) append_option(options, "db", address.name);
  append_option(options, "user", address.user);
  append_option(options, "password", address.password);
  append_option(options, "charset", "utf8mb4");
  const std::uint64_t timeout_s = (std::uint64_t{address.connect_timeout_ms} + 999) / 1000;
  append_option(options, "connect_timeout", std::to_string(timeout_s));
  if (address.answer_timeout_s > 0) {
    // Also what we send must be taken in that time: a server that stands still takes nothing.
    for (const char* option : {"read_timeout", "write_timeout"}) {
      append_option(options, option, std::to_string(address.answer_timeout_s));
    }
  }
  return options;
}

// A database host that vanishes without a word is noticed within about half a minute.
void watch_peer(MYSQL* native) {
  const int fd = static_cast<int>(mysql_get_socket(native));
  const int on = 1;
  const int idle_s = 10, interval_s = 5, probes = 4;
  const unsigned unacknowledged_ms = 30'000;
  setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof interval_s);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
  setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacknowledged_ms, sizeof unacknowledged_ms);
}

void fill_row(MYSQL_RES* result, MYSQL_ROW row, std::vector<std::optional<std::string_view>>& out) {
  const unsigned long* lengths = mysql_fetch_lengths(result);
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = row[i] == nullptr ? std::nullopt
                               : std::optional<std::string_view>(std::in_place, row[i], lengths[i]);
  }
}

// Small enough to stay in a core's cache: larger statements are slower again.
constexpr std::size_t rows_a_statement = 100;
constexpr std::size_t rows_an_array = 2'000;
constexpr std::size_t bytes_together = 1 << 20;

bool takes_arrays(MYSQL* native) {
  unsigned int beyond_mysql = 0;
  return mariadb_get_infov(native, MARIADB_CONNECTION_EXTENDED_SERVER_CAPABILITIES,
                           &beyond_mysql) == 0 &&
         (beyond_mysql & (MARIADB_CLIENT_STMT_BULK_OPERATIONS >> 32)) != 0;
}

}  // namespace

Session::Session(DatabaseAddress address, std::function<void()> on_answer)
    : address_(std::move(address)), on_answer_(std::move(on_answer)) {}
Session::~Session() {
  close();
}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

void Session::connect() {
  close();
  try {
    session_ = std::make_unique<soci::session>(soci::mysql, connection_options(address_));
    native_ = static_cast<soci::mysql_session_backend*>(session_->get_backend())->conn_;
    if (address_.socket.empty()) watch_peer(native_);
    state_what_we_need();
  } catch (const soci::mysql_soci_error& error) {
    close();
    throw DatabaseError(error.err_num_, error.what());
  } catch (const soci::soci_error& error) {
    close();
    throw DatabaseError(0, error.what());
  } catch (...) {
    close();
    throw;
  }
}

void Session::close() noexcept {
  session_.reset();
  native_ = nullptr;
  lost_ = false;
}

void Session::state_what_we_need() {
  const my_bool off = 0;
  const unsigned int none = 0;
  mysql_optionsv(native_, MYSQL_OPT_RECONNECT, &off);
  mysql_optionsv(native_, MYSQL_OPT_LOCAL_INFILE, &none);  // a server must not ask us for files
  if (mysql_set_character_set(native_, "utf8mb4") != 0) fail_native();
  execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
  const std::string lock_wait_s = std::to_string(address_.lock_wait_timeout_s);
  execute(
      "SET SESSION autocommit = 1, time_zone = '+00:00', sql_mode = "
      "'STRICT_ALL_TABLES,NO_ZERO_DATE,"
      "NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', "
      "innodb_lock_wait_timeout = " +
      lock_wait_s + ", lock_wait_timeout = " + lock_wait_s);
}

void Session::require_session() const {
  if (!connected()) throw DatabaseError(kServerGone, "no connection to the database");
}

void Session::fail(unsigned code, const std::string& message) {
  DatabaseError error(code, message);
  // Of a read-only server the session is of no use either: a new one may reach the one that writes.
  if (error.kind() == DatabaseErrorKind::lost_connection ||
      error.kind() == DatabaseErrorKind::read_only) {
    lost_ = true;
  }
  throw error;
}

void Session::fail_native() {
  fail(mysql_errno(native_), mysql_error(native_));
}

void Session::rethrow_mapped() {
  try {
    throw;
  } catch (const soci::mysql_soci_error& error) {
    fail(error.err_num_, error.what());
  } catch (const soci::soci_error& error) {
    fail(0, error.what());
  }
}

soci::session& Session::sql() {
  require_session();
  return *session_;
}

st_mysql* Session::native() {
  require_session();
  return native_;
}

void Session::send(std::string_view text) {
  require_session();
  if (mysql_real_query(native_, text.data(), text.size()) != 0) fail_native();
  answered();
}

void Session::break_off() noexcept {
  if (native_ == nullptr) return;
  ::shutdown(static_cast<int>(mysql_get_socket(native_)), SHUT_RDWR);
  lost_ = true;
}

std::uint64_t Session::execute(std::string_view text) {
  send(text);
  std::uint64_t affected = 0;
  int more = 0;
  do {  // more than one result only where a statement calls a procedure
    const Result result(mysql_store_result(native_));
    if (!result) {
      if (mysql_field_count(native_) != 0) fail_native();
      affected += mysql_affected_rows(native_);
    }
    more = mysql_next_result(native_);
    if (more > 0) fail_native();
  } while (more == 0);
  return affected;
}

std::vector<TextRow> Session::query(std::string_view text) {
  std::vector<TextRow> rows;
  for_each_row(text, [&rows](RowView row) {
    TextRow& copy = rows.emplace_back();
    copy.reserve(row.size());
    for (const auto& value : row) copy.emplace_back(value);
  });
  return rows;
}

void Session::for_each_row(std::string_view text, const RowCallback& callback) {
  send(text);
  const Result result(mysql_use_result(native_));
  if (!result) {
    if (mysql_errno(native_) != 0) fail_native();
    return;  // a statement without a result set
  }
  std::vector<std::optional<std::string_view>> values(mysql_num_fields(result.get()));
  while (MYSQL_ROW row = mysql_fetch_row(result.get())) {
    fill_row(result.get(), row, values);
    answered();
    callback(values);
  }
  if (mysql_errno(native_) != 0) fail_native();
}

std::uint64_t Session::insert_rows(std::string_view head, std::string_view row,
                                   std::span<const SqlValue> values, RowsBy by) {
  require_session();
  const auto width = static_cast<std::size_t>(std::count(row.begin(), row.end(), '?'));
  if (width == 0 || values.size() % width != 0) {
    throw DatabaseError(0, "insert_rows: " + std::to_string(values.size()) +
                               " values for rows of " + std::to_string(width) + " placeholders");
  }
  if (by == RowsBy::arrays && values.size() > width && takes_arrays(native_)) {
    return insert_arrays(head, row, values, width);
  }
  return insert_statements(head, row, values, width);
}

std::uint64_t Session::insert_arrays(std::string_view head, std::string_view row,
                                     std::span<const SqlValue> values, std::size_t width) {
  Statement statement(mysql_stmt_init(native_));
  if (!statement) fail_native();
  const auto fail_statement = [&] {
    fail(mysql_stmt_errno(statement.get()), mysql_stmt_error(statement.get()));
  };
  const std::string text = std::string(head).append(" ").append(row);
  if (mysql_stmt_prepare(statement.get(), text.data(), text.size()) != 0) fail_statement();
  std::uint64_t inserted = 0;
  while (!values.empty()) {
    const std::size_t rows = rows_together(values, width, rows_an_array, bytes_together);
    const auto some = values.first(rows * width);
    auto bound = BoundColumns::of(some, width);
    if (!bound) return inserted + insert_statements(head, row, values, width);
    values = values.subspan(some.size());
    auto count = static_cast<unsigned int>(rows);
    mysql_stmt_attr_set(statement.get(), STMT_ATTR_ARRAY_SIZE, &count);
    if (mysql_stmt_bind_param(statement.get(), bound->binds()) != 0) fail_statement();
    if (mysql_stmt_execute(statement.get()) != 0) fail_statement();
    answered();
    inserted += mysql_stmt_affected_rows(statement.get());
  }
  return inserted;
}

std::uint64_t Session::insert_statements(std::string_view head, std::string_view row,
                                         std::span<const SqlValue> values, std::size_t width) {
  Statement statement;
  std::size_t prepared_rows = 0;
  const auto fail_statement = [&] {
    fail(mysql_stmt_errno(statement.get()), mysql_stmt_error(statement.get()));
  };
  std::vector<MYSQL_BIND> binds;
  std::uint64_t inserted = 0;
  while (!values.empty()) {
    const std::size_t rows = rows_together(values, width, rows_a_statement, bytes_together);
    const auto some = values.first(rows * width);
    values = values.subspan(some.size());
    if (rows != prepared_rows) {
      std::string text(head);
      for (std::size_t i = 0; i < rows; ++i) text.append(i == 0 ? " " : ",").append(row);
      statement.reset(mysql_stmt_init(native_));
      if (!statement) fail_native();
      if (mysql_stmt_prepare(statement.get(), text.data(), text.size()) != 0) fail_statement();
      prepared_rows = rows;
      binds.resize(some.size());
    }
    for (std::size_t i = 0; i < some.size(); ++i) bind_value(some[i], binds[i]);
    if (mysql_stmt_bind_param(statement.get(), binds.data()) != 0) fail_statement();
    if (mysql_stmt_execute(statement.get()) != 0) fail_statement();
    answered();
    inserted += mysql_stmt_affected_rows(statement.get());
  }
  return inserted;
}

std::string Session::escape(std::string_view text) {
  require_session();
  std::string literal(text.size() * 2 + 3, '\0');
  literal[0] = '\'';
  const unsigned long length =
      mysql_real_escape_string(native_, literal.data() + 1, text.data(), text.size());
  literal[length + 1] = '\'';
  literal.resize(length + 2);
  return literal;
}

std::string Session::escape_binary(std::string_view bytes) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string literal = "x'";
  literal.reserve(bytes.size() * 2 + 3);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    literal.push_back(digits[byte >> 4]);
    literal.push_back(digits[byte & 15]);
  }
  literal.push_back('\'');
  return literal;
}

void Session::begin() {
  execute("START TRANSACTION");
}

void Session::begin_snapshot() {
  try {
    execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
    execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
  } catch (...) {
    forget_isolation_level();
    throw;
  }
}

// The level would be that of the next transaction, which then would not see what others commit
// before it has the lock of the sequence.
void Session::forget_isolation_level() noexcept {
  rollback();
  if (!connected()) return;
  try {
    execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED");
  } catch (const std::exception&) {
    close();
  }
}

void Session::commit() {
  execute("COMMIT");
}

void Session::rollback() noexcept {
  if (session_ == nullptr) return;
  try {
    execute("ROLLBACK");
  } catch (const std::exception&) {
    close();
  }
}

}  // namespace packwarden
