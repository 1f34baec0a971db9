"""Somebody at a desk who buys packs, refunds them, tops up and switches postpaid while daemons work."""

import collections
import json
import random
import subprocess
import sys
import pathlib
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import harness  # noqa: E402

ACCOUNTS = ("gale", "harbour", "iris", "jade")
REFUND_STEPS = {None: ("request",), "requested": ("approve", "reject"), "rejected": ("request",),
                "approved": ("order",), "ordered": ("complete",), "completed": ()}


class BusyDesk(threading.Thread):
    """Works with packctl, a process a command, until stop(). Refusals are as good as effects; anything
    else is kept as failure."""

    def __init__(self, where, seed):
        super().__init__()
        self.where, self.dice = where, random.Random(seed)
        self.stopping, self.failure = threading.Event(), None
        self.done, self.refused = collections.Counter(), collections.Counter()
        self.packs = {}  # number -> the last step of its refund
        self.payments = 0

    def stop(self):
        self.stopping.set()
        self.join()
        if self.failure:
            raise harness.Failure(self.failure)

    def run(self):
        try:
            while not self.stopping.is_set():
                self.dice.choice((self.buy, self.refund, self.refund, self.switch, self.top_up))()
        except harness.Failure as failure:
            self.failure = str(failure)

    def command(self, *words):
        """The JSON of a command, None where it is refused."""
        command = [str(harness.BIN / "packctl"), "--config", str(self.where.config), "--output", "json",
                   *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode not in (0, 1):
            raise harness.Failure(f"{' '.join(command)}\nended with {done.returncode}: {done.stderr}")
        name = " ".join(words[:2])
        (self.refused if done.returncode else self.done)[name] += 1
        return None if done.returncode else json.loads(done.stdout)

    def payment(self):
        self.payments += 1
        return f"desk-{self.payments}"

    def buy(self):
        paid = ("--paid-by", self.payment()) if self.dice.random() < 0.5 else ()
        account = self.dice.choice(ACCOUNTS)
        if self.command("pack", "buy", "captcha", "30k", account, *paid):
            newest = max(row["pack"] for row in self.command("pack", "list", account) if row["pack"])
            self.packs[newest] = None

    def refund(self):
        if not self.packs:
            return
        pack = self.dice.choice(list(self.packs))
        steps = REFUND_STEPS[self.packs[pack]]
        if not steps:
            del self.packs[pack]
            return
        step = self.dice.choice(steps)
        reason = ("--reason", "test") if step == "reject" else ()
        taken = self.command("refund", step, pack, *reason)
        if taken:
            self.packs[pack] = taken["refund"]
        else:
            del self.packs[pack]  # something is drawn from it

    def switch(self):
        self.command("postpaid", self.dice.choice(("on", "on", "off")), "captcha", self.dice.choice(ACCOUNTS))

    def top_up(self):
        self.command("money", "top-up", self.dice.choice(ACCOUNTS), self.dice.choice(("0.01", "5", "400")),
                     "--reference", self.payment())
