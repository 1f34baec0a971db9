#include "support/test_database.h"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <utility>

#include "store/migrations.h"

namespace packwarden {
namespace {

std::string unique_name() {
  static std::atomic<unsigned> counter = 0;
  const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
  return "pw_test_" + std::to_string(getpid()) + "_" + std::to_string(now) + "_" +
         std::to_string(counter++);
}

DatabaseAddress create_database() {
  DatabaseAddress address = test_server_address();
  Session server(address);
  try {
    server.connect();
  } catch (const DatabaseError& error) {
    throw std::runtime_error("The test server does not answer at " + address.socket + " (" +
                             error.what() + "). Run ./dev test, or ./dev db start.");
  }
  address.name = unique_name();
  server.execute("CREATE DATABASE " + address.name + " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin");
  return address;
}

}  // namespace

DatabaseAddress test_server_address() {
  const char* socket = std::getenv("PACKWARDEN_TEST_SOCKET");
  if (socket == nullptr || *socket == '\0') {
    throw std::runtime_error(
        "PACKWARDEN_TEST_SOCKET is not set, so there is no server to test against. Run ./dev test, "
        "or ./dev db start.");
  }
  DatabaseAddress address;
  address.socket = socket;
  address.user = "root";
  return address;
}

TestDatabase::TestDatabase() : address_(create_database()), session_(address_) {
  session_.connect();
  migrate(session_);
}

TestDatabase::~TestDatabase() {
  try {
    session_.connect();
    session_.execute("DROP DATABASE IF EXISTS " + address_.name);
  } catch (const std::exception&) {  // the server was stopped by the test
  }
}

Session TestDatabase::connect() const {
  Session session(address_);
  session.connect();
  return session;
}

std::string TestDatabase::value(std::string_view query) {
  const auto rows = session_.query(query);
  if (rows.empty()) throw std::runtime_error("no row: " + std::string(query));
  return rows[0][0].value_or("NULL");
}

}  // namespace packwarden
