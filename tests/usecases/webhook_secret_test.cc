#include "usecases/webhook_secret.h"

#include <gtest/gtest.h>

namespace packwarden {
namespace {

const std::string key = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

// The value is from openssl dgst -sha256 -mac HMAC -macopt hexkey:...
TEST(N4_WebhookSecret, IsMadeOfTheFirstKeyAndTheName) {
  const std::string acme = "whsec_NRQjLGajbtCMiem1assoSDVZvaAKj3XKk9U7ddSg3oM=";
  EXPECT_EQ(webhook_secret(key, "acme"), acme);
  EXPECT_EQ(webhook_secret(key + "\n", "acme"), acme);
  EXPECT_EQ(webhook_secret(key + "\r\n", "acme"), acme);
  EXPECT_EQ(webhook_secret(key + "\n" + std::string(64, 'f') + "\n", "acme"), acme);
  EXPECT_NE(webhook_secret(key, "acme2"), acme);
}

TEST(N4_WebhookSecret, NeedsAKeyOf32BytesInHex) {
  for (const std::string& keys : {std::string(), key.substr(2), key.substr(1), "x" + key,
                                  "0x" + key.substr(2), key.substr(2) + "-1", " " + key}) {
    EXPECT_EQ(webhook_secret(keys, "acme"), std::nullopt) << keys;
  }
}

}  // namespace
}  // namespace packwarden
