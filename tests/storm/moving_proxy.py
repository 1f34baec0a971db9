"""A proxy before the database that moves to another server when it is told so.

    moving_proxy.py --listen SOCKET --server SOCKET [--swallow P] [--cut P] [--seed N]

Lines on its standard input: `target SOCKET` (where new connections go), `drop` (ends all that there are), `lost` (how
many answers to COMMIT, and COMMITs). Each is answered by a line. It loses them as commit_proxy of tests/faults does.
"""

import argparse
import asyncio
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "faults"))

import commit_proxy  # noqa: E402


class Moving:
    """Where connections go now, and those that there are."""

    def __init__(self, target):
        self.target, self.clients = target, set()

    def client(self, chances):
        one = Client(self, chances)
        self.clients.add(one)
        return one

    def obey(self, line, counts):
        word, *rest = line.split()
        if word == "target":
            self.target, = rest
        elif word == "drop":
            for client in list(self.clients):
                client.close()
        elif word != "lost":
            raise SystemExit(f"what is '{line}'?")
        print(word, counts["swallowed"], counts["cut"], flush=True)


class Client(commit_proxy.Client):
    def __init__(self, moving, chances):
        super().__init__(moving.target, chances)
        self.moving = moving

    def close(self):
        super().close()
        self.moving.clients.discard(self)


async def serve(options):
    loop = asyncio.get_running_loop()
    chances = commit_proxy.Chances(options.seed, options.swallow, options.cut, None)
    moving = Moving(options.server)
    server = await loop.create_unix_server(lambda: moving.client(chances), options.listen)
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        moving.obey(line.decode(), chances.counts)
    server.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listen", required=True)
    parser.add_argument("--server", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--swallow", type=float, default=0.0)
    parser.add_argument("--cut", type=float, default=0.0)
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
