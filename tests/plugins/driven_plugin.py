"""A plugin in the daemon's host, driven from Python: see tests/plugins/drive/drive_plugin.cc."""

import json
import os
import pathlib
import queue
import subprocess
import threading

ANSWER_LIMIT_S = 30


class DrivenPlugin:
    """plugin: its file, or the name of one that the build made; prefix: a command that runs it."""

    def __init__(self, plugin, settings=None, prefix=(), options=()):
        path = pathlib.Path(plugin)
        if not path.is_absolute():
            path = pathlib.Path(os.environ["PACKWARDEN_PLUGINS"]) / f"{plugin}.so"
        words = [f"{key}={value}" for key, value in (settings or {}).items()]
        self.process = subprocess.Popen(
            [*prefix, pathlib.Path(os.environ["PACKWARDEN_BIN"]) / "drive_plugin", *options, path,
             *words],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.answers, self.reports, self.errors = queue.Queue(), queue.Queue(), []
        self.readers = [threading.Thread(target=read, daemon=True)
                        for read in (self._read_answers, self._read_errors)]
        for reader in self.readers:
            reader.start()

    def _read_answers(self):
        for line in self.process.stdout:
            found = json.loads(line)
            (self.reports if "report" in found else self.answers).put(found)
        self.answers.put(None)

    def _read_errors(self):
        for line in self.process.stderr:
            self.errors.append(line.rstrip("\n"))

    def tell(self, order):
        """The answer to an order; None if the process ended instead."""
        try:
            self.process.stdin.write(json.dumps(order) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            return None
        return self.answers.get(timeout=ANSWER_LIMIT_S)

    def deliver(self, messages, limit_ms=10_000):
        answer = self.tell({"deliver": messages, "limit_ms": limit_ms})
        return answer and answer["results"]

    def check(self):
        return self.tell({"check": True})["check"]

    def end(self):
        """(exit status, or minus the signal; the lines of standard error)"""
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        status = self.process.wait(timeout=ANSWER_LIMIT_S)
        for reader in self.readers:
            reader.join(timeout=ANSWER_LIMIT_S)
        self.process.stdout.close()
        self.process.stderr.close()
        return status, self.errors

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        if not self.process.stdin.closed:
            self.end()
