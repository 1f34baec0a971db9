"""U3, U4: the same records again in other files, other order, other names: nothing is accepted.

The canonical export stays what it was; and it is what the reference model says.
"""

import json
import os
import pathlib
import random
import time
import unittest

import harness
import usage_data
from reference import Model
from reference_input import nanos

RECORDS = 40_000
SEED = 7


def rows_again(model, dice):
    """Every accepted record, written otherwise: other offset, other digits, shuffled."""
    rows = []
    for (source, record_id), (account, product, meter, at, quantity) in model.held.items():
        record = usage_data.Record(record_id, source, account, at, meter, quantity, product,
                                   digits=9, offset_h=dice.choice((0, 1, 8)))
        rows.append(usage_data.row(record))
    dice.shuffle(rows)
    return rows


class RepeatTest(unittest.TestCase):
    def setUp(self):
        self.directory = self.enterContext(harness.temporary_directory())
        server = self.enterContext(harness.a_server(self.directory))
        database = f"repeat_{os.getpid()}"
        server.new_database(database)
        self.addCleanup(server.drop_database, database)
        self.where = harness.Deployment(self.directory / "site", server, database)
        self.usage = usage_data.scenario(harness.utc_now(), SEED, RECORDS)
        self.model = Model({name: parent for name, parent, _ in self.usage.accounts},
                           default_source=usage_data.DEFAULT_SOURCE)
        harness.set_up_tenants(self.where, self.usage)
        for purchase in self.usage.purchases:
            self.model.buy(purchase.account, purchase.tier, nanos(purchase.at))
        for name, content in self.usage.files:
            self.where.drop(name, content)
            self.model.take_file(name, content, time.time_ns())
        self.daemon = self.where.run_once()

    def outcomes_after(self, files):
        """Receipts of these files alone."""
        before = len(self.where.receipts())
        for name, content in files:
            self.where.drop(name, content)
        self.where.run_once()
        receipts = self.where.receipts()[before:]
        self.assertEqual(len(receipts), len(files))
        for receipt in receipts:
            self.assertEqual(harness.receipt_adds_up(receipt), [])
        return receipts

    def test_nothing_is_accepted_twice(self):
        canonical = self.where.canonical()
        self.assertEqual(harness.differences(self.model.canonical(), canonical), [])

        rows = rows_again(self.model, random.Random(SEED))
        receipts = self.outcomes_after(
            [(f"again-{part}.csv", usage_data.csv_file(rows[part::5])) for part in range(5)])
        self.assertEqual(sum(receipt["accepted"] for receipt in receipts), 0)
        self.assertEqual(sum(receipt["duplicate"] for receipt in receipts), len(rows))
        self.assertEqual(self.where.canonical(), canonical)

        again = [(f"zz-{pathlib.Path(name).stem}-again.csv", content)
                 for name, content in reversed(self.usage.files)]
        for receipt in self.outcomes_after(again):
            self.assertIn(receipt["outcome"], ("repeat", "failed"))
            self.assertEqual((receipt["lines"], receipt["accepted"]), (0, 0))
        self.assertEqual(self.where.canonical(), canonical)

    def test_what_can_be_looked_up_afterwards(self):
        """U7: a lost receipt comes from the database, byte for byte, by digest and by name."""
        shown = 0
        for path in sorted((self.where.spool / "receipts").glob("*.json")):
            text = path.read_text()
            receipt = json.loads(text)
            if receipt["outcome"] != "taken":  # changed nothing, so the ledger does not know it
                self.where.ctl("receipt", "show", receipt["file"], refused=True)
                continue
            for name in (receipt["digest"], receipt["digest"].removeprefix("sha256:"),
                         receipt["file"]):
                self.assertEqual(self.where.ctl_text("receipt", "show", name), text)
            shown += 1
        self.assertGreater(shown, 5)

        # The log says what the index of the dedupe keys holds; the bench reckons with it.
        keys, index_bytes = self.daemon.index()
        self.assertEqual(keys, len(self.model.held))
        self.assertGreaterEqual(index_bytes, 16 * keys)
        self.assertRegex(self.daemon.log_tail(10**7),
                         rf" overrun; {keys} keys held in {index_bytes >> 20} MiB\n")


if __name__ == "__main__":
    unittest.main()
