#pragma once

#include <optional>
#include <string>
#include <vector>

#include "usecases/report_rows.h"

// From a figure of one account and business day back to the files and packs that made it
// (docs/STATEMENTS.md).
namespace packwarden {

struct OriginFile {
  Digest digest{};
  std::string name;
  std::string spool;
  Instant arrival;
};
struct OriginPack {
  PackId id{};
  std::string tier;
  Instant purchased_at;
  Instant expires_at;
};
// What one rating unit of a file, or the void of a file, gave to a figure: of one pack, or of none.
struct OriginPart {
  Sequence sequence = 0;
  Units units = 0;  // negative in a void
  Instant committed_at;
  std::optional<OriginFile> file{};  // none: no unit and no void claims these entries
  std::optional<OriginPack> pack{};  // of drawn units
  bool is_void = false;
  std::string void_reason;
  std::uint32_t unit_no =
      0;  // unless it is a void; and the lines that the unit read, both inclusive
  std::uint64_t first_line = 0;
  std::uint64_t last_line = 0;
  std::optional<Instant> voided_at{};  // of a unit: when its file was voided
};
struct OriginFigure {
  UsageRow usage;                 // its sum as `packctl usage` reads it
  std::vector<OriginPart> parts;  // in the order of the ledger
};
// Who charged the overage of the day; of the main account, whoever used it (B6).
struct OriginBilling {
  std::string product;
  Units overage = 0;               // as the entries say
  std::vector<ChargeRow> charges;  // credits among them, oldest first
  Units open = 0;                  // that no bill has charged yet
};
struct UsageOrigin {
  std::vector<OriginFigure> figures;  // by user, product, meter and outcome
  std::vector<OriginBilling> billing;
};

// Whether the parts of known files and, where drawn, known packs are the figure. Pure; thread-safe.
bool adds_up(const OriginFigure& figure);
// Whether what was charged and what is open are the overage. Pure; thread-safe.
bool adds_up(const OriginBilling& billing);
bool adds_up(const UsageOrigin& origin);

}  // namespace packwarden
