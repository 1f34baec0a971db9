"""Who acts in a storm: threads that go through their part of the plan, one action after the other."""

import collections
import hashlib
import threading
import time
from dataclasses import dataclass

from business_clock import SECOND, rfc3339
from reference_input import parse_time
from server import Failure

from storm_plan import HOSTS

COLUMNS = "id,source,account,product,meter,time,quantity"
NEWEST_PACKS = 12
NEWEST_FILES = 40
TRIES_MAX = 2_000
TRY_AGAIN_S = 0.05
SUPERVISE_S = 0.1
STEPS = {None: ("request",), "rejected": ("request",), "requested": ("approve", "approve", "reject"),
         "approved": ("order",), "ordered": ("complete",), "completed": ("request",)}


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
        self.acts = {"restart": lambda: pair.restart(False), "crash": lambda: pair.restart(True), "freeze": pair.freeze,
                     "read-only": pair.read_only, "switch-over": pair.switch_over, "fail-over": self.fail_over}

    def act(self, action):
        self.acts[action.what](*action.words)

    def fail_over(self, behind_s):
        self.pair.fail_over(behind_s)
        loss = self.pair.losses[-1]
        if loss.newest > loss.kept:
            self._accept()
            self.dropped.send_again(loss.digests, self.hosts)

    def _accept(self):
        """Refused: somebody who knew nothing of what is lost has gone on meanwhile."""
        for number in range(TRIES_MAX):
            newest = self.pair.sql("SELECT seq FROM ledger_sequence")[0][0]
            request = f"older-{len(self.pair.losses)}-{number}"
            words = ("deployment", "accept-older", newest)
            answer = self.hosts[HOSTS[0]].packctl(*words, "--request-id", request)
            if answer.status == 3:
                time.sleep(TRY_AGAIN_S)
                continue
            if answer.status not in (0, 1):
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


class Dropped:
    """All files that were dropped, by all producers. Thread-safe."""

    def __init__(self, clocks):
        self.clocks, self.lock = clocks, threading.Lock()
        self.times = {}     # id of a record -> its time as text
        self.contents = {}  # key of a file -> bytes
        self.files = []     # (host, name, content, when)
        self.times_sent_again = 0

    def content(self, key, rows):
        with self.lock:
            if key not in self.contents:
                lines = [COLUMNS, *(self._line(row) for row in rows)]
                return self.contents.setdefault(key, ("\n".join(lines) + "\n").encode())
            return self.contents[key]

    def _line(self, row):
        at = self.clocks.now() - row.ago_ns
        at -= at % SECOND if len(row.id) % 3 else 0  # most producers write whole seconds
        text = self.times.setdefault(row.id, rfc3339(at))
        return ",".join((row.id, row.source, row.account, row.product, row.meter, text, row.quantity))

    def send_again(self, digests, hosts):
        """All files of which a unit was lost, under another name."""
        with self.lock:
            lost = [file for file in self.files if hashlib.sha256(file[2]).hexdigest().upper() in digests]
        for host, name, content, _ in lost:
            self.times_sent_again += 1
            again = f"{name.removesuffix('.csv')}-again{self.times_sent_again}.csv"
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
        same = name.endswith("-same.csv") or name == f"{key}.csv"
        content = self.dropped.content(key if same else name, rows)
        self.dropped.add(self.host, name, content)
        self.host.drop(name, content, durable=False)


@dataclass
class Refusal:
    """A command that was refused, at some place in the ledger between two sequences."""
    words: tuple
    names: tuple
    request_id: str
    code: str
    since: int      # the sequence was at least this when it was sent
    sent_s: float   # by the monotonic clock
    until_s: float  # answered


