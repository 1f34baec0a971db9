"""Who watches a storm: whether the database can be reached, how long nothing is committed, how soon a client is
answered.

A loaded machine is slow in everything, so time is reckoned in *beats*: a probe sends a statement over a new connection
to the writable database, TARGET_S after the one before it at the earliest. On a quiet machine a beat is TARGET_S long.
Where the machine is busy beats are longer, so a bound of 3 s is one of 3 s and of BEATS_MAX beats. A beat that fails,
takes more than ANSWER_S, or finds the database read-only does not count: only while the database is up somebody has to
be answered. What is up before and after a disruption adds up. Nor do beats count while the machine has no time
(yardstick.py).
"""

import bisect
import pathlib
import subprocess
import sys
import threading
import time

from business_clock import SECOND
from storm_plan import CLIENT

TARGET_S = 0.1
BOUND_S = 3.0
BEATS_MAX = round(BOUND_S / TARGET_S)
ANSWER_S = 1.0          # SELECT 1 takes longer: not up
CLIENT_EVERY_S = 0.1
CLIENT_AT_ONCE_MAX = 60
UP_BEFORE_S = 1.0       # a connection could be made then: whoever sends now has to be answered


class Watcher(threading.Thread):
    def __init__(self, name):
        super().__init__(name=name, daemon=True)
        self.stopping, self.failure = threading.Event(), None

    def run(self):
        try:
            self.watch()
        except Exception as failure:
            self.failure = failure

    def finish(self):
        self.stopping.set()
        self.join()
        if self.failure:
            raise self.failure


class Probe(Watcher):
    """A statement over a new connection, by the same way as the hosts', again and again."""

    def __init__(self, pair, user):
        super().__init__("probe")
        self.command = ["mariadb", "--no-defaults", f"--socket={pair.socket}", f"--user={user}", "--batch",
                        "--skip-column-names", f"--connect-timeout={int(ANSWER_S)}", "--execute",
                        f"SELECT @@read_only, seq FROM `{pair.database}`.ledger_sequence"]
        self.sequence = 0  # the newest that was seen
        self.stalls = []   # (begin, end) of times when the machine had no time
        self.beats = []  # (begin, end, sequence; None: not up), by the monotonic clock

    def watch(self):
        yardstick = subprocess.Popen([sys.executable, "-B", str(pathlib.Path(__file__).with_name("yardstick.py"))],
                                     stdout=subprocess.PIPE, text=True)
        reader = threading.Thread(target=self._read_stalls, args=(yardstick.stdout,), daemon=True)
        reader.start()
        try:
            self._beat()
        finally:
            yardstick.kill()
            reader.join()
            yardstick.wait()

    def _read_stalls(self, lines):
        self.stalls += [tuple(map(float, line.split())) for line in lines if line.endswith("\n")]

    def _beat(self):
        while not self.stopping.is_set():
            begin = time.monotonic()
            sequence = self._ask()
            end = time.monotonic()
            self.beats.append((begin, end, sequence))
            self.sequence = sequence or self.sequence
            self.stopping.wait(max(0.0, begin + TARGET_S - end))

    def _ask(self):
        try:
            done = subprocess.run(self.command, capture_output=True, text=True, check=False, timeout=ANSWER_S)
        except subprocess.TimeoutExpired:
            return None
        words = done.stdout.split()
        return int(words[1]) if done.returncode == 0 and words[0] == "0" else None

    def leave_out(self, spans):
        """In each (begin, end) of these the database was not up, whatever it answered."""
        merged = []
        for begin, end in sorted(spans):
            if merged and begin <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((begin, end))
        for number, (begin, end, _) in enumerate(self.beats):
            place = bisect.bisect_left(merged, (end,)) - 1  # the last that begins before the end of the beat
            if place >= 0 and merged[place][1] > begin:
                self.beats[number] = (begin, end, None)

    def sequence_after(self, at):
        """(when, sequence) that was seen first by a statement that was sent after `at`; None: none was."""
        place = bisect.bisect_right(self.beats, (at,))
        return next(((end, sequence) for _, end, sequence in self.beats[place:] if sequence is not None), None)

    def gaps(self):
        """(seconds up, beats, when it began) without a commit, longest first."""
        found, since, sequence, up_s, beats, last = [], None, None, 0.0, 0, None
        for begin, end, now in self.beats:
            if now is None:
                last = None
                continue
            if now != sequence:
                found.append((up_s, beats, since))
                since, sequence, up_s, beats = end, now, 0.0, 0
            else:
                up_s += end - (begin if last is None else last)
                beats += 1
            last = end
        return sorted([*found, (up_s, beats, since)][1:], reverse=True)

    def up_within(self, begin, end):
        """(seconds, beats) that the database was up within [begin, end]."""
        up_s, beats, last = 0.0, 0, None
        at = max(0, bisect.bisect_left(self.beats, (begin,)) - 1)
        for beat_begin, beat_end, sequence in self.beats[at:]:
            if beat_begin >= end:
                break
            if sequence is None:
                last = None
                continue
            up_s += max(0.0, min(end, beat_end) - max(begin, beat_begin if last is None else last))
            beats += 1
            last = beat_end
        return up_s, beats

    def was_up(self, begin, end):
        at = max(0, bisect.bisect_left(self.beats, (begin,)) - 1)
        until = bisect.bisect_left(self.beats, (end,))
        return all(sequence is not None for _, _, sequence in self.beats[at:until])


