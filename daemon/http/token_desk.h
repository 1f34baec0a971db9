#pragma once

#include "usecases/token_port.h"

namespace packwarden {

// TokenDesk on the file of tokens: each change is one rename, synced, under a lock of the folder.
class TokenFileDesk : public TokenDesk {
 public:
  explicit TokenFileDesk(const std::string& path);

  tl::expected<std::string, Refusal> create(std::string_view name) override;
  std::vector<std::string> names() override;
  tl::expected<void, Refusal> revoke(std::string_view name) override;

 private:
  std::string path_;
};

}  // namespace packwarden
