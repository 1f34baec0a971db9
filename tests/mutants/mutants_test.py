#!/usr/bin/env python3
"""The check of mutants.table finds each way in which it can be wrong."""
import contextlib
import io
import pathlib
import subprocess
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

PAGE = """# The rules

- S1 (C1) this line stands before the list of choices, and counts

## Chosen where the rules are silent

- S2 (C1, C2) a choice
  - C9 no rule: it does not begin its line

## The rules

- C1 one is one.
- C2 two
  is two.

- N10 a later letter, and two digits
"""


class Page(unittest.TestCase):
    def test_each_rule_that_it_states_is_read_in_its_order(self):
        rules = mutants.read_rules(PAGE)
        self.assertEqual(rules.rules, ["S1", "C1", "C2", "N10"])
        self.assertEqual(rules.choices, ["S2"])

    def test_without_a_list_of_choices_all_are_rules(self):
        self.assertEqual(mutants.read_rules("- A1 a\n- S1 b\n"), mutants.Rules(["A1", "S1"], []))

    def test_a_page_that_states_none_is_a_fault(self):
        with tempfile.TemporaryDirectory() as name:
            root = pathlib.Path(name)
            (root / "tests").mkdir()
            self.assertIn("states no rule", mutants.faults_of(root, [], mutants.read_rules("# Rules"))[0])

    def test_the_project_s_own_page_has_its_first_and_last_rules(self):
        page = pathlib.Path(__file__).parents[2] / mutants.PAGE
        rules = mutants.read_rules(page.read_text())
        for rule in ("C1", "B6", "P9", "O11", "U10", "N8", "D3"):
            self.assertIn(rule, rules.rules)
        self.assertIn("S31", rules.choices)
        self.assertEqual(len(set(rules.rules + rules.choices)), len(rules.rules + rules.choices))


class Table(unittest.TestCase):
    def faults(self, table, source="int one() {\n  return 1;\n}\n", tests="TEST(One, C1_C2_is_one) {"):
        with tempfile.TemporaryDirectory() as name:
            root = pathlib.Path(name)
            (root / "daemon").mkdir()
            (root / "tests/domain").mkdir(parents=True)
            (root / "daemon/one.cc").write_text(source)
            (root / "tests/domain/one_test.cc").write_text(tests)
            breaks, faults = mutants.read_table(table)
            return faults + mutants.faults_of(root, breaks, mutants.Rules(["C1", "C2"], ["S2"]))

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
        self.assertIn("states no rule Z9", self.faults(GOOD.replace("rule: C1", "rule: Z9"))[0])

    def test_a_choice_may_have_a_break_and_needs_none(self):
        tests = "TEST(One, C1_C2_S2_is_one) {"
        faults = self.faults(GOOD + "\n" + GOOD.replace("rule: C1", "rule: S2"), tests=tests)
        self.assertEqual(faults, ["C2 has no break in tests/mutants/mutants.table"])


def block(rule, file, room, new="2"):
    return f"rule: {rule}\nbreak: b\nfile: {file}\n- 1\n+ {new}\ntest: {room} *\n\n"


class Changed(unittest.TestCase):
    """--changed BASE, in a repository of three rules that have nothing in common."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.git("init", "-q")
        self.write(mutants.PAGE, "- A1 a\n- A2 b\n- A3 c\n")
        for number, room in (("1", "one"), ("2", "two"), ("3", "three")):
            self.write(f"daemon/{room}.cc", "1\n")
            self.write(f"tests/{room}/{room}_test.cc", f"TEST(T, A{number}_x) {{")
        self.table = block("A1", "daemon/one.cc", "one") + block("A2", "daemon/two.cc", "two")
        self.write(mutants.TABLE, self.table + block("A3", "daemon/three.cc", "three"))
        self.commit()

    def git(self, *command):
        subprocess.run(["git", "-C", self.root, "-c", "user.name=a", "-c", "user.email=a@b", *command], check=True)

    def commit(self):
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "as it was")

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def changed(self, base="HEAD"):
        breaks, _ = mutants.read_table((self.root / mutants.TABLE).read_text())
        return [one.rule for one in mutants.changed_since(self.root, base, breaks)]

    def test_nothing_where_nothing_changed(self):
        self.assertEqual(self.changed(), [])

    def test_a_file_that_is_changed_and_not_committed(self):
        self.write("daemon/two.cc", "1 \n")
        self.assertEqual(self.changed(), ["A2"])

    def test_a_file_that_was_committed_since(self):
        self.write("daemon/two.cc", "1 \n")
        self.commit()
        self.assertEqual(self.changed(), [])
        self.assertEqual(self.changed("HEAD~1"), ["A2"])

    def test_whatever_is_in_the_room_of_its_test(self):
        self.write("tests/three/cases.table", "new\n")  # git does not know it yet
        self.assertEqual(self.changed(), ["A3"])

    def test_a_room_whose_name_begins_alike_is_another_one(self):
        self.write("tests/onerous/cases.table", "new\n")
        self.assertEqual(self.changed(), [])

    def test_a_file_that_moved_counts_where_it_was(self):
        self.git("mv", "daemon/one.cc", "daemon/first.cc")
        self.assertEqual(self.changed(), ["A1"])

    def test_a_break_that_is_new_or_another_one_but_not_one_that_moved_in_the_table(self):
        self.write(mutants.TABLE, "# moved\n" + self.table + block("A3", "daemon/three.cc", "three", "3"))
        self.assertEqual(self.changed(), ["A3"])

    def test_a_base_that_had_no_table_knows_no_break(self):
        self.git("rm", "-q", "--cached", mutants.TABLE)
        self.git("commit", "-q", "-m", "without")
        self.assertEqual(self.changed(), ["A1", "A2", "A3"])

    def run_main(self, *arguments):
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            status = mutants.main([str(self.root), *arguments])
        return status, said.getvalue()

    def test_an_unknown_base_is_said_and_nothing_is_tried(self):
        status, said = self.run_main("--changed", "nowhere")
        self.assertEqual(status, 2)
        self.assertIn("--changed nowhere: ", said)

    def test_with_nothing_to_try_all_is_well(self):
        self.assertEqual(self.run_main("--changed", "HEAD"), (0, "no break is to be tried\n"))

    def test_rules_and_base_narrow_each_other(self):
        self.write("daemon/two.cc", "1\n\n")
        self.assertEqual(self.run_main("--changed", "HEAD", "A1"), (0, "no break is to be tried\n"))


if __name__ == "__main__":
    unittest.main()
