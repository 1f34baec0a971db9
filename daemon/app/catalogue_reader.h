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

}  // namespace packwarden
