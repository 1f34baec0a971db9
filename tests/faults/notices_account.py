"""What became of each delivery of a channel, and why the provider took some more than once.

Compares what the provider took with the steps of the deliveries (notices_test.py). Nothing here asks the channel.
"""

import collections

LOST_ANSWERS = ("hang", "drop_after_reading", "half_head", "not_http")
SENDER_LOST = "unknown: the sender was lost"
NOT_ANSWERED = "sent, but not answered: "
STEPS = {("queued", "sending"), ("retrying", "sending"), ("queued", "expired"), ("retrying", "expired"),
         ("sending", "sent"), ("sending", "retrying"), ("sending", "dead"), ("sending", "held")}
FAULTS_MAX = 20
# Answers that came too late happen on a busy machine, but as a rule they would hide a fault.
LATE_SHARE_MAX = 0.05

Step = collections.namedtuple("Step", "attempts was state outcome at")


class Attempt:
    """From its claim to its end; an attempt of a sender that was lost ends with its lease."""

    def __init__(self, claim):
        self.number, self.begin, self.end = claim.attempts, claim.at, None

    def is_lost(self):
        return self.end is not None and self.end.outcome == SENDER_LOST

    def timed_out(self):
        return (self.end is not None and NOT_ANSWERED in self.end.outcome
                and ("timed out" in self.end.outcome or "Timeout" in self.end.outcome))


class Delivery:
    def __init__(self, number, key, state, attempts, outcome):
        self.number, self.key, self.state, self.attempts, self.outcome = number, key, state, int(attempts), outcome
        self.steps, self.tries = [], []

    def add(self, step):
        self.steps.append(step)
        if step.state == "sending":
            self.tries.append(Attempt(step))
        elif step.was == "sending" and self.tries:
            self.tries[-1].end = step

    def attempt_at(self, at):
        """The last one that was claimed before."""
        return next((one for one in reversed(self.tries) if one.begin <= at), None)


def account_of(where, channel, counts, in_flight):
    """From the database of the deployment `where`."""
    rows = where.server.sql("SELECT delivery_id, idempotency_key, state, attempts, outcome FROM outbox WHERE"
                            f" channel = '{channel}'", where.database)
    steps = where.server.sql("SELECT delivery_id, attempts, was, state, outcome, at FROM delivery_step ORDER BY step",
                             where.database)
    return Account(channel, rows, steps, counts, in_flight)


