"""kill -9 of the daemon at 50 instants while it ingests: the ledger ends as if undisturbed.

At least 40 of the kills have to hit a unit that is claimed and not yet committed; load is added
until they have. Both runs see the same files, accounts and packs, each in a database of its own.
"""

import argparse
import datetime
import hashlib
import os
import pathlib
import random
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import harness  # noqa: E402
import usage_data  # noqa: E402
from harness import Failure  # noqa: E402

ACCOUNTS = 40
FILE_RECORDS = 3_000
SMALL_FILE_RECORDS = 150
# Small units and small transactions: many instants at which a kill can hit.
INGEST = {"max_unit_records": 50, "max_transaction_records": 100, "max_transaction_units": 2}
ROUND_FILES = 6
WAITING_FILES_MIN = 8
UPTIME_S_MIN, UPTIME_S_MAX = 0.05, 5.0


class Load:
    """Files from a seed: large and small ones, each with some records of earlier files."""

    def __init__(self, seed, now):
        self.maker = usage_data.Maker(now, seed, 0)
        self.accounts = [f"tenant-{number:02}" for number in range(ACCOUNTS)]
        self.files, self.some_earlier = [], []

    def next_file(self):
        number = len(self.files)
        count = SMALL_FILE_RECORDS if number % 3 == 2 else FILE_RECORDS
        new = [self.maker.record(self.maker.random.choice(self.accounts), 48, 1, 9)
               for _ in range(count)]
        again = self.maker.random.sample(self.some_earlier, min(50, len(self.some_earlier)))
        rows = [usage_data.row(record) for record in new + again]
        rows.append(usage_data.row(usage_data.replace(new[0], account="nobody")))
        rows.append(usage_data.row(usage_data.replace(new[0], quantity=77)))
        self.maker.random.shuffle(rows)
        self.some_earlier = self.some_earlier[-500:] + new[:50]
        self.files.append((f"usage-{number:05}.csv", usage_data.csv_file(rows)))
        return self.files[-1]


def set_up(directory, server, database, now, load):
    """A fresh database with accounts and packs: none, one, or several stacked."""
    server.new_database(database)
    where = harness.Deployment(directory, server, database, ingest=INGEST, scan_interval_ms=20)
    where.ctl("migrate")
    where.as_of = harness.LONG_AGO
    where.ctl("account", "add", *load.accounts)
    where.ctl("account", "verify", *load.accounts)
    day = datetime.timedelta(days=1)
    where.ctl("account", "integrate", *load.accounts, as_of=now - 60 * day)
    where.as_of = None
    where.ctl("pack", "trial", "captcha", *load.accounts[::2], as_of=now - 5.5 * day)
    where.ctl("pack", "buy", "captcha", "30k", *load.accounts[::3], "--paid-by", "payment-1", as_of=now - 5 * day)
    where.ctl("pack", "buy", "captcha", "80k", *load.accounts[::4], "--paid-by", "payment-2", as_of=now - 4 * day)
    where.ctl("expire")
    where.ctl("remind")
    return where


class Ledger:
    """What the database says about the files of the disturbed run."""

    def __init__(self, where):
        self.where = where

    def units(self):
        rows = self.where.server.sql("SELECT COUNT(*) FROM rating_unit", self.where.database)
        return int(rows[0][0])

    def kill_hit_a_unit(self):
        """Whether a claimed file, one in work/, has a unit that is not committed."""
        digests = set()
        for entry in os.scandir(self.where.spool / "work"):
            if not entry.name.startswith("."):
                digests.add(hashlib.sha256(pathlib.Path(entry.path).read_bytes()).hexdigest())
        rows = self.where.server.sql("SELECT LOWER(HEX(digest)) FROM rating_unit WHERE is_last",
                                     self.where.database)
        return bool(digests - {row[0] for row in rows})


