"""What the ledger of a storm should hold: the model of tests/histories, taken through the ledger's own order.

From the ledger come the order of its transactions, their instants, and what each of them was: which request, which
units of which files, which days of which accounts a settlement charged. What is in the files comes from those who
dropped them, the words of commands from those who sent them. All that follows is worked out anew.
"""

from collections import Counter

from business_clock import DAY, SECOND, rfc3339
from commands import Refused
from ledger import Account
from usage_files import Changes, UsageFile
from world import World, parsed

# Commands of many names -> how many words stand before the names.
NAMES_FROM = {("account", "add"): 2, ("account", "add-sub"): 3, ("account", "verify"): 2, ("account", "integrate"): 2,
              ("account", "close"): 2, ("pack", "trial"): 3, ("pack", "buy"): 4, ("postpaid", "on"): 3,
              ("postpaid", "off"): 3}
OF_ORDER = ("unknown_product", "no_trial", "unknown_tier", "trial_not_sold")  # of the whole order, not of a name


class WatchedAccount(Account):
    """Keeps what happens to it in `events` of the recount."""

    def __init__(self, events, *arguments):
        super().__init__(*arguments)
        self.events = events

    def book(self, kind, reference, amount):
        super().book(kind, reference, amount)
        self.events.append(("journal", self.name, kind, reference, amount))

    def tell(self, product, kind, *, pack=None, cause=0, state="due"):
        super().tell(product, kind, pack=pack, cause=cause, state=state)
        number = pack.number if pack else 0
        self.events.append(("notice", self.name, product or "-", number, kind, cause, state))

    def change_service(self, product, state, at):
        super().change_service(product, state, at)
        holding = self.holdings[product]
        self.events.append(("service", self.name, product, *state, holding.since))