class Client(Watcher):
    """Sends a command each 100 ms, whatever happens; it has to be answered, and stands in the ledger as of then."""

    def __init__(self, host, clocks):
        super().__init__("client")
        self.host, self.clocks = host, clocks
        self.calls = []     # (sent, answered, request id, clock before, clock after, answer)
        self.requests = {}  # request id -> words
        self.running, self.lock = 0, threading.Lock()
        self.failures, self.held_back = [], 0

    def watch(self):
        threads = []
        while not self.stopping.wait(CLIENT_EVERY_S):
            if self.running >= CLIENT_AT_ONCE_MAX:
                self.held_back += 1
                continue
            number = len(self.requests) + 1
            request = f"c{number}"
            words = ("money", "top-up", CLIENT, "0.000001", "--reference", request)
            self.requests[request] = (words, ())
            with self.lock:
                self.running += 1
            threads.append(threading.Thread(target=self._call, args=(request, words), daemon=True))
            threads[-1].start()
        for thread in threads:
            thread.join()
        if self.failures:
            raise self.failures[0]

    def _call(self, request, words):
        try:
            sent = time.monotonic()
            before = self.clocks.now()
            answer = self.host.packctl(*words, "--request-id", request)
            self.calls.append((sent, time.monotonic(), request, before, self.clocks.now(), answer))
        except Exception as failure:
            self.failures.append(failure)
        finally:
            with self.lock:
                self.running -= 1

    def answered(self):
        return [call for call in self.calls if call[5].status == 0]

    def slowest(self, probe):
        """(seconds up, beats, request id, seconds) that an answer took, slowest first."""
        waits = [(*probe.up_within(sent, answered), request, answered - sent)
                 for sent, answered, request, *_ in self.calls]
        return sorted(waits, reverse=True)


def late_by_the_clock(calls, probe):
    """(commands that were sent while a new connection could SELECT 1 in the second before; of them, those that were
    answered after more than BOUND_S by the clock; of those, the ones whose database was up all that time)"""
    while_up = [(sent, answered) for sent, answered, *_ in calls if probe.was_up(sent - UP_BEFORE_S, sent)]
    late = [(sent, answered) for sent, answered in while_up if answered - sent > BOUND_S]
    return len(while_up), len(late), sum(probe.was_up(sent, answered) for sent, answered in late)


def turned_away(calls, disruptions):
    """Sentences: commands that were not done although nothing befell the database from a second before until the
    answer. That clocks differ is told to whoever asks while they jump."""
    return [f"{request} was not done while the database was up: {answer.text.strip()}"
            for sent, answered, request, _, _, answer in calls
            if answer.status != 0 and "clock" not in answer.text
            and not any(begin < answered and end > sent - ANSWER_S for begin, end, _ in disruptions)]


def is_too_long(seconds, beats):
    return seconds > BOUND_S and beats > BEATS_MAX


def out_of_time(calls, instants, skew_ns):
    """Sentences: commands whose stored instant is not between the client's clock before and after."""
    faults = []
    for _, _, request, before, after, answer in calls:
        at = instants.get(request)
        if answer.status != 0 or at is None:
            continue
        if not before - skew_ns <= at <= after + skew_ns:
            faults.append(f"{request}: stored as of {(at - before) / SECOND:+.1f} s after it was sent,"
                          f" {(at - after) / SECOND:+.1f} s after it was answered")
    return faults
