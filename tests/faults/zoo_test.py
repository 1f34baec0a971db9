"""N8: a zoo of plugins that break every rule in a daemon that runs: ingest and the good channels do not notice.

First the zoo lives beside two good channels while usage comes in: each animal ends as docs/CHANNELS.md says, is
started again, and loses no delivery; each notice that is due arrives over the good channels. Then bursts of usage
are taken in turn with the good channels alone and with the zoo, and their speeds are compared.
"""

import argparse
import collections
import os
import pathlib
import re
import signal
import statistics
import sys
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / room) for room in ("e2e", "plugins")]

import harness  # noqa: E402
import usage_data  # noqa: E402
from certificates import make_certificates  # noqa: E402
from harness import Failure, wait_until  # noqa: E402
from http_stub import HttpStub, Reply  # noqa: E402
from zoo_animals import (AT_START, IN_DELIVER, LEAK_LINES, LEAKS, NONSENSE, REFUSED, STOPPED,  # noqa: E402
                         TRIES_AGAIN, ZOO)
from zoo_board import Board, end_client, locked_board  # noqa: E402

FIXTURES = harness.BIN.parent / "lib" / "fixtures"
HARMED = (*IN_DELIVER, *LEAKS, TRIES_AGAIN)
HARMLESS = {"beast": "nothing", "scripted": "accept"}  # what these send
DEEDS = 2                  # of each; of the one that is tried again, one
QUOTA, FIRST_USE = 30_000, 15_001
TENANTS = ("acme", "brook", "crane", "dune")
ARRIVES_WITHIN_S = 2.0     # after the commit: docs/CHANNELS.md says one, the rest is for slow machines
SHOW_BOUND_S = 40
STOP_BOUND_S = 15          # the longest that an animal may hang, and some
ZOMBIE_S = 2
BURST_ACCOUNTS = 4
SETTLED_MS = 4_000         # an animal that waits so long has been started again some times
# Of the speed without the zoo: right after its start, when all its processes end and start at once; and settled.
RATIO_MIN, RATIO_MIN_SETTLED = 0.5, 0.95


