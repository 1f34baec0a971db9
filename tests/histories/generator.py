"""Random histories: lives of many accounts in one history file, from a seed.

The model lives through them while they are made, so that what is drawn at random can be what is likely: a refund of a
pack that is there, a record in a pack that has expired.
"""

import json
import random

from axes import AXES, instants
from business_clock import DAY, HOUR, MINUTE, SECOND, rfc3339, second_of
from catalogue import BULK, catalogue
from world import World

OPERATIONS_MIN = 200  # of each history
UNIT_RECORDS = 300
DEFAULT_SOURCE = "histories"
COLUMNS = "id,source,account,product,meter,time,quantity"


class Generator:
    def __init__(self, seed, histories, axis=None):
        self.dice = random.Random(seed)
        self.axis = axis or AXES[self.dice.randrange(len(AXES))]
        self.products = catalogue(self.axis.price_change)
        self.world = World(self.products, self.axis.zone, DEFAULT_SOURCE, UNIT_RECORDS)
        self.names = [f"t{number:04}" for number in range(histories)]
        self.operations = dict.fromkeys(self.names, 0)
        self.lines, self.answers = [], []
        self.records = []   # rows that were dropped, to be repeated
        self.dropped = []   # (name, content, names of the histories) of files
        self.commands = []  # those with a request id
        self.numbers = 0
        self.now = 0
        self.marks = [self.world.clock.instant(mark) for mark in self.axis.marks]

    # --- lines

    def number(self):
        self.numbers += 1
        return self.numbers

    def play(self, line):
        self.lines.append(json.dumps(line, separators=(",", ":")))
        self.answers.append(self.world.play(line))

    def at(self):
        """The instant of a line: within its second, and a clock that steps back now and then."""
        if self.dice.random() < 0.04:
            return self.now - self.dice.choice((1, 7, 60, 900, 3600, 3 * 3600)) * SECOND
        return self.now + self.dice.choice((0, 0, 0, 250_000_000, 999_999_000))

    def do(self, *words, of=(), at=None):
        """A command; `of`: the histories that it is an operation of."""
        line = {"at": rfc3339(self.at() if at is None else at), "do": [str(word) for word in words]}
        self.play(line)
        for name in of:
            self.operations[name] += 1
        if "--request-id" in line["do"]:
            self.commands.append((line["do"], of))

    def drop(self, name, content, of=()):
        self.play({"at": rfc3339(self.at()), "file": name, "content": content})
        for history in of:
            self.operations[history] += 1

    def make(self):
        steps = instants(self.axis, self.dice)
        self.now = steps[0] - DAY
        self.begin()
        for step in steps:
            self.now = step
            self.step(step in self.marks)
        while short := [name for name, count in self.operations.items() if count < OPERATIONS_MIN]:
            self.drop_file("more", short, lambda _: 12)
        self.now += 2 * DAY
        self.play({"at": rfc3339(self.now), "do": ["run-once"]})
        return self

    def begin(self):
        self.do("account", "add", *self.names)
        for name in self.names:
            self.do("account", "add-sub", name, f"{name}/a")
        for words, tenths in ((("verify",), 9), (("integrate",), 7), (("integrate", "--client"), 2)):
            open_names = [name for name in self.names if not words[1:] or not self.world.accounts[name].facts]
            some = self.dice.sample(open_names, len(open_names) * tenths // 10)
            if some:
                self.do("account", *words, *some, of=some)

    def step(self, is_mark):
        dice = self.dice
        for name in dice.sample(self.names, -(-len(self.names) * 3 // 10)):
            self.act(name)
        for pack in self.world.packs:
            if pack.refund in ("requested", "approved", "ordered") and dice.random() < 0.4:
                self.refund_step(pack)
        if is_mark:
            self.buy(*dice.sample(self.names, -(-len(self.names) // 4)))
        self.drop_file("all", self.names, lambda _: dice.choice((0, 1, 2, 3, 4, 5, 7)))
        for _ in range(4):
            some = dice.sample(self.names, min(len(self.names), 4))
            self.drop_file("some", some, lambda _: dice.randint(1, 4))
            if dice.random() < 0.4:
                _, content, of = dice.choice(self.dropped[-300:])
                self.drop(f"again-{self.number()}.csv", content, of)
            if dice.random() < 0.4:
                self.void()
        if dice.random() < 0.15:
            self.play({"at": rfc3339(self.at()), "do": [dice.choice(("expire", "remind", "settle"))]})
        if dice.random() < 0.8:
            self.play({"at": rfc3339(self.at()), "do": ["run-once"]})

    # --- what a history does

    def act(self, name):
        account = self.world.accounts[name]
        if account.suspended.is_on() and self.dice.random() < 0.85:
            self.top_up(name)
            return
        actions = ((self.buy, 28), (self.top_up, 26), (self.switch, 16), (self.refund, 16), (self.again, 6),
                   (self.trial, 6), (self.learn, 6), (self.nonsense, 3))
        action, = self.dice.choices([one for one, _ in actions], [weight for _, weight in actions])
        action(name)

    def request(self):
        return ("--request-id", f"r{self.number()}")

    def buy(self, *names):
        """One order for all of them; several are paid from outside, since one that has too little refuses all."""
        names = [name for name in names if len(names) == 1 or self.may_buy(name)]
        product = self.dice.choice(self.products[:1] * 4 + self.products[1:2])
        if names == self.names[:1] and self.dice.random() < 0.1:
            product = self.products[2]
        tier = self.dice.choice([tier for tier in product.tiers if not tier.trial])
        paid = ("--paid-by", f"p{self.number()}") if len(names) > 1 or self.dice.random() < 0.5 else ()
        if names:
            self.do("pack", "buy", product.name, tier.name, *names, *paid, *self.request(), of=names)

    def may_buy(self, name):
        facts = self.world.accounts[name].facts
        return "identity_verified" in facts and "closed" not in facts

    def trial(self, name):
        names = [name]
        if self.dice.random() < 0.7:  # new users
            names += [other for other in self.dice.sample(self.names, min(len(self.names), 8)) if other != name
                      and not self.world.accounts[other].holdings]
        self.do("pack", "trial", "captcha", *names, *self.request(), of=names)

    def top_up(self, name):
        owed = -self.world.accounts[name].balance
        amount = self.dice.choice((100_000, 500_000, 1_000_000, 2_500_000, 6_000_000))
        if owed > 0 and self.dice.random() < 0.75:
            amount = owed + self.dice.choice((0, 0, 1))
        self.do("money", "top-up", name, f"{amount // 10**6}.{amount % 10**6:06}", "--reference", f"m{self.number()}",
                *self.request(), of=(name,))

    def switch(self, name):
        product = self.dice.choice(self.products[:1] * 4 + self.products[1:2]).name
        holding = self.world.accounts[name].holdings.get(product)
        is_on = holding is not None and holding.switched.is_on()
        on = is_on if self.dice.random() < 0.05 else not is_on
        self.do("postpaid", "on" if on else "off", product, name, *self.request(), of=(name,))

    def refund(self, name):
        packs = [pack for holding in self.world.accounts[name].holdings.values() for pack in holding.packs]
        if packs:
            self.refund_step(packs[-1] if self.dice.random() < 0.7 else self.dice.choice(packs))
        else:
            self.buy(name)

    def refund_step(self, pack):
        step = {"requested": "approve", "approved": "order", "ordered": "complete"}.get(pack.refund, "request")
        if pack.refund == "requested" and self.dice.random() < 0.3:
            step = "reject"
        if self.dice.random() < 0.05:
            step = self.dice.choice(("request", "approve", "order", "complete"))
        reason = ("--reason", "not so") if step == "reject" else ()
        self.do("refund", step, pack.id, *reason, *self.request(), of=(pack.account.name,))

    def again(self, name):
        """P9: a command once more, or its id for another one."""
        if not self.commands:
            return
        words, of = self.dice.choice(self.commands[-2000:])
        if self.dice.random() < 0.3:
            words = ["postpaid", "off", "captcha", name, "--request-id", words[words.index("--request-id") + 1]]
            of = (name,)
        self.do(*words, of=of)

    def learn(self, name):
        facts = self.world.accounts[name].facts
        if "server_integrated" not in facts:
            words = self.dice.choice((("integrate",), ("integrate", "--client"), ("integrate", "--server")))
        elif "identity_verified" not in facts:
            words = ("verify",)
        elif self.dice.random() < 0.03:
            words = ("close",)
        else:
            return self.top_up(name)
        self.do("account", *words, name, *self.request(), of=(name,))
        return None

    def nonsense(self, name):
        self.do(*self.dice.choice((
            ("pack", "buy", "captcha", "s", f"{name}/a"), ("pack", "buy", "captcha", "trial", name),
            ("pack", "buy", "captcha", "xxl", name), ("pack", "buy", "fax", "s", name),
            ("pack", "trial", "sms", name), ("pack", "trial", "captcha", f"{name}/a"),
            ("pack", "buy", "captcha", "s", name, name), ("pack", "buy", "captcha", "s", "nobody"),
            ("money", "top-up", name, "0", "--reference", f"m{self.number()}"),
            ("money", "top-up", name, "5", "--reference", "m0"), ("money", "top-up", f"{name}/a", "5", "--reference", "x"),
            ("refund", "approve", 4_000_000), ("file", "void", "never-came.csv", "--reason", "why"),
            ("account", "add", name), ("account", "add-sub", f"{name}/a", f"{name}/b"),
            ("postpaid", "on", "captcha", f"{name}/a"), ("postpaid", "off", "fax", name))), of=(name,))

    # --- usage

    def drop_file(self, what, names, count_of):
        rows, of = [], []
        for name in names:
            for _ in range(count_of(name)):
                rows.append(self.record(name))
                of.append(name)
        if not rows:
            return
        self.records += rows
        if self.dice.random() < 0.8:
            self.dice.shuffle(rows)
        content = "\n".join((COLUMNS, *(",".join(row) for row in rows))) + "\n"
        file_name = f"{what}-{self.number():06}.csv"
        self.dropped.append((file_name, content, sorted(set(of))))
        self.drop(file_name, content, of)

    def record(self, name):
        dice = self.dice
        if self.records and dice.random() < 0.06:
            return self.repeated(name)
        if name == self.names[0] and dice.random() < 0.02:
            return self.bulk_record(name)
        product = dice.choice(self.products[:1] * 5 + self.products[1:2])
        meter = dice.choice(("client_verification",) * 9 + ("ticket_check",)) if product.name == "captcha" else "message"
        if self.axis.name == "meters" and product.name == "captcha":
            meter = dice.choice(("client_verification", "ticket_check"))
        if dice.random() < 0.002:
            meter = "unknown"
        account = name if dice.random() < 0.7 else f"{name}/a"
        if dice.random() < 0.003:
            account = "nobody"
        quantity = dice.choice(("1", "1", "", "2", "3", "5", "8", "20", "35", "60"))
        if dice.random() < 0.003:
            quantity = dice.choice(("0", "-1", "1.5", "2000000000000"))
        return (f"i{self.number()}", dice.choice(("", "", "other")), account, product.name, meter,
                rfc3339(self.event_time(name)), quantity)

    def bulk_record(self, name):
        """U2: a few of these come to what may be open at most."""
        quantity = self.dice.choice(("1", "300000", "900000", "1000000", "1000001", "1000000000000"))
        return (f"i{self.number()}", "", name, BULK, "lot", rfc3339(self.event_time(name)), quantity)

    def repeated(self, name):
        """U3: a record again, or its id with other content."""
        row = self.dice.choice(self.records[-20_000:])
        other = self.dice.random()
        if other < 0.1:
            return (*row[:2], name, *row[3:6], "9")
        if other < 0.2:  # long after, the id is free again
            return (*self.dice.choice(self.records)[:2], name, *row[3:5], rfc3339(self.now), row[6])
        return row

    def event_time(self, name):
        dice, now = self.dice, self.now
        kind = dice.random()
        if kind < 0.45:
            return now - dice.randrange(12 * HOUR // SECOND) * SECOND - dice.choice((0, 0, 1, 500_000_000))
        if kind < 0.55:
            return now - dice.randrange(4 * DAY)
        if kind < 0.75:
            packs = [pack for holding in self.world.accounts[name].holdings.values() for pack in holding.packs
                     if now - 34 * DAY < pack.expires <= now]
            if kind < 0.58:
                bought = [pack for holding in self.world.accounts[name].holdings.values() for pack in holding.packs
                          if now - 34 * DAY < pack.purchased <= now]
                if bought:
                    return second_of(dice.choice(bought).purchased) - dice.choice((0, 0, 1))
            if packs:
                return dice.choice(packs).expires - dice.choice((-1, 0, 1, SECOND, HOUR, DAY, dice.randrange(3 * DAY)))
            near = [mark for mark in self.marks if now - 34 * DAY < mark <= now]
            if near:
                return dice.choice(near) + dice.choice((-1, 0, 1, dice.randrange(-4 * HOUR, 4 * HOUR)))
        if kind < 0.985:
            return now - dice.randrange(34 * DAY)
        if kind < 0.992:
            return now - 35 * DAY - dice.randrange(2 * DAY)
        return now + dice.randrange(10 * MINUTE)

    def void(self):
        files = [file for file in self.dropped[-150:] if file[0].startswith("some")]
        if self.dice.random() < 0.5:
            files = [file for file in files if self.was_charged(file[0])]
        if self.dice.random() < 0.08:
            files = self.dropped
        if not files:
            return
        name, _, of = self.dice.choice(files)
        self.do("file", "void", name, "--reason", "wrong", *self.request(), of=of)
        if self.dice.random() < 0.15:
            self.do("file", "redrive", name if self.dice.random() < 0.8 else self.dice.choice(files)[0])
            self.play({"at": rfc3339(self.at()), "do": ["run-once"]})

    def was_charged(self, name):
        return any(entry.charged for entry in self.world.files.names[name].entries)
