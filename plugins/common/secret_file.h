#pragma once

#include <cstddef>
#include <string>

namespace pw_plugin {

struct SecretFile {
  std::string secret;
  std::string
      fault;  // a sentence without its subject ("cannot be read: ..."); empty if there is none
};

// The lines of the file at `path`, at most `lines_max` and together at most `bytes_max` bytes, with
// '\n' between them and none at the end.
SecretFile read_secret_file(const std::string& path, std::size_t bytes_max,
                            std::size_t lines_max = 1);

}  // namespace pw_plugin
