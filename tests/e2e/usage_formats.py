"""The same usage records in every format and packing of docs/FORMATS.md, each look of it from a seed.

`written_as` makes files as different producers might; `quick_lines` makes many records in little time.
"""

import gzip
import json
import random
import subprocess

from usage_record import COLUMNS, DEFAULT_SOURCE, Spoilt, written

FORMS = ("csv", "flat", "event", "mixed")
PACKINGS = ("", ".gz", ".zst")
BOM = b"\xef\xbb\xbf"
EXTRA_COLUMNS = ("note", "region", "Id", "账户", "x y")
EXTRA_TEXTS = ("", "plain", "seen, twice", 'says "hello"', "first\nsecond", "微信", " spaces ", "nul\\0", "é\u2028")
# JSON that stands in fields which nobody reads; the last one has a name twice, which is allowed there.
EXTRA_JSON = ('null', 'true', '[]', '{}', '-0', '1e400', '123456789012345678901234567890', '"\\u0000"',
              '"\\ud83d\\ude00"', '[[[[[[[[{"a": [1, 2.5E-3]}]]]]]]]]', '{"id": "other", "time": 5}',
              '{"a": 1, "a": 2}')
SHORT_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "/": "\\/"}
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
ZSTD_BLOCK_BYTES = 1 << 17
CLI_FROM_BYTES = 20_000  # smaller frames are written here, unless the dice want the command


def written_as(records, form, packing, dice=None):
    """(ending, content, stored bytes) of a usage file that holds these records and nothing else."""
    dice = dice or random.Random(0)
    content = csv_content(records, dice) if form == "csv" else json_content(records, form, dice)
    ending = ".csv" if form == "csv" else dice.choice((".ndjson", ".jsonl"))
    return ending + packing, content, packed(content, packing, dice)


# --- CSV

def csv_content(records, dice):
    columns = list(COLUMNS) + dice.sample(EXTRA_COLUMNS, dice.choice((0, 0, 1, 3)))
    dice.shuffle(columns)
    quoting = dice.choice((0, 0, 0.1, 1))
    lines = [",".join(columns)]
    lines += [",".join(csv_field(text_of(record, column, dice), quoting, dice) for column in columns)
              for record in records]
    return framed(lines, dice, first=1)


def text_of(record, column, dice):
    """What stands in a column; empty where a default says the same."""
    if column not in COLUMNS:
        return dice.choice(EXTRA_TEXTS)
    if column == "time":
        return written(record)
    value = getattr(record, column)
    default = {"source": DEFAULT_SOURCE, "quantity": 1}.get(column)
    return "" if value == default and dice.random() < 0.5 else str(value)


def csv_field(text, quoting, dice):
    if any(letter in text for letter in ',"\r\n') or (quoting and dice.random() < quoting):
        return '"' + text.replace('"', '""') + '"'
    return text


def framed(lines, dice, first=0):
    """Lines as the bytes of a file: ends, blank lines from `first` on, byte order mark, closing newline."""
    newline = dice.choice(("\n", "\n", "\r\n"))
    if dice.random() < 0.2 and len(lines) > first:
        for _ in range(dice.randint(1, 4)):
            lines.insert(dice.randint(first, len(lines)), "")
    closing = newline if dice.random() < 0.8 else ""
    return (BOM if dice.random() < 0.2 else b"") + (newline.join(lines) + closing).encode()


# --- JSON

def json_content(records, form, dice):
    lines = []
    for record in records:
        is_event = form == "event" or (form == "mixed" and dice.random() < 0.5)
        lines.append(json_line(event_pairs(record, dice) if is_event else flat_pairs(record, dice), dice))
    return framed(lines, dice)


def json_text(text, dice):
    """A string of JSON; some letters as escapes, in one of the ways that there are."""
    if dice.random() < 0.7:
        return json.dumps(text, ensure_ascii=dice.random() < 0.5)
    return '"' + "".join(escaped(letter, dice) for letter in text) + '"'


def escaped(letter, dice):
    if letter in SHORT_ESCAPES and dice.random() < 0.5:
        return SHORT_ESCAPES[letter]
    if letter < " " or letter in '"\\' or dice.random() < 0.1:
        units = letter.encode("utf-16-be").hex()
        units = units.upper() if dice.random() < 0.5 else units
        return "".join("\\u" + units[i:i + 4] for i in range(0, len(units), 4))
    return letter


def quantity_pairs(record, dice):
    if record.quantity == 1 and dice.random() < 0.5:
        return [("quantity", "null")] if dice.random() < 0.3 else []
    return [("quantity", str(record.quantity))]


def flat_pairs(record, dice):
    pairs = [(name, json_text(getattr(record, name), dice)) for name in ("id", "account", "product", "meter")]
    pairs.append(("time", json_text(written(record), dice)))
    pairs += quantity_pairs(record, dice)
    if record.source != DEFAULT_SOURCE or dice.random() < 0.5:
        pairs.append(("source", json_text(record.source, dice)))
    elif dice.random() < 0.5:
        pairs.append(("source", dice.choice(("null", '""'))))
    return with_extras(pairs, dice)


