"""What the ledger holds of an account, and how one change of it brings about others: O1 to O10, N3.

Slow and obvious, from docs/RULES.md and docs/BILLING.md; nothing of the daemon, nothing of the database.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from business_clock import second_of

ACTIVE = "-"
FROZEN = ("requested", "approved", "ordered", "completed")  # P8
PER_TRANSACTION = ("service_stopped", "service_resumed", "postpaid_in_effect")


class Turns:
    """Something that is off at first, and then on in [on, off). A clock that steps back counts as standing still."""

    def __init__(self):
        self.turns = []

    def turn(self, on, at):
        if on != self.is_on():
            self.turns.append(max([at, *self.turns[-1:]]))

    def is_on(self):
        return len(self.turns) % 2 == 1

    def on_at(self, at):
        return sum(1 for turn in self.turns if turn <= at) % 2 == 1


@dataclass(eq=False)
class Pack:
    id: int
    account: object
    product: str
    number: int  # in order of purchase within account and product
    tier: str
    trial: bool
    quota: int
    price: int
    purchased: int
    expires: int
    priority: int
    levels: tuple
    refund_days: int
    reminders: list  # days before the expiry that are not told yet
    stack: tuple | None = None  # of scope stack: (left of usable packs, used of all) right after its purchase
    used: int = 0
    exhausted_at: int | None = None
    refund: str | None = None  # the last step
    refund_steps: list = field(default_factory=list)
    told: dict = field(default_factory=dict)  # level, 100: used up -> state

    @property
    def left(self):
        return self.quota - self.used

    @property
    def frozen(self):
        return self.refund in FROZEN

    @property
    def refund_open(self):
        return self.frozen and self.refund != "completed"

    @property
    def effective(self):
        return second_of(self.purchased)  # P5

    def covers(self, at):
        return not self.frozen and self.left > 0 and self.effective <= at < self.expires

    def end(self, at):
        """(when, how) it stopped having units for use, or None."""
        if self.left == 0 and self.exhausted_at is not None and self.exhausted_at < self.expires:
            return self.exhausted_at, "exhausted"
        return (self.expires, "expired") if self.expires <= at else None


class Holding:
    """A product of an account."""

    def __init__(self):
        self.packs = []
        self.priced_from = None  # the midnight from which on postpaid acts (S3); None: never
        self.switched = Turns()
        self.postpaid_steps = []
        self.covered_by, self.reason = "none", "never_activated"
        self.since = None  # of the service state
        self.services = []
        self.open = defaultdict(list)  # day of usage -> overage that no bill has charged yet
        self.credits = Counter()       # (day of usage, price) -> units, negative (U10)
        self.billed = set()            # charged days
        self.charges = []

    def has_bought(self):
        return any(not pack.trial and pack.refund != "completed" for pack in self.packs)


class Account:
    def __init__(self, number, name, parent=None):
        self.number, self.name, self.parent = number, name, parent
        self.facts = {}
        self.balance, self.has_balance = 0, False
        self.suspended = Turns()
        self.suspension_steps = []
        self.below_zero = False  # as last told
        self.told_now = set()    # of what is told once a transaction
        self.journals = []
        self.notices = []  # (product or "", pack number or 0, kind, cause, state)
        self.holdings = {}  # by product, once it holds something

    @property
    def main(self):
        return self.parent or self

    @property
    def closed_at(self):
        return self.main.facts.get("closed")

    def holding(self, product):
        return self.holdings.setdefault(product, Holding())

    def book(self, kind, reference, amount):
        self.journals.append((kind, reference, amount))
        self.balance += amount
        self.has_balance = True

    def tell(self, product, kind, *, pack=None, cause=0, state="due"):
        self.notices.append((product, pack.number if pack else 0, kind, cause, state))

    def state(self, product, at):
        """(covered by, why it is stopped): O1 to O3, O10, S3, S19."""
        holding = self.holdings[product]
        if self.closed_at is not None and at >= self.closed_at:
            return "none", "closed_account"
        if any(pack.covers(at) for pack in holding.packs):
            return "packs", ACTIVE
        has_price = holding.priced_from is not None and at >= holding.priced_from
        would_charge, suspended = holding.switched.is_on() and has_price, self.suspended.is_on()
        if would_charge and not suspended:
            return "postpaid", ACTIVE
        if self.balance < 0 or (would_charge and suspended):
            return "none", "arrears"
        if any(pack.refund_open and pack.left > 0 and at < pack.expires for pack in holding.packs):
            return "none", "packs_frozen"
        for name, trial in (("packs", False), ("trial", True)):
            ends = [(*end, pack.id) for pack in holding.packs if pack.trial == trial and not pack.frozen
                    and (end := pack.end(at))]
            if ends:
                return "none", f"{name}_{max(ends, key=lambda e: (e[0], e[2]))[1]}"
        return "none", "never_activated"

    def change_service(self, product, state, at):
        holding = self.holdings[product]
        before, was_active = holding.covered_by, holding.reason == ACTIVE
        first = holding.since is None
        holding.covered_by, holding.reason = state
        holding.since = at if first else max(at, holding.since)
        holding.services.append(state)
        active = holding.reason == ACTIVE
        if was_active and not active:
            self.tell_once(product, "service_stopped")
        if active and not was_active and not first:  # S21
            self.tell_once(product, "service_resumed")
        if holding.covered_by == "postpaid" and before != "postpaid":
            self.tell_once(product, "postpaid_in_effect")

    def tell_once(self, product, kind):
        """The cause is the ledger transaction: of several in one the first is told."""
        if (product, kind) not in self.told_now:
            self.told_now.add((product, kind))
            self.tell(product, kind)

    def let_time_pass(self, now):
        """O10: packs that expired, and a price of overage that began; each change is as of that instant."""
        self.told_now.clear()
        for product in sorted(self.holdings):
            holding = self.holdings[product]
            if holding.since is None:
                continue
            turns = {pack.expires for pack in holding.packs if pack.left and pack.refund != "completed"}
            if holding.switched.is_on() and holding.priced_from is not None:
                turns.add(holding.priced_from)
            for at in sorted(turn for turn in turns if holding.since < turn <= now):
                state = self.state(product, at)
                if state != (holding.covered_by, holding.reason):
                    self.change_service(product, state, at)

    def follow(self, now):
        """O8, O9, S18: what a change brings about."""
        if self.balance < 0:
            if not self.suspended.is_on():
                self.suspended.turn(True, now)
                self.suspension_steps.append("suspended")
                self.has_balance = True
            if not self.below_zero:
                self.tell("", "arrears")
        elif self.balance > 0 and self.suspended.is_on():
            self.suspended.turn(False, now)
            self.suspension_steps.append("resumed")
        self.below_zero = self.balance < 0
        for product in sorted(self.holdings):
            holding = self.holdings[product]
            if holding.switched.is_on() and not holding.has_bought():
                holding.switched.turn(False, now)
                holding.postpaid_steps.append("off")
            state = self.state(product, now)
            if state != (holding.covered_by, holding.reason):
                self.change_service(product, state, now)


def change(accounts, now, write, also=None):
    """The three steps of docs/BILLING.md: time passes, the change, what follows from it."""
    ordered = sorted(accounts, key=lambda account: account.number)
    for account in ordered:
        account.let_time_pass(now)
    write()
    for account in ordered:
        if also:
            also(account)
        account.follow(now)
