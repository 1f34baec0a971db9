#!/usr/bin/env python3
"""Checks what the compiler does not: arrows between rooms, pure rooms, sizes.

    tidy.py ROOT

Prints one line for each error, `FILE:LINE: what; rule: where it stands; what to do`, and ends with 1 if there is any.
"""
import os
import re
import sys
from collections import namedtuple

CXX = (".cc", ".h", ".c")
SOURCES = CXX + (".py", ".sh")
FOLDERS = ("daemon", "plugins", "tests")
TABLE = "daemon/README.md"
MAX_SOURCE_LINES = 500
MAX_MAIN_LINES = 60
MAX_COLUMNS = 100
ENTRY_POINT_USES = {"app", "ctl"}

ARROWS = "rule: the table in daemon/README.md"
PURE = "rule: 'A pure room' in daemon/README.md"
PLUGIN = "rule: 'Plugins' in docs/STYLE.md"
LOG = "rule: the row of logging in daemon/README.md"
SQL = "rule: the row of store in daemon/README.md"
SIZES = "rule: 'Sizes' in docs/STYLE.md"
HEADERS = "rule: 'Headers' in docs/STYLE.md"

ROW = re.compile(r"^\| ([a-z]+) \| ([a-z, -]+) \| (yes|no) \|", re.M)  # as in cmake/Rooms.cmake
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">\n]+)[">]', re.M)
DATABASE_HEADER = re.compile(r"(soci|mysql|mariadb)([/.]|$)")
IMPURE_HEADER = re.compile(
    r"(boost/asio|boost/beast|curl|yaml-cpp|spdlog|sys/socket|netinet|arpa)([/.]|$)|filesystem$")
IMPURE_TOKEN = re.compile(
    r"\b(?:(float|double)|(\w*_clock\s*::\s*now|clock_gettime|gettimeofday)"
    r"|([io]?fstream|fopen))\b")
SQL_STRING = re.compile(r'(?:"|R"\w*\()\s*(SELECT|INSERT|UPDATE|DELETE)\b')
# A number stands here for its digit separators: they are no quotes.
TEXT = re.compile(
    r"""//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\b\d(?:'?[\w.])*|'(?:\\.|[^'\\\n])*'""",
    re.S)

Room = namedtuple("Room", "uses pure line")


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def blank(text, keep_strings):
    """The text with comments (and strings) blanked out; every position stays where it was."""

    def cover(match):
        found = match.group()
        if found[0].isdigit() or (keep_strings and found[0] != "/"):
            return found
        return re.sub(r"[^\n]", " ", found)

    return TEXT.sub(cover, text)


