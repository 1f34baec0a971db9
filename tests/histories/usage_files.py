"""Usage files in the model: decoding, dedupe, rating record by record, voids (U1 to U10, B1 to B5, P4, P5, N2)."""

import hashlib
import pathlib
import re
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))

from reference import REQUIRED, decoded_lines  # noqa: E402
from reference_input import parse_time  # noqa: E402

from business_clock import DAY, MINUTE, second_of, utc_day  # noqa: E402

MAX_AGE = 35 * DAY
MAX_SKEW = 5 * MINUTE
WINDOW_DAYS = 36
MAX_QUANTITY = 10**12
MAX_OPEN = 4 * 10**18  # U2, units or micro-units


@dataclass(eq=False)
class Entry:
    """Units of one record with one outcome."""
    account: object
    used_by: object
    product: str
    meter: str
    day: object
    outcome: str
    pack: object
    units: int
    charged: int | None = None  # the price, once a bill has charged it


@dataclass(eq=False)
class UsageFile:
    name: str
    stored: bytes = b""
    keys: list = field(default_factory=list)
    entries: list = field(default_factory=list)
    voided: bool = False
    redrives: int = 0
    counts: Counter = field(default_factory=Counter)


@dataclass(eq=False)
class Held:
    """U3: who holds an id."""
    content: tuple
    arrival_day: int
    file: UsageFile


class Changes:
    """What units of one ledger transaction drew."""

    def __init__(self):
        self.drawn, self.before = [], {}  # packs; pack id -> what was used of it before these units


