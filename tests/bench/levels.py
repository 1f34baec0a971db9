"""A level that many accounts cross in one batch: ./dev bench levels [--accounts N] [--bound-mib N]

Each account has a trial pack, and one usage file takes each of them over its 50 % at once. Printed are
how long the daemon took, the memory that it needed above what it held while idle, and how long its
ingest held the ledger.
"""

import argparse
import pathlib
import re
import sys
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import harness  # noqa: E402
from bench import resident  # noqa: E402

SERVER = ("--innodb-buffer-pool-size=2G", "--innodb-log-file-size=1G")
UNITS = 10_001  # of 20,000
BOUND_S = 900
HELD = re.compile(r'packwarden_ledger_held_seconds_(sum|count)\{kind="ingest"\} (\S+)')


def held(port):
    """(seconds, transactions) for which ingest held the ledger."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60) as page:
        found = dict(HELD.findall(page.read().decode()))
    return float(found.get("sum", 0)), int(float(found.get("count", 0)))


def run(options, server, directory):
    server.new_database("bench_levels")
    where = harness.Deployment(directory / "site", server, "bench_levels", spool_name="bench")
    port = harness.free_port()
    where.config.write_text(where.config.read_text().replace(
        "http: {listen: off}", f"http: {{listen: '127.0.0.1:{port}', tokens_file: {directory}/tokens}}"))
    where.ctl("migrate")
    where.ctl("token", "new", "bench")
    names = directory / "names"
    names.write_text("".join(f"tenant-{n}\n" for n in range(1, options.accounts + 1)))
    for words in (("account", "add"), ("account", "verify"), ("account", "integrate", "--client"),
                  ("account", "integrate", "--server"), ("pack", "trial", "captcha")):
        where.ctl(*words, "--from-file", names)
    daemon = where.daemon()
    try:
        harness.wait_until(daemon.is_ready, BOUND_S, "the daemon is ready", alive=[daemon])
        time.sleep(2)  # what loading needed for a moment is given back
        idle, _ = resident(daemon.pid)
        before, _ = held(port)
        at = harness.rfc3339(harness.utc_now())
        where.drop("usage.csv", ("id,account,product,meter,time,quantity\n" + "".join(
            f"u-{n},tenant-{n},captcha,client_verification,{at},{UNITS}\n" for n in range(1, options.accounts + 1))).encode())
        begin = time.perf_counter()
        harness.wait_until(where.idle, BOUND_S, "the file is taken", alive=[daemon], every_s=0.1)
        took = time.perf_counter() - begin
        after, transactions = held(port)
        _, peak = resident(daemon.pid)
    finally:
        daemon.stop()
    (notices,), = server.sql("SELECT COUNT(*) FROM notice WHERE kind = 'pack_usage'", where.database)
    if int(notices) != options.accounts:
        raise harness.Failure(f"{notices} notices, not {options.accounts}")
    above = (peak - idle) / 2**20
    print(f"{options.accounts:,} accounts told in {took:.1f} s by {transactions} transactions that held the ledger for"
          f" {after - before:.1f} s in all; {above:,.0f} MiB above {idle / 2**20:,.0f} MiB idle", flush=True)
    return above


def main():
    parser = argparse.ArgumentParser(prog="./dev bench levels", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--bound-mib", type=float, default=256)
    options = parser.parse_args()
    try:
        with harness.temporary_directory() as directory:
            server = harness.PrivateServer(directory, SERVER)
            try:
                above = run(options, server, directory)
            finally:
                server.stop()
    except harness.Failure as failure:
        sys.exit(f"failed: {failure}")
    if above > options.bound_mib:
        sys.exit(f"more than {options.bound_mib} MiB")


if __name__ == "__main__":
    main()
