#include "usecases/usage_origin.h"

#include <algorithm>

#include "domain/held_sum.h"

namespace packwarden {

bool adds_up(const OriginFigure& figure) {
  const bool is_drawn = figure.usage.outcome == Outcome::drawn;
  Wide sum = 0;
  for (const OriginPart& part : figure.parts) {
    if (part.file && part.pack.has_value() == is_drawn) sum += part.units;
  }
  return held(sum) == figure.usage.units;
}

bool adds_up(const OriginBilling& billing) {
  Wide sum = billing.open;
  for (const ChargeRow& charge : billing.charges) sum += charge.units;
  return held(sum) == billing.overage;
}

bool adds_up(const UsageOrigin& origin) {
  return std::all_of(origin.figures.begin(), origin.figures.end(),
                     [](const OriginFigure& figure) { return adds_up(figure); }) &&
         std::all_of(origin.billing.begin(), origin.billing.end(),
                     [](const OriginBilling& billing) { return adds_up(billing); });
}

}  // namespace packwarden