class Clerk(Actor):
    """Sends commands from any host, one after the other; tries again, with the same request id, while the database
    is away."""

    def __init__(self, hosts, pair, dropped, probe, directory, *arguments):
        super().__init__("clerk", *arguments)
        self.hosts, self.pair, self.dropped, self.probe, self.directory = hosts, pair, dropped, probe, directory
        self.requests = {}   # request id -> (words, names from a file)
        self.accepted, self.refused = {}, []  # request id -> words; Refusal
        self.newcomers = []
        self.done, self.turned_away = collections.Counter(), collections.Counter()
        self.unanswered = collections.Counter()

    def act(self, action):
        getattr(self, "_" + action.what.replace("-", "_"))(*action.words)

    def _any_host(self):
        hosts = list(self.hosts.values())
        return hosts[len(self.requests) % len(hosts)]

    def _send(self, words, names=(), request=None, host=None):
        """Until it is answered; whether it was done."""
        host = host or self._any_host()
        kind = " ".join(words[:2])
        takes_request = words[0] not in ("expire", "remind", "settle", "rejects") and words[:2] != ("file", "redrive")
        sent = list(words)
        if names:
            listed = self.directory / "names"
            listed.write_text("\n".join(names) + "\n")
            sent += ["--from-file", listed]
            kind += " --from-file"
        if takes_request:
            fresh = request is None
            request = request or f"r{len(self.requests) + 1}"
            sent += ["--request-id", request]
            if fresh:
                self.requests[request] = (tuple(words), tuple(names))
        for _ in range(TRIES_MAX):
            since, sent_s = self.probe.sequence, time.monotonic()
            answer = host.packctl(*sent)
            if answer.status != 3:
                break
            self.unanswered[kind] += 1
            time.sleep(TRY_AGAIN_S)
        else:
            raise Failure(f"never answered: packctl {' '.join(map(str, sent))}: {answer.text}")
        if answer.status not in (0, 1):
            raise Failure(f"packctl {' '.join(map(str, sent))} ended with {answer.status}: {answer.text}")
        if answer.status == 1:
            self.turned_away[f"{kind}: {answer.code}"] += 1
            if takes_request:
                self.refused.append(Refusal(tuple(words), tuple(names), request, answer.code, since, sent_s,
                                            time.monotonic()))
            return False
        self.done[kind] += 1
        if takes_request:
            self.accepted[request] = self.requests[request]
        return True

    def _packctl(self, *words):
        self._send(words)

    def _from_file(self, words, names):
        if self._send(words, names) and words == ("account", "add"):
            self.newcomers += names

    def _newcomers(self, share, words):
        if self.newcomers:
            self._send((*words, self.newcomers[int(share * len(self.newcomers))]))

    def _refund(self, share, which):
        newest = int(self.pair.sql("SELECT COALESCE(MAX(pack_id), 0) FROM pack")[0][0])
        if not newest:
            return
        pack = max(1, newest - int(share * NEWEST_PACKS))
        steps = self.pair.sql(f"SELECT step FROM refund_step WHERE pack_id = {pack} ORDER BY step_no DESC LIMIT 1")
        choices = STEPS[steps[0][0] if steps else None]
        step = choices[int(which * len(choices))]
        self._send(("refund", step, str(pack), *(("--reason", "not so") if step == "reject" else ())))

    def _a_file(self, share):
        """(host, name, ...) of one of the newest files."""
        files = self.dropped.files[-NEWEST_FILES:]
        return files[int(share * len(files))] if files else None

    def _void(self, share):
        if file := self._a_file(share):
            self._send(("file", "void", file[1], "--reason", "wrong"), host=self.hosts[file[0]])

    def _redrive(self, share):
        """One that was voided, if it is one of this host's."""
        rows = self.pair.sql("SELECT f.name, f.spool FROM file_void v JOIN usage_file f ON f.digest = v.digest"
                             " ORDER BY v.seq DESC LIMIT 10")
        if rows:
            name, spool = rows[int(share * len(rows))]
            self._send(("file", "redrive", name), host=self.hosts[spool])

    def _redrive_rejects(self, share):
        if file := self._a_file(share):
            self._send(("rejects", "redrive", file[1]), host=self.hosts[file[0]])

    def _again(self, share, is_other):
        if not self.requests:
            return
        names = list(self.requests)[-200:]
        request = names[int(share * len(names))]
        words, listed = self.requests[request]
        if is_other:
            words, listed = ("postpaid", "off", "captcha", "t00"), ()
        if (words, listed) == self.requests[request] or request in self.accepted:
            if self._send(words, listed, request) and is_other:
                raise Failure(f"P9: {request} was accepted for {words}, and stands for {self.requests[request]}")

    def _job(self, name):
        self._send((name,))


def instant(text):
    """Of a DATETIME(6) as the server writes it."""
    return parse_time(text.replace(" ", "T") + "Z")
