#include "store/situation_reads.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>

#include "store/job_rows.h"
#include "store/mysql_ledger.h"
#include "store/overage_rows.h"
#include "store/reaching.h"
#include "store/set_aside_rows.h"
#include "store/spool_name_rows.h"
#include "store/sql_sum.h"
#include "store/sql_text.h"

namespace packwarden {
namespace {

using Channels = std::map<std::string, ChannelRow>;

// Index entries are some hundred times cheaper than rows with their texts: so many more are counted
// where the index alone will do.
constexpr std::int64_t entries_a_row = 10;

constexpr std::chrono::minutes unpriced_read_every{5};

std::optional<std::int64_t> optional_int(const std::optional<std::string_view>& value) {
  if (!value) return std::nullopt;
  return to_int(value);
}

void keep_older(std::optional<std::int64_t>& age_s, const std::optional<std::string_view>& other) {
  if (other) age_s = std::max(age_s.value_or(0), to_int(other));
}

void read_board(Session& session, Channels& channels) {
  session.for_each_row(
      fmt::format("SELECT name, plugin, state, detail, {}, TIMESTAMPDIFF(SECOND, seen_at, "
                  "NOW(6)), starts, failures, paused_at IS NOT NULL FROM channel",
                  micros_of("since")),
      [&](RowView row) {
        ChannelRow& channel = channels[to_text(row[0])];
        channel.plugin = to_text(row[1]);
        channel.state = to_text(row[2]);
        channel.detail = to_text(row[3]);
        channel.since = to_optional_instant(row[4]);
        channel.silent_s = optional_int(row[5]);
        channel.starts = static_cast<std::uint64_t>(to_int(row[6]));
        channel.failures = static_cast<std::uint64_t>(to_int(row[7]));
        channel.paused = to_int(row[8]) != 0;
      });
  session.for_each_row("SELECT DISTINCT channel FROM outbox",  // skips along its index
                       [&](RowView row) { channels[to_text(row[0])]; });
}

// Of the deliveries of `some`, by channel and state. Returns how many these are.
std::int64_t count(Session& session, Channels& channels, const std::string& some) {
  std::int64_t all = 0;
  session.for_each_row(
      fmt::format("SELECT channel, state, COUNT(*), TIMESTAMPDIFF(SECOND, MIN(IF("
                  "next_attempt_at <= NOW(6), created_at, NULL)), NOW(6)), TIMESTAMPDIFF(SECOND, "
                  "MIN(created_at), NOW(6)) FROM (SELECT channel, state, next_attempt_at, "
                  "created_at FROM outbox WHERE erased_at IS NULL AND {}) some GROUP BY channel, "
                  "state",
                  some),
      [&](RowView row) {
        ChannelRow& channel = channels[to_text(row[0])];
        const std::string state = to_text(row[1]);
        const std::int64_t number = to_int(row[2]);
        all += number;
        if (state == "queued" || state == "retrying") {
          channel.waiting += number;
          keep_older(channel.oldest_s, row[3]);
        } else if (state == "sending") {
          channel.sending = number;
        } else if (state == "held") {
          channel.held = number;
          keep_older(channel.held_s, row[4]);
        } else if (state == "sent") {
          channel.sent = number;
        } else if (state == "dead") {
          channel.dead = number;
        } else if (state == "expired") {
          channel.expired = number;
        }
      });
  return all;
}

// What waits for a channel, by the index that claims use: where the rows that were looked at are
// not all.
void count_waiting(Session& session, Channels& channels, std::int64_t entries_max) {
  for (auto& [name, channel] : channels) {
    const auto rows = session.query(
        fmt::format("SELECT COUNT(*) FROM (SELECT 1 FROM outbox WHERE channel = {} AND "
                    "claim_token = '' AND next_attempt_at IS NOT NULL LIMIT {}) some",
                    session.escape(name), entries_max));
    channel.waiting = std::max(channel.waiting, to_int(rows.at(0).at(0)));
  }
}

LedgerSituation read_ledger(Session& session) {
  LedgerSituation ledger;
  session.for_each_row(
      fmt::format(
          "SELECT s.seq, {}, {}, (SELECT MAX(version) FROM schema_version), {} FROM "
          "ledger_sequence s LEFT JOIN ledger_transaction t ON t.seq = s.seq WHERE s.id = 1",
          micros_of("t.committed_at"), micros_of("NOW(6)"), micros_of("s.instant")),
      [&](RowView row) {
        ledger.sequence = static_cast<Sequence>(to_int(row[0]));
        ledger.last_commit = to_optional_instant(row[1]);
        ledger.database_clock = Instant::from_micros(to_int(row[2]));
        ledger.schema_version = static_cast<unsigned>(to_int(row[3]));
        ledger.last_instant = Instant::from_micros(to_int(row[4]));
      });
  return ledger;
}

std::vector<LivingDaemon> read_daemons(Session& session) {
  std::vector<LivingDaemon> daemons;
  session.for_each_row("SELECT spool, holder, meaning_digest, seen_seq FROM daemon WHERE " +
                           is_living_daemon() + " ORDER BY spool",
                       [&](RowView row) {
                         daemons.push_back({to_text(row[0]), to_text(row[1]), to_text(row[2]),
                                            static_cast<Sequence>(to_int(row[3]))});
                       });
  return daemons;
}

std::int64_t host_micros() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(since_epoch).count();
}

}  // namespace

