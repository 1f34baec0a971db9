"""Every look of a usage file holds the very records that it was made of; and the model reads what it must not take."""

import random
import unittest
from dataclasses import replace

import harness
import usage_data
import usage_formats
from reference import Model
from reference_formats import Broken, content_of, json_fields
from reference_input import nanos, parse_time
from usage_formats import FORMS, PACKINGS

RECORDS = 60
ROUNDS = 40
EVENT = '"specversion":"1.0","id":"i","source":"s","type":"m","subject":"a","time":"t"'
FLAT = '"id":"i","account":"a","product":"p","meter":"m","time":"t"'


def content_key(record):
    """What the model holds of a record."""
    at = parse_time(usage_data.written(record))
    return (record.source, record.id), (record.account, record.product, record.meter, at, record.quantity)


class Looks(unittest.TestCase):
    def setUp(self):
        self.now = harness.utc_now()
        maker = usage_data.Maker(self.now, 5, 0)
        self.records = [maker.record("acme", 48, 1, 9) for _ in range(RECORDS - 3)]
        odd = maker.record("acme", 48, 1, 1)
        self.records += [replace(odd, id='q"u,o\\te/'), replace(odd, id="两😀"), replace(odd, id="x" * 128)]

    def held_of(self, name, stored):
        model = Model({"acme": None}, default_source=usage_data.DEFAULT_SOURCE)
        result = model.take_file(name, stored, nanos(self.now))
        self.assertEqual((result.outcome, result.lines, result.accepted), ("taken", RECORDS, RECORDS), name)
        return model.held

    def test_every_form_and_packing_holds_the_same_records(self):
        expected = dict(map(content_key, self.records))
        for form in FORMS:
            for packing in PACKINGS:
                for seed in range(ROUNDS if packing != ".zst" else 5):
                    ending, content, stored = usage_formats.written_as(self.records, form, packing,
                                                                       random.Random(seed))
                    self.assertEqual(content_of(f"f{ending}", stored), content)
                    self.assertEqual(self.held_of(f"f{ending}", stored), expected, f"{form}{packing}, seed {seed}")

    def test_quick_files_too(self):
        quick = [replace(record, id=f"i{number}") for number, record in enumerate(self.records)]
        for form in FORMS:
            for packing in PACKINGS:
                ending, stored = usage_formats.quick_file(quick, form, packing)
                self.assertEqual(self.held_of(f"f{ending}", stored), dict(map(content_key, quick)))

    def test_the_same_seed_gives_the_same_bytes(self):
        one, same, other = (usage_formats.written_as(self.records, "mixed", ".gz", random.Random(seed))
                            for seed in (1, 1, 2))
        self.assertEqual(one, same)
        self.assertNotEqual(one[2], other[2])

    def test_all_looks_of_csv_occur(self):
        files = [usage_formats.csv_content(self.records, random.Random(seed)) for seed in range(100)]
        for look in (lambda text: text.startswith(usage_formats.BOM), lambda text: b"\r\n" in text,
                     lambda text: not text.endswith(b"\n"), lambda text: b"\n\n" in text,
                     lambda text: b"note" in text, lambda text: b'"acme"' in text):
            self.assertTrue(0 < sum(map(look, files)) < 100)


class Refused(unittest.TestCase):
    """docs/FORMATS.md, as the model reads it."""

    def test_lines_that_are_malformed(self):
        for line in ("", "5", "[]", "{", '{"a":1,}', '{"a":01}', '{"a":+1}', '{"a":NaN}', '{"a":-Infinity}',
                     '{"a":"\\ud800"}', '{"a":"\t"}', '{"\\ude00":1}', '{"a":1,"\\u0061":2}', '{"a":1} {}', "{'a':1}",
                     '{"id":5}', '{"id":"\\u0000"}', '{"account":{}}', '{"a":' + "[" * 70 + "]" * 70 + "}",
                     '{"a":' + "[" * 60_000 + "}", f'{{{EVENT},"data":5}}', f'{{{EVENT},"data_base64":"e30="}}',
                     '{"specversion":"1.1"}', '{"specversion":1.0}', f'{{{EVENT},"data":{{"a":1,"a":2}}}}',
                     '{"a":"' + "x" * 65_536 + '"}'):
            self.assertIsNone(json_fields(line.encode()), line[:80])
        self.assertIsNone(json_fields(b'{"a":"\xff"}'))

    def test_values_that_are_read(self):
        flat = json_fields(f'{{{FLAT},"quantity":7,"x":1{"0" * 60_000}}}'.encode())
        self.assertEqual((flat["id"], flat["account"], flat["quantity"]), ("i", "a", "7"))
        event = json_fields(f'{{{EVENT},"data":{{"product":"p","quantity":null}}}}'.encode())
        self.assertEqual((event["account"], event["meter"], event["product"], event["quantity"]), ("a", "m", "p", ""))
        for text in ("1.0", "1e3", '"5"', "true", "[]"):
            self.assertFalse(json_fields(f'{{{FLAT},"quantity":{text}}}'.encode())["quantity"].isdigit())

    def test_packings_that_break_off(self):
        content = b"id,account\n" * 3000
        for packing in (".gz", ".zst"):
            whole = usage_formats.packed(content, packing)
            for stored in (b"", whole[:-1], whole[:-9], whole[:9], whole + b"x", b"x" + whole):
                with self.assertRaises(Broken):
                    content_of(f"f.csv{packing}", stored)
        with self.assertRaises(Broken):
            content_of("f.CSV", content)


if __name__ == "__main__":
    unittest.main()
