#include <fmt/format.h>

#include <array>

#include "store/job_rows.h"
#include "store/ledger_head.h"
#include "store/mysql_reports.h"
#include "store/overage_rows.h"
#include "store/sql_text.h"
#include "store/standing_rows.h"

namespace packwarden {
namespace {

constexpr std::size_t accounts_at_a_time = 2'000;

// `breaks` gives a sentence a row. Set by set inside the database: only breaks come out of it. What
// must be equal is put under one another and grouped: joins of grouped sets are looked up row by
// row by some servers, which takes hours where one transaction has many accounts.
struct Check {
  std::string_view name;
  std::string_view rule;
  std::string_view looked_at;
  std::string_view breaks;
};

constexpr std::array checks{
    Check{"pack_balances", "P5", "SELECT COUNT(*) FROM pack",
          "SELECT CONCAT('pack ', p.pack_id, ' of ', a.name, ' has ', COALESCE(b.used_units, 'no'),"
          " ' of ', p.quota_units, ' units used, but its ledger entries sum to ', COALESCE(e.units,"
          " 0)) FROM pack p JOIN account a ON a.account_id = p.account_id LEFT JOIN pack_balance b"
          " ON b.pack_id = p.pack_id LEFT JOIN (SELECT pack_id, SUM(units) units FROM ledger_entry"
          " WHERE pack_id <> 0 GROUP BY pack_id) e ON e.pack_id = p.pack_id WHERE NOT (b.used_units"
          " <=> COALESCE(e.units, 0)) OR b.used_units < 0 OR b.used_units > p.quota_units"},
    Check{"journals", "P6", "SELECT COUNT(*) FROM journal",
          "SELECT CONCAT('journal ', j.seq, '/', j.journal_no, ' (', j.kind, ') of ', a.name,"
          " ' adds ', j.amount_micros, ' micros to the balance, from ', j.contra_book) FROM journal"
          " j JOIN account a ON a.account_id = j.account_id WHERE NOT (j.kind IN ('top_up',"
          " 'payment') AND j.contra_book = 'payments' AND j.amount_micros > 0 OR j.kind = 'refund'"
          " AND j.contra_book = 'sales' AND j.amount_micros > 0 OR j.kind = 'purchase' AND"
          " j.contra_book = 'sales' AND j.amount_micros < 0 OR j.kind = 'charge' AND j.contra_book"
          " = 'sales' AND j.amount_micros <> 0)"},
    Check{"money_balances", "P6", "SELECT COUNT(*) FROM money_balance",
          "SELECT CONCAT('the balance of ', a.name, ' is ', COALESCE(b.balance_micros, 'missing'),"
          " ' micros, but its journals sum to ', COALESCE(s.micros, 0)) FROM account a LEFT JOIN"
          " money_balance b ON b.account_id = a.account_id LEFT JOIN (SELECT account_id,"
          " SUM(amount_micros) micros FROM journal GROUP BY account_id) s ON s.account_id ="
          " a.account_id WHERE COALESCE(b.balance_micros, 0) <> COALESCE(s.micros, 0)"},
    Check{"payments", "P6", "SELECT COUNT(*) FROM payment",
          "SELECT CONCAT('the payment ', j.reference, ' is booked in ', COUNT(DISTINCT j.seq),"
          " ' transactions, and known ', COUNT(DISTINCT p.reference), ' times: each must be 1')"
          " FROM journal j LEFT JOIN payment p ON p.reference = j.reference AND p.seq = j.seq WHERE"
          " j.kind IN ('top_up', 'payment') GROUP BY j.reference HAVING COUNT(DISTINCT j.seq) <> 1"
          " OR COUNT(DISTINCT p.reference) <> 1"},
    Check{"purchases", "P6", "SELECT COUNT(*) FROM pack WHERE price_micros <> 0",
          "SELECT CONCAT('the packs that ', a.name, ' bought in transaction ', x.seq, ' cost ',"
          " SUM(x.priced), ' micros, but ', SUM(x.booked), ' were booked') FROM (SELECT seq,"
          " account_id, price_micros priced, 0 booked FROM pack WHERE price_micros <> 0 UNION ALL"
          " SELECT seq, account_id, 0, -amount_micros FROM journal WHERE kind = 'purchase') x JOIN"
          " account a ON a.account_id = x.account_id GROUP BY x.seq, x.account_id HAVING"
          " SUM(x.priced) <> SUM(x.booked)"},
    Check{"refunds", "P8", "SELECT COUNT(*) FROM refund_step",
          "SELECT CONCAT('the refund of pack ', s.pack_id, ' was ', s.step, ' after it was ',"
          " COALESCE(s.before_it, 'nothing')) FROM (SELECT pack_id, step, LAG(step) OVER"
          " (PARTITION BY pack_id ORDER BY step_no) before_it FROM refund_step) s WHERE NOT"
          " (s.step = 'requested' AND COALESCE(s.before_it, 'rejected') = 'rejected' OR s.step IN"
          " ('approved', 'rejected') AND s.before_it <=> 'requested' OR s.step = 'ordered' AND"
          " s.before_it <=> 'approved' OR s.step = 'completed' AND s.before_it <=> 'ordered') UNION"
          " ALL SELECT CONCAT('pack ', r.pack_id, ' was refunded in transaction ', r.seq, ', but ',"
          " COALESCE(j.micros, 0), ' of ', p.price_micros, ' micros were booked') FROM refund_step"
          " r JOIN pack p ON p.pack_id = r.pack_id LEFT JOIN (SELECT seq, SUM(amount_micros) micros"
          " FROM journal WHERE kind = 'refund' GROUP BY seq) j ON j.seq = r.seq WHERE"
          " r.step = 'completed' AND COALESCE(j.micros, 0) <> p.price_micros"},
    Check{"trials", "P2", "SELECT COUNT(*) FROM pack WHERE is_trial",
          "SELECT CONCAT(a.name, ' has had ', COUNT(*), ' trials of one product') FROM pack p JOIN"
          " account a ON a.account_id = p.account_id WHERE p.is_trial GROUP BY p.account_id,"
          " p.product_id HAVING COUNT(*) > 1"},
    Check{"bills", "O6", "SELECT COUNT(*) FROM bill",
          "SELECT CONCAT('the bill of ', a.name, ' for ', k.charged_day, ' is over ',"
          " COALESCE(b.amount_micros, 'nothing'), ' micros, but its lines sum to ',"
          " COALESCE(c.micros, 0)) FROM (SELECT account_id, product_id, charged_day FROM bill UNION"
          " SELECT account_id, product_id, charged_day FROM charge) k JOIN account a ON"
          " a.account_id = k.account_id LEFT JOIN bill b ON b.account_id = k.account_id AND"
          " b.product_id = k.product_id AND b.charged_day = k.charged_day LEFT JOIN (SELECT"
          " account_id, product_id, charged_day, SUM(amount_micros) micros FROM charge GROUP BY 1,"
          " 2, 3) c ON c.account_id = k.account_id AND c.product_id = k.product_id AND"
          " c.charged_day = k.charged_day WHERE NOT (b.amount_micros <=> c.micros)"},
    Check{"charges", "O2", "SELECT COUNT(*) FROM charge",
          "SELECT CONCAT('the charge of ', a.name, ' on ', c.charged_day, ' for ', c.usage_day,"
          " ' is ', c.amount_micros, ' micros for ', c.units, ' units at ', c.price_micros) FROM"
          " charge c JOIN account a ON a.account_id = c.account_id WHERE c.amount_micros <>"
          " CAST(c.units AS DECIMAL(20)) * c.price_micros OR c.usage_day > c.charged_day"},
    Check{"bill_journals", "O6", "SELECT COUNT(*) FROM bill WHERE amount_micros <> 0",
          "SELECT CONCAT('in transaction ', x.seq, ' ', a.name, ' was billed ', SUM(x.billed),"
          " ' micros, but ', SUM(x.booked), ' were booked') FROM (SELECT seq, account_id,"
          " amount_micros billed, 0 booked FROM bill UNION ALL SELECT seq, account_id, 0,"
          " -amount_micros FROM journal WHERE kind = 'charge') x JOIN account a ON"
          " a.account_id = x.account_id GROUP BY x.seq, x.account_id HAVING SUM(x.billed) <>"
          " SUM(x.booked)"},
    Check{"overage", "O6", "SELECT COUNT(*) FROM charge",
          "SELECT CONCAT(a.name, ' used ', SUM(x.used), ' units of overage on ', x.business_day,"
          " ', but ', SUM(x.charged), ' are charged and ', SUM(x.open), ' are open') FROM (SELECT"
          " e.account_id, m.product_id, e.business_day, SUM(e.units) used, 0 charged, 0 open FROM"
          " ledger_entry e JOIN meter m ON m.meter_id = e.meter_id WHERE e.outcome = 2 GROUP BY 1,"
          " 2, 3 UNION ALL SELECT account_id, product_id, usage_day, 0, SUM(units), 0 FROM charge"
          " GROUP BY 1, 2, 3 UNION ALL SELECT account_id, product_id, business_day, 0, 0,"
          " SUM(units) FROM open_overage GROUP BY 1, 2, 3) x JOIN account a ON a.account_id ="
          " x.account_id GROUP BY x.account_id, x.product_id, x.business_day HAVING SUM(x.used) <>"
          " SUM(x.charged) + SUM(x.open)"},
    Check{"unit_counts", "U7", "SELECT COUNT(*) FROM rating_unit",
          "SELECT CONCAT('rating unit ', u.unit_no, ' of file ', f.name, ' has ', u.data_lines,"
          " ' lines and ', u.accepted_units, ' accepted units, but accounts for ',"
          " u.accepted_records + u.duplicate_records + u.conflict_records + COALESCE(r.records, 0),"
          " ' and ', u.drawn_units + u.overage_units + u.overrun_units + u.not_billable_units) FROM"
          " rating_unit u JOIN usage_file f ON f.digest = u.digest LEFT JOIN (SELECT digest,"
          " unit_no, SUM(records) records FROM unit_reason WHERE kind = 'rejected' GROUP BY digest,"
          " unit_no) r ON r.digest = u.digest AND r.unit_no = u.unit_no WHERE u.data_lines <>"
          " u.accepted_records + u.duplicate_records + u.conflict_records + COALESCE(r.records, 0)"
          " OR u.accepted_units <> u.drawn_units + u.overage_units + u.overrun_units +"
          " u.not_billable_units"},
    Check{"unit_entries", "U8", "SELECT COUNT(*) FROM ledger_entry",
          "SELECT CONCAT('the entries of transaction ', u.seq, ' are ', COALESCE(e.drawn, 0), ' ',"
          " COALESCE(e.overage, 0), ' ', COALESCE(e.overrun, 0), ' ', COALESCE(e.rest, 0),"
          " ' units (drawn, overage, overrun, not billable), but its rating units say ', u.drawn,"
          " ' ', u.overage, ' ', u.overrun, ' ', u.rest) FROM (SELECT seq, SUM(drawn_units) drawn,"
          " SUM(overage_units) overage, SUM(overrun_units) overrun, SUM(not_billable_units) rest"
          " FROM rating_unit GROUP BY seq) u LEFT JOIN (SELECT seq, SUM(IF(outcome = 1, units, 0))"
          " drawn, SUM(IF(outcome = 2, units, 0)) overage, SUM(IF(outcome = 3, units, 0)) overrun,"
          " SUM(IF(outcome > 3, units, 0)) rest FROM ledger_entry GROUP BY seq) e ON e.seq = u.seq"
          " WHERE u.drawn <> COALESCE(e.drawn, 0) OR u.overage <> COALESCE(e.overage, 0) OR"
          " u.overrun <> COALESCE(e.overrun, 0) OR u.rest <> COALESCE(e.rest, 0)"},
    Check{"voids", "U10", "SELECT COUNT(*) FROM file_void",
          "SELECT CONCAT('the void of file ', f.name, ' took back ', -COALESCE(e.units, 0), ' of ',"
          " u.units, ' units') FROM file_void v JOIN usage_file f ON f.digest = v.digest JOIN"
          " (SELECT digest, SUM(accepted_units) units FROM rating_unit GROUP BY digest) u ON"
          " u.digest = v.digest LEFT JOIN (SELECT seq, SUM(units) units FROM ledger_entry WHERE seq"
          " IN (SELECT seq FROM file_void) GROUP BY seq) e ON e.seq = v.seq WHERE u.units <>"
          " -COALESCE(e.units, 0)"},
    Check{
        "dedupe_keys", "U3", "SELECT COUNT(*) FROM dedupe_segment",
        "SELECT CONCAT('transaction ', u.seq, ' accepted ', u.records, ' records of files that"
        " arrived on ', u.day, ', but holds ', COALESCE(k.held, 0), ' ids of them') FROM (SELECT"
        " u.seq, DATE(f.arrival) day, SUM(u.accepted_records) records FROM rating_unit u JOIN"
        " usage_file f ON f.digest = u.digest JOIN deployment d ON d.id = 1 AND DATE(f.arrival) >="
        " DATE(d.dedupe_floor) GROUP BY 1, 2) u LEFT JOIN (SELECT seq, arrival_day,"
        " SUM(LENGTH(record_keys)) DIV 16 held FROM dedupe_segment WHERE kind = 'added' GROUP BY"
        " 1, 2) k ON k.seq = u.seq AND k.arrival_day = u.day WHERE u.records <> COALESCE(k.held,"
        " 0)"},
    Check{
        "usage_notices", "N2",
        "SELECT COUNT(*) FROM notice WHERE kind IN ('pack_usage', 'pack_used_up')",
        "SELECT CONCAT('pack ', p.pack_id, ' of ', a.name, ' has ', b.used_units, ' of ',"
        " p.quota_units, ' units used, but nobody was told of ', l.level, ' %') FROM pack p JOIN"
        " pack_balance b ON b.pack_id = p.pack_id JOIN account a ON a.account_id = p.account_id"
        " JOIN JSON_TABLE(CONCAT('[', p.notice_levels, IF(p.notice_levels = '', '', ','),"
        " '100]'), '$[*]' COLUMNS (level INT PATH '$')) l LEFT JOIN notice n ON n.account_id ="
        " p.account_id AND n.product_id = p.product_id AND n.pack_id = p.pack_id AND n.kind ="
        " IF(l.level = 100, 'pack_used_up', 'pack_usage') AND n.cause = l.level LEFT JOIN (SELECT"
        " e.pack_id, k.kind, MAX(e.seq) seq FROM notice_off k JOIN ledger_entry e ON e.seq = k.seq"
        " AND e.pack_id <> 0 AND e.units > 0 WHERE k.kind IN ('pack_usage', 'pack_used_up') GROUP"
        " BY 1, 2) f ON f.pack_id = p.pack_id AND f.kind = IF(l.level = 100, 'pack_used_up',"
        " 'pack_usage') WHERE n.seq IS"
        " NULL AND NOT FIND_IN_SET(IF(l.level = 100, 'pack_used_up', 'pack_usage'), @off_kinds)"
        " AND (f.seq IS NULL OR NOT EXISTS (SELECT 1 FROM told_level t WHERE t.pack_id ="
        " p.pack_id AND t.level_percent > l.level) AND EXISTS (SELECT 1 FROM ledger_entry d WHERE"
        " d.account_id = p.account_id AND d.pack_id = p.pack_id AND d.units > 0 AND d.seq >"
        " f.seq))"
        " AND NOT EXISTS (SELECT 1 FROM pack s WHERE s.account_id = p.account_id AND s.product_id"
        " = p.product_id AND s.pack_id >= p.pack_id AND s.stack_left_units IS NOT NULL) AND"
        " (l.level < 100 AND CAST(b.used_units AS DECIMAL(30)) * 100 >"
        " CAST(p.quota_units AS DECIMAL(30)) * l.level OR l.level = 100 AND b.used_units ="
        " p.quota_units)"},
    Check{"told_levels", "N2", "SELECT COUNT(*) FROM told_level",
          "SELECT CONCAT('the level ', x.level, ' % of pack ', x.pack_id, ' is in ',"
          " SUM(x.notices), ' notices, and told ', SUM(x.told), ' times') FROM (SELECT pack_id,"
          " cause level, 1 notices, 0 told FROM notice WHERE kind IN ('pack_usage',"
          " 'pack_used_up') UNION ALL SELECT pack_id, level_percent, 0, 1 FROM told_level) x GROUP"
          " BY x.pack_id, x.level HAVING SUM(x.notices) <> SUM(x.told)"},
    Check{"bill_notices", "N3", "SELECT COUNT(*) FROM bill",
          "SELECT CONCAT(a.name, ' was not told of its bill for ', b.charged_day) FROM bill b JOIN"
          " account a ON a.account_id = b.account_id LEFT JOIN notice n ON n.account_id ="
          " b.account_id AND n.product_id = b.product_id AND n.kind = 'bill' AND n.pack_id = 0 AND"
          " n.cause = DATEDIFF(b.charged_day, '1970-01-01') LEFT JOIN notice_off k ON k.seq = b.seq"
          " AND k.kind = 'bill' WHERE n.seq IS NULL AND k.seq IS NULL AND NOT FIND_IN_SET('bill',"
          " @off_kinds)"},
    Check{"deliveries", "N5", "SELECT COUNT(*) FROM notice WHERE state = 'due'",
          "SELECT CONCAT('the notice ', n.kind, ' of ', a.name, ' from transaction ', n.seq, ' has"
          " no delivery') FROM notice n JOIN account a ON a.account_id = n.account_id LEFT JOIN"
          " outbox o ON o.idempotency_key = CONCAT(n.kind, '/', n.account_id, '/', n.product_id,"
          " '/', n.pack_id, '/', n.cause, '/inbox') WHERE n.state = 'due' AND o.delivery_id IS"
          " NULL"},
    Check{
        "transactions", "U8", "SELECT COUNT(*) FROM ledger_transaction",
        "SELECT CONCAT('ledger transaction ', t.seq, ' (', t.kind, ', ', t.instant, ') does not"
        " follow from ', COALESCE(t.seq_before, 'nothing'), ' before it: ', IF(t.seq <>"
        " COALESCE(t.seq_before, 0) + 1, 'some are missing', IF(t.instant < t.instant_before,"
        " 'it is earlier', 'its stamp is another'))) FROM (SELECT seq, kind, instant, nonce,"
        " content, stamp, LAG(seq) OVER (ORDER BY seq) seq_before, LAG(instant) OVER (ORDER BY"
        " seq) instant_before, LAG(stamp) OVER (ORDER BY seq) stamp_before FROM"
        " ledger_transaction) t WHERE t.seq <> COALESCE(t.seq_before, 0) + 1 OR t.instant <"
        " t.instant_before AND t.kind <> 'ledger_time' OR HEX(t.nonce) <> REPEAT('0', 32) AND"
        " t.seq > 1 AND t.stamp <> UNHEX(SHA2(CONCAT(t.stamp_before, t.nonce, t.content), 256))"
        " UNION ALL SELECT CONCAT('the head of the ledger is transaction ', s.seq, ', but the last"
        " one that is there is ', COALESCE(t.seq, 'none'), ', or has another instant or stamp')"
        " FROM ledger_sequence s LEFT JOIN ledger_transaction t ON t.seq = (SELECT MAX(seq) FROM"
        " ledger_transaction) WHERE s.seq <> COALESCE(t.seq, 0) OR t.seq IS NOT NULL AND (s.stamp"
        " <> t.stamp OR s.instant <> t.instant)"},
};

// By the prices that are stored: what is without one is never charged.
AuditCheck read_priced_overage(Session& session, std::uint32_t shown_max) {
  AuditCheck result{"priced_overage", "O2", 0, 0, {}};
  result.looked_at = to_int(
      session.query("SELECT (SELECT COUNT(*) FROM open_overage) + (SELECT COUNT(*) FROM charge)")
          .at(0)
          .at(0));
  session.for_each_row(
      "SELECT CONCAT(o.units, ' units of overage of ', a.name, ', product ', d.name, ', on ',"
      " o.business_day, ' have no price') FROM open_overage o JOIN product d ON d.product_id ="
      " o.product_id JOIN account a ON a.account_id = o.account_id WHERE " +
          is_unpriced(session),
      [&](RowView row) {
        if (result.breaks++ < shown_max) result.shown.emplace_back(row[0].value_or("?"));
      });
  return result;
}

}  // namespace

std::vector<AuditCheck> read_audit(Session& session, std::uint32_t shown_max,
                                   std::span<const NoticeKind> off_kinds) {
  std::string off;
  for (const NoticeKind kind : off_kinds) off.append(off.empty() ? "" : ",").append(name_of(kind));
  session.execute("SET @off_kinds = '" + off + "'");
  std::vector<AuditCheck> results;
  for (const Check& check : checks) {
    AuditCheck result{std::string(check.name), std::string(check.rule), 0, 0, {}};
    result.looked_at = to_int(session.query(check.looked_at).at(0).at(0));
    session.for_each_row(check.breaks, [&](RowView row) {
      if (result.breaks++ < shown_max) result.shown.emplace_back(row[0].value_or("?"));
    });
    results.push_back(std::move(result));
  }
  results.push_back(read_priced_overage(session, shown_max));
  return results;
}

void for_each_audited(Session& session, const LedgerHead& head,
                      const std::function<void(const AuditedAccount&)>& each) {
  AuditedAccount audited{nullptr, Instant::earliest(), head.instant};
  for (const JobRow& job : read_jobs(session)) {
    if (job.name == "expire" && job.done_until) audited.expired_until = *job.done_until;
  }
  std::vector<AccountId> accounts;
  do {
    const std::uint32_t after = accounts.empty() ? 0 : value_of(accounts.back());
    accounts.clear();
    session.for_each_row(
        fmt::format("SELECT account_id FROM account WHERE account_id > {} AND parent_account_id = 0"
                    " ORDER BY account_id LIMIT {}",
                    after, accounts_at_a_time),
        [&](RowView row) {
          accounts.push_back(AccountId{static_cast<std::uint32_t>(to_int(row[0]))});
        });
    for (AccountStanding& standing : read_standings(session, accounts)) {
      audited.standing = &standing;
      each(audited);
    }
  } while (!accounts.empty());
}

}  // namespace packwarden
