"""What every end-to-end test needs: a MariaDB, a deployment, files dropped as rule U1 says.

Nothing here knows a rule of the ledger; what should come out is computed in reference.py.
"""

import contextlib
import datetime
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("PACKWARDEN_BIN", ROOT / "build/release/bin"))
PLUGINS = pathlib.Path(os.environ.get("PACKWARDEN_PLUGINS", ROOT / "build/release/lib/packwarden"))
CATALOGUE = ROOT / "config/catalogue.yaml"
SOCKET_BYTES_MAX = 107  # sockaddr_un.sun_path less its closing zero
POLL_S = 0.005


class Failure(Exception):
    """The thing under test, or its surroundings, did not do what the test needs."""


def wait_until(condition, bound_s, what, alive=()):
    """The first true value of condition(); Failure after bound_s, or when one of `alive` ends."""
    end = time.monotonic() + bound_s
    while True:
        value = condition()
        if value:
            return value
        for process in alive:
            if process.poll() is not None:
                raise Failure(f"{process.title} ended with {process.returncode} while waiting for"
                              f" {what}\n{process.log_tail()}")
        if time.monotonic() > end:
            raise Failure(f"not within {bound_s} s: {what}")
        time.sleep(POLL_S)


def rfc3339(at):
    """A datetime with a zone, as the command line wants it."""
    return at.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def utc_now():
    """Now, in whole seconds."""
    return datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)


@contextlib.contextmanager
def temporary_directory(keep=False):
    """A short path (sockets live in it) that is removed at the end unless kept."""
    base = tempfile.gettempdir() if len(tempfile.gettempdir()) < 40 else "/tmp"
    path = pathlib.Path(tempfile.mkdtemp(prefix="pw-", dir=base))
    try:
        yield path
    finally:
        if not keep:
            shutil.rmtree(path, ignore_errors=True)


