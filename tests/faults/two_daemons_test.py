"""Two daemons on one database: each record is charged once, whatever is killed or lost.

Each round drops a few small files into the spools of both daemons. Half of the records come in
both, in other files or in byte-identical ones of another name. The daemons are killed with -9 at
random and started again; a proxy swallows the answer to COMMIT at random, or the COMMIT itself.
Meanwhile packs of other accounts with usage are bought and refunded, and postpaid is switched. At the
end the ledger is compared with a plain set of all records, and audited.
"""

import argparse
import collections
import datetime
import os
import pathlib
import random
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import busy_desk  # noqa: E402
import harness  # noqa: E402
import usage_data  # noqa: E402
from commit_proxy_test import proxy  # noqa: E402
from reference_input import business_day  # noqa: E402

# name -> quotas of its packs
ACCOUNTS = {"asia": ("1m",), "brook": ("1m",), "crane": ("30k",), "dune": ("30k", "80k"),
            "elm": (), "frost": ("trial",)}
ALL_ACCOUNTS = (*ACCOUNTS, *busy_desk.ACCOUNTS)
QUOTA = {"1m": 1_000_000, "80k": 80_000, "30k": 30_000, "trial": 20_000}
INGEST = {"max_unit_records": 10, "max_transaction_records": 40, "max_transaction_units": 4}
JOBS = {"interval_ms": 100, "lease_s": 1}
COMMON_RECORDS, OWN_RECORDS = 20, 10  # a round: these in both spools, these in each spool alone
IDENTICAL_FILE = 0.3                  # chance that a round's common records are one identical file
SETTLE_ROUNDS = 5                     # rounds between two waits for idle spools
IDLE_BOUND_S = 60


class Side:
    """One daemon with its spool."""

    def __init__(self, name, directory, server, database, socket):
        self.name = name
        self.where = harness.Deployment(directory / name, server, database, spool_name=name,
                                        socket=socket, ingest=INGEST, jobs=JOBS, scan_interval_ms=20)
        self.dropped, self.process, self.kills = set(), None, 0

    def start(self):
        self.process = self.where.daemon(title=f"packwardend-{self.name}")

    def check_alive(self):
        if self.process.poll() is not None:
            raise harness.Failure(f"daemon {self.name} ended with {self.process.returncode}\n"
                                  + self.process.log_tail())

    def kill(self):
        self.check_alive()
        self.process.kill_hard()
        self.kills += 1
        self.start()

    def drop(self, name, content):
        self.where.drop(name, content)
        self.dropped.add(name)


class Rounds:
    def __init__(self, sides, seed, now, kill):
        self.sides, self.kill = sides, kill
        self.dice = random.Random(seed)
        self.maker = usage_data.Maker(now, seed, 0)
        self.records = {}        # the plain set: (source, id) -> record
        self.names = collections.defaultdict(set)  # content -> names of the files that have it
        self.pairs = []          # (a file of one spool, one of the other, records that both have)

    def new_records(self, count):
        records = [self.maker.record(self.dice.choice(ALL_ACCOUNTS), 48, 1, 9)
                   for _ in range(count)]
        self.records.update(((record.source, record.id), record) for record in records)
        return records

    def drop(self, side, name, records):
        content = usage_data.csv_file([usage_data.row(record) for record in records])
        side.drop(name, content)
        self.names[content].add(name)

    def twins(self):
        """Names of files that came byte-identical: meant so, or short ones that fell so."""
        return {name for names in self.names.values() if len(names) > 1 for name in names}

    def round(self, number):
        common = self.new_records(COMMON_RECORDS)
        identical = self.dice.random() < IDENTICAL_FILE
        parts = []
        for side in self.sides:
            own = self.new_records(OWN_RECORDS)
            name = f"{number:05}-{side.name}"
            if identical:
                self.drop(side, f"{name}-own.csv", own)
                self.drop(side, f"{name}-same.csv", common)
            else:
                cut = self.dice.randrange(1, COMMON_RECORDS)
                mixed = self.dice.sample(common, COMMON_RECORDS)
                first = own + mixed[:cut]
                self.drop(side, f"{name}-1.csv", self.dice.sample(first, len(first)))
                self.drop(side, f"{name}-2.csv", mixed[cut:])
                parts.append({f"{name}-1.csv": mixed[:cut], f"{name}-2.csv": mixed[cut:]})
            if self.dice.random() < self.kill:
                side.kill()
        if parts:
            keys = [{name: {record.id for record in records} for name, records in part.items()} for part in parts]
            self.pairs += [(a, b, len(ours & theirs)) for a, ours in keys[0].items()
                           for b, theirs in keys[1].items()]

    def settle(self):
        for side in self.sides:
            harness.wait_until(side.where.idle, IDLE_BOUND_S, f"spool {side.name} is idle",
                               alive=[other.process for other in self.sides])