class Recount(World):
    def __init__(self, products, zone, default_source, unit_records, names_at_once):
        super().__init__(products, zone, default_source, unit_records)
        self.names_at_once = names_at_once
        self.events, self.faults = [], []
        self.units = {}  # of files, by digest
        self.is_asking = False  # whether a command would be refused
        self.is_naming, self.content = False, None  # by what a request is known
        self.pieces_done = Counter()  # request id -> pieces
        self.names_refused_count = 0

    # --- what is watched

    def new_account(self, name, parent=None):
        return WatchedAccount(self.events, len(self.accounts) + 1, name, parent)

    def _give(self, account, product, tier, now):
        pack = super()._give(account, product, tier, now)
        self.events.append(("pack", account.name, product.name, pack.number, tier.name, pack.purchased, pack.expires))
        return pack

    # --- transactions

    def play(self, transaction):
        """A Transaction of storm_ledger; what follows from it is in `events`, what cannot be in `faults`."""
        self.events.clear()
        now = self.now = transaction.instant
        for unit in transaction.units:
            if unit.unit_no == 0:
                self._begin(unit)
        if transaction.units:
            self._take_units(transaction.units, now)
        elif transaction.request is not None:
            self._play_request(transaction, now)
        elif transaction.kind == "price":
            self._begin_prices(now)
        elif transaction.kind == "expire":
            self._expire_packs(now, self._looked_at(transaction, self._expiries_told(now), "pack_expired"))
        elif transaction.kind == "remind":
            self._remind(now, self._looked_at(transaction, self._reminders_told(now), "pack_expiring"))
        elif transaction.kind == "settle":
            self._settle_claimed(transaction.bills, now)
        elif transaction.kind == "let_go":
            self.files.let_go(now)
        else:
            self.fault(transaction, "nobody asked for it")

    def fault(self, transaction, sentence):
        self.faults.append(f"transaction {transaction.seq} ({transaction.kind}, {rfc3339(transaction.instant)}):"
                           f" {sentence}")

    def _begin(self, unit):
        file = UsageFile(unit.name.removesuffix(".gz").removesuffix(".zst"), unit.content)
        self.files.files[unit.digest] = file
        self.files.names.setdefault(unit.name, file)
        self.units[unit.digest] = self.files.units_of(file)

    def _take_units(self, units, now):
        changes = Changes()
        for unit in units:
            lines = self.units[unit.digest][unit.unit_no]
            self.files.take_unit(self.files.files[unit.digest], lines, unit.arrival, changes)
        self.files.follow_up(changes, now)

    def _play_request(self, transaction, now):
        words, names = transaction.request
        # How somebody is reached is not compared; what the deployment accepts changes no account.
        if words[:2] == ("account", "set") or words[0] == "deployment":
            self.requests[transaction.request_id] = words
            return
        try:
            if self._is_in_pieces(words, names):
                self._play_piece(transaction, now)
            else:
                self._command([*words, *names, "--request-id", transaction.request_id], now)
        except Refused as refused:
            self.fault(transaction, f"packctl {' '.join(map(str, (*words, *names)))} should be refused: {refused}")

    # --- pieces of commands of many names (P9)

    def _is_in_pieces(self, words, names):
        if words[:2] not in NAMES_FROM:
            return False
        plain, options = parsed([*words, *names])
        return "--paid-by" not in options and len(plain) - NAMES_FROM[words[:2]] > self.names_at_once

    def _split(self, words, names):
        """(words before the names, names, options as words)"""
        plain, options = parsed([*words, *names])
        begin = NAMES_FROM[words[:2]]
        as_words = [part for name, value in options.items() for part in ((name,) if value is True else (name, value))]
        return plain[:begin], plain[begin:], as_words

    def _content_of(self, words, names):
        self.is_naming = True
        self._command([*words, *names], self.now)
        self.is_naming = False
        return self.content

    def _play_piece(self, transaction, now):
        words, all_names, options = self._split(*transaction.request)
        first = transaction.piece * self.names_at_once
        good, refused = [], []
        for number, name in enumerate(all_names[first:first + self.names_at_once], first):
            code = "named_twice" if name in all_names[:number] else self._refusal_of([*words, name, *options], now)
            if code in OF_ORDER or (code and words[1] == "add-sub" and code != "name_taken"):
                raise Refused(code)
            if code:
                refused.append((name, code))
            else:
                good.append(name)
        if good:
            self._command([*words, *good, *options], now)
        self.requests.setdefault(transaction.request_id, self._content_of(*transaction.request))
        self.pieces_done[transaction.request_id] += 1
        self.names_refused_count += len(refused)
        if sorted(refused) != sorted(transaction.names_refused or ()):
            self.fault(transaction, f"piece {transaction.piece} of packctl {' '.join((*words, *all_names))} refuses"
                                    f" {sorted(refused)}, the ledger {transaction.names_refused}")

    def pieces_missing(self, requests):
        """Sentences: which of these requests, that were accepted, are not done to their end."""
        faults = []
        for request, (words, names) in requests.items():
            if self._is_in_pieces(words, names):
                count = -(-len(self._split(words, names)[1]) // self.names_at_once)
                if self.pieces_done[request] != count:
                    faults.append(f"{request} was accepted, and {self.pieces_done[request]} of its {count} pieces were"
                                  f" done: packctl {' '.join((*words, *names))}")
        return faults

    def _settle_claimed(self, bills, now):
        """`bills`: (day, account, products) that the ledger charged in this transaction."""
        for day, name, products in sorted(bills):
            made = self.charge(self.accounts[name], day, now)
            if sorted(made) != sorted(products):
                self.faults.append(f"bills of {name} for {day}: of {sorted(made)}, the ledger has {sorted(products)}")
            if self.clock.at(day, 0) + 32 * 3600 * SECOND > now:  # 08:00 of the next day
                self.faults.append(f"{name} was charged for {day} at {rfc3339(now)}, before 08:00 of the next day")

    # A job looks for what is due, and then does it as of a ledger time that may be later. Until when it looked no row
    # says: if the ledger lacks something that was due at the end, the job looked before that was.

    def _expiries_told(self, now):
        """(when due, pack, cause) of all that would be told."""
        done = self.done_until["expire"]
        return [(pack.expires, pack, 0) for pack in self.packs
                if (done is None or pack.expires > done) and pack.expires <= now and pack.left and not pack.frozen]

    def _reminders_told(self, now):
        return [(pack.expires - days * DAY, pack, days) for pack in self.packs for days in pack.reminders
                if pack.expires - days * DAY <= now < pack.expires and pack.left and not pack.frozen
                and pack.account.closed_at is None]

    @staticmethod
    def _looked_at(transaction, due, kind):
        told = {event[1:4] + event[5:6] for event in transaction.events if event[0] == "notice" and event[4] == kind}
        missing = [at for at, pack, cause in due
                   if (pack.account.name, pack.product, pack.number, cause) not in told]
        return min(missing) - 1 if missing else transaction.instant

    def never_told(self, now):
        """What the passing of time should have brought by `now`, and no transaction has."""
        return [f"pack {pack.number} of {pack.account.name}, {pack.product}: {what} since {rfc3339(at)}"
                for what, due in (("expired", self._expiries_told(now)), ("reminder", self._reminders_told(now)))
                for at, pack, _ in due]

    # --- refusals

    def refuses(self, words, names, request_id, now):
        """The code with which a command would be refused now; empty: it would be done, at least for some."""
        if not self._is_in_pieces(words, names):
            return self._refusal_of([*words, *names, "--request-id", request_id], now)
        content = self._content_of(words, names)
        if self.requests.get(request_id, content) != content:
            return "request_conflict"
        before, all_names, options = self._split(words, names)
        codes = {self._refusal_of([*before, name, *options], now) for name in all_names}
        return next((code for code in sorted(codes) if code in OF_ORDER or
                     (code and before[1] == "add-sub" and code != "name_taken")), "")

    def _refusal_of(self, words, now):
        self.is_asking = True
        try:
            self._command(words, now)
        except Refused as refused:
            return str(refused)
        finally:
            self.is_asking = False
        return ""

    def _once(self, kind, content, options, check, act):
        request = options.get("--request-id")
        if self.is_naming:
            self.content = (kind, *content)
        elif not self.is_asking:
            super()._once(kind, content, options, check, act)
        elif request in self.requests:
            if self.requests[request] != (kind, *content):
                raise Refused("request_conflict")
        else:
            check()

    # --- at the end

    def left_to_charge(self, day):
        """(account, product, day of usage, units) that no bill has though it is of a day up to this one."""
        return [(account.name, product, usage_day, sum(entry.units for entry in entries))
                for account in self.accounts.values() for product, holding in sorted(account.holdings.items())
                for usage_day, entries in sorted(holding.open.items()) if usage_day <= day and entries]
