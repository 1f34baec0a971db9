#!/usr/bin/env python3
"""The check of mutants.table finds each way in which it can be wrong."""
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import mutants

GOOD = """# said at the head
rule: C1
break: one is two
file: daemon/one.cc
-   return 1;
+   return 2;
test: domain One.C1_*
"""


class Table(unittest.TestCase):
    def faults(self, table, source="int one() {\n  return 1;\n}\n", tests="TEST(One, C1_C2_is_one) {"):
        with tempfile.TemporaryDirectory() as name:
            root = pathlib.Path(name)
            (root / "daemon").mkdir()
            (root / "tests/domain").mkdir(parents=True)
            (root / "daemon/one.cc").write_text(source)
            (root / "tests/domain/one_test.cc").write_text(tests)
            breaks, faults = mutants.read_table(table)
            faults += mutants.faults_of(root, breaks)
            # Of the other rules, which this small tree does not have.
            return [fault for fault in faults if not any(fault.startswith(rule + " has") for rule in mutants.RULES[2:])]

    def test_a_whole_table_has_none(self):
        self.assertEqual(self.faults(GOOD), ["C2 has no break in tests/mutants/mutants.table"])

    def test_a_text_must_be_there_once(self):
        for source in ("int one() {\n  return 3;\n}\n", "  return 1;\n  return 1;\n"):
            self.assertIn("the entry is stale", self.faults(GOOD, source=source)[0])

    def test_a_break_must_change_something(self):
        self.assertIn("it changes nothing", self.faults(GOOD.replace("return 2", "return 1"))[0])

    def test_a_test_must_exist_and_name_its_rule(self):
        faults = self.faults(GOOD, tests="TEST(One, is_one) {")
        self.assertIn("no test in tests/domain is called One.C1_*", faults[0])
        self.assertIn("C1 has no test whose name begins with it", faults)

    def test_a_rule_of_the_suite_counts(self):
        faults = self.faults(GOOD.replace("One.C1_*", "C1_One.*"), tests="TEST_F(C1_One, Is) {")
        self.assertNotIn("C1 has no test whose name begins with it", faults)

    def test_what_is_left_out_or_unknown_is_told(self):
        self.assertIn("are needed", self.faults(GOOD.replace("file: daemon/one.cc\n", ""))[0])
        self.assertIn("is none of", self.faults(GOOD + "tset: x y\n")[0])
        self.assertIn("there is no rule Z9", self.faults(GOOD.replace("rule: C1", "rule: Z9"))[0])


if __name__ == "__main__":
    unittest.main()
