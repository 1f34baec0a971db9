#pragma once

#include <stdexcept>
#include <string>

namespace packwarden {

// What a failed database call means for whoever runs a unit of work (law 1: the unit is run again,
// never the statement).
enum class DatabaseErrorKind {
  lost_connection,    // no server, or the session is gone; a COMMIT that ends so is in doubt
  deadlock,           // the server rolled the whole transaction back
  lock_wait_timeout,  // the server rolled one statement back: roll the transaction back
  duplicate_key,      // a unique key holds the value already
  bad_value,          // a value that its column cannot hold, or an expression that overflows
  read_only,          // the server was demoted, or is a replica: the ledger is on another now
  refused,            // user, password or rights
  other,
};

// What goes behind "the database ": "cannot be reached" and so on, for people.
const char* to_string(DatabaseErrorKind kind);

// The one exception of the store room. It leaves the room only for a broken environment.
class DatabaseError : public std::runtime_error {
 public:
  // `code` is the number of server or client library, 0 where there is none; `message` has no
  // password in it.
  DatabaseError(unsigned code, const std::string& message);

  DatabaseErrorKind kind() const { return kind_; }
  unsigned code() const { return code_; }
  // Whether running the whole unit of work again, after a rollback, may succeed: the first three
  // kinds, and read_only, whose next try is on a new connection.
  bool is_transient() const;
  // Whether it is what was written that cannot be: of the unit, account or command whose work this
  // was, and not of the database. The same work fails the same unless something else changes.
  bool is_of_what_was_written() const;

 private:
  DatabaseErrorKind kind_;
  unsigned code_;
};

// What the number of MySQL, MariaDB or the client library means. Pure; thread-safe.
DatabaseErrorKind classify_database_error(unsigned code);

}  // namespace packwarden
