#include "support/test_database.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <utility>
#include <vector>

namespace packwarden {
namespace {

std::string unique_name() {
  static std::atomic<unsigned> counter = 0;
  const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
  return "pw_test_" + std::to_string(getpid()) + "_" + std::to_string(now) + "_" +
         std::to_string(counter++);
}

// A statement ends with a semicolon at the end of a line.
void apply_migration(Session& session, const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string statement;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.starts_with("--")) continue;
    statement += line + "\n";
    if (!line.ends_with(';')) continue;
    session.execute(statement);
    statement.clear();
  }
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
  std::vector<std::filesystem::path> migrations;
  const auto folder = std::filesystem::path(PACKWARDEN_SOURCE_DIR) / "sql" / "migrations";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".sql") migrations.push_back(entry.path());
  }
  std::sort(migrations.begin(), migrations.end());
  for (const auto& path : migrations) apply_migration(session_, path);
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
