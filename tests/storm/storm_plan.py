"""What will happen in a storm, decided by its seed before it begins.

A plan is a list of actions for each actor, with the second at which it may begin at the earliest. What an action acts
on (a pack, a file) may be named by a share of those that are there by then.
"""

import random
from dataclasses import dataclass

from business_clock import DAY, HOUR, MINUTE, SECOND

HOSTS = ("east", "north", "west")
ACCOUNTS = tuple(f"t{number:02}" for number in range(12))
QUIET = tuple(f"q{number:02}" for number in range(8))  # have money and packs, and use nothing: for steps that need both
CLIENT = "client"   # the account of the client that is answered in time
CLERKS = 3
CAPTCHA_TIERS = ("s", "m", "l")
SMS_TIERS = ("few", "many")
DAY_S = 6.0         # seconds of the machine for a business day
JUMP_EVERY_S = 0.5
DISRUPTIONS = ("restart", "crash", "freeze", "read-only", "switch-over", "fail-over")
# Now and then it is away for longer than the lease of a spool's name lasts: whoever held it has to get it back.
AWAY_S, AWAY_EVERY_S = 35, 600
# A server that is to become read-only waits for statements that wait for rows, and lets no other write begin: it
# answers, and nothing is committed.
WRITES_STOP = ("read-only", "switch-over")
HOST_ACTIONS = ("kill", "reload", "clock")


@dataclass(frozen=True)
class Action:
    at_s: float
    what: str
    words: tuple = ()


def plan(seed, seconds, without=()):
    """name of the actor -> its actions, ascending."""
    made = {name: [action for action in make(random.Random(f"{seed} {name}"), seconds) if action.what not in without]
            for name, make in {"clock": jumps, "weather": weather, "hosts": hosts}.items()}
    for number in range(1, CLERKS + 1):
        made[f"clerk-{number}"] = clerk(random.Random(f"{seed} clerk-{number}"), seconds, number)
    made |= Files(random.Random(f"{seed} files")).make(seconds)
    return made


def times(dice, seconds, every_s):
    at = dice.uniform(0, every_s)
    while at < seconds:
        yield round(at, 3)
        at += dice.uniform(0.4, 1.6) * every_s


def jumps(dice, seconds):
    mean = DAY * JUMP_EVERY_S / DAY_S
    return [Action(at, "jump", (int(dice.uniform(0.1, 1.9) * mean),)) for at in times(dice, seconds, JUMP_EVERY_S)]


def weather(dice, seconds):
    """What befalls the database: in a long storm less often, so that more comes between."""
    actions, kinds = [], []
    for at in times(dice, max(seconds - 4, seconds * 0.7), min(max(2.5, seconds / 225), 8)):
        if not kinds:
            kinds = dice.sample(DISRUPTIONS, len(DISRUPTIONS))
        kind = kinds.pop()
        words = {"freeze": (round(dice.uniform(0.1, 1.5), 2),), "read-only": (round(dice.uniform(0.1, 1.0), 2),),
                 "switch-over": (dice.random() < 0.5,), "fail-over": (round(dice.uniform(0.1, 0.8), 2),)}.get(kind, ())
        actions.append(Action(at, kind, words))
    aways = [Action(at, "away", (AWAY_S,)) for at in range(AWAY_EVERY_S, int(seconds - AWAY_S), AWAY_EVERY_S)]
    return sorted([*actions, *aways], key=lambda action: action.at_s)


def hosts(dice, seconds):
    """What befalls hosts and their daemons."""
    actions, kinds = [], []
    for at in times(dice, seconds, min(max(1.5, seconds / 450), 4)):
        if not kinds:
            kinds = dice.sample(HOST_ACTIONS, len(HOST_ACTIONS))
        kind, host = kinds.pop(), dice.choice(HOSTS)
        words = {"reload": (dice.choice(("info", "debug", "warning")),),
                 "clock": (dice.choice((-1, 1)) * dice.choice((30 * SECOND, HOUR, 8 * DAY)),
                           round(dice.uniform(0.3, 1.5), 2))}.get(kind, ())
        actions.append(Action(at, kind, (host, *words)))
    return actions


def clerk(dice, seconds, own=1):
    """Commands, as fast as they are answered. `own`: the number of this clerk."""
    acts = ((trial, 1), (buy, 10), (buy_quiet, 5), (buy_many, 5), (top_up, 7), (top_up_quiet, 4), (switch, 6),
            (switch_quiet, 15), (refund, 5), (refund_step, 27), (void, 5), (redrive, 6), (rejects, 10), (learn, 2),
            (new_accounts, 10), (new_subs, 4), (newcomers, 30), (set_contact, 4), (again, 6), (job, 15), (nonsense, 3), (beside, 14))
    actions = []
    for number in range(int(seconds * 15)):
        make, = dice.choices([act for act, _ in acts], [weight for _, weight in acts])
        what, *words = make(dice, f"{own}x{number}")
        actions.append(Action(0, what, tuple(words)))
    return actions


