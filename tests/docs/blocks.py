"""The fenced blocks of README.md and docs/OPERATIONS.md, and who runs them.

A block of commands says in the line above its fence who runs it, exactly as it is written:

    <!-- run: sandbox backup-1 -->
    ```sh
    packctl status
    ```

`sandbox` is tests/docs/manual_test.py, with a private MariaDB; `host` is ./dev test-host, under a real systemd; `ci` is
.ci/run; `sandbox,host` is both. The name is a scene and the number of the step in it: a scene is one shell of a person, from its first block on
(`Shell`). A first block that only sets variables is marked `places`: on a host it is run as it stands, and the sandbox has
values of its own for these names. What a block prints may stand behind it, and is compared by `same_output`:

    <!-- shows: backup-1 -->
    ```text
    all is well
    ```

All else that is fenced has a language that no shell runs. A block that nobody runs is a fault.
"""

import dataclasses
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = ("README.md", "docs/OPERATIONS.md")
RUNNERS = ("sandbox", "host", "ci")
SHOWN_LANGUAGES = ("csv", "ini", "json", "mermaid", "text", "yaml")
MARK = re.compile(r"<!-- (run|shows|places): (.*?) -->\Z")
NAME = re.compile(r"([a-z]+(?:-[a-z]+)*)-(\d+)\Z")
FENCE = re.compile(r"( *)(`{3,}|~{3,})(.*)\Z")
ASSIGNMENT = re.compile(r"""([A-Z][A-Z_]*)=([^\s"'$`]+|"[^"$`]+")(?: +#.*)?\Z""")


@dataclasses.dataclass(frozen=True)
class Block:
    page: str
    line: int  # of its fence
    mark: str  # run, places, shows; empty: only shown to the reader
    runners: tuple
    scene: str
    step: int
    language: str
    text: str

    @property
    def name(self):
        return f"{self.scene}-{self.step}"

    @property
    def where(self):
        return f"{self.page}:{self.line}"

    def places(self):
        """Of a block marked `places`: name to value."""
        found = {}
        for line in self.text.splitlines():
            match = ASSIGNMENT.match(line)
            if not match:
                raise ValueError(f"{self.where}: no assignment: {line}")
            found[match[1]] = match[2]
        return found


def read(page, text=None):
    """All fenced blocks of a page, in their order. ValueError where a fence or a mark is broken."""
    lines = (text if text is not None else (ROOT / page).read_text(encoding="utf-8")).splitlines()
    found, at = [], 0
    while at < len(lines):
        fence = FENCE.match(lines[at])
        if not fence:
            at += 1
            continue
        indent, ticks, language = len(fence[1]), fence[2], fence[3].strip()
        end = at + 1
        while end < len(lines) and lines[end].strip() != ticks:
            end += 1
        if end == len(lines):
            raise ValueError(f"{page}:{at + 1}: a fence that nothing closes")
        body = "".join(line[indent:] + "\n" for line in lines[at + 1:end])
        mark = MARK.match(lines[at - 1].strip()) if at else None
        found.append(_block(page, at + 1, mark, language, body))
        at = end + 1
    return found


def _block(page, line, mark, language, body):
    if not mark:
        return Block(page, line, "", (), "", 0, language, body)
    words = mark[2].split()
    runners = tuple(words[0].split(",")) if mark[1] != "shows" else ()
    name = NAME.match(words[-1])
    if len(words) != (1 if mark[1] == "shows" else 2) or not name:
        raise ValueError(f"{page}:{line}: the mark above is not '{mark[1]}: [RUNNER,...] SCENE-STEP'")
    return Block(page, line, mark[1], runners, name[1], int(name[2]), language, body)


def blocks(runner=None):
    """The blocks of all pages that this runner runs (`run` and `places`), or all of them."""
    found = [block for page in PAGES for block in read(page)]
    return [block for block in found if runner is None or runner in block.runners]


def scene(name, runner="sandbox"):
    """The blocks of one scene in the order of its steps."""
    return sorted((block for block in blocks(runner) if block.scene == name), key=lambda block: block.step)


def shown(name):
    """What the page shows as the output of this block, or None."""
    for block in blocks():
        if block.mark == "shows" and block.name == name:
            return block.text
    return None


