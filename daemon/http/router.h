#pragma once

#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "domain/instant.h"
#include "http/answer.h"

namespace packwarden {

// One request as its route gets it. Views live until the answer is made.
struct RouteCall {
  static constexpr std::size_t max_parameters = 2;

  std::array<std::string_view, max_parameters> parameters;  // as sent, percent-encoded
  Instant now;
};

// Writes the body (given empty) and returns the rest. Called on the server's thread: must not
// block.
using RouteHandler = std::function<Answer(const RouteCall& call, std::string& body)>;

enum class Access { open, bearer_token };

struct Route {
  std::vector<std::string> segments;  // empty: a parameter
  Access access;
  RouteHandler handler;
};

// Which path is answered by whom; every route takes GET and HEAD. Filled before it is used, then
// thread-safe.
class Router {
 public:
  // `pattern` as "/v1/things/{name}": segments in braces are parameters, in their order.
  void add(std::string_view pattern, Access access, RouteHandler handler);

  // The route of a path and its parameters; none where there is none. No allocation.
  const Route* find(std::string_view path, RouteCall& call) const;

 private:
  std::vector<Route> routes_;
};

// Takes the percent-encoding off into `space`, or returns `text` itself where it has none. The
// error is what is wrong, as the end of a sentence ("has a broken escape").
inline constexpr std::size_t max_decoded_bytes = 128;
using DecodedSpace = std::array<char, max_decoded_bytes>;
tl::expected<std::string_view, std::string_view> percent_decoded(std::string_view text,
                                                                 DecodedSpace& space);

}  // namespace packwarden
