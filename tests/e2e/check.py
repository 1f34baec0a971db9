"""Checks a deployment against the reference model: check.py FOLDER

FOLDER holds dropped/ (the usage files as they were dropped, taken in the order of modification
time, then name), tenants.json (accounts, and what was bought when) and site/packwarden.yaml. What
should be is worked out from dropped/ and tenants.json alone; what is comes from packctl and the
spool. Ends with 0 only if all agrees, and prints where they differ otherwise.
"""

import csv
import json
import pathlib
import re
import sys
import typing
from collections import Counter

import harness
import tables
from reference import Model
from reference_input import parse_time

CLAIM = re.compile(r"^\d{8}T\d{6}\.\d{6}Z-\d{4,}\.")  # before the name in rejected/ and the others


def expected_by_model(folder):
    tenants = json.loads((folder / "tenants.json").read_text())
    model = Model(dict(tenants["accounts"]), default_source=tenants["default_source"])
    for tier, account, at in tenants["purchases"]:
        model.buy(account, tier, parse_time(at))
    paths = sorted((folder / "dropped").iterdir(),
                   key=lambda path: (path.stat().st_mtime_ns, path.name))
    for path in paths:
        model.take_file(path.name, path.read_bytes(), path.stat().st_mtime_ns)
    return model


def compare(expected, found):
    """Two lists in any order, counted: lines for people, none where they agree."""
    expected, found = Counter(expected), Counter(found)
    return ([f"expected, not there: {entry}" for entry in (expected - found).elements()]
            + [f"there, not expected: {entry}" for entry in (found - expected).elements()])


def receipt_line(name, outcome, lines, accepted, duplicate, conflict, rejected, not_billable,
                 units):
    return (f"{name}: {outcome}, {lines} lines, {accepted} accepted, {duplicate} duplicate,"
            f" {conflict} conflict, rejected {sorted(rejected.items())},"
            f" not billable {not_billable}, units {sorted((k, v) for k, v in units.items() if v)}")


def check_receipts(model, receipts):
    faults = [fault for receipt in receipts for fault in harness.receipt_adds_up(receipt)]
    expected = [receipt_line(r.name, r.outcome, r.lines, r.accepted, r.duplicate, r.conflict,
                             r.rejected, r.not_billable.total(), r.units) for r in model.results]
    found = [receipt_line(r["file"], r["outcome"], r["lines"], r["accepted"], r["duplicate"],
                          r["conflict"], r["rejected"], sum(r["not_billable"].values()),
                          r["units"]) for r in receipts]
    return faults + compare(expected, found)


class Rejected(typing.NamedTuple):
    file: str
    line: int
    reason: str
    detail: str
    text: str


def rejected_lines(spool):
    """All of rejected/, in the order of their claims."""
    found = []
    for path in sorted((spool / "rejected").glob("[!.]*.rejects")):
        name = CLAIM.sub("", path.name).removesuffix(".rejects")
        with open(path, newline="", encoding="utf-8", errors="replace") as file:
            for entry in csv.DictReader(file):
                if entry["reason"] == "header":  # of the usage file, for driving its lines in again
                    continue
                found.append(Rejected(name, int(entry["line"]), entry["reason"],
                                      entry["detail"], entry["text"]))
    return found


def check_packs(model, packs):
    """What `pack list` says of each pack, validity included."""
    expected = [(p.account, p.product, p.tier, p.quota, p.used, p.quota - p.used,
                 p.purchased, p.expires) for p in model.all_packs()]
    found = [(p["account"], p["product"], p["tier"], p["quota"], p["used"], p["unused"],
              parse_time(p["effective_from"]), parse_time(p["expires_at"])) for p in packs]
    return compare(expected, found)


def due_notices(model):
    lines = [line.split("\t") for line in model.canonical()]
    return Counter(line[1] for line in lines if line[0] == "notice" and line[-1] == "due")


def check_inbox(model, where):
    due = due_notices(model)
    expected = [f"{account}: {count} messages" for account, count in due.items()]
    found = Counter(message["account"] for account, parent in model.accounts.items() if not parent
                    for message in where.ctl("inbox", account, "--limit", "100000"))
    return compare(expected, [f"{account}: {count} messages" for account, count in found.items()])


def main():
    folder = pathlib.Path(sys.argv[1])
    model = expected_by_model(folder)
    where = harness.ExistingDeployment(folder / "site")
    canonical, rejects = where.canonical(), rejected_lines(where.spool)
    expected_rejects = [(r.name, *reject) for r in model.results for reject in r.rejects]
    packs = where.ctl("pack", "list")
    checks = (
        (f"{len(canonical)} lines of the canonical export: accounts, packs, usage, notices",
         compare(model.canonical(), canonical)),
        (f"{len(model.results)} receipts: every count, and both sums of each",
         check_receipts(model, where.receipts())),
        (f"{len(rejects)} rejected lines: file, line, reason and the text as it came",
         compare(expected_rejects, [(r.file, r.line, r.reason, r.text) for r in rejects])),
        (f"{len(packs)} packs: quota, used, left, from when to when", check_packs(model, packs)),
        (f"{sum(due_notices(model).values())} in-site messages, one for each notice that is due",
         check_inbox(model, where)),
        ("nothing is left in incoming/ or work/", [str(name) for name in where.waiting()]),
    )
    steps = tables.Steps()
    for what, faults in checks:
        (steps.failed if faults else steps.done)(what)
        for fault in faults[:15]:
            print(f"        {fault}")
        if len(faults) > 15:
            print(f"        ... and {len(faults) - 15} more")
    sys.exit(1 if any(faults for _, faults in checks) else 0)


if __name__ == "__main__":
    main()
