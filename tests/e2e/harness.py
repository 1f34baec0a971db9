"""What every end-to-end test needs: a deployment, its daemons, files dropped as rule U1 says.

Nothing here knows a rule of the ledger; what should come out is computed in reference.py.
"""

import datetime
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import unittest

from server import (Failure, PrivateServer, Server, a_server,  # noqa: F401: for those who use us
                    temporary_directory, wait_until)

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("PACKWARDEN_BIN", ROOT / "build/release/bin"))  # ./dev build
PLUGINS = pathlib.Path(os.environ.get("PACKWARDEN_PLUGINS", ROOT / "build/release/lib/packwarden"))
CATALOGUE = ROOT / "config/catalogue.yaml"
TEMPLATES = ROOT / "config/templates"
LONG_AGO = "2020-01-01T00:00:00Z"  # before all usage of the tests


def rfc3339(at):
    """A datetime with a zone, as the command line wants it."""
    return at.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def utc_now():
    """Now, in whole seconds."""
    return datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)


def free_port():
    """A port of loopback on which nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Daemon(subprocess.Popen):
    """A running packwardend in a process group of its own, its output in a log file."""

    def __init__(self, title, arguments, log_path, environment=None):
        self.title, self.log_path = title, log_path
        with open(log_path, "ab") as log:
            self.log_begin_bytes = log.tell()  # others wrote into it before
            super().__init__([str(a) for a in arguments], stdout=log, stderr=log,
                             stdin=subprocess.DEVNULL, start_new_session=True,
                             env={**os.environ, **(environment or {})})

    def log_tail(self, characters=3000):
        return self.log_path.read_text(errors="replace")[-characters:]

    def is_ready(self):
        """Whether it serves: from then on SIGTERM ends it cleanly."""
        return b"ready: spool" in self.log_path.read_bytes()[self.log_begin_bytes:]

    def index(self):
        """(keys, bytes) of the dedupe index, as the log of a daemon that has ended says."""
        found = re.findall(r"dedupe index: (\d+) keys held in (\d+) bytes",
                           self.log_path.read_text(errors="replace"))
        if not found:
            raise Failure(f"{self.title} did not say what its dedupe index holds\n{self.log_tail()}")
        return tuple(map(int, found[-1]))

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


class ExistingDeployment:
    """A directory with a packwarden.yaml and its spool."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.spool = self.directory / "spool"
        self.config = self.directory / "packwarden.yaml"
        self.as_of = None  # of commands that are not told otherwise: ledger time never goes back

    def ctl_text(self, *arguments, as_of=None, output="json", refused=False):
        """packctl; what it prints. Failure unless it ends with 0 (refused: with 1)."""
        command = [str(BIN / "packctl"), "--config", str(self.config)]
        if output:
            command += ["--output", output]
        as_of = as_of or self.as_of
        if as_of is not None:
            command += ["--as-of", as_of if isinstance(as_of, str) else rfc3339(as_of)]
        command += [str(argument) for argument in arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != (1 if refused else 0):
            raise Failure(f"{' '.join(command)}\nended with {done.returncode}:"
                          f" {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def ctl(self, *arguments, as_of=None, output="json", refused=False):
        """packctl; its JSON, or its text. Failure as in ctl_text."""
        text = self.ctl_text(*arguments, as_of=as_of, output=output, refused=refused)
        return text if output != "json" or refused or not text.strip() else json.loads(text)

    def canonical(self):
        """The canonical export, as a sorted list of lines."""
        return sorted(self.ctl("export", "--canonical", output=None).splitlines())

    def daemon(self, *words, title="packwardend", environment=None):
        log = self.directory / f"{'-'.join((title, *words))}.log"
        return Daemon(title, [BIN / "packwardend", "--config", self.config, *words], log,
                      environment)

    def run_once(self, bound_s=600):
        """Takes all that is in the spool; the daemon has to end by itself with 0. Its process."""
        process = self.daemon("run-once")
        try:
            status = process.wait(bound_s)
        except subprocess.TimeoutExpired:
            process.kill_hard()
            raise Failure(f"run-once took more than {bound_s} s") from None
        if status != 0:
            raise Failure(f"run-once ended with {status}\n{process.log_tail()}")
        return process

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


class Deployment(ExistingDeployment):
    """A new one, on a database that may be shared by several."""

    def __init__(self, directory, server, database, *, spool_name="e2e", socket=None, ingest=None,
                 jobs=None, scan_interval_ms=100, default_source="e2e-source", channel_poll_ms=100,
                 more_channels=()):
        """more_channels: further items of the list `channels`, as dictionaries."""
        super().__init__(directory)
        self.server, self.database = server, database
        for name in ("incoming", "work", "done", "rejected", "failed", "receipts"):
            (self.spool / name).mkdir(parents=True, exist_ok=True)
        lines = ["database:", f"  socket: {socket or server.socket}", f"  name: {database}",
                 f"  user: {server.user}", "spool:", f"  directory: {self.spool}",
                 f"  name: {spool_name}", f"  default_source: {default_source}",
                 f"  scan_interval_ms: {scan_interval_ms}"]
        for section, values in (("ingest", ingest), ("jobs", jobs)):
            if values:
                lines += [f"{section}:"] + [f"  {key}: {value}" for key, value in values.items()]
        lines += [f"catalogue_file: {CATALOGUE}", f"notices: {{templates_directory: {TEMPLATES}}}",
                  f"plugin_directory: {PLUGINS}", "channels:",
                  "  - name: inbox", "    plugin: inbox.so",
                  f"    poll_interval_ms: {channel_poll_ms}",
                  *(f"  - {json.dumps(channel)}" for channel in more_channels),  # JSON is YAML
                  "http: {listen: off}", "allow_as_of: true"]
        self.config.write_text("\n".join(lines) + "\n")


def module_deployment(name):
    """For setUpModule of unittest: a new deployment on a database of its own, gone with the module."""
    folder = unittest.enterModuleContext(temporary_directory())
    server = unittest.enterModuleContext(a_server(folder))
    database = f"{name}_{os.getpid()}"
    server.new_database(database)
    unittest.addModuleCleanup(server.drop_database, database)
    where = Deployment(folder / "site", server, database)
    where.ctl("migrate")
    return where


def set_up_tenants(where, usage):
    """Schema, accounts and packs of a usage_data.Scenario, bought when it says."""
    where.ctl("migrate")
    where.as_of = LONG_AGO
    for language in sorted({language for _, _, language in usage.accounts}):
        names = [name for name, parent, its in usage.accounts if not parent and its == language]
        where.ctl("account", "add", *names, "--language", language)
    for name, parent, _ in usage.accounts:
        if parent:
            where.ctl("account", "add-sub", parent, name)
    mains = [name for name, parent, _ in usage.accounts if not parent]
    where.ctl("account", "verify", *mains)
    where.ctl("account", "integrate", *mains)
    where.as_of = None
    for number, purchase in sorted(enumerate(usage.purchases, 1), key=lambda one: one[1].at):
        words = (("trial", "captcha") if purchase.tier == "trial"
                 else ("buy", "captcha", purchase.tier, "--paid-by", f"payment-{number}"))
        where.ctl("pack", *words, purchase.account, as_of=purchase.at)
    where.ctl("expire")
    where.ctl("remind")


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
