"""A MariaDB that is the database of the storm, a second one that follows it, and a proxy before both."""

import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field

from harness import free_port
from server import Failure, PrivateServer, wait_until

# What a crash of the machine would lose does not matter here: only processes die.
OPTIONS = ("--innodb-flush-log-at-trx-commit=2", "--sync-binlog=0", "--innodb-buffer-pool-size=128M",
           "--innodb-log-file-size=64M", "--log-bin=binlog", "--binlog-format=ROW", "--log-slave-updates",
           "--skip-networking=0", "--bind-address=127.0.0.1", "--skip-name-resolve", "--relay-log=relay",
           # It reckons waits by the clock, which jumps here: whoever waits in a jump waits for hours, and it gives up.
           "--innodb-fatal-semaphore-wait-threshold=4294967295")
REPLICATION = "replication"
USER = "packwarden"  # without READ_ONLY ADMIN, as in production
CATCH_UP_S = 60


class Node(PrivateServer):
    """A server of the pair, by the storm's clock."""

    def __init__(self, directory, number, environment, copy_of=None):
        directory.mkdir()
        self.port = free_port()
        super().__init__(directory, (*OPTIONS, f"--server-id={number}", f"--port={self.port}"),
                         environment=environment, copy_of=copy_of)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def freeze(self):
        os.kill(self.process.pid, signal.SIGSTOP)

    def thaw(self):
        os.kill(self.process.pid, signal.SIGCONT)


@dataclass
class Loss:
    """What a replica that took over did not have."""
    at_s: float    # by the monotonic clock
    kept: int      # the newest sequence that it had
    newest: int = 0  # that the old primary had
    requests: set = field(default_factory=set)
    digests: set = field(default_factory=set)  # of files, of units of which it lacks some


