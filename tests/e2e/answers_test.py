"""What commands answer: the figures of a repeated request (P9), states of packs (P5, P8), journals (P6), and how
run-once ends where a lease keeps due work from being done."""

import datetime
import unittest

import harness
from operators_site import OnSite, setUpModule  # noqa: F401: unittest calls it

HOUR = datetime.timedelta(hours=1)


class Answers(OnSite):
    def top_up(self, amount, reference, request_id, output="json"):
        return self.where.ctl("money", "top-up", "acme", amount, "--reference", reference, "--request-id", request_id,
                              output=output)

    def test_P9_a_repeated_request_prints_the_figures_of_the_first_run(self):
        first = self.top_up(1, "R1", "x")
        self.top_up(5, "R2", "y")
        self.assertEqual(self.top_up(1, "R1", "x"), {**first, "repeated": True})
        self.assertEqual(self.top_up(1, "R1", "x", output="table"),
                         "This request had been done before. The balance of acme after it was 1.00 CNY.\n")

    def test_P6_a_journal_has_its_amount_beside_the_balance_after_it(self):
        self.top_up(1, "R1", "x")
        self.top_up(5, "R2", "y")
        rows = self.where.ctl("money", "journal", "acme", "--limit", 2)
        self.assertEqual([(row["reference"], row["amount_micros"], row["balance_micros"]) for row in rows],
                         [("R1", 1_000_000, 1_000_000), ("R2", 5_000_000, 6_000_000)])

    def test_P5_P8_what_is_unused_of_a_pack_that_is_frozen_or_over_is_not_usable(self):
        def pack(as_of=None):
            row = self.where.ctl("pack", "list", "acme", as_of=as_of)[0]
            return row["state"], row["usable"], row["unused"]
        quota = 1_000_000
        self.assertEqual(pack(), ("usable", quota, quota))
        year = datetime.timedelta(days=367)
        self.assertEqual(pack(harness.utc_now() + year), ("expired", 0, quota))
        self.where.ctl("refund", "request", 1)
        self.assertEqual(pack(), ("frozen", 0, quota))
        for step in ("approve", "order", "complete"):
            self.where.ctl("refund", step, 1)
        self.assertEqual(pack(), ("refunded", 0, quota))
        self.assertRegex(self.where.ctl("pack", "list", "acme", output="table"), " 0  refunded ")


class RunOnce(OnSite):
    def test_a_lease_that_keeps_due_work_from_being_done_is_named_and_ends_it_with_3(self):
        self.where = self.new_site(jobs={"lease_s": 1})
        self.where.server.sql("INSERT INTO job (name, holder, fence, lease_until) VALUES ('settle', 'billing-2/17', 1,"
                         " UTC_TIMESTAMP(6) + INTERVAL 1 HOUR)", self.where.database)
        process = self.where.daemon("run-once")
        self.assertEqual(process.wait(60), 3)
        self.assertIn("job settle may not have done all that was due: billing-2/17 has its lease", process.log_tail())
        self.where.server.sql("UPDATE job SET lease_until = UTC_TIMESTAMP(6)", self.where.database)
        self.where.run_once()


if __name__ == "__main__":
    unittest.main()
