"""Commands beside one of many names: ./dev bench many_names [--names N] [--bound-s S]

packctl claims the trial of N accounts from a file, in pieces (P9), while a loop of packctl verifies one
account after the other. What counts is the slowest of these: nobody may wait long for the ledger. A daemon
follows it meanwhile.
"""

import subprocess
import time

from measuring import deployment, harness, main_of

REFUSED_EACH = 1_000  # one name in so many is of no account
BOUND_S = 3_600


def seconds_of(work):
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def run(options, server, directory):
    where, _ = deployment(directory / "site", server, "bench_names")
    where.ctl("migrate")
    accounts = directory / "accounts"
    accounts.write_text("".join(f"tenant-{n}\n" for n in range(1, options.names + 1)))
    adding = seconds_of(lambda: where.ctl("account", "add", "--from-file", accounts))
    print(f"{options.names:,} accounts added in {adding:.1f} s", flush=True)
    names = directory / "names"
    names.write_text("".join(f"tenant-{n}\n" if n % REFUSED_EACH else f"nobody-{n}\n"
                             for n in range(1, options.names + 1)))
    daemon = where.daemon()
    waits = []
    try:
        begin = time.perf_counter()
        claiming = subprocess.Popen([str(harness.BIN / "packctl"), "--config", str(where.config), "pack", "trial", "captcha",
                                     "--from-file", str(names)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        number = 0
        while claiming.poll() is None:
            number += 1
            waits.append(seconds_of(lambda n=number: where.ctl("account", "verify", f"tenant-{n}")))
            if time.perf_counter() - begin > BOUND_S:
                claiming.kill()
                raise harness.Failure("the command of many names does not end")
        took = time.perf_counter() - begin
    finally:
        daemon.stop()
    if claiming.returncode != 1:  # some names were refused
        raise harness.Failure(f"packctl ended with {claiming.returncode}: {claiming.stderr.read().decode()}")
    (packs,), = server.sql("SELECT COUNT(*) FROM pack", where.database)
    wanted = options.names - options.names // REFUSED_EACH
    if int(packs) != wanted:
        raise harness.Failure(f"{packs} packs, not {wanted}")
    waits.sort()
    print(f"{options.names:,} trials in {took:.1f} s; {len(waits)} verifications beside it: median"
          f" {waits[len(waits) // 2]:.2f} s, slowest {waits[-1]:.2f} s", flush=True)
    return [f"the slowest took more than {options.bound_s} s"] if waits[-1] > options.bound_s else []


if __name__ == "__main__":
    main_of("many_names", __doc__, {"--names": {"type": int, "default": 200_000}, "--bound-s": {"type": float, "default": 2.0}}, run)
