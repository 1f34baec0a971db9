"""The life of a daemon as systemd sees it: readiness, watchdog, status line, stop. The service manager is ours
(notify_socket.py), the database a private MariaDB of this test, since it is frozen on the way."""

import contextlib
import os
import re
import signal
import time
import unittest

import harness
from notify_socket import NotifySocket

BOUND_S = 60
WATCHDOG_S = 8
HEADER = "id,account,product,meter,time,quantity\n"


def setUpModule():
    global folder, server, where, manager
    folder = unittest.enterModuleContext(harness.temporary_directory())
    server = harness.PrivateServer(folder)
    unittest.addModuleCleanup(server.stop)
    server.new_database("life")
    where = harness.Deployment(folder / "site", server, "life", jobs={"interval_ms": 500})
    where.ctl("migrate")
    where.ctl("account", "add", "acme")
    where.ctl("account", "verify", "acme")
    where.ctl("account", "integrate", "acme", as_of=harness.LONG_AGO)
    manager = NotifySocket(folder)
    unittest.addModuleCleanup(manager.close)


def content(name, records):
    at = harness.rfc3339(harness.utc_now())
    lines = (f"{name}-{number},acme,captcha,client_verification,{at},1\n" for number in range(records))
    return (HEADER + "".join(lines)).encode()


@contextlib.contextmanager
def running(*words, ready=True):
    """A daemon that speaks to our manager, stopped at the end; with the time of its start."""
    begin = time.monotonic()
    daemon = where.daemon(*words, environment=manager.environment(WATCHDOG_S))
    daemon.begin = begin
    try:
        if ready:
            harness.wait_until(lambda: manager.times_of("READY", "1", begin), BOUND_S, "READY=1", alive=[daemon])
        yield daemon
    finally:
        daemon.stop()


def fed_since(moment):
    return manager.times_of("WATCHDOG", "1", moment)


@contextlib.contextmanager
def frozen_server():
    os.kill(server.process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server.process.pid, signal.SIGCONT)


def catches_sigterm(process):
    """Whether its handlers stand; before that no program can do anything about a signal."""
    with open(f"/proc/{process.pid}/status", encoding="ascii") as lines:
        caught = next(line.split()[1] for line in lines if line.startswith("SigCgt:"))
    return bool(int(caught, 16) >> (signal.SIGTERM - 1) & 1)


