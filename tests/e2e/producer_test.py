"""docs/drop-usage-file.sh does what docs/PRODUCERS.md says: U1, with odd names, full disks and a daemon that takes."""

import os
import pathlib
import random
import resource
import subprocess
import unittest

import harness
import usage_data
import usage_formats

SCRIPT = harness.ROOT / "docs/drop-usage-file.sh"
CONTENT = b"id,account,product,meter,time\nr-1,acme,captcha,client_verification,2026-11-22T10:00:00Z\n"
ODD_NAMES = ("plain.csv", "-rf.csv", "two words.ndjson.gz", "new\nline.csv", "quote\"'`.jsonl", "$(reboot).csv",
             "*.csv", "back\\slash\\n.csv", "%s.ndjson.zst", "bad-\udcff.csv", "微信.jsonl.gz", "a..csv",
             "L" * 251 + ".csv")
NO_USAGE_FILES = ("usage.CSV", "usage.csv.tmp", "usage", "usage.csv.bz2", "usage.csv.zst.gz", "usage.csv.gz.gz",
                  "usage.gz", ".usage.csv", ".csv", "csv", "usage.csv\n")
NOBODY = 65534


class Script(unittest.TestCase):
    """Against a spool that nobody reads."""

    def setUp(self):
        self.folder = self.enterContext(harness.temporary_directory())
        self.spool, self.made = self.folder / "spool", self.folder / "made"
        self.incoming = self.spool / "incoming"
        for folder in (self.incoming, self.made):
            folder.mkdir(parents=True)

    def make(self, name, content=CONTENT):
        path = self.made / name
        path.write_bytes(content)
        return path

    def drop(self, path, **how):
        done = subprocess.run([SCRIPT, path, self.spool], capture_output=True, check=False, **how)
        return done.returncode, done.stderr.decode(errors="replace")

    def names(self):
        return sorted(os.listdir(self.incoming))

    def test_odd_names_and_what_they_hold_arrive(self):
        for name in ODD_NAMES:
            self.assertEqual(self.drop(self.make(name)), (0, ""), name)
        self.assertEqual(self.names(), sorted(ODD_NAMES))
        for name in ODD_NAMES:
            self.assertEqual((self.incoming / name).read_bytes(), CONTENT)
            self.assertEqual((self.incoming / name).stat().st_mode & 0o777, 0o640)
            self.assertEqual((self.incoming / name).stat().st_nlink, 1)

    def test_a_path_that_looks_like_an_option(self):
        self.make("-rf.csv")
        done = subprocess.run([SCRIPT, "-rf.csv", self.spool], cwd=self.made, check=False)
        self.assertEqual((done.returncode, self.names()), (0, ["-rf.csv"]))

    def test_what_is_no_usage_file_is_refused(self):
        for name in NO_USAGE_FILES:
            status, said = self.drop(self.make(name))
            self.assertEqual((status, said.startswith("drop-usage-file.sh: ")), (2, True), name)
        for path in (self.made, self.made / "missing.csv"):
            self.assertEqual(self.drop(path)[0], 2)
        self.assertEqual(subprocess.run([SCRIPT, self.make("x.csv"), self.folder], capture_output=True,
                                        check=False).returncode, 2)
        self.assertEqual(self.names(), [])

    def test_nothing_is_written_over(self):
        (self.incoming / "usage.csv").write_bytes(b"the first")
        (self.incoming / "link.csv").symlink_to("nowhere")
        (self.incoming / "folder.csv").mkdir()
        for name in ("usage.csv", "link.csv", "folder.csv"):
            self.assertEqual(self.drop(self.make(name))[0], 1)
        self.assertEqual((self.incoming / "usage.csv").read_bytes(), b"the first")
        self.assertEqual(self.names(), ["folder.csv", "link.csv", "usage.csv"])
        self.assertEqual(os.listdir(self.incoming / "folder.csv"), [])

    def test_of_many_at_once_one_wins(self):
        running = []
        for number in range(8):
            (self.made / str(number)).mkdir()
            path = self.make(f"{number}/usage.csv", b"%d" % number)
            running.append(subprocess.Popen([SCRIPT, path, self.spool], stderr=subprocess.DEVNULL))
        statuses = [process.wait(30) for process in running]
        self.assertEqual(sorted(statuses), [0] + [1] * 7)
        self.assertEqual(self.names(), ["usage.csv"])
        self.assertEqual((self.incoming / "usage.csv").read_bytes(), b"%d" % statuses.index(0))

    def test_no_room_leaves_nothing(self):
        path = self.make("usage.csv", bytes(100_000))
        room = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, 5_000))
        self.assertEqual(self.drop(path, preexec_fn=room)[0], 1)
        self.assertEqual(self.names(), [])

    def test_no_right_leaves_nothing(self):
        for folder in (self.folder, self.spool, self.made):
            folder.chmod(0o755)
        path = self.make("usage.csv")
        self.incoming.chmod(0o555)
        as_nobody = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        status, said = self.drop(path, **as_nobody)
        self.assertEqual((status, "ermission denied" in said, self.names()), (1, True, []))


class WithDaemon(unittest.TestCase):
    """The daemon takes what the script drops, while it drops."""

    def setUp(self):
        self.folder = self.enterContext(harness.temporary_directory())
        server = self.enterContext(harness.a_server(self.folder))
        database = f"producer_{os.getpid()}"
        server.new_database(database)
        self.addCleanup(server.drop_database, database)
        self.where = harness.Deployment(self.folder / "site", server, database, scan_interval_ms=20)
        self.where.ctl("migrate")
        self.where.ctl("account", "add", "acme")

    def test_every_file_is_taken_whole_and_sending_again_is_harmless(self):
        maker = usage_data.Maker(harness.utc_now(), 3, 0)
        dice, sent, records = random.Random(3), {}, 0
        for name in ODD_NAMES:
            new = [maker.record("acme", 48, 1, 9) for _ in range(200)]
            sent[name] = self.folder / name
            sent[name].write_bytes(self.stored_for(name, new, dice))
            records += len(new)
        process = self.where.daemon()
        self.addCleanup(lambda: process.poll() is None and process.kill_hard())
        for again in (False, True):
            for path in sent.values():
                self.assertEqual(subprocess.run([SCRIPT, path, self.where.spool], check=False).returncode, 0)
            harness.wait_until(self.where.idle, 60, "the spool is empty", alive=[process])
        process.stop()
        receipts = self.where.receipts()
        outcomes = [receipt["outcome"] for receipt in receipts]
        self.assertEqual((outcomes.count("taken"), outcomes.count("repeat")), (len(sent), len(sent)))
        self.assertEqual(sum(receipt["accepted"] for receipt in receipts), records)

    @staticmethod
    def stored_for(name, records, dice):
        stem, packing = os.path.splitext(name)
        packing = packing if packing in usage_formats.PACKINGS else ""
        is_csv = pathlib.PurePath(stem if packing else name).suffix == ".csv"
        return usage_formats.written_as(records, "csv" if is_csv else "mixed", packing, dice)[2]


if __name__ == "__main__":
    unittest.main()
