"""What gives the ledger its meaning is stored in it: settings that would give it another are refused by every door, and
what does no harm is recorded. One daemon at a time works under the name of a spool."""

import datetime
import json
import os
import shutil
import signal
import subprocess
import unittest

import harness
from notify_socket import NotifySocket

BOUND_S = 60
HEADER = "id,account,product,meter,time,quantity\n"


def setUpModule():
    global server
    folder = unittest.enterModuleContext(harness.temporary_directory())
    server = unittest.enterModuleContext(harness.a_server(folder))


class Site(harness.Deployment):
    """With a catalogue of its own, which a test may change."""

    def __init__(self, folder, database, **settings):
        super().__init__(folder, server, database, **settings)
        self.catalogue = folder / "catalogue.yaml"
        shutil.copy(harness.CATALOGUE, self.catalogue)
        self.change(self.config, str(harness.CATALOGUE), str(self.catalogue))

    @staticmethod
    def change(file, old, new):
        text = file.read_text()
        if old not in text:
            raise harness.Failure(f"{file} has no {old}")
        file.write_text(text.replace(old, new))

    def start(self):
        """(exit status, log) of a daemon that takes what is in the spool."""
        process = self.daemon("run-once")
        return process.wait(BOUND_S), process.log_path.read_bytes()[process.log_begin_bytes:].decode()

    def ctl_away(self, *words):
        """What a command says that the ledger could not be reached for."""
        done = subprocess.run([harness.BIN / "packctl", "--config", self.config, *words], capture_output=True, text=True,
                              check=False)
        if done.returncode != 3:
            raise harness.Failure(f"{words} ended with {done.returncode}: {done.stderr}")
        return done.stderr

    def stored(self):
        return {row["name"]: row for row in self.ctl("deployment", "show")}

    def codes(self):
        return {finding["code"] for finding in self.ctl("status")["findings"]}


