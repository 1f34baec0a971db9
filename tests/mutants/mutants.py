#!/usr/bin/env python3
"""Breaks the program rule by rule (mutants.table) and demands that the named tests find it.

mutants.py ROOT --check                     the table is whole: texts, rules, tests; nothing is built
mutants.py ROOT [--changed BASE] [RULE...]  applies the breaks in a copy below build/mutants, builds, runs, prints a table

RULE: only the breaks of these rules. --changed: only those whose file, or a file in the room of whose test, differs from
that of the commit BASE, and those that the table of BASE does not have; what is not committed counts.
Exit status 0: all is well; 1: a break survived, or the table is not whole; 2: nothing could be tried.
"""
import argparse
import dataclasses
import fnmatch
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

TABLE = "tests/mutants/mutants.table"
PAGE = "docs/RULES.md"
CHOICES = "## Chosen where the rules are silent"  # their heading on the page
RULE = re.compile(r"^- ([A-Z]+\d+) ", re.MULTILINE)
TEST = re.compile(r"^TEST(?:_F|_P)?\(\s*(\w+)\s*,\s*(\w+)\s*\)", re.MULTILINE)
PREFIX = re.compile(r"^((?:[A-Z]+\d+_)+)")
TEST_TIMEOUT_S = 300


@dataclasses.dataclass
class Break:
    """One block of the table."""
    line: int = 0  # of the table, where it begins
    rule: str = ""
    what: str = ""
    file: str = ""
    old: str = ""
    new: str = ""
    room: str = ""
    filter: str = ""

    def __str__(self):
        return f"{TABLE}:{self.line}: {self.rule}, {self.what}"


def read_table(text):
    """Returns the breaks, and faults of the form as sentences."""
    breaks, faults, open_block = [], [], False
    names = {"rule": "rule", "break": "what", "file": "file"}
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("#"):
            continue
        if not line.strip():
            open_block = False
            continue
        if not open_block:
            breaks.append(Break(line=number))
            open_block = True
        one = breaks[-1]
        key, _, value = line.partition(": ")
        if line[:2] in ("- ", "+ ") or line in ("-", "+"):
            field = "old" if line[0] == "-" else "new"
            setattr(one, field, getattr(one, field) + line[2:] + "\n")
        elif key in names:
            setattr(one, names[key], value)
        elif key == "test" and value.count(" ") == 1:
            one.room, one.filter = value.split()
        else:
            faults.append(f"{TABLE}:{number}: '{line}' is none of rule, break, file, -, +, test")
    return breaks, faults


@dataclasses.dataclass
class Rules:
    """The numbers that the page of the rules states, in its order."""
    rules: list    # each has a break and a test
    choices: list  # of the page's list of choices: they may have some


def read_rules(page):
    before, heading, choices = page.partition(CHOICES)
    choices, next_heading, after = choices.partition("\n## ") if heading else ("", "", "")
    return Rules(RULE.findall(before) + RULE.findall(after), RULE.findall(choices))


def tests_of(root):
    """Suite.name of the tests of each room."""
    return {folder.name: [f"{suite}.{name}" for source in sorted(folder.glob("*_test.cc"))
                          for suite, name in TEST.findall(source.read_text())]
            for folder in sorted((root / "tests").iterdir()) if folder.is_dir()}


def rules_named_by(test):
    """The rules at the beginning of its suite's or of its own name: `Rates.O5_O8_x` names O5 and O8."""
    return {rule for part in test.split(".") for prefix in PREFIX.findall(part)
            for rule in prefix.rstrip("_").split("_")}


def faults_of(root, breaks, rules):
    """What is wrong with the table, one sentence each."""
    faults = [] if rules.rules else [f"{PAGE} states no rule: no line begins like '- C1 '"]
    tests = tests_of(root)
    for one in breaks:
        path = root / one.file
        if not one.rule or not one.what or not one.file or not one.old or not one.room:
            faults.append(f"{one}: rule, break, file, a line with - and test are needed")
            continue
        if one.rule not in rules.rules + rules.choices:
            faults.append(f"{one}: {PAGE} states no rule {one.rule}")
        if one.old == one.new:
            faults.append(f"{one}: it changes nothing")
        count = path.read_text().count(one.old) if path.is_file() else 0
        if count != 1:
            faults.append(f"{one}: its text stands {count} times in {one.file}, not once; the entry is stale")
        for pattern in one.filter.split(":"):
            if not any(fnmatch.fnmatchcase(test, pattern) for test in tests.get(one.room, [])):
                faults.append(f"{one}: no test in tests/{one.room} is called {pattern}")
    named = set().union(*(rules_named_by(test) for all_of_room in tests.values() for test in all_of_room))
    for rule in rules.rules:
        if rule not in {one.rule for one in breaks}:
            faults.append(f"{rule} has no break in {TABLE}")
        if rule not in named:
            faults.append(f"{rule} has no test whose name begins with it")
    return faults


class NoBase(Exception):
    """What git said of it."""


def git(root, *command):
    done = subprocess.run(["git", "-C", root, *command], capture_output=True)
    if done.returncode != 0:
        raise NoBase(done.stderr.decode(errors="replace").strip())
    return done.stdout


def files_changed_since(root, base):
    """Paths that differ between the commit `base` and the tree as it is, those that git does not know yet included."""
    listed = git(root, "diff", "--name-only", "--no-renames", "-z", base, "--")
    listed += git(root, "ls-files", "-z", "-o", "--exclude-standard")
    return {os.fsdecode(name) for name in listed.split(b"\0") if name}


