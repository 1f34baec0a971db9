"""The slow model of a whole history: the answers to its lines, and the canonical export at its end.

World.play takes the lines of a history file (docs/HISTORIES.md) one by one; World.canonical gives the lines of
`packctl export --canonical`. Commands are in commands.py, what is due by the clock in jobs.py,
what follows from both in ledger.py, usage in usage_files.py.
"""

from collections import Counter

from business_clock import BusinessClock
from commands import Commands, Refused
from jobs import Jobs
from usage_files import UsageFiles, parse_time

OUTCOMES = ("drawn", "overage", "overrun", "not_billable_meter", "not_billable_integration")  # in this order
STEPS = {"request": "requested", "approve": "approved", "reject": "rejected", "order": "ordered",
         "complete": "completed"}
FLAGS = ("--client", "--server")


def parsed(words):
    """(positional words, options) of a command."""
    plain, options, rest = [], {}, list(words)
    while rest:
        word = rest.pop(0)
        if word in FLAGS:
            options[word] = True
        elif word.startswith("--"):
            options[word] = rest.pop(0)
        else:
            plain.append(word)
    return plain, options


class World(Commands, Jobs):
    def __init__(self, products, zone, default_source="histories", unit_records=1_000_000):
        self.products = {product.name: product for product in products}
        self.clock = BusinessClock(zone)
        self.counts = Counter()
        self.files = UsageFiles(products, self.clock, default_source, unit_records, self.counts)
        self.accounts = self.files.accounts
        self.packs = []     # by id, from 1
        self.requests = {}  # request id -> content (P9)
        self.payments = set()
        self.arrival = None  # of the last look into the spool: it never goes back
        self.done_until = {"expire": None, "remind": None, "settle": None}
        self.last_at = None
        self.now = None     # of the line: never before the last commit
        self.ledger_time = None  # of the last commit

    def play(self, line):
        """One line of a history; its answer: (status, code)."""
        at = parse_time(line["at"])
        if self.last_at is not None and at < self.last_at:
            self.counts["clock steps back"] += 1
        self.last_at = at
        now = self.now = max(at, self.ledger_time or at)
        if "file" in line:
            self._look_into_spool(at, now)
            if self.files.take(line["file"], line["content"].encode(), self.arrival, now):
                self.commit()
            return 0, ""
        if line["do"] == ["run-once"]:
            self._look_into_spool(at, now)
            for job in (self._expire, self._remind, self._settle):
                job(now)
            return 0, ""
        try:
            self._command(line["do"], now)
        except Refused as refused:
            self.counts[f"refused {refused}"] += 1
            return 1, str(refused)
        return 0, ""

    def commit(self):
        """Ledger time never goes back."""
        self.ledger_time = self.now

    def _look_into_spool(self, at, now):
        if self.files.let_go(at):
            self.commit()
        self.arrival = max(at, self.arrival or at)
        if self.files.take_redriven(self.arrival, now):
            self.commit()

    def _command(self, words, now):
        if words in (["expire"], ["remind"], ["settle"]):
            getattr(self, f"_{words[0]}")(now)
            return
        plain, options = parsed(words)
        group, verb, *rest = plain
        if group == "refund":
            self._refund(rest, options, now, STEPS[verb])
        else:
            getattr(self, f"_{group}_{verb}".replace("-", "_"))(rest, options, now)
