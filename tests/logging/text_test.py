"""What the log is where stderr does not go to the journal: text. PACKWARDEN_BIN has drive_log."""
import os
import pathlib
import pty
import re
import subprocess
import unittest

DRIVE = pathlib.Path(os.environ["PACKWARDEN_BIN"], "drive_log")
LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d (critical|error|warning|info) channel-sms: (.*)")


def said(*words, **environment):
    """Its lines on a pipe."""
    done = subprocess.run([DRIVE, *words], capture_output=True, timeout=30, check=False,
                          env={**os.environ, **environment})
    return done.returncode, done.stderr.decode().splitlines()


def seen(*words, **environment):
    """What comes on a terminal."""
    ours, theirs = pty.openpty()
    clean = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        process = subprocess.Popen([DRIVE, *words], stdin=theirs, stdout=theirs, stderr=theirs,
                                   env={**clean, "TERM": "xterm", **environment})
        os.close(theirs)
        got = b""
        try:
            while chunk := terminal.read(65536):
                got += chunk
        except OSError:  # EIO: the other side is closed
            pass
        process.wait(timeout=30)
    return got


class Text(unittest.TestCase):
    def lines(self, *words, **environment):
        status, lines = said(*words, **environment)
        self.assertEqual(status, 0)
        for line in lines:
            self.assertRegex(line, LINE)
        return [LINE.fullmatch(line).groups() for line in lines]

    def test_a_line_has_time_level_process_and_text(self):
        self.assertEqual(self.lines("fields"), [("warning", "all fields at once: 1"), ("warning", "no field")])

    def test_the_name_of_a_file_forges_no_line(self):
        lines = self.lines("hostile")
        self.assertEqual(len(lines), 2)
        self.assertEqual(lines[0], ("warning", r"file 'a\x0aMESSAGE=forged\x0aPRIORITY=0\x1b[31m\x00b\xff"
                                               r"\xe2\x80\xaeyes' could not be read"))
        self.assertLess(len(lines[1][1]), 5000)
        self.assertRegex(lines[1][1], r"x\.\.\. \(\d+ more bytes\)$")

    def test_more_lines_than_the_limit_are_counted_and_critical_ones_are_all_there(self):
        lines = self.lines("flood")
        self.assertEqual([text for level, text in lines if level == "info"],
                         [f"file '{i}' is taken" for i in range(10)]
                         + ["15 more lines of file_taken within 30 s were left out (log_limit)"])
        self.assertEqual([text for level, text in lines if level == "critical"], [f"critical {i}" for i in range(25)])

    def test_last_words_come_from_the_handler_of_a_signal(self):
        self.assertEqual(said("crash"), (3, ["channel sms: plugin x: crashed in deliver (signal 11)"]))

    def test_another_stream_than_that_of_the_journal_gets_text(self):
        self.assertEqual(len(self.lines("fields", JOURNAL_STREAM="1:2")), 2)
        self.assertEqual(len(self.lines("fields", JOURNAL_STREAM="nonsense")), 2)

    def test_colours_are_for_terminals_that_want_them(self):
        self.assertIn(b"\x1b[", seen("fields"))
        self.assertIn(b"no field", seen("fields", NO_COLOR="1"))
        self.assertNotIn(b"\x1b", seen("fields", NO_COLOR="1"))
        self.assertNotIn(b"\x1b[31m", seen("hostile", NO_COLOR="1"))


if __name__ == "__main__":
    unittest.main()
