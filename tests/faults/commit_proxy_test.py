"""The proxy loses the answers that it says it loses, and nothing else. Needs a MariaDB."""

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import commit_proxy  # noqa: E402
import harness  # noqa: E402

DATABASE = f"proxy_test_{os.getpid()}"


@contextlib.contextmanager
def proxy(server, directory, **chances):
    """A server behind a proxy with these chances, and a function that reads the counts."""
    socket, stats = directory / "proxy.sock", directory / "proxy.json"
    arguments = [sys.executable, commit_proxy.__file__, "--listen", socket, "--server",
                 server.socket, "--stats", stats]
    for name, value in chances.items():
        arguments += [f"--{name}", str(value)]
    process = harness.Daemon("commit_proxy", arguments, directory / "proxy.log")
    try:
        harness.wait_until(lambda: socket.exists() and stats.exists(), 20, "the proxy listens",
                           alive=[process])
        yield (harness.Server(socket, server.user), lambda: json.loads(stats.read_text()))
    finally:
        process.stop()
        socket.unlink(missing_ok=True)
        stats.unlink(missing_ok=True)


class ProxyTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = cls.enterClassContext(harness.temporary_directory())
        cls.server = cls.enterClassContext(harness.a_server(cls.directory))

    def setUp(self):
        self.server.new_database(DATABASE)
        self.addCleanup(self.server.drop_database, DATABASE)
        self.server.sql("CREATE TABLE t (n INT PRIMARY KEY, filling LONGTEXT)", DATABASE)

    def rows(self):
        return self.server.sql("SELECT COUNT(*) FROM t", DATABASE)[0][0]

    def insert(self, through, word="COMMIT"):
        """Whether the client learnt that the row was committed."""
        done = subprocess.run(through.client(DATABASE), capture_output=True, text=True,
                              input=f"BEGIN;\nINSERT INTO t VALUES (1, '');\n{word};\n",
                              check=False)
        if done.returncode != 0:
            self.assertRegex(done.stderr, "Lost connection|server has gone away")
        return done.returncode == 0

    def test_without_chances_all_passes_large_packets_too(self):
        with proxy(self.server, self.directory) as (through, counts):
            self.assertTrue(self.insert(through))
            text = "x" * 5_000_000
            rows = through.sql(f"INSERT INTO t VALUES (2, '{text}');\n"
                               "SELECT LENGTH(filling), filling FROM t WHERE n = 2", DATABASE)
            self.assertEqual(rows, [("5000000", text)])
            self.assertEqual(counts()["swallowed"] + counts()["cut"], 0)
        self.assertEqual(self.rows(), "2")

    def test_a_swallowed_commit_has_happened(self):
        with proxy(self.server, self.directory, swallow=1) as (through, counts):
            self.assertFalse(self.insert(through))
            self.assertEqual(counts()["swallowed"], 1)
        self.assertEqual(self.rows(), "1")

    def test_a_cut_commit_has_not_happened(self):
        with proxy(self.server, self.directory, cut=1) as (through, counts):
            self.assertFalse(self.insert(through, word="commit"))
            self.assertEqual(counts()["cut"], 1)
        self.assertEqual(self.rows(), "0")

    def test_other_statements_are_left_alone(self):
        with proxy(self.server, self.directory, swallow=1) as (through, counts):
            self.assertEqual(through.sql("SELECT 'COMMIT'"), [("COMMIT",)])
            self.insert(through, word="ROLLBACK")
            self.assertEqual((counts()["commits"], counts()["swallowed"]), (0, 0))
        self.assertEqual(self.rows(), "0")

    def test_the_server_going_away_is_passed_on(self):
        with proxy(harness.Server(self.directory / "nobody.sock"), self.directory) as (through, _):
            with self.assertRaises(harness.Failure):
                through.sql("SELECT 1")


if __name__ == "__main__":
    unittest.main()