def check_ledger(where, records):
    """The canonical export against the plain set; sentences that say where they differ."""
    expected = collections.Counter()
    for record in records.values():
        expected[record.account, business_day(record.time)] += record.quantity
    charged, outcomes, used, faults = (collections.Counter(), collections.Counter(),
                                       collections.Counter(), [])
    for line in where.canonical():
        kind, account, *rest = line.split("\t")
        if kind == "usage":
            _, _, _, day, outcome, _, units = rest
            charged[account, day] += int(units)
            outcomes[account, outcome] += int(units)
        elif kind == "pack":
            used[account] += int(rest[-1])
    for key in sorted(expected.keys() | charged.keys()):
        if expected[key] != charged[key]:
            faults.append(f"{key[0]} on {key[1]}: used {expected[key]}, charged {charged[key]}")
    for account, tiers in ACCOUNTS.items():
        total = sum(units for (name, _), units in expected.items() if name == account)
        drawn = min(total, sum(QUOTA[tier] for tier in tiers))
        found = (used[account], outcomes[account, "drawn"], outcomes[account, "overrun"])
        if found != (drawn, drawn, total - drawn):
            faults.append(f"{account}: packs used, drawn, overrun should be"
                          f" {(drawn, drawn, total - drawn)}, are {found}")
    return faults


def records_met_at_once(where, rounds):
    """Records of which both daemons had a copy in work before either had committed it."""
    rows = where.server.sql("SELECT f.name, f.arrival, MAX(t.committed_at) FROM usage_file f JOIN rating_unit u"
                            " ON u.digest = f.digest JOIN ledger_transaction t ON t.seq = u.seq GROUP BY f.digest",
                            where.database)
    times = {name: (arrival, committed) for name, arrival, committed in rows}
    return sum(count for a, b, count in rounds.pairs if a in times and b in times
               and times[a][0] < times[b][1] and times[b][0] < times[a][1])


def lease_is_free(where):
    return not any(job["holder"] for job in where.ctl("job", "list"))


def check_charged_once(where):
    """Settlement at once, and again: the second one has nothing to charge; the audit is clean."""
    harness.wait_until(lambda: lease_is_free(where), 10, "the lease of a daemon that was killed runs out")
    where.ctl("settle")
    bills = where.ctl("export", "--canonical", output=None).count("\ncharge\t")
    where.ctl("settle")
    where.ctl("audit")  # a Failure, should it find breaks
    again = where.ctl("export", "--canonical", output=None).count("\ncharge\t")
    return [] if bills == again else [f"{bills} lines of bills, {again} after a second settlement"]


