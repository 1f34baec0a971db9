"""What the demo shows of a ledger, as tables."""

from collections import Counter, defaultdict

from check import rejected_lines
from reference_input import parse_time, wall_clock
from tables import WIDTH, bar, bold, clip, dim, number, table, width, wrap


def day(text):
    """The business day of an instant as packctl writes it."""
    return wall_clock(parse_time(text)).date().isoformat()


def minute(text):
    return wall_clock(parse_time(text)).strftime("%H:%M:%S")


def packs(before, after):
    used = {(p["account"], p["effective_from"]): p["used"] for p in before}
    rows = []
    for pack in sorted(after, key=lambda p: (p["account"], p["effective_from"])):
        percent = pack["used"] * 100 // pack["quota"]
        rows.append((pack["account"], pack["tier"], day(pack["effective_from"]),
                     day(pack["expires_at"]), pack["quota"],
                     used.get((pack["account"], pack["effective_from"]), 0), pack["used"],
                     pack["usable"], f"{bar(pack['used'], pack['quota'], 10)} {percent:3} %"))
    table(("account", "pack", "from", "until", "quota", "before", "used", "left", ""), rows)


def usage(by_account):
    rows = []
    for account, entries in by_account.items():
        units = defaultdict(Counter)
        for entry in entries or []:
            units[entry["used_by"]][entry["outcome"]] += entry["units"]
        for used_by in sorted(units):
            outcome = units[used_by]
            rows.append((account, used_by, outcome["drawn"], outcome["overrun"],
                         outcome["not_billable_meter"], outcome.total()))
    table(("account", "used by", "from packs", "overrun", "not billable", "units"), rows)


def receipt_sentence(receipt):
    """A receipt in a line."""
    name = f"{receipt['file']:<38}"
    if receipt["outcome"] == "repeat":
        return f"{name} {bold('repeat')}: these bytes were taken before, nothing changes"
    if receipt["outcome"] == "failed":
        return f"{name} {bold('failed')}: {clip(receipt['reason'] or '', WIDTH - 54)}"
    return (f"{name} {number(receipt['accepted']):>7} of {number(receipt['lines']):>7} accepted,"
            f" {number(receipt['units']['drawn']):>7} units drawn")


def receipts(all_receipts):
    rows = []
    for receipt in all_receipts:
        rows.append((clip(receipt["file"], 38), receipt["outcome"], receipt["lines"],
                     receipt["accepted"], receipt["duplicate"], receipt["conflict"],
                     sum(receipt["rejected"].values())))
    rows.append(("", "all", *(sum(row[i] for row in rows) for i in range(2, 7))))
    table(("file", "outcome", "lines", "accepted", "dupl.", "conflict", "rejected"), rows)


def rejects(spool):
    """For each reason: how many, what was wrong with one of them, and that line as it came."""
    lines = rejected_lines(spool)
    counts = Counter(entry.reason for entry in lines)
    shown = Counter()
    for reason, count in counts.most_common():
        entry = min((entry for entry in lines if entry.reason == reason), key=lambda entry: shown[entry.file])
        shown[entry.file] += 1  # the next one from another file, which is of another format
        detail = clip(entry.detail, WIDTH - 69)
        blanks = " " * (WIDTH - 69 - width(detail))
        print(f"    {reason:<16} {number(count):>6}   {detail}{blanks}"
              f" {dim(clip(f'{entry.file}:{entry.line}', 38))}")
        print(dim(f"        {clip(' '.join(entry.text.split()), WIDTH - 8)}"))
    print(f"\n    {number(len(lines))} in all. The lines are in rejected/; packctl rejects list counts them")


def messages(found):
    """Oldest first, account by account."""
    for message in found:
        head = f"{message['account']}  {minute(message['stored_at'])}  "
        print(f"    {dim(head)}{bold(message['subject'])}")
        for line in wrap(message["body"], WIDTH - 10):
            print(f"        {line}")
