#include "domain/medium.h"

#include "domain/named.h"

namespace packwarden {
namespace {

constexpr std::array<std::string_view, medium_count> medium_names = {"sms", "email", "inbox",
                                                                     "webhook"};

}  // namespace

std::string_view name_of(Medium medium) {
  return medium_names.at(static_cast<std::size_t>(medium));
}

std::optional<Medium> medium_from(std::string_view name) {
  return value_named<Medium>(medium_names, name);
}

}  // namespace packwarden
