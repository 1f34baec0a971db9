#include "usecases/batch_decision.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "notices/usage_levels.h"
#include "rating/rating.h"

namespace packwarden {
namespace {

bool fits_below(Units limit, Units sum, Units more) {
  Units total = 0;
  return !__builtin_add_overflow(sum, more, &total) && total <= limit;
}

bool stands_before(const RejectedLine& a, const RejectedLine& b) {
  return a.place.offset_bytes < b.place.offset_bytes;
}

// Those that decoding rejected and those that the decision did, each in line order, as one.
std::string to_text(const std::deque<RejectedLine>& decoded,
                    const std::vector<RejectedLine>& decided) {
  constexpr std::size_t usual_bytes = 72;
  std::string text;
  text.reserve((decoded.size() + decided.size()) * usual_bytes);
  const auto add = [&text](const RejectedLine& line) {
    fmt::format_to(std::back_inserter(text), "{}\t{}\t{}\t{}\t{}\n", line.place.line_no,
                   name_of(line.reason), line.place.offset_bytes, line.place.length_bytes,
                   line.detail);
  };
  auto next = decided.begin();
  for (const RejectedLine& line : decoded) {
    for (; next != decided.end() && stands_before(*next, line); ++next) add(*next);
    add(line);
  }
  for (; next != decided.end(); ++next) add(*next);
  return text;
}

Billable billable_by_meter(const UseGroup& group) {
  return group.billable ? Billable::yes : Billable::not_by_meter;
}

}  // namespace

BatchDecision::BatchDecision(const DecideContext& context, Books& books, const Batch& batch,
                             OpenRowsOf open_rows_of)
    : context_(&context),
      books_(&books),
      open_sums_(*context.catalogue, books, std::move(open_rows_of), context.max_open) {
  try {
    Units accepted = 0;
    const FileInWork* file = nullptr;
    for (const BatchItem& item : batch.items) {
      if (item.unit == nullptr) continue;
      // A file may have several units in one batch, one behind the other.
      if (item.file.get() != file) accepted = item.file->accepted_units;
      file = item.file.get();
      decide(item, accepted);
      accepted += write_.units.back().counts.accepted_units;
    }
    write_balances();
    for (const NoticeKind kind : {NoticeKind::pack_usage, NoticeKind::pack_used_up}) {
      if (!write_.balances.empty() && context_->notices->policy.is_off(kind))
        write_.off_kinds.push_back(kind);
    }
    std::vector<AccountId>& exhausted = write_.exhausted;
    std::sort(exhausted.begin(), exhausted.end());
    exhausted.erase(std::unique(exhausted.begin(), exhausted.end()), exhausted.end());
  } catch (...) {
    undo();
    throw;
  }
}

// By difference, so that what others wrote is never written over.
void BatchDecision::write_balances() {
  std::vector<const PackBefore*> drawn;
  for (const PackBefore& before : touched_) {
    if (before.is_drawn) drawn.push_back(&before);
  }
  // A pack that several units drew from: as it was before the first of them.
  std::stable_sort(drawn.begin(), drawn.end(),
                   [](const auto* a, const auto* b) { return a->pack->id < b->pack->id; });
  drawn.erase(std::unique(drawn.begin(), drawn.end(),
                          [](const auto* a, const auto* b) { return a->pack == b->pack; }),
              drawn.end());
  for (const PackBefore* before : drawn) {
    const PackState& pack = *before->pack;
    write_.balances.push_back({pack.id, pack.used - before->used, pack.left() == 0});
  }
}

BatchDecision::~BatchDecision() {
  if (!stands_) undo();
}

void BatchDecision::decide(const BatchItem& item, Units accepted_before) {
  const DecodedUnit& unit = *item.unit;
  UnitWrite out;
  out.file = &item.file->registered;
  out.registers_file = unit.unit_no == 0;
  out.unit_no = unit.unit_no;
  out.end_offset_bytes = unit.end_offset_bytes;
  out.end_line = unit.end_line;
  out.is_last = unit.is_last;
  out.counts.lines = unit.data_lines;

  std::vector<RejectedLine> rejected;  // by what the ledger holds already
  const std::int32_t arrival_day = utc_day_of(item.file->registered.arrival);
  dedupe(unit, arrival_day, accepted_before, out.counts, rejected);
  keep_new_keys(unit, arrival_day, out.counts.accepted);
  out.first_entry = write_.entries.size();
  rate(unit, out.counts);
  out.entry_count = write_.entries.size() - out.first_entry;
  const auto count = [&](const RejectedLine& line) {
    if (line.reason != RejectReason::conflict)
      ++out.counts.rejected[static_cast<std::size_t>(line.reason)];
  };
  std::for_each(unit.rejected.begin(), unit.rejected.end(), count);
  std::for_each(rejected.begin(), rejected.end(), count);
  std::sort(rejected.begin(), rejected.end(), stands_before);
  out.rejected_lines = to_text(unit.rejected, rejected);
  if (!out.counts.adds_up()) {
    throw std::logic_error(fmt::format("the counts of unit {} of file {} do not add up",
                                       unit.unit_no, item.file->registered.name));
  }
  write_.units.push_back(std::move(out));
}

const Product& BatchDecision::product(ProductId id) const {
  const auto& products = context_->catalogue->products;
  return *std::find_if(products.begin(), products.end(),
                       [id](const Product& product) { return product.id == id; });
}

// Leaves in sums_ what was accepted, by group, and in billable_from_ from when on it is billable.
void BatchDecision::dedupe(const DecodedUnit& unit, std::int32_t arrival_day, Units accepted_before,
                           UnitCounts& counts, std::vector<RejectedLine>& rejected) {
  const std::size_t count = unit.keys.size();
  seen_.push_back({&unit, std::vector<Seen>(count, Seen::duplicate)});
  std::vector<Seen>& seen = seen_.back().seen;
  Wide all_units = accepted_before;
  for (const Units quantity : unit.quantities) all_units += quantity;

  bool in_line_order = all_units > context_->max_file_units;
  const UnitCounts none = counts;
  open_sums_.begin_unit();
  while (true) {
    begin_sums(unit);
    if (in_line_order) {
      dedupe_in_line_order(unit, arrival_day, accepted_before, counts, rejected);
    } else {
      books_->index().insert_all(unit.keys.data(), count, arrival_day, seen.data());
    }
    sum_up(unit, counts, rejected);
    // Where they do not, more accounts are watched in the next turn: what is rejected of one may
    // make room for others in the file.
    if (open_sums_.fit(unit, sums_)) return;
    take_back_keys();
    counts = none;
    rejected.clear();
    in_line_order = true;
  }
}

void BatchDecision::begin_sums(const DecodedUnit& unit) {
  sums_.resize(unit.use_groups.size());
  billable_from_.resize(unit.use_groups.size());
  for (std::size_t g = 0; g < sums_.size(); ++g) {
    const UseGroup& group = unit.use_groups[g];
    sums_[g] = {group.used_by,     group.meter,         group.day, billable_by_meter(group),
                Instant::latest(), Instant::earliest(), 0};
    billable_from_[g] = group.billable
                            ? books_->billable_from(group.account, product(group.product))
                            : Instant::earliest();
  }
}

void BatchDecision::sum_up(const DecodedUnit& unit, UnitCounts& counts,
                           std::vector<RejectedLine>& rejected) {
  const std::vector<Seen>& seen = seen_.back().seen;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    if (seen[i] == Seen::is_new) {
      const std::uint32_t group = unit.groups[i];
      UseSum& sum = sums_[group];
      sum.units += unit.quantities[i];
      sum.first = std::min(sum.first, unit.times[i]);
      sum.last = std::max(sum.last, unit.times[i]);
      ++counts.accepted;
      if (sum.billable != Billable::yes) ++counts.not_billable_meter;
      if (unit.times[i] < billable_from_[group]) ++counts.not_billable_integration;
    } else if (seen[i] == Seen::duplicate) {
      ++counts.duplicate;
    } else {
      ++counts.conflict;
      rejected.push_back(
          {unit.places[i], RejectReason::conflict,
           "the same source and id came before with other content; that one stands"});
    }
  }
}

