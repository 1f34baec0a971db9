"""The catalogue that the histories are played with: small packs that are used up, small prices, two products; and one
so dear that sums come to their end (U2)."""

import datetime
from dataclasses import dataclass

MILLION = 1_000_000


@dataclass(frozen=True)
class Tier:
    name: str
    units: int
    price: int  # micro-units
    trial: bool = False
    priority: int = 0  # of its packs: lower ones are drawn from first (P4)


@dataclass(frozen=True)
class Product:
    name: str
    tiers: tuple
    meters: dict       # name -> (billable from, billable until), wall times or None (B2)
    prices: tuple      # (first business day or None, micro-units a unit), ascending (C3)
    requires_integration: bool = False
    levels: tuple = (50, 70, 90, 95)
    scope: str = "pack"  # of levels (N2)
    trial_days: int = 7
    pack_years: int = 1
    refund_days: int = 5
    reminder_days: tuple = (3, 1)

    def tier(self, name):
        return next((tier for tier in self.tiers if tier.name == name), None)

    def trial(self):
        return next((tier for tier in self.tiers if tier.trial), None)

    def price_on(self, day):
        """Of a unit of overage of this business day; None before the first price (S3)."""
        price = None
        for since, micros in self.prices:
            if since is None or day >= since:
                price = micros
        return price


BULK = "bulk"  # of one account: all balances together must fit what reports add up
METER_CHANGE = datetime.datetime(2023, 8, 21)  # B2


def catalogue(price_change):
    """`price_change`: the business day on which prices of overage change."""
    captcha = Product(
        "captcha", (Tier("trial", 50, 0, True), Tier("s", 100, 1 * MILLION), Tier("m", 300, 2 * MILLION, priority=-1),
                    Tier("l", 1000, 5 * MILLION)),
        {"client_verification": (METER_CHANGE, None), "ticket_check": (None, METER_CHANGE)},
        ((None, 5_000), (price_change, 8_000)), requires_integration=True)
    sms = Product("sms", (Tier("few", 40, 400_000), Tier("many", 200, 1_500_000)), {"message": (None, None)},
                  ((price_change, 30_000),), levels=(50, 80), scope="stack", refund_days=2, reminder_days=(2,))
    bulk = Product(BULK, (Tier("ten", 10, 1 * MILLION),), {"lot": (None, None)}, ((None, 4_000_000 * MILLION),))
    return (captcha, sms, bulk)


def to_yaml(products):
    """As catalogue.yaml of a deployment has it."""
    lines = ["currency: CNY", "products:"]
    for product in products:
        lines += [f"  - name: {product.name}", "    meters:"]
        for name, (since, until) in product.meters.items():
            lines.append(f"      - name: {name}")
            lines += [f"        {key}: {at:%Y-%m-%d %H:%M}"
                      for key, at in (("billable_from", since), ("billable_until", until)) if at]
        lines.append("    tiers:")
        for tier in product.tiers:
            trial = ", trial: true" if tier.trial else ""
            trial += f", priority: {tier.priority}" if tier.priority else ""
            lines.append(f'      - {{name: {tier.name}, units: {tier.units}, price: "{money(tier.price)}"{trial}}}')
        lines += [f"    notice_levels_percent: {list(product.levels)}", f"    notice_scope: {product.scope}",
                  f"    trial_valid_days: {product.trial_days}",
                  f"    pack_valid_years: {product.pack_years}", f"    refund_window_days: {product.refund_days}",
                  f"    reminder_days: {list(product.reminder_days)}",
                  f"    requires_integration: {str(product.requires_integration).lower()}", "    postpaid_prices:"]
        for since, micros in product.prices:
            since_text = f", from: {since}" if since else ""
            lines.append(f'      - {{price: "{money(micros)}"{since_text}}}')
    return "\n".join(lines) + "\n"


def money(micros):
    """As decimal text."""
    return f"{micros // MILLION}.{micros % MILLION:06}"
