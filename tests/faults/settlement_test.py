"""kill -9 of a daemon ten times between its first and its last charge: each account is charged once.

The accounts, the overage and the checks are those of ./dev bench settlement, which does the same with
a million accounts (--kills 10). All accounts came in one ledger transaction, and the audit at the end
has a bound: it once took time with the square of that.
"""

import argparse
import os
import pathlib
import random
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "bench"))

import harness  # noqa: E402
import settlement  # noqa: E402

ACCOUNTS = 6_000
KILLS = 10
# Many transactions, so that each kill hits between two charges; and nobody waits long for a lease.
JOBS = {"interval_ms": 100, "lease_s": 1, "settlement_spread_s": 0, "settlement_accounts": 40}
CHECKS_BOUND_S = 12


def run(seed):
    print(f"seed {seed}", flush=True)
    database = f"settlement_{os.getpid()}"
    with harness.temporary_directory() as directory, harness.a_server(directory) as server:
        try:
            site = settlement.Site(directory / "site", server, database, ACCOUNTS, JOBS)
            dice = random.Random(seed)
            charged = [site.kill(dice, number, KILLS) for number in range(1, KILLS + 1)]
            seconds, _ = site.settle()
            begin = time.monotonic()
            faults = site.faults()
            took = time.monotonic() - begin
        finally:
            server.drop_database(database)
    print(f"charged at the kills: {charged}; the rest in {seconds:.1f} s; the checks took {took:.1f} s")
    if not 0 < charged[0] or charged[-1] >= ACCOUNTS or len(set(charged)) != KILLS:
        faults.append("not each kill hit between two charges")
    if took > CHECKS_BOUND_S:
        faults.append(f"the audit took too long: more than {CHECKS_BOUND_S} s")
    for fault in faults:
        print(fault)
    return 1 if faults else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    try:
        sys.exit(run(parser.parse_args().seed))
    except harness.Failure as failure:
        sys.exit(f"failed: {failure}")


if __name__ == "__main__":
    main()
