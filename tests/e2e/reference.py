"""What the ledger should say: a model, slow and obvious, of the rules of docs/RULES.md.

It sees the dropped files, the accounts, and what was bought when; nothing of the daemon, nothing of
the database.
Instants are whole nanoseconds since 1970 in UTC.
"""

import hashlib
import re
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from reference_formats import ENDINGS, MAX_LINE_BYTES, Broken, content_of, is_json, json_lines
from reference_input import DAY, SECOND, business_day, data_lines, expiry, parse_time
from reference_life import what_follows

MAX_AGE = 35 * DAY
MAX_SKEW = 5 * 60 * SECOND
MAX_QUANTITY = 10**12
ID_BYTES_MAX = 128
NOTICE_LEVELS = (50, 70, 90, 95)
TIERS = {"trial": 20_000, "30k": 30_000, "80k": 80_000, "200k": 200_000, "1m": 1_000_000,
         "2m": 2_000_000, "5m": 5_000_000, "10m": 10_000_000, "50m": 50_000_000,
         "100m": 100_000_000, "500m": 500_000_000, "1b": 1_000_000_000}
PRICES = {"30k": 300, "80k": 600, "200k": 1_000, "1m": 2_000, "2m": 2_700, "5m": 5_700, "10m": 9_600,
          "50m": 44_000, "100m": 78_000, "500m": 322_000, "1b": 500_000}
REQUIRED = ("id", "account", "product", "meter", "time")
KNOWN = (*REQUIRED, "source", "quantity")


def decoded_lines(name, content):
    """(line number, line, texts by column; None: malformed) of each data line. Broken: the header is."""
    body = content.removeprefix(b"\xef\xbb\xbf")
    if is_json(name):
        return json_lines(body)
    header, _, body = body.partition(b"\n")
    columns = header.removesuffix(b"\r").decode(errors="replace").split(",")
    known = [column for column in columns if column in KNOWN]
    if len(set(known)) != len(known) or not set(REQUIRED) <= set(known):
        raise Broken("header")
    return csv_lines(body, columns)


def csv_lines(body, columns):
    for line_no, line, fields in data_lines(body, len(columns)):
        try:
            texts = [text.decode() for text in fields] if fields and len(line) <= MAX_LINE_BYTES else None
        except UnicodeDecodeError:
            texts = None
        if texts is not None and any("\0" in text for text in texts):
            texts = None
        yield line_no, line, dict(zip(columns, texts)) if texts else None


@dataclass
class Meter:
    product: str
    name: str
    billable_from: int | None = None
    billable_until: int | None = None

    def billable_at(self, at):
        return ((self.billable_from is None or at >= self.billable_from)
                and (self.billable_until is None or at < self.billable_until))


FACTS = "client_integrated,identity_verified,server_integrated"
METER_CHANGE = parse_time("2023-08-21T00:00:00+08:00")  # B2
CAPTCHA = (Meter("captcha", "client_verification", billable_from=METER_CHANGE),
           Meter("captcha", "ticket_check", billable_until=METER_CHANGE))


@dataclass
class Pack:
    account: str
    product: str
    tier: str
    quota: int
    purchased: int
    expires: int
    number: int = 0      # in order of purchase within account and product, from 1
    order: int = 0       # in order of purchase over all
    priority: int = 0
    used: int = 0
    notices: dict = field(default_factory=dict)  # level (100: used up) -> state


@dataclass
class FileResult:
    """What a receipt and a rejects file should say."""
    name: str
    outcome: str
    lines: int = 0
    accepted: int = 0
    duplicate: int = 0
    conflict: int = 0
    rejected: Counter = field(default_factory=Counter)
    not_billable: Counter = field(default_factory=Counter)
    units: Counter = field(default_factory=Counter)
    rejects: list = field(default_factory=list)  # (line, reason, text)


