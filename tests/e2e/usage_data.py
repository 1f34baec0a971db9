"""Usage as tenants of a captcha service leave it behind, from a seed.

A few tenants with packs of different age, and files with all that goes wrong in real ones. Event
times lie before `now`, which is the only thing that is not from the seed.
"""

import datetime
import random
from dataclasses import dataclass, replace

DEFAULT_SOURCE = "e2e-source"
SOURCES = ("edge-bj-1", "edge-sh-2", "edge-fra-1", DEFAULT_SOURCE)
COLUMNS = ("id", "source", "account", "product", "meter", "time", "quantity")
ONE_SECOND = 10**9
HOUR = 3600
DAY = 24 * HOUR


@dataclass(frozen=True)
class Record:
    """One data line. `time` is text where it is wrong on purpose, else nanoseconds."""
    id: str
    source: str
    account: str
    time: int | str
    meter: str = "client_verification"
    quantity: int | str = 1
    product: str = "captcha"
    digits: int = 0      # of the fraction of a second
    offset_h: int = 0    # in which the time is written


@dataclass(frozen=True)
class Purchase:
    at: datetime.datetime
    tier: str            # trial: claimed, not bought
    account: str


@dataclass
class Scenario:
    accounts: list       # (name, parent or None, language)
    purchases: list      # in order of time
    files: list          # (name, bytes) in the order in which they are dropped


# name, language, sub-accounts, packs as (tier, hours ago)
TENANTS = (
    ("acme-games", "en", ("acme-games-eu", "acme-games-jp"),
     (("30k", 370 * 24), ("30k", 20 * 24), ("80k", 60))),
    ("bluebird-shop", "zh-CN", (), (("trial", 30 * 24), ("30k", 15 * 24))),
    ("cedar-bank", "zh-CN", ("cedar-bank-cards",), (("200k", 200 * 24),)),
    ("delta-forum", "en", (), (("trial", 72),)),
    ("ember-news", "en", (), ()),
    ("fjord-travel", "zh-CN", ("fjord-travel-app",), (("80k", 40 * 24),)),
)

# Who used what: parts of the whole, from and until in hours ago, the largest quantity of a record.
USAGE = (
    ("acme-games", 0.150, 66, 0.1, 1), ("acme-games-eu", 0.140, 66, 0.1, 1),
    ("acme-games-jp", 0.105, 66, 0.1, 1), ("acme-games", 0.008, 8 * 24, 6 * 24, 1),
    ("bluebird-shop", 0.165, 66, 0.1, 1), ("bluebird-shop", 0.004, 29 * 24, 25 * 24, 1),
    ("cedar-bank", 0.150, 66, 0.1, 5), ("cedar-bank-cards", 0.080, 66, 0.1, 3),
    ("delta-forum", 0.0725, 66, 0.1, 1), ("ember-news", 0.015, 66, 0.1, 1),
    ("fjord-travel", 0.006, 66, 0.1, 1), ("fjord-travel-app", 0.0045, 66, 0.1, 2),
)
TICKET_CHECKS = 0.010   # usage of a meter that is no longer billable
BAD = 0.005             # lines that cannot be used; what is left of the whole are duplicates


def written(record):
    """The time of a record as RFC 3339."""
    if isinstance(record.time, str):
        return record.time
    seconds, fraction = divmod(record.time, ONE_SECOND)
    wall = datetime.datetime(1970, 1, 1) + datetime.timedelta(
        seconds=seconds + record.offset_h * HOUR)
    part = f".{fraction:09}"[:1 + record.digits] if record.digits else ""
    zone = f"+{record.offset_h:02}:00" if record.offset_h else "Z"
    return wall.isoformat() + part + zone


def row(record, columns=COLUMNS, note=""):
    """A line of CSV without its end; columns beyond ours carry `note`."""
    values = [written(record) if column == "time" else str(getattr(record, column, note))
              for column in columns]
    return ",".join(values)


def csv_file(rows, columns=COLUMNS, newline="\n", bom=False, last_newline=True):
    text = newline.join([",".join(columns), *rows]) + (newline if last_newline else "")
    return (b"\xef\xbb\xbf" if bom else b"") + text.encode()


