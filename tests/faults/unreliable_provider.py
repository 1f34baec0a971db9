#!/usr/bin/env python3
"""A receiver of webhooks that fails at random, from a seed, in every way, and knows what it took.

    unreliable_provider.py --counts FILE [--port N] [--seed N] [--faults SHARE] [--hang-ms N] [--key-file FILE]

Prints "port N" when it listens on 127.0.0.1 (http). SIGTERM or SIGINT ends it; then FILE has a JSON object:

    accepted     {webhook-id: how often it took that event}: fully read and not refused, also where it
                 then hung, dropped the line or answered in half
    answered     {webhook-id: how often it took it and said so in full}
    takes        {webhook-id: [[outcome, seconds since 1970] of each time that it took it]}
    outcomes     {outcome: how often}
    wrong        what no sender may do, such as a wrong signature or a second body under one webhook-id; the
                 first 20

The outcome of the n-th delivery of an event depends on the seed, its webhook-id and n alone, but for lines that drop
before the event is read: those depend on the seed and how many requests came before.
"""
import argparse
import asyncio
import base64
import collections
import hashlib
import hmac
import json
import os
import random
import signal
import sys
import time
import zlib

HEAD_BYTES_MAX = 65_536
WRONG_MAX = 20

# Weights among the faults. `early` ones come before the event is read, `late` ones after it was taken.
EARLY = {"drop_before_reading": 2, "drop_while_reading": 2}
REFUSED = {"400": 1, "404": 1, "408": 1, "429": 2, "500": 1, "502": 1, "503": 2, "302": 1}
LATE = {"hang": 2, "drop_after_reading": 2, "half_head": 1, "half_body": 2, "not_http": 1}
FAULTS = {**EARLY, **REFUSED, **LATE}
EARLY_SHARE = sum(EARLY.values()) / sum(FAULTS.values())
TAKEN = {"200": 8, "202": 1, "204": 1}


def pick(weights, random_number):
    return random.Random(random_number).choices(list(weights), weights=list(weights.values()))[0]


class Provider:
    def __init__(self, options, keys):
        self.seed, self.faults, self.hang_s = options.seed, options.faults, (options.hang_ms or 0) / 1000
        self.keys, self.requests = keys, 0
        self.accepted, self.answered = collections.Counter(), collections.Counter()
        self.takes = collections.defaultdict(list)
        self.attempts, self.outcomes, self.bodies, self.wrong = (
            collections.Counter(), collections.Counter(), {}, [])

    def chance(self, *what):
        """The same number from 0 to 1 for the same seed and words."""
        return zlib.crc32("/".join(map(str, (self.seed, *what))).encode()) / 2**32

    def early_fault(self):
        self.requests += 1
        if self.chance("early", self.requests) >= self.faults * EARLY_SHARE:
            return None
        return pick(EARLY, f"{self.seed}/{self.requests}")

    def outcome(self, event_id):
        self.attempts[event_id] += 1
        which = (event_id, self.attempts[event_id])
        share = self.faults * (1 - EARLY_SHARE)
        is_fault = self.chance(*which) < share
        return pick({**REFUSED, **LATE} if is_fault else TAKEN, f"{self.seed}/{which}")

    def complain(self, what):
        if len(self.wrong) < WRONG_MAX:
            self.wrong.append(what)

    def check(self, headers, body):
        """Of what was read in full: its webhook-id."""
        event_id = headers.get("webhook-id", "")
        try:
            event = json.loads(body)
            if event["id"] != event_id:
                self.complain(f"webhook-id {event_id}, but id {event['id']}")
            account = event["subject"]
        except (ValueError, KeyError, TypeError) as error:
            self.complain(f"{event_id}: no event: {error!r}")
            return event_id
        digest = zlib.crc32(body)
        if self.bodies.setdefault(event_id, digest) != digest:
            self.complain(f"{event_id}: another body than before")
        if self.keys and not self.is_signed(headers, body, account):
            self.complain(f"{event_id}: signature is wrong")
        return event_id

    def is_signed(self, headers, body, account):
        secret = hmac.new(self.keys[0], f"packwarden webhook\n{account}".encode(), hashlib.sha256).digest()
        text = f"{headers.get('webhook-id')}.{headers.get('webhook-timestamp')}.".encode() + body
        wanted = base64.b64encode(hmac.new(secret, text, hashlib.sha256).digest()).decode()
        return f"v1,{wanted}" in headers.get("webhook-signature", "").split(" ")

    def counts(self):
        return {"accepted": self.accepted, "answered": self.answered, "takes": self.takes,
                "outcomes": self.outcomes, "wrong": self.wrong}


