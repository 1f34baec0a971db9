#include <fmt/format.h>

#include <map>

#include "store/account_rows.h"
#include "store/fact_rows.h"
#include "store/ledger_head.h"
#include "store/mysql_ledger.h"
#include "store/overage_rows.h"
#include "store/sql_text.h"
#include "store/standing_rows.h"

namespace packwarden {
namespace {

Instant read_floor(Session& session) {
  const auto rows =
      session.query("SELECT " + micros_of("dedupe_floor") + " FROM deployment WHERE id = 1");
  if (rows.empty()) throw DatabaseError(0, "the database is not set up; run packctl migrate");
  return Instant::from_micros(to_int(rows.at(0).at(0)));
}

void for_each_told(Session& session, const std::string& condition,
                   const std::function<void(ToldLevel)>& take) {
  session.for_each_row(
      "SELECT pack_id, level_percent FROM told_level WHERE " + condition, [&](RowView row) {
        take(
            {PackId{static_cast<std::uint32_t>(to_int(row[0]))}, static_cast<int>(to_int(row[1]))});
      });
}

void for_each_draw(Session& session, const std::string& query,
                   const std::function<void(PackDraw)>& take) {
  session.for_each_row(query, [&](RowView row) {
    PackDraw draw{PackId{static_cast<std::uint32_t>(to_int(row[0]))}, to_int(row[1])};
    if (row[2]) draw.exhausted_at = Instant::from_micros(to_int(row[2]));
    take(draw);
  });
}

// Hands over what is added to it whenever it is large enough.
class Pieces {
 public:
  Pieces(Session& session, const ChangesSink& take) : take_(&take) {
    piece_.sequence = read_head(session).sequence;
    piece_.dedupe_floor = read_floor(session);
  }

  Changes& piece() { return piece_; }
  template <class Row>
  std::function<void(Row)> to(std::vector<Row> Changes::*list) {
    return [this, list](Row row) {
      (piece_.*list).push_back(std::move(row));
      if ((piece_.*list).size() == rows_a_piece) hand_over();
    };
  }
  void hand_over() {
    Changes next;
    next.sequence = piece_.sequence;
    next.dedupe_floor = piece_.dedupe_floor;
    (*take_)(std::exchange(piece_, std::move(next)));
  }

 private:
  static constexpr std::size_t rows_a_piece = 20'000;
  const ChangesSink* take_;
  Changes piece_;
};

// In the order of their commits: a key can be added, removed and added again.
void read_segments(Session& session, const std::string& condition, const SegmentSink& sink) {
  std::vector<RecordKey> keys;
  session.for_each_row(
      "SELECT " + days_of("arrival_day") +
          ", record_keys, kind = 'removed' FROM dedupe_segment FORCE INDEX (PRIMARY) WHERE " +
          condition + " ORDER BY seq, part",
      [&](RowView row) {
        to_keys(*row[1], keys);
        sink({static_cast<std::int32_t>(to_int(row[0])), keys, to_int(row[2]) != 0});
      });
}

void read_pieces(Session& session, Follower follower, const ChangesSink& take) {
  Pieces pieces(session, take);
  // Whatever changes the directory of accounts comes at once: it is built anew for each piece.
  pieces.piece().accounts = read_accounts(session, "seq > 0");
  pieces.piece().facts = read_facts(session, "kind = 'closed'");
  pieces.hand_over();
  if (follower != Follower::entitlements) {
    for_each_fact(session, "kind IN ('client_integrated', 'server_integrated')",
                  pieces.to(&Changes::facts));
  }
  for_each_pack(session, "seq > 0", pieces.to(&Changes::packs));
  pieces.hand_over();
  pieces.piece().refund_steps = read_refund_steps(session, "seq > 0");
  for_each_postpaid_change(session, "seq > 0", pieces.to(&Changes::postpaid));
  pieces.hand_over();
  for_each_draw(session,
                "SELECT pack_id, used_units, " + micros_of("exhausted_at") + " FROM pack_balance",
                pieces.to(&Changes::draws));
  if (follower != Follower::entitlements) {
    for_each_told(session, "seq > 0", pieces.to(&Changes::told));
  }
  pieces.hand_over();
}

std::string in_list(std::span<const Digest> digests) {
  std::string list;
  for (const Digest& digest : digests)
    list.append(list.empty() ? "" : ",").append(digest_literal(digest));
  return "(" + list + ")";
}

constexpr std::string_view file_columns =
    "f.digest, f.spool, f.claim, f.name, f.size_bytes, {}, f.default_source, f.unit_records";

RegisteredFile to_file(RowView row) {
  RegisteredFile file;
  file.digest = to_digest(row[0]);
  file.spool = *row[1];
  file.claim = *row[2];
  file.name = *row[3];
  file.size_bytes = static_cast<std::uint64_t>(to_int(row[4]));
  file.arrival = Instant::from_micros(to_int(row[5]));
  file.default_source = *row[6];
  file.unit_records = static_cast<std::uint32_t>(to_int(row[7]));
  return file;
}

std::string select_files() {
  return "SELECT " + fmt::format(fmt::runtime(file_columns), micros_of("f.arrival"));
}

}  // namespace

void to_keys(std::string_view bytes, std::vector<RecordKey>& keys) {
  keys.resize(bytes.size() / sizeof(RecordKey));
  std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(keys.data()));
}

