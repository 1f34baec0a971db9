"""Thousands of files, good ones among hostile ones, while the daemon is killed again and again (U1 to U9).

A producer drops files of every format and packing, and everything that a spool should never see:
bombs, lines of 1 GB, links, devices, files that are cut, grow or vanish. The daemon is killed with
-9 every few seconds until the spool is empty. Then the ledger has to be what the reference model
says, every entry has to have ended with a receipt, and no daemon may have taken much memory.

ctest runs a part of it; by hand: hostile_test.py --files 10000
"""

import argparse
import collections
import csv
import itertools
import json
import os
import pathlib
import random
import re
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import harness  # noqa: E402
import hostile_files  # noqa: E402
import usage_data  # noqa: E402
from harness import Failure  # noqa: E402
from hostile_files import MIB, TAG, UNSURE  # noqa: E402
from reference import Model, decoded_lines  # noqa: E402
from reference_formats import Broken  # noqa: E402
from reference_input import nanos, parse_time  # noqa: E402

UNIT = 1000
INGEST = {"max_unit_records": UNIT, "max_transaction_records": 3000, "max_transaction_units": 60}
WAITING_MAX = 400        # files that the producer lets wait
IDLE_BOUND_S = 900       # without a single receipt more
MEMORY_MAX_BYTES = 256 * MIB
CLAIM_BYTES = 28


class Producer(threading.Thread):
    """Drops a seeded mix; afterwards goes on with the files that grow and vanish."""

    def __init__(self, box, where, count, seed):
        super().__init__(daemon=True)
        self.box, self.where = box, where
        dice = random.Random(seed)
        kinds = dice.choices(list(hostile_files.MIX), hostile_files.MIX.values(), k=count)
        for kind in hostile_files.ONCE:
            kinds.insert(dice.randrange(len(kinds) + 1), kind)
        self.kinds = kinds
        self.ended, self.stopped = threading.Event(), threading.Event()
        self.error = None

    def run(self):
        try:
            for number, kind in enumerate(self.kinds):
                while number % 20 == 0 and waiting(self.where) > WAITING_MAX and not self.stopped.is_set():
                    self.step()
                if self.stopped.is_set():
                    break
                getattr(self.box, kind)()
                if number % 4 == 0:
                    self.box.mischief()
            while not self.stopped.is_set() and self.box.is_busy():
                self.step()
        except Exception as error:  # shown by the main thread, which would wait for ever otherwise
            self.error = error
        finally:
            self.box.close()
            self.ended.set()

    def step(self):
        self.box.mischief()
        time.sleep(0.02)  # the rhythm of those that write on


def waiting(where):
    """Entries that the daemon has to end."""
    incoming = os.listdir(where.spool / "incoming")  # first: they only ever go from here to work/
    return (sum(not name.startswith(".") and not name.endswith(".tmp") for name in incoming)
            + len(os.listdir(where.spool / "work")))


