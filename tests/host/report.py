"""What a run of the test host says: one line for each thing proven, with the time that it took."""

import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from server import Failure, wait_until  # noqa: E402, F401: for those who use us


def check(holds, text):
    """Failure with `text` unless `holds`."""
    if not holds:
        raise Failure(text)


def check_equal(found, expected, what):
    if found != expected:
        raise Failure(f"{what}: expected {expected!r}, found {found!r}")


class Report:
    """Lines on standard output. One thread."""

    def __init__(self):
        self.begin = time.monotonic()
        self.proven = 0
        self.failed = []

    def chapter(self, text):
        print(f"\n{text}", flush=True)

    def note(self, text):
        """Something that was done, and proves nothing."""
        print(f"       {time.monotonic() - self.begin:6.1f} s  {text}", flush=True)

    def prove(self, text, scenario, diagnosis):
        """Runs `scenario`; whether it held. `diagnosis(since)` gives what a person needs to see of that time after a failure."""
        begin, since = time.monotonic(), time.time()
        try:
            detail = scenario() or ""
        except Failure as failure:
            self._line("FAIL", begin, text)
            print(_indented(f"{failure}\n{diagnosis(since)}"), flush=True)
            self.failed.append(text)
            return False
        self._line("ok", begin, text + (f": {detail}" if detail else ""))
        self.proven += 1
        return True

    def end(self):
        """The last line, and the exit status."""
        seconds = time.monotonic() - self.begin
        if self.failed:
            print(f"\n{len(self.failed)} failed, {self.proven} proven, in {seconds:.0f} s:", flush=True)
            for text in self.failed:
                print(f"  {text}")
            return 1
        print(f"\nall {self.proven} proven, in {seconds:.0f} s", flush=True)
        return 0

    def _line(self, outcome, begin, text):
        print(f"  {outcome:<4} {time.monotonic() - begin:6.1f} s  {text}", flush=True)
        sys.stdout.flush()


def _indented(text):
    return "\n".join(f"       | {line}" for line in text.splitlines())
