#pragma once

#include <cstddef>
#include <string>

namespace pw_plugin {

struct SecretFile {
  std::string secret;
  std::string
      fault;  // a sentence without its subject ("cannot be read: ..."); empty if there is none
};

// The only line of the file at `path`, without its line end; at most `bytes_max` bytes.
SecretFile read_secret_file(const std::string& path, std::size_t bytes_max);

}  // namespace pw_plugin
