"""What a record, a ledger entry and an account cost on the disks and in memory: ./dev bench sizes [--records N]

Accounts with a pack each, then files of a quarter of the records each, drawn evenly over all accounts; a server with the
settings of config/mariadb and the binary log. docs/OPERATIONS.md, "Sizing", has the figures.
"""

import argparse
import datetime
import pathlib
import random
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import harness  # noqa: E402

ACCOUNTS = 10_000
FILES = 4
SETTINGS = harness.ROOT / "config/mariadb/packwarden.cnf"
DATABASE = "sizes"


class Sizes:
    """Bytes on the disks, by table, and of the binary log."""

    def __init__(self, server, folder):
        tables = [row[0] for row in server.sql(f"SHOW TABLES FROM {DATABASE}")]
        server.sql("ANALYZE TABLE " + ", ".join(f"{DATABASE}.{table}" for table in tables))
        self.tables = {name: int(size) for name, size in server.sql(
            "SELECT table_name, data_length + index_length FROM information_schema.tables"
            f" WHERE table_schema = '{DATABASE}'")}
        self.binlog = sum(path.stat().st_size for path in folder.glob("binlog.0*"))

    def grown(self, before):
        return {name: size - before.tables[name] for name, size in self.tables.items() if size > before.tables[name]}


def csv_file(names, first, count, dice, at):
    lines = ["id,account,product,meter,time,quantity\n"]
    lines += (f"0a1b2c3d-4e5f-6071-8293-{number:012},{dice.choice(names)},captcha,client_verification,{at},1\n"
              for number in range(first, first + count))
    return "".join(lines).encode()


def run(options, server, directory):
    server.new_database(DATABASE)
    where = harness.Deployment(directory / "site", server, DATABASE)
    where.ctl("migrate")
    empty = Sizes(server, directory)
    names = [f"t{number:05}" for number in range(ACCOUNTS)]
    listed = directory / "names"
    listed.write_text("\n".join(names))
    for words in (("add",), ("verify",)):
        where.ctl("account", *words, "--from-file", listed)
    where.ctl("account", "integrate", "--from-file", listed, as_of=harness.LONG_AGO)
    where.ctl("pack", "buy", "captcha", "30k", "--from-file", listed, "--paid-by", "payment-1",
              as_of=harness.utc_now() - datetime.timedelta(days=2))
    before = Sizes(server, directory)
    dice = random.Random(1)
    at = harness.rfc3339(harness.utc_now() - datetime.timedelta(hours=1))
    for number in range(FILES):
        part = options.records // FILES
        where.drop(f"usage-{number}.csv", csv_file(names, number * part, part, dice, at), durable=False)
    dropped = sum(path.stat().st_size for path in (where.spool / "incoming").iterdir())
    keys, index_bytes = where.run_once().index()
    after = Sizes(server, directory)
    grown = after.grown(before)
    (entries,), = server.sql("SELECT COUNT(*) FROM ledger_entry", DATABASE)
    done = sum(path.stat().st_size for path in (where.spool / "done").rglob("*") if path.is_file())
    records = keys
    print(f"{records} records of {ACCOUNTS} accounts in {FILES} files; {entries} ledger entries")
    for what, size, of in (("an account with its pack, in the database", sum(before.grown(empty).values()), ACCOUNTS),
                           ("an account with its pack, in the binary log", before.binlog - empty.binlog, ACCOUNTS),
                           ("a record as it comes", dropped, records),
                           ("a record in done/", done, records),
                           ("a key in memory", index_bytes, keys),
                           ("a key in the database", grown["dedupe_segment"], keys),
                           ("a ledger entry in the database", grown["ledger_entry"], int(entries)),
                           ("a record in the binary log", after.binlog - before.binlog, records)):
        print(f"  {what:45} {size / of:9.1f} bytes")
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=1_000_000)
    options = parser.parse_args()
    with harness.temporary_directory() as directory:
        server = harness.PrivateServer(directory, (f"--log-bin={directory}/binlog",), SETTINGS)
        try:
            sys.exit(run(options, server, directory))
        except harness.Failure as failure:
            sys.exit(f"failed: {failure}")
        finally:
            server.stop()


if __name__ == "__main__":
    main()
