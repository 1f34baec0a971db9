"""The parts of a storm that need no database: what a seed decides, and how waiting is reckoned."""

import collections
import pathlib
import random
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / room) for room in ("e2e", "faults", "histories")]

import recount  # noqa: E402
import storm_plan  # noqa: E402
import watchers  # noqa: E402
from business_clock import BusinessClock  # noqa: E402
from catalogue import catalogue  # noqa: E402
from reference_input import parse_time  # noqa: E402
from storm_ledger import Transaction  # noqa: E402

NOW = parse_time("2028-02-26T20:00:00Z")


class PlanTest(unittest.TestCase):
    def test_a_seed_gives_the_same_actions_again(self):
        self.assertEqual(storm_plan.plan(5, 20), storm_plan.plan(5, 20))
        self.assertNotEqual(storm_plan.plan(5, 20), storm_plan.plan(6, 20))

    def test_an_action_that_is_left_out_changes_no_other_one(self):
        whole, less = storm_plan.plan(5, 60), storm_plan.plan(5, 60, ("crash",))
        self.assertEqual([one for one in whole["weather"] if one.what != "crash"], less["weather"])
        self.assertEqual(whole["clerk-1"], less["clerk-1"])
        self.assertNotEqual(whole["clerk-1"], whole["clerk-2"])

    def test_half_an_hour_has_enough_of_each_kind(self):
        made = {storm_plan.weather: storm_plan.DISRUPTIONS, storm_plan.hosts: storm_plan.HOST_ACTIONS}
        for make, kinds in made.items():
            counts = collections.Counter(action.what for action in make(random.Random(1), 1800))
            for kind in kinds:
                self.assertGreaterEqual(counts[kind], 20, kind)

    def test_half_of_the_records_come_to_a_second_spool(self):
        spools = {}
        for name, actions in storm_plan.plan(1, 60).items():
            if name.startswith("producer"):
                for action in actions:
                    for row in action.words[2]:
                        spools.setdefault(row.id, set()).add(name)
        twice = sum(1 for names in spools.values() if len(names) > 1)
        self.assertGreater(twice / len(spools), 0.4)


class ProbeTest(unittest.TestCase):
    """Beats as (begin, end, sequence); None: the database was not up."""

    def setUp(self):
        class NoPair:
            socket, database = "", ""
        self.probe = watchers.Probe(NoPair, "")

    def test_a_gap_counts_only_while_the_database_is_up(self):
        self.probe.beats = [(0, 0.1, 1), (1, 1.1, 1), (2, 2.1, None), (9, 9.1, 1), (10, 10.1, 1), (11, 11.1, 2)]
        seconds, beats, _ = self.probe.gaps()[0]
        self.assertAlmostEqual(seconds, 1.0 + 0.1 + 1.0)
        self.assertEqual(beats, 3)

    def test_what_is_left_out_counts_as_not_up(self):
        self.probe.beats = [(0, 0.1, 1), (1, 1.1, 1), (2, 2.1, 1), (3, 3.1, 2)]
        self.probe.leave_out([(1.05, 1.3), (1.2, 2.0)])
        self.assertEqual([sequence for _, _, sequence in self.probe.beats], [1, None, 1, 2])

    def test_who_waits_while_the_database_is_away_waits_for_nothing(self):
        self.probe.beats = [(0, 0.1, 1), (1, 1.1, None), (2, 2.1, None), (3, 3.1, 2), (4, 4.1, 2)]
        seconds, beats = self.probe.up_within(0.5, 4.0)
        self.assertAlmostEqual(seconds, 0.1)
        self.assertEqual(beats, 2)

    def test_a_wait_is_too_long_by_the_clock_and_by_beats(self):
        self.assertFalse(watchers.is_too_long(9.0, 10))
        self.assertFalse(watchers.is_too_long(1.0, 100))
        self.assertTrue(watchers.is_too_long(3.1, 31))

    def test_whoever_is_turned_away_while_nothing_happens_is_named(self):
        class Answer:
            status, text = 3, "away"
        calls = [(10.0, 10.5, "early", 0, 0, Answer), (20.0, 20.5, "late", 0, 0, Answer)]
        self.assertEqual([one.split()[0] for one in watchers.turned_away(calls, [(9.0, 9.5, None)])], ["late"])

    def test_the_sequence_after_an_answer_is_one_that_was_asked_for_later(self):
        self.probe.beats = [(0, 0.1, 1), (1, 1.1, 2), (2, 2.1, None), (3, 3.1, 4)]
        self.assertEqual(self.probe.sequence_after(0.5), (1.1, 2))
        self.assertEqual(self.probe.sequence_after(1.5), (3.1, 4))
        self.assertIsNone(self.probe.sequence_after(3.5))