def faults(found):
    """A sentence for each block that breaks the convention above."""
    said, steps = [], {}
    for block in found:
        if block.mark in ("run", "places"):
            said += [f"{block.where}: no runner '{runner}'; one of: {' '.join(RUNNERS)}"
                     for runner in block.runners if runner not in RUNNERS]
            if block.language != "sh":
                said.append(f"{block.where}: what is run is fenced as sh, not as '{block.language}'")
            before = steps.setdefault(block.scene, [])
            if before and before[-1].runners != block.runners:
                said.append(f"{block.where}: another runner than {before[-1].where} of its scene")
            if block.step != len(before) + 1:
                said.append(f"{block.where}: step {len(before) + 1} of {block.scene} comes here, not {block.step}")
            if block.mark == "places":
                try:
                    block.places()
                except ValueError as fault:
                    said.append(str(fault))
            before.append(block)
        elif block.language not in SHOWN_LANGUAGES:
            said.append(f"{block.where}: nobody runs this block: it has no '<!-- run: ... -->' above it, and its"
                        f" language is none of: {' '.join(SHOWN_LANGUAGES)}")
    names = {block.name for block in found if block.mark in ("run", "places")}
    said += [f"{block.where}: shows what {block.name} prints, but there is no such block"
             for block in found if block.mark == "shows" and block.name not in names]
    return said


def normal(text):
    """Without what differs from run to run: instants, days, months, claims, digests, ids, numbers of ledger transactions, and
    the widths that follow from them."""
    text = re.sub(r"\d{8}T\d{6}\.\d{6}Z-\d{4}", "CLAIM", text)
    text = re.sub(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?( ?(Z|UTC|[+-]\d\d:?\d\d))?", "INSTANT", text)
    text = re.sub(r"\d{4}-\d\d-\d\d", "DAY", text)
    text = re.sub(r"\b\d{4}-\d\d\b", "MONTH", text)
    text = re.sub(r"\b(sha256:)?[0-9a-f]{6,64}(\.\.\.)?\b", "HEX", text)
    text = re.sub(r"\bledger transaction \d+", "ledger transaction SEQ", text)
    return [" ".join(re.sub(r"[-─]{2,}", "--", line).split()) for line in text.strip().splitlines()]


def same_output(page_text, printed):
    return normal(page_text) == normal(printed)


class Shell:
    """One bash of a person, in which blocks are run one after the other; what a block sets is there for the next one.

    A command that fails ends the block, as `set -eu -o pipefail` says, and with it the shell. `prefix` is what bash is run by,
    for example ["chroot", root]; the blocks come through its standard input.
    """

    def __init__(self, prefix=(), environment=None, directory=None, bound_s=300):
        self.bound_s, self.begin = bound_s, time.monotonic()
        self.error = tempfile.TemporaryFile("w+", errors="replace")
        self.process = subprocess.Popen(
            [*map(str, prefix), "timeout", str(bound_s), "bash", "--noprofile", "--norc", "-eu", "-o", "pipefail"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.error, text=True,
            env=environment, cwd=directory)

    def run(self, text):
        """What it prints on standard output. RuntimeError with all that it said where a command fails."""
        end = f"-- end of block {os.urandom(8).hex()} --"
        # Whole before its first command runs, and with no input of its own: no command eats the rest of it.
        script = f"eval {shlex.quote(text)} </dev/null\nprintf '%s\\n' '{end}'\n"
        try:
            self.process.stdin.write(script)
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        printed = []
        for line in self.process.stdout:
            if line.rstrip("\n") == end:
                return "".join(printed)
            if line.endswith(end + "\n"):
                return "".join(printed) + line[:-len(end) - 1]
            printed.append(line)
        status = self.process.wait()
        self.error.seek(0)
        late = status == 124 and time.monotonic() - self.begin > self.bound_s
        why = f"{self.bound_s} s of this shell were over" if late else f"status {status}"
        raise RuntimeError(f"a block ended with {why}:\n{text}\n--- it printed:\n{''.join(printed)[-3000:]}"
                           f"\n--- and on standard error:\n{self.error.read()[-3000:]}")

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()
        self.error.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def main():
    """The convention holds; with a runner's name, its blocks are listed."""
    said = faults(blocks())
    for sentence in said:
        print(sentence)
    for block in blocks(sys.argv[1]) if len(sys.argv) > 1 else ():
        print(f"{block.where}: {block.name}")
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