class Model:
    """Takes files one after the other, in the order of modification time, then name (B5)."""

    def __init__(self, accounts, *, default_source, max_unit_records=1_000_000, meters=CAPTCHA,
                 uncovered="overrun", levels=NOTICE_LEVELS):
        """accounts: name -> parent or None. uncovered: what units without a pack become."""
        self.accounts = dict(accounts)
        self.meters = {(meter.product, meter.name): meter for meter in meters}
        self.products = {meter.product for meter in meters}
        self.default_source, self.max_unit_records = default_source, max_unit_records
        self.uncovered, self.levels = uncovered, levels
        self.packs = defaultdict(list)  # (account, product) -> packs in order of purchase
        self.held = {}     # (source, id) -> content of the accepted record
        self.digests = set()
        # (account, used_by, product, meter, day, outcome, pack number) -> units
        self.usage = Counter()
        self.results = []

    def buy(self, account, tier, purchased, product="captcha", *, quota=None, expires=None,
            priority=0):
        held = self.packs[account, product]
        pack = Pack(account, product, tier, TIERS[tier] if quota is None else quota, purchased,
                    expiry(tier, purchased) if expires is None else expires, len(held) + 1,
                    sum(map(len, self.packs.values())) + 1, priority)
        held.append(pack)
        return pack

    def take_file(self, name, content, arrival):
        """One file that was claimed at `arrival`; returns its FileResult."""
        result = self._take_file(name, content, arrival)
        self.results.append(result)
        return result

    def _take_file(self, name, stored, arrival):
        digest = hashlib.sha256(stored).digest()
        if digest in self.digests and name.endswith(ENDINGS):
            return FileResult(name, "repeat")
        try:
            content = content_of(name, stored)
        except Broken as broken:
            return self._take_part(name, broken.content, arrival)
        result = self._take_content(FileResult(name, "taken"), content, arrival)
        if result.outcome == "taken":
            self.digests.add(digest)
        return result

    def _take_part(self, name, content, arrival, lines=None):
        """U5: of a file that breaks off, the whole units before that stand (S8)."""
        result = FileResult(name, "failed")
        whole = content[:content.rfind(b"\n") + 1]
        lines = self._count_lines(name, whole) if lines is None else lines
        lines -= lines % self.max_unit_records
        return self._take_content(result, whole, arrival, lines) if lines else result

    @staticmethod
    def _count_lines(name, content):
        try:
            return sum(1 for _ in decoded_lines(name, content))
        except Broken:
            return 0

    def take_part(self, name, content, arrival, lines):
        """A file that failed: so many data lines of its content stand. Returns its FileResult."""
        result = self._take_part(name, content, arrival, lines)
        self.results.append(result)
        return result

    def take_content(self, name, content, arrival):
        """A file as take_file does it, unpacked; its bytes are not remembered."""
        result = self._take_content(FileResult(name, "taken"), content, arrival)
        self.results.append(result)
        return result

    def take_decoded(self, name, decoded, arrival):
        """A file of good records: ((source, id), (account, product, meter, time, quantity)) of each."""
        result, unit = FileResult(name, "taken"), []
        for line_no, (key, content) in enumerate(decoded, 1):
            result.lines += 1
            if not self._hold(result, unit, line_no, key, content):
                raise ValueError(f"{name}:{line_no} is a conflict: {key}")
            if result.lines % self.max_unit_records == 0:
                self._rate(result, unit)
                unit = []
        self._rate(result, unit)
        self.results.append(result)
        return result

    def _take_content(self, result, content, arrival, lines_max=None):
        unit = []
        try:
            for line_no, line, value in decoded_lines(result.name, content):
                if result.lines == lines_max:
                    break
                result.lines += 1
                self._take_line(result, unit, line_no, line, value, arrival)
                if result.lines % self.max_unit_records == 0:
                    self._rate(result, unit)
                    unit = []
        except Broken:
            return FileResult(result.name, "failed")
        self._rate(result, unit)
        return result

    def _hold(self, result, unit, line_no, key, content):
        """U3: whether the record is new, or a duplicate; False: a conflict."""
        first = self.held.setdefault(key, content)
        if first is content:
            result.accepted += 1
            unit.append((content[3], line_no, content))
        elif first == content:
            result.duplicate += 1
        else:
            return False
        return True

    def _take_line(self, result, unit, line_no, line, value, arrival):
        reason, record = self._look_at(value, arrival)
        if not reason:
            if self._hold(result, unit, line_no, *record):
                return
            reason = "conflict"
            result.conflict += 1
        else:
            result.rejected[reason] += 1
        result.rejects.append((line_no, reason, line[:MAX_LINE_BYTES].decode(errors="replace")))

    def _look_at(self, value, arrival):
        """The first reason of U5 that holds, or the record. value: texts by name; None: malformed."""
        if value is None or any(len(value.get(column, "").encode()) > ID_BYTES_MAX for column in ("id", "source")):
            return "malformed", None
        if any(not value.get(column) for column in REQUIRED):
            return "missing_field", None
        at = parse_time(value["time"])
        if at is None:
            return "bad_time", None
        quantity = value.get("quantity") or "1"
        digits = quantity.lstrip("0")
        if not re.fullmatch(r"[0-9]+", quantity) or not digits or len(digits) > 13 or int(digits) > MAX_QUANTITY:
            return "bad_quantity", None
        if value["account"] not in self.accounts:
            return "unknown_account", None
        if value["product"] not in self.products:
            return "unknown_product", None
        if (value["product"], value["meter"]) not in self.meters:
            return "unknown_meter", None
        if at < arrival - MAX_AGE:
            return "too_old", None
        if at > arrival + MAX_SKEW:
            return "in_future", None
        content = (value["account"], value["product"], value["meter"], at, int(digits))
        return None, ((value.get("source") or self.default_source, value["id"]), content)

    def _rate(self, result, unit):
        """B5: in order of event time, then line; then the notices of the unit (N2)."""
        touched = {}
        for at, _, (used_by, product, meter, _, quantity) in sorted(unit, key=lambda r: r[:2]):
            account = self.accounts[used_by] or used_by
            result.units["accepted"] += quantity
            cell = (account, used_by, product, meter, business_day(at))
            if not self.meters[product, meter].billable_at(at):
                result.not_billable["not_billable_meter"] += 1
                result.units["not_billable"] += quantity
                self.usage[(*cell, "not_billable_meter", "-")] += quantity
                continue
            left = quantity
            for pack in self._eligible(account, product, at):
                drawn = min(left, pack.quota - pack.used)
                pack.used += drawn
                left -= drawn
                touched[pack.order] = pack
                result.units["drawn"] += drawn
                self.usage[(*cell, "drawn", pack.number)] += drawn
                if not left:
                    break
            if left:
                result.units[self.uncovered] += left
                self.usage[(*cell, self.uncovered, "-")] += left
        for pack in touched.values():
            self._notice(pack)

    def _eligible(self, account, product, at):
        """P4 among the packs that P5 allows, from the second of their purchase on, and that have units left."""
        packs = [pack for pack in self.packs[account, product]
                 if pack.purchased - pack.purchased % SECOND <= at < pack.expires and pack.used < pack.quota]
        return sorted(packs, key=lambda p: (p.priority, p.expires, p.purchased, p.order))

    def _notice(self, pack):
        crossed = [level for level in self.levels if pack.used * 100 > pack.quota * level]
        if pack.used == pack.quota:
            crossed.append(100)
        new = [level for level in crossed if level not in pack.notices]
        for level in new:
            pack.notices[level] = "due" if level == max(new) else "superseded"

    def all_packs(self):
        return [pack for packs in self.packs.values() for pack in packs]

    def canonical(self):
        """The lines of `packctl export --canonical`, sorted."""
        lines = [("account", name, parent or "-", "-" if parent else FACTS)
                 for name, parent in self.accounts.items()]
        for pack in self.all_packs():
            if pack.tier != "trial":  # P6: booked in and out
                price = PRICES[pack.tier] * 1_000_000
                lines += [("journal", pack.account, "payment", f"payment-{pack.order}", price),
                          ("journal", pack.account, "purchase", pack.tier, -price)]
            lines.append(("pack", pack.account, pack.product, pack.tier, pack.number, pack.quota,
                          pack.used))
            for level, state in pack.notices.items():
                kind = "pack_used_up" if level == 100 else "pack_usage"
                lines.append(("notice", pack.account, pack.product, pack.number, kind, level,
                              state))
        lines += [("usage", *key, units) for key, units in self.usage.items()]
        lines += {("balance", pack.account, 0) for pack in self.all_packs() if pack.tier != "trial"}
        for (account, product), packs in self.packs.items():
            lines += what_follows(account, product, packs, time.time_ns())
        return sorted("\t".join(map(str, line)) for line in lines)