"""What a spool must survive: good usage files in every look, and things that are none. See hostile_test.py.

Each maker puts one entry into incoming/ and says what has to become of it. A tag in the name finds
its receipt, whatever else the name holds and however it is cut.
"""

import contextlib
import dataclasses
import gzip
import hashlib
import os
import re
import socket
import stat
import threading
import time
import zlib

import usage_data
import usage_formats
from reference_formats import Broken, content_of

MIB = 1 << 20
GIANT_LINE_BYTES = 1 << 30
BOMB_BYTES = 100 * 10**9
TAG = re.compile(r"n(\d{6})(?!.*n\d{6})", re.S)
GROW_STEPS, GROW_LINES = 60, 20
UNSURE = "unsure"  # the account of files of which nobody can say how far they are read


@dataclasses.dataclass
class Dropped:
    """An entry of incoming/ and what it has to become."""
    kind: str
    number: int
    name: str
    # whole: as the model says; stored: the same, packed; part: the units before the fault; opaque, empty: nothing;
    # giant: one line that is rejected; loose: anyone's guess
    how: str
    content: bytes = b""       # what the model has to read
    outcomes: tuple = ("taken", "failed")
    receipts: tuple = (1,)     # how many there may be
    digest: str = ""


# How often each is made, of their sum. What a person would not do twice is in ONCE.
MIX = {"good": 400, "good_large": 4, "good_with_bad_lines": 100, "good_again": 30, "good_empty_members": 20,
       "good_odd_name": 40, "good_longest_name": 10, "mode_000": 15, "cut_packed": 60, "garbage_behind": 25,
       "flipped": 40, "spoilt_bytes": 50, "random_bytes": 30, "random_rows": 40, "empty": 15, "bad_header": 15,
       "header_only": 10, "bad_json": 50, "small_bomb": 3, "wide_window": 10, "directory": 15, "special": 50,
       "unknown_ending": 25, "to_leave_alone": 10, "vanishing_file": 20, "growing_file": 10}
ONCE = ("giant_line", "giant_line_of_json", "giant_line_packed", "bomb_gz", "bomb_zst", "bomb_blank_lines",
        *("growing_without_end",) * 3)