class Line(asyncio.Protocol):
    """One connection: requests come one after the other."""

    def __init__(self, provider):
        self.provider, self.pending, self.early, self.is_begun = provider, b"", None, False
        self.transport = None

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.pending += data
        while self.pending and not self.transport.is_closing():
            if not self.is_begun:
                self.is_begun, self.early = True, self.provider.early_fault()
            if self.early == "drop_before_reading":
                self.drop(self.early)
                return
            if not self.take_request():
                return

    def take_request(self):
        head, found, rest = self.pending.partition(b"\r\n\r\n")
        if not found:
            if len(head) > HEAD_BYTES_MAX:
                self.provider.complain("a head without an end")
                self.drop("drop_before_reading")
            return False
        lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        size = int(headers.get("content-length", 0))
        if self.early == "drop_while_reading":
            self.drop(self.early)
            return False
        if len(rest) < size:
            return False
        self.pending, self.is_begun = rest[size:], False
        event_id = self.provider.check(headers, rest[:size])
        self.answer(event_id, self.provider.outcome(event_id))
        return True

    def drop(self, outcome):
        self.provider.outcomes[outcome] += 1
        self.transport.abort()

    def answer(self, event_id, outcome):
        provider = self.provider
        provider.outcomes[outcome] += 1
        if outcome not in REFUSED:
            provider.accepted[event_id] += 1
            provider.takes[event_id].append([outcome, time.time()])
        if outcome in TAKEN:
            provider.answered[event_id] += 1
        if outcome == "hang" and provider.hang_s == 0:
            return  # until the sender gives up
        if outcome == "hang":
            asyncio.get_running_loop().call_later(provider.hang_s, self.transport.abort)
        elif outcome == "drop_after_reading":
            self.transport.abort()
        elif outcome in ("half_head", "half_body", "not_http"):
            self.transport.write({"half_head": b"HTTP/1.1 200 O",
                                  "half_body": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
                                  "not_http": b"220 mail.example ESMTP\r\n"}[outcome])
            self.transport.close()
        else:
            retry_after = "Retry-After: 1\r\n" if outcome in ("429", "503") else ""
            self.transport.write(f"HTTP/1.1 {outcome} So\r\n{retry_after}Content-Length: 0\r\n\r\n".encode())


async def serve(options, provider):
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    server = await loop.create_server(lambda: Line(provider), "127.0.0.1", options.port, backlog=1024)
    print(f"port {server.sockets[0].getsockname()[1]}", flush=True)
    await ended.wait()
    server.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--counts", required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faults", type=float, default=0.4, help="share of requests that fail, 0 to 1")
    parser.add_argument("--hang-ms", type=int, help="longer than the sender waits; default: until it gives up")
    parser.add_argument("--key-file", help="of the webhook plugin: then signatures are checked")
    options = parser.parse_args()
    keys = []
    if options.key_file:
        with open(options.key_file, encoding="ascii") as file:
            keys = [bytes.fromhex(line) for line in file.read().split()]
    provider = Provider(options, keys)
    asyncio.run(serve(options, provider))
    with open(options.counts + ".part", "w", encoding="utf-8") as file:
        json.dump(provider.counts(), file)
    os.replace(options.counts + ".part", options.counts)
    return 0


if __name__ == "__main__":
    sys.exit(main())
