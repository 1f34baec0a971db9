"""packctl replay (docs/HISTORIES.md): a history gives what the same commands give one by one, and what is no history
is refused with a sentence.
"""

import json
import os
import subprocess
import unittest

import histories_test
from axes import AXES
from generator import Generator

import server

AXIS = AXES[0]
HISTORIES = 2


class ReplayTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = cls.enterClassContext(server.temporary_directory())
        cls.server = cls.enterClassContext(server.a_server(cls.folder))
        cls.made = Generator("replay", HISTORIES, AXIS).make()
        cls.sites = 0

    def site(self):
        ReplayTest.sites += 1
        folder = self.folder / f"site-{self.sites}"
        folder.mkdir()
        database = f"replay_{os.getpid()}_{self.sites}"
        self.addCleanup(self.server.drop_database, database)
        return histories_test.Site(folder, self.server, database, AXIS, self.made.products)

    @staticmethod
    def packctl(site, *words):
        return subprocess.run([histories_test.BIN / "packctl", "--config", site.config, *words], capture_output=True,
                              text=True, check=False)

    def replay(self, site, *lines):
        """(exit status, stderr) of a replay of these lines."""
        site.history.write_text("".join(line + "\n" for line in lines))
        done = self.packctl(site, "replay", site.history, "--answers", site.answers)
        return done.returncode, done.stderr

    @staticmethod
    def act(site, line):
        """A line of a history as people and producers would do it."""
        if "file" in line:
            hidden = site.directory / "spool/incoming" / f".{line['file']}"
            hidden.write_text(line["content"])
            hidden.rename(hidden.with_name(line["file"]))
            return 0
        at = ["--as-of", line["at"]]
        command = (["packwardend", "--config", site.config, "run-once", *at] if line["do"] == ["run-once"]
                   else ["packctl", "--config", site.config, *at, *line["do"]])
        command[0] = histories_test.BIN / command[0]
        return subprocess.run(command, capture_output=True, check=False).returncode

    maxDiff = None

    def test_a_replay_gives_what_the_commands_give_one_by_one(self):
        lines, clock = [], ""
        for line in map(json.loads, self.made.lines[:140]):
            clock = line["at"] = max(clock, line["at"])  # arrivals never go back within one process alone
            lines += [line, {"at": clock, "do": ["run-once"]}] if "file" in line else [line]
        played, done = self.site(), self.site()
        self.assertEqual(self.replay(played, *map(json.dumps, lines)), (0, ""))
        answers = [json.loads(line) for line in played.answers.read_text().splitlines()]
        for folder in ("incoming", "work", "done", "rejected", "receipts", "failed"):
            (done.directory / "spool" / folder).mkdir()
        self.assertEqual([answer["status"] for answer in answers], [self.act(done, line) for line in lines])
        self.assertEqual(played.ctl("export", "--canonical"), done.ctl("export", "--canonical"))
        self.assertEqual(self.receipts(played), self.receipts(done))

    @staticmethod
    def receipts(site):
        texts = [json.loads(path.read_text()) for path in (site.directory / "spool/receipts").glob("[!.]*.json")]
        return {text["file"]: (text["outcome"], text["lines"], text["units"]) for text in texts}

    def test_a_refusal_is_an_answer(self):
        site = self.site()
        at = "2028-03-01T00:00:00Z"
        status = self.replay(site, f'{{"at":"{at}","do":["account","add","acme"]}}', "",
                             f'{{"at":"{at}","do":["pack","buy","captcha","s","acme"]}}')
        self.assertEqual(status, (0, ""))
        self.assertEqual(site.answers.read_text(),
                         '{"line":1,"status":0}\n{"line":3,"status":1,"code":"unverified"}\n')

    def test_what_is_no_line_of_a_history_stops_it(self):
        good = '{"at":"2028-03-01T00:00:00Z","do":["account","add","acme"]}'
        for line, sentence in ((good[:-1], "no JSON object"), ("[]", "no JSON object"),
                               ('{"do":["status"]}', "'at' is no text"),
                               ('{"at":"yesterday","do":["status"]}', "'yesterday' is no instant"),
                               ('{"at":"2028-03-01T00:00:00Z"}', "'file' is no text"),
                               ('{"at":"2028-03-01T00:00:00Z","do":[]}', "no list of words"),
                               ('{"at":"2028-03-01T00:00:00Z","do":["status",1]}', "is no text"),
                               ('{"at":"2028-03-01T00:00:00Z","do":["status"],"x":1}', "more than 'at' and 'do'"),
                               ('{"at":"2028-03-01T00:00:00Z","do":["nonsense"]}', "'nonsense' is no word"),
                               ('{"at":"2028-03-01T00:00:00Z","do":["status","--as-of","x"]}', "--as-of"),
                               ('{"at":"2028-03-01T00:00:00Z","do":["replay","x"]}', "cannot play another one"),
                               ('{"at":"2028-03-01T00:00:00Z","file":"../x.csv","content":""}', "no name of a usage file")):
            with self.subTest(line):
                site = self.site()
                status, said = self.replay(site, good, line)
                self.assertEqual(status, 2, said)
                self.assertIn(f"{site.history}:2: ", said)
                self.assertIn(sentence, said)
                self.assertIn("begins anew with an empty database", said)

    def test_a_replay_needs_an_empty_database_and_spool(self):
        site = self.site()
        good = '{"at":"2028-03-01T00:00:00Z","do":["account","add","acme"]}'
        self.assertEqual(self.replay(site, good)[0], 0)
        status, said = self.replay(site, good)
        self.assertEqual(status, 1)
        self.assertIn("The ledger is not empty: it has 1 accounts", said)

        site = self.site()
        site.ctl("expire")
        self.assertIn("Job expire has run on this database", self.replay(site, good)[1])

        site = self.site()
        (site.directory / "spool/incoming").mkdir()
        (site.directory / "spool/incoming/a.csv").write_text("")
        self.assertIn("The spool has usage files that wait", self.replay(site, good)[1])

        site = self.site()
        site.config.write_text(site.config.read_text().replace("allow_as_of: true", "allow_as_of: false"))
        self.assertIn("set allow_as_of: true", self.replay(site, good)[1])


if __name__ == "__main__":
    unittest.main()