def product_and_tier(dice):
    return ("captcha", dice.choice(CAPTCHA_TIERS)) if dice.random() < 0.8 else ("sms", dice.choice(SMS_TIERS))


def trial(dice, _):
    return "packctl", "pack", "trial", "captcha", dice.choice(ACCOUNTS)


def paid(dice, number):
    return ("--paid-by", f"p{number}") if dice.random() < 0.5 else ()


def buy(dice, number):
    return "packctl", "pack", "buy", *product_and_tier(dice), dice.choice(ACCOUNTS), *paid(dice, number)


def buy_quiet(dice, number):
    return "packctl", "pack", "buy", *product_and_tier(dice), dice.choice(QUIET), *paid(dice, number)


def buy_many(dice, number):
    """More names than are done at once, where they are not paid from outside: in pieces (P9)."""
    names = [*dice.sample(ACCOUNTS, dice.randint(1, 3)), *dice.sample(QUIET, dice.randint(1, 3))]
    names += dice.choice(((), (), (names[0],), ("nobody",)))
    dice.shuffle(names)
    return "from-file", ("pack", "buy", *product_and_tier(dice), *paid(dice, number)), tuple(names)


def top_up(dice, number):
    return ("packctl", "money", "top-up", dice.choice(ACCOUNTS),
            dice.choice(("0.1", "0.5", "1", "2.5", "6", "0.000001")), "--reference", f"m{number}")


def top_up_quiet(dice, number):
    return "packctl", "money", "top-up", dice.choice(QUIET), dice.choice(("3", "10")), "--reference", f"m{number}"


def switch(dice, _):
    return "packctl", "postpaid", dice.choice(("on", "on", "off")), product_and_tier(dice)[0], dice.choice(ACCOUNTS)


def switch_quiet(dice, _):
    """Somebody whose postpaid is off, or on; or some of all."""
    step, product = dice.choice(("on", "off")), dice.choice(("captcha", "captcha", "sms"))
    if dice.random() < 0.2:
        return "from-file", ("postpaid", step, product), tuple(dice.sample(QUIET, dice.randint(1, 6)))
    return "switch", step, product, dice.random()


def refund(dice, _):
    """Of one of the newest packs, or one whose refund has begun."""
    return "refund", dice.random(), dice.random()


def refund_step(dice, _):
    """Of a pack whose next step it is."""
    step, = dice.choices(("request", "approve", "reject", "order", "complete"), (8, 5, 5, 5, 5))
    return "refund-step", step, dice.random()


def void(dice, _):
    return "void", dice.random()


def redrive(dice, _):
    return "redrive", dice.random()


def rejects(dice, _):
    return "rejects", dice.choice((("redrive",), ("discard", "--yes"))), dice.random(), dice.choice(HOSTS)


INTEGRATED = (("integrate", "--client"), ("integrate", "--server"), ("integrate",))


def learn(dice, _):
    names = tuple(dice.sample(ACCOUNTS, dice.randint(1, 2)))
    return ("packctl", "account", *dice.choice((("verify",), *INTEGRATED)), *names)


def new_accounts(dice, number):
    names = tuple(f"n{number}-{n}" for n in range(dice.randint(1, 5)))
    if dice.random() < 0.5:
        return "from-file", ("account", "add"), names
    return "add", names[:2]


def new_subs(dice, number):
    names = tuple(f"s{number}-{n}" for n in range(dice.randint(1, 4)))
    return "packctl", "account", "add-sub", dice.choice((*ACCOUNTS, *QUIET)), *names


def newcomers(dice, _):
    """One that was not chosen for this before, or some of them from a file."""
    words, = dice.choices((("account", "verify"), ("account", *dice.choice(INTEGRATED)), ("account", "close"),
                           ("pack", "trial", "captcha")), (4, 4, 5, 5))
    return "newcomers", words, dice.random(), dice.choice((1, 1, 1, 1, 2, 4))


def set_contact(dice, number):
    return dice.choice((("packctl", "account", "set", dice.choice(ACCOUNTS), "--email", f"a{number}@example.com"),
                        ("packctl", "account", "set", dice.choice(ACCOUNTS), "--language",
                         dice.choice(("en", "zh-CN")))))


def again(dice, _):
    """P9: a request once more, or its id for something else."""
    return "again", dice.random(), dice.random() < 0.2


