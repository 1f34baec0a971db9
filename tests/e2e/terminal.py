"""A real terminal for one program: a pty, with what it was told by the program."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time

from server import Failure

BOUND_S = 30


class Terminal:
    """Runs `command` on a pty of its own; use it as a context."""

    def __init__(self, command, columns=80, lines=24, environment=None):
        self.seen = b""
        self.ours, theirs = pty.openpty()
        self.resize(columns, lines)
        variables = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TERM")}
        variables |= {"TERM": "xterm", **(environment or {})}
        # A session of its own with this terminal, so that Ctrl-C and signals about its size reach it.
        self.process = subprocess.Popen(
            [str(word) for word in command], stdin=theirs, stdout=theirs, stderr=theirs, env=variables,
            start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        self.theirs = theirs  # kept open: what it wrote can be read after its end

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.ours)
        os.close(self.theirs)

    def resize(self, columns, lines):
        fcntl.ioctl(self.ours, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def press(self, keys):
        os.write(self.ours, keys)

    def echoes(self):
        """Whether what is typed is shown, as it is before and after a full-screen program."""
        return bool(termios.tcgetattr(self.theirs)[3] & termios.ECHO)

    def read(self, bound_s):
        if select.select([self.ours], [], [], bound_s)[0]:
            self.seen += os.read(self.ours, 65536)
            return True
        return False

    def rest(self):
        """All that was written, once the process has ended."""
        while self.read(0):
            pass
        return self.seen

    def wait_until(self, condition, what):
        end = time.monotonic() + BOUND_S
        while not condition():
            if time.monotonic() > end:
                raise Failure(f"not within {BOUND_S} s: {what}\n{self.seen[-2000:]!r}")
            self.read(0.1)

    def wait_for(self, text, begin=0):
        self.wait_until(lambda: text in self.seen[begin:], f"{text!r} is shown")

    def frame(self, begin, lines):
        """The lines of the first whole frame from `begin` on, without colours, of at most so many lines."""
        whole = re.compile(rb"\x1b\[H(.*?)\x1b\[J", re.S)

        def fitting():
            return [shown for shown in whole.findall(self.seen, begin) if shown.count(b"\n") < lines]
        self.wait_until(fitting, "a frame of the new size")
        text = re.sub(rb"\x1b\[[0-9;]*[mK]", b"", fitting()[0]).decode()
        return re.split(r"\r*\n", text)  # the terminal adds a return of its own