class Storm:
    """Daemons that are killed one after the other."""

    def __init__(self, where, producer, kill_every, dice):
        self.where, self.producer, self.dice = where, producer, dice
        self.kill_every, self.factor = kill_every, 1.0
        self.kills, self.peak_bytes, self.process = 0, 0, None

    def blow(self):
        ended, last_progress = -1, time.monotonic()
        while not self.is_over():
            now_ended = len(os.listdir(self.where.spool / "receipts"))
            if now_ended > ended:
                last_progress, self.factor = time.monotonic(), max(1.0, self.factor / 2)
            else:
                self.factor *= 1.5  # a file that takes longer than a daemon lives
            ended = now_ended
            if time.monotonic() > last_progress + IDLE_BOUND_S:
                raise Failure(f"nothing has ended for {IDLE_BOUND_S} s\n{self.process.log_tail()}")
            self.process = self.where.daemon()
            self.live(time.monotonic() + self.factor * self.dice.uniform(*self.kill_every))
            if not self.is_over():
                self.process.kill_hard()
                self.kills += 1
        self.process.stop()

    def live(self, end):
        """Until the instant of the kill, or until all is done."""
        while time.monotonic() < end and not self.is_over():
            if self.process.poll() is not None:
                raise Failure(f"the daemon ended by itself with {self.process.returncode}\n{self.process.log_tail()}")
            self.measure()
            time.sleep(0.02)
        self.measure()

    def measure(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        peak = re.search(r"VmHWM:\s+(\d+) kB", status)
        self.peak_bytes = max(self.peak_bytes, int(peak[1]) * 1024 if peak else 0)

    def is_over(self):
        if self.producer.error:
            raise Failure(f"the producer broke: {self.producer.error!r}") from self.producer.error
        return self.producer.ended.is_set() and waiting(self.where) == 0

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.kill_hard()


class Replay:
    """Gives the model what the receipts say was read, in their order, and compares."""

    def __init__(self, model, box, where, receipts):
        self.model, self.box, self.where, self.receipts = model, box, where, receipts
        self.rejects = {name[:CLAIM_BYTES]: name for name in os.listdir(where.spool / "rejected")}
        self.complete, self.faults = set(), []
        self.of, self.table, self.samples = collections.defaultdict(list), collections.Counter(), {}
        self.unsure = collections.Counter()

    def run(self):
        for receipt in self.receipts:
            tag = TAG.search(receipt["file"])
            one = self.box.dropped.get(int(tag[1])) if tag else None
            if one is None:
                self.faults.append(f"a receipt for what nobody dropped: {receipt['file']!r}")
                continue
            self.of[one.number].append(receipt)
            self.take(one, receipt)
        for one in self.box.dropped.values():
            count = len(self.of[one.number])
            if not count:
                self.table[one.kind, "no receipt", ""] += 1
            if count not in one.receipts:
                self.faults.append(f"{one.kind}: {one.name!r} has {count} receipts")

    def take(self, one, receipt):
        outcome, reason = receipt["outcome"], short(receipt["reason"])
        self.table[one.kind, outcome, reason] += 1
        wrong = harness.receipt_adds_up(receipt)
        if outcome not in one.outcomes and not (outcome == "repeat" and one.digest in self.complete):
            wrong.append(f"is {outcome} ({receipt['reason']}), should be {' or '.join(one.outcomes)}")
        if outcome == "failed" and not receipt["reason"]:
            wrong.append("failed without a reason")
        if outcome == "repeat":
            wrong += [] if one.digest in self.complete else ["is a repeat of nothing"]
            wrong += [] if receipt["lines"] == 0 else ["is a repeat with lines"]
        else:
            wrong += self.compare(one, receipt)
        if outcome == "taken":
            self.complete.add(one.digest)
        self.faults += [f"{one.kind}: {one.name!r} {fault}" for fault in wrong]

    def compare(self, one, receipt):
        if one.how == "loose":
            self.unsure.update({"accepted": receipt["accepted"]})
            return []
        found = counts(receipt)
        if one.how in ("opaque", "empty"):
            return [] if not any(found) else [f"should have no lines: {found}"]
        if one.how == "giant":
            return [] if found == (1, 0, 0, 0, {"malformed": 1}) else [f"should be one malformed line: {found}"]
        return self.compare_with_model(one, receipt, found)

    def compare_with_model(self, one, receipt, found):
        arrival, name = parse_time(receipt["arrival"]), one.name
        if one.how == "stored":
            result = self.model.take_file(name, one.content, arrival)
        elif receipt["outcome"] == "failed" and one.how == "part":
            lines = receipt["lines"]
            if lines % UNIT or lines > lines_of(name, one.content):
                return [f"failed with {lines} lines, which no whole units of it have"]
            result = self.model.take_part(name, one.content, arrival, lines)
        else:
            result = self.model.take_content(name, one.content, arrival)
        expected = counts(vars(result))
        if (result.outcome, expected) != (receipt["outcome"], found):
            return [f"is {receipt['outcome']} {found}, should be {result.outcome} {expected}; {receipt['reason']}"]
        return differing_rejects(result.rejects, self.rejects_of(receipt))

    def rejects_of(self, receipt):
        """(line, reason, text) of each rejected line."""
        if receipt["claim"] not in self.rejects:
            return []
        path = self.where.spool / "rejected" / self.rejects[receipt["claim"]]
        with open(path, newline="", encoding="utf-8", errors="replace") as file:
            return [(int(row["line"]), row["reason"], row["text"]) for row in csv.DictReader(file)
                    if row["reason"] != "header"]

    def print_table(self):
        print(f"{'kind':<28} {'outcome':<10} {'files':>6}  reason")
        for (kind, outcome, reason), count in sorted(self.table.items()):
            print(f"{kind:<28} {outcome:<10} {count:>6}  {reason}")


def counts(one):
    return one["lines"], one["accepted"], one["duplicate"], one["conflict"], dict(one["rejected"])


def differing_rejects(expected, found):
    """U5: the line as it came, its number and the reason."""
    for ours, theirs in itertools.zip_longest(expected, found):
        if ours != theirs:
            return [f"rejects {ascii(theirs)[:150]}, should reject {ascii(ours)[:150]}"]
    return []


def short(reason):
    """A reason without its numbers, for the table."""
    return re.sub(r"\d+", "#", reason)[:90]


def lines_of(name, content):
    try:
        return sum(1 for _ in decoded_lines(name, content))
    except Broken:
        return 0


def check_ledger(model, where, replay, box):
    """The canonical export against the model, but for the account of which nobody can say."""
    expected = [line for line in model.canonical()]
    found, unsure = [], 0
    for line in where.canonical():
        parts = line.split("\t")
        if parts[0] == "usage" and parts[1] == UNSURE:
            unsure += int(parts[-1])
        else:
            found.append(line)
    faults = harness.differences(expected, found)
    if not replay.unsure["accepted"] <= unsure <= box.unsure_units:
        faults.append(f"{UNSURE}: {unsure} units, but receipts accept {replay.unsure['accepted']} records and"
                      f" {box.unsure_units} units were written")
    return faults


def check_folders(where, box, receipts):
    """Each entry lies where its receipt says; nothing is left over but what U1 leaves alone."""
    faults = []
    left = sorted(os.listdir(where.spool / "incoming"))
    if left != sorted(box.left_alone):
        faults.append(f"incoming/ holds {len(left)} entries, not {len(box.left_alone)}: {left[:10]}")
    faults += [f"work/ holds {name!r}" for name in os.listdir(where.spool / "work")]
    lies = {}
    for top in ("done", "failed"):
        for folder, folders, files in os.walk(where.spool / top):
            for name in files + folders:
                lies.setdefault(name[:CLAIM_BYTES], top)
    vanished = 0
    for receipt in receipts:
        top = "failed" if receipt["outcome"] == "failed" else "done"
        found = lies.get(receipt["claim"])
        tag = TAG.search(receipt["file"])
        if found is None and tag and 0 in box.dropped[int(tag[1])].receipts:
            vanished += 1
        elif found != top:
            faults.append(f"{receipt['file']!r} is {receipt['outcome']} and lies in {found}/")
    return faults


def read_receipts(where):
    """In the order of the claims; their names may hold any bytes."""
    names = sorted(os.fsencode(name) for name in os.listdir(where.spool / "receipts") if not name.startswith("."))
    return [json.loads((where.spool / "receipts" / os.fsdecode(name)).read_text()) for name in names]


def set_up(directory, server, database, usage):
    server.new_database(database)
    where = harness.Deployment(directory / "site", server, database, ingest=INGEST, scan_interval_ms=50,
                               default_source=usage_data.DEFAULT_SOURCE)
    harness.set_up_tenants(where, usage)
    model = Model({name: parent for name, parent, _ in usage.accounts}, max_unit_records=UNIT,
                  default_source=usage_data.DEFAULT_SOURCE)
    for purchase in usage.purchases:
        model.buy(purchase.account, purchase.tier, nanos(purchase.at))
    return where, model


def disturb(options, directory, server, database):
    """The whole run on a fresh database; returns the faults."""
    now, begin = harness.utc_now(), time.monotonic()
    usage = usage_data.scenario(now, options.seed, 100)
    usage.accounts.append((UNSURE, None, "en"))
    where, model = set_up(directory, server, database, usage)
    (directory / "outside").mkdir()
    box = hostile_files.Box(where.spool, directory / "outside", usage_data.Maker(now, options.seed, 0),
                            [name for name, _, _ in usage.accounts if name != UNSURE])
    producer = Producer(box, where, options.files, options.seed)
    storm = Storm(where, producer, options.kill_every, random.Random(options.seed))
    producer.start()
    try:
        storm.blow()
    finally:
        producer.stopped.set()
        producer.join()
        storm.close()
    disturbed_s = time.monotonic() - begin
    receipts = read_receipts(where)
    replay = Replay(model, box, where, receipts)
    replay.run()
    replay.print_table()
    faults = replay.faults + check_ledger(model, where, replay, box) + check_folders(where, box, receipts)
    keys, index_bytes = storm.process.index()
    if storm.peak_bytes - index_bytes >= MEMORY_MAX_BYTES:
        faults.append(f"a daemon took {storm.peak_bytes / MIB:.0f} MiB, the index of them {index_bytes / MIB:.0f} MiB")
    if box.impossible:
        print(f"not made here, for want of rights: {', '.join(sorted(box.impossible))}")
    print(f"seed {options.seed}: {len(box.dropped)} entries dropped, {len(receipts)} receipts, {storm.kills} kills,"
          f" {sum(r['accepted'] for r in receipts)} records accepted, {disturbed_s:.0f} s; highest VmHWM"
          f" {storm.peak_bytes / MIB:.0f} MiB, index {keys} keys in {index_bytes / MIB:.1f} MiB", flush=True)
    return faults


def run(options):
    print(f"seed {options.seed}", flush=True)
    database = f"hostile_{os.getpid()}"
    with harness.temporary_directory(keep=options.keep) as directory, harness.a_server(directory) as server:
        try:
            faults = disturb(options, directory, server, database)
        finally:
            if options.keep:
                print(f"kept: {directory}")
            else:
                server.drop_database(database)
    for fault in faults[:40]:
        print(fault)
    if len(faults) > 40:
        print(f"... and {len(faults) - 40} more")
    return 1 if faults else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--kill-every", type=float, nargs=2, default=(1.0, 3.0), metavar=("MIN", "MAX"),
                        help="seconds that a daemon lives")
    parser.add_argument("--keep", action="store_true", help="leave the folder for a look")
    try:
        sys.exit(run(parser.parse_args()))
    except Failure as failure:
        sys.exit(f"failed: {failure}")


if __name__ == "__main__":
    main()
