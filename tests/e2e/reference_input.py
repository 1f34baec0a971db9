"""How the reference model reads: instants, business days, lines of CSV. See reference.py.

Instants are whole nanoseconds since 1970 in UTC.
"""

import datetime
import re

SECOND = 10**9
DAY = 86_400 * SECOND
BUSINESS_OFFSET = 8 * 3600 * SECOND  # Asia/Shanghai has kept this one offset since 1991

EPOCH = datetime.datetime(1970, 1, 1)
PLAIN = re.compile(rb'[^,"\r\n]*')
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
        text = line[:-1] if line.endswith(b"\r") else line
        if not text:
            position, line_no = end + 1, line_no + 1
            continue
        if b'"' not in text:
            fields = text.split(b",")
            fields = fields if len(fields) == columns and b"\r" not in text else None
            yield line_no, text, fields
            position, line_no = end + 1, line_no + 1
            continue
        fields, after = quoted_record(body, position)
        if fields is None:  # the quotes are to blame: only this physical line falls
            yield line_no, text, None
            position, line_no = end + 1, line_no + 1
            continue
        whole = body[position:after].rstrip(b"\r\n")
        yield line_no, whole, fields if len(fields) == columns else None
        line_no += body.count(b"\n", position, after) or 1
        position = after


def quoted_record(body, position):
    """Fields of the record at `position`, the next one's; (None, 0): a quote stands wrong."""
    fields = []
    while True:
        if body[position:position + 1] == b'"':
            value, position = b"", position + 1
            while True:
                close = body.find(b'"', position)
                if close < 0:
                    return None, 0
                value += body[position:close]
                position = close + 1
                if body[position:position + 1] != b'"':
                    break
                value, position = value + b'"', position + 1
        else:
            match = PLAIN.match(body, position)
            value, position = match[0], match.end()
        fields.append(value)
        if body[position:position + 1] == b",":
            position += 1
            continue
        if body[position:position + 2] == b"\r\n":
            return fields, position + 2
        if body[position:position + 1] == b"\n":
            return fields, position + 1
        if position >= len(body):
            return fields, position
        return None, 0
