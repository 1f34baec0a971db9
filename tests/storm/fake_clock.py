"""Clocks that run as a test wants: libfaketime, with one file for each host.

The virtual clock is the machine's plus an offset that only jumps, so that all processes that read the same file
agree, whenever they began. A host's file has the common offset and its own error.
"""

import os
import pathlib
import threading
import time

from server import Failure

SECOND = 10**9


def library():
    found = sorted(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not found:
        raise Failure("libfaketime is not installed: ./dev deps")
    return str(found[0])


def sweep():
    """Removes what libfaketime leaves of processes that were killed: one that gets the same number would not start."""
    for left in pathlib.Path("/dev/shm").glob("*faketime_s*_*"):
        number = left.name.rpartition("_")[2]
        if number.isdigit() and not os.path.exists(f"/proc/{number}"):
            left.unlink(missing_ok=True)


class Clocks:
    """The files of all hosts. Thread-safe."""

    def __init__(self, directory, hosts, begin):
        """`begin`: the virtual instant of now, in nanoseconds since 1970."""
        self.directory, self.lock = directory, threading.Lock()
        self.base = begin - time.time_ns()
        self.errors = dict.fromkeys(hosts, 0)  # nanoseconds
        self.library = library()
        sweep()
        self._write()

    def environment(self, host):
        return {"LD_PRELOAD": self.library, "FAKETIME_TIMESTAMP_FILE": str(self._file(host)), "FAKETIME_NO_CACHE": "1",
                "DONT_FAKE_MONOTONIC": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1"}

    def now(self):
        """What a host without an error reads, in nanoseconds since 1970. Waits while the clocks jump: else it would be
        ahead of a host whose file is written last."""
        with self.lock:
            return time.time_ns() + self.base

    def jump(self, by_ns):
        with self.lock:
            self.base += by_ns
            self._write()

    def step(self, host, error_ns):
        """From now on the clock of this host is wrong by so much."""
        with self.lock:
            self.errors[host] = error_ns
            self._write()

    def _file(self, host):
        return self.directory / f"clock-{host}"

    def _write(self):
        for host, error in self.errors.items():
            offset, sign = abs(self.base + error), "-" if self.base + error < 0 else "+"
            hidden = self.directory / f".clock-{host}"
            hidden.write_text(f"{sign}{offset // SECOND}.{offset % SECOND:09}\n")
            os.replace(hidden, self._file(host))