Bytes to_bytes(std::span<const RecordKey> keys) {
  return {std::string_view(reinterpret_cast<const char*>(keys.data()), keys.size_bytes())};
}

Changes read_changes(Session& session, Follower follower, Sequence after, Sequence upto,
                     const SegmentSink& sink) {
  Changes changes;
  changes.sequence = upto;
  changes.dedupe_floor = read_floor(session);
  const std::string newer = fmt::format("seq > {} AND seq <= {}", after, upto);
  changes.accounts = read_accounts(session, newer);
  changes.facts = read_facts(
      session, newer + (follower == Follower::entitlements ? " AND kind = 'closed'" : ""));
  changes.packs = read_packs(session, newer);
  changes.refund_steps = read_refund_steps(session, newer);
  changes.postpaid = read_postpaid_changes(session, newer);
  if (follower != Follower::entitlements) {
    for_each_told(session, newer, [&](ToldLevel told) { changes.told.push_back(told); });
  }
  const std::string draws = "SELECT pack_id, SUM(units) units FROM ledger_entry WHERE " + newer +
                            " AND pack_id <> 0 GROUP BY pack_id";
  for_each_draw(session,
                follower == Follower::rating
                    ? "SELECT d.pack_id, d.units, NULL FROM (" + draws + ") d"
                    : "SELECT d.pack_id, d.units, " + micros_of("b.exhausted_at") + " FROM (" +
                          draws + ") d JOIN pack_balance b ON b.pack_id = d.pack_id",
                [&](PackDraw draw) { changes.draws.push_back(draw); });
  if (follower != Follower::entitlements) changes.opened = read_opened(session, after, upto);
  if (sink) read_segments(session, newer, sink);
  return changes;
}

void read_all(Session& session, Follower follower, const ChangesSink& take,
              const SegmentSink& sink) {
  if (take) read_pieces(session, follower, take);
  if (!sink) return;
  const Instant floor = read_floor(session);
  read_segments(session, "arrival_day >= DATE(" + datetime_literal(floor) + ")", sink);
}

