"""Backup and restore as docs/OPERATIONS.md has them, block by block: with the binary log everything is there again; without
it, what the page lets a person enter again and take again gives the same ledger."""

import datetime
import hashlib
import json
import os
import shlex
import subprocess
import unittest
import zoneinfo

import sandbox  # first: it finds the harness

import blocks
import harness
import usage_formats

HEADER = "id,account,product,meter,time,quantity\n"
SHANGHAI = zoneinfo.ZoneInfo("Asia/Shanghai")
BOUND_S = 60
NOBODY = 65534


def micros(at):
    return at.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def usage(name, at, **units):
    """A file with some records for each account, a second apart before `at`, which add up to its units."""
    lines, number = [], 0
    for account, count in units.items():
        account = account.replace("_", "-")
        for part in (count // 3, count // 3, count - count // 3 * 2):
            number += 1
            when = micros(at - datetime.timedelta(milliseconds=10 * number))
            lines.append(f"{name}-{number},{account},captcha,client_verification,{when},{part}\n")
    return (HEADER + "".join(lines)).encode()


class OnHost(unittest.TestCase):
    def setUp(self):
        self.host = self.enterContext(sandbox.a_sandbox())
        self.where = self.host.where
        self.shell = self.enterContext(self.host.shell(("backup", "recover")))
        self.where.ctl("migrate")

    def scene(self, name, *steps):
        for block in blocks.scene(name):
            if block.mark == "run" and (not steps or block.step in steps):
                self.shell.run(block.text)

    def start(self):
        self.host.service("start", "packwardend")
        self.host.service("start", "packwarden-channel@inbox")

    def take(self, name, **units):
        """Drops a file and waits for its receipt."""
        self.last_file = usage(name, now(), **units)
        self.where.drop(name, self.last_file)
        self.wait_for_receipts(name)

    def wait_for_receipts(self, *names):
        def there():
            return set(names) <= {receipt["file"] for receipt in self.where.receipts()}
        harness.wait_until(there, BOUND_S, f"receipts of {names}", alive=[self.host.daemons["packwardend"]])

    def tenants(self, **how):
        self.where.ctl("account", "add", "acme", "shop", **how)
        self.where.ctl("account", "add-sub", "acme", "acme-mobile", **how)
        self.where.ctl("account", "verify", "acme", "shop", **how)
        self.where.ctl("account", "integrate", "acme", "shop", **how)
        self.where.ctl("pack", "buy", "captcha", "30k", "acme", "--paid-by", "pay-1", **how)
        self.where.ctl("money", "top-up", "shop", "1000", "--reference", "pay-2", **how)

    def packs(self):
        return [pack for pack in self.where.ctl("pack", "list") if pack["tier"] != "postpaid"]

    def inbox(self):
        return [message["subject"] for account in ("acme", "shop") for message in self.where.ctl("inbox", account)]

    def lose_everything(self):
        """The server is gone at once, and its data directory."""
        self.host.lose_power()
        self.shell.run("rm -r $DATA")


class Restore(OnHost):
    def copied_binlog_is_whole(self):
        def whole():
            ours = {path.name: path.stat().st_size for path in self.host.binlogs.glob("binlog.0*")}
            copied = {path.name: path.stat().st_size for path in (self.host.folder / "backups/binlog").iterdir()}
            return ours == copied
        harness.wait_until(whole, BOUND_S, "the binary log is copied to its end")

    def live_through_a_backup(self):
        """A ledger that goes on after its last full backup, whose binary log is copied meanwhile."""
        self.tenants()
        self.start()
        self.take("before.csv", acme=9_000, acme_mobile=500)
        self.scene("backup", 2, 3, 4)
        self.take("after-1.csv", acme=20_000, shop=10)  # acme: above 90 %
        self.where.ctl("money", "top-up", "acme", "2000", "--reference", "pay-3")
        self.where.ctl("pack", "buy", "captcha", "80k", "acme")
        self.take("after-2.csv", acme_mobile=40_000)
        self.where.ctl("pack", "buy", "captcha", "30k", "shop")

    def last_moments(self):
        """The canonical export, and in-site messages."""
        self.take("after-3.csv", shop=31_000)  # more than it has, so it is charged
        self.where.ctl("file", "void", "after-1.csv", "--reason", "wrong")
        before = self.where.canonical()
        due = len([line for line in before if line.startswith("notice\t") and line.endswith("\tdue")])
        harness.wait_until(lambda: len(self.inbox()) == due, BOUND_S, "all messages are in the inbox")
        return before, self.inbox()

    def test_of_a_lost_data_directory_all_that_was_committed_is_there_again(self):
        self.live_through_a_backup()
        before, messages = self.last_moments()
        self.where.drop("waits.csv", usage("waits.csv", now(), shop=7))
        self.lose_everything()
        self.scene("backup", 5, 6, 7, 8)
        self.assertEqual(self.inbox(), messages)
        if self.where.idle():  # it was taken before the loss: then all of it is there
            self.assertIn("waits.csv", self.where.ctl_text("receipt", "show", "waits.csv"))
        else:
            self.assertEqual(harness.differences(before, self.where.canonical()), [])
        # In the ledger are also the ids of the dedupe window and the key that hashes them: what comes again is known.
        (self.host.folder / "again.csv").write_bytes(self.last_file + b"\n")
        checked = json.loads(self.shell.run("packctl --output json spool check again.csv || [ $? = 1 ]"))
        self.assertEqual((checked["accepted"], checked["duplicate"]), (0, 3))
        self.scene("backup", 9)
        self.wait_for_receipts("waits.csv")  # what was on its way is billed, what was billed is not billed again
        harness.wait_until(self.where.idle, BOUND_S, "the spool is empty")
        self.where.ctl("file", "void", "waits.csv", "--reason", "only to compare")
        self.assertEqual(harness.differences(before, self.where.canonical()), [])
        self.assertEqual({receipt["outcome"] for receipt in self.where.receipts()}, {"taken"})

    def test_of_a_lost_host_what_the_copied_binary_log_lacks_is_taken_again(self):
        self.live_through_a_backup()
        self.copied_binlog_is_whole()
        self.shell.run("kill $!")
        before, _ = self.last_moments()
        self.lose_everything()
        self.shell.run("rm -r $BINLOGS")
        self.scene("backup", 5, 6, 7, 8)
        self.assertNotEqual(before, self.where.canonical())
        self.scene("backup", 9)
        harness.wait_until(lambda: sum(row["units"] for row in self.where.ctl("usage", "shop")) == 31_010, BOUND_S,
                           "after-3.csv is taken again")
        self.where.ctl("file", "void", "after-1.csv", "--reason", "wrong")  # a person enters it again
        self.assertEqual(harness.differences(before, self.where.canonical()), [])


class WithoutBinaryLog(OnHost):
    """Two days are lived through by --as-of: a backup, purchases and usage, the charges of a morning, a void, a refund."""

    def setUp(self):
        super().setUp()
        self.entered = []  # since the backup: (instant, words), as a person would find them
        self.allow_as_of(True)
        # Nobody delivers for it: what would go out waits.
        text = self.host.config.read_text()
        self.assertEqual(text.count("\nchannels:\n"), 1)
        self.host.config.write_text(text.replace("\nchannels:\n", "\nchannels:\n  - {name: email, plugin: email.so}\n"))

    def mails_that_wait(self):
        return len(self.where.ctl("notice", "list", "--state", "queued", "--channel", "email", "--limit", "1000"))

    def allow_as_of(self, allowed):
        text = self.host.config.read_text()
        said = {True: "true", False: "false"}
        self.host.config.write_text(text.replace(f"allow_as_of: {said[not allowed]}", f"allow_as_of: {said[allowed]}"))

    def enter(self, at, *words):
        at = micros(at)
        self.entered.append((at, *words))
        return self.where.ctl(*words, as_of=at)

    def run_once(self, at):
        process = self.where.daemon("run-once", "--as-of", micros(at))
        self.assertEqual(process.wait(BOUND_S), 0, process.log_tail())

    def use(self, at, name, **units):
        self.where.drop(name, usage(name, at - datetime.timedelta(seconds=2), **units))
        self.run_once(at)

    def live(self):
        """When charges began, and when everything was lost."""
        minute = datetime.timedelta(minutes=1)
        begin = now()
        self.tenants(as_of=begin - 3000 * minute)
        self.where.ctl("account", "set", "acme", "--email", "billing@acme.example", as_of=begin - 3000 * minute)
        self.use(begin - 2000 * minute, "before.csv", acme=20_000, shop=7)
        self.run_once(begin)
        self.scene("backup", 2)
        # All of the first evening on one business day, whenever this runs.
        first = now() + 5 * minute
        if first.astimezone(SHANGHAI).date() != (first + 60 * minute).astimezone(SHANGHAI).date():
            first += 60 * minute
        self.enter(first, "account", "add", "zenith")
        self.enter(first, "account", "verify", "zenith")
        self.enter(first + minute, "account", "integrate", "zenith")
        self.enter(first + minute, "pack", "trial", "captcha", "zenith")
        self.use(first + 5 * minute, "evening-1.csv", acme=5_000, acme_mobile=100, zenith=5_000, ghost=3)
        self.enter(first + 10 * minute, "money", "top-up", "acme", "660", "--reference", "pay-3")
        self.enter(first + 11 * minute, "pack", "buy", "captcha", "80k", "acme")  # 60 left: postpaid is on
        self.use(first + 20 * minute, "evening-2.csv", acme=100_000)  # 15,100 above: 75.50 to be charged
        self.enter(first + 25 * minute, "pack", "buy", "captcha", "30k", "shop", "--request-id", "shop-order-17")
        self.use(first + 30 * minute, "evening-3.csv", shop=29_000)
        charges = datetime.datetime.combine(first.astimezone(SHANGHAI).date() + datetime.timedelta(days=1),
                                            datetime.time(8), SHANGHAI).astimezone(datetime.timezone.utc)
        self.run_once(charges)  # acme is in arrears: postpaid is suspended
        self.enter(charges + minute, "file", "void", "evening-3.csv", "--reason", "a wrong meter")
        self.enter(charges + 5 * minute, "account", "add", "ghost")
        self.use(charges + 10 * minute, "morning-1.csv", acme=1_000, shop=500)  # of acme: overrun
        self.where.ctl("rejects", "redrive", "evening-1.csv")
        self.run_once(charges + 15 * minute)
        self.enter(charges + 20 * minute, "money", "top-up", "acme", "100", "--reference", "pay-4")
        self.use(charges + 30 * minute, "morning-2.csv", acme=2_000)  # overage again
        at = charges + 35 * minute
        self.enter(at, "pack", "buy", "captcha", "200k", "shop", "--paid-by", "pay-5")
        bought = [pack for pack in self.packs() if pack["account"] == "shop"][-1]
        self.assertEqual((bought["account"], bought["tier"]), ("shop", "200k"))
        for step in ("request", "approve", "order", "complete"):
            self.enter(at + minute, "refund", step, str(bought["pack"]))
        loss = charges + 60 * minute
        self.run_once(loss)
        return charges, loss

    def play(self, charges, loss, forget=()):
        """Steps 1 to 5 of the page, on the last full backup. What step 5 says of receipts."""
        self.scene("backup", 5, 7)
        self.scene("recover", 2)
        rounds = (("", micros(charges)), (micros(charges), micros(loss)))
        for number, (begin, end) in enumerate(rounds, 1):
            lines = [" ".join(map(shlex.quote, line)) for line in self.entered
                     if begin <= line[0] < end and not (forget and set(forget) <= set(line))]
            self.assertNotEqual(lines, [])
            (self.host.folder / f"backups/commands-{number}").write_text("".join(f"{line}\n" for line in lines))
        self.scene("recover", 3)
        return self.shell.run(blocks.scene("recover")[3].text)

    def test_what_is_entered_and_taken_again_gives_the_same_ledger(self):
        charges, loss = self.live()
        before, balances = self.where.canonical(), self.where.ctl("money", "balance")
        self.lose_everything()
        self.shell.run(f"rm -r $BINLOGS; CHARGES={micros(charges)} LOSS={micros(loss)}")
        self.allow_as_of(False)

        # Somebody forgets a line: the page shows which file says so, and what to do about it.
        said = self.play(charges, loss, forget=("account", "add", "ghost"))
        self.assertRegex(said, r"differs: \S+evening-1.redrive.csv.gz.json\n")
        self.assertNotEqual(before, self.where.canonical())
        self.shell.run("systemctl stop mariadb; rm -r $RECOVERY")

        self.assertNotIn("differs", self.play(charges, loss))
        self.assertEqual(harness.differences(before, self.where.canonical()), [])
        self.assertEqual(self.where.ctl("money", "balance"), balances)
        self.assertGreater(self.mails_that_wait(), 3)
        in_site = self.inbox()
        self.scene("recover", 5)
        self.assertEqual((self.mails_that_wait(), self.inbox()), (0, in_site))
        self.scene("recover", 6)
        self.assertEqual(self.host.config.read_text().count("allow_as_of: false"), 1)
        self.start()
        # The days were lived ahead of the clock, which ledger time waits for.
        self.where.drop("afterwards.csv", usage("afterwards.csv", now() - datetime.timedelta(seconds=2), shop=1))
        daemon = self.host.daemons["packwardend"]
        harness.wait_until(lambda: "nothing is decided until the clock has caught up" in daemon.log_tail(), BOUND_S,
                           "it says what it waits for", alive=[daemon])
        self.assertEqual({receipt["outcome"] for receipt in self.where.receipts()}, {"taken"})


class TakeFilesAgain(unittest.TestCase):
    """The script by itself, on a spool that belongs to somebody else than who runs it."""

    def setUp(self):
        self.folder = self.enterContext(harness.temporary_directory())
        self.spool, self.into = self.folder / "spool", self.folder / "into"
        for name in ("done/2026-11-22", "failed", "receipts"):
            (self.spool / name).mkdir(parents=True)

    def claimed(self, claim, name, content, stored=None, folder="done/2026-11-22", ending="", receipt=True):
        path = self.spool / folder / f"{claim}.{name}{ending}"
        path.write_bytes(content if stored is None else stored)
        path.chmod(0o640)
        if receipt:
            told = {"digest": "sha256:" + hashlib.sha256(content).hexdigest()}
            (self.spool / f"receipts/{claim}.{name}.json").write_text(json.dumps(told))

    def run_script(self, begin="2026-11-22T10:00:00Z", end="2026-11-22T11:00:00.5Z"):
        return subprocess.run(["bash", "-c", 'umask 077; exec "$@"', "bash", blocks.ROOT / "docs/take-files-again.sh",
                               self.spool, begin, end, self.into], capture_output=True, text=True, check=False)

    def taken(self):
        return {path.name[29:]: path.read_bytes() for path in (self.into / "retry").iterdir()}

    def test_files_come_as_they_came_and_only_those_of_the_time(self):
        packed = usage_formats.packed(b"2", ".zst")
        self.claimed("20261122T095959.999999Z-0000", "early.csv", b"0")
        self.claimed("20261122T100000.000000Z-0000", "plain.csv", b"1")
        self.claimed("20261122T103000.000000Z-0000", "packed here.csv", b"2", packed, ending=".zst")
        self.claimed("20261122T103000.000000Z-0001", "came packed.csv.zst", packed)
        self.claimed("20261122T110000.000000Z-0000", "broke off.csv.gz", b"3", folder="failed")
        self.claimed("20261122T110000.500000Z-0000", "late.csv", b"4")
        done = self.run_script()
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(self.taken(), {"plain.csv": b"1", "packed here.csv": b"2", "came packed.csv.zst": packed,
                                        "broke off.csv.gz": b"3"})
        self.assertEqual(self.run_script().returncode, 0)  # again: the same
        self.assertEqual(len(self.taken()), 4)
        self.assertEqual(len(list((self.spool / "done/2026-11-22").iterdir())), 5)

    def test_what_is_not_as_its_receipt_says_is_named_and_left(self):
        self.claimed("20261122T103000.000000Z-0000", "good.csv", b"1")
        self.claimed("20261122T103000.000000Z-0001", "changed.csv", b"2", b"3")
        self.claimed("20261122T103000.000000Z-0002", "unknown.csv", b"4", receipt=False)
        done = self.run_script()
        self.assertEqual((done.returncode, sorted(self.taken())), (1, ["good.csv"]))
        for name in ("changed.csv", "unknown.csv"):
            self.assertIn(name, done.stderr)

    def test_wrong_words_change_nothing(self):
        for begin, end in (("no instant", "2026-11-22"), ("2026-11-22", "")):
            self.assertEqual(self.run_script(begin, end or "never").returncode, 2)
        self.spool = self.folder
        self.assertEqual(self.run_script().returncode, 2)

    @unittest.skipUnless(os.geteuid() == 0, "only root can write for others")
    def test_the_daemon_can_read_and_rename_what_root_copied(self):
        self.claimed("20261122T103000.000000Z-0000", "plain.csv", b"1")
        self.claimed("20261122T103000.000000Z-0001", "packed.csv", b"2", usage_formats.packed(b"2", ".zst"), ending=".zst")
        for folder, _, files in os.walk(self.spool):
            for path in (folder, *(os.path.join(folder, file) for file in files)):
                os.chown(path, NOBODY, NOBODY)
        self.assertEqual(self.run_script().returncode, 0)
        for path, mode in ((self.into / "retry", 0o750), *((path, 0o640) for path in (self.into / "retry").iterdir())):
            status = path.stat()
            self.assertEqual((status.st_uid, status.st_gid, status.st_mode & 0o777), (NOBODY, NOBODY, mode), path)


if __name__ == "__main__":
    unittest.main()