class Up:
    """packwardend up, and what the system knows of its processes."""

    def __init__(self, where, with_zoo):
        where.config = where.zoo_config if with_zoo else where.good_config
        self.where, self.process = where, where.daemon("up", title="zoo" if with_zoo else "good")
        self.zombies = {}
        wait_until(self.process.is_ready, 30, "ingest is ready", alive=[self.process])
        for name in ("inbox", "webhook"):
            wait_until(lambda name=name: self.pid_of(name) and self.log_has(f"channel {name} delivers through"), 30,
                       f"{name} delivers", alive=[self.process])

    def log(self):
        return self.process.log_path.read_bytes()[self.process.log_begin_bytes:].decode()

    def log_has(self, text):
        return text in self.log()

    def ends(self):
        """{channel: [(how it ended, the pause in ms)]}"""
        found = collections.defaultdict(list)
        for name, how, pause in re.findall(r" up: channel (\S+) (.*); it is started again in (\d+) ms", self.log()):
            found[name].append((how, int(pause)))
        return found

    def members(self):
        """{pid: (state, parent, command line)} of all processes that come from this one."""
        found = {}
        for entry in os.scandir("/proc"):
            try:
                if not entry.name.isdigit() or os.getsid(int(entry.name)) != self.process.pid:
                    continue
                stat = pathlib.Path(entry.path, "stat").read_text().rpartition(")")[2].split()
                words = pathlib.Path(entry.path, "cmdline").read_bytes().decode().split("\0")[:-1]
                found[int(entry.name)] = (stat[0], int(stat[1]), words)
            except (FileNotFoundError, ProcessLookupError):
                continue  # it ended meanwhile
        return found

    def pid_of(self, channel):
        return next((pid for pid, (_, parent, words) in self.members().items()
                     if parent == self.process.pid and words[-2:] == ["channel", channel]), None)

    def pid_of_ingest(self):
        return next(pid for pid, (state, parent, words) in self.members().items()
                    if parent == self.process.pid and state != "Z" and "channel" not in words)

    def look_for_zombies(self):
        now = time.monotonic()
        dead = {pid for pid, (state, _, _) in self.members().items() if state == "Z"}
        self.zombies = {pid: self.zombies.get(pid, now) for pid in dead}
        old = [pid for pid, since in self.zombies.items() if now - since > ZOMBIE_S]
        if old:
            raise Failure(f"nobody waits for the dead processes {old}")

    def stop(self):
        """How long it took. Nothing of it may be left."""
        begin = time.monotonic()
        self.process.stop(STOP_BOUND_S)
        took_s = time.monotonic() - begin
        left = self.members()
        if left:
            raise Failure(f"still there after the stop: {left}")
        return took_s

    def kill(self):
        """All of it at once."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def new_site(folder, server, database):
    """A deployment with two settings: the good channels alone, and with the zoo."""
    where = harness.Deployment(folder / "site", server, database)
    plugins = folder / "plugins"
    plugins.mkdir()
    for library in (*harness.PLUGINS.glob("*.so"), *FIXTURES.glob("*.so")):
        (plugins / library.name).symlink_to(library)
    ca, certificate, key = make_certificates(folder)
    secret = folder / "webhook.key"
    secret.touch(mode=0o600)
    secret.write_text("ab" * 32 + "\n")
    where.receiver = HttpStub(lambda _: Reply(), certificate, key)
    good = where.config.read_text().replace(str(harness.PLUGINS), str(plugins)).replace("http: {", (
        "  - name: webhook\n    plugin: webhook.so\n    poll_interval_ms: 100\n    settings:\n"
        f"      key_file: {secret}\n      ca_file: {ca}\n      allow_private_addresses: \"true\"\nhttp: {{"))
    where.good_config, where.zoo_config = where.config, folder / "site" / "zoo.yaml"
    where.good_config.write_text(good)
    where.zoo_config.write_text(good.replace("http: {", "\n".join(a.yaml() for a in ZOO) + "\nhttp: {"))
    where.ctl("migrate")
    return where


def put(where, animal, body, number, count):
    """Deliveries for an animal, straight into the outbox: `packctl channel test` cannot choose the text."""
    rows = [f"('zoo/{animal.name}/{number + i}', '{animal.name}', 'zoo', '+8613800138000', 'en', 'zoo', '{body}',"
            " 'queued', 0, NOW(6), '', '', NOW(6), 'test')" for i in range(count)]
    where.server.sql("INSERT INTO outbox (idempotency_key, channel, account_name, recipient, language, subject, body,"
                     " state, attempts, next_attempt_at, claim_token, outcome, created_at, kind) VALUES "
                     + ", ".join(rows), where.database)


def deeds_of(animal):
    return 1 if animal is TRIES_AGAIN else DEEDS


def put_deeds(where):
    """And after the deeds of each one that does no harm."""
    for animal in (*HARMED, NONSENSE):
        put(where, animal, animal.deed, 0, deeds_of(animal))
        put(where, animal, HARMLESS[animal.plugin], 100, 1)


# --- the zoo

class Tenants:
    """Usage of a few tenants, a file at a time, and the notices that are due for it."""

    def __init__(self, where):
        self.where, self.maker, self.files = where, usage_data.Maker(harness.utc_now(), 8, 0), 0
        self.due, self.delays_s = collections.Counter(), []
        self.hooked = collections.Counter()
        where.ctl("account", "add", *TENANTS, as_of=harness.LONG_AGO)
        where.ctl("account", "verify", *TENANTS, as_of=harness.LONG_AGO)
        where.ctl("account", "integrate", *TENANTS, as_of=harness.LONG_AGO)
        for name in TENANTS:
            where.ctl("account", "set", name, "--phone", "+8613800138000", "--webhook", where.receiver.url(f"/{name}"))
        self.packs = 0

    def use(self, name, quantity):
        record = usage_data.replace(self.maker.record(name, 0.02, 0.01), quantity=quantity, time=time.time_ns() + 10**9)
        self.files += 1
        file = f"usage-{self.files:04}.csv"
        self.where.drop(file, usage_data.csv_file([usage_data.row(record)]))

    def cycle(self):
        """A pack is bought, half used, used up; each step's notices have to arrive."""
        name = TENANTS[self.packs % len(TENANTS)]
        again = self.packs >= len(TENANTS)
        self.packs += 1
        self.where.ctl("pack", "buy", "captcha", "30k", name, "--paid-by", f"payment-{self.packs}",
                       as_of=harness.utc_now() - usage_data.datetime.timedelta(hours=1))
        self.arrive(name, "postpaid_failed", *(["service_resumed"] if again else []))
        self.use(name, FIRST_USE)
        self.arrive(name, "pack_usage")
        self.use(name, QUOTA - FIRST_USE)
        self.arrive(name, "pack_used_up", "service_stopped")

    def arrive(self, name, *kinds):
        self.due.update((name, kind) for kind in kinds)
        wait_until(lambda: self.committed() == self.due, 10, f"the notices {kinds} of {name} are written")
        begin = time.monotonic()
        wait_until(lambda: self.stored() == self.due and self.received() == self.due, 10,
                   f"the notices {kinds} of {name} arrive over both good channels")
        self.delays_s.append(time.monotonic() - begin)

    def counted(self, table, where="TRUE"):
        rows = self.where.server.sql(f"SELECT account_name, kind, COUNT(*) FROM {table} WHERE {where} GROUP BY 1, 2",
                                     self.where.database)
        return collections.Counter({(name, kind): int(count) for name, kind, count in rows})

    def committed(self):
        return self.counted("outbox", "channel = 'inbox'")

    def stored(self):
        return self.counted("inbox_message")

    def received(self):
        """Over webhooks."""
        for request in self.where.receiver.taken():
            kind = request.headers["webhook-id"].partition("/")[0]
            self.hooked[request.path.strip("/"), kind] += 1
        return self.hooked


