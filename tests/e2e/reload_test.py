"""Settings that change while a daemon and its channels run: in effect at the next turn, or refused as a whole with the
old ones in effect, and nothing lost either way. The service manager is ours (notify_socket.py)."""

import contextlib
import datetime
import os
import pathlib
import shutil
import signal
import time
import unittest

import harness
from notify_socket import NotifySocket

BOUND_S = 60
HEADER = "id,account,product,meter,time,quantity\n"
MAIL = """
  - name: mail
    requires_integration: false
    meters: [{name: sent}]
    tiers: [{name: 10k, units: 10000, price: "100"}]
"""


def setUpModule():
    global server
    folder = unittest.enterModuleContext(harness.temporary_directory())
    server = unittest.enterModuleContext(harness.a_server(folder))


class Site(harness.Deployment):
    """A deployment of its own with files that a test may change, and a service manager that listens."""

    def __init__(self, folder, name):
        super().__init__(folder, server, name, jobs={"interval_ms": 500}, channel_poll_ms=50)
        self.catalogue, self.templates = folder / "catalogue.yaml", folder / "templates"
        shutil.copy(harness.CATALOGUE, self.catalogue)
        shutil.copytree(harness.TEMPLATES, self.templates)
        self.change({str(harness.CATALOGUE): str(self.catalogue), str(harness.TEMPLATES): str(self.templates)})
        self.ctl("migrate")
        self.as_of = harness.LONG_AGO
        self.ctl("account", "add", "acme", "--language", "en")
        self.ctl("account", "verify", "acme")
        self.ctl("account", "integrate", "acme", as_of=harness.LONG_AGO)
        self.as_of = None
        self.manager = NotifySocket(folder)

    def change(self, replaced, file=None):
        file = file or self.config
        text = file.read_text()
        for old, new in replaced.items():
            if old not in text:
                raise harness.Failure(f"{file} has no {old}")
            text = text.replace(old, new)
        file.write_text(text)

    def add(self, lines):
        self.config.write_text(self.config.read_text() + lines)

    def usage(self, name, records, product="captcha", meter="client_verification", quantity=1):
        at = harness.rfc3339(harness.utc_now() + datetime.timedelta(seconds=1))  # after what was bought just now
        lines = "".join(f"{name}-{n},acme,{product},{meter},{at},{quantity}\n" for n in range(records))
        self.drop(f"{name}.csv", (HEADER + lines).encode())

    def receipt(self, name, daemon):
        def written():
            return next((one for one in self.receipts() if one["file"] == f"{name}.csv"), None)
        return harness.wait_until(written, BOUND_S, f"the receipt of {name}", alive=[daemon])

    @contextlib.contextmanager
    def running(self, *words):
        begin = time.monotonic()
        daemon = self.daemon(*words, environment=self.manager.environment(60))
        try:
            harness.wait_until(lambda: self.manager.times_of("READY", "1", begin), BOUND_S, "READY=1", alive=[daemon])
            yield daemon
        finally:
            if daemon.poll() is None:
                daemon.stop()

    def reload(self, daemon):
        """SIGHUP; once it was answered, the status line."""
        begin = time.monotonic()
        daemon.send_signal(signal.SIGHUP)

        def answered():
            reloading = self.manager.times_of("RELOADING", "1", begin)
            return reloading and self.manager.times_of("READY", "1", reloading[0])
        harness.wait_until(answered, BOUND_S, "RELOADING=1, then READY=1", alive=[daemon])
        return self.manager.status()


