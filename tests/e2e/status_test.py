"""packctl for people: status, top under a real terminal, and JSON from every word."""

import json
import re
import shlex
import signal
import subprocess
import sys
import unittest

import harness
from operators_site import OnSite, csv, cut, rows, setUpModule  # noqa: F401: unittest calls it
from terminal import Terminal

HANDS = 2  # --check, where something needs a hand


class Status(OnSite):
    def findings(self):
        return {one["code"]: one for one in self.json("status")["findings"]}

    def test_without_daemon_and_channel_two_things_need_a_hand(self):
        self.where.drop("a.csv", csv(rows("a", 2)))
        lines = self.done("status").splitlines()
        self.assertEqual(lines[0], "2 things need a hand.")
        self.assertIn("needs a hand  No daemon works on the spool: nothing is taken, and 1 file waits.", lines)
        self.assertIn("              systemctl start packwardend", lines)
        self.assertIn("              systemctl enable --now packwarden-channel@inbox", lines)
        self.assertEqual(self.run_words("status", "--check").returncode, HANDS)

    def test_all_is_well_with_a_daemon_and_its_channel(self):
        up = self.where.daemon("up")
        self.addCleanup(lambda: up.poll() is None and up.kill_hard())
        harness.wait_until(lambda: self.json("status")["health"] == "well", 60, "all is well", alive=[up])
        self.assertEqual(self.done("status").splitlines()[0], "All is well.")
        self.assertEqual(self.run_words("status", "--check").returncode, 0)
        shown = self.json("status")
        self.assertEqual([channel["channel"] for channel in shown["channels"]], ["inbox"])
        self.assertEqual({job["job"] for job in shown["jobs"]}, {"erase", "expire", "remind", "settle"})
        self.assertGreater(shown["ledger"]["sequence"], 0)
        self.assertLess(abs(shown["ledger"]["clock_ahead_ms"]), 10_000)
        up.stop()

    def test_the_command_that_it_names_mends_what_it_names(self):
        self.take(**{"bad.csv.zst": b"\x28\xb5\x2f\xfd but no Zstandard"})
        failed = self.findings()["files_failed"]
        self.assertIn("'bad.csv.zst'", failed["sentence"])
        self.done(*failed["command"].split()[1:])
        self.assertNotIn("files_failed", self.findings())
        self.done("spool", "hold", "--reason", "an audit")
        held = self.findings()["spool_held"]
        self.assertIn("(an audit)", held["sentence"])
        self.done(*held["command"].split()[1:])
        self.assertNotIn("spool_held", self.findings())

    def test_without_a_database_the_rest_is_shown(self):
        self.where.drop("a.csv", csv(rows("a", 2)))
        config = self.where.config
        config.write_text(re.sub("(?m)^  socket: .*$", "  socket: /nowhere/mysqld.sock", config.read_text()))
        text = self.done("status")
        self.assertIn("The database cannot be reached", text)
        self.assertIn("1 wait (", text)
        shown = self.json("status")
        self.assertEqual((shown["ledger"], shown["spool"]["incoming"]["files"]), (None, 1))
        self.assertEqual(self.run_words("status", "--check").returncode, HANDS)

    def test_a_schema_of_another_version_is_what_needs_a_hand(self):
        self.where.server.sql(f"UPDATE {self.where.database}.schema_version SET version = 9999 ORDER BY version DESC LIMIT 1")
        self.assertIn("schema version 9999", self.done("status"))

    def test_without_a_spool_the_database_is_shown(self):
        for folder in self.where.spool.iterdir():
            folder.rmdir()
        self.where.spool.rmdir()
        text = self.done("status")
        self.assertIn("cannot open the spool", text)
        self.assertIn("ledger        transaction ", text)


class Colours(OnSite):
    def shown_in(self, words=(), **environment):
        with Terminal(self.command(*words, "status"), environment=environment) as terminal:
            terminal.process.wait(30)
            return terminal.rest()

    def test_on_a_terminal_alone_and_not_where_nobody_wants_them(self):
        self.assertIn(b"\x1b[1;31m", self.shown_in())
        self.assertNotIn(b"\x1b", self.shown_in(NO_COLOR="1"))
        self.assertNotIn(b"\x1b", self.shown_in(TERM="dumb"))
        self.assertNotIn(b"\x1b", self.shown_in(("--color", "never")))
        self.assertNotIn("\x1b", self.done("status"))
        self.assertIn("\x1b[1;31m", self.done("--color", "always", "status"))

    def test_status_fits_the_terminal(self):
        with Terminal(self.command("status"), columns=60, lines=16) as terminal:
            terminal.process.wait(30)
            shown = re.sub(rb"\x1b\[[0-9;]*m", b"", terminal.rest()).decode().splitlines()
        self.assertLess(len(shown), 16)
        self.assertLessEqual(max(map(len, shown)), 60)


