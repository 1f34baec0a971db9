"""The recount of a storm against its ledger: sentences about what differs, with the shortest context."""

import collections
import gzip
import hashlib
import json

import harness
from business_clock import DAY, rfc3339
from canonical import canonical
from recount import Recount
from reference_formats import content_of

import storm_ledger

ACCOUNTS_SHOWN = 6
LINES_SHOWN = 12
TRACE = 5  # transactions of an account before the first difference
COUNTS = ("accepted", "duplicate", "conflict")


def contents_of(dropped, hosts):
    """digest -> bytes, not packed, of all files that came: those that were dropped, and those that were redriven."""
    originals = {name: content_of(name, stored) for _, name, stored, _ in dropped.files}
    found = {hashlib.sha256(stored).hexdigest().upper(): originals[name] for _, name, stored, _ in dropped.files}
    by_stem = {name.partition(".")[0]: content for name, content in originals.items()}
    faults = []
    for host in hosts:
        for folder in ("done", "failed", "work", "incoming"):
            for path in (host.spool / folder).rglob("*.redrive.*.gz"):
                stored = path.read_bytes()
                content = gzip.decompress(stored)
                found[hashlib.sha256(stored).hexdigest().upper()] = content
                # A claim of two parts may stand before the name.
                stem = path.name.partition(".redrive.")[0].rpartition(".")[2]
                if not set(content.splitlines()) <= set(by_stem.get(stem, b"").splitlines()):
                    faults.append(f"{path}: has lines that the file '{stem}' has not")
    return found, faults


ASKED_AGAIN = ("account", "pack", "money", "postpaid", "refund")  # of these the model knows all refusals


class Refusals:
    """Commands that were refused: the model has to refuse them too, somewhere between sending and answer."""

    def __init__(self, refused, probe, last, losses):
        self.waiting, self.until = [], {}
        for one in refused:
            if one.words[0] in ASKED_AGAIN and one.words[:2] != ("account", "set"):
                self._add(one, probe.sequence_after(one.until_s) or (one.until_s, last), losses)
        self.waiting.sort(key=lambda one: one.since)
        self.open, self.faults = [], []
        self.answers = {}

    def _add(self, one, seen, losses):
        """Unless it may have been refused by a ledger that was lost."""
        seen_at, until = seen
        for loss in losses:
            if one.sent_s > loss.at_s:
                one.since = min(one.since, loss.kept)
            elif seen_at > loss.at_s or until > loss.kept:
                return
        self.waiting.append(one)
        self.until[id(one)] = until

    def look(self, model, seq, now):
        """After each transaction."""
        while self.waiting and self.waiting[0].since <= seq:
            self.open.append(self.waiting.pop(0))
        still = []
        for one in self.open:
            code = model.refuses(one.words, one.names, one.request_id, now)
            if code == one.code:
                continue
            self.answers.setdefault(id(one), set()).add(code or "done")
            if seq < self.until[id(one)]:
                still.append(one)
            else:
                self.faults.append(f"packctl {' '.join((*one.words, *one.names))} was refused as {one.code} between"
                                   f" transactions {one.since} and {seq}; the model says"
                                   f" {', '.join(sorted(self.answers[id(one)]))}")
        self.open = still


