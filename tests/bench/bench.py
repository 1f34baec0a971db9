"""Records a second, on this machine: ./dev bench [--groups N...] [--binlog off|on...] [--records N]

For each number of groups a million records (a group: what one account used on one day) and each way
of the server: a fresh MariaDB with flush at commit, accounts with a pack each, and files of unique
records of about 100 bytes. A running daemon gets bursts of files, as a billing host does when
producers close their files on the hour: a burst's time is from the first rename into incoming/
until the last receipt is there. Then single files, one after the other, which shows what one file
alone takes. Beside it, in the same run and on the same server, LOAD DATA LOCAL INFILE ... IGNORE of
the same files into a table keyed by the record's id: raw rows, no rating. Figures are medians; the
first file warms both up and is not counted.
"""

import argparse
import datetime
import os
import pathlib
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import harness  # noqa: E402
import tables  # noqa: E402

BINLOG = {"off": ("--skip-log-bin",),
          "on": ("--log-bin=binlog", "--server-id=1", "--binlog-format=ROW", "--sync-binlog=1")}
HEADER = "id,account,product,meter,time,quantity\n"
STEP = 7_919          # a prime: neighbours in a file are not neighbours among the accounts
FILE_BOUND_S = 600
RAW_TABLE = """
CREATE TABLE raw_usage (
  id VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  account VARCHAR(128) NOT NULL, product VARCHAR(64) NOT NULL, meter VARCHAR(64) NOT NULL,
  time VARCHAR(40) NOT NULL, quantity BIGINT NOT NULL,
  PRIMARY KEY (id)
) CHARACTER SET ascii"""
LOAD = ("LOAD DATA LOCAL INFILE '{path}' IGNORE INTO TABLE raw_usage CHARACTER SET ascii"
        " FIELDS TERMINATED BY ',' IGNORE 1 LINES (id, account, product, meter, time, quantity)")


def account(number):
    return f"tenant-{number:07}"


def line_tails(records, groups, first=0):
    """All of the lines but their ids: yesterday's business day, which keeps a group per account, of which
    `first` is the first."""
    midnight = datetime.datetime.combine(
        (harness.utc_now() + datetime.timedelta(hours=8)).date(), datetime.time())
    begin = midnight - datetime.timedelta(hours=24 + 8)
    seconds = [(begin + datetime.timedelta(seconds=s)).isoformat() for s in range(86_400)]
    names = [account(first + number) for number in range(groups)]
    return [f",{names[i * STEP % groups]},captcha,client_verification,"
            f"{seconds[i * 86_400 // records]}.{i % 1000:03}Z,1\n" for i in range(records)]


def write_file(path, number, tails):
    with open(path, "w", encoding="ascii", newline="\n") as file:
        file.write(HEADER)
        prefix = f"edge-{number:04}-"
        for start in range(0, len(tails), 100_000):
            part = tails[start:start + 100_000]
            file.write("".join([f"{prefix}{i:021x}{tail}" for i, tail in enumerate(part, start)]))


def resident(pid):
    """(now, at most) of a process, in bytes."""
    fields = {}
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name in ("VmRSS", "VmHWM"):
            fields[name] = int(value.split()[0]) * 1024
    return fields["VmRSS"], fields["VmHWM"]


