"""What runs by the clock in the model: expiries, reminders and settlement (N1, N3, O6 to O8; see world.py)."""

import datetime

from business_clock import DAY
from ledger import change

EPOCH = datetime.date(1970, 1, 1)


def sign(number):
    return (number > 0) - (number < 0)


class Jobs:
    """The part of a World that does what is due."""

    def _accounts_of(self, packs):
        return {pack.account.number: pack.account for pack in packs}.values()

    def _begin_prices(self, now):
        """O10: a price of overage that began sets services going, as of its midnight."""
        done = self.done_until["expire"]
        for product in self.products.values():
            if not product.prices or not product.prices[0][0]:
                continue
            midnight = self.clock.at(product.prices[0][0], 0)
            if midnight > now or (done is not None and midnight <= done):
                continue
            accounts = [account for account in self.accounts.values()
                        if (holding := account.holdings.get(product.name)) and holding.switched.is_on()
                        and holding.covered_by == "none"]
            change(accounts, now, lambda: None)
            self.counts["services at the beginning of a price"] += len(accounts)

    def _expire(self, now):
        self._begin_prices(now)
        self._expire_packs(now)

    def _expire_packs(self, now, due_by=None):
        """`due_by`: the instant at which a job looked for what is due, where that was before `now`."""
        due_by, done = due_by or now, self.done_until["expire"]
        packs = [pack for pack in self.packs if (done is None or pack.expires > done) and pack.expires <= due_by]

        def write():
            for pack in packs:
                self.counts["packs expired"] += 1
                if self.clock.day(pack.expires) != self.clock.day(pack.purchased) and not pack.trial:
                    self.counts["packs expired on 28 February"] += self.clock.day(pack.expires).strftime("%m%d") == "0228"
                if pack.left and not pack.frozen:
                    pack.account.tell(pack.product, "pack_expired", pack=pack)
        change(self._accounts_of(packs), now, write)
        if packs:
            self.commit()
        self.done_until["expire"] = max(due_by, done or due_by)

    def _remind(self, now, due_by=None):
        due_by = due_by or now
        due = {pack: [days for days in pack.reminders if pack.expires - days * DAY <= due_by] for pack in self.packs}
        packs = [pack for pack, days in due.items() if days]

        def write():
            for pack in packs:
                pack.reminders = [days for days in pack.reminders if days not in due[pack]]
                if pack.frozen or not pack.left or pack.expires <= now:
                    continue
                if pack.account.closed_at is not None:  # nobody is reminded who cannot use it
                    continue
                for days in due[pack]:
                    state = "due" if days == min(due[pack]) else "superseded"
                    pack.account.tell(pack.product, "pack_expiring", pack=pack, cause=days, state=state)
                    self.counts["reminders"] += 1
        change(self._accounts_of(packs), now, write)
        if packs:
            self.commit()

    def _settle(self, now):
        """O6, O7: business days in order, each at 08:00 of the next one."""
        done = self.done_until["settle"]
        if done is None:
            open_days = [day for account in self.accounts.values() for holding in account.holdings.values()
                         for day, entries in holding.open.items() if entries]
            day = min(open_days, default=None)
        else:
            day = self.clock.day(done) - datetime.timedelta(days=2)
        while day is not None:
            following = day + datetime.timedelta(days=1)
            charged_at = self.clock.at(following, 8)
            if charged_at > now:
                break
            if done is None or charged_at > done:
                self._settle_day(day, now)
            day = following
        self.done_until["settle"] = max(now, done or now)

    def _settle_day(self, day, now):
        for account in self.accounts.values():
            if self.charge(account, day, now):
                self.commit()

    def charge(self, account, day, now):
        """All bills of an account for a day; the names of their products."""
        bills = []
        for product_name, product in self.products.items():  # O6: as they stand in the catalogue
            holding = account.holdings.get(product_name)
            lines = self._lines_due(holding, product, day) if holding else []
            if lines and day not in holding.billed:
                bills.append((product_name, holding, lines))
        if not bills:
            return []
        before = account.balance
        after = before - sum(price * units for _, _, lines in bills for _, _, price, units in lines)
        turns = sign(before) != sign(after)  # O8, O9: else a charge changes no state
        if turns:
            account.let_time_pass(now)
        for product_name, holding, lines in bills:
            holding.billed.add(day)
            amount = sum(price * units for _, _, price, units in lines)
            for usage_day, credit, price, units in lines:
                holding.charges.append((day, usage_day, credit, price, units, price * units))
                if credit:
                    del holding.credits[usage_day, price]
                else:
                    for entry in holding.open.pop(usage_day):
                        entry.charged = price
                self.counts["charges of closed days"] += usage_day < day
                self.counts["credits"] += credit
            account.has_balance = True
            if amount:
                account.book("charge", f"{product_name} {day}", -amount)
            account.tell(product_name, "bill", cause=(day - EPOCH).days)
            self.counts["bills"] += 1
        if turns:
            suspended = account.suspended.is_on()
            account.follow(now)
            self.counts["suspended by a charge"] += account.suspended.is_on() and not suspended
        return [product_name for product_name, _, _ in bills]

    @staticmethod
    def _lines_due(holding, product, day):
        """(day of usage, whether a credit, price, units) of a bill."""
        lines = []
        for usage_day, entries in holding.open.items():
            units, price = sum(entry.units for entry in entries), product.price_on(usage_day)
            if usage_day <= day and units and price is not None:
                lines.append((usage_day, False, price, units))
        for (usage_day, price), units in holding.credits.items():
            if usage_day <= day and units:
                lines.append((usage_day, True, price, units))
        return sorted(lines)
