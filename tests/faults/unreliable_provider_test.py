"""N5, N6: notices through the webhook plugin to a receiver that fails in every way: each arrives, and what the
plugin takes for delivered the receiver has taken.

How long it takes proves nothing: it is judged by counts alone. Where the machine is so slow that the plugin gives up on
requests that are answered, its patience is doubled, and what it gave up on may have been answered."""

import argparse
import collections
import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "plugins"))

from driven_plugin import DrivenPlugin  # noqa: E402
from unreliable_provider import FAULTS, TAKEN  # noqa: E402

PROVIDER = pathlib.Path(__file__).resolve().parent / "unreliable_provider.py"
KEY = "ab" * 32
BATCH = 200
PATIENCE_MS, PATIENCE_MS_MAX = 100, 60_000  # of one request; whoever hangs costs as much
# So many of a hundred are accepted in a round at least, where the machine is fast enough: of the receiver's own 60 %.
ACCEPTED_PERCENT_MIN = 30
BARREN_MAX = 8
TIMED_OUT = ("timed out", "Timeout was reached")  # as libcurl says it


@contextlib.contextmanager
def provider(counts, key_file, *options):
    """(port, a function that ends it and returns its counts)"""
    process = subprocess.Popen([sys.executable, "-B", PROVIDER, "--counts", counts, "--key-file", key_file,
                                *options], stdout=subprocess.PIPE, text=True)

    def end():
        process.terminate()
        assert process.wait(timeout=30) == 0
        return json.loads(pathlib.Path(counts).read_text())

    try:
        yield int(process.stdout.readline().split()[1]), end
    finally:
        process.stdout.close()
        if process.poll() is None:
            process.kill()
            process.wait()


class Sender:
    """Sends in rounds, in each of which all that was not accepted yet is sent again."""

    def __init__(self, url, settings, notices):
        self.url, self.settings, self.patience_ms = url, settings, PATIENCE_MS
        self.waiting = [{"idempotency_key": f"pack_usage/1/1/{n}/50/webhook", "recipient": url, "body": f"{n}"}
                        for n in range(notices)]
        self.accepted, self.given_up = collections.Counter(), collections.Counter()
        self.barren = 0  # rounds, the last of all, in which nothing was accepted

    def deliver_all(self):
        while self.waiting:
            settings = {**self.settings, "request_timeout_ms": self.patience_ms}
            with DrivenPlugin("webhook", settings) as plugin:
                while self.waiting and self.round(plugin):
                    pass
            self.patience_ms = min(2 * self.patience_ms, PATIENCE_MS_MAX)

    def round(self, plugin):
        """False: the machine is too slow for this patience."""
        again, sent = [], len(self.waiting)
        for begin in range(0, sent, BATCH):
            batch = self.waiting[begin:begin + BATCH]
            for message, result in zip(batch, plugin.deliver(batch), strict=True):
                key = message["idempotency_key"]
                if result["outcome"] == "accepted":
                    self.accepted[key] += 1
                    continue
                assert result["outcome"] == "retry", result
                self.given_up[key] += any(words in result["detail"] for words in TIMED_OUT)
                again.append(message)
        self.waiting = again
        self.barren = self.barren + 1 if len(again) == sent else 0
        if sent < BATCH:  # too few for a share
            return self.barren < BARREN_MAX
        return 100 * (sent - len(again)) >= ACCEPTED_PERCENT_MIN * sent


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--notices", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        key_file = os.path.join(folder, "key")
        with open(os.open(key_file, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="ascii") as file:
            file.write(KEY + "\n")
        settings = {"key_file": key_file, "allow_http_loopback": "true", "allow_private_addresses": "true",
                    "concurrency_max": 64}
        with provider(os.path.join(folder, "counts"), key_file, "--seed", str(options.seed)) as (port, end):
            sender = Sender(f"http://127.0.0.1:{port}/hook", settings, options.notices)
            sender.deliver_all()
            counts = end()
    assert not counts["wrong"], counts["wrong"]
    accepted = sender.accepted
    assert set(accepted.values()) == {1} and len(accepted) == options.notices
    assert set(accepted) == set(counts["accepted"]), "what was not taken was taken for delivered"
    more = sum(times - 1 for times in counts["accepted"].values())
    never = (set(FAULTS) | set(TAKEN)) - set(counts["outcomes"])
    assert not never, f"did not happen: {never}"
    for key, times in counts["answered"].items():
        assert times <= 1 + sender.given_up[key], f"{key} was taken {times} times and said so, but was sent again"
    print(f"seed {options.seed}: {options.notices} notices, {sum(counts['outcomes'].values())} requests, {more} events"
          f" more than once, {sum(sender.given_up.values())} given up on, patience {sender.patience_ms} ms")


if __name__ == "__main__":
    main()