def lines_of(log, name):
    """What its process said last; up says the rest."""
    return [line for line in log.splitlines() if f"channel {name}: " in line or f" up: channel {name} " in line]


def missing(up, board, deliveries, old_pid):
    """What has not been seen yet of each animal."""
    log, ends = up.log(), up.ends()
    for animal in (*REFUSED, *AT_START, *IN_DELIVER, TRIES_AGAIN, STOPPED):
        if not board.showed(animal.name, animal.state, animal.detail or animal.end):
            yield f"{animal.name} on the board: {animal.state}, {animal.detail or animal.end}"
        if not any(animal.line in line for line in lines_of(log, animal.name)):
            yield f"{animal.name} in the log: {animal.line}"
        if animal.end not in {how for how, _ in ends[animal.name]}:
            yield f"{animal.name} {animal.end}"
        if board.last[animal.name]["starts"] < 2:
            yield f"{animal.name} is started again"
    for animal in LEAKS:
        for how, _ in ends[animal.name] or [("no end", 0)]:
            if not any(re.search(LEAK_LINES.get(how, "$^"), line) for line in lines_of(log, animal.name)):
                yield f"{animal.name} {how}, with a line that tells why"
    if up.pid_of(STOPPED.name) in (None, old_pid) or board.last[STOPPED.name]["state"] != "delivering":
        yield "the stopped process comes back"
    found = deliveries()
    for key, wanted in wanted_deliveries().items():
        if found.get(key) != wanted:
            yield f"deliveries of {key} are {wanted}, not {found.get(key)}"


def wanted_deliveries():
    """{(channel, body): {(state, outcome, attempts): how many}} in the end."""
    wanted = {}
    for animal in (*HARMED, NONSENSE):
        outcome = "unknown: the plugin answered 77" if animal is NONSENSE else "unknown: the sender was lost"
        attempts = 2 if animal is TRIES_AGAIN else 1
        wanted[animal.name, animal.deed] = {("held", outcome, attempts): deeds_of(animal)}
        harmless = HARMLESS[animal.plugin]
        answer = f"id-of-zoo/{animal.name}/100" if harmless == "accept" else ""
        wanted[animal.name, harmless] = {("sent", answer, 1): 1}
    return wanted


def deliveries_of(where):
    found = collections.defaultdict(dict)
    for channel, body, state, outcome, attempts, count in where.server.sql(
            "SELECT channel, body, state, outcome, attempts, COUNT(*) FROM outbox WHERE kind = 'test' GROUP BY"
            " 1, 2, 3, 4, 5", where.database):
        found[channel, body][state, outcome, int(attempts)] = int(count)
    return found


def live_with_the_zoo(where):
    """Faults that do not end the test at once."""
    tenants = Tenants(where)
    put_deeds(where)
    up, board = Up(where, with_zoo=True), Board(where)
    try:
        old_pid = wait_until(lambda: up.log_has(f"channel {STOPPED.name} delivers through") and up.pid_of(STOPPED.name),
                             10, "the process to stop delivers", alive=[up.process])
        os.kill(old_pid, signal.SIGSTOP)
        end = time.monotonic() + SHOW_BOUND_S
        while True:
            tenants.cycle()
            board.look()
            up.look_for_zombies()
            left = list(missing(up, board, lambda: deliveries_of(where), old_pid))
            if not left:
                break
            if time.monotonic() > end:
                raise Failure("\n".join([f"not within {SHOW_BOUND_S} s:", *left, up.process.log_tail()]))
        ended = {name: len(ends) for name, ends in up.ends().items()}
        wait_until(lambda: board.has_noted(ended), 10, "the failures so far are noted", alive=[up.process])
        lock = locked_board(where, STOPPED.name)
        try:
            supervise_without_the_board(up)
            took_s = stop_while_they_hang(where, up)
        finally:
            end_client(lock)
        board.look()
        return report(where, tenants, up, board, took_s, ended)
    finally:
        up.kill()


