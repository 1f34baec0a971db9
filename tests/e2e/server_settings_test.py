"""The start refuses or warns of settings of the database's server that break promises or cost speed, each by name."""

import unittest

import harness


def new_site(test, *options):
    """A deployment on a server of its own, both gone at the end of the test."""
    directory = test.enterContext(harness.temporary_directory())
    server = harness.PrivateServer(directory, options)
    test.addCleanup(server.stop)
    server.new_database("packwarden")
    site = harness.Deployment(directory / "site", server, "packwarden")
    site.ctl("migrate")
    return site


def start(site):
    """(exit status, log) of a daemon that takes what is in the spool."""
    process = site.daemon("run-once")
    return process.wait(60), process.log_path.read_bytes()[process.log_begin_bytes:].decode()


class TheStartLooksAtTheServer(unittest.TestCase):
    def refused(self, site, setting):
        status, log = start(site)
        self.assertEqual(status, 3, log)
        self.assertIn(setting, log)
        self.assertNotIn("run-once:", log)
        self.assertNotIn("check that the server runs", log)
        self.assertIn(setting, site.ctl_text("database", "check", refused=True))

    def test_what_can_lose_committed_usage_is_refused_until_it_is_mended(self):
        site = new_site(self, "--log-bin=binlog", "--binlog-format=ROW", "--sync-binlog=1")
        self.assertEqual(start(site)[0], 0)
        self.assertEqual(site.ctl("database", "check"), [])
        for setting, wrong, right in (("innodb_flush_log_at_trx_commit", "2", "1"), ("sync_binlog", "0", "1"),
                                      ("max_allowed_packet", "1048576", "16777216"), ("read_only", "1", "0"),
                                      ("binlog_format", "'STATEMENT'", "'ROW'")):
            with self.subTest(setting):
                site.server.sql(f"SET GLOBAL {setting} = {wrong}")
                self.refused(site, setting)
                site.server.sql(f"SET GLOBAL {setting} = {right}")
                self.assertEqual(start(site)[0], 0)

    def test_an_operator_can_take_the_risk_and_is_warned_each_time(self):
        site = new_site(self, "--innodb-flush-log-at-trx-commit=2")
        self.refused(site, "innodb_flush_log_at_trx_commit")
        site.config.write_text(site.config.read_text().replace("database:\n", "database:\n  unsafe_server: warn\n"))
        status, log = start(site)
        self.assertEqual(status, 0, log)
        self.assertRegex(log, r"(?i)warn.*innodb_flush_log_at_trx_commit of the database's server is 2")
        site.server.sql("SET GLOBAL max_allowed_packet = 1048576")
        self.refused(site, "max_allowed_packet")

    def test_what_costs_speed_or_tells_too_much_is_a_warning(self):
        site = new_site(self, "--slow-query-log=1", "--general-log=1", "--innodb-buffer-pool-size=128M")
        status, log = start(site)
        self.assertEqual(status, 0, log)
        for setting in ("slow_query_log", "general_log", "innodb_buffer_pool_size", "log_bin"):
            self.assertRegex(log, f"(?i)warn.*{setting} of the database's server")
        self.assertEqual({row["fault"] for row in site.ctl("database", "check")}, {"unwise"})


if __name__ == "__main__":
    unittest.main()
