#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "app/settings_reader.h"
#include "domain/business_calendar.h"
#include "domain/catalogue.h"

namespace packwarden {

// Reads the text of catalogue.yaml (C1-C4, B2, N2). Wall times are resolved with `calendar`; where
// it is null, because the zone is unknown, they are only checked. What could be read is returned
// even where errors were added.
Catalogue read_catalogue(const std::string& text, const BusinessCalendar* calendar,
                         FileErrors& errors);

// "300" or "0.005", at most 6 decimals, as micro-units: 300'000'000 and 5'000. None for anything
// else and beyond max_tier_price_micros. Exact.
std::optional<MoneyMicros> parse_money(std::string_view text);

}  // namespace packwarden