std::vector<std::optional<FileProgress>> read_progress(Session& session,
                                                       std::span<const Digest> digests) {
  std::vector<std::optional<FileProgress>> found(digests.size());
  if (digests.empty()) return found;
  std::map<Digest, FileProgress> by_digest;
  session.for_each_row(
      select_files() +
          ", COUNT(*), MAX(u.end_offset_bytes), MAX(u.end_line), MAX(u.is_last) OR EXISTS "
          "(SELECT 1 FROM file_void v WHERE v.digest = f.digest), SUM(u.accepted_units)"
          " FROM usage_file f JOIN rating_unit u ON u.digest = f.digest WHERE f.digest IN " +
          in_list(digests) + " GROUP BY f.digest",
      [&](RowView row) {
        FileProgress progress;
        progress.file = to_file(row);
        progress.units = static_cast<std::uint32_t>(to_int(row[8]));
        progress.end_offset_bytes = static_cast<std::uint64_t>(to_int(row[9]));
        progress.end_line = static_cast<std::uint64_t>(to_int(row[10]));
        progress.complete = to_int(row[11]) != 0;
        progress.accepted_units = to_int(row[12]);
        by_digest.emplace(progress.file.digest, std::move(progress));
      });
  for (std::size_t i = 0; i < digests.size(); ++i) {
    if (const auto at = by_digest.find(digests[i]); at != by_digest.end()) found[i] = at->second;
  }
  return found;
}

void read_rejected_lines(Session& session, const Digest& digest,
                         const std::function<void(std::string_view)>& sink) {
  session.for_each_row("SELECT rejected_lines FROM unit_rejects WHERE digest = " +
                           digest_literal(digest) + " ORDER BY unit_no, part",
                       [&](RowView row) { sink(*row[0]); });
}

std::vector<FileOutcome> read_outcomes(Session& session, std::span<const Digest> digests) {
  if (digests.empty()) return {};
  const std::string among = " WHERE u.digest IN " + in_list(digests);
  std::map<Digest, FileOutcome> by_digest;
  session.for_each_row(
      select_files() +
          ", SUM(u.data_lines), SUM(u.accepted_records), SUM(u.duplicate_records), "
          "SUM(u.conflict_records),"
          " SUM(u.accepted_units), SUM(u.drawn_units), SUM(u.overage_units), SUM(u.overrun_units),"
          " SUM(u.not_billable_units), MAX(u.is_last), MAX(" +
          micros_of("u.finished_at") +
          ") FROM usage_file f JOIN rating_unit u ON u.digest = f.digest" + among +
          " GROUP BY f.digest",
      [&](RowView row) {
        FileOutcome outcome;
        outcome.file = to_file(row);
        UnitCounts& counts = outcome.counts;
        counts.lines = to_int(row[8]);
        counts.accepted = to_int(row[9]);
        counts.duplicate = to_int(row[10]);
        counts.conflict = to_int(row[11]);
        counts.accepted_units = to_int(row[12]);
        counts.drawn_units = to_int(row[13]);
        counts.overage_units = to_int(row[14]);
        counts.overrun_units = to_int(row[15]);
        counts.not_billable_units = to_int(row[16]);
        outcome.complete = to_int(row[17]) != 0;
        outcome.finished_at = Instant::from_micros(to_int(row[18]));
        by_digest.emplace(outcome.file.digest, std::move(outcome));
      });
  session.for_each_row("SELECT u.digest, u.kind, u.reason, SUM(u.records) FROM unit_reason u" +
                           among + " GROUP BY u.digest, u.kind, u.reason",
                       [&](RowView row) {
                         UnitCounts& counts = by_digest.at(to_digest(row[0])).counts;
                         if (*row[1] == "not_billable") {
                           (*row[2] == "meter" ? counts.not_billable_meter
                                               : counts.not_billable_integration) = to_int(row[3]);
                         } else if (const auto reason = reject_reason_from(*row[2])) {
                           counts.rejected[static_cast<std::size_t>(*reason)] = to_int(row[3]);
                         }
                       });
  session.for_each_row(
      "SELECT u.digest, " + micros_of("u.voided_at") + ", u.reason FROM file_void u" + among,
      [&](RowView row) {
        by_digest.at(to_digest(row[0])).voided =
            FileVoid{Instant::from_micros(to_int(row[1])), std::string(*row[2])};
      });
  std::vector<FileOutcome> outcomes;
  for (const Digest& digest : digests) {
    const auto found = by_digest.find(digest);
    if (found == by_digest.end())
      throw std::logic_error("no usage file with digest " + to_hex(digest));
    outcomes.push_back(found->second);
  }
  return outcomes;
}

}  // namespace packwarden
