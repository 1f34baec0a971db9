"""Entitlement checks a second, on this machine: ./dev bench entitlement [--connections N...] [--seconds N]

A daemon over 100,000 accounts with a pack each, a token, and wrk, which asks from the same machine for
random accounts and looks at the status and the body of every answer. First with the daemon otherwise
idle, then while it takes usage files of other accounts as fast as it can: bursts of files are there
before it has taken the last ones.

The daemon is started with the priority that its systemd unit sets, and wrk with the same: it stands
for an asker on another host. The first run warms up and is not counted.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

import harness  # noqa: E402
import tables  # noqa: E402
from bench import account, line_tails, write_file  # noqa: E402

FIELDS = ("requests", "duration_us", "p50_us", "p99_us", "max_us", "seen", "other_status", "wrong_body",
          "errors")
PORT = 8476
BUSY_ACCOUNTS = 10_000
BUSY_FILES_WAITING = 3
UNIT = HERE.parents[1] / "systemd/packwardend.service"

# Accounts 1 to N, called tenant-0000000 and so on: each tenth has used all up, the others have three units
# more than seven times their number. As if each step had been taken with packctl.
TENANTS = """
INSERT INTO account SELECT seq, 0, CONCAT('tenant-', LPAD(seq - 1, 7, '0')), 'en', {seq} FROM {all};
INSERT INTO account_fact SELECT seq, k.kind, '2026-01-01', {seq} FROM {all} JOIN (SELECT 'client_integrated' kind UNION ALL
  SELECT 'identity_verified' UNION ALL SELECT 'server_integrated') k;
INSERT INTO pack (pack_id, account_id, product_id, tier, is_trial, quota_units, price_micros, priority, purchased_at,
  effective_from, expires_at, notice_levels, seq) SELECT seq, seq, 1, 'bench', 0, 7 * (seq - 1) + 3, 0, 0, '2026-01-01',
  '2026-01-01', '2099-01-01', '', {seq} FROM {all};
INSERT INTO pack_balance SELECT seq, IF(seq % 10 = 1, 7 * (seq - 1) + 3, 0), NULL FROM {all};
INSERT INTO service_change SELECT seq, 1, {seq}, 0, IF(seq % 10 = 1, 'none', 'packs'), IF(seq % 10 = 1, 'packs_exhausted', ''),
  '2026-01-01' FROM {all};
INSERT INTO ledger_transaction (seq, kind, committed_at) SELECT {seq}, 'bench', UTC_TIMESTAMP(6);
UPDATE ledger_sequence SET seq = {seq}, last_account_id = (SELECT MAX(account_id) FROM account),
  last_pack_id = (SELECT MAX(pack_id) FROM pack);
