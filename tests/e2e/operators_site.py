"""What operators_test.py works on: a deployment with a tenant, and packctl as a person runs it."""

import datetime
import json
import os
import subprocess
import unittest

import harness

HEADER = "id,account,product,meter,time,quantity\n"
EVENT_TIME = harness.rfc3339(harness.utc_now() - datetime.timedelta(hours=1))


def setUpModule():
    global server
    folder = unittest.enterModuleContext(harness.temporary_directory())
    server = unittest.enterModuleContext(harness.a_server(folder))


def rows(prefix, count, account="acme", quantity=1):
    rest = f"{account},captcha,client_verification,{EVENT_TIME},{quantity}\n"
    return "".join(f"{prefix}-{number},{rest}" for number in range(count))


def csv(*parts):
    return (HEADER + "".join(parts)).encode()


def ndjson(prefix, count, account):
    return "".join(json.dumps({"id": f"{prefix}-{i}", "account": account, "product": "captcha",
                               "meter": "client_verification", "time": EVENT_TIME}) + "\n"
                   for i in range(count)).encode()


def cut(stored):
    return stored[:len(stored) * 3 // 4]


class OnSite(unittest.TestCase):
    """A deployment with the account acme, which has a pack of a million, and no daemon."""

    def setUp(self):
        self.sites = 0
        self.where = self.new_site()

    def new_site(self, **settings):
        folder = self.enterContext(harness.temporary_directory())
        self.sites += 1
        database = f"operators_{os.getpid()}_{self.sites}"
        server.new_database(database)
        self.addCleanup(server.drop_database, database)
        where = harness.Deployment(folder / "site", server, database, scan_interval_ms=20, **settings)
        where.ctl("migrate")
        where.as_of = harness.LONG_AGO
        where.ctl("account", "add", "acme")
        where.ctl("account", "verify", "acme")
        where.ctl("account", "integrate", "acme", as_of=harness.LONG_AGO)
        where.as_of = None
        where.ctl("pack", "buy", "captcha", "1m", "acme", "--paid-by", "payment-1",
                  as_of=harness.utc_now() - datetime.timedelta(days=1))
        return where

    def command(self, *words):
        return [harness.BIN / "packctl", "--config", self.where.config, *words]

    def run_words(self, *words):
        return subprocess.run(self.command(*words), capture_output=True, text=True, check=False)

    def done(self, *words):
        """Status 0; what it says."""
        ended = self.run_words(*words)
        self.assertEqual((ended.returncode, ended.stderr), (0, ""), words)
        return ended.stdout

    def json(self, *words):
        return json.loads(self.done("--output", "json", *words))

    def refused(self, *words, status=1):
        """One sentence or more on what is wrong, and nothing else."""
        ended = self.run_words(*words)
        self.assertEqual((ended.returncode, ended.stdout), (status, ""), words)
        self.assertRegex(ended.stderr, r"\Apackctl: .+", words)
        return ended.stderr

    def take(self, **files):
        """Each is dropped and taken; NAME_csv for NAME.csv."""
        for name, content in files.items():
            self.where.drop(name.replace("_", "."), content)
        self.where.run_once()

    def receipt(self, name):
        """The only one of this name."""
        found = [receipt for receipt in self.where.receipts() if receipt["file"] == name]
        self.assertEqual(len(found), 1, name)
        self.assertEqual(harness.receipt_adds_up(found[0]), [])
        return found[0]

    def names(self, folder):
        return sorted(os.listdir(self.where.spool / folder))

    def used(self):
        """Units drawn from the pack of acme."""
        return next(int(line.split("\t")[6]) for line in self.where.canonical() if line.startswith("pack\tacme"))

    def killed_within(self, seconds, words, dice):
        """Whether kill -9 came before its end."""
        process = subprocess.Popen(self.command(*words), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(dice.uniform(0, seconds))
        except subprocess.TimeoutExpired:
            process.kill()
        return process.wait() < 0
