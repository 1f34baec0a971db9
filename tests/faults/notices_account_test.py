"""The account of notices finds each fault that it is there for: a lost notice, a wrong state, a second delivery."""

import unittest

from notices_account import SENDER_LOST, Account

KEY = "bill/1/1/1/50/webhook"
TIMED_OUT = "sent, but not answered: Operation timed out after 150 milliseconds with 0 bytes received"


class Story:
    """One delivery, told step by step; each takes a second."""

    def __init__(self):
        self.steps, self.takes, self.in_flight = [], [], set()
        self.state, self.attempts, self.outcome, self.now = "queued", 0, "", 1000

    def step(self, state, outcome=""):
        self.now += 1
        self.attempts += state == "sending"
        self.steps.append(("7", str(self.attempts), self.state, state, outcome, str(self.now)))
        self.state, self.outcome = state, outcome
        return self

    def taken(self, outcome="200"):
        self.takes.append([outcome, self.now + 0.5])
        return self

    def killed(self):
        self.in_flight.add((7, self.attempts))
        return self

    def faults(self, held_from=6, notices=1, state=None):
        rows = [("7", KEY, state or self.state, str(self.attempts), self.outcome)]
        takes = {KEY: self.takes} if self.takes else {}
        account = Account("retry", rows, self.steps, {"takes": takes, "wrong": []}, self.in_flight)
        self.found = account.faults(notices, held_from, 12)
        self.why = dict(account.why)
        return " ".join(self.found)


class AccountTest(unittest.TestCase):
    def good(self, story, why, **options):
        self.assertEqual(story.faults(**options), "")
        self.assertEqual(story.why, why)

    def bad(self, story, what, **options):
        self.assertIn(what, story.faults(**options))

    def test_what_is_taken_once_and_said_so_is_sent(self):
        self.good(Story().step("sending").taken().step("sent", "HTTP status 200"), {})
        self.good(Story().step("sending").taken("half_body").step("sent", "HTTP status 200"), {})

    def test_N6_sent_means_that_the_provider_said_so(self):
        self.bad(Story().step("sending").step("sent"), "sent, but the provider never said")
        self.bad(Story().step("sending").taken("hang").step("sent"), "sent, but the provider never said")
        before = Story().step("sending").taken().step("retrying", TIMED_OUT).step("sending").step("sent")
        self.bad(before, "sent, but the provider never said")

    def test_a_lost_answer_explains_a_second_delivery(self):
        for outcome in ("hang", "drop_after_reading", "half_head", "not_http"):
            story = Story().step("sending").taken(outcome).step("retrying", TIMED_OUT)
            self.good(story.step("sending").taken().step("sent"), {"the provider lost the answer": 1})

    def test_a_kill_explains_a_second_delivery_only_of_what_was_in_flight(self):
        def story():
            return Story().step("sending").taken()

        def again(story):
            return story.step("retrying", SENDER_LOST).step("sending").taken().step("sent")

        self.good(again(story().killed()), {"in flight at a kill": 1})
        self.bad(again(story()), "without a reason")

    def test_an_answer_that_came_too_late_explains_one_delivery(self):
        late = Story().step("sending").taken().step("retrying", TIMED_OUT).step("sending").taken().step("sent")
        self.assertIn("answers came too late", late.faults())  # one of one is too large a share
        self.assertEqual(late.why, {"answered too late": 1})
        twice = Story().step("sending").taken().taken().step("retrying", TIMED_OUT).step("sending").taken().step("sent")
        self.bad(twice, "without a reason")

    def test_other_second_deliveries_have_no_reason(self):
        self.bad(Story().step("sending").taken().taken().step("sent"), "without a reason")
        self.bad(Story().step("sending").taken().step("sent").taken(), "without a reason")
        self.bad(Story().step("sending").taken().step("retrying", "HTTP status 503").step("sending").taken()
                 .step("sent"), "without a reason")
        self.bad(Story().taken().step("sending").taken().step("sent"), "without a reason")

    def test_what_is_unknown_is_never_sent_again_where_it_is_held(self):
        held = Story().step("sending").killed().taken().step("held", SENDER_LOST)
        self.good(held, {"in flight at a kill": 1}, held_from=None)
        again = Story().step("sending").killed().step("retrying", SENDER_LOST).step("sending").taken().step("sent")
        self.bad(again, "sent again though it was unknown", held_from=None)

    def test_N6_each_ends_or_is_held_with_a_reason(self):
        self.bad(Story(), "neither ended nor held")
        self.bad(Story().step("sending"), "neither ended nor held")
        self.bad(Story().step("sending").step("retrying", "HTTP status 503"), "neither ended nor held")
        self.bad(Story().step("sending").step("held", "HTTP status 503"), "held without a reason")
        self.bad(Story().step("sending").killed().step("held", SENDER_LOST), "held without a reason")
        self.bad(Story().step("sending").step("dead", "attempts are used up: HTTP status 503"), "dead without")
        self.bad(Story().step("expired", "HTTP status 503"), "expired without a reason")
        self.good(Story().step("expired", "no longer useful"), {})

    def test_steps_that_may_not_be_are_found(self):
        sent = Story().step("sending").taken().step("sent")
        self.bad(sent.step("queued"), "a step that may not be")
        self.bad(Story().step("sent"), "a step that may not be")
        self.bad(Story().step("sending").taken().step("sent"), "the steps lead to sent", state="dead")

    def test_lost_and_strange_notices_are_found(self):
        self.bad(Story().step("expired", "no longer useful"), "1 deliveries of 2 notices", notices=2)
        account = Account("retry", [], [], {"takes": {KEY: [["200", 1]]}, "wrong": ["a signature"]}, set())
        faults = " ".join(account.faults(0, 6, 12))
        self.assertIn(f"taken, but never written: {KEY}", faults)
        self.assertIn("the provider complains: a signature", faults)


if __name__ == "__main__":
    unittest.main()