class RecountTest(unittest.TestCase):
    """Commands of many names, two at once, and ids that were used before."""

    def setUp(self):
        zone = "Asia/Shanghai"
        self.model = recount.Recount(catalogue(BusinessClock(zone).day(NOW)), zone, "storm", 10, 2)
        self.seq = 0
        self.play(("account", "add", "a", "b"), "add")
        self.play(("account", "add-sub", "a", "a/s"), "sub")

    def play(self, words, request, names=(), piece=0, refused=None):
        self.seq += 1
        self.model.play(Transaction(self.seq, "", NOW, request, (words, names), piece=piece, names_refused=refused))

    def test_a_piece_does_what_its_names_allow_and_lists_the_others(self):
        words, names = ("account", "verify"), ("a", "a/s", "nobody", "b", "a")
        self.play(words, "v", names, 0, [("a/s", "sub_account")])
        self.play(words, "v", names, 1, [("nobody", "unknown_account")])
        self.assertIn("identity_verified", self.model.accounts["b"].facts)
        self.assertEqual(len(self.model.pieces_missing({"v": (words, names)})), 1)
        self.play(words, "v", names, 2, [("a", "named_twice")])
        self.assertEqual(self.model.pieces_missing({"v": (words, names)}), [])
        self.assertEqual(self.model.faults, [])

    def test_another_list_of_refused_names_is_a_fault(self):
        self.play(("account", "verify"), "v", ("a", "nobody", "b"), 0, [])
        self.assertIn("nobody", self.model.faults[0])

    def test_a_wrong_order_is_refused_whole_whatever_its_names_are(self):
        words = ("pack", "buy", "captcha", "xxl")
        self.assertEqual(self.model.refuses(words, ("a", "b", "nobody"), "buy", NOW), "")  # nobody is verified
        self.play(("account", "verify", "a", "b"), "v")
        self.assertEqual(self.model.refuses(words, ("a", "b", "nobody"), "buy", NOW), "unknown_tier")
        self.play(words, "buy", ("a", "b", "nobody"), 0)
        self.assertIn("unknown_tier", self.model.faults[0])

    def test_an_order_that_is_paid_from_outside_is_done_at_once(self):
        self.play(("account", "verify", "a", "b"), "v")
        words = ("pack", "buy", "captcha", "s", "--paid-by", "p")
        self.assertEqual(self.model.refuses(words, ("a", "b", "nobody"), "buy", NOW), "unknown_account")

    def test_an_id_is_used_up_by_a_command_that_changes_nothing_here_too(self):
        off = ("postpaid", "off", "captcha", "a")
        self.assertEqual(self.model.refuses(off, (), "mail", NOW), "already_off")
        self.play(("account", "set", "a", "--email", "a@example.com"), "mail")
        self.assertEqual(self.model.refuses(off, (), "mail", NOW), "request_conflict")

    def test_an_id_of_pieces_is_used_up_by_the_first(self):
        words, names = ("account", "verify"), ("a", "b", "a/s")
        self.play(words, "v", names, 0, [])
        self.assertEqual(self.model.refuses(("postpaid", "off", "captcha", "a"), (), "v", NOW), "request_conflict")
        self.assertEqual(self.model.refuses(words, names[:2], "v", NOW), "request_conflict")
        self.assertEqual(self.model.refuses(words, names, "v", NOW), "")


if __name__ == "__main__":
    unittest.main()
