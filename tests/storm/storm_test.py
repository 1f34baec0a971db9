"""Everybody at once, at random from a seed, by one injected clock; then all of it is counted again.

    storm_test.py [--seconds N] [--seed N] [--without ACTION,...] [--keep DIRECTORY]

Three daemons with spools on one MariaDB that is restarted, killed, frozen, made read-only and switched over; producers
that send half of their records twice; a clerk who sends every command that changes anything; jobs under leases; hosts
whose clocks step. An independent recount must agree with the ledger, the audit must be clean, and nobody may wait.
Needs libfaketime. On a difference everything stays in DIRECTORY (default: a folder of /tmp).
"""

import argparse
import collections
import pathlib
import secrets
import shutil
import signal
import sys
import time
import traceback

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / room) for room in ("e2e", "faults", "histories")]

import harness  # noqa: E402
from business_clock import DAY, HOUR, SECOND, BusinessClock, rfc3339  # noqa: E402
from catalogue import catalogue, to_yaml  # noqa: E402
from reference_input import parse_time  # noqa: E402

import actors  # noqa: E402
import clerks  # noqa: E402
import comparing  # noqa: E402
import fake_clock  # noqa: E402
import hosts as storm_hosts  # noqa: E402
import storm_ledger  # noqa: E402
import storm_plan  # noqa: E402
import two_servers  # noqa: E402
import watchers  # noqa: E402

ZONE = "Asia/Shanghai"
BEGIN = parse_time("2028-02-26T20:00:00Z")  # a leap day comes soon
PRICE_CHANGE_DAYS = 3
CALM_BOUND_S = 180
CALM_JUMP = HOUR // 2
COMMIT_LOSSES = 0.01
SKEW_NS = 25 * SECOND
ALERT_SHOWN = 8
# Of each of these there are at least ENOUGH in half an hour.
KINDS = ("account add", "account add --from-file", "account add-sub", "account close", "account integrate",
         "account set", "account verify", "pack trial", "pack buy", "pack buy --from-file", "money top-up", "postpaid on",
         "postpaid off", "refund request", "refund approve", "refund reject", "refund order", "refund complete",
         "file void", "file redrive", "rejects redrive", "rejects discard", "expire", "remind", "settle",
         "token new", "token revoke", "spool hold", "spool release", "inbox --mark")
ENOUGH, ENOUGH_DISRUPTIONS, ENOUGH_SECONDS = 500, 20, 1800