class Account:
    """rows, steps: as account_of selects them. in_flight: (delivery, attempt) of what killed processes were sending."""

    def __init__(self, channel, rows, steps, counts, in_flight):
        self.channel, self.counts, self.in_flight = channel, counts, in_flight
        self.deliveries = {int(row[0]): Delivery(int(row[0]), *row[1:]) for row in rows}
        for number, attempts, was, state, outcome, at in steps:
            if int(number) in self.deliveries:
                self.deliveries[int(number)].add(Step(int(attempts), was, state, outcome, float(at)))
        self.why, self.times, self.found = collections.Counter(), collections.Counter(), []

    def fault(self, delivery, what):
        self.found.append(f"{self.channel}: {delivery.key}: {what}; now {delivery.state} after {delivery.attempts}"
                          f" attempts: {delivery.outcome}; taken {self.counts['takes'].get(delivery.key, [])}; steps"
                          f" {[tuple(step) for step in delivery.steps]}")

    def faults(self, notices, unknown_attempts_max, attempts_max):
        """unknown_attempts_max: None where what is unknown is held at once."""
        if len(self.deliveries) != notices:
            self.found.append(f"{self.channel}: {len(self.deliveries)} deliveries of {notices} notices")
        strangers = set(self.counts["takes"]) - {one.key for one in self.deliveries.values()}
        self.found += [f"{self.channel}: taken, but never written: {key}" for key in sorted(strangers)]
        self.found += [f"{self.channel}: the provider complains: {text}" for text in self.counts["wrong"]]
        for delivery in self.deliveries.values():
            self.check_steps(delivery)
            self.check_end(delivery, unknown_attempts_max or 0, attempts_max)
            self.explain(delivery)
            if unknown_attempts_max is None and any(one.is_lost() for one in delivery.tries[:-1]):
                self.fault(delivery, "sent again though it was unknown")
        if self.why["answered too late"] > LATE_SHARE_MAX * notices:
            self.found.append(f"{self.channel}: {self.why['answered too late']} answers came too late")
        hidden = len(self.found) - FAULTS_MAX
        return self.found[:FAULTS_MAX] + ([f"... and {hidden} more"] if hidden > 0 else [])

    def check_steps(self, delivery):
        state, attempts = "queued", 0
        for step in delivery.steps:
            attempts += step.state == "sending"
            if (step.was, step.state) not in STEPS or step.was != state or step.attempts != attempts:
                self.fault(delivery, f"a step that may not be: {tuple(step)}")
                return
            state = step.state
        if state != delivery.state:
            self.fault(delivery, f"the steps lead to {state}")

    def check_end(self, delivery, held_from, attempts_max):
        is_lost = bool(delivery.tries) and delivery.tries[-1].is_lost()
        if delivery.state == "sent":
            if not self.takes_that_count(delivery):
                self.fault(delivery, "sent, but the provider never said that it took it")
        elif delivery.state == "held":
            if not is_lost or delivery.attempts < held_from:
                self.fault(delivery, "held without a reason")
        elif delivery.state == "dead":
            if delivery.attempts < attempts_max or not delivery.outcome.startswith("attempts are used up: "):
                self.fault(delivery, "dead without a reason")
        elif delivery.state == "expired":
            if not delivery.outcome.startswith("no longer useful"):
                self.fault(delivery, "expired without a reason")
        else:
            self.fault(delivery, "neither ended nor held")

    def takes_that_count(self, delivery):
        """Those of the attempt that made it `sent` of which the provider gave at least the status."""
        last = delivery.tries[-1] if delivery.tries else None
        if last is None or last.end is None:
            return []
        return [(outcome, at) for outcome, at in self.counts["takes"].get(delivery.key, [])
                if outcome not in LOST_ANSWERS and last.begin <= at <= last.end.at]

    def explain(self, delivery):
        """Each time that the provider took it is what made it `sent`, or has a reason."""
        takes = [tuple(take) for take in self.counts["takes"].get(delivery.key, [])]
        self.times[len(takes)] += 1
        spare = list(takes)
        if delivery.state == "sent" and (counting := self.takes_that_count(delivery)):
            spare.remove(counting[-1])
        late_left = sum(one.timed_out() for one in delivery.tries)
        for outcome, at in spare:
            why = self.reason(delivery, outcome, delivery.attempt_at(at))
            if why is None and late_left > 0:
                late_left -= 1
                why = "answered too late"
            if why is None:
                self.fault(delivery, f"taken at {at} without a reason")
            self.why[why or "without a reason"] += 1

    def reason(self, delivery, outcome, attempt):
        if attempt is None:
            return None
        if attempt.is_lost():
            return "in flight at a kill" if (delivery.number, attempt.number) in self.in_flight else None
        return "the provider lost the answer" if outcome in LOST_ANSWERS else None

    def print_figures(self):
        states = collections.Counter(one.state for one in self.deliveries.values())
        lost = sum(one.is_lost() for delivery in self.deliveries.values() for one in delivery.tries)
        more = sum(count for times, count in self.times.items() if times > 1)
        most = max(self.times)
        print(f"  taken once {self.times[1]}, more often {more} (at most {most} times), never {self.times[0]};"
              f" attempts whose sender was lost {lost}")
        print("  taken beside what made it sent: "
              + (", ".join(f"{why} {count}" for why, count in sorted(self.why.items())) or "none"))
        held = collections.Counter(sum(attempt.is_lost() for attempt in one.tries)
                                   for one in self.deliveries.values() if one.state == "held")
        if held:
            print("  held: " + ", ".join(f"{count} with {times} attempts that are unknown"
                                         for times, count in sorted(held.items())))
        print("  at the end: " + ", ".join(f"{state} {count}" for state, count in sorted(states.items())))
