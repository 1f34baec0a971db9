"""Usage as tenants of a captcha service leave it behind, from a seed.

A few tenants with packs of different age, and files with all that goes wrong in real ones. Event
times lie before `now`, which is the only thing that is not from the seed.
"""

import datetime
import random
from dataclasses import dataclass, replace

from usage_formats import BOM, flat_line, quick_content, quickly_packed
from usage_record import (COLUMNS, DEFAULT_SOURCE, HOUR, ONE_SECOND, Record, Spoilt,  # noqa: F401: for our users
                          csv_file, row, with_notes, written)

SOURCES = ("edge-bj-1", "edge-sh-2", "edge-fra-1", DEFAULT_SOURCE)
DAY = 24 * HOUR


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
        makers = (
            lambda: Spoilt(one().id + ",too,few", flat_line(one())[:-9]),
            lambda: self.with_quote(one(), 9),
            lambda: self.with_quote(one(), 0),
            lambda: one(id=""),
            lambda: one(meter="", time="never"),
            lambda: one(time=self.random.choice(
                ("2026-02-30T10:00:00Z", "2026-11-01 10:00", "1760000000", "yesterday"))),
            lambda: one(quantity=self.random.choice(("0", "-1", "1.5", "1e3", "many"))),
            lambda: one(quantity=10**12 + 1, account="nobody"),
            lambda: one(account="gecko-mail"),
            lambda: one(account="ACME-GAMES", meter="client_verificatoin"),
            lambda: one(product="captchas"),
            lambda: one(meter="client_verificatoin", time=self.now - 90 * DAY * ONE_SECOND, digits=0),
            lambda: self.record("bluebird-shop", 60 * 24, 36 * 24),
            lambda: replace(self.record("acme-games-eu", 2, 1), time=self.now + 3 * HOUR * ONE_SECOND, digits=0),
            lambda: replace(self.random.choice(some_good), quantity=7),
        )
        count = max(len(makers), int(self.total * BAD))
        return [makers[i % len(makers)]() for i in range(count)]

    @staticmethod
    def with_quote(record, at):
        texts = [text[:at] + '"' + text[at:] for text in (row(record), flat_line(record))]
        return Spoilt(*texts)

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
    lines = good + maker.again(good, total - len(good) - len(bad)) + bad
    maker.random.shuffle(lines)
    parts = [lines[number::file_count] for number in range(file_count)]
    files = usual_files(parts, f"captcha-{now:%Y%m%d}")
    accounts = []
    for name, language, subs, _ in TENANTS:
        accounts += [(name, None, language)] + [(sub, name, language) for sub in subs]
    purchases = sorted((Purchase(now - datetime.timedelta(hours=ago), tier, name)
                        for name, _, _, packs in TENANTS for tier, ago in packs),
                       key=lambda purchase: purchase.at)
    return Scenario(accounts, purchases, files)


def as_csv(part, **look):
    return csv_file(map(row, part), **look)


def usual_files(parts, stem):
    """(name, bytes): each part in a look of its own, and a few files that go wrong as real ones do."""
    looks = (("csv", "", as_csv), ("csv", "", lambda part: as_csv(part, newline="\r\n")),
             ("ndjson", "", lambda part: quick_content(part, "flat")), ("csv", ".gz", as_csv),
             ("csv", "", lambda part: with_notes(map(row, part))),
             ("ndjson", "", lambda part: quick_content(part, "event")),
             ("csv", ".zst", lambda part: as_csv(part, last_newline=False)),
             ("jsonl", ".gz", lambda part: quick_content(part, "mixed")),
             ("jsonl", ".zst", lambda part: quick_content(part, "event")),
             ("ndjson", ".gz", lambda part: BOM + quick_content(part, "flat").replace(b"\n", b"\r\n")),
             ("csv", "", lambda part: as_csv(part, bom=True, newline="\r\n", last_newline=False)))
    files = []
    for number, part in enumerate(parts):
        ending, packing, write = looks[number % len(looks)]
        files.append((f"{stem}-{number + 1:02}.{ending}{packing}", quickly_packed(write(part), packing)))
    cut = files[7][1]
    files.insert(7, (f"{stem}-08-cut.jsonl.gz", cut[:len(cut) // 2]))
    files.insert(7, (f"{stem}-04-sent-again.csv.gz", files[3][1]))
    files.insert(3, (f"{stem}-report.csv", b"account,verifications\nacme-games,81000\n"))
    return files
