"""U3, U4: the same records again in other files, formats, packings, order and names: nothing is accepted.

The canonical export stays what it was; and it is what the reference model says. A million records
over the formats, and fewer that have all that goes wrong in real files. PACKWARDEN_REPEAT_RECORDS
sets the million.
"""

import collections
import gc
import json
import os
import random
import time
import unittest

import harness
import usage_data
import usage_formats
from reference import Model
from reference_input import nanos

RECORDS = 40_000
SEED = 7
MANY_RECORDS = int(os.environ.get("PACKWARDEN_REPEAT_RECORDS", 1_000_000))
MANY_FILES = 36  # three of each form and packing
LOOKS = [(form, packing) for form in usage_formats.FORMS for packing in usage_formats.PACKINGS]


def records_again(model, dice):
    """Every accepted record, written otherwise: other offset, other digits, shuffled."""
    records = [usage_data.Record(record_id, source, account, at, meter, quantity, product,
                                 digits=9, offset_h=dice.choice((0, 1, 8)))
               for (source, record_id), (account, product, meter, at, quantity) in model.held.items()]
    dice.shuffle(records)
    return records


def new_site(test, name):
    """A deployment on a database of its own, both gone at the end of the test's class."""
    directory = test.enterClassContext(harness.temporary_directory())
    server = test.enterClassContext(harness.a_server(directory))
    database = f"repeat_{name}_{os.getpid()}"
    server.new_database(database)
    test.addClassCleanup(server.drop_database, database)
    return harness.Deployment(directory / "site", server, database)


def tenants(where, usage):
    """Accounts and packs in the ledger and in a model."""
    harness.set_up_tenants(where, usage)
    model = Model({name: parent for name, parent, _ in usage.accounts},
                  default_source=usage_data.DEFAULT_SOURCE)
    for purchase in usage.purchases:
        model.buy(purchase.account, purchase.tier, nanos(purchase.at))
    return model


def sums(receipts):
    """Over receipts or FileResults alike."""
    total = collections.Counter()
    for one in receipts:
        one = one if isinstance(one, dict) else vars(one)
        total += collections.Counter({name: one[name] for name in ("lines", "accepted", "duplicate", "conflict")})
        total["rejected"] += sum(one["rejected"].values())
        total["not billable"] += sum(one["not_billable"].values())
        total += collections.Counter({f"units {name}": units for name, units in one["units"].items()})
    return +total


class ManyTest(unittest.TestCase):
    """A million records in mixed formats, then the same in other formats, order, packing and names."""

    @classmethod
    def setUpClass(cls):
        gc.disable()  # it would look through millions of objects, none of which is in a cycle
        cls.addClassCleanup(gc.enable)
        cls.where = new_site(cls, "many")
        cls.usage = usage_data.scenario(harness.utc_now(), SEED, 100)
        cls.model = tenants(cls.where, cls.usage)
        maker = usage_data.Maker(harness.utc_now(), SEED, MANY_RECORDS * 11 // 10)  # its shares are 10 in 11
        cls.records = maker.good()
        cls.dice = maker.random

    def drop(self, names, shift):
        """All records, a part a file; each part in another look with another shift."""
        for number in range(MANY_FILES):
            form, packing = LOOKS[(number + shift) % len(LOOKS)]
            part = self.records[number::MANY_FILES]
            ending, stored = usage_formats.quick_file(part, form, packing)
            self.where.drop(f"{names}-{number:03}{ending}", stored)

    def receipts_of_new(self, meanwhile=lambda: None):
        """What a run gives: its receipts alone, each of which has to add up."""
        before = len(self.where.receipts())
        process = self.where.daemon("run-once")
        meanwhile()
        harness.wait_until(lambda: process.poll() is not None, 300, "run-once ends")
        self.assertEqual(process.returncode, 0, process.log_tail())
        receipts = self.where.receipts()[before:]
        self.assertEqual(len(receipts), MANY_FILES)
        for receipt in receipts:
            self.assertEqual((receipt["outcome"], harness.receipt_adds_up(receipt)), ("taken", []), receipt)
        return receipts

    def expect_first(self):
        """The model takes the same parts in the same order; their look does not matter."""
        arrival = nanos(harness.utc_now())
        for number in range(MANY_FILES):
            part = self.records[number::MANY_FILES]
            self.model.take_decoded(f"first-{number}", ((
                (r.source, r.id), (r.account, r.product, r.meter, r.time, r.quantity)) for r in part), arrival)

    def test_a_million_records_again_in_other_formats(self):
        """U1, U3, U7, B5."""
        self.drop("first", 0)
        first = self.receipts_of_new(self.expect_first)
        self.assertEqual(sums(first), sums(self.model.results))
        self.assertEqual(sums(first)["accepted"], len(self.records))
        canonical = self.where.canonical()
        self.assertEqual(harness.differences(self.model.canonical(), canonical), [])

        self.dice.shuffle(self.records)
        self.drop("again", 5)  # the daemon starts anew: it knows the keys from the database alone
        again = self.receipts_of_new()
        self.assertEqual(sums(again), {"lines": len(self.records), "duplicate": len(self.records)})
        self.assertEqual(self.where.canonical(), canonical)


class RepeatTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.where = new_site(cls, "some")
        cls.usage = usage_data.scenario(harness.utc_now(), SEED, RECORDS)
        cls.model = tenants(cls.where, cls.usage)
        for name, content in cls.usage.files:
            cls.where.drop(name, content)
            cls.model.take_file(name, content, time.time_ns())
        cls.daemon = cls.where.run_once()

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

        dice = random.Random(SEED)
        records = records_again(self.model, dice)
        files = []
        for part, look in enumerate(LOOKS):
            ending, _, stored = usage_formats.written_as(records[part::len(LOOKS)], *look, dice)
            files.append((f"again-{part}{ending}", stored))
        receipts = self.outcomes_after(files)
        self.assertEqual(sums(receipts), {"lines": len(records), "duplicate": len(records)})
        self.assertEqual(self.where.canonical(), canonical)

        again = [(f"zz-again-{name}", content)
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
