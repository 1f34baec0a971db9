"""N5, N6, N8: no notice is lost and none is sent twice without a reason, though the provider fails in every way and
the channel's process is killed with -9 about every second.

Notices as the ledger writes them wait in the outbox; a channel delivers them through the webhook plugin to
unreliable_provider.py. The provider keeps each time that it took a notice, a trigger each step of each delivery. At the
end each of those times is either what made the delivery `sent`, or explained by one of: the provider lost the answer;
the process had it in flight when it was killed; the answer came after the request's time was over.
Two parts: a channel with one process that sends again what is unknown, and one with two processes that hold it.
"""

import argparse
import os
import pathlib
import random
import re
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import harness  # noqa: E402
from harness import Failure  # noqa: E402
from notices_account import account_of  # noqa: E402
from unreliable_provider_test import KEY, provider  # noqa: E402

PROCESSES = {"retry": 1, "hold": 2}  # killed at the same moment
KILL_S_MIN, KILL_S_MAX = 0.7, 1.3
KILLS_MIN = 5
HOLD_NOTICES_MIN = 2_500  # so many that some are left at the first kill
# Killed no more when so few still wait, so that the last leases can end.
REST_SHARE = 0.04
NOTICES_PER_ACCOUNT = 4
IN_FLIGHT_SHARE_MIN = 0.01
# Of so many notices one has an endpoint that is away, and one is soon of no use; both expire or arrive.
AWAY_EACH, SHORT_EACH = 200, 50
AWAY_USEFUL_S, SHORT_USEFUL_S = 10, 3
ATTEMPTS_MAX, UNKNOWN_ATTEMPTS_MAX = 12, 6
SETTINGS = {"batch_max": 200, "poll_interval_ms": 50, "send_timeout_ms": 1000, "lease_s": 6, "retry_min_ms": 50,
            "retry_max_ms": 2000, "attempts_max": ATTEMPTS_MAX, "unknown_attempts_max": UNKNOWN_ATTEMPTS_MAX}
REQUEST_TIMEOUT_MS = 150

# Each step of each delivery, with the instant at which it was made.
HISTORY = """
CREATE TABLE delivery_step (
  step BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, delivery_id BIGINT UNSIGNED NOT NULL,
  attempts INT UNSIGNED NOT NULL, was VARCHAR(16) NOT NULL, state VARCHAR(16) NOT NULL, outcome VARCHAR(255) NOT NULL,
  at DECIMAL(20, 6) NOT NULL);
CREATE TRIGGER keep_step AFTER UPDATE ON outbox FOR EACH ROW
  INSERT INTO delivery_step (delivery_id, attempts, was, state, outcome, at)
  VALUES (NEW.delivery_id, NEW.attempts, OLD.state, NEW.state, NEW.outcome, UNIX_TIMESTAMP(SYSDATE(6)));
"""

# In the shape of store/notice_rows.cc.
NOTICES = """
INSERT INTO outbox (idempotency_key, channel, account_name, recipient, language, kind, subject, body, html, facts,
  occurred_at, can_wait, useful_until, state, attempts, next_attempt_at, claim_token, outcome, created_at)
SELECT CONCAT_WS('/', ELT(1 + seq % 4, 'pack_usage', 'pack_used_up', 'pack_expiring', 'bill'), {first} + seq DIV {each},
    1, 1 + seq DIV {each} % 7, 50 + seq % {each}, 'webhook'), '{channel}', CONCAT('tenant-', {first} + seq DIV {each}),
  CONCAT('http://127.0.0.1:', IF(seq % {away_each} = 7, {away_port}, {port}), '/hook/', seq DIV {each}), 'en',
  ELT(1 + seq % 4, 'pack_usage', 'pack_used_up', 'pack_expiring', 'bill'), CONCAT('Notice ', seq),
  REPEAT(CONCAT('What happened to tenant ', seq DIV {each}, '. '), 5), NULL,
  CONCAT('{{"quota": 30000, "used": ', seq, '}}'), UTC_TIMESTAMP(6), 0,
  CASE WHEN seq % {away_each} = 7 THEN UTC_TIMESTAMP(6) + INTERVAL {away_s} SECOND
       WHEN seq % {short_each} = 3 THEN UTC_TIMESTAMP(6) + INTERVAL {short_s} SECOND
       ELSE UTC_TIMESTAMP(6) + INTERVAL 3 DAY END,
  'queued', 0, UTC_TIMESTAMP(6), '', '', UTC_TIMESTAMP(6)
FROM seq_0_to_{last};
"""

