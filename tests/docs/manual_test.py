"""README and docs/OPERATIONS as a person follows them: their blocks for the sandbox, in a shell, in the order of the page."""

import datetime
import re
import shutil
import subprocess
import unittest

import sandbox  # first: it finds the harness

import blocks
import harness

# Scenes of the sandbox that have a test here, or in another file.
HERE = {"hand", "look", "move-from", "move-to", "report", "tenant", "weekly"}
ELSEWHERE = {"backup", "recover"}  # restore_test.py
BOUND_S = 60
NOT_AS_SHIPPED = {"log_bin", "innodb_buffer_pool_size", "innodb_log_file_size"}  # of the sandbox


class Manual(unittest.TestCase):
    def test_every_scene_has_a_test(self):
        self.assertEqual({block.scene for block in blocks.blocks("sandbox")}, HERE | ELSEWHERE)

    def test_every_command_named_in_the_text_is_one(self):
        found = set()
        for page in blocks.PAGES:
            text = re.sub(r"\s+", " ", (blocks.ROOT / page).read_text(encoding="utf-8"))
            found |= {match[1].strip() for match in re.finditer(r"`packctl((?: [a-z][a-z-]*)+)", text)}
        self.assertGreater(len(found), 20)
        for words in found:
            told = subprocess.run([harness.BIN / "packctl", *words.split(), "--help"], capture_output=True, text=True,
                                  check=False)
            self.assertEqual(told.returncode, 0, f"packctl {words}: {told.stderr}")


class OnHost(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.host = self.enterContext(sandbox.a_sandbox())
        self.where = self.host.where
        self.where.ctl("migrate")

    def shell(self, *scenes):
        return self.enterContext(self.host.shell(scenes))

    def tenant(self):
        self.where.ctl("account", "add", "acme")
        self.where.ctl("account", "verify", "acme")
        self.where.ctl("account", "integrate", "acme")
        self.where.ctl("pack", "buy", "captcha", "30k", "acme", "--paid-by", "payment-1")

    def take(self, name, *accounts):
        now = datetime.datetime.now(datetime.timezone.utc).isoformat()
        lines = [f"{name}-{number},{account},captcha,client_verification,{now},100\n"
                 for number, account in enumerate(accounts)]
        self.where.drop(name, ("id,account,product,meter,time,quantity\n" + "".join(lines)).encode())
        harness.wait_until(lambda: name in {receipt["file"] for receipt in self.where.receipts()}, BOUND_S,
                           f"a receipt of {name}", alive=list(self.host.daemons.values()))

    def used(self, where=None):
        return sum(pack["used"] for pack in (where or self.where).ctl("pack", "list") if pack["tier"] != "postpaid")

    def test_the_server_has_the_settings_that_are_shipped(self):
        shipped = dict(re.findall(r"^([a-z_]+) *= *(\S+)", sandbox.SHIPPED_SERVER_SETTINGS.read_text(), re.MULTILINE))
        self.assertIn("sync_binlog", shipped)
        units = {"M": 2**20, "G": 2**30}
        for name, value in shipped.items():
            if name not in NOT_AS_SHIPPED:
                value = str(int(value[:-1]) * units[value[-1]]) if value[-1] in units and value[:-1].isdigit() else value
                (_, found), = self.host.server.sql(f"SHOW GLOBAL VARIABLES LIKE '{name}'")
                self.assertEqual(found, value, name)
        self.assertEqual(NOT_AS_SHIPPED - set(shipped), set())

    def test_the_first_tenant(self):
        self.host.start_daemon("packwardend")
        self.assertEqual(sandbox.run_scene(self.shell("tenant"), "tenant"), [])
        receipt = self.where.receipts()[0]
        self.assertEqual((receipt["accepted"], receipt["rejected"]), (2, {"unknown_account": 1}))
        self.assertEqual(self.used(), 1_500)

    def test_when_something_needs_a_hand(self):
        self.tenant()
        self.host.start_daemon("packwardend")
        self.take("late.csv", "acme", "ghost")
        self.take("wrong.csv", "acme")
        self.take("broken.csv")
        self.where.ctl("account", "add", "ghost")
        shell = self.shell("hand")
        (self.host.folder / "usage.csv").write_bytes(b"id,account,product,meter,time\n")
        shell.run("FILE=usage.csv NAME=late.csv WRONG=wrong.csv")
        sandbox.run_scene(shell, "hand")
        names = {"late.redrive.csv.gz", "wrong.redrive.csv.gz"}
        harness.wait_until(lambda: names <= {receipt["file"] for receipt in self.where.receipts()}, BOUND_S, "both redrives")
        receipts = {receipt["file"]: receipt for receipt in self.where.receipts()}
        self.assertEqual([receipts[name]["accepted"] for name in sorted(names)], [1, 1])
        self.assertEqual(self.used(), 200)

    def test_a_look_and_the_weekly_audit_of_a_good_day(self):
        self.tenant()
        self.host.start_daemon("packwardend")
        self.host.start_daemon("packwarden-channel@inbox")
        shell = self.shell("look", "weekly")
        sandbox.run_scene(shell, "look")
        sandbox.run_scene(shell, "weekly")

    def test_reports_by_a_user_who_may_only_read(self):
        self.tenant()
        self.host.start_daemon("packwardend")
        self.take("usage.csv", "acme")
        shell = self.shell("report")
        sandbox.run_scene(shell, "report")
        self.assertIn("All sums agree", shell.run("packctl --config $SETTINGS/report.yaml statement acme"
                                                  " $(TZ=Asia/Shanghai date +%Y-%m)"))
        with self.assertRaises(RuntimeError):
            shell.run("packctl --config $SETTINGS/report.yaml account add other")

    def test_moving_to_another_host(self):
        self.tenant()
        self.host.start_daemon("packwardend")
        self.host.start_daemon("packwarden-channel@inbox")
        self.take("before.csv", *["acme"] * 200)  # more than half of the pack: a message
        harness.wait_until(lambda: "50" in str(self.where.ctl("inbox", "acme")), BOUND_S, "a message of the level")
        messages = len(self.where.ctl("inbox", "acme"))
        move = self.host.folder.parent / "move"
        move.mkdir()
        with self.host.shell(("move-from",)) as shell:
            sandbox.run_scene(shell, "move-from")
        self.where.drop("waits.csv", b"id,account,product,meter,time\n")
        shutil.copy(self.where.spool / "incoming/waits.csv", move / "spool/incoming/")  # came during the copying

        new = sandbox.Sandbox(self.host.folder.parent, "new")
        self.addCleanup(new.stop)
        shell = self.enterContext(new.shell(("move-to",)))
        sandbox.run_scene(shell, "move-to", upto=2)
        self.assertEqual(new.config.read_text(), self.host.config.read_text())
        new.take_over(self.host)  # the paths of this sandbox are not those of the other
        sandbox.run_scene(shell, "move-to", begin=3)
        harness.wait_until(lambda: len(new.where.receipts()) == 2, BOUND_S, "the file that waited is taken")
        self.assertEqual(self.used(new.where), 20_000)
        self.assertEqual(len(new.where.ctl("inbox", "acme")), messages)


if __name__ == "__main__":
    unittest.main()