def job(dice, _):
    return "job", dice.choice(("expire", "remind", "settle"))


def beside(dice, number):
    """What changes something, and nothing of the ledger."""
    return dice.choice((("pair", ("token", "new", f"k{number}"), ("token", "revoke", f"k{number}")),
                        ("hold", dice.choice(HOSTS)),
                        ("packctl", "inbox", dice.choice(ACCOUNTS), "--mark", dice.choice(("read", "archived")))))


def nonsense(dice, _):
    name = dice.choice(ACCOUNTS)
    return ("packctl", *dice.choice((
        ("pack", "buy", "captcha", "s", f"{name}/a"), ("pack", "buy", "captcha", "trial", name),
        ("pack", "buy", "captcha", "xxl", name), ("pack", "buy", "fax", "s", name), ("pack", "trial", "sms", name),
        ("pack", "buy", "captcha", "s", name, name), ("pack", "buy", "captcha", "s", "nobody"),
        ("pack", "buy", "captcha", "xxl", name, *QUIET[:4]), ("pack", "buy", "fax", "s", name, *QUIET[:4]),
        ("account", "add-sub", f"{name}/a", *(f"{name}/{n}" for n in "bcde")),
        ("money", "top-up", name, "0", "--reference", "zero"), ("refund", "approve", "4000000"),
        ("account", "add", name), ("postpaid", "on", "captcha", f"{name}/a"))))


ENDINGS = (".csv", ".csv.gz", ".csv.zst", ".jsonl", ".ndjson.gz")  # of usage files


@dataclass(frozen=True)
class Record:
    id: str
    source: str
    account: str
    product: str
    meter: str
    ago_ns: int  # event time before the drop
    quantity: str


class Files:
    """The files of all producers: half of the records come to a second spool, too."""

    def __init__(self, dice):
        self.dice, self.numbers, self.old = dice, 0, []

    def make(self, seconds):
        actions = {f"producer-{host}": [] for host in HOSTS}
        for at in times(self.dice, seconds, 0.25):
            for host, action in self.round(at):
                actions[f"producer-{host}"].append(action)
        return {name: sorted(one, key=lambda action: action.at_s) for name, one in actions.items()}

    def round(self, at):
        first, second = self.dice.sample(HOSTS, 2)
        common = [self.record() for _ in range(self.dice.randint(1, 12))]
        own = [self.record() for _ in range(len(common))]
        key = f"f{self.number()}"
        ending, = self.dice.choices(ENDINGS, (6, 1, 1, 1, 1))
        rows = self.dice.sample(common + own, len(common) + len(own))
        later = round(at + self.dice.choice((0, 0.02, 0.5)), 3)
        if self.dice.random() < 0.25:  # the same bytes
            return ((first, Action(at, "drop", (f"{key}{ending}", key, tuple(rows)))),
                    (second, Action(later, "drop", (f"{key}-same{ending}", key, tuple(rows)))))
        return ((first, Action(at, "drop", (f"{key}{ending}", key, tuple(rows)))),
                (second, Action(later, "drop", (f"{key}-too{ending}", key, tuple(common)))))

    def number(self):
        self.numbers += 1
        return self.numbers

    def record(self):
        dice = self.dice
        if self.old and dice.random() < 0.05:
            return self.repeated()
        product = "captcha" if dice.random() < 0.8 else "sms"
        meter = dice.choice(("client_verification",) * 9 + ("ticket_check",)) if product == "captcha" else "message"
        account = dice.choice(ACCOUNTS)
        account = f"{account}/a" if dice.random() < 0.2 else account
        odd = dice.random()
        account = "nobody" if odd < 0.01 else account
        meter = "unknown" if 0.01 < odd < 0.02 else meter
        quantity = "0" if 0.02 < odd < 0.03 else dice.choice(("1", "1", "2", "3", "5", "8", "13", "34", "55"))
        ago = dice.choices((dice.randrange(5 * MINUTE), dice.randrange(12 * HOUR), dice.randrange(4 * DAY),
                            dice.randrange(34 * DAY), 36 * DAY, -HOUR), (50, 25, 12, 8, 1, 1))[0]
        record = Record(f"i{self.number()}", dice.choice(("", "", "other")), account, product, meter, ago, quantity)
        self.old.append(record)
        return record

    def repeated(self):
        """The id of another one, with other content (U3); the time of the same id stays that of its first drop."""
        old = self.dice.choice(self.old[-200:])
        if self.dice.random() < 0.5:
            return old
        return Record(old.id, old.source, old.account, old.product, old.meter, old.ago_ns, "9")
