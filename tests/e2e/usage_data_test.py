"""The generated usage holds what the demo and the tests rely on."""

import unittest

import harness
import usage_data
from reference import Model
from reference_input import nanos

RECORDS = 20_000
REASONS = {"malformed", "missing_field", "bad_time", "bad_quantity", "unknown_account",
           "unknown_product", "unknown_meter", "too_old", "in_future"}


class UsageDataTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.now = harness.utc_now()
        cls.usage = usage_data.scenario(cls.now, 3, RECORDS)
        cls.model = Model({name: parent for name, parent, _ in cls.usage.accounts},
                          default_source=usage_data.DEFAULT_SOURCE)
        for purchase in cls.usage.purchases:
            cls.model.buy(purchase.account, purchase.tier, nanos(purchase.at))
        for name, content in cls.usage.files:
            cls.model.take_file(name, content, nanos(cls.now))

    def total(self, name):
        return sum(getattr(result, name) for result in self.model.results)

    def test_the_same_seed_gives_the_same_files(self):
        self.assertEqual(usage_data.scenario(self.now, 3, RECORDS).files, self.usage.files)
        self.assertNotEqual(usage_data.scenario(self.now, 4, RECORDS).files, self.usage.files)

    def test_as_many_lines_as_asked_for(self):
        self.assertAlmostEqual(self.total("lines"), RECORDS, delta=20)

    def test_every_reason_and_outcome_occurs(self):
        reasons = {reason for result in self.model.results for reason in result.rejected}
        self.assertEqual(reasons, REASONS)
        self.assertGreater(self.total("conflict"), 0)
        self.assertGreater(self.total("duplicate"), 0)
        self.assertEqual({key[5] for key in self.model.usage},
                         {"drawn", "overrun", "not_billable_meter"})
        self.assertEqual({result.outcome for result in self.model.results},
                         {"taken", "repeat", "failed"})

    def test_late_records_draw_from_expired_packs(self):
        expired = [pack for pack in self.model.all_packs() if pack.expires < nanos(self.now)]
        self.assertEqual(len(expired), 2)
        for pack in expired:
            self.assertGreater(pack.used, 0)


if __name__ == "__main__":
    unittest.main()