class Life(unittest.TestCase):
    def test_it_is_ready_when_the_books_are_loaded_and_says_how_it_fares(self):
        with running() as daemon:
            log = daemon.log_path.read_text()
            self.assertIn("books loaded", log[daemon.log_begin_bytes:])
            harness.wait_until(lambda: "nothing waits" in manager.status(), BOUND_S, "the status line", alive=[daemon])
            self.assertRegex(manager.status(), r"^ledger \d+; nothing waits; 0 records since the start$")
            where.drop("ready.csv", content("ready", 10))
            harness.wait_until(lambda: "10 records since the start" in manager.status(), BOUND_S, "it counts",
                               alive=[daemon])
        harness.wait_until(lambda: manager.times_of("STOPPING", "1", daemon.begin), BOUND_S, "STOPPING=1")
        harness.wait_until(lambda: "stopping" in manager.status(), BOUND_S, "the last status line")

    def test_it_is_not_ready_while_the_books_cannot_be_loaded_but_asks_for_time(self):
        server.sql("RENAME TABLE pack_balance TO pack_balance_away", "life")
        try:
            with running(ready=False) as daemon:
                harness.wait_until(lambda: manager.times_of("EXTEND_TIMEOUT_USEC", since=daemon.begin), BOUND_S,
                                   "it asks for more time", alive=[daemon])
                harness.wait_until(lambda: "the database is away since" in manager.status(), BOUND_S,
                                   "the status line", alive=[daemon])
                self.assertFalse(manager.times_of("READY", since=daemon.begin))
                server.sql("RENAME TABLE pack_balance_away TO pack_balance", "life")
                harness.wait_until(lambda: manager.times_of("READY", "1", daemon.begin), BOUND_S, "READY=1",
                                   alive=[daemon])
        finally:
            if not server.sql("SHOW TABLES LIKE 'pack_balance'", "life"):
                server.sql("RENAME TABLE pack_balance_away TO pack_balance", "life")

    def test_the_watchdog_is_fed_while_idle_and_under_load(self):
        with running() as daemon:
            idle_from = time.monotonic()
            harness.wait_until(lambda: len(fed_since(idle_from)) >= 3, BOUND_S, "it is fed while idle", alive=[daemon])
            for number in range(4):
                where.drop(f"load-{number}.csv", content(f"load-{number}", 200_000))
            load_from = time.monotonic()
            harness.wait_until(where.idle, BOUND_S, "all is taken", alive=[daemon])
            times = [load_from, *fed_since(load_from), time.monotonic()]
            gaps = [later - earlier for earlier, later in zip(times, times[1:])]
            self.assertLess(max(gaps), WATCHDOG_S)

    def test_the_watchdog_is_fed_while_the_database_is_away(self):
        with running() as daemon:
            where.drop("away.csv", content("away", 1))
            server.stop()
            try:
                away_from = time.monotonic()
                where.drop("away-2.csv", content("away-2", 1))
                harness.wait_until(lambda: "the database is away since" in manager.status(), BOUND_S, "status",
                                   alive=[daemon])
                harness.wait_until(lambda: len(fed_since(away_from)) >= 5, BOUND_S, "it is fed", alive=[daemon])
            finally:
                server.start()
            harness.wait_until(where.idle, BOUND_S, "it goes on", alive=[daemon])
            harness.wait_until(lambda: "nothing waits" in manager.status(), BOUND_S, "status", alive=[daemon])

    def test_a_loop_that_hangs_is_not_fed_for_and_is_named_on_the_log(self):
        with running() as daemon:
            with frozen_server():
                where.drop("hang.csv", content("hang", 1))
                named = re.compile(r"ingest stands still for \d+ s at '\w+'")  # others may be named before it
                harness.wait_until(lambda: named.search(daemon.log_tail()), BOUND_S, "the log names the loop",
                                   alive=[daemon])
                hung_from = time.monotonic()
                # For longer than systemd would have waited.
                harness.wait_until(lambda: time.monotonic() > hung_from + WATCHDOG_S, BOUND_S, "time", alive=[daemon])
                self.assertEqual(fed_since(hung_from), [])
            back_at = time.monotonic()
            harness.wait_until(lambda: fed_since(back_at), BOUND_S, "it is fed again", alive=[daemon])
            harness.wait_until(where.idle, BOUND_S, "it goes on", alive=[daemon])
            harness.wait_until(lambda: "goes on; it stood still" in daemon.log_tail(), BOUND_S, "the log", alive=[daemon])

    def test_SIGTERM_ends_it_with_0_at_any_time_of_its_start(self):
        began = time.monotonic()
        with running():
            start_s = time.monotonic() - began
        for tenth in range(12):
            with self.subTest(tenth=tenth):
                daemon = where.daemon(environment=manager.environment())
                harness.wait_until(lambda: catches_sigterm(daemon), BOUND_S, "its handlers stand", alive=[daemon])
                until = time.monotonic() + start_s * tenth / 10
                harness.wait_until(lambda: time.monotonic() >= until, BOUND_S, "time", alive=[daemon])
                daemon.stop()

    def test_SIGTERM_ends_a_channel_with_0_and_it_is_ready_before(self):
        with running("channel", "inbox") as channel:
            harness.wait_until(lambda: fed_since(channel.begin), BOUND_S, "it is fed", alive=[channel])
        harness.wait_until(lambda: manager.times_of("STOPPING", "1", channel.begin), BOUND_S, "STOPPING=1")

    def test_SIGTERM_while_the_books_cannot_be_loaded_ends_it_with_0(self):
        server.sql("RENAME TABLE pack_balance TO pack_balance_away", "life")
        try:
            with running(ready=False) as daemon:
                harness.wait_until(lambda: "the database is away since" in manager.status(), BOUND_S, "it tries",
                                   alive=[daemon])
        finally:
            server.sql("RENAME TABLE pack_balance_away TO pack_balance", "life")


if __name__ == "__main__":
    unittest.main()
