"""The service manager's end of sd_notify: records what a process says of itself, and when."""

import os
import socket
import threading
import time


class NotifySocket:
    """Listens until closed. `messages` are (monotonic seconds, {key: value}), oldest first."""

    def __init__(self, directory):
        self.path = os.path.join(directory, "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.messages = []
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()

    def _listen(self):
        while True:
            data = self.socket.recv(65536)
            if data == b"end":
                return
            lines = (line.split("=", 1) for line in data.decode().splitlines() if "=" in line)
            self.messages.append((time.monotonic(), dict(lines)))

    def close(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ours:
            ours.sendto(b"end", self.path)
        self.thread.join()
        self.socket.close()
        os.unlink(self.path)

    def environment(self, watchdog_s=None):
        """For a process that is to speak here."""
        told = {"NOTIFY_SOCKET": self.path}
        if watchdog_s is not None:
            told["WATCHDOG_USEC"] = str(int(watchdog_s * 1_000_000))
        return told

    def times_of(self, key, value=None, since=0.0):
        """When it was said, since a monotonic time."""
        return [at for at, said in list(self.messages)
                if at >= since and key in said and value in (None, said[key])]

    def status(self):
        """The last status line; empty where there was none."""
        lines = [said["STATUS"] for _, said in list(self.messages) if "STATUS" in said]
        return lines[-1] if lines else ""