// Those of the current unit.
void BatchDecision::take_back_keys() {
  UnitSeen& done = seen_.back();
  for (std::size_t i = 0; i < done.seen.size(); ++i) {
    if (done.seen[i] == Seen::is_new) books_->index().erase(done.unit->keys[i]);
    done.seen[i] = Seen::duplicate;
  }
}

// Slow and exact: a record that would not fit is rejected alone and does not hold its id.
void BatchDecision::dedupe_in_line_order(const DecodedUnit& unit, std::int32_t arrival_day,
                                         Units accepted_before, UnitCounts& counts,
                                         std::vector<RejectedLine>& rejected) {
  std::vector<Seen>& seen = seen_.back().seen;
  Units accepted = accepted_before;
  const auto reject = [&](std::size_t i, const char* why) {
    books_->index().erase(unit.keys[i]);
    --counts.duplicate;  // as which sum_up() counts it, since it is not new
    rejected.push_back({unit.places[i], RejectReason::out_of_range, why});
  };
  open_sums_.begin_line_order();
  for (std::size_t i = 0; i < unit.keys.size(); ++i) {
    const Units quantity = unit.quantities[i];
    const Seen outcome = books_->index().insert(unit.keys[i], arrival_day);
    if (outcome == Seen::is_new) {
      if (!fits_below(context_->max_file_units, accepted, quantity)) {
        reject(i, "the accepted units of this file would not fit; split the file");
        continue;
      }
      if (!open_sums_.takes(unit.use_groups[unit.groups[i]], quantity)) {
        reject(i, open_sum_too_large);
        continue;
      }
      accepted += quantity;
    }
    seen[i] = outcome;
  }
}

