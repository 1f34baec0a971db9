"""A proxy before MariaDB that loses answers to COMMIT, as a network does.

It listens on a Unix socket and speaks the MySQL protocol only as far as it must: it reads the
packet headers from client to server and knows a COM_QUERY whose text is COMMIT. With the given
probabilities it

  swallows   forwards the COMMIT, waits for the server's answer, drops it and closes both
             connections: the transaction stands, the client cannot know;
  cuts       closes both connections before the COMMIT is forwarded: the transaction is gone.

Counts go to the statistics file (JSON) after each event, so that they outlive the proxy.
"""

import argparse
import asyncio
import json
import os
import random
import signal

COM_QUERY = 3
HEADER_BYTES = 4
COMMIT_PACKET_MAX = 16  # longer packets cannot be a COMMIT


class Chances:
    """Draws what happens to a COMMIT, and counts."""

    def __init__(self, seed, swallow, cut, stats_path):
        self.random = random.Random(seed)
        self.swallow, self.cut, self.stats_path = swallow, cut, stats_path
        self.counts = {"connections": 0, "commits": 0, "swallowed": 0, "cut": 0}

    def fate(self):
        self.counts["commits"] += 1
        draw = self.random.random()
        return "swallow" if draw < self.swallow else \
            "cut" if draw < self.swallow + self.cut else "pass"

    def count(self, what):
        self.counts[what] += 1
        self.write()

    def write(self):
        if self.stats_path:
            temporary = f"{self.stats_path}.tmp"
            with open(temporary, "w", encoding="ascii") as file:
                json.dump(self.counts, file)
            os.replace(temporary, self.stats_path)


class Server(asyncio.Protocol):
    """The connection to the server: passes all back, unless an answer is to be swallowed."""

    def __init__(self, client):
        self.client, self.transport = client, None

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        if self.client.swallowing:
            self.client.swallowed()
        else:
            self.client.transport.write(data)

    def connection_lost(self, exc):
        self.client.close()

    def pause_writing(self):
        self.client.transport.pause_reading()

    def resume_writing(self):
        self.client.transport.resume_reading()


class Client(asyncio.Protocol):
    """A client's connection; owns the one to the server."""

    def __init__(self, server_path, chances):
        self.server_path, self.chances = server_path, chances
        self.transport = self.server = None
        self.waiting = b""    # bytes from the client that are not forwarded yet
        self.skip = 0         # bytes of the current packet that pass unseen
        self.swallowing = self.closed = False

    def connection_made(self, transport):
        self.transport = transport
        self.chances.count("connections")
        transport.pause_reading()
        self.connecting = asyncio.ensure_future(self.connect())

    async def connect(self):
        try:
            _, self.server = await asyncio.get_running_loop().create_unix_connection(
                lambda: Server(self), self.server_path)
        except OSError:
            self.close()
            return
        if self.closed:
            self.server.transport.close()
        else:
            self.transport.resume_reading()

    def data_received(self, data):
        if self.waiting:
            data, self.waiting = self.waiting + data, b""
        position, size = 0, len(data)
        while position < size:
            if self.skip:
                step = min(self.skip, size - position)
                self.skip -= step
                position += step
                continue
            if size - position < HEADER_BYTES:
                break
            length = int.from_bytes(data[position:position + 3], "little")
            if data[position + 3] != 0 or not 0 < length <= COMMIT_PACKET_MAX:
                self.skip = HEADER_BYTES + length
                continue
            end = position + HEADER_BYTES + length
            if end > size:
                break
            if is_commit(data[position + HEADER_BYTES:end]):
                fate = self.chances.fate()
                if fate == "cut":
                    self.chances.count("cut")
                    self.close()
                    return
                self.swallowing = fate == "swallow"
            position = end
        self.server.transport.write(data if position == size else data[:position])
        self.waiting = data[position:]

    def swallowed(self):
        """The answer to a COMMIT came, so it has happened; nobody will be told."""
        self.swallowing = False
        self.chances.count("swallowed")
        self.close()

    def close(self):
        if self.closed:
            return
        self.closed = True
        for transport in (self.transport, self.server and self.server.transport):
            if transport:
                transport.close()  # what is on its way still goes out

    def connection_lost(self, exc):
        self.close()

    def pause_writing(self):
        if self.server:
            self.server.transport.pause_reading()

    def resume_writing(self):
        if self.server:
            self.server.transport.resume_reading()


def is_commit(payload):
    return payload[0] == COM_QUERY and payload[1:].strip(b" ;\r\n\t").upper() == b"COMMIT"


async def serve(options):
    chances = Chances(options.seed, options.swallow, options.cut, options.stats)
    loop = asyncio.get_running_loop()
    ended = loop.create_future()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, lambda: ended.done() or ended.set_result(None))
    server = await loop.create_unix_server(lambda: Client(options.server, chances),
                                           options.listen)
    chances.write()
    await ended
    server.close()
    chances.write()


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--listen", required=True, help="Unix socket to create")
    parser.add_argument("--server", required=True, help="Unix socket of the server")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--swallow", type=float, default=0.0, help="probability, 0 to 1")
    parser.add_argument("--cut", type=float, default=0.0, help="probability, 0 to 1")
    parser.add_argument("--stats", help="file for the counts, as JSON")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
