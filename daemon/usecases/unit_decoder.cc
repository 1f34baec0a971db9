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
  const auto kind = file_kind_of(file->registered.name);
  if (!kind) {
    return tl::unexpected("its name has no ending that is known here; known is: " +
                          known_endings());
  }
  UsageFile* const bytes = file->bytes.get();
  const auto stored = [bytes](std::uint64_t offset, char* into, std::size_t size) {
    return bytes->read(offset, into, size);
  };
  std::unique_ptr<UnitDecoder> decoder(new UnitDecoder(
      context, std::move(file), ContentReader(kind->packing, stored, context.unpack)));
  if (auto started = decoder->start(kind->format, progress); !started) {
    return tl::unexpected(started.error());
  }
  return decoder;
}

UnitDecoder::UnitDecoder(const DecodeContext& context, std::shared_ptr<FileInWork> file,
                         ContentReader content)
    : context_(context),
      file_(std::move(file)),
      content_(std::move(content)),
      resolver_(*context.catalogue, context.directory, file_->registered.arrival, context.window,
                context.dedupe_floor),
      days_(*context.calendar, resolver_.earliest(), resolver_.latest()),
      buffer_(std::max<std::size_t>(read_bytes, 4 * std::size_t{context.max_line_bytes} + 4)) {}

// From the header to the first data line, or to the checkpoint.
tl::expected<void, std::string> UnitDecoder::start(Format format, const FileProgress* progress) {
  if (auto read = refill(); !read) return read;
  auto records = open_decoder(format, {buffer_.data(), buffer_end_}, content_.at_end(),
                              context_.max_line_bytes);
  if (!records) {
    // Where the content breaks off in its header, that is what is wrong.
    if (!content_.at_end() && buffer_end_ < buffer_.size()) {
      if (auto read = refill(); !read) return read;
    }
    return tl::unexpected(records.error());
  }
  records_ = std::move(*records);
  offset_bytes_ = records_->start_bytes();
  line_no_ = records_->start_lines() + 1;
  if (progress != nullptr) {
    next_unit_no_ = progress->units;
    offset_bytes_ = progress->end_offset_bytes;
    line_no_ = progress->end_line + 1;
  }
  if (offset_bytes_ <= buffer_end_) {
    buffer_begin_ = offset_bytes_;
    return {};
  }
  buffer_begin_ = buffer_end_ = 0;
  return content_.skip_to(offset_bytes_);
}

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
    const DecodeStep step =
        records_->decode(block, content_.at_end(), offset_bytes_, line_no_, wanted, lines_);
    add_lines(*unit);
    unit->data_lines += static_cast<std::int64_t>(step.data_lines);
    buffer_begin_ += step.consumed_bytes;
    offset_bytes_ += step.consumed_bytes;
    line_no_ += step.physical_lines;
    if (step.data_lines == wanted) continue;
    if (content_.at_end()) break;
    if (const auto read = refill(); !read) {
      unit->failure = read.error();
      break;
    }
  }

  unit->is_last = unit->data_lines < unit_records || !unit->failure.empty() || is_read_to_the_end();
  unit->end_offset_bytes = offset_bytes_;
  unit->end_line = line_no_ - 1;
  unit->group_order.resize(unit->use_groups.size());
  std::iota(unit->group_order.begin(), unit->group_order.end(), 0U);
  std::sort(
      unit->group_order.begin(), unit->group_order.end(),
      [&](std::uint32_t a, std::uint32_t b) { return unit->use_groups[a] < unit->use_groups[b]; });
  return unit;
}

// Moves what is left to the front and reads on.
tl::expected<void, std::string> UnitDecoder::refill() {
  const std::size_t kept = buffer_end_ - buffer_begin_;
  std::memmove(buffer_.data(), buffer_.data() + buffer_begin_, kept);
  buffer_begin_ = 0;
  buffer_end_ = kept;
  const auto got = content_.read(buffer_.data() + kept, buffer_.size() - kept);
  if (!got) return tl::unexpected(got.error());
  buffer_end_ += *got;
  return {};
}

// A file whose last data line ends a unit has no empty unit behind it, unless only blank lines
// follow. What fails behind that line is the next unit's failure.
bool UnitDecoder::is_read_to_the_end() {
  if (buffer_begin_ == buffer_end_ && !content_.at_end() && !refill()) return false;
  return buffer_begin_ == buffer_end_ && content_.at_end();
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
      unit, {resolved.account->main(), resolved.product->id, resolved.account->id,
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
