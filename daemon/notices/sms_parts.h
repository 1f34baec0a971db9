#pragma once

#include <cstddef>
#include <string_view>

namespace packwarden {

// How many messages a text goes out as. Where all of it stands in the alphabet of GSM (3GPP TS
// 23.038): one up to 160 characters, else 153 in each, those of its extension table counting two
// and never cut. Else in UCS-2: one up to 70 units of UTF-16, else 67 in each, pairs never cut.
// An empty text is one. What is no UTF-8 counts a unit a byte. Pure; thread-safe.
std::size_t sms_parts(std::string_view text);

// Whether it stands in the alphabet of GSM and its extension table.
bool is_gsm(std::string_view text);

}  // namespace packwarden