class Box:
    """incoming/ of a spool, the dice, and what was dropped."""

    def __init__(self, spool, outside, maker, accounts):
        self.incoming, self.work, self.outside = spool / "incoming", spool / "work", outside
        self.maker, self.dice, self.accounts = maker, maker.random, accounts
        self.dropped, self.growing, self.vanishing, self.left_alone = {}, [], [], []
        self.impossible, self.writers, self.closed = set(), [], threading.Event()
        self.earlier, self.earlier_files = [], []
        self.member, self.unsure_units = None, 0

    # --- how something gets there

    def hidden(self):
        return self.incoming / f".making-{len(self.dropped):06}"

    def tag(self):
        return f"n{len(self.dropped):06}"

    def put(self, kind, name, stored, how, **more):
        """U1: a file under a name with a dot, renamed. Not synced: the host does not fall."""
        self.hidden().write_bytes(stored)
        return self.show(kind, name, how, digest=hashlib.sha256(stored).hexdigest(), **more)

    def show(self, kind, name, how, **more):
        """Renames what was made under the hidden name."""
        one = Dropped(kind, len(self.dropped), name, how, **more)
        self.dropped[one.number] = one
        (self.incoming / f".making-{one.number:06}").rename(self.incoming / name)
        return one

    # --- records

    def records(self, count):
        return [self.maker.record(self.dice.choice(self.accounts), 60, 1, 3) for _ in range(count)]

    def unsure_records(self, count):
        records = [self.maker.record(UNSURE, 60, 1, 3) for _ in range(count)]
        self.unsure_units += sum(record.quantity for record in records)
        return records

    def look(self, records):
        """(ending, content, stored) in any form and packing."""
        form, packing = self.dice.choice(usage_formats.FORMS), self.dice.choice(usage_formats.PACKINGS)
        return usage_formats.written_as(records, form, packing, self.dice)

    def some(self, count=None):
        return self.records(count or self.dice.randint(1, 60))

    # --- good files

    def good(self, kind="good", records=None, name="usage-{tag}"):
        records = records or self.some()
        again = self.dice.sample(self.earlier, min(len(self.earlier), self.dice.choice((0, 0, 3))))
        ending, content, stored = self.look(records + again)
        self.earlier = self.earlier[-300:] + records[:10]
        self.earlier_files = self.earlier_files[-20:] + [(ending, content, stored)]
        name = name.format(tag=self.tag()) + ending
        return self.put(kind, name, stored, "whole", content=content, outcomes=("taken",))

    def good_large(self):
        return self.good("good, several units", self.some(self.dice.randint(1500, 5000)))

    def good_with_bad_lines(self):
        records, replace = self.some(), dataclasses.replace
        spoil = (lambda r: replace(r, account="gecko-mail"), lambda r: replace(r, time="yesterday"),
                 lambda r: replace(r, id=""), lambda r: replace(r, id="x" * 129),
                 lambda r: replace(r, quantity="1.5"), lambda r: replace(r, quantity=0),
                 lambda r: replace(r, product="captchas"), lambda r: replace(r, meter="nothing"),
                 lambda r: replace(r, time="2020-01-01T00:00:00Z"), lambda r: replace(r, time="2200-01-01T00:00:00Z"),
                 lambda r: replace(records[0], quantity=77))
        bad = [self.dice.choice(spoil)(record) for record in self.some(self.dice.randint(1, 8))]
        mixed = records + bad
        self.dice.shuffle(mixed)
        return self.good("good, with bad lines", mixed)

    def good_again(self):
        """The bytes of an earlier file under another name (U4)."""
        if not self.earlier_files:
            return self.good()
        ending, content, stored = self.dice.choice(self.earlier_files)
        return self.put("good, same bytes again", f"again-{self.tag()}{ending}", stored, "whole", content=content,
                        outcomes=("repeat", "taken"))

    def good_empty_members(self):
        content = usage_formats.csv_content(self.some(), self.dice)
        empty = gzip.compress(b"")
        stored = empty + gzip.compress(content[:50]) + empty * 3 + gzip.compress(content[50:]) + empty
        return self.put("good, empty members", f"usage-{self.tag()}.csv.gz", stored, "whole", content=content,
                        outcomes=("taken",))

    def good_odd_name(self):
        tag, odd = self.tag(), self.dice.choice((
            "new\nline", "control\x01\x1b[31m\x7f", "up..up..", "a..b", "quote\"'`", "back\\slash", "-rf *",
            "$(reboot)", "%s%n{0}", "&<>|;", "bad-utf8-\udcff\udcfe", "\udcc3(", "微信-😀", "\u202ertl", " ", "x.csv.gz",
            "long"))
        name = f"{odd}-{{tag}}"
        if odd == "long":
            ending_bytes = 11  # at most, as .ndjson.zst
            name = "L" * (255 - len(tag) - ending_bytes) + "{tag}"
        name = name if "{0}" not in odd else name.replace("{0}", "{{0}}")
        return self.good("good, odd name", name=name)

    def good_longest_name(self):
        content = usage_formats.csv_content(self.some(), self.dice)
        end = f"{self.tag()}.csv"
        name = self.dice.choice(("L", "é", "\udcff")) * 250
        name = os.fsdecode(os.fsencode(name)[:255 - len(end)])
        return self.put("good, name of 255 bytes", name + end, content, "whole", content=content, outcomes=("taken",))

    def mode_000(self):
        ending, content, stored = self.look(self.some())
        self.hidden().write_bytes(stored)
        self.hidden().chmod(0)
        outcomes = ("taken",) if os.geteuid() == 0 else ("failed",)  # root reads it all the same
        return self.show("mode 000", f"locked-{self.tag()}{ending}", "whole" if os.geteuid() == 0 else "opaque",
                         content=content, outcomes=outcomes, digest=hashlib.sha256(stored).hexdigest())

    # --- files that are cut or spoilt

    def cut_packed(self):
        large = self.dice.random() < 0.2
        packing = self.dice.choice((".gz", ".zst"))
        form = self.dice.choice(usage_formats.FORMS)
        ending, content, stored = usage_formats.written_as(self.some(3000 if large else None), form, packing, self.dice)
        stored = stored[:self.dice.randrange(1, len(stored))]
        with contextlib.suppress(Broken):
            content_of(ending, stored)
            stored = stored[:-1]  # between two members or frames: nobody can see that
        return self.put(f"cut {packing}", f"cut-{self.tag()}{ending}", stored, "part", content=content)

    def garbage_behind(self):
        packing = self.dice.choice((".gz", ".zst"))
        ending, content, stored = usage_formats.written_as(self.some(), "csv", packing, self.dice)
        garbage = self.dice.choice((b"x", b"garbage" * 9, b"\xff" * 30, b"id,account\n"))
        return self.put(f"garbage behind {packing}", f"behind-{self.tag()}{ending}", stored + garbage, "part",
                        content=content, outcomes=("failed",))

    def flipped(self):
        """A byte is another one: small, so that the checksum is looked at before anything is committed."""
        content = usage_formats.json_content(self.some(), "flat", self.dice)
        packing = self.dice.choice((".gz", ".zst"))
        whole = gzip.compress(content, mtime=0) if packing == ".gz" else usage_formats.zstd_cli(content, "--check")
        stored = bytearray(whole)
        first = 10 if packing == ".gz" else 5  # not in the header's fields that mean nothing
        at = self.dice.randrange(first, len(stored))
        stored[at] ^= 1 << self.dice.randrange(8)
        return self.put(f"flipped byte {packing}", f"flip-{self.tag()}.ndjson{packing}", bytes(stored), "stored",
                        content=bytes(stored))

    def spoilt_bytes(self):
        """NUL bytes or broken UTF-8 in the middle of good lines: those lines are rejected alone."""
        form = self.dice.choice(usage_formats.FORMS)
        ending, content, _ = usage_formats.written_as(self.some(), form, "", self.dice)
        bad = self.dice.choice((b"\0", b"\0" * 100, b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf0\x9f\x98"))
        first = content.find(b"\n") + 1 if form == "csv" else 3
        at = self.dice.randrange(min(first, len(content)), len(content) + 1)
        stored = content[:at] + bad + content[at:]
        return self.put("NUL or broken UTF-8", f"spoilt-{self.tag()}{ending}", stored, "whole", content=stored)

    def random_bytes(self):
        stored = self.dice.randbytes(self.dice.randint(1, 3000))
        ending = self.dice.choice((".csv", ".ndjson", ".csv.gz", ".jsonl.zst"))
        packed = ending.endswith((".gz", ".zst"))
        return self.put("random bytes", f"random-{self.tag()}{ending}", stored, "part" if packed else "whole",
                        content=stored, outcomes=("failed",) if packed else ("taken", "failed"))

    def random_rows(self):
        letters = b',",\r\n\n"\'{}:x1\0\xc3\xa9'
        header = b"id,account,product,meter,time,quantity\n"
        ending = self.dice.choice((".csv", ".ndjson"))
        stored = bytes(self.dice.choices(letters, k=self.dice.randint(1, 800)))
        stored = header + stored if ending == ".csv" else stored
        return self.put("random rows", f"rows-{self.tag()}{ending}", stored, "whole", content=stored)

    def empty(self):
        ending = self.dice.choice((".csv", ".ndjson", ".jsonl", ".csv.gz", ".jsonl.zst"))
        return self.put("zero length", f"empty-{self.tag()}{ending}", b"", "empty",
                        outcomes=("taken", "failed", "repeat"))

    def bad_header(self):
        header = self.dice.choice((
            b"id,account,product,meter\n", b"id,id,account,product,meter,time\n", b"ID,account,product,meter,time\n",
            b"id;account;product;meter;time\n", b"\n", b"id,account,product,meter,time".decode().encode("utf-16"),
            b"x" * 70_000 + b"\n"))
        stored = header + f"{self.tag()},a,captcha,m,t\n".encode()
        return self.put("csv, bad header", f"header-{self.tag()}.csv", stored, "opaque", outcomes=("failed",))

    def header_only(self):
        stored = f"id,account,product,meter,time,{self.tag()}".encode() + self.dice.choice((b"", b"\n", b"\r\n\r\n"))
        return self.put("csv, header only", f"header-{self.tag()}.csv", stored, "whole", content=stored,
                        outcomes=("taken",))

    def bad_json(self):
        good = usage_formats.json_content(self.some(3), "mixed", self.dice).strip(b"\n\r") + b"\n"
        deep = self.dice.choice((70, 1000, 30_000, 500_000))
        digits = self.dice.choice((400, 60_000, 1_000_000))
        record = usage_formats.quick_lines(self.some(1), "flat")[0].encode()
        bad = self.dice.choice((
            b'{"a":' * deep, b"[" * deep, b'{"a":' + b"[" * deep + b"]" * deep + b"}", b'{"id":"1","id":"2"}',
            record.replace(b"{", b'{"x":1' + b"0" * digits + b",", 1),
            record.replace(b'"quantity":', b'"quantity":9' + b"9" * digits),
            record.replace(b"{", b'{"x":"\\ud800",', 1), record.replace(b"{", b'{"\\udc00x":1,', 1),
            record.replace(b"{", b'{"id":"twin",', 1), record.replace(b"{", b'{"x":{"y":1,"y":2},', 1), b"null", b"NaN",
            record[:-1], record + b"}", record + record, b"{\"x\":\"" + b"y" * 70_000 + b'"}', b'"' * 999))
        after = usage_formats.json_content(self.some(2), "flat", self.dice).removeprefix(usage_formats.BOM)
        stored = good + bad + b"\n" + after
        return self.put("json garbage", f"json-{self.tag()}.ndjson", stored, "whole", content=stored,
                        outcomes=("taken",))

    # --- too much of it

    def giant_line(self, ending=".csv"):
        """A line of 1 GB, of NULs that take no room on the disk."""
        with open(self.hidden(), "wb") as file:
            file.write(b"id,account,product,meter,time\n" if ending == ".csv" else b"")
            file.truncate(GIANT_LINE_BYTES)
        return self.show(f"line of 1 GB {ending}", f"giant-{self.tag()}{ending}", "giant", outcomes=("taken",))

    def giant_line_of_json(self):
        return self.giant_line(".ndjson")

    def giant_line_packed(self):
        """The same in gzip that stays below the ratio: zeros with something among them that does not pack."""
        noise = self.dice.randbytes(MIB // 8).replace(b"\n", b"")
        member = gzip.compress(bytes(16 * MIB) + noise, 6)
        stored = gzip.compress(b"id,account,product,meter,time\n") + member * (GIANT_LINE_BYTES // (16 * MIB))
        return self.put("line of 1 GB .csv.gz", f"giant-{self.tag()}.csv.gz", stored, "giant", outcomes=("taken",))

    def bomb_member(self):
        """16 MiB of zeros as a gzip member, in 16 KB."""
        if self.member is None:
            packer = zlib.compressobj(9, wbits=31)
            self.member = packer.compress(bytes(16 * MIB)) + packer.flush()
        return self.member

    def bomb_gz(self, claimed_bytes=BOMB_BYTES):
        start = gzip.compress(b"id,account,product,meter,time\n")
        with open(self.hidden(), "wb") as file:
            file.write(start)
            for _ in range(max(1, claimed_bytes // (1600 * MIB))):
                file.write(self.bomb_member() * 100)
        return self.show("bomb .gz", f"bomb-{self.tag()}.csv.gz", "opaque", outcomes=("failed",))

    def bomb_zst(self, claimed_bytes=BOMB_BYTES, letter=b"\0"):
        """Blocks of one byte repeated: 128 KiB of content for each 4 stored bytes."""
        block = usage_formats.zstd_block(usage_formats.ZSTD_BLOCK_BYTES, is_last=False, kind=1) + letter
        blocks = block * (claimed_bytes // usage_formats.ZSTD_BLOCK_BYTES)
        last = usage_formats.zstd_block(0, is_last=True)
        stored = usage_formats.ZSTD_MAGIC + b"\0\x50" + blocks + last
        return self.put("bomb .zst", f"bomb-{self.tag()}.jsonl.zst", stored, "opaque", outcomes=("failed",))

    def bomb_blank_lines(self):
        return self.bomb_zst(letter=b"\n")

    def small_bomb(self):
        return self.bomb_zst(200 * MIB, self.dice.choice((b"\0", b"\n", b" ", b"[")))

    def wide_window(self):
        content = usage_formats.json_content(self.some(), "flat", self.dice)
        exponent = self.dice.choice((17, 20, 31))  # 128 MiB, 1 GiB, 2 TiB
        frame = (usage_formats.ZSTD_MAGIC + b"\0" + bytes([exponent << 3])
                 + usage_formats.zstd_block(len(content), is_last=True) + content)
        return self.put("zst, window too large", f"window-{self.tag()}.ndjson.zst", frame, "opaque",
                        outcomes=("failed",))

    # --- no files at all

    def directory(self):
        self.hidden().mkdir()
        if self.dice.random() < 0.5:
            (self.hidden() / "usage.csv").write_text("id\n")
            (self.hidden() / "deeper").mkdir()
        return self.show("directory", f"folder-{self.tag()}.csv", "opaque", outcomes=("failed",))

    def special(self):
        """A socket, a fifo, a device or a link of some kind."""
        kind = self.dice.choice(("unix socket", "fifo", "device", "dangling link", "link to /etc/passwd",
                                 "link to a usage file", "link to a folder", "link to itself"))
        hidden = self.hidden()
        try:
            self.make_special(kind, hidden)
        except PermissionError:
            self.impossible.add(kind)
            return self.good()
        return self.show(kind, f"special-{self.tag()}.csv", "opaque", outcomes=("failed",))

    def make_special(self, kind, path):
        links = {"dangling link": "/nonexistent/usage.csv", "link to /etc/passwd": "/etc/passwd",
                 "link to a usage file": str(self.link_target()), "link to a folder": "/etc",
                 "link to itself": f"special-{self.tag()}.csv"}
        if kind in links:
            path.symlink_to(links[kind])
        elif kind == "fifo":
            os.mkfifo(path)
        elif kind == "device":
            os.mknod(path, stat.S_IFCHR | 0o666, self.dice.choice((os.makedev(1, 3), os.makedev(1, 5))))
        else:
            folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
            with contextlib.closing(socket.socket(socket.AF_UNIX)) as one:
                one.bind(f"/proc/self/fd/{folder}/{path.name}")  # short, however deep the folder is
            os.close(folder)

    def link_target(self):
        """A good file outside the spool, which nobody dropped."""
        path = self.outside / "target.csv"
        if not path.exists():
            path.write_bytes(usage_formats.csv_content(self.records(20), self.dice))
        return path

    def unknown_ending(self):
        ending = self.dice.choice((".xml", ".CSV", ".Ndjson", ".csv.GZ", ".csv.bz2", "", ".csv.gz.gz", ".gz", ".json",
                                   ".csv ", ".csv~", ".csv.zst.tar"))
        content = usage_formats.csv_content(self.some(), self.dice)
        return self.put("unknown ending", f"usage-{self.tag()}{ending}", content, "opaque", outcomes=("failed",))

    def to_leave_alone(self):
        name = self.dice.choice((f".usage-{self.tag()}.csv", f"usage-{self.tag()}.csv.tmp", f"..{self.tag()}"))
        self.left_alone.append(name)
        return self.put("left alone (U1)", name, b"id\n", "opaque", outcomes=(), receipts=(0,))

    # --- producers that do not keep to U1

    def vanishing_file(self):
        ending, _, stored = self.look(self.unsure_records(20))
        one = self.put("vanishes", f"gone-{self.tag()}{ending}", stored, "loose", receipts=(0, 1))
        if self.dice.random() < 0.5:
            (self.incoming / one.name).unlink(missing_ok=True)  # unless it is claimed already
        else:
            self.vanishing.append(one)                          # out of work/, later
        return one

    def growing_file(self):
        ending = self.dice.choice((".csv", ".ndjson"))
        lines = usage_formats.quick_lines(self.unsure_records(GROW_STEPS * GROW_LINES),
                                          "csv" if ending == ".csv" else "flat")
        file = open(self.hidden(), "wb", buffering=0)  # closed by mischief(), or by close()
        file.write(("\n".join(lines[:GROW_LINES]) + "\n").encode())
        self.growing.append((file, lines[GROW_LINES:]))
        return self.show("grows while it is read", f"grow-{self.tag()}{ending}", "loose", receipts=(1,))

    def growing_without_end(self):
        """A writer that goes on for as long as the file is not ended."""
        lines = usage_formats.quick_lines(self.unsure_records(200), "flat")
        text = ("\n".join(lines * 100) + "\n").encode()
        self.hidden().write_bytes(text)
        file = open(self.hidden(), "ab", buffering=0)
        one = self.show("grows until it has ended", f"grow-{self.tag()}.ndjson", "loose", outcomes=("failed", "taken"))
        writer = threading.Thread(target=self.write_on, args=(file, one, lines[0].encode() + b"\n"), daemon=True)
        self.writers.append(writer)
        writer.start()
        return one

    def write_on(self, file, one, line):
        tag = f"n{one.number:06}"
        with file:
            while not self.closed.is_set() and any(tag in name for folder in (self.incoming, self.work)
                                                   for name in os.listdir(folder)):
                for _ in range(20):
                    file.write(line)
                    time.sleep(0.0005)  # the rhythm of the writer

    def mischief(self):
        """A step of all producers that do not keep to U1."""
        growing, self.growing = self.growing, []
        for file, lines in growing:
            file.write(("\n".join(lines[:GROW_LINES]) + "\n").encode())
            if len(lines) > GROW_LINES:
                self.growing.append((file, lines[GROW_LINES:]))
            else:
                file.close()
        if self.vanishing and self.dice.random() < 0.3:
            tag = f"n{self.vanishing.pop().number:06}"
            for name in os.listdir(self.work):
                if tag in name:
                    (self.work / name).unlink(missing_ok=True)

    def is_busy(self):
        return self.growing or self.vanishing or any(writer.is_alive() for writer in self.writers)

    def close(self):
        self.closed.set()
        for writer in self.writers:
            writer.join()
        for file, _ in self.growing:
            file.close()
