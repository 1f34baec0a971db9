"""packctl audit over a large ledger: ./dev bench audit [--entries N]

Rating units of 100,000 ledger entries each, over 10,000 accounts with a pack each: eight of ten drawn,
one overage that no bill has charged yet, one overrun. The server itself puts them in. Then packctl
audit runs, three times; it must find no break, and with one unit taken off one balance, that one.
"""

import argparse
import pathlib
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import harness  # noqa: E402

ACCOUNTS = 10_000
UNIT_ENTRIES = 100_000
RUNS = 3

LEDGER = """
INSERT INTO account SELECT seq, 0, CONCAT('tenant-', LPAD(seq, 7, '0')), 'en', {seq} FROM seq_1_to_{accounts};
INSERT INTO pack (pack_id, account_id, product_id, tier, is_trial, quota_units, price_micros, priority, purchased_at,
  effective_from, expires_at, notice_levels, seq) SELECT seq, seq, 1, 'bench', 0, 1000000000, 0, 0, '2020-01-01',
  '2020-01-01', '2099-01-01', '', {seq} FROM seq_1_to_{accounts};
INSERT INTO ledger_entry SELECT {seq} + seq DIV {unit}, seq % {unit}, 1 + seq % {accounts}, 1 + seq % {accounts}, 1,
  '2021-01-01' + INTERVAL seq DIV {unit} DAY, k.outcome, IF(k.outcome = 1, 1 + seq % {accounts}, 0), 1 + seq % 7
  FROM seq_0_to_{last} JOIN (SELECT 0 part, 2 outcome UNION ALL SELECT 1, 3 UNION ALL SELECT 2, 1 UNION ALL SELECT 3, 1
  UNION ALL SELECT 4, 1 UNION ALL SELECT 5, 1 UNION ALL SELECT 6, 1 UNION ALL SELECT 7, 1 UNION ALL SELECT 8, 1 UNION ALL
  SELECT 9, 1) k ON k.part = (seq DIV {accounts}) % 10;
INSERT INTO pack_balance SELECT pack_id, SUM(units), NULL FROM ledger_entry WHERE pack_id <> 0 GROUP BY pack_id;
INSERT INTO open_overage SELECT account_id, 1, business_day, 0, 0, SUM(units) FROM ledger_entry WHERE outcome = 2
  GROUP BY account_id, business_day;
INSERT INTO usage_file SELECT UNHEX(SHA2(seq, 256)), 'bench', seq, seq, 1, UTC_TIMESTAMP(6), 'bench', {unit}, {seq} + seq
  FROM seq_0_to_{last_unit};
INSERT INTO rating_unit SELECT UNHEX(SHA2(seq - {seq}, 256)), 0, seq, 1, {unit}, 1, {unit}, {unit}, 0, 0, SUM(units),
  SUM(IF(outcome = 1, units, 0)), SUM(IF(outcome = 2, units, 0)), SUM(IF(outcome = 3, units, 0)), 0, 0, {unit},
  UTC_TIMESTAMP(6) FROM ledger_entry GROUP BY seq;
INSERT INTO dedupe_segment SELECT {seq} + seq, 0, 'added', UTC_DATE(), REPEAT(UNHEX(MD5(seq)), {unit}) FROM
  seq_0_to_{last_unit};
INSERT INTO ledger_transaction (seq, kind, committed_at) SELECT {seq} + seq, 'bench', UTC_TIMESTAMP(6) FROM seq_0_to_{last_unit};
UPDATE ledger_sequence SET seq = {seq} + {last_unit}, last_account_id = (SELECT MAX(account_id) FROM account),
  last_pack_id = (SELECT MAX(pack_id) FROM pack);
"""


def run(options, server, directory):
    units = options.entries // UNIT_ENTRIES
    server.new_database("bench")
    where = harness.Deployment(directory / "site", server, "bench")
    where.ctl("migrate")
    where.run_once()  # makes the products known
    (seq,), = server.sql("SELECT seq + 1 FROM ledger_sequence", "bench")
    server.sql(LEDGER.format(seq=seq, accounts=ACCOUNTS, unit=UNIT_ENTRIES, last_unit=units - 1,
                             last=units * UNIT_ENTRIES - 1), "bench")
    seconds = []
    for _ in range(RUNS):
        begin = time.perf_counter()
        text = where.ctl_text("audit", output="table")
        seconds.append(time.perf_counter() - begin)
    print(text)
    print(f"{units * UNIT_ENTRIES:,} ledger entries: {statistics.median(seconds):.1f} s, median of {RUNS}"
          f" ({min(seconds):.1f} to {max(seconds):.1f})")
    server.sql("UPDATE pack_balance SET used_units = used_units - 1 WHERE pack_id = 7", "bench")
    command = [str(harness.BIN / "packctl"), "--config", str(where.config), "audit"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 1 or "pack 7 of tenant-0000007" not in done.stdout:
        raise harness.Failure(f"the break was not found:\n{done.stdout}{done.stderr}")


def main():
    parser = argparse.ArgumentParser(prog="./dev bench audit", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=10_000_000)
    options = parser.parse_args()
    try:
        with harness.temporary_directory() as directory:
            server = harness.PrivateServer(directory)
            try:
                run(options, server, directory)
            finally:
                server.stop()
    except harness.Failure as failure:
        sys.exit(f"failed: {failure}")


if __name__ == "__main__":
    main()
