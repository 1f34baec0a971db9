"""A usage record, and the plainest way to write it: CSV."""

import datetime
from dataclasses import dataclass

DEFAULT_SOURCE = "e2e-source"
COLUMNS = ("id", "source", "account", "product", "meter", "time", "quantity")
ONE_SECOND = 10**9
HOUR = 3600


@dataclass(frozen=True)
class Record:
    """One data line. `time` is text where it is wrong on purpose, else nanoseconds."""
    id: str
    source: str
    account: str
    time: int | str
    meter: str = "client_verification"
    quantity: int | str = 1
    product: str = "captcha"
    digits: int = 0      # of the fraction of a second
    offset_h: int = 0    # in which the time is written


@dataclass(frozen=True)
class Spoilt:
    """A line that is neither CSV nor JSON, as somebody with a broken program writes it."""
    csv: str
    json: str


def written(record):
    """The time of a record as RFC 3339."""
    if isinstance(record.time, str):
        return record.time
    seconds, fraction = divmod(record.time, ONE_SECOND)
    wall = datetime.datetime(1970, 1, 1) + datetime.timedelta(
        seconds=seconds + record.offset_h * HOUR)
    part = f".{fraction:09}"[:1 + record.digits] if record.digits else ""
    zone = f"+{record.offset_h:02}:00" if record.offset_h else "Z"
    return wall.isoformat() + part + zone


def row(record, columns=COLUMNS, note=""):
    """A line of CSV without its end; columns beyond ours carry `note`."""
    if isinstance(record, Spoilt):
        return record.csv
    values = [written(record) if column == "time" else str(getattr(record, column, note))
              for column in columns]
    return ",".join(values)


def csv_file(rows, columns=COLUMNS, newline="\n", bom=False, last_newline=True):
    text = newline.join([",".join(columns), *rows]) + (newline if last_newline else "")
    return (b"\xef\xbb\xbf" if bom else b"") + text.encode()


def with_notes(rows):
    """The rows with a column in front that nobody asked for: quoted, some over two lines."""
    notes = ('"seen, twice"', '"says ""hello"""', "plain", '"first\nsecond"', "")
    named = [f"{notes[i % len(notes)]},{text}" for i, text in enumerate(rows)]
    return csv_file(named, ("note", *COLUMNS))
