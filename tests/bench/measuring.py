"""What the smaller benches share: a private server, a deployment whose metrics can be read, and how they end."""

import argparse
import pathlib
import re
import sys
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import harness  # noqa: E402

SERVER = ("--innodb-buffer-pool-size=2G", "--innodb-log-file-size=1G")
BOUND_S = 900
SAMPLE = re.compile(r'^packwarden_ledger_held_seconds_(bucket|sum|count)\{(.*)\} (\S+)$', re.MULTILINE)
LABEL = re.compile(r'(\w+)="([^"]*)"')


def deployment(directory, server, database, **settings):
    """(a deployment with its database and a port, the port)."""
    server.new_database(database)
    where = harness.Deployment(directory, server, database, spool_name="bench", **settings)
    return where, with_port(where)


def with_port(where):
    """The port at which the daemon of `where` answers from now on."""
    port = harness.free_port()
    folder = where.config.parent
    where.config.write_text(where.config.read_text().replace(
        "http: {listen: off}", f"http: {{listen: '127.0.0.1:{port}', tokens_file: {folder}/tokens}}"))
    return port


class Holds:
    """How long a daemon held the ledger since this was made."""

    def __init__(self, port, kind):
        self.port, self.kind = port, kind
        self.before = self._read()

    def _read(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=60) as page:
            text = page.read().decode()
        found = {}
        for what, labels, value in SAMPLE.findall(text):
            named = dict(LABEL.findall(labels))
            if named["kind"] == self.kind:
                found[named.get("le", what)] = float(value)
        return found

    def now(self):
        """(transactions, seconds in all, the bound of the bucket that the longest one is in)."""
        after = self._read()
        since = {key: value - self.before.get(key, 0) for key, value in after.items()}
        count = int(since.pop("count", 0))
        seconds = since.pop("sum", 0.0)
        longest = min((float(le) for le, below in since.items() if below == count), default=0.0)
        return count, seconds, longest


def main_of(name, description, arguments, run, server_options=SERVER):
    """Runs `run(options, server, directory)`, which gives what is wrong, as sentences. `arguments`: {name: what argparse
    takes}."""
    parser = argparse.ArgumentParser(prog=f"./dev bench {name}", description=description,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    for argument, takes in arguments.items():
        parser.add_argument(argument, **takes)
    options = parser.parse_args()
    try:
        with harness.temporary_directory() as directory:
            server = harness.PrivateServer(directory, server_options)
            try:
                faults = run(options, server, directory)
            finally:
                server.stop()
    except harness.Failure as failure:
        sys.exit(f"failed: {failure}")
    if faults:
        sys.exit("\n".join(faults))
