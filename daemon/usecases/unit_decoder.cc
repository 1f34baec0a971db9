#include "usecases/unit_decoder.h"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace packwarden {
namespace {

constexpr std::size_t read_bytes = 1 << 20;
// Lines decoded at a time: few enough to stay in the cache between decoding and grouping.
constexpr std::uint64_t lines_at_a_time = 4'096;

}  // namespace

tl::expected<std::unique_ptr<UnitDecoder>, std::string> UnitDecoder::open(
    const DecodeContext& context, std::shared_ptr<FileInWork> file, const FileProgress* progress) {
  std::string start(2 * std::size_t{context.max_line_bytes} + 2, '\0');
  const auto got = file->bytes->read(0, start.data(), start.size());
  if (!got) return tl::unexpected(got.error());
  start.resize(*got);
  auto csv = CsvDecoder::from_header(start, start.size() == file->bytes->size_bytes(),
                                     context.max_line_bytes);
  if (!csv) return tl::unexpected(csv.error());

  std::unique_ptr<UnitDecoder> decoder(new UnitDecoder(context, std::move(file), std::move(*csv)));
  if (progress != nullptr) {
    decoder->offset_bytes_ = progress->end_offset_bytes;
    decoder->line_no_ = progress->end_line + 1;
    decoder->next_unit_no_ = progress->units;
  }
  return decoder;
}

UnitDecoder::UnitDecoder(const DecodeContext& context, std::shared_ptr<FileInWork> file,
                         CsvDecoder csv)
    : context_(context),
      file_(std::move(file)),
      csv_(std::move(csv)),
      resolver_(*context.catalogue, context.directory, file_->registered.arrival, context.window,
                context.dedupe_floor),
      days_(*context.calendar, resolver_.earliest(), resolver_.latest()),
      buffer_(std::max<std::size_t>(read_bytes, 4 * std::size_t{context.max_line_bytes} + 4)),
      offset_bytes_(csv_.header_bytes()),
      line_no_(csv_.header_lines() + 1) {}

std::unique_ptr<DecodedUnit> UnitDecoder::next() {
  auto unit = std::make_unique<DecodedUnit>();
  unit->unit_no = next_unit_no_++;
  group_index_.clear();
  const auto unit_records = static_cast<std::int64_t>(file_->registered.unit_records);

  while (unit->data_lines < unit_records) {
    lines_.clear();
    const auto wanted = std::min<std::uint64_t>(
        lines_at_a_time, static_cast<std::uint64_t>(unit_records - unit->data_lines));
    const std::string_view block(buffer_.data() + buffer_begin_, buffer_end_ - buffer_begin_);
    const DecodeStep step = csv_.decode(block, at_end_, offset_bytes_, line_no_, wanted, lines_);
    add_lines(*unit);
    unit->data_lines += static_cast<std::int64_t>(step.data_lines);
    buffer_begin_ += step.consumed_bytes;
    offset_bytes_ += step.consumed_bytes;
    line_no_ += step.physical_lines;
    if (step.data_lines == wanted) continue;
    if (at_end_ || !refill(unit->failure)) break;
  }

  // A file whose last data line ends a unit has no empty unit behind it, unless only blank lines
  // follow.
  const bool read_to_the_end = offset_bytes_ >= file_->bytes->size_bytes();
  unit->is_last = unit->data_lines < unit_records || read_to_the_end || !unit->failure.empty();
  unit->end_offset_bytes = offset_bytes_;
  unit->end_line = line_no_ - 1;
  unit->group_order.resize(unit->use_groups.size());
  std::iota(unit->group_order.begin(), unit->group_order.end(), 0U);
  std::sort(
      unit->group_order.begin(), unit->group_order.end(),
      [&](std::uint32_t a, std::uint32_t b) { return unit->use_groups[a] < unit->use_groups[b]; });
  return unit;
}

// Moves what is left to the front and reads on. False where reading failed.
bool UnitDecoder::refill(std::string& failure) {
  const std::size_t kept = buffer_end_ - buffer_begin_;
  std::memmove(buffer_.data(), buffer_.data() + buffer_begin_, kept);
  buffer_begin_ = 0;
  buffer_end_ = kept;
  const auto got =
      file_->bytes->read(offset_bytes_ + kept, buffer_.data() + kept, buffer_.size() - kept);
  if (!got) {
    failure = got.error();
    return false;
  }
  buffer_end_ += *got;
  at_end_ = offset_bytes_ + buffer_end_ >= file_->bytes->size_bytes();
  return true;
}

void UnitDecoder::add_lines(DecodedUnit& unit) {
  ResolvedRecord resolved;
  for (DecodedLine& line : lines_) {
    if (!line.rejected && resolver_.resolve(line, resolved)) {
      add_record(unit, line, resolved);
    } else {
      unit.rejected.push_back(
          {{line.offset_bytes, line.line_no, line.length_bytes}, line.reason, line.detail});
    }
  }
}

void UnitDecoder::add_record(DecodedUnit& unit, const DecodedLine& line,
                             const ResolvedRecord& resolved) {
  const std::string_view source =
      line.source.empty() ? file_->registered.default_source : line.source;
  unit.keys.push_back(context_.hasher->key_of(
      source, line.id, {resolved.account->id, resolved.meter->id, line.time, line.quantity}));
  unit.times.push_back(line.time);
  unit.quantities.push_back(line.quantity);
  unit.places.push_back({line.offset_bytes, line.line_no, line.length_bytes});
  unit.groups.push_back(group_of(
      unit, {resolved.account->main(), resolved.account->id, resolved.product->id,
             resolved.meter->id, days_.day_of(line.time), resolved.meter->billable_at(line.time)}));
}

std::uint32_t UnitDecoder::group_of(DecodedUnit& unit, const UseGroup& group) {
  // Days of one unit lie within the acceptance window, so 15 bits of them tell them apart; meters
  // are few.
  const std::uint64_t key = std::uint64_t{value_of(group.used_by)} << 32 |
                            std::uint64_t{value_of(group.meter) & 0xFFFFU} << 16 |
                            (static_cast<std::uint64_t>(group.day.days_since_epoch) & 0x7FFFU)
                                << 1 |
                            std::uint64_t{group.billable};
  const auto [found, fresh] =
      group_index_.try_emplace(key, static_cast<std::uint32_t>(unit.use_groups.size()));
  if (fresh) unit.use_groups.push_back(group);
  return found->second;
}

}  // namespace packwarden
