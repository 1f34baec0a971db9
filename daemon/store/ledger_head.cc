#include "store/ledger_head.h"

#include <fmt/format.h>

#include <stdexcept>

#include "store/sql_text.h"

namespace packwarden {
namespace {

constexpr unsigned read_only_server = 1290;
constexpr std::size_t holder_max_bytes = 160;

HeadRow query_head(Session& session, const char* how) {
  const auto rows = session.query(
      fmt::format("SELECT seq, {}, stamp, history, last_account_id, last_pack_id, @@read_only FROM"
                  " ledger_sequence WHERE id = 1{}",
                  micros_of("instant"), how));
  if (rows.empty()) throw DatabaseError(0, "the database is not set up; run packctl migrate");
  const TextRow& row = rows.front();
  HeadRow found;
  found.head = {static_cast<Sequence>(to_int(row.at(0))), Instant::from_micros(to_int(row.at(1))),
                to_digest(row.at(2)), static_cast<std::uint32_t>(to_int(row.at(3)))};
  found.last_account = AccountId{static_cast<std::uint32_t>(to_int(row.at(4)))};
  found.last_pack = PackId{static_cast<std::uint32_t>(to_int(row.at(5)))};
  found.is_read_only = to_int(row.at(6)) != 0;
  return found;
}

std::string literal(std::span<const std::uint8_t> bytes) {
  return Session::escape_binary({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace

LedgerHead read_head(Session& session) {
  const HeadRow found = query_head(session, "");
  // A server that was demoted answers as before, and falls behind: the next try is on a new
  // connection.
  if (found.is_read_only) {
    session.break_off();
    throw DatabaseError(read_only_server, "this server is read-only, so the ledger is on another");
  }
  return found.head;
}

LedgerHead read_reported_head(Session& session) {
  return query_head(session, "").head;
}

Sequence read_sequence(Session& session) {
  return static_cast<Sequence>(
      to_int(session.query("SELECT seq FROM ledger_sequence WHERE id = 1").at(0).at(0)));
}

HeadRow lock_head(Session& session) {
  return query_head(session, " FOR UPDATE");
}

HeadRow lock_head_now(Session& session) {
  return query_head(session, " FOR UPDATE NOWAIT");
}

HeadRow lock_head_as(Session& session, std::string_view holder) {
  session.execute(fmt::format("UPDATE ledger_sequence SET holder = {} WHERE id = 1",
                              session.escape(holder.substr(0, holder_max_bytes))));
  return lock_head(session);
}

std::vector<Digest> read_stamps(Session& session, Sequence first, Sequence last) {
  std::vector<Digest> stamps;
  session.for_each_row(fmt::format("SELECT stamp FROM ledger_transaction WHERE seq BETWEEN {} AND"
                                   " {} ORDER BY seq",
                                   first, last),
                       [&](RowView row) { stamps.push_back(to_digest(row[0])); });
  return stamps;
}

Instant read_clock(Session& session) {
  return Instant::from_micros(
      to_int(session.query("SELECT " + micros_of("UTC_TIMESTAMP(6)")).at(0).at(0)));
}

LedgerHead advance_head(Session& session, const char* kind, const HeadRow& row, Instant instant,
                        const Digest& content) {
  const LedgerHead& before = row.head;
  const Nonce nonce = new_nonce();
  const LedgerHead after{before.sequence + 1, instant, stamp_after(before.stamp, nonce, content),
                         before.history};
  session.execute(fmt::format(
      "INSERT INTO ledger_transaction (seq, kind, committed_at, instant, nonce, content, stamp)"
      " VALUES ({}, {}, UTC_TIMESTAMP(6), {}, {}, {}, {})",
      after.sequence, session.escape(kind), datetime_literal(instant), literal(nonce),
      literal(content), literal(after.stamp)));
  const auto advanced = session.execute(fmt::format(
      "UPDATE ledger_sequence SET seq = {}, instant = {}, stamp = {}, history = {}, holder = '', "
      "last_account_id = {},"
      " last_pack_id = {} WHERE id = 1 AND seq = {} AND stamp = {}",
      after.sequence, datetime_literal(instant), literal(after.stamp), after.history,
      value_of(row.last_account), value_of(row.last_pack), before.sequence, literal(before.stamp)));
  if (advanced != 1) throw std::logic_error("the ledger sequence moved although it was locked");
  return after;
}

}  // namespace packwarden