std::vector<ChannelRow> read_channels(Session& session, std::uint32_t counted_deliveries_max) {
  Channels channels;
  read_board(session, channels);
  // Both go along the index on erased_at and ended_at: what has not ended, oldest first, and what
  // ended within a day, latest first.
  const std::int64_t open =
      count(session, channels,
            fmt::format("ended_at IS NULL ORDER BY delivery_id LIMIT {}", counted_deliveries_max));
  const bool more_open = open == counted_deliveries_max;
  if (more_open) count_waiting(session, channels, open * entries_a_row);
  const std::int64_t ended = count(
      session, channels,
      fmt::format("ended_at > NOW(6) - INTERVAL 1 DAY ORDER BY ended_at DESC, delivery_id DESC "
                  "LIMIT {}",
                  counted_deliveries_max));
  std::vector<ChannelRow> rows;
  for (auto& [name, channel] : channels) {
    channel.name = name;
    channel.at_least = more_open || ended == counted_deliveries_max;
    rows.push_back(std::move(channel));
  }
  return rows;
}

void MysqlSituationReads::read_unpriced(Session& session) {
  const auto now = std::chrono::steady_clock::now();
  if (unpriced_read_at_ && now - *unpriced_read_at_ < unpriced_read_every) return;
  unpriced_.clear();
  session.for_each_row(
      fmt::format("SELECT d.name, {}, {}, SUM(o.units) FROM open_overage o JOIN product d ON "
                  "d.product_id = o.product_id WHERE {} GROUP BY d.name ORDER BY d.name",
                  days_of("MIN(o.business_day)"), days_of("MAX(o.business_day)"),
                  is_unpriced(session)),
      [&](RowView row) {
        unpriced_.push_back(
            {to_text(row[0]), BusinessDay{static_cast<std::int32_t>(to_int(row[1]))},
             BusinessDay{static_cast<std::int32_t>(to_int(row[2]))}, to_int(row[3])});
      });
  unpriced_read_at_ = now;
}

LedgerSituation MysqlSituationReads::look(std::uint32_t counted_deliveries_max) {
  return reaching(session_, [&](Session& session) {
    const Snapshot snapshot(session);
    const std::int64_t before = host_micros();
    LedgerSituation ledger = read_ledger(session);
    const std::int64_t between = before + (host_micros() - before) / 2;
    ledger.clock_ahead_ms = (ledger.database_clock.micros() - between) / 1'000;
    ledger.jobs = read_jobs(session);
    ledger.set_aside =
        read_set_aside(session, fmt::format("ORDER BY job, account_id LIMIT {}", set_aside_max));
    if (!ledger.set_aside.empty()) {
      session.for_each_row("SELECT job, COUNT(*) FROM set_aside GROUP BY job", [&](RowView row) {
        ledger.set_aside_accounts[to_text(row[0])] = to_int(row[1]);
      });
    }
    ledger.daemons = read_daemons(session);
    read_unpriced(session);
    ledger.unpriced = unpriced_;
    for (ChannelRow& row : read_channels(session, counted_deliveries_max)) {
      ledger.channels.push_back({std::move(row)});
    }
    return ledger;
  });
}

LedgerPace MysqlSituationReads::pace_since(Sequence sequence, Instant database_clock) {
  return reaching(session_, [&](Session& session) {
    const Snapshot snapshot(session);
    const LedgerSituation ledger = read_ledger(session);
    LedgerPace pace;
    pace.sequence = ledger.sequence;
    pace.database_clock = ledger.database_clock;
    session.for_each_row(
        fmt::format("SELECT COALESCE(SUM(is_last), 0), COALESCE(SUM(data_lines), 0), "
                    "COALESCE(SUM(accepted_units), 0) FROM rating_unit WHERE seq > {}",
                    sequence),
        [&](RowView row) {
          pace.files = to_sum(row[0]);
          pace.records = to_sum(row[1]);
          pace.units = to_sum(row[2]);
        });
    session.for_each_row(
        fmt::format("SELECT channel, state, COUNT(*) FROM outbox WHERE erased_at IS NULL AND "
                    "ended_at > {} GROUP BY channel, state ORDER BY channel, state",
                    datetime_literal(database_clock)),
        [&](RowView row) {
          pace.ended.push_back({to_text(row[0]), to_text(row[1]), to_int(row[2])});
        });
    return pace;
  });
}

}  // namespace packwarden
