"""The hosts of the storm: each has a clock, settings, a spool and a daemon, all on one database."""

import os
import re
import signal
import subprocess
import threading

import fake_clock
import harness
from server import Failure

DEFAULT_SOURCE = "storm"
UNIT_RECORDS = 10
INGEST = {"max_unit_records": UNIT_RECORDS, "max_transaction_records": 40, "max_transaction_units": 4}
# In virtual seconds: longer than a jump of the clock, a second or less of the machine's.
JOBS = {"interval_ms": 100, "lease_s": 14_400, "settlement_accounts": 5, "settlement_spread_s": 10_800}
FOLDERS = ("incoming", "work", "done", "rejected", "failed", "receipts")
COMMAND_BOUND_S = 600
NAMES_AT_ONCE = 3  # P9: commands of more names are done in pieces
UNAVAILABLE = 3  # exit status


class Answer:
    """What packctl said: exit status, code of a refusal, and the rest for people. `some`: it was done, in pieces, and
    some names were refused (P9)."""

    def __init__(self, done):
        self.status, self.text = done.returncode, done.stdout + done.stderr
        self.code = ""
        self.some = self.status == 1 and '"error"' not in self.text
        if self.status == 1 and not self.some:
            found = re.search(r'"code":\s*"(\w+)"', self.text)
            self.code = found[1] if found else ""


class Host(harness.ExistingDeployment):
    def __init__(self, directory, name, pair, user, clocks, zone, catalogue):
        super().__init__(directory / name)
        self.name, self.clocks, self.process, self.lock = name, clocks, None, threading.RLock()
        self.starts_again = 0
        for folder in FOLDERS:
            (self.spool / folder).mkdir(parents=True)
        (self.directory / "catalogue.yaml").write_text(catalogue)
        self.settings = [
            "database:", f"  socket: {pair.socket}", f"  name: {pair.database}", f"  user: {user}",
            "  unsafe_server: warn", "  answer_timeout_s: 5", "  lock_wait_timeout_s: 2",
            "spool:", f"  directory: {self.spool}", f"  name: {name}", f"  default_source: {DEFAULT_SOURCE}",
            "  scan_interval_ms: 20", "  done_days: 3650",
            *self._section("ingest", INGEST), *self._section("jobs", JOBS),
            *self._section("commands", {"names_at_once": NAMES_AT_ONCE}),
            f"business_time_zone: {zone}", "catalogue_file: catalogue.yaml",
            f"notices: {{templates_directory: {harness.TEMPLATES}}}", "http: {listen: off}"]
        self.write_settings("info")

    @staticmethod
    def _section(name, values):
        return [f"{name}:"] + [f"  {key}: {value}" for key, value in values.items()]

    def write_settings(self, log_level):
        hidden = self.directory / ".packwarden.yaml"
        hidden.write_text("\n".join((*self.settings, f"log_level: {log_level}")) + "\n")
        os.replace(hidden, self.config)

    def packctl(self, *words, output=("--output", "json"), bound_s=COMMAND_BOUND_S):
        command = [str(harness.BIN / "packctl"), "--config", str(self.config), *output, *map(str, words)]
        return Answer(subprocess.run(command, capture_output=True, text=True, check=False, timeout=bound_s,
                                     env={**os.environ, **self.clocks.environment(self.name)}))

    def ctl(self, *words, output=("--output", "json"), **_):
        """What it prints; it has to be done."""
        answer = self.packctl(*words, output=output)
        if answer.status != 0:
            raise Failure(f"packctl {' '.join(map(str, words))} on {self.name} ended with {answer.status}:"
                          f" {answer.text}")
        return answer.text

    # --- its daemon

    def start(self):
        with self.lock:
            self.process = self.daemon(title=f"packwardend-{self.name}", environment=self.clocks.environment(self.name))

    def supervise(self):
        """As systemd does: a daemon that could not start, for a database that is away or takes no writes, is started
        again. Nothing else but a kill ends one."""
        with self.lock:
            if self.process is None or self.process.poll() is None:
                return
            if self.process.returncode != UNAVAILABLE or self.process.is_ready():
                raise Failure(f"the daemon of {self.name} ended with {self.process.returncode}\n"
                              + self.process.log_tail())
            self.starts_again += 1
            self.start()

    def is_ready(self):
        self.supervise()
        return self.process.is_ready()

    def kill(self):
        with self.lock:
            self.supervise()
            self.process.kill_hard()
            fake_clock.sweep()
            self.start()

    def reload(self, log_level):
        with self.lock:
            self.supervise()
            self.write_settings(log_level)
            if self.process.is_ready():  # before, it has no handler yet
                self.process.send_signal(signal.SIGHUP)

    def stop(self):
        with self.lock:
            if self.process:
                self.process.stop(bound_s=120)
                self.process = None

    def kill_for_good(self):
        with self.lock:
            if self.process and self.process.poll() is None:
                self.process.kill_hard()
