#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <memory>
#include <string>
#include <vector>

#include "dedupe/key_hasher.h"
#include "domain/business_calendar.h"
#include "mediation/content_reader.h"
#include "mediation/record_decoder.h"
#include "mediation/resolver.h"
#include "usecases/decoded_unit.h"

namespace packwarden {

// What decoding needs beside the file. The catalogue's ids are those of the database.
struct DecodeContext {
  const Catalogue* catalogue = nullptr;
  const KeyHasher* hasher = nullptr;
  const BusinessCalendar* calendar = nullptr;
  AcceptanceWindow window;
  std::uint32_t max_line_bytes = 65'536;
  UnpackLimits unpack;
  std::shared_ptr<const AccountDirectory> directory;
  Instant dedupe_floor;
};

// Cuts one file into rating units and decodes them, from its checkpoint on, in memory bounded by
// the unit size (U9). Not thread-safe.
class UnitDecoder {
 public:
  // Reads the start of the file; its name tells the format. `progress` is null for a file that no
  // unit was committed of. The error says why the file cannot be read at all.
  static tl::expected<std::unique_ptr<UnitDecoder>, std::string> open(
      const DecodeContext& context, std::shared_ptr<FileInWork> file, const FileProgress* progress);

  // The next unit; the last one has is_last. Must not be called again after that.
  std::unique_ptr<DecodedUnit> next();

  const std::shared_ptr<FileInWork>& file() const { return file_; }

 private:
  UnitDecoder(const DecodeContext& context, std::shared_ptr<FileInWork> file,
              ContentReader content);

  tl::expected<void, std::string> start(Format format, const FileProgress* progress);
  void add_lines(DecodedUnit& unit);
  void add_record(DecodedUnit& unit, const DecodedLine& line, const ResolvedRecord& resolved);
  std::uint32_t group_of(DecodedUnit& unit, const UseGroup& group);
  tl::expected<void, std::string> refill();
  bool is_read_to_the_end();

  DecodeContext context_;
  std::shared_ptr<FileInWork> file_;
  ContentReader content_;
  std::unique_ptr<RecordDecoder> records_;
  RecordResolver resolver_;
  DayTable days_;
  std::vector<char> buffer_;
  std::size_t buffer_begin_ = 0;  // of what is not decoded yet
  std::size_t buffer_end_ = 0;
  std::uint64_t offset_bytes_ = 0;  // of buffer_begin_ in the content
  std::uint64_t line_no_ = 1;       // of buffer_begin_
  std::uint32_t next_unit_no_ = 0;
  std::vector<DecodedLine> lines_;
  boost::unordered_flat_map<std::uint64_t, std::uint32_t> group_index_;  // of the current unit
};

}  // namespace packwarden