class Reload(unittest.TestCase):
    def setUp(self):
        folder = self.enterContext(harness.temporary_directory())
        name = f"reload_{os.getpid()}"
        server.new_database(name)
        self.addCleanup(server.drop_database, name)
        self.site = Site(folder / "site", name)
        self.addCleanup(self.site.manager.close)

    def test_a_new_product_is_billed_at_once(self):
        with self.site.running() as daemon:
            self.site.usage("before", 3, "mail", "sent")
            self.assertEqual(self.site.receipt("before", daemon)["rejected"], {"unknown_product": 3})
            self.site.catalogue.write_text(self.site.catalogue.read_text().rstrip() + MAIL)
            self.assertIn("reloaded at", self.site.reload(daemon))
            self.site.ctl("pack", "buy", "mail", "10k", "acme", "--paid-by", "payment-1",
                          as_of=harness.utc_now() - datetime.timedelta(hours=1))
            self.site.usage("after", 3, "mail", "sent")
            receipt = self.site.receipt("after", daemon)
            self.assertEqual((receipt["accepted"], receipt["units"]["drawn"]), (3, 3))

    def test_the_next_notice_has_the_new_text(self):
        with self.site.running() as daemon:
            self.site.ctl("pack", "trial", "captcha", "acme", as_of=harness.utc_now() - datetime.timedelta(hours=1))
            text = (self.site.templates / "en.yaml").read_text()
            (self.site.templates / "en.yaml").write_text(
                text.replace("subject: ", "subject: NEW WORDS ").replace('subject: NEW WORDS "', 'subject: "NEW WORDS '))
            self.assertIn("reloaded at", self.site.reload(daemon))
            self.site.usage("most", 11, quantity=1_000)
            self.site.receipt("most", daemon)
        rows = [row for row in self.site.ctl("notice", "list", "--account", "acme") if row["kind"] == "pack_usage"]
        shown = self.site.ctl("notice", "show", str(rows[0]["delivery"]))
        self.assertIn("NEW WORDS", shown["subject"])

    def test_limits_and_log_level_change(self):
        with self.site.running() as daemon:
            self.site.add("ingest: {max_line_bytes: 1024}\nlog_level: debug\n")
            self.assertIn("reloaded at", self.site.reload(daemon))
            long_id = "x" * 2_000
            self.site.drop("long.csv", (HEADER + f"{long_id},acme,captcha,client_verification,"
                                        f"{harness.rfc3339(harness.utc_now())},1\n").encode())
            receipt = self.site.receipt("long", daemon)
            self.assertEqual((receipt["accepted"], sum(receipt["rejected"].values())), (0, 1))
            harness.wait_until(lambda: " debug " in daemon.log_tail(), BOUND_S, "lines of debug", alive=[daemon])

    def refused(self, daemon, *sentences):
        status = self.site.reload(daemon)
        self.assertIn("reload refused at", status)
        for sentence in sentences:
            self.assertIn(sentence, daemon.log_tail(6000))

    def test_a_file_with_mistakes_is_refused_as_a_whole_and_the_old_one_stays(self):
        with self.site.running() as daemon:
            good = self.site.config.read_text()
            self.site.catalogue.write_text(self.site.catalogue.read_text().rstrip() + MAIL)
            self.site.add("ingest: {max_line_bytes: 1}\nlog_levle: debug\n")
            self.refused(daemon, "max_line_bytes", "log_levle")
            self.site.usage("new", 2, "mail", "sent")
            self.assertEqual(self.site.receipt("new", daemon)["rejected"], {"unknown_product": 2})
            self.site.usage("old", 2)
            self.assertEqual(self.site.receipt("old", daemon)["accepted"], 2)
            self.site.config.write_text(good)
            self.assertIn("reloaded at", self.site.reload(daemon))
            self.site.usage("again", 2, "mail", "sent")
            self.assertEqual(self.site.receipt("again", daemon)["accepted"], 2)

    def test_what_needs_a_restart_is_refused_by_name(self):
        with self.site.running() as daemon:
            self.site.add("business_time_zone: Europe/Berlin\ndedupe: {window_days: 50}\n")
            self.refused(daemon, "business_time_zone has changed, which needs a restart",
                         "dedupe.window_days has changed, which needs a restart")

    def test_a_product_that_is_gone_is_refused(self):
        with self.site.running() as daemon:
            self.site.change({"name: captcha": "name: kaptcha"}, self.site.catalogue)
            self.refused(daemon, 'product "captcha" is gone from the catalogue')

    def test_reloads_during_load_lose_nothing(self):
        files, records, reloads = 6, 50_000, 8
        with self.site.running() as daemon:
            for number in range(files):
                self.site.usage(f"load-{number}", records)
            for number in range(reloads):
                self.site.change({"scan_interval_ms: 100": "scan_interval_ms: 100 "})
                self.assertIn("reloaded at", self.site.reload(daemon))
            harness.wait_until(self.site.idle, BOUND_S, "all is taken", alive=[daemon])
            for _ in range(3):  # in a row: those that come while one is under way are one
                daemon.send_signal(signal.SIGHUP)
            self.site.reload(daemon)
        receipts = self.site.receipts()
        self.assertEqual(sorted(one["file"] for one in receipts), [f"load-{n}.csv" for n in range(files)])
        self.assertEqual([fault for one in receipts for fault in harness.receipt_adds_up(one)], [])
        self.assertEqual(sum(one["accepted"] for one in receipts), files * records)
        self.assertEqual(self.site.ctl("totals")["accepted_units"], files * records)

    def test_a_channel_takes_over_new_settings_and_keeps_the_old_ones_where_they_are_refused(self):
        with self.site.running("channel", "inbox") as channel:
            self.site.change({"plugin: inbox.so": "plugin: nothing.so"})
            self.assertIn("reload refused", self.site.reload(channel))
            self.assertIn("delivers through", self.site.manager.status())
            self.site.change({"plugin: nothing.so": "plugin: inbox.so"})
            self.assertNotIn("refused", self.site.reload(channel))
            states = {row["channel"]: row["state"] for row in self.site.ctl("channel", "list")}
            self.assertEqual(states["inbox"], "delivering")

    def test_a_channel_may_send_for_longer_than_its_watchdog_would_wait(self):
        with self.site.running("channel", "inbox") as channel:
            self.assertEqual(set(self.site.manager.times_of("WATCHDOG_USEC")),
                             set(self.site.manager.times_of("WATCHDOG_USEC", "60000000")))
            self.site.change({"poll_interval_ms: 50\n": "poll_interval_ms: 50\n    silent_max_s: 100\n"})
            self.site.reload(channel)
            harness.wait_until(lambda: self.site.manager.times_of("WATCHDOG_USEC", "100000000"), BOUND_S,
                               "a longer watchdog", alive=[channel])

    def test_a_channel_that_is_removed_ends_with_a_status_of_its_own(self):
        with self.site.running("channel", "inbox") as channel:
            self.site.change({"  - name: inbox\n    plugin: inbox.so\n    poll_interval_ms: 50\n": "",
                              "channels:\n": "channels: []\n"})
            channel.send_signal(signal.SIGHUP)
            self.assertEqual(channel.wait(BOUND_S), 78)
            self.assertIn("no longer in the settings", channel.log_tail())

    def test_up_passes_it_on_and_starts_and_stops_channels(self):
        up = self.site.daemon("up")
        try:
            harness.wait_until(lambda: sorted(channels_of(up.pid)) == ["inbox"], BOUND_S, "its channel", alive=[up])
            harness.wait_until(lambda: "ready: spool" in up.log_tail(), BOUND_S, "it is ready", alive=[up])
            self.site.change({"  - name: inbox\n": "  - {name: second, medium: inbox, plugin: inbox.so}\n  - name: inbox\n"})
            up.send_signal(signal.SIGHUP)
            harness.wait_until(lambda: sorted(channels_of(up.pid)) == ["inbox", "second"], BOUND_S, "a new channel",
                               alive=[up])
            up.send_signal(signal.SIGHUP)  # which the new channel gets before it can listen
            harness.wait_until(lambda: up.log_tail(20_000).count("are in effect") >= 2, BOUND_S,
                               "the daemon and the channel that stayed have reloaded", alive=[up])
            self.assertNotIn("ended by signal", up.log_tail(20_000))
            self.site.change({"  - {name: second, medium: inbox, plugin: inbox.so}\n": ""})
            up.send_signal(signal.SIGHUP)
            harness.wait_until(lambda: sorted(channels_of(up.pid)) == ["inbox"], BOUND_S, "it is gone", alive=[up])
        finally:
            up.stop()

    def test_children_of_up_end_with_it_also_by_kill_9(self):
        up = self.site.daemon("up")
        harness.wait_until(lambda: channels_of(up.pid) and "ready: spool" in up.log_tail(), BOUND_S, "it is ready",
                           alive=[up])
        children = children_of(up.pid)
        self.assertEqual(len(children), 2)
        up.kill_hard()
        harness.wait_until(lambda: not any(is_there(child) for child in children), BOUND_S, "its children have ended")


def children_of(pid):
    return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def words_of(pid):
    """Of its command line; none of a process that is gone or was not executed yet."""
    with contextlib.suppress(OSError):
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")[:-1]
    return []


def channels_of(up):
    words = [words_of(child) for child in children_of(up)]
    return [one[-1] for one in words if "channel" in one]


def is_there(pid):
    with contextlib.suppress(OSError):
        return "State:\tZ" not in pathlib.Path(f"/proc/{pid}/status").read_text()
    return False


if __name__ == "__main__":
    unittest.main()