def check_receipts(sides, rounds):
    faults, accepted, twins = [], 0, rounds.twins()
    for side in sides:
        receipts = side.where.receipts()
        names = collections.Counter(receipt["file"] for receipt in receipts)
        if names != collections.Counter(side.dropped):
            faults.append(f"spool {side.name}: {len(receipts)} receipts for {len(side.dropped)}"
                          " files, or other names")
        for receipt in receipts:
            faults += harness.receipt_adds_up(receipt)
            accepted += receipt["accepted"]
            if receipt["conflict"] or receipt["rejected"]:
                faults.append(f"{receipt['file']}: has rejects")
            if receipt["outcome"] != "taken" and not (
                    receipt["outcome"] == "repeat" and receipt["file"] in twins
                    and receipt["lines"] == 0):
                faults.append(f"{receipt['file']}: {receipt['outcome']}, {receipt['lines']} lines")
    if accepted != len(rounds.records):
        faults.append(f"{len(rounds.records)} records, receipts say {accepted} accepted")
    return faults


def set_up(where, now):
    where.ctl("migrate")
    where.as_of = harness.LONG_AGO
    where.ctl("account", "add", *ALL_ACCOUNTS)
    where.ctl("account", "verify", *ALL_ACCOUNTS)
    as_of = now - datetime.timedelta(days=3)
    where.ctl("account", "integrate", *ALL_ACCOUNTS, as_of=now - datetime.timedelta(days=60))
    where.as_of = None
    for account, tiers in ACCOUNTS.items():
        for tier in tiers:
            words = ("trial", "captcha") if tier == "trial" else (
                "buy", "captcha", tier, "--paid-by", f"{account}-{tier}")
            where.ctl("pack", *words, account, as_of=as_of)


def run(options):
    print(f"seed {options.seed}", flush=True)
    begin, now = time.monotonic(), harness.utc_now()
    database = f"two_daemons_{os.getpid()}"
    with harness.temporary_directory() as directory, harness.a_server(directory) as server:
        server.new_database(database)
        sides, desk = [], None
        try:
            with proxy(server, directory, seed=options.seed, swallow=options.swallow,
                       cut=options.cut) as (through, lost):
                sides = [Side(name, directory, server, database, through.socket)
                         for name in ("east", "west")]
                direct = harness.Deployment(directory / "ctl", server, database)
                set_up(direct, now)
                rounds = Rounds(sides, options.seed, now, options.kill)
                desk = busy_desk.BusyDesk(direct, options.seed)
                for side in sides:
                    side.start()
                desk.start()
                for number in range(1, options.rounds + 1):
                    rounds.round(number)
                    if number % SETTLE_ROUNDS == 0:
                        rounds.settle()
                    if number % 200 == 0:
                        print(f"round {number}, {time.monotonic() - begin:.0f} s", flush=True)
                rounds.settle()
                desk.stop()
                for side in sides:
                    side.process.stop()
                counts = lost()
            faults = (check_ledger(direct, rounds.records) + check_receipts(sides, rounds)
                      + check_charged_once(direct))
            met = records_met_at_once(direct, rounds)
            if met < options.met:
                faults.append(f"only {met} records were met by both at the same time")
        finally:
            if desk:
                desk.stopping.set()
                desk.join()
            for side in sides:
                if side.process and side.process.poll() is None:
                    side.process.kill_hard()
            server.drop_database(database)
    print(f"desk: {dict(desk.done)}, refused {dict(desk.refused)}; {met} records met by both at the same time")
    print(f"{options.rounds} rounds, {len(rounds.records)} records,"
          f" {sum(len(side.dropped) for side in sides)} files,"
          f" {sum(side.kills for side in sides)} kills, {counts['commits']} commits:"
          f" {counts['swallowed']} answers swallowed, {counts['cut']} cut;"
          f" {time.monotonic() - begin:.0f} s")
    for fault in faults[:40]:
        print(fault)
    return 1 if faults else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=2_500)
    parser.add_argument("--met", type=int, default=1_000, help="records that both must have met at once")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--kill", type=float, default=0.05, help="chance per daemon and round")
    parser.add_argument("--swallow", type=float, default=0.05, help="chance per COMMIT")
    parser.add_argument("--cut", type=float, default=0.03, help="chance per COMMIT")
    try:
        sys.exit(run(parser.parse_args()))
    except harness.Failure as failure:
        sys.exit(f"failed: {failure}")


if __name__ == "__main__":
    main()