def event_pairs(record, dice):
    """CloudEvents 1.0, whose meter is the type and whose account is the subject."""
    data = with_extras([("product", json_text(record.product, dice)), *quantity_pairs(record, dice)], dice)
    dice.shuffle(data)
    names = {"id": record.id, "source": record.source, "type": record.meter, "subject": record.account,
             "time": written(record)}
    pairs = [("specversion", '"1.0"'), *((name, json_text(text, dice)) for name, text in names.items()),
             ("data", "{" + ",".join(f'"{name}": {text}' for name, text in data) + "}")]
    if dice.random() < 0.3:
        pairs.append(("datacontenttype", '"application/json"'))
    return with_extras(pairs, dice)


def with_extras(pairs, dice):
    if dice.random() < 0.3:
        pairs += [(f"extra{number}", dice.choice(EXTRA_JSON)) for number in range(dice.randint(1, 3))]
    return pairs


def json_line(pairs, dice):
    """An object on one line, its names in any order, spaces and tabs where JSON allows them."""
    dice.shuffle(pairs)
    spaces = dice.choice(("", "", " ", "\t", "  "))
    body = f",{spaces}".join(f"{json_text(name, dice)}{spaces}:{spaces}{text}" for name, text in pairs)
    return f"{{{spaces}{body}{spaces}}}{spaces}"


# --- packing

def packed(content, packing, dice=None):
    """Stored bytes: as they are, gzip of one or several members, Zstandard of one or several frames."""
    dice = dice or random.Random(0)
    if not packing:
        return content
    cuts = sorted(dice.randrange(len(content) + 1) for _ in range(dice.choice((0, 0, 1, 3))))
    parts = [content[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(content)])]
    pack = gzip_member if packing == ".gz" else zstd_frame
    return b"".join(pack(part, dice) for part in parts)


def gzip_member(part, dice):
    return gzip.compress(part, dice.choice((1, 1, 6)), mtime=dice.randrange(2**32))


def zstd_frame(part, dice):
    """By the command, or with blocks that are stored as they are; sometimes a skippable frame before it."""
    skippable = b"\x50\x2a\x4d\x18\x03\0\0\0abc" if dice.random() < 0.2 else b""
    if len(part) < CLI_FROM_BYTES and dice.random() < 0.9:
        return skippable + zstd_raw(part)
    return skippable + zstd_cli(part, f"-{dice.choice((1, 3))}", dice.choice(("--check", "--no-check")))


def zstd_cli(part, *options):
    return subprocess.run(["zstd", "-q", "-c", *options], input=part, stdout=subprocess.PIPE, check=True).stdout


def zstd_raw(part):
    """RFC 8878 by hand: one segment of known size, raw blocks, no checksum."""
    blocks = [part[at:at + ZSTD_BLOCK_BYTES] for at in range(0, len(part), ZSTD_BLOCK_BYTES)] or [b""]
    frame = [ZSTD_MAGIC, b"\xa0", len(part).to_bytes(4, "little")]
    for number, block in enumerate(blocks, 1):
        frame += [zstd_block(len(block), is_last=number == len(blocks)), block]
    return b"".join(frame)


def zstd_block(size, *, is_last, kind=0):
    """A block's header; kind 0: raw, 1: one byte repeated."""
    return (size << 3 | kind << 1 | is_last).to_bytes(3, "little")


# --- the plainest look of each form, for many records in little time: nothing that must be escaped

def flat_line(r):
    if isinstance(r, Spoilt):
        return r.json
    return (f'{{"id":"{r.id}","source":"{r.source}","account":"{r.account}","product":"{r.product}",'
            f'"meter":"{r.meter}","time":"{written(r)}","quantity":{r.quantity}}}')


def event_line(r):
    if isinstance(r, Spoilt):
        return r.json
    return (f'{{"specversion":"1.0","id":"{r.id}","source":"{r.source}","type":"{r.meter}","subject":"{r.account}",'
            f'"time":"{written(r)}","data":{{"product":"{r.product}","quantity":{r.quantity}}}}}')


def csv_line(r):
    return f"{r.quantity},{written(r)},{r.id},{r.meter},{r.account},{r.source},{r.product}"


def quick_lines(records, form):
    """Lines of `form` (with the header where it has one), of usage_record.Record."""
    if form == "csv":
        return ["quantity,time,id,meter,account,source,product", *map(csv_line, records)]
    if form == "mixed":
        return [(event_line if number % 2 else flat_line)(record) for number, record in enumerate(records)]
    return list(map(flat_line if form == "flat" else event_line, records))


def quick_content(records, form):
    return ("\n".join(quick_lines(records, form)) + "\n").encode()


def quickly_packed(content, packing):
    """With a level that costs little; gzip in two members."""
    if packing == ".gz":
        half = content.find(b"\n", len(content) // 2) + 1
        return gzip.compress(content[:half], 1, mtime=0) + gzip.compress(content[half:], 1, mtime=0)
    return zstd_cli(content, "-1") if packing else content


def quick_file(records, form, packing):
    """(ending, stored bytes)."""
    return (".csv" if form == "csv" else ".ndjson") + packing, quickly_packed(quick_content(records, form), packing)
