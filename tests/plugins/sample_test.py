"""docs/PLUGINS.md: the sample is what the page shows, and does what the page says."""

import os
import pathlib
import re
import tempfile
import unittest

from driven_plugin import DrivenPlugin

ROOT = pathlib.Path(__file__).resolve().parents[2]
SAMPLE = pathlib.Path(os.environ["PACKWARDEN_BIN"]).parent / "lib" / "fixtures" / "sample.so"


class SampleTest(unittest.TestCase):
    def test_the_page_shows_the_file(self):
        page = (ROOT / "docs" / "PLUGINS.md").read_text()
        [shown] = re.findall(r"^```c\n(.*?)^```$", page, re.M | re.S)
        self.assertEqual(shown, (ROOT / "plugins" / "sample" / "sample.c").read_text())

    def test_it_appends_a_line_for_each_message(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "notices.txt"
            for _ in range(2):
                with DrivenPlugin(SAMPLE, {"output_file": path}) as plugin:
                    self.assertEqual(plugin.check(), "")
                    results = plugin.deliver([
                        {"idempotency_key": key, "recipient": "ops", "subject": "已使用 50 %"}
                        for key in ("a", "b")])
                    self.assertEqual([result["outcome"] for result in results], ["accepted"] * 2)
                    self.assertEqual(plugin.end(), (0, []))
            lines = ["a\tops\t已使用 50 %", "b\tops\t已使用 50 %"]
            self.assertEqual(path.read_text().splitlines(), lines * 2)

    def test_what_is_not_on_the_disk_is_unknown(self):
        with DrivenPlugin(SAMPLE, {"output_file": "/dev/full"}) as plugin:
            [result] = plugin.deliver([{"subject": "x"}])
            self.assertEqual(result["outcome"], "unknown")

    def test_it_refuses_settings_that_cannot_work(self):
        for settings, told in (({"outptu_file": "/tmp/x"}, "give the setting output_file"),
                               ({"output_file": "/does/not/exist/x"}, "is its folder there?")):
            with DrivenPlugin(SAMPLE, settings) as plugin:
                status, errors = plugin.end()
                self.assertEqual(status, 1)
                self.assertIn(told, errors[0])


if __name__ == "__main__":
    unittest.main()