class Deployment(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(harness.temporary_directory())
        self.database = f"deployment_{os.getpid()}"
        server.new_database(self.database)
        self.addCleanup(server.drop_database, self.database)
        self.site = Site(self.folder / "site", self.database)
        self.site.ctl("migrate")

    def with_a_pack(self):
        self.site.ctl("account", "add", "acme")
        self.site.ctl("account", "verify", "acme")
        self.site.ctl("pack", "buy", "captcha", "30k", "acme", "--paid-by", "payment-1")

    def test_S40_other_settings_are_refused_by_start_check_and_command(self):
        self.with_a_pack()
        self.assertEqual(self.site.stored()["currency"]["recorded_by"], "first")
        self.site.change(self.site.catalogue, "currency: CNY", "currency: USD")
        status, log = self.site.start()
        self.assertEqual(status, 1, log)
        self.assertIn("packctl deployment set currency USD", log)
        for words in (("config", "check"), ("money", "balance", "acme"), ("account", "list"), ("audit",),
                      ("money", "top-up", "acme", "5", "--reference", "bank-1")):
            self.site.ctl_text(*words, refused=True)
        self.assertIn("settings_differ", self.site.codes())

        self.site.ctl_text("deployment", "set", "currency", "USD", refused=True)  # without --yes
        self.assertEqual(self.site.stored()["currency"]["value"], "CNY")
        self.site.ctl_text("deployment", "set", "currency", "USD", "--yes")
        self.assertEqual(self.site.start()[0], 0)
        self.assertEqual(self.site.stored()["currency"]["recorded_by"], "operator")
        history = self.site.ctl("deployment", "show", "--history")
        self.assertEqual([row["value"] for row in history if row["name"] == "currency"], ["USD", "CNY"])

    def test_S40_another_zone_is_refused_and_a_new_tier_is_recorded(self):
        self.with_a_pack()
        self.site.change(self.site.catalogue, "{ name: 30k, units: 30000,", "{ name: 31k, units: 31000,")
        self.assertIn("catalogue", self.site.ctl_text("config", "check", output=None))
        before = self.site.stored()["catalogue"]["value"]
        status, log = self.site.start()
        self.assertEqual(status, 0, log)
        self.assertIn("takes over what has changed in the settings: catalogue", log)
        self.assertNotEqual(self.site.stored()["catalogue"]["value"], before)
        self.assertIn("It agrees with the ledger.", self.site.ctl_text("config", "check", output=None))
        self.site.config.write_text(self.site.config.read_text() + "business_time_zone: Europe/Berlin\n")
        status, log = self.site.start()
        self.assertEqual(status, 1, log)
        self.assertIn("Asia/Shanghai", log)

    def test_S40_a_check_without_a_database_says_so(self):
        self.site.change(self.site.config, f"name: {self.database}", "name: nowhere")
        self.assertIn("It was not compared with the ledger: ", self.site.ctl_text("config", "check", output=None))

    def test_S40_a_reload_is_refused_whole(self):
        self.with_a_pack()
        manager = NotifySocket(self.folder)
        self.addCleanup(manager.close)
        daemon = self.site.daemon(environment=manager.environment(60))
        harness.wait_until(lambda: manager.times_of("READY", "1", 0), BOUND_S, "READY=1", alive=[daemon])
        self.site.change(self.site.catalogue, "name: client_verification", "name: client_check")
        self.site.change(self.site.catalogue, "{ name: 30k, units: 30000,", "{ name: 31k, units: 31000,")
        daemon.send_signal(signal.SIGHUP)
        harness.wait_until(lambda: "reload refused" in manager.status(), BOUND_S, "a refusal", alive=[daemon])
        self.assertIn('meter "client_verification"', daemon.log_tail())
        self.assertEqual({row["recorded_by"] for row in self.site.ctl("deployment", "show")}, {"first"})
        self.site.change(self.site.catalogue, "name: client_check", "name: client_verification")
        daemon.send_signal(signal.SIGHUP)
        harness.wait_until(lambda: "reloaded at" in manager.status(), BOUND_S, "a reload", alive=[daemon])
        self.assertEqual(self.site.stored()["catalogue"]["recorded_by"], "settings")
        daemon.stop()

    def test_S40_two_daemons_with_different_catalogues_are_named(self):
        other = Site(self.folder / "other", self.database, spool_name="west")
        daemons = [self.site.daemon()]
        harness.wait_until(daemons[0].is_ready, BOUND_S, "the first", alive=daemons)
        other.change(other.catalogue, 'units: 30000, price: "300"', 'units: 30000, price: "299"')
        daemons.append(other.daemon(title="other"))
        harness.wait_until(daemons[1].is_ready, BOUND_S, "the second", alive=daemons)
        self.assertIn("catalogues_differ", self.site.codes())
        for daemon in daemons:
            daemon.stop()
        self.assertNotIn("catalogues_differ", self.site.codes())

    def test_O10_a_ledger_that_is_ahead_goes_on_when_the_clock_is_accepted(self):
        self.with_a_pack()
        ahead = harness.utc_now() + datetime.timedelta(days=8)
        self.site.ctl("money", "top-up", "acme", "5", "--reference", "bank-1", as_of=ahead)
        self.site.ctl("pack", "buy", "captcha", "30k", "acme", "--paid-by", "payment-2", as_of=ahead)
        self.site.ctl_text("deployment", "set", "ledger-time", "--yes", refused=True)  # under allow_as_of
        self.site.change(self.site.config, "allow_as_of: true", "allow_as_of: false")
        self.site.as_of = None
        top_up = ("money", "top-up", "acme", "5", "--reference", "bank-2")
        self.assertIn("packctl deployment set ledger-time", self.site.ctl_away(*top_up))
        self.assertIn("ledger_ahead", self.site.codes())
        self.site.ctl_text("deployment", "set", "ledger-time", refused=True)  # without --yes
        done = self.site.ctl("deployment", "set", "ledger-time", "--yes", "--request-id", "accept")
        self.assertTrue(any("pack 2 of acme (30k)" in sentence for sentence in done["means"]), done)
        self.assertTrue(self.site.ctl("deployment", "set", "ledger-time", "--yes", "--request-id", "accept")["repeated"])
        self.site.ctl(*top_up)
        self.assertNotIn("ledger_ahead", self.site.codes())

    def test_U8_an_older_database_is_accepted_by_its_number(self):
        self.with_a_pack()
        at = int(server.sql("SELECT seq FROM ledger_sequence", self.database)[0][0])
        self.site.ctl_text("deployment", "accept-older", at + 1, "--yes", refused=True)
        self.site.ctl_text("deployment", "accept-older", at, refused=True)  # without --yes
        done = self.site.ctl("deployment", "accept-older", at, "--yes")
        self.assertIn(f"ledger transaction {at}", done["means"][0])
        self.assertEqual(server.sql("SELECT history FROM ledger_sequence", self.database), [("1",)])

    def test_S40_a_daemon_that_was_paused_ends_when_the_ledger_has_another_meaning(self):
        self.with_a_pack()
        daemon = self.site.daemon()
        harness.wait_until(daemon.is_ready, BOUND_S, "the daemon", alive=[daemon])
        self.addCleanup(daemon.kill_hard)
        harness.wait_until(lambda: self.is_paused_without_the_ledger(daemon), BOUND_S, "a pause", alive=[daemon])
        # As if it had been paused for longer than the lease lasts.
        server.sql("UPDATE daemon SET lease_until = UTC_TIMESTAMP(6)", self.database)
        other = Site(self.folder / "other", self.database, spool_name="other")
        other.config.write_text(other.config.read_text() + "business_time_zone: Europe/Berlin\n")
        other.ctl_text("deployment", "set", "business-time-zone", "Europe/Berlin", "--yes")
        self.site.drop("late.csv", (HEADER + "a,acme,captcha,client_verification,"
                                    + harness.rfc3339(harness.utc_now()) + ",1\n").encode())
        daemon.send_signal(signal.SIGCONT)
        self.assertEqual(daemon.wait(BOUND_S), 1, daemon.log_tail())
        self.assertIn("packctl deployment set business-time-zone Asia/Shanghai", daemon.log_tail())
        self.assertEqual(server.sql("SELECT COUNT(*) FROM ledger_entry", self.database), [("0",)])

    def is_paused_without_the_ledger(self, daemon):
        daemon.send_signal(signal.SIGSTOP)
        locked = subprocess.run(server.client("-e", "SELECT seq FROM ledger_sequence FOR UPDATE NOWAIT", self.database),
                                capture_output=True, check=False)
        if locked.returncode != 0:
            daemon.send_signal(signal.SIGCONT)
        return locked.returncode == 0

    def test_S42_a_database_that_went_back_is_known_to_an_idle_daemon_and_changed_by_nobody(self):
        self.with_a_pack()
        manager = NotifySocket(self.folder)
        self.addCleanup(manager.close)
        self.site.change(self.site.config, "database:\n", "database:\n  behind_wait_s: 1\n")
        daemon = self.site.daemon(environment=manager.environment(60))
        harness.wait_until(lambda: manager.times_of("READY", "1", 0), BOUND_S, "READY=1", alive=[daemon])
        # What goes back is a meaning that the daemon had recorded: it must do so again.
        self.site.change(self.site.catalogue, "{ name: 30k, units: 30000,", "{ name: 31k, units: 31000,")
        daemon.send_signal(signal.SIGHUP)
        harness.wait_until(lambda: "reloaded at" in manager.status(), BOUND_S, "a reload", alive=[daemon])
        at = int(server.sql("SELECT MAX(seq) FROM deployment_value", self.database)[0][0])
        self.assertEqual(server.sql("SELECT seq FROM ledger_sequence", self.database), [(str(at),)])
        server.sql(f"DELETE FROM deployment_value WHERE seq = {at}; DELETE FROM ledger_transaction WHERE seq = {at}; UPDATE ledger_sequence s JOIN ledger_transaction t ON"
                   f" t.seq = {at - 1} SET s.seq = t.seq, s.instant = t.instant, s.stamp = t.stamp", self.database)
        harness.wait_until(lambda: "critical ingest: the database is at ledger transaction" in daemon.log_tail(), BOUND_S,
                           "the alarm", alive=[daemon])
        self.assertNotIn("goes on after", daemon.log_tail())
        harness.wait_until(lambda: "ledger_behind" in self.site.codes(), BOUND_S, "the status", alive=[daemon])
        top_up = ("money", "top-up", "acme", "5", "--reference", "bank-1")
        self.assertIn(f"packctl deployment accept-older {at - 1}", self.site.ctl_away(*top_up))
        self.site.ctl("deployment", "accept-older", at - 1, "--yes")
        harness.wait_until(lambda: "ledger_behind" not in self.site.codes(), BOUND_S, "it counts", alive=[daemon])
        self.site.ctl(*top_up)
        harness.wait_until(lambda: self.site.stored()["catalogue"]["recorded_by"] == "settings", BOUND_S, "it is recorded",
                           alive=[daemon])
        self.site.drop("after.csv", (HEADER + "a,acme,captcha,client_verification,"
                                     + harness.rfc3339(harness.utc_now()) + ",1\n").encode())
        harness.wait_until(self.site.idle, BOUND_S, "the daemon goes on", alive=[daemon])
        daemon.stop()

    def test_P9_a_command_of_pieces_names_its_request_before_it_begins(self):
        names = self.folder / "names"
        names.write_text("".join(f"tenant-{n}\n" for n in range(501)))
        done = subprocess.run([harness.BIN / "packctl", "--config", self.site.config, "--output", "json", "account", "add",
                               "--from-file", names], capture_output=True, text=True, check=True)
        request = json.loads(done.stdout)["request_id"]
        self.assertIn(f"run the same command again with --request-id {request}", done.stderr)

    def test_P9_names_of_any_bytes_are_shown_as_text(self):
        names = self.folder / "names"
        add = [harness.BIN / "packctl", "--config", self.site.config, "--output", "json", "account", "add", "--from-file",
               names]
        for content, shown in ((b"acme\na\0b\n", "a\\x00b"), ("acme\n".encode("utf-16"), "\\xFF\\xFE")):
            names.write_bytes(content)
            done = subprocess.run(add, capture_output=True, check=False)
            self.assertEqual(done.returncode, 1)
            self.assertIn(shown, json.loads(done.stderr.decode("utf-8"))["error"]["message"])
        names.write_bytes(b"\xef\xbb\xbfacme\r\n")
        subprocess.run(add, capture_output=True, check=True)
        self.assertEqual([row["name"] for row in self.site.ctl("account", "list")], ["acme"])

    def test_S7_a_command_as_of_an_instant_that_is_over_says_when_it_was_done(self):
        later = harness.utc_now() + datetime.timedelta(hours=1)
        self.site.ctl("account", "add", "acme", as_of=later)
        done = subprocess.run([harness.BIN / "packctl", "--config", self.site.config, "--as-of",
                               harness.rfc3339(later - datetime.timedelta(minutes=5)), "account", "verify", "acme"],
                              capture_output=True, text=True, check=True)
        self.assertIn("the last instant of the ledger", done.stderr)
        for instant in ("9999-12-31T00:00:00Z", "1500-01-01T00:00:00Z"):
            done = subprocess.run([harness.BIN / "packctl", "--config", self.site.config, "--as-of", instant, "account",
                                   "verify", "acme"], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 2, done.stderr)

    def test_S41_a_second_daemon_under_one_name_is_refused_and_a_restart_is_not(self):
        daemon = self.site.daemon()
        harness.wait_until(daemon.is_ready, BOUND_S, "the first", alive=[daemon])
        copy = Site(self.folder / "copy", self.database)
        shutil.copy(self.site.spool / ".id", copy.spool / ".id")
        status, log = copy.start()
        self.assertEqual(status, 3, log)
        self.assertIn("another daemon works under the name 'e2e'", log)
        daemon.kill_hard()
        again = self.site.daemon()
        harness.wait_until(again.is_ready, BOUND_S, "the restart", alive=[again])
        again.stop()
        self.assertEqual(copy.start()[0], 0)


if __name__ == "__main__":
    unittest.main()