class Tidy:
    def __init__(self, root):
        self.root = root
        self.errors = []
        self.rooms = {}
        self.files = sorted(
            f"{folder[len(root) + 1:]}/{name}" for top in FOLDERS
            for folder, _, names in os.walk(os.path.join(root, top)) for name in names
            if name.endswith(SOURCES))
        self.known = set(self.files)

    def error(self, path, line, what, rule, todo):
        self.errors.append(f"{path}:{line}: {what}; {rule}; {todo}")

    def run(self):
        self.read_table()
        for path in self.files:
            with open(os.path.join(self.root, path), encoding="utf-8", errors="replace") as file:
                text = file.read()
            self.check_sizes(path, text)
            if path.endswith(CXX):
                self.check_includes(path, text)
                self.check_sql(path, text)
                if path.split("/")[0] == "daemon" and self.is_pure(self.home(path)[1]):
                    self.check_pure(path, text)
        return self.errors

    def read_table(self):
        with open(os.path.join(self.root, TABLE), encoding="utf-8") as file:
            text = file.read()
        for row in ROW.finditer(text):
            self.rooms[row[1]] = Room(
                set(re.findall("[a-z]+", row[2])), row[3] == "yes", line_of(text, row.start()))
        if not self.rooms:
            self.error(TABLE, 1, "no table of rooms found", "rule: docs/ARCHITECTURE.md",
                       "write one row a room: | room | may use | pure | what it is for |")
        for name, room in self.rooms.items():
            for used in sorted(room.uses):
                if used not in self.rooms:
                    self.error(TABLE, room.line, f"room {name} may use {used}, which has no row",
                               ARROWS, "add the row or mend the name")
                elif room.pure and not self.rooms[used].pure:
                    self.error(TABLE, room.line, f"pure room {name} may use {used}, which is not pure",
                               PURE, "turn the arrow round: give values in, take values out")

    def is_pure(self, room):
        return room in self.rooms and self.rooms[room].pure

    def home(self, path):
        """Where a file belongs: (daemon | plugins | tests, room or plugin or '')."""
        parts = path.split("/")
        return parts[0], parts[1] if len(parts) > 2 else ""

    def target(self, path, name, quoted):
        """The home of an included file; None if it is not ours."""
        if quoted:
            beside = os.path.normpath(os.path.join(os.path.dirname(path), name))
            if beside in self.known:
                return self.home(beside)
        for folder in ("", "daemon/", "plugins/abi/", "plugins/", "tests/"):
            if folder + name in self.known:
                return self.home(folder + name)
        first = name.split("/")[0]
        if first in self.rooms and "/" in name:
            return "daemon", first
        return None

    # --- includes

    def check_includes(self, path, text):
        for found in INCLUDE.finditer(text):
            name = found[2]
            line = line_of(text, found.start())
            if ".." in name.split("/"):
                self.error(path, line, f"#include of {name}", ARROWS,
                           "name the file from daemon/ on, as ROOM/FILE.h")
            target = self.target(path, name, found[1] == '"')
            if target is None:
                self.check_foreign_header(path, line, name)
            else:
                self.check_arrow(path, line, name, target)

    def check_arrow(self, path, line, name, target):
        top, own = self.home(path)
        if top == "tests":
            # A test of a pure room sees what the room sees; others may set up what they need.
            if self.is_pure(own) and target[0] == "daemon":
                self.check_room(path, line, name, own, target[1])
        elif top == "plugins":
            if target[0] != "plugins" or target[1] not in (own, "abi", "common"):
                self.error(path, line, f"plugin {own} includes {name}", PLUGIN,
                           "use plugins/abi and plugins/common alone")
            elif own in ("abi", "common") and target[1] not in (own, "abi"):
                self.error(path, line, f"plugins/{own} includes {name}", PLUGIN,
                           "move what both need into plugins/common")
        elif target[0] == "tests":
            self.error(path, line, f"daemon includes {name} of tests", ARROWS,
                       "move it into the room, or leave it to the tests")
        elif target[0] == "plugins":
            if own != "channel" or target[1] != "abi":
                self.error(path, line, f"{own or 'entry point'} includes {name}", PLUGIN,
                           "only daemon/channel talks to plugins, through plugins/abi")
        elif own == "":
            if target[1] not in ENTRY_POINT_USES:
                self.error(path, line, f"entry point includes {name}", ARROWS,
                           "an entry point hands argv to app or ctl: build the rest there")
        else:
            self.check_room(path, line, name, own, target[1])

    def check_room(self, path, line, name, own, used):
        if own not in self.rooms:
            self.error(path, line, f"room {own} has no row", ARROWS, f"add its row to {TABLE}")
        elif used != own and used not in self.rooms[own].uses:
            allowed = ", ".join(sorted(self.rooms[own].uses - {own})) or "no other room"
            self.error(path, line, f"{own} may not use {used or 'an entry point'} ({name})", ARROWS,
                       f"{own} may use {allowed}: pass values in, or name an interface in usecases")

    def check_foreign_header(self, path, line, name):
        top, own = self.home(path)
        if top == "tests":
            return
        if DATABASE_HEADER.match(name) and own != "store":
            self.error(path, line, f"#include of {name} outside store", SQL,
                       "ask store for what you need, through an interface of usecases")
        elif top == "daemon" and self.is_pure(own) and IMPURE_HEADER.match(name):
            self.error(path, line, f"pure room {own} includes {name}", PURE,
                       "take the values as arguments; the use case reads and writes")
        elif top == "daemon" and name.startswith("spdlog/") and own != "logging":
            self.error(path, line, f"#include of {name} outside logging", LOG,
                       "write an event with log_event of logging/log.h")

    # --- what stands in the code

    def check_pure(self, path, text):
        if not IMPURE_TOKEN.search(text):
            return
        room = self.home(path)[1]
        for found in IMPURE_TOKEN.finditer(blank(text, keep_strings=False)):
            if found[1]:
                todo = "use whole units, micro-units or integers that are wide enough"
            elif found[2]:
                todo = "take `now` as an argument"
            else:
                todo = "take the values as arguments; spool touches files"
            self.error(path, line_of(text, found.start()), f"{found[0]} in pure room {room}", PURE, todo)

    def check_sql(self, path, text):
        top, own = self.home(path)
        if top == "tests" or own == "store" or not SQL_STRING.search(text):
            return
        for found in SQL_STRING.finditer(blank(text, keep_strings=True)):
            self.error(path, line_of(text, found.start(1)), f"SQL ({found[1]}) outside store", SQL,
                       "move the statement into daemon/store, behind an interface of usecases")

    # --- sizes

    def check_sizes(self, path, text):
        lines = text.splitlines()
        if len(lines) > MAX_SOURCE_LINES:
            self.error(path, MAX_SOURCE_LINES + 1, f"{len(lines)} lines, at most {MAX_SOURCE_LINES}", SIZES,
                       "split it along what it does")
        if path == "daemon/main.cc" and len(lines) > MAX_MAIN_LINES:
            self.error(path, MAX_MAIN_LINES + 1, f"{len(lines)} lines, at most {MAX_MAIN_LINES}", SIZES,
                       "move it into daemon/app")
        if not path.endswith(CXX):
            return
        if len(text) > MAX_COLUMNS:
            for number, line in enumerate(lines, 1):
                if len(line) > MAX_COLUMNS:
                    self.error(path, number, f"{len(line)} columns, at most {MAX_COLUMNS}", SIZES,
                               "break the line; ./dev fmt does it for code")
        if path.endswith(".h") and "#pragma once" not in text:
            # The plugins' interface is C99, which has no #pragma once.
            if not (path.startswith("plugins/abi/") and re.search(r"^#ifndef \w+\n#define ", text, re.M)):
                self.error(path, 1, "no #pragma once", HEADERS, "write it above the first #include")


def check(root):
    return Tidy(os.path.abspath(root)).run()


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: tidy.py ROOT")
    errors = check(sys.argv[1])
    for error in errors:
        print(error)
    if errors:
        print(f"tidy: {len(errors)} errors")
    sys.exit(1 if errors else 0)


if __name__ == "__main__":
    main()
