#pragma once

#include <string>
#include <vector>

#include "usecases/world.h"

namespace packwarden::testing {

// A backup of all tables, in tables beside them, and its restore.
class Backup {
 public:
  explicit Backup(TestDatabase& database) : session_(database.connect()) {
    for (const auto& row : session_.query("SELECT table_name FROM information_schema.tables WHERE"
                                          " table_schema = DATABASE()")) {
      tables_.push_back(row[0].value());
    }
    for (const std::string& table : tables_) {
      session_.execute("CREATE TABLE backup_" + table + " LIKE " + table);
      session_.execute("INSERT INTO backup_" + table + " SELECT * FROM " + table);
    }
  }
  void restore() {
    Transaction transaction(session_);
    for (const std::string& table : tables_) {
      session_.execute("DELETE FROM " + table);
      session_.execute("INSERT INTO " + table + " SELECT * FROM backup_" + table);
    }
    transaction.commit();
  }

 private:
  Session session_;
  std::vector<std::string> tables_;
};

}  // namespace packwarden::testing
