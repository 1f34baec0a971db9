#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace packwarden {

// What a channel delivers to (N4). `inbox` are the in-site messages.
enum class Medium : std::uint8_t { sms, email, inbox, webhook };
inline constexpr std::size_t medium_count = 4;
inline constexpr std::array all_media{Medium::sms, Medium::email, Medium::inbox, Medium::webhook};
std::string_view name_of(Medium medium);
std::optional<Medium> medium_from(std::string_view name);

}  // namespace packwarden