def table_of(root, base):
    """The breaks in the table of the commit `base`; none where it had no table."""
    if not git(root, "ls-tree", "--name-only", "--full-tree", base, "--", TABLE):
        return []
    return read_table(git(root, "show", f"{base}:{TABLE}").decode())[0]


def changed_since(root, base, breaks):
    """The breaks that could end otherwise than at the commit `base`. Throws NoBase."""
    paths = files_changed_since(root, base)
    known = [dataclasses.replace(one, line=0) for one in table_of(root, base)]
    return [one for one in breaks
            if one.file in paths or any(path.startswith(f"tests/{one.room}/") for path in paths)
            or dataclasses.replace(one, line=0) not in known]


def copy_tree(root, tree):
    """Makes `tree` equal to the sources in `root`; what is equal already keeps its time, and is not built again."""
    listed = subprocess.run(["git", "-C", root, "ls-files", "-z", "-co", "--exclude-standard"], check=True,
                            capture_output=True).stdout
    names = {os.fsdecode(name) for name in listed.split(b"\0") if name and (root / os.fsdecode(name)).is_file()}
    for path in [path for path in tree.rglob("*") if path.is_file() and "build" not in path.relative_to(tree).parts]:
        if str(path.relative_to(tree)) not in names:
            path.unlink()
    for name in names:
        source, copy = root / name, tree / name
        if copy.is_file() and copy.read_bytes() == source.read_bytes():
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, copy)


class Workshop:
    """A copy of the tree that is broken, built and tested."""

    def __init__(self, root):
        self.tree = root / "build" / "mutants" / "tree"
        self.tree.mkdir(parents=True, exist_ok=True)
        copy_tree(root, self.tree)
        self.must(["cmake", "--preset", "dev", "--log-level=WARNING"])

    def must(self, command):
        done = subprocess.run(command, cwd=self.tree, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"mutants: {' '.join(command)} failed:\n{done.stdout[-4000:]}{done.stderr[-4000:]}")

    def build(self, room):
        """None, or what the compiler said."""
        done = subprocess.run(["cmake", "--build", "--preset", "dev", "--target", f"test_{room}"], cwd=self.tree,
                              capture_output=True, text=True)
        return None if done.returncode == 0 else (done.stdout + done.stderr)[-3000:]

    def passes(self, room, pattern):
        """Whether the tests pass; and what they said. One that does not come to its end fails."""
        try:
            done = subprocess.run([self.tree / "build/dev/bin" / f"test_{room}", f"--gtest_filter={pattern}"],
                                  cwd=self.tree, capture_output=True, text=True, errors="replace",
                                  timeout=TEST_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            return False, f"no end after {TEST_TIMEOUT_S} s"
        return done.returncode == 0, (done.stdout + done.stderr)[-3000:]


def try_one(shop, one):
    """`killed`, `SURVIVED` or `NOT BUILT`; the tree is as before afterwards."""
    path = shop.tree / one.file
    whole = path.read_text()
    path.write_text(whole.replace(one.old, one.new))
    try:
        if (errors := shop.build(one.room)) is not None:
            print(errors)
            return "NOT BUILT"
        return "SURVIVED" if shop.passes(one.room, one.filter)[0] else "killed"
    finally:
        path.write_text(whole)


def run(root, breaks):
    shop = Workshop(root)
    ordered = sorted(breaks, key=lambda one: (one.room, one.file, one.line))
    for room in sorted({one.room for one in ordered}):
        if (errors := shop.build(room)) is not None:
            sys.exit(f"mutants: test_{room} cannot be built:\n{errors}")
        pattern = ":".join(sorted({one.filter for one in ordered if one.room == room}))
        passed, said = shop.passes(room, pattern)
        if not passed:
            print(f"{said}\nmutants: these tests of {room} fail without any break", file=sys.stderr)
            return 2
    widths = (4, max(len(one.what) for one in ordered), max(len(one.filter) + len(one.room) + 1 for one in ordered))
    print(f"{'rule':{widths[0]}}  {'break':{widths[1]}}  {'test':{widths[2]}}  outcome    seconds", flush=True)
    outcomes = []
    for one in ordered:
        begin = time.monotonic()
        outcomes.append(try_one(shop, one))
        print(f"{one.rule:{widths[0]}}  {one.what:{widths[1]}}  {one.room + ' ' + one.filter:{widths[2]}}  "
              f"{outcomes[-1]:9}  {time.monotonic() - begin:7.1f}", flush=True)
    killed = outcomes.count("killed")
    print(f"{killed} of {len(outcomes)} breaks were found")
    return 0 if killed == len(outcomes) else 1


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("rules", nargs="*", metavar="RULE")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--changed", metavar="BASE")
    options = parser.parse_intermixed_args(arguments)
    root = options.root.resolve()
    rules = read_rules((root / PAGE).read_text())
    breaks, faults = read_table((root / TABLE).read_text())
    faults += faults_of(root, breaks, rules)
    for fault in faults:
        print(fault, file=sys.stderr)
    if faults:
        return 1
    if options.check:
        return 0
    unknown = [rule for rule in options.rules if rule not in rules.rules + rules.choices]
    if unknown:
        print(f"mutants: no such rule: {' '.join(unknown)}", file=sys.stderr)
        return 2
    breaks = [one for one in breaks if not options.rules or one.rule in options.rules]
    if options.changed is not None:
        try:
            breaks = changed_since(root, options.changed, breaks)
        except NoBase as error:
            print(f"mutants: --changed {options.changed}: {error}", file=sys.stderr)
            return 2
    if not breaks:
        print("no break is to be tried")
        return 0
    return run(root, breaks)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