def recount(pair, products, zone, settings, requests, contents, refused, probe):
    """(the model, what differs). `settings`: default source, records a unit, names at once."""
    model = Recount(products, zone, *settings)
    exact = storm_ledger.has_ledger_time(pair)
    history = collections.defaultdict(list)  # account -> lines of its last transactions
    differing, faults, last = {}, [], None
    transactions = storm_ledger.transactions(pair, requests, contents)
    refusals = Refusals(refused, probe, transactions[-1].seq, pair.losses)
    for transaction in transactions:
        if last is not None and (transaction.seq != last.seq + 1 or (exact and transaction.instant < last.instant)):
            faults.append(f"transaction {transaction.seq} ({rfc3339(transaction.instant)}) follows {last.seq}"
                          f" ({rfc3339(last.instant)})")
        last = transaction
        model.play(transaction)
        refusals.look(model, transaction.seq, transaction.instant)
        ours = collections.Counter(as_compared(event, exact) for event in model.events)
        theirs = collections.Counter(as_compared(event, exact) for event in transaction.events)
        title = f"{transaction.seq} {transaction.kind} {rfc3339(transaction.instant)} {what_it_was(transaction)}"
        by_account = collections.defaultdict(list)
        for sign, more in (("  model alone:  ", ours - theirs), ("  ledger alone: ", theirs - ours)):
            for event in more.elements():
                by_account[event[1]].append(sign + told(event))
        for event in ours & theirs:
            history[event[1]].append(f"    {title}: {told(event)}")
        for account, lines in by_account.items():
            differing.setdefault(account, [f"{account} differs first in transaction {title}", *lines,
                                           "  what came before:", *history[account][-TRACE:]])
    for lines in list(differing.values())[:ACCOUNTS_SHOWN]:
        faults += lines
    if len(differing) > ACCOUNTS_SHOWN:
        faults.append(f"... and {len(differing) - ACCOUNTS_SHOWN} more accounts")
    return model, [*model.faults[:LINES_SHOWN], *faults, *refusals.faults[:LINES_SHOWN]]


def as_compared(event, exact):
    """Instants stand at the end: a ledger without an instant of each transaction has only those near it."""
    if exact or event[0] not in ("service", "pack"):
        return event
    return event[:-1] if event[0] == "service" else event[:-2]


def told(event):
    return " ".join(rfc3339(word) if isinstance(word, int) and word > DAY else str(word) for word in event)


def what_it_was(transaction):
    if transaction.request:
        return "packctl " + " ".join((*transaction.request[0], *transaction.request[1]))
    return " ".join(f"{unit.name}#{unit.unit_no}" for unit in transaction.units)


def compare_exports(model, export):
    """Lines of `packctl export --canonical` and of the model, in any order of equal ones."""
    ours, theirs = collections.Counter(canonical(model)), collections.Counter(export)
    lines = [f"  model alone:  {line}" for line in sorted((ours - theirs).elements())]
    lines += [f"  ledger alone: {line}" for line in sorted((theirs - ours).elements())]
    kinds = collections.Counter(line.split("\t")[0].rpartition(" ")[2] for line in lines)
    return ["The canonical exports differ: " + ", ".join(f"{count} {kind}" for kind, count in kinds.items()),
            *lines[:LINES_SHOWN]] if lines else []


def compare_receipts(model, dropped, hosts, losses):
    """U7: each file that was dropped has a receipt on its host, with the counts that the model has. `losses`: of files
    that a database which took over did not have whole, the receipt tells of what is lost."""
    faults, lost = [], set().union(*(loss.digests for loss in losses))
    expected = collections.Counter((host, name) for host, name, _, _ in dropped.files)
    found = collections.Counter()
    for host in hosts:
        for path in sorted((host.spool / "receipts").glob("[!.]*.json")):
            receipt = json.loads(path.read_text())
            if ".redrive." not in receipt["file"]:
                found[host.name, receipt["file"]] += 1
            faults += harness.receipt_adds_up(receipt)
            if digest_of(receipt) not in lost:
                faults += compare_receipt(model, receipt, path)
    for (host, name), count in (expected - found).items():
        faults.append(f"{name} was dropped on {host}, and has no receipt ({count})")
    for (host, name), count in (found - expected).items():
        faults.append(f"{name} of {host} has {count} more receipts than it was dropped")
    return faults[:LINES_SHOWN]


def digest_of(receipt):
    return receipt["digest"].removeprefix("sha256:").upper()


def compare_receipt(model, receipt, path):
    if receipt["outcome"] == "repeat":
        return [] if receipt["lines"] == 0 else [f"{path}: a repeat with {receipt['lines']} lines"]
    if receipt["outcome"] != "taken":
        return [f"{path}: {receipt['outcome']}: {receipt['reason']}"]
    file = model.files.files.get(digest_of(receipt))
    if file is None:
        return [f"{path}: the ledger knows no such file"]
    return [f"{path}: {receipt[name]} {name}, the model has {file.counts[name]}" for name in COUNTS
            if receipt[name] != file.counts[name]]

