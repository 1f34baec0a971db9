#include "usecases/void_duplicates.h"

namespace packwarden {

std::string find_duplicates_of(DedupeIndex& keys, const DecodeContext& context,
                               const FileOutcome& outcome, std::unique_ptr<UsageFile> bytes,
                               std::span<const std::uint32_t> units,
                               const std::function<void(std::uint64_t line_no)>& line) {
  constexpr std::int32_t any_day = 0;
  auto file = std::make_shared<FileInWork>();
  file->claimed = {outcome.file.claim, outcome.file.name, outcome.file.arrival};
  file->registered = outcome.file;
  file->bytes = std::move(bytes);
  const auto decoder = UnitDecoder::open(context, file, nullptr);
  if (!decoder) return decoder.error();
  while (!units.empty()) {
    const std::unique_ptr<DecodedUnit> unit = (*decoder)->next();
    if (!unit->failure.empty()) return unit->failure;
    if (unit->unit_no != units.front()) {
      if (unit->is_last) return "it is shorter than it was";
      continue;
    }
    units = units.subspan(1);
    for (std::size_t i = 0; i < unit->keys.size(); ++i) {
      const Seen seen = keys.insert(unit->keys[i], any_day);
      if (seen == Seen::duplicate) line(unit->places[i].line_no);
      if (seen == Seen::is_new) keys.erase(unit->keys[i]);
    }
    if (unit->is_last) break;
  }
  return "";
}

}  // namespace packwarden
