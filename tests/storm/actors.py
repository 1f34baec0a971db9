"""Who acts in a storm: threads that go through their part of the plan, one action after the other."""

import collections
import gzip
import hashlib
import json
import subprocess
import threading
import time

from business_clock import SECOND, rfc3339
from reference_formats import is_json
from reference_input import parse_time
from server import Failure

from storm_plan import HOSTS

COLUMNS = ("id", "source", "account", "product", "meter", "time", "quantity")
TRIES_MAX = 2_000
TRY_AGAIN_S = 0.05
SUPERVISE_S = 0.1


class Actor(threading.Thread):
    """Begins each action at its time, or as soon as the one before it has ended; skips what is left at `until`."""

    def __init__(self, name, actions, begin, until):
        super().__init__(name=name, daemon=True)
        self.actions, self.begin, self.until = actions, begin, until
        self.failure = None
        self.counts = collections.Counter()  # actions that were done
        self.acted = []  # (begin, end, action), by the monotonic clock
        self.skipped = 0

    def run(self):
        try:
            for number, action in enumerate(self.actions):
                self.wait_until(self.begin + action.at_s)
                if time.monotonic() > self.until:
                    self.skipped = len(self.actions) - number
                    return
                acted_at = time.monotonic()
                self.act(action)
                self.acted.append((acted_at, time.monotonic(), action))
                self.counts[action.what] += 1
        except Exception as failure:  # whoever waits for us raises it
            self.failure = failure

    def wait_until(self, at):
        """The plan's time: no condition is waited for."""
        time.sleep(max(0.0, at - time.monotonic()))

    def act(self, action):
        raise NotImplementedError

    def finish(self):
        """Waits for its end; raises what it met."""
        self.join()
        if self.failure:
            raise self.failure


class ClockActor(Actor):
    def __init__(self, clocks, *arguments):
        super().__init__("clock", *arguments)
        self.clocks = clocks

    def act(self, action):
        self.clocks.jump(*action.words)


class Weather(Actor):
    """What befalls the database, and what its operator and the producers do after it lost something."""

    def __init__(self, pair, hosts, dropped, *arguments):
        super().__init__("weather", *arguments)
        self.pair, self.hosts, self.dropped, self.requests = pair, hosts, dropped, {}
        # Without that command an older database is accepted as soon as another process has committed on it.
        self.accepts_older = "accept-older" in hosts[HOSTS[0]].packctl("deployment", "--help").text
        self.acts = {"restart": lambda: pair.restart(False), "crash": lambda: pair.restart(True), "away": pair.stay_away,
                     "freeze": pair.freeze, "read-only": pair.read_only, "switch-over": pair.switch_over,
                     "fail-over": self.fail_over}

    def act(self, action):
        self.acts[action.what](*action.words)

    def fail_over(self, behind_s):
        self.pair.fail_over(behind_s)
        loss = self.pair.losses[-1]
        if loss.newest > loss.kept:
            if self.accepts_older:
                self._accept()
            self.dropped.send_again(loss.digests, self.hosts)

    def _accept(self):
        """Refused: somebody who knew nothing of what is lost has gone on meanwhile."""
        for number in range(TRIES_MAX):
            newest = self.pair.sql("SELECT seq FROM ledger_sequence")[0][0]
            request = f"older-{len(self.pair.losses)}-{number}"
            words = ("deployment", "accept-older", newest)
            answer = self.hosts[HOSTS[0]].packctl(*words, "--yes", "--request-id", request)
            if answer.status == 3:
                time.sleep(TRY_AGAIN_S)
                continue
            if answer.status != 0 and answer.code != "moved_on":
                raise Failure(f"packctl {' '.join(words)} ended with {answer.status}: {answer.text}")
            self.requests[request] = (words, ())
            return


class HostActor(Actor):
    """What befalls hosts."""

    def __init__(self, hosts, clocks, *arguments):
        super().__init__("hosts", *arguments)
        self.hosts, self.clocks = hosts, clocks

    def wait_until(self, at):
        """Supervises the daemons meanwhile."""
        while (wait := at - time.monotonic()) > 0:
            for name in HOSTS:
                self.hosts[name].supervise()
            time.sleep(min(wait, SUPERVISE_S))

    def act(self, action):
        name, *words = action.words
        if action.what == "clock":
            error, seconds = words
            self.clocks.step(name, error)
            time.sleep(seconds)
            self.clocks.step(name, 0)
        else:
            getattr(self.hosts[name], action.what)(*words)


def packed(ending, content):
    if ending.endswith(".gz"):
        return gzip.compress(content, 1, mtime=0)
    if ending.endswith(".zst"):
        return subprocess.run(["zstd", "-q", "-1", "-c"], input=content, capture_output=True, check=True).stdout
    return content


class Dropped:
    """All files that were dropped, by all producers. Thread-safe."""

    def __init__(self, clocks):
        self.clocks, self.lock = clocks, threading.Lock()
        self.times = {}     # id of a record -> its time as text
        self.contents = {}  # key of a file -> bytes
        self.files = []     # (host, name, content, when)
        self.times_sent_again = 0

    def content(self, key, ending, rows):
        """As it is stored; the same for the same key."""
        with self.lock:
            if key not in self.contents:
                text = self._json(rows) if is_json(ending) else self._csv(rows)
                self.contents[key] = packed(ending, text.encode())
            return self.contents[key]

    def _csv(self, rows):
        return "".join(",".join(fields) + "\n" for fields in (COLUMNS, *map(self._fields, rows)))

    def _json(self, rows):
        records = ({name: text for name, text in zip(COLUMNS, self._fields(row)) if text} for row in rows)
        return "".join(json.dumps({**record, "quantity": int(record["quantity"])}) + "\n" for record in records)

    def _fields(self, row):
        at = self.clocks.now() - row.ago_ns
        at -= at % SECOND if len(row.id) % 3 else 0  # most producers write whole seconds
        text = self.times.setdefault(row.id, rfc3339(at))
        return row.id, row.source, row.account, row.product, row.meter, text, row.quantity

    def send_again(self, digests, hosts):
        """All files of which a unit was lost, under another name."""
        with self.lock:
            lost = [file for file in self.files if hashlib.sha256(file[2]).hexdigest().upper() in digests]
        for host, name, content, _ in lost:
            self.times_sent_again += 1
            stem, dot, ending = name.partition(".")
            again = f"{stem}-again{self.times_sent_again}{dot}{ending}"
            self.add(hosts[host], again, content)
            hosts[host].drop(again, content, durable=False)

    def add(self, host, name, content):
        with self.lock:
            self.files.append((host.name, name, content, self.clocks.now()))


class Producer(Actor):
    def __init__(self, host, dropped, *arguments):
        super().__init__(f"producer-{host.name}", *arguments)
        self.host, self.dropped = host, dropped

    def act(self, action):
        name, key, rows = action.words
        stem, dot, ending = name.partition(".")
        content = self.dropped.content(name if stem.endswith("-too") else key, dot + ending, rows)
        self.dropped.add(self.host, name, content)
        self.host.drop(name, content, durable=False)


def instant(text):
    """Of a DATETIME(6) as the server writes it."""
    return parse_time(text.replace(" ", "T") + "Z")