def supervise_without_the_board(up):
    """A failure that cannot be noted keeps up from nothing."""
    os.kill(up.pid_of(STOPPED.name), signal.SIGKILL)
    wait_until(lambda: up.log_has(f"channel {STOPPED.name} was ended by signal 9"), 10, "up sees the end of a channel",
               alive=[up.process])
    os.kill(up.pid_of_ingest(), signal.SIGKILL)
    wait_until(lambda: up.log().count("ready: spool") == 2, 10, "ingest is ready again", alive=[up.process])


def stop_while_they_hang(where, up):
    hanging = [animal for animal in IN_DELIVER if animal.deed == "hang"]
    names = ", ".join(f"'{animal.name}'" for animal in hanging)
    for animal in hanging:
        put(where, animal, animal.deed, 200, 1)
    wait_until(lambda: int(where.server.sql(f"SELECT COUNT(*) FROM outbox WHERE state = 'sending' AND channel IN ({names})",
                                            where.database)[0][0]) == len(hanging), 10,
               "plugins hang in deliver", alive=[up.process])
    return up.stop()


def report(where, tenants, up, board, took_s, ended):
    """`ended`: how often each channel's process had ended before the board was locked."""
    faults, ends = [], up.ends()
    for animal in ZOO:
        pauses = [pause for _, pause in ends[animal.name]]
        if pauses != [min(500 << n, 30_000) for n in range(len(pauses))]:
            faults.append(f"{animal.name} is started again after {pauses} ms")
        # What ended while the board was locked met the lock: whether it is noted is a matter of luck.
        if board.last[animal.name]["failures"] not in range(ended.get(animal.name, 0), len(pauses) + 1):
            faults.append(f"{animal.name} has {board.last[animal.name]['failures']} failures of {len(pauses)}")
    for animal in REFUSED:
        states = {state for state, _ in board.seen[animal.name]} - {"broken", "starting", "never started"}
        if states or board.last[animal.name]["state"] != "broken":
            faults.append(f"{animal.name} was shown as {states}, and last as {board.last[animal.name]['state']}")
    for name in ("inbox", "webhook"):
        row = board.last[name]
        if (row["state"], row["starts"], row["failures"], row["waiting"]) != ("stopped", 1, 0, 0):
            faults.append(f"{name} did not live through it: {row}")
    waiting = tenants.counted("outbox", f"channel = '{REFUSED[0].name}' AND state = 'queued' AND attempts = 0")
    if waiting != tenants.due:
        faults.append(f"{tenants.due - waiting} do not wait for {REFUSED[0].name}, or others do: {waiting - tenants.due}")
    if max(tenants.delays_s) > ARRIVES_WITHIN_S:
        faults.append(f"a notice took {max(tenants.delays_s):.2f} s from its commit to both good channels")
    print(f"the zoo: {len(ZOO)} channels, {sum(map(len, ends.values()))} processes ended;"
          f" {tenants.due.total()} notices over each good channel, from commit to both median"
          f" {statistics.median(tenants.delays_s) * 1000:.0f} ms, worst {max(tenants.delays_s) * 1000:.0f} ms;"
          f" stopped in {took_s:.1f} s while plugins hang")
    return faults


# --- speed

