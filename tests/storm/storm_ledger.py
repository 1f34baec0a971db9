"""The ledger of a storm as its database has it: transactions in their order, and what each of them wrote."""

import base64
import datetime
import json
from collections import defaultdict
from dataclasses import dataclass, field

from actors import instant

# Their cause is the ledger transaction (domain/notice.h): the recount has 0.
CAUSED_BY_TRANSACTION = ("service_stopped", "service_resumed", "postpaid_on", "postpaid_failed", "postpaid_in_effect",
                         "arrears")


@dataclass
class Unit:
    digest: str
    unit_no: int
    name: str
    content: bytes  # not packed
    arrival: int
    data_lines: int


@dataclass
class Transaction:
    seq: int
    kind: str
    instant: int
    request_id: str = ""
    request: tuple | None = None  # (words, names from a file)
    piece: int = 0
    names_refused: list | None = None  # (name, code); None: it was not done in pieces
    units: list = field(default_factory=list)
    bills: list = field(default_factory=list)   # (day, account, products)
    events: list = field(default_factory=list)  # what it wrote, as Recount has it


def has_ledger_time(pair):
    return bool(pair.sql("SHOW COLUMNS FROM ledger_transaction LIKE 'instant'"))


def transactions(pair, requests, contents):
    """requests: request id -> (words, names); contents: digest -> bytes of all files that came."""
    column = "instant" if has_ledger_time(pair) else "committed_at"
    found = {int(seq): Transaction(int(seq), kind, instant(at))
             for seq, kind, at in pair.sql(f"SELECT seq, kind, {column} FROM ledger_transaction ORDER BY seq")}
    for request_id, seq, piece, result in pair.sql("SELECT request_id, seq, piece, TO_BASE64(result) FROM command"):
        _note_command(found[int(seq)], request_id, requests.get(request_id), int(piece),
                      json.loads(base64.b64decode(result.replace("\\n", ""))))
    for digest, number, seq, name, arrival, lines in pair.sql(
            "SELECT HEX(u.digest), u.unit_no, u.seq, f.name, f.arrival, u.data_lines FROM rating_unit u"
            " JOIN usage_file f ON f.digest = u.digest"
            " ORDER BY u.seq, u.first_entry_no, u.entry_count, u.digest, u.unit_no"):
        found[int(seq)].units.append(Unit(digest, int(number), name, contents[digest],
                                          instant(arrival), int(lines)))
    charged = defaultdict(list)
    for seq, day, account, product in pair.sql(
            "SELECT b.seq, b.charged_day, a.name, p.name FROM bill b JOIN account a ON a.account_id = b.account_id"
            " JOIN product p ON p.product_id = b.product_id"):
        charged[int(seq), datetime.date.fromisoformat(day), account].append(product)
    for (seq, day, account), products in charged.items():
        found[seq].bills.append((day, account, products))
    for seq, event in written(pair):
        found[seq].events.append(event)
    return [found[seq] for seq in sorted(found)]


def _note_command(transaction, request_id, request, piece, result):
    transaction.request_id, transaction.request, transaction.piece = request_id, request, piece
    if "names_a_piece" in result:
        transaction.names_refused = [(one["name"], one["code"]) for one in result.get("refused", ())]


def written(pair):
    """(seq, event) of all that transactions wrote of what Recount watches."""
    numbers = pack_numbers(pair)
    for seq, account, kind, reference, amount in pair.sql(
            "SELECT j.seq, a.name, j.kind, j.reference, j.amount_micros FROM journal j JOIN account a ON a.account_id ="
            " j.account_id ORDER BY j.seq, j.journal_no"):
        yield int(seq), ("journal", account, kind, reference, int(amount))
    for seq, account, product, pack, kind, cause, state in pair.sql(
            "SELECT n.seq, a.name, COALESCE(p.name, '-'), n.pack_id, n.kind, n.cause, n.state FROM notice n"
            " JOIN account a ON a.account_id = n.account_id LEFT JOIN product p ON p.product_id = n.product_id"):
        cause = 0 if kind in CAUSED_BY_TRANSACTION else int(cause)
        yield int(seq), ("notice", account, product, numbers.get(pack, 0), kind, cause, state)
    for seq, account, product, covered_by, reason, at in pair.sql(
            "SELECT s.seq, a.name, p.name, s.covered_by, s.reason, s.changed_at FROM service_change s JOIN account a"
            " ON a.account_id = s.account_id JOIN product p ON p.product_id = s.product_id"
            " ORDER BY s.seq, s.account_id, s.product_id, s.change_no"):
        yield int(seq), ("service", account, product, covered_by, reason or "-", instant(at))
    for seq, account, product, pack, tier, purchased, expires in pair.sql(
            "SELECT k.seq, a.name, p.name, k.pack_id, k.tier, k.purchased_at, k.expires_at FROM pack k JOIN account a"
            " ON a.account_id = k.account_id JOIN product p ON p.product_id = k.product_id ORDER BY k.pack_id"):
        yield int(seq), ("pack", account, product, numbers[pack], tier, instant(purchased), instant(expires))


def pack_numbers(pair):
    """Id of a pack -> its number in order of purchase within account and product."""
    counts, numbers = defaultdict(int), {}
    for pack, account, product in pair.sql("SELECT pack_id, account_id, product_id FROM pack ORDER BY pack_id"):
        counts[account, product] += 1
        numbers[pack] = counts[account, product]
    return numbers
