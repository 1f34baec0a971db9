#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "store/error.h"

struct st_mysql;
namespace soci {
class session;
}

namespace packwarden {

struct DatabaseAddress {
  std::string socket;  // path of the server's Unix socket; empty: host and port
  std::string host;
  std::uint16_t port = 3306;
  std::string name;  // database; empty: none selected
  std::string user;
  std::string password;
  std::uint32_t connect_timeout_ms = 5'000;  // rounded up to whole seconds
  std::uint32_t lock_wait_timeout_s = 10;    // row locks and metadata locks
  // A server that says nothing for so long while we wait for it counts as lost; 0: wait for ever.
  std::uint32_t answer_timeout_s = 0;
};

// One row of a result as text; nothing where the value is NULL. Views are valid until the callback
// returns.
using RowView = std::span<const std::optional<std::string_view>>;
using RowCallback = std::function<void(RowView)>;
using TextRow = std::vector<std::optional<std::string>>;

// A value of a prepared insert; nullptr is NULL. What views point to must live until the call
// returns.
struct Bytes {
  std::string_view bytes;
};
using SqlValue = std::variant<std::nullptr_t, std::int64_t, std::uint64_t, std::string_view, Bytes>;

// One session with the database, which states what it needs instead of trusting the server's
// defaults (law 11): READ COMMITTED, UTC, strict sql_mode, utf8mb4, bounded lock waits, autocommit
// outside of transactions, no automatic reconnect. A session is used by one thread at a time.
//
// Every member that talks to the server throws DatabaseError. After a lost connection connected()
// is false and all calls but connect() and close() fail; whatever transaction was open is for the
// caller to run again. "Affected" rows are the rows that a statement matched, changed or not.
class Session {
 public:
  // Does not connect. `on_answer`, which may be null, is called on the session's thread whenever
  // the server has answered a statement or given a row: whoever waits for it gets on.
  explicit Session(DatabaseAddress address, std::function<void()> on_answer = {});
  ~Session();
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;

  // Opens the session, after closing an open one. On an error it stays closed.
  void connect();
  // Ends the session; the server rolls back what was not committed. Never throws.
  void close() noexcept;
  // False before connect() and once a lost connection has been seen; does not ask the server.
  bool connected() const { return session_ != nullptr && !lost_; }

  // Runs one statement and returns its affected rows; a result set is thrown away. Text may be as
  // large as the server's max_allowed_packet.
  std::uint64_t execute(std::string_view text);
  // Runs one query and returns all its rows.
  std::vector<TextRow> query(std::string_view text);
  // Runs one query and calls `callback` for each row while rows arrive: memory stays bounded, but
  // the session can do nothing else until this returns. What the callback throws comes out after
  // the rest was thrown away.
  void for_each_row(std::string_view text, const RowCallback& callback);
  // How insert_rows sends its rows. `arrays`: one prepared row, and an array of values for each
  // placeholder, about a mebibyte at a time; what MariaDB takes. `statements`: prepared statements
  // of up to a hundred rows; what every server takes, and what `arrays` means where the server
  // takes none.
  enum class RowsBy { arrays, statements };
  // Inserts rows whose values the server takes as they are, where text would be read and unquoted
  // for each row. `head` ends in VALUES; `row` is one row with its parentheses, with a ? for each
  // of its `values` and none besides. Returns the inserted rows. After an error some of the rows
  // may be there: it must be called within a transaction.
  std::uint64_t insert_rows(std::string_view head, std::string_view row,
                            std::span<const SqlValue> values, RowsBy by = RowsBy::arrays);

  // A literal with its quotes: 'it\'s' for text in utf8mb4, x'00FF' for bytes.
  std::string escape(std::string_view text);
  static std::string escape_binary(std::string_view bytes);

  // Loses the connection on purpose, also from within a callback: so that nobody has to take all
  // that the server still has to say.
  void break_off() noexcept;

  // A transaction. A COMMIT that fails with lost_connection is in doubt (law 2).
  void begin();
  // A read-only transaction that sees one state of the database from now on, whatever others
  // commit. If it throws, the next transaction is READ COMMITTED again, or the session is closed.
  void begin_snapshot();
  void commit();
  // Never throws: where the server cannot be told, the session is closed, which has the same
  // effect.
  void rollback() noexcept;

  // Runs `callback` with the SOCI session; what SOCI throws comes out as DatabaseError.
  template <class Callback>
  decltype(auto) with_sql(Callback&& callback) {
    try {
      return std::forward<Callback>(callback)(sql());
    } catch (...) {
      rethrow_mapped();
    }
  }
  // The open session, owned by this object until close() or connect(). Prefer with_sql: errors of
  // SOCI are SOCI's here.
  soci::session& sql();
  st_mysql* native();

  const DatabaseAddress& address() const { return address_; }

 private:
  void require_session() const;
  void state_what_we_need();
  void forget_isolation_level() noexcept;
  void send(std::string_view text);
  std::uint64_t insert_arrays(std::string_view head, std::string_view row,
                              std::span<const SqlValue> values, std::size_t width);
  std::uint64_t insert_statements(std::string_view head, std::string_view row,
                                  std::span<const SqlValue> values, std::size_t width);
  [[noreturn]] void fail(unsigned code, const std::string& message);
  [[noreturn]] void fail_native();
  [[noreturn]] void rethrow_mapped();

  void answered() const {
    if (on_answer_) on_answer_();
  }

  DatabaseAddress address_;
  std::function<void()> on_answer_;
  std::unique_ptr<soci::session> session_;
  st_mysql* native_ = nullptr;  // owned by session_
  bool lost_ = false;
};

// A snapshot in a scope (begin_snapshot).
class Snapshot {
 public:
  explicit Snapshot(Session& session) : session_(&session) { session.begin_snapshot(); }
  ~Snapshot() { session_->rollback(); }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

 private:
  Session* session_;
};

// A transaction in a scope: begins it, and rolls it back at the end unless commit() was called.
class Transaction {
 public:
  explicit Transaction(Session& session) : session_(&session) { session.begin(); }
  ~Transaction() {
    if (session_ != nullptr) session_->rollback();
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  // If it throws, the end of the scope rolls back; with lost_connection the outcome is in doubt.
  void commit() {
    session_->commit();
    session_ = nullptr;
  }

 private:
  Session* session_;
};

}  // namespace packwarden
