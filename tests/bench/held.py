"""How long the ledger is held where much has piled up: ./dev bench held [--keys N] [--packs N] [--bound-s S]

1. A daemon takes usage files of N keys while a second one on the same database does nothing; then the
   second one takes a small file, for which it must know all these keys.
2. N packs expire at one instant.

Printed is the longest that the ledger was held, as the metric's bucket says it.
"""

import datetime

from measuring import BOUND_S, Holds, deployment, harness, main_of, with_port
from settlement import SHANGHAI, TENANTS, account

RECORDS_A_FILE = 1_000_000
INSERTING_S = 30  # at most, of all packs
HEADER = "id,account,product,meter,time,quantity\n"


def add_tenants(where, server, accounts, expired_at):
    """As many accounts, each with a pack that was bought long ago."""
    (seq,), = server.sql("SELECT seq + 1 FROM ledger_sequence", where.database)
    server.sql(TENANTS.format(all=f"seq_1_to_{accounts}", seq=seq, bought=expired_at - datetime.timedelta(days=365),
                              expired=expired_at, top_up=100_000_000), where.database)


def report(what, holds, bound_s):
    count, seconds, longest = holds.now()
    print(f"{what}: {count:,} transactions held the ledger for {seconds:.2f} s in all, none for more than {longest} s",
          flush=True)
    return [f"{what}: longer than {bound_s} s"] if not count or longest > bound_s else []


def second_daemon(options, server, directory):
    first, _ = deployment(directory / "first", server, "bench_second")
    first.ctl("migrate")
    second = harness.Deployment(directory / "second", server, first.database, spool_name="second")
    port = with_port(second)
    second.ctl("token", "new", "bench")
    add_tenants(first, server, 1_000, datetime.datetime.now(SHANGHAI).date() + datetime.timedelta(days=100))
    at = harness.rfc3339(harness.utc_now())
    one, other = first.daemon(), second.daemon()
    try:
        for daemon in (one, other):
            harness.wait_until(daemon.is_ready, BOUND_S, "the daemons are ready", alive=[one, other])
        for file in range(-(-options.keys // RECORDS_A_FILE)):
            first.drop(f"usage-{file}.csv", (HEADER + "".join(
                f"u-{file}-{n},{account(1 + n % 1_000)},captcha,client_verification,{at},1\n"
                for n in range(min(RECORDS_A_FILE, options.keys)))).encode())
            harness.wait_until(first.idle, BOUND_S, "the files are taken", alive=[one, other])
        holds = Holds(port, "ingest")
        second.drop("small.csv", (HEADER + f"s-1,{account(1)},captcha,client_verification,{at},1\n").encode())
        harness.wait_until(second.idle, BOUND_S, "the small file is taken", alive=[one, other])
        return report(f"a second daemon behind {options.keys:,} keys", holds, options.bound_s)
    finally:
        one.stop()
        other.stop()


def equal_expiries(options, server, directory):
    where, port = deployment(directory / "expiries", server, "bench_expiries", jobs={"interval_ms": 100})
    where.ctl("migrate")
    where.ctl("token", "new", "bench")
    daemon = where.daemon()
    try:
        harness.wait_until(daemon.is_ready, BOUND_S, "the daemon is ready", alive=[daemon])
        holds = Holds(port, "expire")
        expired_at = harness.utc_now().replace(tzinfo=None, microsecond=0) + datetime.timedelta(seconds=INSERTING_S)
        add_tenants(where, server, options.packs, expired_at)
        done = f"SELECT COUNT(*) FROM job WHERE name = 'expire' AND done_until > '{expired_at}' + INTERVAL 1 SECOND"
        harness.wait_until(lambda: server.sql(done, where.database)[0][0] == "1", BOUND_S, "all expiries are told",
                           alive=[daemon], every_s=0.5)
        (told,), = server.sql("SELECT COUNT(*) FROM notice WHERE kind = 'pack_expired'", where.database)
        if int(told) != options.packs:
            raise harness.Failure(f"{told} expiries are told, not {options.packs}")
        return report(f"{options.packs:,} packs that expire at one instant", holds, options.bound_s)
    finally:
        daemon.stop()


def run(options, server, directory):
    return second_daemon(options, server, directory) + equal_expiries(options, server, directory)


if __name__ == "__main__":
    main_of("held", __doc__, {"--keys": {"type": int, "default": 8_000_000}, "--packs": {"type": int, "default": 200_000},
                              "--bound-s": {"type": float, "default": 1.0}}, run)
