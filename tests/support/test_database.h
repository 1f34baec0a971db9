#pragma once

#include <string>
#include <string_view>

#include "store/session.h"

namespace packwarden {

// A database of its own for one test, on the private server that the tests run against: created
// with the schema of sql/migrations, dropped at the end. The constructor throws std::runtime_error
// with a sentence for the developer where there is no server: a database test fails then, it is
// never skipped.
class TestDatabase {
 public:
  TestDatabase();
  ~TestDatabase();
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;

  // Of this database, with all rights on the server.
  const DatabaseAddress& address() const { return address_; }
  // An open session of the test's own, for arranging and looking; one thread at a time.
  Session& session() { return session_; }
  // A further one.
  Session connect() const;

  // The first column of the first row, "NULL" for NULL; fails the call with std::runtime_error if
  // there is no row.
  std::string value(std::string_view query);

 private:
  DatabaseAddress address_;
  Session session_;
};

// The server's address without a database: its socket is taken from PACKWARDEN_TEST_SOCKET.
DatabaseAddress test_server_address();

}  // namespace packwarden