void BatchDecision::keep_new_keys(const DecodedUnit& unit, std::int32_t arrival_day,
                                  std::int64_t accepted) {
  if (accepted == 0) return;
  if (accepted == static_cast<std::int64_t>(unit.keys.size())) {
    write_.segments.push_back({arrival_day, unit.keys});
    return;
  }
  const std::vector<Seen>& seen = seen_.back().seen;
  std::vector<RecordKey> keys;
  keys.reserve(static_cast<std::size_t>(accepted));
  for (std::size_t i = 0; i < seen.size(); ++i) {
    if (seen[i] == Seen::is_new) keys.push_back(unit.keys[i]);
  }
  kept_keys_.push_back(std::move(keys));
  write_.segments.push_back({arrival_day, kept_keys_.back()});
}

void BatchDecision::rate(const DecodedUnit& unit, UnitCounts& counts) {
  const std::size_t first_entry = write_.entries.size();
  const auto same_account = [&](std::uint32_t a, std::uint32_t b) {
    const UseGroup& x = unit.use_groups[a];
    const UseGroup& y = unit.use_groups[b];
    return x.account == y.account && x.product == y.product;
  };
  std::vector<std::span<const std::uint32_t>> by_record;
  const std::span<const std::uint32_t> order = unit.group_order;
  for (std::size_t begin = 0; begin < order.size();) {
    std::size_t end = begin + 1;
    while (end < order.size() && same_account(order[begin], order[end])) ++end;
    const auto groups = order.subspan(begin, end - begin);
    if (!rate_sums(unit, groups)) by_record.push_back(groups);
    begin = end;
  }
  if (!by_record.empty()) rate_records(unit, by_record);

  for (std::size_t e = first_entry; e < write_.entries.size(); ++e) {
    const LedgerEntry& entry = write_.entries[e];
    counts.accepted_units += entry.units;
    switch (entry.outcome) {
      case Outcome::drawn:
        counts.drawn_units += entry.units;
        break;
      case Outcome::overage:
        counts.overage_units += entry.units;
        break;
      case Outcome::overrun:
        counts.overrun_units += entry.units;
        break;
      case Outcome::not_billable_meter:
      case Outcome::not_billable_integration:
        counts.not_billable_units += entry.units;
        break;
    }
  }
}

// The groups of one account and product. False, with nothing changed, where sums cannot tell.
bool BatchDecision::rate_sums(const DecodedUnit& unit, std::span<const std::uint32_t> groups) {
  account_sums_.clear();
  for (const std::uint32_t g : groups) {
    if (sums_[g].units == 0) continue;
    account_sums_.push_back(sums_[g]);
    if (sums_[g].first >= billable_from_[g]) continue;
    if (sums_[g].last >= billable_from_[g]) return false;
    account_sums_.back().billable = Billable::not_by_integration;
  }
  if (account_sums_.empty()) return true;
  const UseGroup& group = unit.use_groups[groups.front()];
  const std::span<PackState> packs = books_->packs_of(group.account, group.product);
  const std::size_t touched_from = remember(packs);
  const PostpaidTimes postpaid = books_->postpaid_of(group.account, product(group.product));
  const std::size_t first_entry = write_.entries.size();
  if (!rate_by_sum(group.account, packs, postpaid, account_sums_, write_.entries)) {
    touched_.resize(touched_from);
    return false;
  }
  open_sums_.add(group.product, std::span(write_.entries).subspan(first_entry));
  tell(group.account, touched_from);
  return true;
}

