#include "store/spool_name_rows.h"

#include <fmt/format.h>

#include "store/sql_text.h"

namespace packwarden {

std::string is_living_daemon() {
  return "lease_until > UTC_TIMESTAMP(6)";
}

void shorten_leases(Session& session) {
  session.execute(
      fmt::format("UPDATE daemon SET lease_until = UTC_TIMESTAMP(6) + INTERVAL {} SECOND WHERE "
                  "lease_until > UTC_TIMESTAMP(6) + INTERVAL {} SECOND",
                  spool_name_lease_s, 2 * spool_name_lease_s));
}

TakenSpoolName take_spool_name(Session& session, const SpoolNameHolder& who, bool restarts,
                               std::uint64_t seen) {
  const std::string spool = session.escape(who.spool);
  session.execute(
      fmt::format("INSERT IGNORE INTO daemon (spool, spool_id, holder, fence, "
                  "lease_until, started_at, meaning_digest) VALUES ({}, '', '', 0, "
                  "UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), '')",
                  spool));
  shorten_leases(session);
  Transaction transaction(session);
  const auto rows = session.query(
      fmt::format("SELECT spool_id, holder, fence, {}, {} FROM daemon WHERE spool = {} "
                  "FOR UPDATE",
                  is_living_daemon(), micros_of("lease_until"), spool));
  const auto& row = rows.at(0);
  const bool is_same = row.at(0) == who.spool_id && (restarts || row.at(1) == who.holder);
  if (to_int(row.at(3)) != 0 && !is_same) {
    return {std::nullopt, row.at(1).value_or(""), Instant::from_micros(to_int(row.at(4)))};
  }
  const std::uint64_t fence = static_cast<std::uint64_t>(to_int(row.at(2))) + 1;
  session.execute(fmt::format(
      "UPDATE daemon SET spool_id = {}, holder = {}, fence = {}, started_at = UTC_TIMESTAMP(6), "
      "meaning_digest = '', seen_seq = {}, lease_until = UTC_TIMESTAMP(6) + INTERVAL {} SECOND "
      "WHERE spool = {}",
      session.escape(who.spool_id), session.escape(who.holder), fence, seen, spool_name_lease_s,
      spool));
  transaction.commit();
  return {fence};
}

bool renew_spool_name(Session& session, const std::string& spool, std::uint64_t fence,
                      std::uint64_t seen) {
  shorten_leases(session);
  return session.execute(
             fmt::format("UPDATE daemon SET lease_until = UTC_TIMESTAMP(6) + INTERVAL {} "
                         "SECOND, seen_seq = {} WHERE spool = {} AND fence = {}",
                         spool_name_lease_s, seen, session.escape(spool), fence)) == 1;
}

void give_back_spool_name(Session& session, const std::string& spool, std::uint64_t fence) {
  session.execute(fmt::format(
      "UPDATE daemon SET lease_until = UTC_TIMESTAMP(6) WHERE spool = {} AND fence = {}",
      session.escape(spool), fence));
}

void write_meaning_digest(Session& session, const std::string& spool, std::uint64_t fence,
                          const std::string& digest) {
  session.execute(
      fmt::format("UPDATE daemon SET meaning_digest = {} WHERE spool = {} AND fence = {}",
                  session.escape(digest), session.escape(spool), fence));
}

}  // namespace packwarden
