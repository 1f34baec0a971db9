#!/usr/bin/env python3
"""config/prometheus and config/grafana: promtool finds them clean, each alert has a test that fires and one that does
not, and they speak only of metrics and alerts that docs/METRICS.md has (metrics_test.py compares that with a daemon)."""

import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import metrics_page
from metrics_page import ROOT

FOLDER = ROOT / "config/prometheus"
RULES = FOLDER / "packwarden.rules.yaml"
TESTS = FOLDER / "packwarden.rules.test.yaml"


def promtool(*words, cwd=FOLDER):
    return subprocess.run(["promtool", *map(str, words)], cwd=cwd, capture_output=True, text=True, check=False)


def alert_blocks():
    """name -> its text in the file of rules."""
    blocks = re.split(r"^ +- alert: ", RULES.read_text(), flags=re.M)[1:]
    return {block.split("\n", 1)[0]: block for block in blocks}


def expression_of(block):
    return re.search(r"expr: >-\n((?: {10}.*\n)+)", block)[1]


class Rules(unittest.TestCase):
    def test_promtool_finds_them_clean(self):
        for words in (("check", "rules", RULES), ("test", "rules", TESTS), ("check", "config", FOLDER / "prometheus.yaml")):
            done = promtool(*words)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_each_alert_has_a_test_that_fires_and_one_that_does_not(self):
        text = TESTS.read_text()
        for name in alert_blocks():
            wanted = re.findall(rf'alertname="{name}",alertstate="firing"}}\)\', eval_time: \w+, exp_samples: (.*)}}', text)
            self.assertIn("[{labels: '{}', value: 1}]", wanted, name)
            self.assertIn("[]", wanted, name)

    def test_where_no_alert_ever_fires_a_test_of_each_fails(self):
        text = RULES.read_text()
        for block in alert_blocks().values():
            text = text.replace(expression_of(block), "          vector(0) > 1\n")
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(TESTS, folder)
            (pathlib.Path(folder) / RULES.name).write_text(text)
            done = promtool("test", "rules", TESTS.name, cwd=folder)
        self.assertNotEqual(done.returncode, 0)
        failed = set(re.findall(r'alertname=\\?"(\w+)', done.stdout + done.stderr))
        self.assertEqual(failed, set(alert_blocks()))

    def test_the_page_has_each_alert_with_its_severity(self):
        severities = {name: re.search(r"severity: (\w+)", block)[1] for name, block in alert_blocks().items()}
        self.assertEqual(severities, metrics_page.alerts())

    def test_each_alert_says_what_it_is_and_what_to_do(self):
        for name, block in alert_blocks().items():
            self.assertRegex(block, r"summary: >-\n +\S", name)
            self.assertRegex(block, r"description: >-\n +\S", name)
            self.assertIn(f"runbook_url: docs/OPERATIONS.md#{name.lower()}\n", block)

    def test_the_manual_has_a_remedy_for_each_alert_and_for_nothing_else(self):
        manual = (ROOT / "docs/OPERATIONS.md").read_text()
        self.assertEqual(set(re.findall(r"^### (Packwarden\w+)$", manual, flags=re.M)), set(alert_blocks()))

    def test_they_speak_of_metrics_that_the_page_has(self):
        for name, block in alert_blocks().items():
            spoken_of = metrics_page.metrics_in(expression_of(block))
            self.assertLessEqual(spoken_of, set(metrics_page.metrics()), name)
            self.assertTrue(spoken_of or "up{" in block, name)


class Dashboard(unittest.TestCase):
    def setUp(self):
        self.board = json.loads((ROOT / "config/grafana/packwarden.json").read_text())
        self.panels = [panel for panel in self.board["panels"] if panel["type"] != "row"]

    def test_no_id_is_there_twice(self):
        ids = [panel["id"] for panel in self.board["panels"]]
        self.assertEqual(len(ids), len(set(ids)))

    def test_each_panel_has_a_title_of_its_own_and_a_unit(self):
        titles = [panel["title"] for panel in self.panels]
        self.assertEqual(len(titles), len(set(titles)))
        for panel in self.panels:
            self.assertTrue(panel["title"])
            self.assertTrue(panel["fieldConfig"]["defaults"]["unit"], panel["title"])

    def test_no_two_panels_stand_on_one_place(self):
        taken = {}
        for panel in self.board["panels"]:
            place = panel["gridPos"]
            self.assertLessEqual(place["x"] + place["w"], 24, panel["title"])
            for x in range(place["x"], place["x"] + place["w"]):
                for y in range(place["y"], place["y"] + place["h"]):
                    self.assertNotIn((x, y), taken, panel["title"])
                    taken[x, y] = panel["title"]

    def test_it_shows_all_metrics_that_the_page_has_and_no_others(self):
        shown = set()
        for panel in self.panels:
            self.assertTrue(panel["targets"], panel["title"])
            for target in panel["targets"]:
                shown |= metrics_page.metrics_in(target["expr"])
        self.assertEqual(shown, set(metrics_page.metrics()))

    def test_its_expressions_are_promql(self):
        expressions = [target["expr"].replace("$__rate_interval", "5m")
                       for panel in self.panels for target in panel["targets"]]
        rules = [{"record": f"panel:{number}", "expr": text} for number, text in enumerate(expressions)]
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "panels.yaml"
            path.write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}))  # JSON is YAML
            done = promtool("check", "rules", path)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
