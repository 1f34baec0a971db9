"""A level that many accounts cross in one batch: ./dev bench levels [--accounts N] [--bound-mib N]

Each account has a trial pack, and one usage file takes each of them over its 50 % at once. Printed are
how long the daemon took, the memory that it needed above what it held while idle, and how long its
ingest held the ledger.
"""

import time

from bench import resident
from measuring import BOUND_S, Holds, deployment, harness, main_of

UNITS = 10_001  # of 20,000


def run(options, server, directory):
    where, port = deployment(directory / "site", server, "bench_levels")
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
        holds = Holds(port, "ingest")
        at = harness.rfc3339(harness.utc_now())
        where.drop("usage.csv", ("id,account,product,meter,time,quantity\n" + "".join(
            f"u-{n},tenant-{n},captcha,client_verification,{at},{UNITS}\n" for n in range(1, options.accounts + 1))).encode())
        begin = time.perf_counter()
        harness.wait_until(where.idle, BOUND_S, "the file is taken", alive=[daemon], every_s=0.1)
        took = time.perf_counter() - begin
        transactions, held_s, _ = holds.now()
        _, peak = resident(daemon.pid)
    finally:
        daemon.stop()
    (notices,), = server.sql("SELECT COUNT(*) FROM notice WHERE kind = 'pack_usage'", where.database)
    if int(notices) != options.accounts:
        raise harness.Failure(f"{notices} notices, not {options.accounts}")
    above = (peak - idle) / 2**20
    print(f"{options.accounts:,} accounts told in {took:.1f} s by {transactions} transactions that held the ledger for"
          f" {held_s:.1f} s in all; {above:,.0f} MiB above {idle / 2**20:,.0f} MiB idle", flush=True)
    return [f"more than {options.bound_mib} MiB"] if above > options.bound_mib else []


if __name__ == "__main__":
    main_of("levels", __doc__, {"--accounts": {"type": int, "default": 100_000}, "--bound-mib": {"type": float, "default": 256}}, run)
