#pragma once

#include <gtest/gtest.h>

#include "usecases/world.h"

namespace packwarden::testing {

// acme with a pack of 1,000 units and a sub-account.
class IngestTest : public ::testing::Test {
 protected:
  void SetUp() override {
    add_ready_account(database, "acme");
    add_account(database, "acme-shop", "acme");
    add_pack(database, "acme", 1000);
  }
  TestDatabase database;
};

}  // namespace packwarden::testing
