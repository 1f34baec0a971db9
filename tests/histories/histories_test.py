"""Random histories: what Packwarden answers and keeps against the slow model, line by line.

    histories_test.py [--histories N] [--chunk N] [--jobs N] [--seed N] [--keep DIRECTORY]

Histories of one chunk are lived through together, in one history file and one database. Without --seed each run has a
new one, which is printed. Counts of what was hit are printed; a count that is too small for the number of histories is a
failure. On a difference the history file, the answers and both exports stay in DIRECTORY (default: a folder of /tmp).
"""

import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import secrets
import subprocess
import sys
import time

from axes import AXES
from canonical import canonical
from catalogue import to_yaml
from generator import DEFAULT_SOURCE, OPERATIONS_MIN, UNIT_RECORDS, Generator

import server  # tests/e2e, by way of generator

BIN = pathlib.Path(os.environ.get("PACKWARDEN_BIN", pathlib.Path(__file__).parents[2] / "build/release/bin"))
TEMPLATES = pathlib.Path(__file__).parents[2] / "config/templates"
SHOWN_DIFFERENCES = 10
# Not for a crash, so that nothing waits for the disk.
SERVER_OPTIONS = ("--innodb-flush-log-at-trx-commit=0",)

# What 10,000 histories must hit at least 1,000 times.
LISTED = ("packs", "trials", "refunds requested", "refunds completed", "postpaid switches", "late records",
          "late into expired packs", "duplicate", "conflict", "repeated files", "repeated requests", "voids",
          "histories with a void", "clock steps back", "packs bought on the leap day", "packs expired on 28 February",
          "records on a day of a clock change", "overage", "bills", "charges of closed days", "credits",
          "suspended by a charge", "resumed by a top-up", "packs expired", "reminders")
LISTED_IN_10_000 = 1_000


