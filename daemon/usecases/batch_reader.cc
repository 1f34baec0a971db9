#include "usecases/batch_reader.h"

#include <algorithm>
#include <utility>

namespace packwarden {
namespace {

// No data line with all required fields is shorter: bounds the lines of a file before it is read.
constexpr std::uint64_t shortest_line_bytes = 28;

}  // namespace

BatchReader::BatchReader(UsageSpool& spool, Ledger& lookups, DecodeContext context,
                         ReaderLimits limits)
    : spool_(&spool),
      lookups_(&lookups),
      context_(std::move(context)),
      limits_(std::move(limits)) {}

std::optional<Batch> BatchReader::next(std::optional<Instant> as_of) {
  try {
    return read_ahead(as_of);
  } catch (...) {
    // What was gathered is lost: from the checkpoints again. A unit that comes twice is stale.
    rewind(context_.directory, context_.dedupe_floor);
    throw;
  }
}

std::optional<Batch> BatchReader::read_ahead(std::optional<Instant> as_of) {
  Batch batch;
  batch.directory = context_.directory;
  batch.dedupe_floor = context_.dedupe_floor;
  while (batch.data_lines < limits_.max_transaction_records &&
         batch.items.size() < limits_.max_transaction_units) {
    if (current_ == nullptr) {
      if (!open_next(batch, as_of)) break;
      if (current_ == nullptr) continue;
    }
    if (!batch.items.empty() && !fits(batch, *current_->file())) break;
    std::unique_ptr<DecodedUnit> unit = current_->next();
    const bool is_last = unit->is_last;
    if (!unit->failure.empty()) {  // of this unit nothing is committed (S6)
      batch.items.push_back({current_->file(), nullptr, unit->failure});
    } else {
      batch.data_lines += unit->data_lines;
      batch.items.push_back({current_->file(), std::move(unit), ""});
    }
    if (is_last) current_.reset();
  }
  if (batch.items.empty()) return std::nullopt;
  return batch;
}

bool BatchReader::fits(const Batch& batch, const FileInWork& file) const {
  const std::uint64_t lines_at_most = std::min<std::uint64_t>(
      file.registered.unit_records, file.registered.size_bytes / shortest_line_bytes + 1);
  return static_cast<std::uint64_t>(batch.data_lines) + lines_at_most <=
         limits_.max_transaction_records;
}

bool BatchReader::open_next(Batch& batch, std::optional<Instant> as_of) {
  if (next_file_ == unended_.size()) {
    std::vector<ClaimedFile> files;
    if (!std::exchange(left_over_taken_, true)) files = spool_->left_over();
    // A host whose clock is wrong claims nothing: what it claims arrives by that clock (U6).
    if (files.empty()) {
      const Instant arrival =
          as_of ? last_replayed_ = std::max(last_replayed_, *as_of) : lookups_->agreed_now();
      files = spool_->claim(limits_.max_claimed_files, arrival);
    }
    if (files.empty()) return false;
    for (ClaimedFile& file : files) unended_.push_back({std::move(file), std::nullopt});
  }

  Unended& next = unended_[next_file_];
  auto file = std::make_shared<FileInWork>();
  file->claimed = next.file;
  file->registered = {Digest{}, spool_->name(),    next.file.claim,        next.file.name,
                      0,        next.file.arrival, limits_.default_source, limits_.unit_records};
  const auto fail = [&](const std::string& reason) {
    batch.items.push_back({file, nullptr, reason});
    ++next_file_;
    return true;
  };
  auto opened = spool_->open(next.file);
  if (!opened) return fail(opened.error());
  file->bytes = std::move(*opened);
  const auto digest = file->bytes->digest();
  if (!digest) return fail(digest.error());
  if (is_on_its_way(*digest)) return false;

  const std::optional<FileProgress> progress =
      lookups_->progress_of(std::span(&*digest, 1)).front();
  if (progress) {
    file->registered = progress->file;
    file->accepted_units = progress->accepted_units;
  } else {
    file->registered.digest = *digest;
    file->registered.size_bytes = file->bytes->size_bytes();
  }
  if (progress && progress->complete) {
    batch.items.push_back({file, nullptr, ""});
  } else {
    auto decoder = UnitDecoder::open(context_, file, progress ? &*progress : nullptr);
    if (!decoder) return fail(decoder.error());
    current_ = std::move(*decoder);
  }
  next.digest = *digest;
  ++next_file_;
  return true;
}

// The same bytes under another name: their receipt can only be written once those before them have
// ended (U4).
bool BatchReader::is_on_its_way(const Digest& digest) const {
  return std::any_of(unended_.begin(), unended_.begin() + static_cast<std::ptrdiff_t>(next_file_),
                     [&](const Unended& other) { return other.digest == digest; });
}

void BatchReader::ended(const std::vector<std::string>& claims) {
  for (const std::string& claim : claims) {
    const auto found = std::find_if(unended_.begin(), unended_.end(), [&](const Unended& other) {
      return other.file.claim == claim;
    });
    if (found == unended_.end()) continue;
    if (static_cast<std::size_t>(found - unended_.begin()) < next_file_) --next_file_;
    unended_.erase(found);
  }
}

void BatchReader::change(DecodeContext context, ReaderLimits limits) {
  context_ = std::move(context);
  limits_ = std::move(limits);
}

void BatchReader::rewind(std::shared_ptr<const AccountDirectory> directory, Instant dedupe_floor) {
  context_.directory = std::move(directory);
  context_.dedupe_floor = dedupe_floor;
  current_.reset();
  next_file_ = 0;
}

}  // namespace packwarden
