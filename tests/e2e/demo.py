"""From an empty server to packs drawn down: ./dev demo [--keep]

A private MariaDB, a few tenants, usage files with all that goes wrong in real ones, and what a
person wants to see of it. What it shows is checked by check.py, which reads only the dropped files.
Ends with 0 only if all agrees. All of it is below one temporary folder, removed at the end unless
--keep is given.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import time

import demo_views
import harness
import usage_data
from tables import Steps, bar, bold, dim, number

RECEIPT_BOUND_S = 60
MESSAGES_BOUND_S = 30


class Demo:
    def __init__(self, folder, options):
        self.folder, self.options, self.steps = folder, options, Steps()
        self.server = self.where = self.daemon = None
        self.usage = usage_data.scenario(harness.utc_now(), options.seed, options.records)
        self.dropped = folder / "dropped"
        self.dropped.mkdir()

    def run(self):
        print(f"\n {bold('Packwarden')}   {number(self.options.records)} usage records in"
              f" {len(self.usage.files)} files, from the spool to the packs of"
              f" {len(usage_data.TENANTS)} tenants")
        self.set_up()
        before = self.where.ctl("pack", "list")
        self.start()
        self.drop_all()
        self.wait_for_messages()
        packs = self.where.ctl("pack", "list")
        mains = [name for name, parent, _ in self.usage.accounts if not parent]
        self.steps.heading("Packs, before and after")
        demo_views.packs(before, packs)
        self.steps.heading("What was used, and what covered it")
        demo_views.usage({name: self.where.ctl("usage", name) for name in mains})
        self.steps.heading("Receipts: lines = accepted + duplicate + conflict + rejected")
        demo_views.receipts(self.where.receipts())
        self.steps.heading("Rejected lines by reason, with an example of each")
        demo_views.rejects(self.where.spool)
        self.steps.heading("In-site messages")
        demo_views.messages([message for name in mains
                             for message in self.where.ctl("inbox", name)[::-1]])
        self.steps.heading("Checked by a model of the rules that read only the dropped files")
        checked = subprocess.run([sys.executable, pathlib.Path(__file__).with_name("check.py"),
                                  self.folder], check=False)
        return checked.returncode

    def set_up(self):
        self.steps.heading("A private MariaDB, tenants and packs")
        begin = time.monotonic()
        self.server = harness.PrivateServer(self.folder)
        version = self.server.sql("SELECT VERSION()")[0][0]
        self.steps.done(f"MariaDB {version} answers on a socket of its own"
                        f" {dim(f'{time.monotonic() - begin:.1f} s')}")
        self.server.new_database("packwarden")
        self.where = harness.Deployment(self.folder / "site", self.server, "packwarden",
                                        default_source=usage_data.DEFAULT_SOURCE)
        harness.set_up_tenants(self.where, self.usage)
        (self.folder / "tenants.json").write_text(json.dumps({
            "accounts": [account[:2] for account in self.usage.accounts],
            "default_source": usage_data.DEFAULT_SOURCE,
            "purchases": [(purchase.tier, purchase.account, harness.rfc3339(purchase.at))
                          for purchase in self.usage.purchases]}, indent=1))
        subs = sum(1 for _, parent, _ in self.usage.accounts if parent)
        self.steps.done(f"{len(self.usage.accounts) - subs} tenants with {subs} sub-accounts")
        self.steps.done(f"{len(self.usage.purchases)} packs and trials, bought over the last year;"
                        " two of them have expired since")

    def start(self):
        self.steps.heading("The daemon starts, and the in-site channel as a process of its own")
        self.daemon = self.where.daemon("up")
        self.steps.done(f"packwardend up {dim(f'process {self.daemon.pid}')}")

    def drop_all(self):
        self.steps.heading("Usage files, dropped one after the other")
        begin, lines, files = time.monotonic(), 0, len(self.usage.files)
        for count, (name, content) in enumerate(self.usage.files, 1):
            self.steps.progress(f"{bar(count - 1, files, 30)} {count - 1} of {files} files,"
                                f" {number(lines)} lines; {name}")
            (self.dropped / name).write_bytes(content)
            self.where.drop(name, content)
            receipt = self.receipt_of(name)
            lines += receipt["lines"]
            self.steps.done(demo_views.receipt_sentence(receipt))
        harness.wait_until(self.where.idle, RECEIPT_BOUND_S, "the spool is empty",
                           alive=[self.daemon])
        self.steps.done(f"{number(lines)} lines in {time.monotonic() - begin:.1f} s, one file at a"
                        " time")

    def receipt_of(self, name):
        receipts = self.where.spool / "receipts"
        path = harness.wait_until(lambda: list(receipts.glob(f"[0-9]*.{name}.json")),
                                  RECEIPT_BOUND_S, f"a receipt for {name}", alive=[self.daemon])
        return json.loads(path[0].read_text())

    def wait_for_messages(self):
        due = sum(line.startswith("notice\t") and line.endswith("\tdue")
                  for line in self.where.canonical())
        stored = "SELECT COUNT(*) FROM inbox_message"
        harness.wait_until(lambda: int(self.server.sql(stored, "packwarden")[0][0]) >= due,
                           MESSAGES_BOUND_S, f"{due} in-site messages", alive=[self.daemon])

    def stop(self):
        try:
            if self.daemon:
                self.daemon.stop()
        finally:
            if self.server:
                self.server.stop()

    def how_to_go_on(self):
        packctl = f"{harness.BIN / 'packctl'} --config {self.where.config}"
        script = harness.ROOT / "docs/drop-usage-file.sh"
        account = usage_data.TENANTS[0][0]
        print(f"""
 {bold('All is left running.')} Go on by hand, for example:

    alias packctl='{packctl}'
    packctl pack list
    packctl usage {account}
    packctl money top-up {account} 2000 --reference bank-4711
    packctl pack buy captcha 1m {account}
    packctl money journal {account}

    printf '{{"id":"mine-1","account":"{account}","product":"captcha","meter":"client_verification","time":"%s"}}\\n' \\
      $(date -u +%FT%TZ) >/tmp/mine.ndjson
    {script} /tmp/mine.ndjson {self.where.spool}
    cat {self.where.spool}/receipts/*.mine.ndjson.json

    tail -f {self.daemon.log_path}
    mariadb --no-defaults -u root -S {self.server.socket} packwarden

 {bold('And to end it:')}

    kill {self.daemon.pid}; tail --pid={self.daemon.pid} -f /dev/null
    mariadb-admin --no-defaults -u root -S {self.server.socket} shutdown
    rm -r {self.folder}
""")


def main():
    parser = argparse.ArgumentParser(prog="./dev demo", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", action="store_true", help="leave all running, say how to go on")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--records", type=int, default=200_000)
    options = parser.parse_args()
    with harness.temporary_directory(keep=options.keep) as folder:
        demo = Demo(folder, options)
        kept = False
        try:
            status = demo.run()
            kept = options.keep
        except harness.Failure as failure:
            demo.steps.failed(str(failure))
            status = 1
        finally:
            if not kept:
                demo.stop()
        if kept:
            demo.how_to_go_on()
        elif status == 0:
            print(f"\n All agrees. {dim('./dev demo --keep leaves it running to try by hand.')}\n")
    sys.stdout.flush()
    return status


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(main())
