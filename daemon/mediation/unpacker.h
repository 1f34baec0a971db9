#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace packwarden {

// Turns packed bytes into content, a piece at a time. Not thread-safe.
class Unpacker {
 public:
  struct Step {
    std::size_t consumed_bytes = 0;
    std::size_t produced_bytes = 0;
    std::optional<std::string>
        fault;  // what is wrong behind what was produced, as part of a sentence
  };

  virtual ~Unpacker() = default;

  // Makes progress wherever `packed` and the room for the content are not empty. Behind a fault it
  // must not be called again.
  virtual Step unpack(std::string_view packed, char* into, std::size_t size) = 0;

  // Whether the packed bytes may end here: behind at least one member or frame, and in none.
  virtual bool may_end() const = 0;

  // How the packing is called in a sentence.
  virtual const char* what() const = 0;
};

std::unique_ptr<Unpacker> make_gzip_unpacker();
// A frame that needs a larger window is a fault.
std::unique_ptr<Unpacker> make_zstd_unpacker(std::uint32_t max_window_bytes);

}  // namespace packwarden