class Bursts:
    """Files of many records over few accounts, of which each uses up most of a pack."""

    def __init__(self, where, title, count, records):
        self.where, self.title, self.records, self.taken = where, title, records, 0
        names = [name for number in range(count) for name in self.accounts(number)]
        where.ctl("account", "add", *names, as_of=harness.LONG_AGO)
        where.ctl("account", "verify", *names, as_of=harness.LONG_AGO)
        where.ctl("account", "integrate", *names, as_of=harness.LONG_AGO)
        where.ctl("pack", "buy", "captcha", "1m", *names, "--paid-by", f"{title}-bursts",
                  as_of=harness.utc_now() - usage_data.datetime.timedelta(days=1))

    def accounts(self, number):
        return [f"{self.title}-{number}-{n}" for n in range(BURST_ACCOUNTS)]

    def content(self):
        quantity = 1_000_000 * BURST_ACCOUNTS // self.records
        at = (harness.utc_now() + usage_data.datetime.timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        names = self.accounts(self.taken)
        rows = [f"{self.taken:04}-{n:016},{self.title},{names[n % BURST_ACCOUNTS]},captcha,client_verification,{at},{quantity}"
                for n in range(self.records)]
        return usage_data.csv_file(rows)

    def next(self, up):
        """(records a second from the rename to the receipt, milliseconds from each notice to its message)"""
        content, receipts = self.content(), len(self.where.receipts())
        file, before = f"{self.title}-{self.taken:04}.csv", self.messages()
        self.taken += 1
        hidden = self.where.spool / "incoming" / f".{file}"
        hidden.write_bytes(content)
        folder = self.where.spool / "receipts"
        begin = time.monotonic()
        hidden.rename(hidden.with_name(file))
        wait_until(lambda: len(list(folder.glob("[!.]*.json"))) > receipts, 300, "the burst is taken", alive=[up.process])
        took_s = time.monotonic() - begin
        taken = self.where.receipts()[-1]
        if taken["file"] != file or taken["accepted"] != self.records:
            raise Failure(f"the burst was not taken whole: {taken}")
        wait_until(lambda: self.where.server.sql("SELECT COUNT(*) FROM outbox WHERE channel = 'inbox' AND state <> 'sent'",
                                                 self.where.database) == [("0",)], 10, "all in-site messages are stored")
        return self.records / took_s, [delay for key, delay in self.messages().items() if key not in before]

    def messages(self):
        return {key: int(delay) / 1000 for key, delay in self.where.server.sql(
            "SELECT idempotency_key, TIMESTAMPDIFF(MICROSECOND, outbox.created_at, stored_at) FROM inbox_message"
            " JOIN outbox USING (idempotency_key)", self.where.database)}


def let_loose(where, up, settled):
    """Until each animal that does not hang for long has come to harm, or often; with more harm to do."""
    where.server.sql("DELETE FROM outbox WHERE kind = 'test'", where.database)
    put_deeds(where)
    wild = {animal.name for animal in (*REFUSED, *AT_START, *HARMED) if not animal.end.startswith("hung")}
    for animal in HARMED:
        put(where, animal, animal.deed, 1_000, 20)
    pause_ms = SETTLED_MS if settled else 0
    wait_until(lambda: wild <= {name for name, ends in up.ends().items() if ends[-1][1] >= pause_ms}, 60,
               "all animals have come to harm", alive=[up.process])


def compare_speed(where, title, rounds, records, settled):
    """The speed with the zoo, as a part of that without it."""
    bursts = Bursts(where, title, 2 * rounds, records)
    speeds, delays = {False: [], True: []}, {False: [], True: []}
    for number in range(2 * rounds):
        with_zoo = number % 4 in (1, 2)  # which is first changes
        up = Up(where, with_zoo)
        try:
            if with_zoo:
                let_loose(where, up, settled)
            speed, delays_ms = bursts.next(up)
        finally:
            up.kill()
        speeds[with_zoo].append(speed)
        delays[with_zoo] += delays_ms
    for with_zoo, what in ((False, "good channels alone"), (True, f"with a {title} zoo")):
        print(f"{what}: {', '.join(f'{speed / 1000:.0f}' for speed in speeds[with_zoo])} thousand records/s, median"
              f" {statistics.median(speeds[with_zoo]) / 1000:.0f}; {len(delays[with_zoo])} notices to in-site messages:"
              f" median {statistics.median(delays[with_zoo]):.0f} ms, worst {max(delays[with_zoo]):.0f} ms")
    ratio = statistics.median(speeds[True]) / statistics.median(speeds[False])
    print(f"speed with a {title} zoo / without: {ratio:.3f}")
    return ratio


def run(options):
    database = f"zoo_{os.getpid()}"
    with harness.temporary_directory() as folder, harness.a_server(folder) as server:
        server.new_database(database)
        where = new_site(folder, server, database)
        try:
            faults = live_with_the_zoo(where)
            if compare_speed(where, "fresh", 3, 1_000_000, settled=False) < RATIO_MIN:
                faults.append(f"the zoo slows down ingest to less than {RATIO_MIN}")
            if options.measure and compare_speed(where, "settled", 5, 3_000_000, settled=True) < RATIO_MIN_SETTLED:
                faults.append(f"the settled zoo slows down ingest to less than {RATIO_MIN_SETTLED}")
        finally:
            where.receiver.close()
            server.drop_database(database)
    for fault in faults:
        print(fault)
    return 1 if faults else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--measure", action="store_true", help="larger bursts, and N8's figure: for a quiet machine")
    try:
        sys.exit(run(parser.parse_args()))
    except Failure as failure:
        sys.exit(f"failed: {failure}")


if __name__ == "__main__":
    main()
