"""How the reference model unpacks usage files and reads JSON lines: docs/FORMATS.md, slow and obvious.

Uses zlib and json of Python and the zstd command, so it shares no line with the daemon.
"""

import json
import subprocess
import zlib

PACKINGS = (".gz", ".zst")
ENDINGS = tuple(ending + packing for ending in (".csv", ".ndjson", ".jsonl") for packing in ("", *PACKINGS))
MAX_LINE_BYTES = 65_536
MAX_DEPTH = 64
TEXTS = ("id", "source", "account", "product", "meter")
EVENT_TEXTS = {"id": "id", "source": "source", "account": "subject", "meter": "type"}


class Broken(Exception):
    """The file fails; `content` is what could be unpacked before that."""

    def __init__(self, reason, content=b""):
        super().__init__(reason)
        self.content = content


def is_json(name):
    return name.removesuffix(".gz").removesuffix(".zst").endswith((".ndjson", ".jsonl"))


def content_of(name, stored):
    """The content of a usage file; Broken where it cannot be had as a whole."""
    if not name.endswith(ENDINGS):
        raise Broken("ending")
    if name.endswith(".gz"):
        return gunzip(stored)
    return unzstd(stored) if name.endswith(".zst") else stored


def gunzip(stored):
    content = bytearray()
    while True:
        member = zlib.decompressobj(wbits=31)
        try:
            content += member.decompress(stored)
        except zlib.error as error:
            raise Broken(f"gzip: {error}", bytes(content)) from None
        if not member.eof:
            raise Broken("gzip: cut", bytes(content))
        stored = member.unused_data
        if not stored:
            return bytes(content)


def unzstd(stored):
    if not stored:
        raise Broken("zstd: empty")
    done = subprocess.run(["zstd", "-q", "-d", "-c", "--memory=32MB"], input=stored, capture_output=True, check=False)
    if done.returncode != 0:
        raise Broken(f"zstd: {done.stderr.decode(errors='replace').strip()}", done.stdout)
    return done.stdout


# --- lines of JSON

class Number(str):
    """A number as it was written: nothing is converted."""


class Pairs(list):
    """An object as it was written, with names that come twice."""


def no_constant(name):
    raise ValueError(name)  # NaN and the infinities are no JSON


DECODER = json.JSONDecoder(object_pairs_hook=Pairs, parse_int=Number, parse_float=Number, parse_constant=no_constant)


def json_lines(body):
    """(physical line, text, parsed value; None: malformed) of each data line."""
    lines = body.split(b"\n")
    for line_no, line in enumerate(lines, 1):
        text = line.removesuffix(b"\r") if line_no < len(lines) else line
        if text not in (b"", b"\r"):
            yield line_no, text, json_fields(text)


def json_fields(line):
    """A record as texts by our names; None: malformed. Where a CloudEvent has no source: no id either."""
    if len(line) > MAX_LINE_BYTES:
        return None
    try:
        text = line.decode()
        pairs = DECODER.decode(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(pairs, Pairs) or not is_clean(pairs, 1):
        return None
    named = once(pairs)
    if named is None:
        return None
    return event_fields(named) if "specversion" in named else flat_fields(named)


def is_clean(value, depth):
    """No lone surrogate anywhere, and not too deep."""
    if isinstance(value, list) and depth > MAX_DEPTH:
        return False
    if isinstance(value, Pairs):
        return all(is_clean(name, depth) and is_clean(inner, depth + 1) for name, inner in value)
    if isinstance(value, list):
        return all(is_clean(inner, depth + 1) for inner in value)
    return not isinstance(value, str) or not any("\ud800" <= letter <= "\udfff" for letter in value)


def once(pairs):
    """The object without what is null; None where a name comes twice."""
    named = dict(pairs)
    return {name: value for name, value in named.items() if value is not None} if len(named) == len(pairs) else None


def flat_fields(named):
    return fields({name: named[name] for name in (*TEXTS, "time", "quantity") if name in named})


def event_fields(named):
    data = named.get("data", Pairs())
    if named["specversion"] != "1.0" or isinstance(named["specversion"], Number) or "data_base64" in named:
        return None
    data = once(data) if isinstance(data, Pairs) else None
    if data is None:
        return None
    found = {ours: named[theirs] for ours, theirs in EVENT_TEXTS.items() if theirs in named}
    found.update({"time": named["time"]} if "time" in named else {})
    found.update({name: data[name] for name in ("product", "quantity") if name in data})
    found = fields(found)
    if found is not None and not found.get("source"):
        found["id"] = ""  # a CloudEvent must have both
    return found


def fields(found):
    """Texts only: what is no text where one must be is malformed; time and quantity have reasons of their own."""
    for name in TEXTS:
        value = found.get(name, "")
        if not isinstance(value, str) or isinstance(value, Number) or "\0" in value:
            return None
    time, quantity = found.get("time", ""), found.get("quantity", Number())
    is_text = isinstance(time, str) and not isinstance(time, Number)
    found["time"] = time if is_text else "no text"
    found["quantity"] = str(quantity) if isinstance(quantity, Number) else "no digits"
    return found