class Top(OnSite):
    ENTER, LEAVE = b"\x1b[?1049h\x1b[?25l", b"\x1b[?25h\x1b[?1049l"

    def top(self, **size):
        terminal = self.enterContext(Terminal(self.command("top"), **size))
        terminal.wait_for(b"packctl top")
        self.assertTrue(terminal.seen.startswith(self.ENTER))
        self.assertFalse(terminal.echoes(), "keys are not shown")
        return terminal

    def leaves(self, terminal, status):
        self.assertEqual(terminal.process.wait(30), status)
        self.assertTrue(terminal.rest().endswith(self.LEAVE))
        self.assertTrue(terminal.echoes(), "the terminal is as it was")

    def test_q_ends_it(self):
        terminal = self.top()
        terminal.press(b"xq")
        self.leaves(terminal, 0)

    def test_each_signal_gives_the_terminal_back(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            with self.subTest(number):
                terminal = self.top()
                terminal.process.send_signal(number)
                self.leaves(terminal, -number)

    def test_ctrl_c_ends_it(self):
        terminal = self.top()
        terminal.press(b"\x03")
        self.leaves(terminal, -signal.SIGINT)

    def test_stopped_it_gives_the_terminal_back_and_takes_it_again(self):
        """As a person does it: Ctrl-Z and fg in a shell. Without one nothing can be stopped."""
        shell = self.enterContext(Terminal(["bash", "--norc", "--noprofile", "-i"]))
        shell.press(shlex.join(str(word) for word in self.command("top")).encode() + b"\n")
        shell.wait_for(b"\x1b[J")
        shell.press(b"\x1a")
        shell.wait_for(b"Stopped")
        self.assertIn(self.LEAVE, shell.seen)
        begin = len(shell.seen)
        shell.press(b"fg\n")
        shell.wait_for(b"\x1b[J", begin)
        self.assertIn(self.ENTER, shell.seen[begin:])
        begin = len(shell.seen)
        shell.press(b"q")
        shell.wait_for(self.LEAVE, begin)
        begin = len(shell.seen)
        shell.press(b"echo ended with $?\n")
        shell.wait_for(b"ended with 0", begin)
        shell.press(b"exit\n")
        self.assertEqual(shell.process.wait(30), 0)

    def test_it_follows_the_size_of_the_terminal(self):
        terminal = self.top(columns=120, lines=40)
        for columns, lines in ((40, 8), (20, 3), (100, 30)):
            begin = len(terminal.seen)
            terminal.resize(columns, lines)
            frame = terminal.frame(begin, lines)
            self.assertLessEqual(len(frame), lines)
            self.assertLessEqual(max(map(len, frame)), columns, frame)
        terminal.press(b"q")
        self.leaves(terminal, 0)

    def test_it_shows_what_is_taken(self):
        up = self.where.daemon("up")
        self.addCleanup(lambda: up.poll() is None and up.kill_hard())
        harness.wait_until(lambda: self.json("status")["health"] == "well", 60, "all is well", alive=[up])
        watch = subprocess.Popen(self.command("--output", "json", "top", "--frames", "20"), stdout=subprocess.PIPE)
        self.addCleanup(watch.kill)
        self.addCleanup(watch.stdout.close)
        first = json.loads(watch.stdout.readline())
        self.assertIsNone(first["per_second"], "one look is no rate")
        self.where.drop("a.csv", csv(rows("a", 500)))
        found = 0
        while found < 500 and (line := watch.stdout.readline()):
            frame = json.loads(line)
            self.assertEqual(frame["health"], "well", frame["findings"])
            found = round(frame["per_second_last_minute"]["records"] * 20)
            if frame["per_second"]["records"] > 0:
                self.assertGreater(frame["per_second"]["files"], 0)
                break
        else:
            self.fail("no frame shows that a file was taken")
        watch.terminate()
        watch.wait(30)
        up.stop()

    def test_without_a_terminal_it_prints_frames(self):
        text = self.done("top", "--frames", "2")
        self.assertEqual(text.count("packctl top  "), 2)
        self.assertNotIn("\x1b", text)
        self.assertEqual(self.done("top").count("packctl top  "), 1)

    def test_a_database_that_goes_and_comes_does_not_end_it(self):
        config = self.where.config
        config.write_text(re.sub("(?m)^  socket: .*$", "  socket: /nowhere/mysqld.sock", config.read_text()))
        terminal = self.top(columns=100, lines=30)
        terminal.wait_for(b"The database cannot be reached")
        terminal.press(b"q")
        self.leaves(terminal, 0)


def leaves_of(command, path=()):
    """The words that do something, from --help: tuples."""
    text = subprocess.run([*command, *path, "--help"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"(?ms)^Subcommands:\n(.*?)(?:\n\n|\Z)", text)
    if not found:
        return [path]
    names = re.findall(r"(?m)^  ([a-z-]+)\b", found.group(1))
    return [leaf for name in names for leaf in leaves_of(command, (*path, name))]


class JsonEverywhere(OnSite):
    LINES = {("top",), ("export",)}  # documented: one document a line

    def calls(self):
        """What each word is run with, in this order: (words, exit status)."""
        at = harness.rfc3339(harness.utc_now())
        day, month = at[:10], at[:7]
        history = self.where.directory / "history.jsonl"
        history.write_text("")
        usage = self.where.directory / "checked.csv"
        usage.write_bytes(csv(rows("checked", 2)))
        return [
            ("migrate", 0), ("catalogue", 0), ("status", 0), ("top --frames 1", 0), ("totals", 0), ("export --canonical", 0),
            ("config check", 0), ("database check", None), ("deployment show", 0),
            ("deployment set currency USD", 1), ("deployment accept-older 1000000", 1), ("account add payer", 0), ("account add-sub payer payer-web", 0), ("account list", 0),
            ("account verify payer", 0), ("account integrate payer", 0), ("account set payer --email a@b.example", 0),
            ("account show payer", 0), ("account webhook-secret payer", 1),
            ("money top-up payer 1000 --reference bank-1", 0), ("money balance payer", 0), ("money journal payer", 0),
            ("pack trial captcha payer", 0), ("pack buy captcha 30k payer", 0), ("pack list payer", 0),
            ("postpaid off captcha payer", 0), ("postpaid on captcha payer", 0),
            ("entitlement payer captcha", 0), ("service payer", 0), ("bills payer", 0), ("expire", 0), ("remind", 0),
            ("settle", 0), ("job list", 0), ("channel list", 0), ("channel pause inbox", 0), ("channel resume inbox", 0),
            ("channel test inbox --wait 1", 1), ("inbox payer", 0),
            ("notice list", 0), ("notice show 1", 0), ("notice retry 1", 0), ("notice discard 1 --reason x", 0),
            ("notice preview bill", 0), ("audit", 0), ("refund request 3", 0), ("refund reject 3 --reason x", 0),
            ("refund approve 3", 1), ("refund order 3", 1), ("refund complete 3", 1), ("usage acme", 0),
            ("ledger acme", 0), (f"statement acme {month}", 0), (f"why acme {day}", 0), ("receipt show a.csv", 0),
            ("spool status", 0), ("spool hold", 0), ("spool release", 0), ("spool retry bad.csv.zst", 0),
            (f"spool check {usage}", 0), ("rejects list", 0), ("rejects redrive b.csv", 0), ("rejects discard c.csv --yes", 0),
            ("file void a.csv --reason x", 0), ("file redrive a.csv", 0), ("token new one", 0), ("token list", 0),
            ("token revoke one", 0), (f"replay {history}", 1), ("account close payer", 0)]

    def answers(self, words, status, with_lines):
        ended = self.run_words("--output", "json", *words)
        told = (ended.stdout, ended.stderr)
        self.assertIn(ended.returncode, (0, 1) if status is None else (status,), told)
        if ended.stdout:
            documents = ended.stdout.splitlines() if with_lines else [ended.stdout]
            for document in documents:
                self.assertIsInstance(json.loads(document), (dict, list), told)
        else:
            self.assertNotEqual(ended.returncode, 0, told)
        self.assertEqual(ended.stderr == "", ended.returncode == 0, told)
        if ended.stderr:
            self.assertEqual(set(json.loads(ended.stderr)["error"]), {"code", "message"}, told)

    def test_every_word_answers_with_json_and_refuses_with_json(self):
        self.take(a_csv=csv(rows("a", 3)), b_csv=csv(rows("b", 1), "x,nobody,captcha,m,now,1\n"),
                  c_csv=csv("y,nobody,captcha,m,now,1\n"), **{"bad.csv.zst": b"no Zstandard"})
        self.assertIn("bad.csv.zst", [one["file"] for one in self.json("spool", "status")["last_failed"]])
        leaves = set(leaves_of([harness.BIN / "packctl"]))
        untried = set(leaves)
        for text, status in self.calls():
            words = tuple(text.split())
            leaf = max((one for one in leaves if words[:len(one)] == one), key=len, default=None)
            with self.subTest(text):
                self.assertIsNotNone(leaf, "there is no such word")
                self.answers(words, status, leaf in self.LINES)
            untried.discard(leaf)
        self.assertEqual(untried, set(), "words that this test has no line for")

    def test_wrong_use_of_every_word_is_an_error_in_json_that_says_what_next(self):
        for leaf in leaves_of([harness.BIN / "packctl"]):
            ended = self.run_words("--output", "json", *leaf, "--no-such-option")
            self.assertEqual((ended.returncode, ended.stdout), (2, ""), leaf)
            error = json.loads(ended.stderr)["error"]
            self.assertEqual(error["code"], "usage")
            self.assertIn(" ".join(("packctl", *leaf, "--help")), error["message"])


if __name__ == "__main__":
    sys.exit(unittest.main())