class Site:
    """A deployment with a spool and a database of its own."""

    def __init__(self, directory, database_server, database, axis, products):
        self.directory, self.server, self.database = directory, database_server, database
        self.history, self.answers = directory / "history.jsonl", directory / "answers.jsonl"
        (directory / "spool").mkdir()
        (directory / "catalogue.yaml").write_text(to_yaml(products))
        self.config = directory / "packwarden.yaml"
        self.config.write_text("\n".join((
            "database:", f"  socket: {database_server.socket}", f"  name: {database}", f"  user: {database_server.user}",
            "spool:", f"  directory: {directory / 'spool'}", "  name: histories", f"  default_source: {DEFAULT_SOURCE}",
            "ingest:", f"  max_unit_records: {UNIT_RECORDS}", f"business_time_zone: {axis.zone}",
            "catalogue_file: catalogue.yaml", f"notices: {{templates_directory: {TEMPLATES}}}",
            "http: {listen: off}", "allow_as_of: true")) + "\n")
        database_server.new_database(database)
        self.ctl("migrate")

    def ctl(self, *words):
        """What packctl prints. Failure unless it is done."""
        command = [BIN / "packctl", "--config", self.config, *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise server.Failure(f"packctl {' '.join(map(str, words))}\nended with {done.returncode}:"
                                 f" {done.stderr.strip()}\n{done.stdout[-2000:]}")
        return done.stdout


def first_differences(title, expected, found):
    """Sentences about the first lines that differ; none where all are alike."""
    if expected == found:
        return []
    ours, theirs = collections.Counter(expected), collections.Counter(found)
    lines = [f"  model alone: {line}" for line in (ours - theirs).elements()][:SHOWN_DIFFERENCES]
    lines += [f"  ledger alone: {line}" for line in (theirs - ours).elements()][:SHOWN_DIFFERENCES]
    if not lines:
        at = next(n for n, pair in enumerate(zip(expected, found)) if pair[0] != pair[1])
        lines = [f"  the same lines in another order, from line {at + 1} on:", f"  model:  {expected[at]}",
                 f"  ledger: {found[at]}"]
    return [title, *lines]


def told(line, answer):
    return f"{answer['status']} {answer.get('code', '')}  of {line[:200]}"


def compare(site, made):
    """Plays the history; sentences about what differs."""
    site.history.write_text("\n".join(made.lines) + "\n")
    site.ctl("replay", site.history, "--answers", site.answers)
    expected = [told(line, {"status": status, "code": code}) for line, (status, code) in zip(made.lines, made.answers)]
    answers = [json.loads(line) for line in site.answers.read_text().splitlines()]
    faults = first_differences("Answers differ:", expected,
                               [told(line, answer) for line, answer in zip(made.lines, answers)])
    export = site.ctl("export", "--canonical").splitlines()
    model = canonical(made.world)
    (site.directory / "export.expected").write_text("\n".join(model) + "\n")
    (site.directory / "export.found").write_text("\n".join(export) + "\n")
    faults += first_differences("The canonical exports differ:", model, export)
    site.ctl("audit")
    return faults


def run_chunk(number, seed, histories, socket, user, directory):
    """One chunk, in a process of its own: (counts, faults, seconds)."""
    begin = time.monotonic()
    axis = AXES[number % len(AXES)]
    made = Generator(seed, histories, axis).make()
    counts = +made.world.counts
    counts["operations"] = sum(made.operations.values())
    counts["histories"] = sum(1 for count in made.operations.values() if count >= OPERATIONS_MIN)
    database_server = server.Server(socket, user)
    folder = pathlib.Path(directory) / f"seed-{seed}"
    folder.mkdir(parents=True)
    database = f"histories_{os.getpid()}_{number}"
    try:
        faults = compare(Site(folder, database_server, database, axis, made.products), made)
    except server.Failure as failure:
        faults = [str(failure)]
    finally:
        database_server.drop_database(database)
    if faults:
        faults.insert(0, f"Chunk {number} ({axis.name}), seed {seed}, {histories} histories; kept in {folder}:")
    else:
        subprocess.run(["rm", "-rf", folder], check=True)
    return counts, faults, time.monotonic() - begin


def parts(histories, chunk):
    """Sizes of the chunks, each axis as often as the others."""
    count = -(-histories // chunk)
    count += -count % len(AXES)
    return [histories // count + (number < histories % count) for number in range(count)]


def run(options, database_server, directory):
    total, faults = collections.Counter(), []
    sizes = parts(options.histories, options.chunk)
    with concurrent.futures.ProcessPoolExecutor(options.jobs) as pool:
        chunks = [pool.submit(run_chunk, number, f"{options.seed}-{number}", size, database_server.socket,
                              database_server.user, directory)
                  for number, size in enumerate(sizes)]
        for number, chunk in enumerate(chunks):
            counts, chunk_faults, seconds = chunk.result()
            total += counts
            faults += chunk_faults
            print(f"chunk {number + 1} of {len(sizes)}: {'ok' if not chunk_faults else 'DIFFERS'},"
                  f" {counts['operations']} operations, {seconds:.0f} s", flush=True)
    return total, faults


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--histories", type=int, default=200)
    parser.add_argument("--chunk", type=int, default=250)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", default=secrets.token_hex(4))
    parser.add_argument("--keep", help="folder for what differs")
    options = parser.parse_args()
    print(f"seed {options.seed}: {options.histories} histories of at least {OPERATIONS_MIN} operations", flush=True)
    begin = time.monotonic()
    with server.temporary_directory() as directory:
        kept = pathlib.Path(options.keep or f"/tmp/packwarden-histories-{options.seed}")
        with server.a_server(directory, SERVER_OPTIONS) as database_server:
            total, faults = run(options, database_server, kept)
    for name, count in sorted(total.items()):
        print(f"{count:12,}  {name}")
    for name in LISTED:
        needed = LISTED_IN_10_000 * options.histories // 10_000
        if total[name] < needed:
            faults.append(f"'{name}' was hit {total[name]} times only, and {options.histories} histories must hit it"
                          f" {needed} times.")
    if total["histories"] < options.histories:
        faults.append(f"only {total['histories']} histories have {OPERATIONS_MIN} operations")
    print("\n".join(faults))
    print(f"{'FAILED' if faults else 'all alike'}, seed {options.seed}, {time.monotonic() - begin:.0f} s")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