class Server:
    """A MariaDB server behind a socket on which root needs no password."""

    def __init__(self, socket, user="root"):
        if len(os.fsencode(str(socket))) > SOCKET_BYTES_MAX:
            raise Failure(f"path of the socket is too long: {socket}")
        self.socket, self.user = str(socket), user

    def client(self, *arguments):
        return ["mariadb", "--no-defaults", f"--socket={self.socket}", f"--user={self.user}",
                "--default-character-set=utf8mb4", *arguments]

    def sql(self, text, database=None):
        """Rows as tuples of strings."""
        command = self.client("--batch", "--skip-column-names", *([database] if database else []))
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failure(f"SQL failed: {done.stderr.strip()}\n{text}")
        return [tuple(line.split("\t")) for line in done.stdout.splitlines()]

    def new_database(self, name):
        self.drop_database(name)
        self.sql(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4")

    def drop_database(self, name):
        self.sql(f"DROP DATABASE IF EXISTS `{name}`")

    def stop(self):
        """A server of others stays as it is."""


class PrivateServer(Server):
    """A server with its own data directory, gone with it."""

    OPTIONS = ("--innodb-flush-log-at-trx-commit=1", "--innodb-buffer-pool-size=1G",
               "--innodb-log-file-size=512M", "--max-allowed-packet=16M",
               "--character-set-server=utf8mb4")

    def __init__(self, directory, options=()):
        super().__init__(directory / "s.sock")
        self.data = directory / "data"
        self.log = directory / "mariadbd.log"
        as_root = ["--user=root"] if os.geteuid() == 0 else []
        with open(self.log, "ab") as log:
            subprocess.run(["mariadb-install-db", "--no-defaults", f"--datadir={self.data}",
                            "--auth-root-authentication-method=normal", "--skip-test-db", *as_root],
                           stdout=log, stderr=log, check=True)
            self.process = subprocess.Popen(
                ["mariadbd", "--no-defaults", f"--datadir={self.data}", f"--socket={self.socket}",
                 f"--pid-file={directory / 'mariadbd.pid'}", "--skip-networking", *as_root,
                 *self.OPTIONS, *options], stdout=log, stderr=log, start_new_session=True)
        wait_until(self._answers, 60, "the private MariaDB answers")

    def _answers(self):
        if self.process.poll() is not None:
            raise Failure(f"mariadbd ended with {self.process.returncode}, see\n"
                          + self.log.read_text(errors="replace")[-2000:])
        done = subprocess.run(self.client("-e", "SELECT 1"), capture_output=True, check=False)
        return done.returncode == 0

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


@contextlib.contextmanager
def a_server(directory, options=()):
    """The server of PACKWARDEN_TEST_SOCKET where that is set, else one below `directory`."""
    given = os.environ.get("PACKWARDEN_TEST_SOCKET")
    if given:
        yield Server(given, os.environ.get("PACKWARDEN_TEST_USER", "root"))
        return
    server = PrivateServer(directory, options)
    try:
        yield server
    finally:
        server.stop()


class Daemon(subprocess.Popen):
    """A running packwardend in a process group of its own, its output in a log file."""

    def __init__(self, title, arguments, log_path):
        self.title, self.log_path = title, log_path
        with open(log_path, "ab") as log:
            super().__init__([str(a) for a in arguments], stdout=log, stderr=log,
                             stdin=subprocess.DEVNULL, start_new_session=True)

    def log_tail(self, characters=3000):
        return self.log_path.read_text(errors="replace")[-characters:]

    def kill_hard(self):
        """kill -9: nothing of it gets a chance to end well."""
        self.kill()
        self.wait()

    def stop(self, bound_s=30):
        """SIGTERM; it has to end by itself with 0."""
        if self.poll() is None:
            self.terminate()
        try:
            status = self.wait(bound_s)
        except subprocess.TimeoutExpired:
            os.killpg(self.pid, signal.SIGKILL)
            self.wait()
            raise Failure(f"{self.title} did not end within {bound_s} s of SIGTERM\n"
                          + self.log_tail()) from None
        if status != 0:
            raise Failure(f"{self.title} ended with {status}\n{self.log_tail()}")


class Deployment:
    """One packwarden.yaml with its spool, on one database. Several may share a database."""

    def __init__(self, directory, server, database, *, spool_name="e2e", socket=None, ingest=None,
                 scan_interval_ms=100, default_source="e2e-source", channel_poll_ms=100):
        self.directory, self.server, self.database = pathlib.Path(directory), server, database
        self.spool = self.directory / "spool"
        self.config = self.directory / "packwarden.yaml"
        self.default_source = default_source
        for name in ("incoming", "work", "done", "rejected", "failed", "receipts"):
            (self.spool / name).mkdir(parents=True, exist_ok=True)
        lines = ["database:", f"  socket: {socket or server.socket}", f"  name: {database}",
                 f"  user: {server.user}", "spool:", f"  directory: {self.spool}",
                 f"  name: {spool_name}", f"  default_source: {default_source}",
                 f"  scan_interval_ms: {scan_interval_ms}"]
        if ingest:
            lines += ["ingest:"] + [f"  {key}: {value}" for key, value in ingest.items()]
        lines += [f"catalogue_file: {CATALOGUE}", f"plugin_directory: {PLUGINS}", "channels:",
                  "  - name: inbox", "    plugin: inbox.so",
                  f"    poll_interval_ms: {channel_poll_ms}", "allow_as_of: true"]
        self.config.write_text("\n".join(lines) + "\n")

    def ctl(self, *arguments, as_of=None, output="json", refused=False):
        """packctl; its JSON, or its text. Failure unless it ends with 0 (refused: with 1)."""
        command = [str(BIN / "packctl"), "--config", str(self.config)]
        if output:
            command += ["--output", output]
        if as_of is not None:
            command += ["--as-of", as_of if isinstance(as_of, str) else rfc3339(as_of)]
        command += [str(argument) for argument in arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != (1 if refused else 0):
            raise Failure(f"{' '.join(command)}\nended with {done.returncode}:"
                          f" {done.stderr.strip() or done.stdout.strip()}")
        if output != "json" or refused or not done.stdout.strip():
            return done.stdout
        return json.loads(done.stdout)

    def canonical(self):
        """The canonical export, as a sorted list of lines."""
        return sorted(self.ctl("export", "--canonical", output=None).splitlines())

    def daemon(self, *words, title="packwardend"):
        log = self.directory / f"{'-'.join((title, *words))}.log"
        return Daemon(title, [BIN / "packwardend", "--config", self.config, *words], log)

    def run_once(self, bound_s=600):
        """Takes all that is in the spool; the daemon has to end by itself with 0."""
        process = self.daemon("run-once")
        try:
            status = process.wait(bound_s)
        except subprocess.TimeoutExpired:
            process.kill_hard()
            raise Failure(f"run-once took more than {bound_s} s") from None
        if status != 0:
            raise Failure(f"run-once ended with {status}\n{process.log_tail()}")

    def drop(self, name, content, durable=True):
        """U1: written under a name with a dot, fsynced, renamed into incoming/."""
        hidden = self.spool / "incoming" / f".{name}"
        with open(hidden, "wb") as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        hidden.rename(self.spool / "incoming" / name)

    def waiting(self):
        """Names of the files that are not finished: in incoming/ or work/."""
        return [entry.name for folder in ("incoming", "work")
                for entry in os.scandir(self.spool / folder) if not entry.name.startswith(".")]

    def idle(self):
        return not self.waiting()

    def receipts(self):
        """All receipts, oldest claim first."""
        paths = sorted((self.spool / "receipts").glob("[!.]*.json"))
        return [json.loads(path.read_text()) for path in paths]


def set_up_tenants(where, usage):
    """Schema, accounts and packs of a usage_data.Scenario, the packs at the instants that it says."""
    where.ctl("migrate")
    for language in sorted({language for _, _, language in usage.accounts}):
        names = [name for name, parent, its in usage.accounts if not parent and its == language]
        where.ctl("account", "add", *names, "--language", language)
    for name, parent, _ in usage.accounts:
        if parent:
            where.ctl("account", "add-sub", parent, name)
    for purchase in usage.purchases:
        words = (("trial", "captcha") if purchase.tier == "trial"
                 else ("buy", "captcha", purchase.tier))
        where.ctl("pack", *words, purchase.account, as_of=purchase.at)


def receipt_adds_up(receipt):
    """U7, both sums of a receipt; a sentence for each that does not hold."""
    units = receipt["units"]
    lines = (receipt["accepted"] + receipt["duplicate"] + receipt["conflict"]
             + sum(receipt["rejected"].values()))
    faults = []
    if receipt["lines"] != lines:
        faults.append(f"{receipt['file']}: {receipt['lines']} lines, but {lines} accounted for")
    parts = sum(units[name] for name in ("drawn", "overage", "overrun", "not_billable"))
    if units["accepted"] != parts:
        faults.append(f"{receipt['file']}: {units['accepted']} units, but {parts} accounted for")
    return faults


def differences(expected, found, limit=20):
    """Lines that only one side has, for people."""
    ours, theirs = set(expected), set(found)
    lines = ([f"  expected, not there: {line}" for line in sorted(ours - theirs)]
             + [f"  there, not expected: {line}" for line in sorted(theirs - ours)])
    if len(lines) > limit:
        lines = lines[:limit] + [f"  ... and {len(lines) - limit} more"]
    if not lines and len(expected) != len(found):
        lines = [f"  expected {len(expected)} lines, found {len(found)}: some stand twice"]
    return lines