class UsageFiles:
    def __init__(self, products, clock, default_source, unit_records, counts):
        self.products = {product.name: product for product in products}
        self.clock, self.default_source, self.unit_records = clock, default_source, unit_records
        self.counts = counts
        self.accounts = {}
        self.files = {}    # by digest; redriven ones by the file that they come from, and a number (S11)
        self.redriven = []  # files that wait in the spool to be taken again
        self.names = {}    # of those that were taken
        self.held = {}     # (source, id) -> Held
        self.held_by_day = defaultdict(list)
        self.floor = None  # event times before it are too old, whatever the window says
        self.usage = Counter()
        self.ever_open = Counter()  # account -> all overage that ever was, in units and micro-units together

    def let_go(self, now):
        """S7: keys go by whole UTC days of arrival, a day later than the window needs. Whether any day went."""
        first_day = utc_day(now - WINDOW_DAYS * DAY)
        floor = first_day * DAY - 1000
        if self.floor is not None and floor <= self.floor:
            return False
        self.floor = floor
        for day in [day for day in self.held_by_day if day < utc_day(floor)]:
            for key in self.held_by_day.pop(day):
                if key in self.held and self.held[key].arrival_day == day:
                    del self.held[key]
        return True

    def take_redriven(self, arrival, now):
        """Whether any of them was new."""
        new = False
        for file in self.redriven:
            file.redrives += 1
            copy = UsageFile(file.name, file.stored)
            new = self._take(("redriven", file.name, file.redrives), copy, arrival, now) or new
            self.counts["redriven files"] += 1
        self.redriven.clear()
        return new

    def take(self, name, stored, arrival, now):
        """Takes a file at `now`; the accounts of which a pack was used up follow up on it. Whether it was new."""
        file = UsageFile(name, stored)
        if not self._take(hashlib.sha256(stored).digest(), file, arrival, now):
            return False
        self.names[name] = file
        return True

    def _take(self, digest, file, arrival, now):
        """Whether it was new."""
        if digest in self.files:  # U4
            self.counts["repeated files"] += 1
            return False
        self.files[digest] = file
        changes = Changes()
        for lines in self.units_of(file):
            self.take_unit(file, lines, arrival, changes)
        self.follow_up(changes, now)
        return True

    def units_of(self, file):
        """(line number, texts) of the data lines of each rating unit (B5)."""
        lines = [(line_no, texts) for line_no, _, texts in decoded_lines(file.name, file.stored)]
        return [lines[begin:begin + self.unit_records] for begin in range(0, len(lines) or 1, self.unit_records)]

    def take_unit(self, file, lines, arrival, changes):
        """One rating unit; what it drew is left in `changes`."""
        records, drawn_of_unit = [], {}
        taken = Counter()  # of this unit: (account, units or micro-units) -> what its records come to
        for line_no, texts in lines:
            reason, key, content = self._look_at(texts, arrival)
            if not reason:
                reason = self._hold(file, key, content, utc_day(arrival), taken)
            self.counts[reason] += 1
            file.counts[reason] += 1
            if reason == "accepted":
                records.append((content[3], line_no, content))
        for _, _, record in sorted(records, key=lambda r: r[:2]):  # B5
            self._rate(file, record, arrival, changes.before, drawn_of_unit)
        for pack in drawn_of_unit.values():
            if not self._base(pack.account.holdings[pack.product]):
                self._tell(pack, pack.used, pack.quota)
            changes.drawn.append(pack)
        for account, product in {(pack.account, pack.product): None for pack in drawn_of_unit.values()}:
            self._tell_stack(account.holdings[product])

    def _look_at(self, texts, arrival):
        """(first reason of U5 that holds, key, content)."""
        if texts is None:
            return "malformed", None, None
        if any(not texts.get(column) for column in REQUIRED):
            return "missing_field", None, None
        at = parse_time(texts["time"])
        if at is None:
            return "bad_time", None, None
        quantity = texts.get("quantity") or "1"
        if not re.fullmatch("[0-9]{1,20}", quantity) or not 1 <= int(quantity) <= MAX_QUANTITY:
            return "bad_quantity", None, None
        account = self.accounts.get(texts["account"])
        if account is None:
            return "unknown_account", None, None
        if account.closed_at is not None and at >= account.closed_at:  # O11
            return "closed_account", None, None
        product = self.products.get(texts["product"])
        if product is None:
            return "unknown_product", None, None
        if texts["meter"] not in product.meters:
            return "unknown_meter", None, None
        if at < max(arrival - MAX_AGE, self.floor):
            return "too_old", None, None
        if at > arrival + MAX_SKEW:
            return "in_future", None, None
        content = (texts["account"], texts["product"], texts["meter"], at, int(quantity))
        return None, (texts.get("source") or self.default_source, texts["id"]), content

    def _hold(self, file, key, content, arrival_day, taken):
        held = self.held.get(key)
        if held is not None:
            return "duplicate" if held.content == content else "conflict"
        if not self._fits(content, taken):
            self.counts["records on accounts with open sums near the end"] += 1
            return "out_of_range"
        self.held[key] = Held(content, arrival_day, file)
        self.held_by_day[arrival_day].append(key)
        file.keys.append(key)
        return "accepted"

    def _fits(self, content, taken):
        """U2: what is open of the account, with the records before it in its unit and itself, as if no pack covered them."""
        name, product, _, at, quantity = content
        account = self.accounts[name].main
        units, micros = quantity, quantity * (self.products[product].price_on(self.clock.day(at)) or 0)
        units += taken[account, "units"]
        micros += taken[account, "micros"]
        if units + micros + self.ever_open[account] - min(account.balance, 0) <= MAX_OPEN:  # far from its end
            taken[account, "units"], taken[account, "micros"] = units, micros
            return True
        open_units = open_micros = 0
        for held, holding in account.holdings.items():
            for day, entries in holding.open.items():
                open_of_day = sum(entry.units for entry in entries)
                open_units += open_of_day
                open_micros += open_of_day * (self.products[held].price_on(day) or 0)
        if open_units + units > MAX_OPEN or open_micros + micros > MAX_OPEN:
            return False
        if account.balance - open_micros - micros < -MAX_OPEN:
            return False
        taken[account, "units"], taken[account, "micros"] = units, micros
        return True

    def _rate(self, file, content, arrival, before, drawn_of_unit):
        name, product_name, meter, at, quantity = content
        used_by = self.accounts[name]
        account, product, day = used_by.main, self.products[product_name], self.clock.day(at)
        self.counts["late records"] += at < arrival - DAY
        self.counts["records on a day of a clock change"] += self.clock.is_day_of_change(day)

        def keep(outcome, pack, units):
            entry = Entry(account, used_by, product_name, meter, day, outcome, pack, units)
            file.entries.append(entry)
            self._sum(entry, units)
            self.counts[outcome] += 1
            return entry

        since, until = product.meters[meter]
        if (since and at < self.clock.instant(since)) or (until and at >= self.clock.instant(until)):  # B2
            keep("not_billable_meter", None, quantity)
            return
        if product.requires_integration:  # B3
            done = [account.facts.get(f"{side}_integrated") for side in ("client", "server")]
            if None in done or at < second_of(max(done)):
                keep("not_billable_integration", None, quantity)
                return
        holding, left = account.holdings.get(product_name), quantity
        packs = [pack for pack in (holding.packs if holding else ())
                 if not pack.frozen and pack.effective <= at < pack.expires and pack.left > 0]
        for pack in sorted(packs, key=lambda p: (p.priority, p.expires, p.purchased, p.id)):  # P4
            taken = min(left, pack.left)
            before.setdefault(pack.id, pack.used)
            pack.used += taken
            left -= taken
            drawn_of_unit[pack.id] = pack
            keep("drawn", pack, taken)
            self.counts["late into expired packs"] += pack.expires <= arrival
            self.counts["drawn in the second before a purchase"] += at < pack.purchased
            if not left:
                return
        charged = (holding is not None and holding.switched.on_at(at) and not account.suspended.on_at(at)
                   and product.price_on(day) is not None)  # O5, S3
        entry = keep("overage" if charged else "overrun", None, left)
        if charged:
            holding.open[day].append(entry)
            self.ever_open[account] += left + left * self.products[product_name].price_on(day)

    def _sum(self, entry, units):
        number = entry.pack.number if entry.pack else 0
        self.usage[entry.account.name, entry.used_by.name, entry.product, entry.meter, entry.day, entry.outcome,
                   number] += units

    @staticmethod
    def _base(holding):
        """N2, scope stack: the last pack that counts, or None; one that is frozen or refunded does not."""
        counting = [pack for pack in holding.packs if not pack.frozen]
        return counting[-1] if counting and counting[-1].stack else None

    def _tell_stack(self, holding):
        """N2, scope stack: what was drawn since the last purchase that counts, of what was left then."""
        base = self._base(holding)
        if not base:
            return
        left_then, used_then = base.stack
        drawn = sum(pack.used for pack in holding.packs) - used_then
        self.counts["stacks drawn from"] += 1
        self.counts["stacks with an earlier base"] += base is not holding.packs[-1]
        told = len(base.told)
        self._tell(base, drawn, left_then)
        self.counts["levels of stacks"] += len(base.told) - told

    @staticmethod
    def _tell(pack, used, quota):
        """N2: the highest level that is new goes out, the lower ones are superseded."""
        crossed = [level for level in pack.levels if used * 100 > quota * level]
        crossed += [100] if used >= quota else []
        new = [level for level in crossed if level > max(pack.told, default=0)]  # S27
        for level in new:
            pack.told[level] = "due" if level == max(new) else "superseded"
            pack.account.tell(pack.product, "pack_used_up" if level == 100 else "pack_usage", pack=pack, cause=level,
                              state=pack.told[level])

    @staticmethod
    def follow_up(changes, now):
        """O9. What the passing of time did before these units is noticed first."""
        drawn, before = changes.drawn, changes.before
        used_up = {pack.account.number: pack.account for pack in drawn if pack.left == 0}
        after = {pack.id: pack.used for pack in drawn}
        for pack in drawn:
            pack.used = before[pack.id]
        for number in sorted(used_up):
            used_up[number].let_time_pass(now)
        for pack in drawn:
            pack.used = after[pack.id]
            pack.exhausted_at = now if pack.left == 0 else None
        for number in sorted(used_up):
            used_up[number].follow(now)

    def void(self, file, now):
        """U10; voiding twice changes nothing."""
        if file.voided:
            return
        file.voided = True
        accounts = {entry.account.number: entry.account for entry in file.entries}
        for number in sorted(accounts):
            accounts[number].let_time_pass(now)
        for entry in file.entries:
            self._sum(entry, -entry.units)
            if entry.pack:
                entry.pack.used -= entry.units
                entry.pack.exhausted_at = None
            if entry.outcome == "overage":
                holding = entry.account.holdings[entry.product]
                if entry.charged is None:
                    holding.open[entry.day].remove(entry)
                else:
                    holding.credits[entry.day, entry.charged] -= entry.units
                    self.counts["voided charged overage"] += 1
        for key in file.keys:
            if key in self.held and self.held[key].file is file:
                del self.held[key]
        for number in sorted(accounts):
            accounts[number].follow(now)
        self.counts["histories with a void"] += len(accounts)
