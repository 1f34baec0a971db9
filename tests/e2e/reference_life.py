"""What follows from the packs of the model by the clock: service states, postpaid, expiries, reminders.

For a world in which packs are bought first (from outside, so that no money is left on a balance), then
`packctl expire` and `packctl remind` run, and then usage comes; nothing expires while it is taken.
"""

from reference_input import DAY

REMINDER_DAYS = (3, 1)


def bought(packs):
    return [pack for pack in packs if pack.tier != "trial"]


def stopped_by(packs, now):
    """Why the service is stopped (O10): what ended the last bought pack, or the trial."""
    kind = "packs" if bought(packs) else "trial"
    among = bought(packs) or packs
    used_up = any(pack.expires > now and pack.used == pack.quota for pack in among)
    return f"{kind}_{'exhausted' if used_up else 'expired'}"


def what_follows(account, product, packs, now):
    """Lines of the canonical export but for those of usage, of one account and product."""
    lines, services, notices = [], [], []

    def change(covered_by, reason="-"):
        if services and reason != "-":
            notices.append(("-", "service_stopped", 0, "due"))
        elif services:
            notices.append(("-", "service_resumed", 0, "due"))
        services.append((covered_by, reason))

    for number, pack in enumerate(packs):
        earlier = packs[:number]
        if services and services[-1][0] == "packs" and all(p.expires <= pack.purchased for p in earlier):
            change("none", f"{'packs' if bought(earlier) else 'trial'}_expired")
        if not services or services[-1][0] != "packs":
            change("packs")
        if pack.tier != "trial":  # O4: no money is left on the balance
            lines.append(("postpaid", account, product, "failed"))
            notices.append(("-", "postpaid_failed", 0, "due"))
        if pack.expires <= now:
            notices.append((pack.number, "pack_expired", 0, "due"))
        else:
            due = [days for days in REMINDER_DAYS if pack.purchased <= pack.expires - days * DAY <= now]
            notices += [(pack.number, "pack_expiring", days, "due" if days == min(due) else "superseded")
                        for days in due]
    if packs and not any(pack.expires > now and pack.used < pack.quota for pack in packs):
        change("none", stopped_by(packs, now))
    lines += [("service", account, product, *service) for service in services]
    lines += [("notice", account, product, *notice) for notice in notices]
    return lines
