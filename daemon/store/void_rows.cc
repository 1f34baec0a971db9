#include "store/void_rows.h"

#include <fmt/format.h>

#include "store/mysql_ledger.h"
#include "store/overage_rows.h"
#include "store/sql_sum.h"
#include "store/sql_text.h"

namespace packwarden {
namespace {

// The ledger entries of the units of a file.
std::string entries_of(const Digest& digest) {
  return "rating_unit u JOIN ledger_entry e ON e.seq = u.seq AND e.entry_no >= u.first_entry_no"
         " AND e.entry_no < u.first_entry_no + u.entry_count WHERE u.digest = " +
         digest_literal(digest);
}

// Where the keys of a file stand among those that one transaction added for its day of arrival.
struct KeyRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

struct Arrival {
  std::int32_t day = 0;
  // Before the floor: no index holds keys of that day any more, whether or not their rows are gone.
  bool let_go = false;
};

Arrival read_arrival(Session& session, const Digest& digest) {
  const auto row = session
                       .query("SELECT " + days_of("DATE(f.arrival)") +
                              ", DATE(f.arrival) < DATE(d.dedupe_floor) FROM usage_file f,"
                              " deployment d WHERE d.id = 1 AND f.digest = " +
                              digest_literal(digest))
                       .at(0);
  return {static_cast<std::int32_t>(to_int(row.at(0))), to_int(row.at(1)) != 0};
}

// Of transaction `seq`. Units that hold keys have entries, so the first entry tells their order.
// `all` becomes the number of keys that the transaction added for that day.
std::vector<KeyRange> read_ranges(Session& session, Sequence seq, const Digest& digest,
                                  std::int32_t day, std::uint64_t& all) {
  std::vector<KeyRange> ranges;
  all = 0;
  session.for_each_row(
      fmt::format("SELECT u.digest = {}, u.accepted_records FROM rating_unit u JOIN usage_file f"
                  " ON f.digest = u.digest WHERE u.seq = {} AND u.accepted_records > 0 AND"
                  " DATE(f.arrival) = {} ORDER BY u.first_entry_no",
                  digest_literal(digest), seq, date_literal(day)),
      [&](RowView row) {
        const auto keys = static_cast<std::uint64_t>(to_int(row[1]));
        if (to_int(row[0]) != 0) ranges.push_back({all, all + keys});
        all += keys;
      });
  return ranges;
}

void read_keys_of_transaction(Session& session, Sequence seq, const Digest& digest,
                              std::int32_t arrival_day, const SegmentSink& sink) {
  std::uint64_t expected = 0;
  const auto ranges = read_ranges(session, seq, digest, arrival_day, expected);
  const std::string run =
      fmt::format(" FROM dedupe_segment WHERE seq = {} AND kind = 'added' AND arrival_day = {}",
                  seq, date_literal(arrival_day));
  std::vector<std::pair<std::int64_t, std::uint64_t>> parts;  // number, keys
  std::uint64_t held = 0;
  session.for_each_row(
      "SELECT part, LENGTH(record_keys)" + run + " ORDER BY part", [&](RowView row) {
        parts.emplace_back(to_int(row[0]),
                           static_cast<std::uint64_t>(to_int(row[1])) / sizeof(RecordKey));
        held += parts.back().second;
      });
  if (held != expected) {
    throw std::logic_error(fmt::format(
        "ledger transaction {} holds {} dedupe keys where its units say {}", seq, held, expected));
  }
  std::vector<RecordKey> keys;
  std::uint64_t part_begin = 0;
  for (const auto& [part, size] : parts) {
    const std::uint64_t part_end = part_begin + size;
    for (const KeyRange& range : ranges) {
      const std::uint64_t begin = std::max(range.begin, part_begin);
      const std::uint64_t end = std::min(range.end, part_end);
      if (begin >= end) continue;
      const auto row =
          session.query("SELECT record_keys" + run + fmt::format(" AND part = {}", part)).at(0);
      to_keys(*row.at(0), keys);
      sink({arrival_day, std::span(keys).subspan(begin - part_begin, end - begin), false});
    }
    part_begin = part_end;
  }
}

void write_removed_keys(Session& session, Sequence sequence, RowNumbers& numbers,
                        const Digest& digest) {
  read_keys_of_file(session, digest, [&](const KeySegment& segment) {
    const std::string day = date_literal(segment.arrival_day);
    const std::array<SqlValue, 4> row = {sequence, numbers.segment++,
                                         std::string_view(day).substr(1, day.size() - 2),
                                         to_bytes(segment.keys)};
    session.insert_rows(
        "INSERT INTO dedupe_segment (seq, part, kind, arrival_day, record_keys) VALUES",
        "(?, ?, 'removed', ?, ?)", row);
  });
}

// The units of other files that had duplicates while records of this file stood: committed after
// its first one that has some, and before its void.
void read_files_with_duplicates(Session& session, const Digest& digest,
                                std::vector<FileWithDuplicates>& files) {
  const std::string of_it = " WHERE digest = " + digest_literal(digest);
  session.for_each_row(
      "SELECT f.digest, f.spool, f.claim, f.name, u.duplicate_records, u.unit_no FROM rating_unit u"
      " JOIN usage_file f ON f.digest = u.digest WHERE u.duplicate_records > 0 AND f.digest <> " +
          digest_literal(digest) + " AND u.seq >= (SELECT MIN(seq) FROM rating_unit" + of_it +
          " AND accepted_records > 0) AND u.seq < COALESCE((SELECT seq FROM file_void" + of_it +
          "), ~0) ORDER BY f.arrival, f.digest, u.unit_no",
      [&](RowView row) {
        const Digest other = to_digest(row[0]);
        if (files.empty() || files.back().digest != other) {
          files.push_back(
              {other, std::string(*row[1]), std::string(*row[2]), std::string(*row[3]), 0, {}});
        }
        files.back().duplicates += to_int(row[4]);
        files.back().units.push_back(static_cast<std::uint32_t>(to_int(row[5])));
      });
}

}  // namespace

std::optional<FileVoid> read_void(Session& session, const Digest& digest) {
  const auto rows =
      session.query("SELECT " + micros_of("voided_at") +
                    ", reason FROM file_void WHERE digest = " + digest_literal(digest));
  if (rows.empty()) return std::nullopt;
  return FileVoid{Instant::from_micros(to_int(rows[0].at(0))), *rows[0].at(1)};
}

void write_void(Session& session, Sequence sequence, RowNumbers& numbers, const Digest& digest,
                const FileVoid& why) {
  const std::uint32_t first_entry_no = numbers.entry;
  // One entry for all that share their columns; the server does it, so that no size needs memory.
  numbers.entry += static_cast<std::uint32_t>(session.execute(fmt::format(
      "INSERT INTO ledger_entry (seq, entry_no, account_id, used_by_account_id, meter_id,"
      " business_day, outcome, pack_id, units) SELECT {}, ROW_NUMBER() OVER (ORDER BY account_id,"
      " used_by_account_id, meter_id, business_day, outcome, pack_id) + {}, account_id,"
      " used_by_account_id, meter_id, business_day, outcome, pack_id, -units FROM (SELECT"
      " e.account_id, e.used_by_account_id, e.meter_id, e.business_day, e.outcome, e.pack_id,"
      " SUM(e.units) units FROM {} GROUP BY 1, 2, 3, 4, 5, 6) used",
      sequence, std::int64_t{first_entry_no} - 1, entries_of(digest))));
  session.execute(fmt::format(
      "UPDATE pack_balance b JOIN (SELECT pack_id, SUM(units) units FROM ledger_entry WHERE"
      " seq = {} AND entry_no >= {} AND pack_id <> 0 GROUP BY pack_id) r ON r.pack_id = b.pack_id"
      " SET b.used_units = b.used_units + r.units, b.exhausted_at = NULL",
      sequence, first_entry_no));
  close_overage(session, entries_of(digest));
  write_removed_keys(session, sequence, numbers, digest);
  session.execute(
      fmt::format("INSERT INTO file_void (digest, seq, reason, voided_at) VALUES ({}, {}, {}, {})",
                  digest_literal(digest), sequence, session.escape(why.reason),
                  datetime_literal(why.voided_at)));
}

std::vector<AccountId> read_accounts_of_file(Session& session, const Digest& digest) {
  std::vector<AccountId> accounts;
  session.for_each_row(
      "SELECT DISTINCT e.account_id FROM " + entries_of(digest) + " ORDER BY e.account_id",
      [&](RowView row) {
        accounts.push_back(AccountId{static_cast<std::uint32_t>(to_int(row[0]))});
      });
  return accounts;
}

void read_keys_of_file(Session& session, const Digest& digest, const SegmentSink& sink) {
  const Arrival arrival = read_arrival(session, digest);
  if (arrival.let_go) return;
  std::vector<Sequence> sequences;
  session.for_each_row(
      "SELECT DISTINCT seq FROM rating_unit WHERE accepted_records > 0 AND digest = " +
          digest_literal(digest) + " ORDER BY seq",
      [&](RowView row) { sequences.push_back(static_cast<Sequence>(to_int(row[0]))); });
  for (const Sequence seq : sequences) {
    read_keys_of_transaction(session, seq, digest, arrival.day, sink);
  }
}

VoidPlan read_void_plan(Session& session, const Digest& digest) {
  VoidPlan plan;
  session.for_each_row(
      "SELECT a.name, d.name, p.tier, p.quota_units, b.used_units, r.units, " +
          micros_of("p.expires_at") +
          ", p.pack_id FROM (SELECT e.pack_id, SUM(e.units) units FROM " + entries_of(digest) +
          " AND e.pack_id <> 0 GROUP BY e.pack_id) r JOIN pack p ON p.pack_id = r.pack_id"
          " JOIN pack_balance b ON b.pack_id = r.pack_id JOIN account a ON a.account_id ="
          " p.account_id JOIN product d ON d.product_id = p.product_id"
          " ORDER BY a.name, d.name, p.pack_id",
      [&](RowView row) {
        plan.packs.push_back({PackId{static_cast<std::uint32_t>(to_int(row[7]))},
                              std::string(*row[0]), std::string(*row[1]), std::string(*row[2]),
                              to_int(row[3]), to_int(row[4]), to_int(row[5]),
                              Instant::from_micros(to_int(row[6]))});
      });
  session.for_each_row(
      "SELECT w.name, d.name, m.name, " + days_of("r.business_day") +
          ", r.outcome, r.units FROM (SELECT e.used_by_account_id, e.meter_id, e.business_day,"
          " e.outcome, SUM(e.units) units FROM " +
          entries_of(digest) +
          " GROUP BY 1, 2, 3, 4) r JOIN account w ON w.account_id = r.used_by_account_id"
          " JOIN meter m ON m.meter_id = r.meter_id JOIN product d ON d.product_id = m.product_id"
          " ORDER BY w.name, d.name, m.name, r.business_day, r.outcome",
      [&](RowView row) {
        plan.usage.push_back({std::string(*row[0]), std::string(*row[1]), std::string(*row[2]),
                              BusinessDay{static_cast<std::int32_t>(to_int(row[3]))},
                              static_cast<Outcome>(to_int(row[4])), to_sum(row[5])});
      });
  read_files_with_duplicates(session, digest, plan.files_with_duplicates);
  return plan;
}

}  // namespace packwarden
