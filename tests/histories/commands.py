"""What commands do in the model, and what refuses them: P1 to P9, O4, S17, S18 (see world.py)."""

from business_clock import DAY
from ledger import Account, Pack, change

STEP_BEFORE = {"approved": "requested", "rejected": "requested", "ordered": "approved", "completed": "ordered"}


class Refused(Exception):
    """The rule says no; its text is the code."""


MAX_AMOUNT = 10**18    # micro-units of one booking
MAX_BALANCE = 4 * 10**18


def micros_of(text):
    whole, _, fraction = text.partition(".")
    return int(whole) * 1_000_000 + int(fraction.ljust(6, "0"))


class Commands:
    """The part of a World that commands act on."""

    def _once(self, kind, content, options, check, act):
        """P9: `check` may refuse; `act` does it with what check gave."""
        request, content = options.get("--request-id"), (kind, *content)
        if request in self.requests:
            if self.requests[request] != content:
                raise Refused("request_conflict")
            self.counts["repeated requests"] += 1
            return
        act(check())
        self.commit()
        if request is not None:
            self.requests[request] = content

    def _named(self, names, main=True):
        """The accounts of these names; `main`: no sub-accounts among them."""
        if not names:
            raise Refused("nothing_to_do")
        for number, name in enumerate(names):
            if name in names[:number]:
                raise Refused("named_twice")
            if name not in self.accounts:
                raise Refused("unknown_account")
        accounts = [self.accounts[name] for name in names]
        if main and any(account.parent for account in accounts):
            raise Refused("sub_account")
        return accounts

    def _product(self, name):
        if name not in self.products:
            raise Refused("unknown_product")
        return self.products[name]

    def new_account(self, name, parent=None):
        return Account(len(self.accounts) + 1, name, parent)

    def _account_add(self, names, options, _):
        def check():
            for number, name in enumerate(names):
                if name in names[:number] or name in self.accounts:
                    raise Refused("name_taken")

        def act(_):
            for name in names:
                self.accounts[name] = self.new_account(name)
        self._once("account_add", (options.get("--language", "zh-CN"), *names), options, check, act)

    def _account_add_sub(self, words, options, _):
        main, *names = words

        def check():
            parent = self.accounts.get(main)
            if parent is None:
                raise Refused("unknown_account")
            if parent.parent:
                raise Refused("sub_account")
            if parent.closed_at is not None:
                raise Refused("closed_account")
            if any(name in self.accounts for name in names):
                raise Refused("name_taken")
            return parent

        def act(parent):
            for name in names:
                self.accounts[name] = self.new_account(name, parent)
        self._once("account_add_sub", words, options, check, act)

    def _learn(self, names, kinds, options, now):
        def check():
            accounts = self._named(names)
            if any(kind in account.facts for account in accounts for kind in kinds):
                raise Refused("known_before")
            return accounts

        def act(accounts):
            def write():
                for account in accounts:
                    account.facts.update((kind, now) for kind in kinds)
            change(accounts, now, write)
        self._once("account_fact", (*kinds, *names), options, check, act)

    def _account_verify(self, names, options, now):
        self._learn(names, ("identity_verified",), options, now)

    def _account_close(self, names, options, now):
        self._learn(names, ("closed",), options, now)

    def _account_integrate(self, names, options, now):
        both = ("--client" in options) == ("--server" in options)
        kinds = [kind for flag, kind in (("--client", "client_integrated"), ("--server", "server_integrated"))
                 if both or flag in options]
        self._learn(names, kinds, options, now)

    def _money_top_up(self, words, options, now):
        name, amount, reference = words[0], micros_of(words[1]), options["--reference"]
        if amount > MAX_AMOUNT:
            raise Refused("amount_too_large")

        def check():
            account, = self._named([name])
            if reference in self.payments:
                raise Refused("reference_used")
            if amount <= 0:
                raise Refused("nothing_to_do")
            if account.balance + amount > MAX_BALANCE:
                raise Refused("balance_too_high")
            return account

        def act(account):
            self.payments.add(reference)
            was_suspended = account.suspended.is_on()
            change([account], now, lambda: account.book("top_up", reference, amount))
            self.counts["top-ups"] += 1
            self.counts["resumed by a top-up"] += was_suspended and not account.suspended.is_on()
            self.counts["top-ups to exactly zero"] += account.balance == 0
        self._once("top_up", (name, str(amount), reference), options, check, act)

    def _give(self, account, product, tier, now):
        holding = account.holding(product.name)
        expires = now + product.trial_days * DAY if tier.trial else self.clock.years_later(now, product.pack_years)
        if product.prices:
            first_day = product.prices[0][0]
            holding.priced_from = self.clock.at(first_day, 0) if first_day else 0
        pack = Pack(len(self.packs) + 1, account, product.name, len(holding.packs) + 1, tier.name, tier.trial,
                    tier.units, tier.price, now, expires, tier.priority, product.levels, product.refund_days,
                    [days for days in product.reminder_days if expires - days * DAY >= now])  # S20
        self.packs.append(pack)
        holding.packs.append(pack)
        usable = [one for one in holding.packs if not one.frozen and one.expires > now]
        if product.scope == "stack":
            pack.stack = sum(one.left for one in usable), sum(one.used for one in holding.packs)
        self.counts["trials" if tier.trial else "packs"] += 1
        if not tier.trial and (self.clock.day(now).month, self.clock.day(now).day) == (2, 29):
            self.counts["packs bought on the leap day"] += 1
        return pack

    def _pack_trial(self, words, options, now):
        product_name, *names = words

        def check():
            product = self._product(product_name)
            accounts = self._named(names, main=False)
            for account in accounts:
                holding = account.holdings.get(product.name)
                held = [pack for pack in (holding.packs if holding else ()) if pack.refund != "completed"]
                if account.parent:
                    raise Refused("sub_account")
                if account.closed_at is not None:
                    raise Refused("closed_account")
                if product.trial() is None:
                    raise Refused("no_trial")
                if any(pack.trial for pack in held):
                    raise Refused("trial_claimed")
                if held:
                    raise Refused("trial_not_new")
            return product, accounts

        def act(checked):
            product, accounts = checked

            def write():
                for account in accounts:
                    self._give(account, product, product.trial(), now)
            change(accounts, now, write)
        self._once("pack_trial", (product_name, "", "", *names), options, check, act)

    def _pack_buy(self, words, options, now):
        product_name, tier_name, *names = words
        paid_by = options.get("--paid-by", "")

        def check():
            product = self._product(product_name)
            accounts = self._named(names, main=False)
            for account in accounts:
                self._may_buy(account, product, tier_name, paid_by)
            if paid_by in self.payments:
                raise Refused("reference_used")
            return product, accounts

        def act(checked):
            product, accounts = checked
            tier = product.tier(tier_name)
            self.payments |= {paid_by} - {""}

            def write():
                for account in accounts:
                    self._give(account, product, tier, now)
                    if tier.price and paid_by:
                        account.book("payment", paid_by, tier.price)
                    if tier.price:
                        account.book("purchase", tier.name, -tier.price)
            change(accounts, now, write, lambda account: self._after_purchase(account, product, now))
        self._once("pack_buy", (product_name, tier_name, paid_by, *names), options, check, act)

    @staticmethod
    def _may_buy(account, product, tier_name, paid_by):
        """P1, P6"""
        tier = product.tier(tier_name)
        if account.parent:
            raise Refused("sub_account")
        if account.closed_at is not None:
            raise Refused("closed_account")
        if "identity_verified" not in account.facts:
            raise Refused("unverified")
        if tier is None:
            raise Refused("unknown_tier")
        if tier.trial:
            raise Refused("trial_not_sold")
        if not paid_by and account.balance < tier.price:
            raise Refused("balance_too_low")

    def _after_purchase(self, account, product, now):
        """O4"""
        holding = account.holding(product.name)
        if holding.switched.is_on() or not product.prices:
            return
        step = "on" if account.balance > 0 else "failed"
        holding.switched.turn(step == "on", now)
        holding.postpaid_steps.append(step)
        account.tell(product.name, f"postpaid_{step}")
        self.counts[f"postpaid {step} by a purchase"] += 1

    def _postpaid(self, words, options, now, on):
        product_name, *names = words

        def check():
            product = self._product(product_name)
            accounts = self._named(names)
            for account in sorted(accounts, key=lambda a: a.number):
                self._may_switch(account, product, on)
            return product, accounts

        def act(checked):
            product, accounts = checked

            def switch(account):
                holding = account.holding(product.name)
                holding.switched.turn(on, now)
                holding.postpaid_steps.append("on" if on else "off")
                if on:
                    account.tell(product.name, "postpaid_on")
                self.counts["postpaid switches"] += 1
            change(accounts, now, lambda: None, switch)
        self._once("postpaid", (product_name, "on" if on else "off", *names), options, check, act)

    @staticmethod
    def _may_switch(account, product, on):
        """O4"""
        holding = account.holdings.get(product.name)
        is_on = holding is not None and holding.switched.is_on()
        if not on:
            if not is_on:
                raise Refused("already_off")
            return
        if not product.prices:
            raise Refused("no_postpaid")
        if account.closed_at is not None:
            raise Refused("closed_account")
        if is_on:
            raise Refused("already_on")
        if holding is None or not holding.has_bought():
            raise Refused("no_bought_pack")
        if account.balance <= 0:
            raise Refused("no_money")

    def _postpaid_on(self, words, options, now):
        self._postpaid(words, options, now, True)

    def _postpaid_off(self, words, options, now):
        self._postpaid(words, options, now, False)

    def _refund(self, words, options, now, step):
        number, reason = int(words[0]), options.get("--reason", "")

        def check():
            if not 1 <= number <= len(self.packs):
                raise Refused("unknown_pack")
            pack = self.packs[number - 1]
            self._may_refund(pack, step, now)
            return pack

        def act(pack):
            def write():
                if step == "completed" and pack.price:
                    pack.account.book("refund", pack.tier, pack.price)
                pack.refund = step
                pack.refund_steps.append(step)
            change([pack.account], now, write)
            pack.account.tell(pack.product, "refund_step", pack=pack, cause=len(pack.refund_steps))
            self.counts[f"refunds {step}"] += 1
        self._once("refund", (str(number), step, reason), options, check, act)

    @staticmethod
    def _may_refund(pack, step, now):
        """P8"""
        if pack.refund == "completed":
            raise Refused("refunded")
        if step != "requested":
            if pack.refund != STEP_BEFORE[step]:
                raise Refused("no_such_step")
            return
        if pack.trial:
            raise Refused("trial_not_refundable")
        if pack.refund not in (None, "rejected"):
            raise Refused("refund_open")
        if now >= pack.purchased + pack.refund_days * DAY:
            raise Refused("refund_over")
        if pack.used:
            raise Refused("pack_used")

    def _file_void(self, words, options, now):
        file = self.files.names.get(words[0])
        if file is None:
            raise Refused("unknown_file")

        def act(_):
            self.counts["voids" if not file.voided else "voids again"] += 1
            self.files.void(file, now)
        self._once("file_void", (file.name, options["--reason"]), options, lambda: None, act)

    def _file_redrive(self, words, _, __):
        """U4: it waits in the spool until that is looked into."""
        file = self.files.names.get(words[0])
        if file is None:
            raise Refused("unknown_file")
        if not file.voided:
            raise Refused("not_voided")
        if file in self.files.redriven:
            raise Refused("name_taken")
        self.files.redriven.append(file)
