"""Entitlement checks a second, on this machine: ./dev bench entitlement [--connections N...] [--seconds N]

The HTTP port of the daemon as it is, with a token, over 100,000 accounts in memory. wrk asks from
the same machine for random accounts and looks at the status and the body of every answer; its own
work for that takes a core and more, so the last column says what the port itself would do on a
core: answers by the processor time that it took. The first run warms up and is not counted.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SERVER = ROOT / "build/release/bin/bench_entitlement"
FIELDS = ("requests", "duration_us", "p50_us", "p99_us", "max_us", "seen", "other_status", "wrong_body",
          "errors")

sys.path.insert(0, str(ROOT / "tests/e2e"))

import tables  # noqa: E402


class Server:
    """bench_entitlement with tokens of its own."""

    def __init__(self, accounts):
        self.directory = tempfile.TemporaryDirectory(prefix="packwarden-bench-")
        self.process = subprocess.Popen([SERVER, f"{self.directory.name}/tokens", str(accounts)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port, self.token = self.process.stdout.readline().split()

    def stop(self):
        """Microseconds of processor time that it took."""
        output, _ = self.process.communicate(timeout=60)
        self.directory.cleanup()
        if self.process.returncode != 0:
            sys.exit(f"bench_entitlement ended with status {self.process.returncode}")
        return int(output)


def ask(server, options, connections, seconds):
    words = ["wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{seconds}s",
             "--script", HERE / "entitlement.lua", f"http://127.0.0.1:{server.port}", "--",
             server.token, str(options.accounts), str(options.seed)]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    line = done.stdout.strip().splitlines()[-1]
    if not line.startswith("RESULT "):
        sys.exit(f"wrk said:\n{done.stdout}{done.stderr}")
    return dict(zip(FIELDS, map(int, line.split()[1:])))


def measure(options, connections):
    server = Server(options.accounts)
    warm = ask(server, options, connections, 1)
    result = ask(server, options, connections, options.seconds)
    cpu_us = server.stop()
    if result["seen"] == 0:
        sys.exit("nothing was answered")
    rate = result["requests"] * 1_000_000 // result["duration_us"]
    a_core = (warm["seen"] + result["seen"]) * 1_000_000 // cpu_us
    row = (connections, f"{rate:,}", f"{result['p50_us'] / 1000:.2f} ms",
           f"{result['p99_us'] / 1000:.2f} ms", f"{result['max_us'] / 1000:.1f} ms",
           f"{result['other_status']:,}", f"{result['wrong_body']:,}", f"{result['errors']:,}",
           f"{a_core:,}")
    return row, result["other_status"] + result["wrong_body"] + result["errors"]


def main():
    parser = argparse.ArgumentParser(prog="./dev bench entitlement", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--connections", type=int, nargs="+", default=[8, 64])
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rows, bad = zip(*[measure(options, connections) for connections in options.connections])
    print(f"\n{options.accounts:,} accounts, {options.seconds} s each, wrk on the same machine\n")
    tables.table(("connections", "requests/s", "p50", "p99", "max", "not 200", "wrong body", "errors",
                  "requests/s of a core"), rows, indent=2)
    print()
    if sum(bad):
        sys.exit("some answers were not as they should be")


if __name__ == "__main__":
    main()