"""


def unit_nice():
    return int(re.search(r"^Nice=(-?\d+)$", UNIT.read_text(), re.MULTILINE)[1])


class Site:
    def __init__(self, directory, server, options):
        self.options = options
        server.new_database("bench")
        self.where = harness.Deployment(directory / "site", server, "bench", scan_interval_ms=20)
        config = self.where.config.read_text().replace(
            "http: {listen: off}", f"http: {{listen: '127.0.0.1:{PORT}', tokens_file: {directory}/tokens}}")
        self.where.config.write_text(config)
        self.where.ctl("migrate")
        self.where.run_once()  # makes the products known
        (seq,), = server.sql("SELECT seq + 1 FROM ledger_sequence", "bench")
        server.sql(TENANTS.format(seq=seq, all=f"seq_1_to_{options.accounts}"), "bench")
        self.token = self.where.ctl_text("token", "new", "bench", output=None).split()[-1]
        self.files = directory / "files"
        self.files.mkdir()
        self._make_files(directory)

    def _make_files(self, directory):
        """Usage of accounts behind those that wrk asks for."""
        first = self.options.accounts
        names = directory / "busy.txt"
        names.write_text("".join(f"{account(first + n)}\n" for n in range(BUSY_ACCOUNTS)))
        self.where.ctl("account", "add", "--from-file", names)
        self.where.ctl("account", "verify", "--from-file", names)
        self.where.ctl("account", "integrate", "--from-file", names, as_of=harness.LONG_AGO)
        self.where.ctl("pack", "buy", "captcha", "1b", "--from-file", names, "--paid-by", "bench")
        tails = line_tails(self.options.records, BUSY_ACCOUNTS, first)
        self.paths = []
        for number in range(self.options.files):
            path = self.files / f"busy-{number:03}.csv"
            write_file(path, number, tails)
            self.paths.append(path)

    def start(self):
        nice = unit_nice()
        process = harness.Daemon("packwardend", ["nice", "-n", str(nice), harness.BIN / "packwardend",
                                                 "--config", self.where.config],
                                 self.where.directory / "daemon.log")
        harness.wait_until(lambda: self._answers(), 60, "entitlement checks are answered", [process])
        return process

    def _answers(self):
        done = subprocess.run(["curl", "-sf", "-H", f"Authorization: Bearer {self.token}",
                               f"http://127.0.0.1:{PORT}/v1/entitlements/{account(0)}/captcha"],
                              capture_output=True, check=False)
        return done.returncode == 0

    def taken(self):
        return len(list((self.where.spool / "receipts").glob("[!.]*.json")))

    def ask(self, connections, seconds):
        words = ["nice", "-n", str(unit_nice()), "wrk", "--threads", "1", "--connections", str(connections),
                 "--duration", f"{seconds}s", "--script", HERE / "entitlement.lua",
                 f"http://127.0.0.1:{PORT}", "--", self.token, str(self.options.accounts),
                 str(self.options.seed)]
        done = subprocess.run(words, check=True, capture_output=True, text=True)
        line = done.stdout.strip().splitlines()[-1]
        if not line.startswith("RESULT "):
            raise harness.Failure(f"wrk said:\n{done.stdout}{done.stderr}")
        return dict(zip(FIELDS, map(int, line.split()[1:])))


class Feeder(threading.Thread):
    """Keeps some files waiting in incoming/ until it is stopped or has no more."""

    def __init__(self, site):
        super().__init__()
        self.site, self.stopped, self.ran_out = site, threading.Event(), False

    def run(self):
        incoming = self.site.where.spool / "incoming"
        before, dropped = self.site.taken(), 0
        while not self.stopped.wait(0.01):
            while dropped - (self.site.taken() - before) < BUSY_FILES_WAITING:
                if not self.site.paths:
                    self.ran_out = True
                    return
                path = self.site.paths.pop()
                (incoming / f".{path.name}").hardlink_to(path)
                (incoming / f".{path.name}").rename(incoming / path.name)
                path.unlink()
                dropped += 1


def row_of(title, connections, result, records_a_second):
    rate = result["requests"] * 1_000_000 // result["duration_us"]
    return (title, connections, f"{rate:,}", f"{result['p50_us'] / 1000:.2f} ms",
            f"{result['p99_us'] / 1000:.2f} ms", f"{result['max_us'] / 1000:.1f} ms",
            f"{result['other_status']:,}", f"{result['wrong_body']:,}", f"{result['errors']:,}",
            f"{records_a_second:,.0f}" if records_a_second else "-")


def measure(site):
    rows, bad = [], 0
    for title in ("idle", "ingesting"):
        for connections in site.options.connections:
            feeder, taken, begin = Feeder(site), site.taken(), time.perf_counter()
            if title == "ingesting":
                feeder.start()
                harness.wait_until(lambda: site.taken() > taken, 120, "the first file is taken")
                taken, begin = site.taken(), time.perf_counter()
            result = site.ask(connections, site.options.seconds)
            taken, took = site.taken() - taken, time.perf_counter() - begin
            if title == "ingesting":
                feeder.stopped.set()
                feeder.join()
                if feeder.ran_out:
                    raise harness.Failure("there were too few files: give more --files")
                harness.wait_until(site.where.idle, 300, "the spool is empty")
            rows.append(row_of(title, connections, result, taken * site.options.records / took))
            bad += result["other_status"] + result["wrong_body"] + result["errors"]
    return rows, bad


def main():
    parser = argparse.ArgumentParser(prog="./dev bench entitlement", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--connections", type=int, nargs="+", default=[8, 64])
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--files", type=int, default=60, help="of usage, for both busy runs")
    parser.add_argument("--records", type=int, default=500_000, help="of each file")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("the priority of the unit can be given by root alone: run it as root")
    try:
        with harness.temporary_directory() as directory:
            server = harness.PrivateServer(directory)
            try:
                site = Site(directory, server, options)
                process = site.start()
                try:
                    site.ask(options.connections[0], 1)
                    rows, bad = measure(site)
                finally:
                    process.stop(60)
            finally:
                server.stop()
    except harness.Failure as failure:
        sys.exit(f"failed: {failure}")
    print(f"\n{options.accounts:,} accounts, {options.seconds} s each, wrk on the same machine,"
          f" Nice={unit_nice()}\n")
    tables.table(("daemon", "connections", "requests/s", "p50", "p99", "max", "not 200", "wrong body",
                  "errors", "records/s"), rows, indent=2)
    print()
    if bad:
        sys.exit("some answers were not as they should be")


if __name__ == "__main__":
    main()