def kill_often(where, load, kills_wanted, hits_wanted, seed):
    """Starts and kills until both numbers are reached; returns (kills, hits)."""
    dice = random.Random(seed)
    ledger, kills, hits, uptime_s = Ledger(where), 0, 0, 0.4
    before = 0
    while kills < kills_wanted or hits < hits_wanted:
        if kills > 4 * kills_wanted:
            raise Failure(f"only {hits} of {kills} kills hit a unit that was not committed")
        while len(where.waiting()) < WAITING_FILES_MIN:
            for _ in range(ROUND_FILES):
                where.drop(*load.next_file())
        process = where.daemon()
        # The random instant of the kill. It ends early only if the daemon ends by itself.
        end = time.monotonic() + dice.uniform(0, uptime_s)
        while process.poll() is None and time.monotonic() < end:
            time.sleep(0.001)
        if process.poll() is not None:
            raise Failure(f"the daemon ended by itself with {process.returncode}\n"
                          + process.log_tail())
        process.kill_hard()
        kills += 1
        after = ledger.units()
        hit = ledger.kill_hit_a_unit()
        hits += hit
        # Longer while it gets nowhere, shorter while it gets through: spread over all it does.
        uptime_s *= 1.3 if after == before else 0.8 if not hit else 1
        uptime_s = min(max(uptime_s, UPTIME_S_MIN), UPTIME_S_MAX)
        before = after
    return kills, hits


def finish(where, bound_s):
    """Until all is taken. SIGTERM before it is ready would end it as a signal does, not cleanly."""
    process = where.daemon()
    try:
        harness.wait_until(process.is_ready, bound_s, "the daemon is ready", alive=[process])
        harness.wait_until(where.idle, bound_s, "the spool is empty", alive=[process])
    finally:
        process.stop()


def check_receipts(where, load):
    receipts, faults = where.receipts(), []
    names = sorted(receipt["file"] for receipt in receipts)
    if names != sorted(name for name, _ in load.files):
        faults.append(f"{len(names)} receipts for {len(load.files)} files, or other names")
    for receipt in receipts:
        faults += harness.receipt_adds_up(receipt)
        if receipt["outcome"] != "taken":
            faults.append(f"{receipt['file']}: {receipt['outcome']}, not taken")
    return faults


def counts(receipts):
    return [(receipt["file"], receipt["lines"], receipt["accepted"], receipt["duplicate"],
             receipt["conflict"], receipt["rejected"], receipt["units"])
            for receipt in sorted(receipts, key=lambda receipt: receipt["file"])]


def run(options):
    print(f"seed {options.seed}")
    now = harness.utc_now()
    load = Load(options.seed, now)
    with harness.temporary_directory() as directory, harness.a_server(directory) as server:
        names = [f"kill_{os.getpid()}_{part}" for part in ("disturbed", "undisturbed")]
        try:
            disturbed = set_up(directory / "d", server, names[0], now, load)
            kills, hits = kill_often(disturbed, load, options.kills, options.hits, options.seed)
            finish(disturbed, 120)

            undisturbed = set_up(directory / "u", server, names[1], now, load)
            for name, content in load.files:
                undisturbed.drop(name, content)
            undisturbed.run_once()

            faults = check_receipts(disturbed, load) + check_receipts(undisturbed, load)
            if counts(disturbed.receipts()) != counts(undisturbed.receipts()):
                faults.append("receipts of the two runs differ in their counts")
            expected, found = undisturbed.canonical(), disturbed.canonical()
            if expected != found:
                faults += ["canonical exports differ (expected: undisturbed)",
                           *harness.differences(expected, found)]
            units = Ledger(disturbed).units()
            records = sum(receipt["lines"] for receipt in disturbed.receipts())
        finally:
            for name in names:
                server.drop_database(name)
    print(f"{kills} kills, {hits} of them with a unit not yet committed; {len(load.files)} files,"
          f" {units} units, {records} records; {len(expected)} lines of canonical export")
    for fault in faults:
        print(fault)
    return 1 if faults else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--hits", type=int, default=40, help="kills that must hit an open unit")
    try:
        sys.exit(run(parser.parse_args()))
    except harness.Failure as failure:
        sys.exit(f"failed: {failure}")


if __name__ == "__main__":
    main()
