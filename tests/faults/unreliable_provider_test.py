"""N5, N6: notices through the webhook plugin to a receiver that fails in every way: each arrives, and what the
plugin takes for delivered the receiver has taken."""

import argparse
import collections
import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "plugins"))

from driven_plugin import DrivenPlugin  # noqa: E402
from unreliable_provider import FAULTS, TAKEN  # noqa: E402

PROVIDER = pathlib.Path(__file__).resolve().parent / "unreliable_provider.py"
KEY = "ab" * 32
BATCH = 200
ROUNDS_MAX = 100


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


def deliver_all(plugin, url, notices):
    """{idempotency key: how often the plugin said accepted}, after rounds in which all others are sent again."""
    waiting = [{"idempotency_key": f"pack_usage/1/1/{n}/50/webhook", "recipient": url, "body": f"{n}"}
               for n in range(notices)]
    accepted = collections.Counter()
    for _ in range(ROUNDS_MAX):
        again = []
        for begin in range(0, len(waiting), BATCH):
            batch = waiting[begin:begin + BATCH]
            for message, result in zip(batch, plugin.deliver(batch, limit_ms=10_000), strict=True):
                if result["outcome"] == "accepted":
                    accepted[message["idempotency_key"]] += 1
                else:
                    assert result["outcome"] == "retry", result
                    again.append(message)
        waiting = again
        if not waiting:
            return accepted
    raise AssertionError(f"{len(waiting)} notices did not arrive in {ROUNDS_MAX} rounds")


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
                    "request_timeout_ms": 100, "concurrency_max": 64}
        with provider(os.path.join(folder, "counts"), key_file, "--seed", str(options.seed), "--hang-ms", "300") \
                as (port, end), DrivenPlugin("webhook", settings) as plugin:
            begin = time.monotonic()
            accepted = deliver_all(plugin, f"http://127.0.0.1:{port}/hook", options.notices)
            took_s = time.monotonic() - begin
            counts = end()
    assert not counts["wrong"], counts["wrong"]
    assert len(accepted) == options.notices
    assert set(accepted) == set(counts["accepted"]), "what was not taken was taken for delivered"
    more = sum(times - 1 for times in counts["accepted"].values())
    never = (set(FAULTS) | set(TAKEN)) - set(counts["outcomes"])
    assert not never, f"did not happen: {never}"
    for key, times in counts["answered"].items():
        assert times <= accepted[key], f"{key} was taken {times} times and said so, but was sent again"
    print(f"seed {options.seed}: {options.notices} notices in {took_s:.1f} s,"
          f" {sum(counts['outcomes'].values())} requests, {more} events more than once")


if __name__ == "__main__":
    main()
