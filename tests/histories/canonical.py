"""The lines of `packctl export --canonical` of a World, in its order."""

from world import OUTCOMES


def canonical(world):
    accounts = [world.accounts[name] for name in sorted(world.accounts)]
    rows = [("account", account.name, account.parent.name if account.parent else "-",
             ",".join(sorted(account.facts)) or "-") for account in accounts]
    rows += [("balance", account.name, account.balance) for account in accounts if account.has_balance]
    holdings = [(account, product, account.holdings[product]) for account in accounts
                for product in sorted(account.holdings)]
    rows += [("charge", account.name, product, day, usage_day, "credit" if credit else "overage", price, units, amount)
             for account, product, holding in holdings
             for day, usage_day, credit, price, units, amount in sorted(holding.charges)]
    rows += [("journal", account.name, *journal) for account in accounts for journal in account.journals]
    rows += [("notice", account.name, product or "-", number or "-", kind, cause, state) for account in accounts
             for product, number, kind, cause, state in sorted(account.notices)]
    rows += [("pack", account.name, product, pack.tier, pack.number, pack.quota, pack.used)
             for account, product, holding in holdings for pack in holding.packs]
    for account in accounts:
        rows += [("postpaid", account.name, "-", step) for step in account.suspension_steps]
        rows += [("postpaid", account.name, product, step) for product in sorted(account.holdings)
                 for step in account.holdings[product].postpaid_steps]
    rows += [("refund", account.name, product, pack.number, step) for account, product, holding in holdings
             for pack in holding.packs for step in pack.refund_steps]
    rows += [("service", account.name, product, *service) for account, product, holding in holdings
             for service in holding.services]
    usage = sorted(((*key[:5], OUTCOMES.index(key[5]), key[6]), units)
                   for key, units in world.files.usage.items() if units)
    rows += [("usage", *key[:5], OUTCOMES[key[5]], key[6] or "-", units) for key, units in usage]
    return ["\t".join(map(str, row)) for row in rows]