def cpu_seconds(pid):
    """What all threads of a process have used, in user and system."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Case:
    """One number of groups on one kind of server."""

    def __init__(self, directory, server, groups, tails, file_count):
        self.server, self.tails, self.file_count = server, tails, file_count
        server.new_database("bench")
        self.where = harness.Deployment(directory / "site", server, "bench", scan_interval_ms=20,
                                        spool_name="bench")
        self.files = directory / "files"
        self.files.mkdir()
        names = directory / "accounts.txt"
        names.write_text("".join(f"{account(number)}\n" for number in range(groups)))
        self.where.ctl("migrate")
        self.where.ctl("account", "add", "--from-file", names)
        self.where.ctl("account", "verify", "--from-file", names)
        self.where.ctl("account", "integrate", "--from-file", names, as_of=harness.LONG_AGO)
        self.where.ctl("pack", "buy", "captcha", "30k", "--from-file", names, "--paid-by", "bench",
                       as_of=harness.utc_now() - datetime.timedelta(days=30))

    def make_files(self):
        for number in range(self.file_count):
            path = self.files / f"bench-{number:03}.csv"
            write_file(path, number, self.tails)
            yield path

    def ingest(self, process, paths):
        """Seconds from the first rename into incoming/ to the last receipt."""
        incoming = self.where.spool / "incoming"
        for path in paths:
            (incoming / f".{path.name}").hardlink_to(path)
        wanted = {f".{path.name}.json" for path in paths}
        begin = time.perf_counter()
        for path in paths:
            (incoming / f".{path.name}").rename(incoming / path.name)
        while wanted:
            if process.poll() is not None or time.perf_counter() - begin > FILE_BOUND_S:
                raise harness.Failure(f"no receipt for {wanted}\n{process.log_tail()}")
            time.sleep(0.005)
            names = [name for name in os.listdir(self.where.spool / "receipts")
                     if not name.startswith(".")]
            wanted = {end for end in wanted if not any(name.endswith(end) for name in names)}
        return time.perf_counter() - begin

    def measure_daemon(self, paths, bursts):
        """(records a second in bursts, seconds of single files, peak bytes, growth of the resident
        memory for a record, bytes of the index for a key)"""
        process = self.where.daemon()
        records = len(self.tails)
        try:
            self.ingest(process, paths[:1])
            warm, _ = resident(process.pid)
            size = (len(paths) - 1) // (bursts + 1)
            rates = []
            for burst in range(bursts):
                part = paths[1 + burst * size:1 + (burst + 1) * size]
                rates.append(len(part) * records / self.ingest(process, part))
            alone = [self.ingest(process, [path]) for path in paths[1 + bursts * size:]]
            harness.wait_until(self.where.idle, 60, "the spool is empty", alive=[process])
            now, peak = resident(process.pid)
        finally:
            process.stop()
        for receipt in self.where.receipts():
            if receipt["accepted"] != records or harness.receipt_adds_up(receipt):
                raise harness.Failure(f"not all was accepted: {receipt}")
        keys, index_bytes = process.index()
        if keys != len(paths) * records:
            raise harness.Failure(f"the index holds {keys} keys")
        return rates, alone, peak, (now - warm) / ((len(paths) - 1) * records), index_bytes / keys

    def measure_load_data(self, paths):
        self.server.sql(RAW_TABLE, "bench")
        times = []
        for path in paths:
            begin = time.perf_counter()
            subprocess.run(self.server.client("--local-infile=1", "bench", "-e",
                                              LOAD.format(path=path)), check=True)
            times.append(time.perf_counter() - begin)
        rows = int(self.server.sql("SELECT COUNT(*) FROM raw_usage", "bench")[0][0])
        if rows != len(paths) * len(self.tails):
            raise harness.Failure(f"LOAD DATA took {rows} rows")
        return times[1:]


def thousands(rates):
    """Median, slowest and fastest."""
    return (f"{int(statistics.median(rates)):>9,}"
            f"  ({int(min(rates)) // 1000:,}k to {int(max(rates)) // 1000:,}k)")


def measure(groups, binlog, options):
    with harness.temporary_directory() as directory:
        server = harness.PrivateServer(directory, (*BINLOG[binlog], "--local-infile=1"))
        try:
            tails = line_tails(options.records, groups)
            case = Case(directory, server, groups, tails, options.files * (options.bursts + 1) + 1)
            paths = list(case.make_files())
            title = f"  {groups:,} groups, binary log {binlog}:"
            ours, alone, peak, growth, key_bytes = case.measure_daemon(paths, options.bursts)
            print(f"{title} packwarden {thousands(ours)} records/s, a file alone"
                  f" {statistics.median(alone):.2f} s, {paths[0].stat().st_size / options.records:.0f}"
                  " bytes a record", flush=True)
            base = [options.records / t for t in case.measure_load_data(paths[:options.files + 1])]
            print(f"{title} LOAD DATA  {thousands(base)} records/s", flush=True)
        finally:
            server.stop()
    ratio = statistics.median(ours) / statistics.median(base)
    return (groups, binlog, thousands(ours), f"{statistics.median(alone):.2f} s", thousands(base),
            f"{ratio:.1f}", f"{peak / 2**20:,.0f} MiB", f"{growth:.1f}", f"{key_bytes:.1f}")


def main():
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--groups", type=int, nargs="+", default=[10_000, 150_000],
                        help="groups a million records, i.e. accounts")
    parser.add_argument("--binlog", nargs="+", choices=BINLOG, default=["off", "on"])
    parser.add_argument("--records", type=int, default=1_000_000, help="of each file")
    parser.add_argument("--files", type=int, default=4, help="of a burst; and so many alone")
    parser.add_argument("--bursts", type=int, default=3)
    options = parser.parse_args()
    print(f"\n{options.bursts} bursts of {options.files} files of {options.records:,} records after"
          " one to warm up, flush at commit; records a second: median (slowest to fastest)\n",
          flush=True)
    try:
        rows = [measure(groups, binlog, options)
                for groups in options.groups for binlog in options.binlog]
    except harness.Failure as failure:
        sys.exit(str(failure))
    print()
    tables.table(("groups", "binlog", "packwarden records/s", "a file alone", "LOAD DATA records/s", "ratio",
                  "peak RSS", "RSS/record", "index/key"), rows, indent=2)
    print("\n  RSS/record: bytes by which the daemon's resident memory rose for each record after the"
          " first file\n  index/key: bytes of its dedupe index for each key, as it says itself\n")


if __name__ == "__main__":
    main()
