#include <array>
#include <atomic>

#include "store/error_tally.h"

namespace packwarden {
namespace {

constexpr std::array<std::string_view, database_error_kind_count> kind_names = {
    "lost_connection", "deadlock",  "lock_wait_timeout", "duplicate_key",
    "bad_value",       "read_only", "refused",           "other"};

// Of the whole process: sessions come and go in many places.
std::array<std::atomic<std::uint64_t>, database_error_kind_count> met{};

}  // namespace

std::string_view name_of(DatabaseErrorKind kind) {
  return kind_names.at(static_cast<std::size_t>(kind));
}

std::uint64_t database_errors(DatabaseErrorKind kind) {
  return met.at(static_cast<std::size_t>(kind)).load(std::memory_order_relaxed);
}

const char* to_string(DatabaseErrorKind kind) {
  switch (kind) {
    case DatabaseErrorKind::lost_connection:
      return "cannot be reached";
    case DatabaseErrorKind::deadlock:
      return "ended a deadlock";
    case DatabaseErrorKind::lock_wait_timeout:
      return "waited too long for a lock";
    case DatabaseErrorKind::duplicate_key:
      return "has such a row already";
    case DatabaseErrorKind::bad_value:
      return "cannot hold a value";
    case DatabaseErrorKind::read_only:
      return "is read-only";
    case DatabaseErrorKind::refused:
      return "refuses us";
    case DatabaseErrorKind::other:
      break;
  }
  return "reports an error";
}

DatabaseErrorKind classify_database_error(unsigned code) {
  switch (code) {
    case 1040:  // too many connections
    case 1042:  // the server cannot resolve us
    case 1043:  // bad handshake
    case 1047:  // Galera: node not ready for queries
    case 1053:  // server shutdown in progress
    case 1079:
    case 1152:  // aborted connection
    case 1158:  // four ways of a network error while reading or writing packets
    case 1159:
    case 1160:
    case 1161:
    case 1184:  // aborted new connection
    case 1203:  // too many connections of this user
    case 1927:  // connection was killed (MariaDB)
    case 2002:  // no server behind the socket
    case 2003:  // no server behind host and port
    case 2005:  // unknown host
    case 2006:  // server has gone away
    case 2012:  // error in the handshake
    case 2013:  // lost connection during the query
    case 2014:  // commands out of sync: the session is of no use any more
    case 2027:  // malformed packet
    case 2055:  // lost connection, with the system's error
    case 3169:  // session was killed (MySQL)
    case 4031:  // disconnected by the server because of inactivity
      return DatabaseErrorKind::lost_connection;
    case 1020:  // row changed since it was read (MariaDB with snapshot isolation)
    case 1213:
    case 3101:  // group replication rolled the transaction back
      return DatabaseErrorKind::deadlock;
    case 1205:
    case 3572:  // NOWAIT
      return DatabaseErrorKind::lock_wait_timeout;
    case 1022:
    case 1062:
    case 1586:
      return DatabaseErrorKind::duplicate_key;
    case 1048:  // a column cannot be NULL
    case 1264:  // out of range for its column
    case 1265:  // truncated
    case 1292:  // no value of its type
    case 1366:  // no value of its type, or text that is no utf8mb4
    case 1367:  // no value of its type
    case 1406:  // too long for its column
    case 1411:  // no value for the function
    case 1690:  // an expression is out of the range of its type
    case 3819:  // a check constraint (MySQL)
    case 4025:  // a check constraint (MariaDB)
      return DatabaseErrorKind::bad_value;
    case 1290:  // the server runs with --read-only
    case 1792:  // the transaction is read-only
    case 1836:  // read-only mode
      return DatabaseErrorKind::read_only;
    case 1044:  // no right to the database
    case 1045:  // user or password
    case 1130:  // host is not allowed to connect
    case 1142:  // no right to the table
    case 1143:  // no right to the column
    case 1227:  // no such privilege
    case 1698:  // user or password (MariaDB)
    case 1820:  // password has expired
    case 1862:
      return DatabaseErrorKind::refused;
    default:
      return DatabaseErrorKind::other;
  }
}

DatabaseError::DatabaseError(unsigned code, const std::string& message)
    : std::runtime_error(message), kind_(classify_database_error(code)), code_(code) {
  met.at(static_cast<std::size_t>(kind_)).fetch_add(1, std::memory_order_relaxed);
}

bool DatabaseError::is_transient() const {
  return kind_ == DatabaseErrorKind::lost_connection || kind_ == DatabaseErrorKind::deadlock ||
         kind_ == DatabaseErrorKind::lock_wait_timeout || kind_ == DatabaseErrorKind::read_only;
}

bool DatabaseError::is_of_what_was_written() const {
  return kind_ == DatabaseErrorKind::duplicate_key || kind_ == DatabaseErrorKind::bad_value;
}

}  // namespace packwarden
