"""How the reference model reads: instants, business days, lines of CSV. See reference.py.

Instants are whole nanoseconds since 1970 in UTC.
"""

import datetime
import re

SECOND = 10**9
DAY = 86_400 * SECOND
BUSINESS_OFFSET = 8 * 3600 * SECOND  # Asia/Shanghai has kept this one offset since 1991

EPOCH = datetime.datetime(1970, 1, 1)
PLAIN = re.compile(rb'(?:[^,"\r\n]|\r(?!\n))*')
RFC3339 = re.compile(r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?"
                     r"(?:([Zz])|([+-])(\d\d):(\d\d))", re.ASCII)


def nanos(at):
    """A datetime with a zone as nanoseconds."""
    utc = at.astimezone(datetime.timezone.utc).replace(tzinfo=None) - EPOCH
    return (utc.days * 86_400 + utc.seconds) * SECOND + utc.microseconds * 1000


def parse_time(text):
    """RFC 3339 with offset; None where it is not that."""
    match = RFC3339.fullmatch(text)
    if not match:
        return None
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    try:
        since = datetime.datetime(year, month, day, hour, minute, second) - EPOCH
    except ValueError:
        return None
    at = (since.days * 86_400 + since.seconds) * SECOND + int((match[7] or "").ljust(9, "0"))
    if match[8]:
        return at
    hours, minutes = int(match[10]), int(match[11])
    if hours > 23 or minutes > 59:
        return None
    offset = (hours * 60 + minutes) * 60 * SECOND
    return at - offset if match[9] == "+" else at + offset


def wall_clock(at):
    """Business wall clock of an instant, whole seconds."""
    return EPOCH + datetime.timedelta(seconds=(at + BUSINESS_OFFSET) // SECOND)


def business_day(at):
    return wall_clock(at).date().isoformat()


def expiry(tier, purchased):
    """C2: 7 x 24 h for a trial, else a year of the wall clock (from 29 February: 28 February)."""
    if tier == "trial":
        return purchased + 7 * DAY
    wall = wall_clock(purchased)
    try:
        later = wall.replace(year=wall.year + 1)
    except ValueError:
        later = wall.replace(year=wall.year + 1, day=28)
    return purchased + (later - wall).days * DAY


def data_lines(body, columns):
    """RFC 4180, strictly, after the header: (physical line, text, fields; None: malformed)."""
    position, line_no = 0, 2
    while position < len(body):
        end = body.find(b"\n", position)
        end = len(body) if end < 0 else end
        line = body[position:end]
        text = line[:-1] if line.endswith(b"\r") and end < len(body) else line
        if text in (b"", b"\r"):
            position, line_no = end + 1, line_no + 1
            continue
        if b'"' not in text:
            fields = text.split(b",")
            fields = fields if len(fields) == columns and b"\r" not in text else None
            yield line_no, text, fields
            position, line_no = end + 1, line_no + 1
            continue
        fields, after, has_bare_cr = quoted_record(body, position)
        if fields is None:  # the quotes are to blame: only this physical line falls
            yield line_no, text, None
            position, line_no = end + 1, line_no + 1
            continue
        whole = body[position:after]
        whole = whole.removesuffix(b"\n").removesuffix(b"\r") if whole.endswith(b"\n") else whole
        yield line_no, whole, fields if len(fields) == columns and not has_bare_cr else None
        line_no += body.count(b"\n", position, after) or 1
        position = after


def quoted_record(body, position):
    """(fields, where the next record begins, whether a CR ends no line); (None, 0, False): a quote stands wrong."""
    fields, has_bare_cr = [], False
    while True:
        if body[position:position + 1] == b'"':
            value, position = quoted_field(body, position + 1)
            if value is None:
                return None, 0, False
        else:
            match = PLAIN.match(body, position)
            value, position = match[0], match.end()
            has_bare_cr = has_bare_cr or b"\r" in value
        fields.append(value)
        if body[position:position + 1] == b",":
            position += 1
            continue
        for end in (b"\r\n", b"\n"):
            if body.startswith(end, position):
                return fields, position + len(end), has_bare_cr
        return (fields, position, has_bare_cr) if position >= len(body) else (None, 0, False)


def quoted_field(body, position):
    """What stands between the quotes, from behind the first one, and where it ends; (None, 0): nowhere."""
    value = b""
    while True:
        close = body.find(b'"', position)
        if close < 0:
            return None, 0
        value += body[position:close]
        position = close + 1
        if body[position:position + 1] != b'"':
            return value, position
        value, position = value + b'"', position + 1
