"""The board on which the daemon writes how its channels are, for the zoo: what it showed, and a client that locks it."""

import collections
import subprocess

from harness import Failure


class Board:
    """All that packctl channel list said of each channel."""

    def __init__(self, where):
        self.where, self.seen, self.last = where, collections.defaultdict(set), {}

    def look(self):
        for row in self.where.ctl("channel", "list"):
            self.last[row["channel"]] = row
            self.seen[row["channel"]].add((row["state"], row["detail"]))

    def has_noted(self, ended):
        self.look()
        return all(self.last[name]["failures"] >= times for name, times in ended.items())

    def showed(self, name, state, detail):
        return any(state == its and detail in its_detail for its, its_detail in self.seen[name])


def locked_board(where, name):
    """A client that has the row of a channel on the board, until it is killed."""
    client = subprocess.Popen(where.server.client("--unbuffered", "--skip-column-names", where.database), text=True,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    client.stdin.write(f"BEGIN; SELECT 'locked' FROM channel WHERE name = '{name}' FOR UPDATE;\n")
    client.stdin.flush()
    if client.stdout.readline() != "locked\n":
        raise Failure(f"the row of {name} cannot be locked")
    return client


def end_client(client):
    client.kill()
    client.communicate()
