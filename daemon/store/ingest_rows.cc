#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <map>

#include "store/mysql_ledger.h"
#include "store/notice_rows.h"
#include "store/overage_rows.h"
#include "store/sql_text.h"

namespace packwarden {
namespace {

static_assert(std::endian::native == std::endian::little,
              "dedupe segments are stored as they stand in memory");

// Platform measurements: 1 MiB is the best size of a blob.
constexpr std::size_t segment_keys = (1 << 20) / sizeof(RecordKey);
constexpr std::size_t reject_part_bytes = 1 << 20;

std::string bytes_literal(std::string_view bytes) {
  return Session::escape_binary(bytes);
}

void write_files(Session& session, Sequence sequence, const IngestWrite& ingest) {
  RowWriter rows(
      session,
      "INSERT INTO usage_file (digest, spool, claim, name, size_bytes, arrival, default_source,"
      " unit_records, seq) VALUES");
  for (const UnitWrite& unit : ingest.units) {
    if (!unit.registers_file) continue;
    const RegisteredFile& file = *unit.file;
    rows.add(fmt::format("{},{},{},{},{},{},{},{},{}", digest_literal(file.digest),
                         session.escape(file.spool), session.escape(file.claim),
                         bytes_literal(file.name), file.size_bytes, datetime_literal(file.arrival),
                         bytes_literal(file.default_source), file.unit_records, sequence));
  }
  rows.finish();
}

void write_units(Session& session, Sequence sequence, std::uint32_t first_entry_no,
                 const IngestWrite& ingest) {
  RowWriter rows(
      session,
      "INSERT INTO rating_unit (digest, unit_no, seq, end_offset_bytes, end_line, is_last,"
      " data_lines, accepted_records, duplicate_records, conflict_records, accepted_units, "
      "drawn_units,"
      " overage_units, overrun_units, not_billable_units, first_entry_no, entry_count, "
      "finished_at) VALUES");
  const std::string finished_at = datetime_literal(ingest.now);
  for (const UnitWrite& unit : ingest.units) {
    const UnitCounts& counts = unit.counts;
    rows.add(fmt::format(
        "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}", digest_literal(unit.file->digest),
        unit.unit_no, sequence, unit.end_offset_bytes, unit.end_line, unit.is_last ? 1 : 0,
        counts.lines, counts.accepted, counts.duplicate, counts.conflict, counts.accepted_units,
        counts.drawn_units, counts.overage_units, counts.overrun_units, counts.not_billable_units,
        first_entry_no + unit.first_entry, unit.entry_count, finished_at));
  }
  rows.finish();

  RowWriter reasons(session,
                    "INSERT INTO unit_reason (digest, unit_no, kind, reason, records) VALUES");
  for (const UnitWrite& unit : ingest.units) {
    const auto add = [&](std::string_view kind, std::string_view reason, std::int64_t records) {
      if (records == 0) return;
      reasons.add(fmt::format("{},{},'{}','{}',{}", digest_literal(unit.file->digest), unit.unit_no,
                              kind, reason, records));
    };
    for (std::size_t r = 0; r < reject_reason_count; ++r) {
      add("rejected", name_of(static_cast<RejectReason>(r)), unit.counts.rejected[r]);
    }
    add("not_billable", "meter", unit.counts.not_billable_meter);
    add("not_billable", "integration", unit.counts.not_billable_integration);
  }
  reasons.finish();
}

void write_rejects(Session& session, const IngestWrite& ingest) {
  for (const UnitWrite& unit : ingest.units) {
    std::string_view rest = unit.rejected_lines;
    for (unsigned part = 0; !rest.empty(); ++part) {
      // Whole lines; one is a few hundred bytes at most.
      std::string_view text = rest.substr(0, reject_part_bytes);
      text = text.substr(0, text.rfind('\n') + 1);
      rest.remove_prefix(text.size());
      session.execute(fmt::format(
          "INSERT INTO unit_rejects (digest, unit_no, part, rejected_lines) VALUES ({},{},{},{})",
          digest_literal(unit.file->digest), unit.unit_no, part, session.escape(text)));
    }
  }
}

void write_entries(Session& session, Sequence sequence, std::uint32_t entry_no,
                   const IngestWrite& ingest) {
  RowWriter rows(session,
                 "INSERT INTO ledger_entry (seq, entry_no, account_id, used_by_account_id, "
                 "meter_id, business_day,"
                 " outcome, pack_id, units) VALUES");
  BusinessDay day{INT32_MIN};
  std::string day_literal;
  fmt::memory_buffer row;
  for (const LedgerEntry& entry : ingest.entries) {
    if (entry.day != day) {
      day = entry.day;
      day_literal = date_literal(day.days_since_epoch);
    }
    row.clear();
    fmt::format_to(std::back_inserter(row), "{},{},{},{},{},{},{},{},{}", sequence, entry_no++,
                   value_of(entry.account), value_of(entry.used_by), value_of(entry.meter),
                   day_literal, static_cast<int>(entry.outcome), value_of(entry.pack), entry.units);
    rows.add({row.data(), row.size()});
  }
  rows.finish();
}

void write_balances(Session& session, const IngestWrite& ingest) {
  RowWriter rows(session, "INSERT INTO pack_balance (pack_id, used_units, exhausted_at) VALUES",
                 " ON DUPLICATE KEY UPDATE used_units = used_units + VALUES(used_units),"
                 " exhausted_at = VALUES(exhausted_at)");
  const std::string now = datetime_literal(ingest.now);
  for (const PackDraw& balance : ingest.balances) {
    rows.add(fmt::format("{},{},{}", value_of(balance.pack), balance.units,
                         balance.exhausted ? now : "NULL"));
  }
  rows.finish();
}

void write_overage(Session& session, Sequence sequence, std::uint32_t first_entry_no,
                   const IngestWrite& ingest) {
  const bool any = std::any_of(ingest.entries.begin(), ingest.entries.end(),
                               [](const auto& entry) { return entry.outcome == Outcome::overage; });
  if (any) open_overage(session, sequence, first_entry_no);
}

void write_segments(Session& session, Sequence sequence, std::uint64_t& part,
                    const IngestWrite& ingest) {
  // One run of keys a day; copied only where several units make it up.
  std::map<std::int32_t, std::vector<std::span<const RecordKey>>> runs;
  for (const KeySegment& segment : ingest.segments)
    runs[segment.arrival_day].push_back(segment.keys);

  std::vector<SqlValue> rows;
  std::vector<std::vector<RecordKey>> joined;
  std::vector<std::string> days;
  joined.reserve(runs.size());
  days.reserve(runs.size());
  for (const auto& [day, pieces] : runs) {
    std::span<const RecordKey> keys = pieces.front();
    if (pieces.size() > 1) {
      std::vector<RecordKey>& all = joined.emplace_back();
      for (const auto piece : pieces) all.insert(all.end(), piece.begin(), piece.end());
      keys = all;
    }
    const std::string quoted = date_literal(day);
    days.push_back(quoted.substr(1, quoted.size() - 2));
    while (!keys.empty()) {
      const auto head = keys.first(std::min(keys.size(), segment_keys));
      keys = keys.subspan(head.size());
      rows.insert(rows.end(), {sequence, part++, std::string_view(days.back()), to_bytes(head)});
    }
  }
  session.insert_rows(
      "INSERT INTO dedupe_segment (seq, part, kind, arrival_day, record_keys) VALUES",
      "(?, ?, 'added', ?, ?)", rows);
}

}  // namespace

void write_ingest(Session& session, Sequence sequence, RowNumbers& numbers,
                  const IngestWrite& ingest) {
  const std::uint32_t first_entry_no = numbers.entry;
  write_files(session, sequence, ingest);
  write_units(session, sequence, first_entry_no, ingest);
  write_rejects(session, ingest);
  write_entries(session, sequence, first_entry_no, ingest);
  numbers.entry += static_cast<std::uint32_t>(ingest.entries.size());
  write_balances(session, ingest);
  write_segments(session, sequence, numbers.segment, ingest);
  write_overage(session, sequence, first_entry_no, ingest);
  write_off_kinds(session, sequence, ingest.off_kinds);
}

}  // namespace packwarden