# What the log may say, after instant, level and process, with numbers as N; all else is a fault.
USUAL_LINES = (
    r"info channel-\S+: channel \S+ delivers through webhook",
    r"info channel-\S+: stopping on SIGTERM",
    r"warning channel-\S+: channel \S+: the process before this one ended without a word",
    r"warning channel-\S+: channel \S+: N deliveries were left in the middle by a sender that is gone; they are .*",
    r"warning channel-\S+: channel \S+: delivery N to '[^']+' is (held|given up): .*",
    r"warning channel-\S+: N more lines of delivery_(held|dead) within N s were left out \(log_limit\)",
)


def set_up(directory, server, database):
    """A deployment with two channels, each with the name of what it does with what is unknown."""
    server.new_database(database)
    where = harness.Deployment(directory / "site", server, database)
    key_file = directory / "webhook.key"
    with open(os.open(key_file, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="ascii") as file:
        file.write(KEY + "\n")
    lines = ["channels:"]
    for name in PROCESSES:
        lines += [f"  - name: {name}", "    medium: webhook", "    plugin: webhook.so", f"    on_unknown: {name}"]
        lines += [f"    {key}: {value}" for key, value in SETTINGS.items()]
        lines += ["    settings:", f"      key_file: {key_file}", f"      request_timeout_ms: {REQUEST_TIMEOUT_MS}",
                  "      concurrency_max: 64", "      allow_http_loopback: true",
                  "      allow_private_addresses: true"]
    where.config.write_text(where.config.read_text().replace("channels:", "\n".join(lines)))
    where.ctl("migrate")
    server.sql(HISTORY, database)
    return where, key_file


class Channel:
    """One channel of the deployment, its processes and the notices that wait for it."""

    def __init__(self, where, name, seed):
        self.where, self.name, self.dice = where, name, random.Random(seed)
        self.kills, self.starts, self.in_flight = 0, 0, set()

    def sql(self, text):
        return self.where.server.sql(text, self.where.database)

    def write_notices(self, count, port, first_account):
        self.sql(NOTICES.format(channel=self.name, port=port, away_port=harness.free_port(), last=count - 1,
                                first=first_account, each=NOTICES_PER_ACCOUNT, away_each=AWAY_EACH,
                                short_each=SHORT_EACH, away_s=AWAY_USEFUL_S, short_s=SHORT_USEFUL_S))

    def open_count(self):
        """How many have neither ended nor are held."""
        return int(self.sql("SELECT COUNT(*) FROM outbox WHERE channel = '{}' AND next_attempt_at IS NOT NULL"
                            .format(self.name))[0][0])

    def start(self):
        self.starts += 1
        return self.where.daemon("channel", self.name)

    def kill_often(self, rest, bound_s):
        end = time.monotonic() + bound_s
        while self.kills < KILLS_MIN or self.open_count() > rest:
            if time.monotonic() > end:
                raise Failure(f"channel {self.name}: {self.open_count()} deliveries are open after {bound_s} s")
            processes = [self.start() for _ in range(PROCESSES[self.name])]
            try:
                processes[0].wait(self.dice.uniform(KILL_S_MIN, KILL_S_MAX))
            except subprocess.TimeoutExpired:
                pass  # the random instant of the kill
            ended = [process.returncode for process in processes if process.poll() is not None]
            for process in processes:
                process.kill_hard()
            if ended:
                raise Failure(f"the channel ended by itself with {ended}\n{processes[0].log_tail()}")
            self.kills += 1
            self.in_flight |= {(int(delivery), int(attempt)) for delivery, attempt in self.sql(
                "SELECT delivery_id, attempts FROM outbox WHERE claim_token > '' AND channel = '{}' AND"
                " state = 'sending'".format(self.name))}

    def board(self, columns):
        return self.sql(f"SELECT {columns} FROM channel WHERE name = '{self.name}'")[0]

    def has_checked_in(self, starts_before):
        """A process does so every second; from the first time on SIGTERM ends it cleanly."""
        starts, is_later = self.board("starts, seen_at > since + INTERVAL 500000 MICROSECOND")
        return int(starts) > starts_before and is_later == "1"

    def finish(self, bound_s):
        starts_before = int(self.board("starts")[0])
        process = self.start()
        try:
            harness.wait_until(lambda: self.open_count() == 0, bound_s, f"nothing is open for {self.name}",
                               alive=[process])
            harness.wait_until(lambda: self.has_checked_in(starts_before), 10, f"{self.name} checks in",
                               alive=[process])
        finally:
            process.stop()

    def has_no_session(self):
        """Killed processes leave none behind; one is ours."""
        return self.sql("SELECT COUNT(*) FROM information_schema.processlist WHERE db = DATABASE()") == [("1",)]

    def log_faults(self):
        """Lines that nobody expects of a channel whose process was killed, each once."""
        text = (self.where.directory / f"packwardend-channel-{self.name}.log").read_text()
        lines = {re.sub(r"\d+", "N", line.partition(" ")[2]) for line in text.splitlines()}
        return [f"log of {self.name}: {line}" for line in sorted(lines)
                if not any(re.fullmatch(usual, line) for usual in USUAL_LINES)]

    def board_faults(self):
        """Each process but the last, which ended by SIGTERM, ended without a word. The board has one line a channel."""
        state, starts, failures = self.board("state, starts, failures")
        if state == "stopped" and 0 < int(starts) <= self.starts and int(failures) == int(starts) - 1:
            return []
        return [f"board of {self.name}: {state}, {starts} starts of {self.starts}, {failures} failures"]


def run_part(where, name, notices, first_account, options, key_file):
    channel = Channel(where, name, f"{options.seed}/{name}")
    counts_file = str(where.directory / f"counts-{name}")
    with provider(counts_file, key_file, "--seed", str(options.seed), "--faults", str(options.faults),
                  "--hang-ms", str(3 * REQUEST_TIMEOUT_MS)) as (port, end_provider):
        channel.write_notices(notices, port, first_account)
        begin = time.monotonic()
        channel.kill_often(int(notices * REST_SHARE), options.bound_s)
        killed_s = time.monotonic() - begin
        channel.finish(60)
        harness.wait_until(channel.has_no_session, 10, f"the sessions of {name} are gone")
        took_s = time.monotonic() - begin
        counts = end_provider()
    account = account_of(where, name, counts, channel.in_flight)
    faults = account.faults(notices, None if name == "hold" else UNKNOWN_ATTEMPTS_MAX, ATTEMPTS_MAX)
    if len(channel.in_flight) < notices * IN_FLIGHT_SHARE_MIN:
        faults.append(f"{name}: {len(channel.in_flight)} deliveries in flight at kills prove too little")
    faults += channel.log_faults() + channel.board_faults()
    print(f"on_unknown: {name}: {notices} notices in {took_s:.1f} s ({notices / took_s:.0f}/s),"
          f" {sum(counts['outcomes'].values())} requests,"
          f" {channel.kills} kills of {PROCESSES[name]} at once in {killed_s:.1f} s,"
          f" {len(channel.in_flight)} deliveries in flight at kills")
    account.print_figures()
    return faults


def run(options):
    print(f"seed {options.seed}", flush=True)
    parts = {"retry": options.notices, "hold": max(options.notices // 10, HOLD_NOTICES_MIN)}
    with harness.temporary_directory() as directory, harness.a_server(directory) as server:
        database = f"notices_{os.getpid()}"
        try:
            where, key_file = set_up(directory, server, database)
            faults, first_account = [], 1
            for name, notices in parts.items():
                faults += run_part(where, name, notices, first_account, options, key_file)
                first_account += notices
        finally:
            server.drop_database(database)
    for fault in faults:
        print(fault)
    return 1 if faults else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--notices", type=int, default=100_000, help="of the first part; the second has a tenth")
    parser.add_argument("--faults", type=float, default=0.4, help="share of requests that fail, 0 to 1")
    parser.add_argument("--bound-s", type=float, default=1200, help="for the time of kills of a part")
    try:
        sys.exit(run(parser.parse_args()))
    except Failure as failure:
        sys.exit(f"failed: {failure}")


if __name__ == "__main__":
    main()