class Storm:
    def __init__(self, options, directory):
        self.options, self.directory, self.faults = options, directory, []
        self.clocks = fake_clock.Clocks(directory, (*storm_plan.HOSTS, "database", "client"), BEGIN)
        self.clock = BusinessClock(ZONE)
        self.products = catalogue(self.clock.day(BEGIN + PRICE_CHANGE_DAYS * DAY))
        self.pair = two_servers.Pair(directory, self.clocks.environment("database"), "storm", options.seed,
                                     COMMIT_LOSSES)
        yaml = to_yaml(self.products)
        self.hosts = {name: storm_hosts.Host(directory, name, self.pair, two_servers.USER, self.clocks, ZONE, yaml)
                      for name in (*storm_plan.HOSTS, "client")}
        self.daemons = [self.hosts[name] for name in storm_plan.HOSTS]
        self.requests, self.watched = {}, None

    def close(self):
        for host in self.daemons:
            host.kill_for_good()
        self.pair.kill()
        fake_clock.sweep()

    # --- before

    def set_up(self):
        client = self.hosts["client"]
        client.ctl("migrate")
        names = (*storm_plan.ACCOUNTS, *storm_plan.QUIET, storm_plan.CLIENT)
        self.ask(client, "account", "add", *names)
        for name in storm_plan.ACCOUNTS:
            self.ask(client, "account", "add-sub", name, f"{name}/a")
        self.ask(client, "account", "verify", *storm_plan.ACCOUNTS[:-2], *storm_plan.QUIET)
        self.ask(client, "account", "integrate", *storm_plan.ACCOUNTS[:-3])
        for number, name in enumerate(names[:6]):
            self.ask(client, "money", "top-up", name, "8", "--reference", f"first-{number}")
            self.ask(client, "pack", "buy", "captcha", "m", name)
        for number, name in enumerate(storm_plan.QUIET):
            self.ask(client, "money", "top-up", name, "20", "--reference", f"quiet-{number}")

    def ask(self, host, *words):
        request = f"setup-{len(self.requests)}"
        self.requests[request] = (words, ())
        for _ in range(actors.TRIES_MAX):  # the proxy loses answers from the first one on
            answer = host.packctl(*words, "--request-id", request)
            if answer.status != storm_hosts.UNAVAILABLE:
                break
        if answer.status != 0:
            raise harness.Failure(f"packctl {' '.join(words)} ended with {answer.status}: {answer.text}")

    # --- the storm itself

    def blow(self):
        options = self.options
        plan = storm_plan.plan(options.seed, options.seconds, options.without)
        dropped = actors.Dropped(self.clocks)
        for host in self.daemons:
            host.start()
        harness.wait_until(lambda: all(host.is_ready() for host in self.daemons), CALM_BOUND_S, "all daemons are ready",
                           every_s=0.1)
        probe = watchers.Probe(self.pair, two_servers.USER)
        client = watchers.Client(self.hosts["client"], self.clocks)
        begin = time.monotonic() + 0.5
        until = begin + options.seconds
        daemons = {host.name: host for host in self.daemons}
        office = [clerks.Clerk(number, daemons, self.pair, dropped, probe, self.directory, plan[f"clerk-{number}"], begin,
                               until) for number in range(1, storm_plan.CLERKS + 1)]
        weather = actors.Weather(self.pair, daemons, dropped, plan["weather"], begin, until)
        on_hosts = actors.HostActor(self.hosts, self.clocks, plan["hosts"], begin, until)
        producers = [actors.Producer(host, dropped, plan[f"producer-{host.name}"], begin, until)
                     for host in self.daemons]
        clock = actors.ClockActor(self.clocks, plan["clock"], begin, until)
        everybody = [clock, weather, on_hosts, *office, *producers]
        for one in (probe, client, *everybody):
            one.start()
        self.actors, self.watched = everybody, (dropped, None, client, probe)
        for one in (*everybody, client, probe):
            one.finish()
        together = clerks.Office(office)
        self.watched = dropped, together, client, probe
        self.requests |= together.requests | client.requests | weather.requests

    def calm(self):
        """Until all that is due is done: files, expiries, reminders, bills. The clock goes on, so that leases of
        those who were killed end."""
        self.wait_until("all spools are idle", lambda: all(host.idle() for host in self.daemons))
        self.clocks.jump(self.clock.at(self.clock.day(self.clocks.now() + DAY), 13) - self.clocks.now())
        self.calm_at = self.clocks.now()
        self.wait_until("all jobs have run", lambda: self.jobs_ran_since(self.calm_at))
        for host in self.daemons:
            host.stop()

    def wait_until(self, what, condition):
        def look():
            for host in self.daemons:
                host.supervise()
            if condition():
                return True
            self.clocks.jump(CALM_JUMP)
            return False
        harness.wait_until(look, CALM_BOUND_S, what, every_s=storm_plan.JUMP_EVERY_S)

    def jobs_ran_since(self, marker):
        rows = self.pair.sql("SELECT name, succeeded_at FROM job WHERE name IN ('expire', 'remind', 'settle')")
        return len(rows) == 3 and all(at != "NULL" and actors.instant(at) >= marker for _, at in rows)

    # --- after it

    def check(self, dropped, clerk, client, probe):
        contents, self.faults = comparing.contents_of(dropped, self.daemons)
        model, faults = comparing.recount(self.pair, self.products, ZONE,
                                          (storm_hosts.DEFAULT_SOURCE, storm_hosts.UNIT_RECORDS,
                                           storm_hosts.NAMES_AT_ONCE), self.requests, contents,
                                          clerk.refused, probe)
        self.faults += faults
        self.model = model
        export = self.hosts["client"].ctl("export", "--canonical", output=()).splitlines()
        self.faults += comparing.compare_exports(model, export)
        self.faults += comparing.compare_receipts(model, dropped, self.daemons, self.pair.losses)
        yesterday = self.clock.day(self.calm_at - DAY)
        self.faults += [f"never charged: {' '.join(map(str, one))}" for one in model.left_to_charge(yesterday)]
        self.faults += [f"never told: {one}" for one in model.never_told(self.calm_at)][:ALERT_SHOWN]
        self.faults += self.starved()
        audit = self.hosts["client"].packctl("audit")
        if audit.status != 0:
            self.faults.append(f"packctl audit ended with {audit.status}: {audit.text[:3000]}")
        self.faults += self.lost_requests(clerk, client)
        self.faults += self.waits(client, probe)

    def starved(self):
        """Actors that came to nothing, hosts that took no file, jobs that never ran."""
        faults = [f"the actor '{one.name}' did nothing" for one in self.actors if one.actions and not one.counts]
        taken = {spool for spool, in self.pair.sql("SELECT DISTINCT spool FROM usage_file")}
        faults += [f"host '{host.name}' took no file" for host in self.daemons if host.name not in taken]
        return faults + [f"job '{name}' never succeeded" for name, in self.pair.sql(
            "SELECT name FROM job WHERE succeeded_at IS NULL")]

    def lost_requests(self, clerk, client):
        stored = {request for request, in self.pair.sql("SELECT request_id FROM command")}
        stored |= set().union(*(loss.requests for loss in self.pair.losses))
        answered = [*clerk.accepted, *(call[2] for call in client.answered())]
        lost = set().union(*(loss.requests for loss in self.pair.losses))
        faults = [f"P9: {request} was accepted for {self.requests[request]}, and had been for {words}"
                  for request, words in clerk.used_again.items() if request not in lost]
        faults += self.model.pieces_missing({request: words for request, words in clerk.accepted.items()
                                             if request not in lost})
        return [f"request {request} was accepted, and is not in the ledger: {self.requests[request]}"
                for request in answered if request not in stored][:ALERT_SHOWN] + faults[:ALERT_SHOWN]

    def around(self, begin, end):
        """What befell database and hosts then, for people."""
        acted = sorted((one_begin, one_end, action) for one in self.actors if one.name in ("weather", "hosts")
                       for one_begin, one_end, action in one.acted
                       if one_begin < end and one_end > begin - 2 * watchers.BOUND_S)
        return "; ".join(f"{' '.join(map(str, (action.what, *action.words)))} from {at - begin:+.1f} to"
                         f" {until - begin:+.1f} s" for at, until, action in acted)

    def waits(self, client, probe):
        faults, calls = [], {call[2]: call for call in client.calls}
        weather = next(one for one in self.actors if one.name == "weather")
        self.late = watchers.late_by_the_clock(client.calls, probe)  # of all beats, whatever the machine had to do
        probe.leave_out([*probe.stalls, *((begin, end) for begin, end, action in weather.acted
                                          if action.what in storm_plan.WRITES_STOP)])
        self.gap, self.slowest = next(iter(probe.gaps()), (0, 0, 0)), next(iter(client.slowest(probe)), (0, 0, "", 0))
        if watchers.is_too_long(*self.gap[:2]):
            faults.append(f"nothing was committed for {self.gap[0]:.1f} s ({self.gap[1]} beats) while the database was"
                          f" up; meanwhile: {self.around(self.gap[2], self.gap[2] + self.gap[0])}")
        for seconds, beats, request, whole in client.slowest(probe)[:ALERT_SHOWN]:
            if watchers.is_too_long(seconds, beats):
                faults.append(f"{request} was answered after {whole:.1f} s, in {seconds:.1f} s of which ({beats} beats)"
                              f" the database was up; meanwhile: {self.around(*calls[request][:2])}")
        column = "instant" if storm_ledger.has_ledger_time(self.pair) else "committed_at"
        instants = {request: actors.instant(at) for request, at in self.pair.sql(
            f"SELECT c.request_id, t.{column} FROM command c JOIN ledger_transaction t ON t.seq = c.seq")}
        faults += watchers.turned_away(client.calls, weather.acted)[:ALERT_SHOWN]
        return faults + watchers.out_of_time(client.calls, instants, SKEW_NS)[:ALERT_SHOWN]

    def print_counts(self, dropped, clerk, client, probe, commits_lost):
        counts = collections.Counter()
        for one in self.actors:
            if one.name in ("weather", "hosts", "clock"):
                counts.update(one.counts)
        print("disruptions: " + listed(counts) + f", answers to COMMIT lost {commits_lost[0]}, COMMITs lost"
              f" {commits_lost[1]}")
        print(f"files: {len(dropped.files)} dropped: " + listed(self.files_by_kind(dropped)) + "; "
              + listed(self.model.files.counts))
        print(f"commands accepted: {sum(clerk.done.values())} of {len(clerk.done)} kinds: " + listed(clerk.done)
              + f", of the client {len(client.answered())}")
        self.print_least(counts, clerk.done, self.files_by_kind(dropped))
        print(f"commands of many names: {sum(self.model.pieces_done.values())} pieces of {len(self.model.pieces_done)}"
              f" commands, {self.model.names_refused_count} names refused in them")
        print("commands refused: " + listed(clerk.turned_away))
        print("tried again: " + listed(clerk.unanswered) + f"; client: not answered"
              f" {len(client.calls) - len(client.answered())}, held back {client.held_back}")
        self.print_unanswered()
        kinds = self.pair.sql("SELECT kind, COUNT(*) FROM ledger_transaction GROUP BY kind")
        print("commits: " + ", ".join(f"{kind} {count}" for kind, count in kinds))
        lost = [loss.newest - loss.kept for loss in self.pair.losses]
        print(f"transactions lost in fail-overs: {lost}; daemons that could not start, for a database that was away:"
              f" {sum(host.starts_again for host in self.daemons)}")
        print("of {} commands of the client that were sent while the database was up, {} were answered after more than 3 s"
              " by the clock, {} of them though it stayed up".format(*self.late))
        stalled_s = sum(end - begin for begin, end in probe.stalls)
        print(f"the machine had no time for {stalled_s:.1f} s")
        down = sum(1 for beat in probe.beats if beat[2] is None)
        print(f"largest gap without a commit {self.gap[0]:.2f} s ({self.gap[1]} beats), slowest answer"
              f" {self.slowest[0]:.2f} s ({self.slowest[1]} beats; with the database away {self.slowest[3]:.2f} s);"
              f" {len(probe.beats)} beats, {down} of them down; virtual clock at {rfc3339(self.clocks.now())}")

    def files_by_kind(self, dropped):
        kinds = collections.Counter(f"*.{name.partition('.')[2]}" for _, name, _, _ in dropped.files)
        for _, name, _, _ in dropped.files:
            kinds["same bytes again" if "-same." in name else "the common half" if "-too." in name else
                  "sent again after a loss" if "-again" in name else "both halves"] += 1
        kinds["redriven"] = int(self.pair.sql("SELECT COUNT(*) FROM usage_file WHERE name LIKE '%.redrive.%'")[0][0])
        return kinds

    def print_least(self, disrupted, done, files):
        """Whether there is enough of each kind, for a storm of this length."""
        share = self.options.seconds / ENOUGH_SECONDS
        kinds = {name: done[name] / ENOUGH for name in KINDS}
        kinds |= {name: count / ENOUGH for name, count in files.items() if "loss" not in name}
        kinds |= {name: disrupted[name] / ENOUGH_DISRUPTIONS
                  for name in (*storm_plan.DISRUPTIONS, "kill", "clock") if name not in self.options.without}
        few = sorted((count / share, name) for name, count in kinds.items())
        print(f"of each kind at least {ENOUGH} files and accepted commands and {ENOUGH_DISRUPTIONS} disruptions in"
              f" {ENOUGH_SECONDS} s: {'no' if few[0][0] < 1 else 'yes'}; least: "
              + ", ".join(f"{name} {share:.1f} times as many" for share, name in few[:6]))

    def print_unanswered(self):
        """What the client was told in place of an answer."""
        client = self.watched[2]
        texts = collections.Counter(call[5].text.strip()[:300] for call in client.calls if call[5].status != 0)
        for text, count in texts.most_common(ALERT_SHOWN):
            print(f"  client, {count} times: {text}")

    def run(self):
        self.set_up()
        self.blow()
        self.calm()
        self.check(*self.watched)
        self.print_counts(*self.watched, self.pair.tell_proxy("lost"))
        return self.faults


def listed(counts):
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "none"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--without", type=lambda text: text.split(","), default=(),
                        help="actions of the plan that are left out, such as clock,freeze (none)")
    parser.add_argument("--keep", help="folder for what differs")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(f"ended by signal {number}"))  # ends what it began, too
    print(f"seed {options.seed}, {options.seconds:.0f} s", flush=True)
    begin = time.monotonic()
    with harness.temporary_directory() as directory:
        storm = Storm(options, directory)
        try:
            faults = storm.run()
        except Exception as failure:  # whatever it is, what is there is kept
            faults = [str(failure)] if isinstance(failure, harness.Failure) else traceback.format_exc().splitlines()
            if storm.watched:
                storm.print_unanswered()
        finally:
            storm.close()
        print("\n".join(faults))
        if faults:
            kept = pathlib.Path(options.keep or f"/tmp/packwarden-storm-{options.seed}")
            shutil.copytree(directory, kept, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.sock"))
            print(f"kept in {kept}")
    print(f"{'FAILED' if faults else 'all alike'}, seed {options.seed}, {time.monotonic() - begin:.0f} s")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