class Pair:
    """Thread-safe: what asks for the primary waits while it changes."""

    def __init__(self, directory, environment, database, seed, losses):
        """`losses`: probability that an answer to COMMIT is lost, and that a COMMIT is."""
        self.directory, self.database, self.losses = directory, database, []
        self.lock = threading.RLock()
        first = Node(directory / "a", 1, environment)
        first.stop()
        self.nodes = (first, Node(directory / "b", 2, environment, copy_of=first))
        first.start()
        for node in self.nodes:
            node.sql(f"SET SQL_LOG_BIN = 0; CREATE USER {USER}@localhost; GRANT ALL ON `{database}`.* TO"
                     f" {USER}@localhost; CREATE USER {REPLICATION}@'127.0.0.1'; GRANT REPLICATION SLAVE ON *.* TO"
                     f" {REPLICATION}@'127.0.0.1'; RESET MASTER")
        self.primary, self.replica = self.nodes
        self._follow(self.replica, self.primary)
        self.primary.sql(f"CREATE DATABASE `{database}` CHARACTER SET utf8mb4")
        self.socket = str(directory / "p.sock")
        with open(directory / "proxy.log", "ab") as log:
            self.proxy = subprocess.Popen(
                [sys.executable, str(pathlib.Path(__file__).with_name("moving_proxy.py")), "--listen", self.socket,
                 "--server", self.primary.socket, "--seed", str(seed), "--swallow", str(losses), "--cut", str(losses)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True)
        wait_until(lambda: os.path.exists(self.socket), 60, "the proxy listens")

    def sql(self, text):
        with self.lock:
            return self.primary.sql(text, self.database)

    def tell_proxy(self, line):
        """(answers to COMMIT, COMMITs) that were lost so far."""
        self.proxy.stdin.write(line + "\n")
        self.proxy.stdin.flush()
        word, *lost = self.proxy.stdout.readline().split() or [""]
        if word != line.split()[0]:
            raise Failure(f"the proxy does not obey '{line}'")
        return tuple(map(int, lost))

    @staticmethod
    def _follow(replica, primary):
        replica.sql("STOP SLAVE; RESET SLAVE ALL;"
                    f" CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = {primary.port},"
                    f" MASTER_USER = '{REPLICATION}', MASTER_USE_GTID = current_pos, MASTER_CONNECT_RETRY = 1;"
                    " START SLAVE; SET GLOBAL read_only = 1")

    # --- what befalls it

    def restart(self, hard):
        with self.lock:
            self.primary.kill() if hard else self.primary.stop()
            self.primary.start()

    def stay_away(self, seconds):
        with self.lock:
            self.primary.stop()
            time.sleep(seconds)
            self.primary.start()

    def freeze(self, seconds):
        with self.lock:
            self.primary.freeze()
            time.sleep(seconds)
            self.primary.thaw()

    def read_only(self, seconds):
        """As an operator does for a while."""
        with self.lock:
            self.primary.sql("SET GLOBAL read_only = 1")
            time.sleep(seconds)
            self.primary.sql("SET GLOBAL read_only = 0")

    def switch_over(self, drop):
        """Planned: nothing is lost. Connections to the old one stay open unless dropped."""
        with self.lock:
            old, new = self.primary, self.replica
            old.sql("SET GLOBAL read_only = 1")
            wait_until(lambda: self._has_caught_up(old, new), CATCH_UP_S, "the replica catches up", every_s=0.02)
            new.sql("STOP SLAVE; RESET SLAVE ALL; SET GLOBAL read_only = 0")
            self.tell_proxy(f"target {new.socket}")
            if drop:
                self.tell_proxy("drop")
            self.primary, self.replica = new, old
            self._follow(old, new)

    def fail_over(self, behind_s):
        """Unplanned: the replica lags for so long, then the primary dies and the replica takes over. What the primary
        had committed meanwhile is gone."""
        old, new = self.primary, self.replica
        new.sql("STOP SLAVE IO_THREAD")
        time.sleep(behind_s)
        with self.lock:
            old.kill()
            wait_until(lambda: self._has_applied(new), CATCH_UP_S, "the replica applies what it has", every_s=0.02)
            new.sql("STOP SLAVE; RESET SLAVE ALL; SET GLOBAL read_only = 0")
            kept = int(new.sql("SELECT seq FROM ledger_sequence", self.database)[0][0])
            self.tell_proxy(f"target {new.socket}")
            self.tell_proxy("drop")
            self.primary, self.replica = new, old
            self.losses.append(Loss(time.monotonic(), kept))
        old.start()
        old.sql("SET GLOBAL read_only = 1")
        self._note_loss(old, kept)
        self._begin_anew(old, new)

    @staticmethod
    def _has_applied(replica):
        status = replica.sql("SHOW ALL SLAVES STATUS")[0]
        return any("has read all relay log" in word for word in status)

    def _note_loss(self, old, kept):
        loss = self.losses[-1]
        loss.newest = int(old.sql("SELECT seq FROM ledger_sequence", self.database)[0][0])
        loss.requests |= {name for name, in old.sql(f"SELECT request_id FROM command WHERE seq > {kept}",
                                                    self.database)}
        loss.digests |= {digest for digest, in old.sql("SELECT DISTINCT HEX(digest) FROM rating_unit WHERE seq >"
                                                       f" {kept}", self.database)}

    def _begin_anew(self, replica, primary):
        """From a dump: what it had alone must go."""
        replica.sql(f"SET SQL_LOG_BIN = 0; DROP DATABASE `{self.database}`")
        dump = subprocess.run(["mariadb-dump", "--no-defaults", f"--socket={primary.socket}", "--user=root",
                               "--single-transaction", "--master-data=2", "--gtid", "--hex-blob", "--databases",
                               self.database], capture_output=True, text=True, check=True).stdout
        at = re.search(r"gtid_slave_pos='([^']*)'", dump)[1]
        replica.sql(f"SET SQL_LOG_BIN = 0;\n{dump}")
        replica.sql(f"STOP SLAVE; RESET SLAVE ALL; RESET MASTER; SET GLOBAL gtid_slave_pos = '{at}'")
        self._follow(replica, primary)

    def _has_caught_up(self, old, new):
        """No open transaction of the old one can commit any more, and all that did is on the new one."""
        at = old.sql("SELECT @@gtid_binlog_pos")[0][0]
        return new.sql("SELECT @@gtid_current_pos")[0][0] == at == old.sql("SELECT @@gtid_binlog_pos")[0][0]

    def kill(self):
        """Whatever state they are in."""
        for process in (self.proxy, *(node.process for node in self.nodes)):
            if process and process.poll() is None:
                process.kill()
                process.wait()