class Maker:
    def __init__(self, now, seed, total):
        self.now = int(now.timestamp()) * ONE_SECOND
        self.random = random.Random(seed)
        self.total = total

    def record(self, account, oldest_h, youngest_h, quantity_max=1,
               meter="client_verification"):
        digits = self.random.choice((0, 3, 3, 6, 9))
        ago = self.random.randrange(int(youngest_h * HOUR), int(oldest_h * HOUR)) * ONE_SECOND
        time = self.now - ago + self.random.randrange(ONE_SECOND)
        return Record(f"{self.random.getrandbits(96):024x}", self.random.choice(SOURCES), account,
                      time - time % 10**(9 - digits), meter,
                      self.random.randint(1, quantity_max), digits=digits,
                      offset_h=self.random.choice((0, 0, 8)))

    def good(self):
        records = []
        for account, share, oldest_h, youngest_h, quantity_max in USAGE:
            records += [self.record(account, oldest_h, youngest_h, quantity_max)
                        for _ in range(int(self.total * share))]
        records += [self.record("fjord-travel", 66, 0.1, 2, "ticket_check")
                    for _ in range(int(self.total * TICKET_CHECKS))]
        self.random.shuffle(records)
        return records

    def bad(self, some_good):
        """Rows that are rejected, each reason among them; some have a later reason as well."""
        one = lambda **wrong: replace(self.record("cedar-bank", 60, 1), **wrong)
        spoilt = lambda text, at: text[:at] + '"' + text[at:]
        makers = (
            lambda: one(account="").id + ",too,few",
            lambda: spoilt(row(one()), 9),
            lambda: spoilt(row(one()), 0),
            lambda: row(one(id="")),
            lambda: row(one(meter="", time="never")),
            lambda: row(one(time=self.random.choice(
                ("2026-02-30T10:00:00Z", "2026-11-01 10:00", "1760000000", "yesterday")))),
            lambda: row(one(quantity=self.random.choice(("0", "-1", "1.5", "1e3", "many"))),),
            lambda: row(one(quantity=10**12 + 1, account="nobody")),
            lambda: row(one(account="gecko-mail")),
            lambda: row(one(account="ACME-GAMES", meter="client_verificatoin")),
            lambda: row(one(product="captchas")),
            lambda: row(one(meter="client_verificatoin", time=self.now - 90 * DAY * ONE_SECOND,
                            digits=0)),
            lambda: row(replace(self.record("bluebird-shop", 60 * 24, 36 * 24))),
            lambda: row(replace(self.record("acme-games-eu", 2, 1),
                                time=self.now + 3 * HOUR * ONE_SECOND, digits=0)),
            lambda: row(replace(self.random.choice(some_good), quantity=7)),
        )
        count = max(len(makers), int(self.total * BAD))
        return [makers[i % len(makers)]() for i in range(count)]

    def again(self, records, count):
        """Records that come twice, some written otherwise: the instant is what counts."""
        return [replace(record, offset_h=self.random.choice((0, 8)),
                        digits=9 if record.digits else 0)
                for record in self.random.choices(records, k=count)]


def scenario(now, seed=1, total=200_000, file_count=11):
    """Tenants, packs, files of `total` data lines; and a file sent again, one without columns."""
    maker = Maker(now, seed, total)
    good = maker.good()
    bad = maker.bad(good)
    rows = [row(record) for record in good]
    rows += [row(record) for record in maker.again(good, total - len(good) - len(bad))]
    rows += bad
    maker.random.shuffle(rows)

    day = now.strftime("%Y%m%d")
    files = []
    for number in range(file_count):
        part = rows[number::file_count]
        look = {1: {"newline": "\r\n"}, 2: {"bom": True}, 6: {"last_newline": False},
                7: {"bom": True, "newline": "\r\n", "last_newline": False}}.get(number, {})
        if number == 4:
            files.append((f"captcha-{day}-05.csv", with_notes(part)))
        else:
            files.append((f"captcha-{day}-{number + 1:02}.csv", csv_file(part, **look)))
    files.insert(7, (f"captcha-{day}-04-sent-again.csv", files[3][1]))
    files.insert(3, (f"captcha-{day}-report.csv", b"account,verifications\nacme-games,81000\n"))

    accounts = []
    for name, language, subs, _ in TENANTS:
        accounts += [(name, None, language)] + [(sub, name, language) for sub in subs]
    purchases = sorted((Purchase(now - datetime.timedelta(hours=ago), tier, name)
                        for name, _, _, packs in TENANTS for tier, ago in packs),
                       key=lambda purchase: purchase.at)
    return Scenario(accounts, purchases, files)


def with_notes(rows):
    """The rows with a column in front that nobody asked for: quoted, some over two lines."""
    notes = ('"seen, twice"', '"says ""hello"""', "plain", '"first\nsecond"', "")
    named = [f"{notes[i % len(notes)]},{text}" for i, text in enumerate(rows)]
    return csv_file(named, ("note", *COLUMNS))
