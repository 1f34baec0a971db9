#include "http/router.h"

#include <stdexcept>

namespace packwarden {
namespace {

// Takes the first segment off a path that begins with '/'.
std::string_view take_segment(std::string_view& path) {
  path.remove_prefix(1);
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

bool fits(const Route& route, std::string_view path, RouteCall& call) {
  std::size_t parameters = 0;
  for (const std::string& wanted : route.segments) {
    if (!path.starts_with('/')) return false;
    const std::string_view segment = take_segment(path);
    if (wanted.empty()) {
      call.parameters[parameters++] = segment;
    } else if (segment != wanted) {
      return false;
    }
  }
  return path.empty();
}

// -1 where it is none.
int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

void Router::add(std::string_view pattern, Access access, RouteHandler handler) {
  Route route{{}, access, std::move(handler)};
  std::size_t parameters = 0;
  while (pattern.starts_with('/')) {
    const std::string_view segment = take_segment(pattern);
    const bool is_parameter = segment.starts_with('{');
    if (is_parameter && ++parameters > RouteCall::max_parameters) {
      throw std::logic_error("a route has too many parameters");
    }
    route.segments.emplace_back(is_parameter ? std::string_view() : segment);
  }
  routes_.push_back(std::move(route));
}

const Route* Router::find(std::string_view path, RouteCall& call) const {
  for (const Route& route : routes_) {
    if (fits(route, path, call)) return &route;
  }
  return nullptr;
}

tl::expected<std::string_view, std::string_view> percent_decoded(std::string_view text,
                                                                 DecodedSpace& space) {
  if (text.find('%') == std::string_view::npos) return text;
  std::size_t size = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (size == space.size()) return tl::unexpected<std::string_view>("is longer than 128 bytes");
    char c = text[i];
    if (c == '%') {
      const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0)
        return tl::unexpected<std::string_view>("has a broken percent escape");
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    space[size++] = c;
  }
  return std::string_view(space.data(), size);
}

}  // namespace packwarden