// The accounts that sums cannot tell: their records are gathered in one pass, then each account
// goes by the model.
void BatchDecision::rate_records(const DecodedUnit& unit,
                                 std::span<const std::span<const std::uint32_t>> accounts) {
  constexpr std::uint32_t none = UINT32_MAX;
  std::vector<std::uint32_t> account_of_group(unit.use_groups.size(), none);
  for (std::uint32_t a = 0; a < accounts.size(); ++a) {
    for (const std::uint32_t g : accounts[a]) account_of_group[g] = a;
  }
  std::vector<std::vector<UseRecord>> records(accounts.size());
  const std::vector<Seen>& seen = seen_.back().seen;
  for (std::size_t i = 0; i < unit.keys.size(); ++i) {
    const std::uint32_t a = account_of_group[unit.groups[i]];
    if (a == none || seen[i] != Seen::is_new) continue;
    const UseGroup& of = unit.use_groups[unit.groups[i]];
    const Billable billable = unit.times[i] < billable_from_[unit.groups[i]]
                                  ? Billable::not_by_integration
                                  : billable_by_meter(of);
    records[a].push_back(
        {of.used_by, of.meter, of.day, billable, unit.times[i], unit.quantities[i]});
  }
  for (std::size_t a = 0; a < accounts.size(); ++a) {
    const UseGroup& group = unit.use_groups[accounts[a].front()];
    const std::span<PackState> packs = books_->packs_of(group.account, group.product);
    const std::size_t touched_from = remember(packs);
    const PostpaidTimes postpaid = books_->postpaid_of(group.account, product(group.product));
    const auto entries = rate_by_record(group.account, packs, postpaid, std::move(records[a]));
    write_.entries.insert(write_.entries.end(), entries.begin(), entries.end());
    open_sums_.add(group.product, entries);
    tell(group.account, touched_from);
  }
}

std::size_t BatchDecision::remember(std::span<PackState> packs) {
  const std::size_t touched_from = touched_.size();
  for (PackState& pack : packs) {
    if (pack.left() > 0) touched_.push_back({&pack, pack.used, pack.levels_told, true});
  }
  return touched_from;
}

// Notices of the packs that were drawn from; the others are no longer touched.
void BatchDecision::tell(AccountId account, std::size_t touched_from) {
  const auto untouched = [](const PackBefore& before) { return before.pack->used == before.used; };
  touched_.erase(std::remove_if(touched_.begin() + static_cast<std::ptrdiff_t>(touched_from),
                                touched_.end(), untouched),
                 touched_.end());
  if (touched_.size() == touched_from) return;
  for (std::size_t t = touched_from; t < touched_.size(); ++t) {
    if (touched_[t].pack->left() == 0) write_.exhausted.push_back(account);
  }
  const ProductId of = books_->product_of(touched_[touched_from].pack->id);
  if (const auto last = books_->last_of_stack(account, of)) {
    return tell_of_stack(account, of, *last);
  }
  for (std::size_t t = touched_from; t < touched_.size(); ++t) {
    PackState& state = *touched_[t].pack;
    for (const Notice& notice :
         tell_usage(account, of, state, books_->levels_of(state), context_->notices->policy)) {
      add_notice(notice, state, state.quota);
    }
  }
}

// N2, scope `stack`: the last pack has the notices, also where it was not drawn from.
void BatchDecision::tell_of_stack(AccountId account, ProductId of,
                                  const Books::LastPurchase& last) {
  PackState& state = *last.pack;
  touched_.push_back({&state, state.used, state.levels_told, false});
  Units used = 0;
  for (const PackState& one : books_->packs_of(account, of)) used += one.used;
  for (const Notice& notice :
       tell_stack_usage(account, of, state, last.stack, used - last.stack.used,
                        books_->levels_of(state), context_->notices->policy)) {
    add_notice(notice, state, last.stack.left);
  }
}

void BatchDecision::add_notice(const Notice& notice, const PackState& pack, Units quota) {
  notices_.push_back({notice, books_->directory()->at(notice.account).name,
                      product(notice.product).name, books_->tier_of(pack.id), quota,
                      pack.expires_at});
}

void BatchDecision::undo() {
  open_sums_.undo();
  for (auto before = touched_.rbegin(); before != touched_.rend(); ++before) {
    before->pack->used = before->used;
    before->pack->levels_told = before->levels_told;
  }
  for (const UnitSeen& done : seen_) {
    for (std::size_t i = 0; i < done.seen.size(); ++i) {
      if (done.seen[i] == Seen::is_new) books_->index().erase(done.unit->keys[i]);
    }
  }
  touched_.clear();
  seen_.clear();
}

}  // namespace packwarden
