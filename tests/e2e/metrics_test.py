"""/metrics, /-/healthy and /-/ready of a running daemon on a real database: figures are those of the receipts, the page
docs/METRICS.md has exactly what is exported, and while the database is away the daemon says so."""

import datetime
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "monitoring"))

import harness  # noqa: E402
import metrics_page  # noqa: E402
from exposition import Port  # noqa: E402

BOUND_S = 60
HEAD = "id,account,product,meter,time,quantity\n"
REASONS = ("malformed", "missing_field", "bad_time", "bad_quantity", "unknown_account", "closed_account",
           "unknown_product", "unknown_meter", "too_old", "in_future", "out_of_range")


def setUpModule():
    global folder, server, where, port, daemon, channel
    folder = unittest.enterModuleContext(harness.temporary_directory())
    server = harness.PrivateServer(folder)
    unittest.addModuleCleanup(server.stop)
    server.new_database("metrics")
    where = harness.Deployment(folder / "site", server, "metrics", jobs={"interval_ms": 200})
    number = harness.free_port()
    where.config.write_text(where.config.read_text().replace(
        "http: {listen: off}", f"http: {{listen: '127.0.0.1:{number}', tokens_file: {folder}/tokens,"
        " ready_database_max_age_s: 1}\nmetrics: {sample_interval_s: 1}"))
    where.ctl("migrate")
    where.ctl("account", "add", "acme")
    where.ctl("account", "add", "late")
    where.ctl("account", "verify", "acme")
    where.ctl("account", "integrate", "acme", as_of=harness.LONG_AGO)
    where.ctl("pack", "trial", "captcha", "acme")
    port = Port(number, where.ctl_text("token", "new", "asker", output=None).split()[-1])
    daemon = where.daemon()
    unittest.addModuleCleanup(end, daemon)
    channel = where.daemon("channel", "inbox")
    unittest.addModuleCleanup(end, channel)
    wait_for_ready()


def end(process):
    if process.poll() is None:
        process.kill_hard()


def wait_for_ready():
    harness.wait_until(lambda: port.get("/-/ready")[0] == 200, BOUND_S, "ready", [daemon])


def comes(what, condition):
    """The first metrics for which the condition holds."""
    def look():
        metrics = port.metrics()
        return condition(metrics) and metrics
    return harness.wait_until(look, BOUND_S, what, [daemon])


def line(number, account="acme", meter="client_verification", quantity=1, product="captcha", at=None):
    # The pack is of this second.
    at = at or harness.rfc3339(harness.utc_now() + datetime.timedelta(seconds=2))
    return f"{number},{account},{product},{meter},{at},{quantity}\n"


def drop_every_outcome():
    first = line("a1", quantity=19_000)
    mixed = (HEAD + first  # a duplicate
             + line("a1", quantity=7)  # a conflict
             + line("b1", quantity=3_000)  # 1,000 drawn, the rest overrun
             + line("b2", meter="ticket_check")  # not billable: its dates are over
             + line("b3", account="late")  # not billable: not integrated
             + line("b4", account="nobody") + line("b5", product="nothing") + line("b6", meter="nothing")
             + line("b7", at="2020-01-01T00:00:00Z") + line("b8", at="2199-01-01T00:00:00Z") + line("b9", at="soon")
             + line("c1", quantity=0) + "c2\n" + line("", quantity=5))
    for name, content in (("first.csv", HEAD + first), ("mixed.csv", mixed), ("again.csv", HEAD + first),
                          ("broken.csv.gz", "no gzip")):
        where.drop(name, content.encode())
        harness.wait_until(where.idle, BOUND_S, f"{name} is taken", [daemon])


def sums(receipts):
    """The counters as the receipts say they should be."""
    rejected = {reason: sum(receipt["rejected"].get(reason, 0) for receipt in receipts) for reason in REASONS}
    total = lambda key: sum(receipt[key] for receipt in receipts)  # noqa: E731
    units = lambda key: sum(receipt["units"][key] for receipt in receipts)  # noqa: E731
    return {
        "packwarden_records_total": {"accepted": total("accepted"), "duplicate": total("duplicate"),
                                     "conflict": total("conflict"), "rejected": sum(rejected.values())},
        "packwarden_rejected_records_total": rejected,
        "packwarden_units_total": {key: units(key) for key in ("drawn", "overage", "overrun", "not_billable")},
    }


class Metrics(unittest.TestCase):
    def test_1_counters_are_those_of_the_receipts(self):
        drop_every_outcome()
        receipts = where.receipts()
        self.assertEqual(len(receipts), 4)
        metrics = comes("the last file is counted",
                        lambda metrics: metrics.value("packwarden_files_total", ending="failed") == 1)
        expected = sums(receipts)
        labels = {"packwarden_rejected_records_total": "reason"}
        for name, values in expected.items():
            self.assertEqual(metrics.by(name, labels.get(name, "outcome")), values)
        self.assertEqual(metrics.by("packwarden_files_total", "ending"), {"taken": 2, "repeat": 1, "failed": 1})
        self.assertEqual(metrics.by("packwarden_not_billable_records_total", "reason"), {"meter": 1, "integration": 1})
        for values in expected.values():  # so that nothing was compared with nothing
            self.assertGreater(sum(value > 0 for value in values.values()), 2)
        self.assertEqual(metrics.value("packwarden_dedupe_keys"), expected["packwarden_records_total"]["accepted"])
        self.assertGreater(metrics.value("packwarden_ledger_commit_seconds_count", kind="ingest"), 0)

    def test_2_entitlement_answers_are_counted(self):
        harness.wait_until(lambda: "trial_exhausted" in port.get("/v1/entitlements/acme/captcha")[1], BOUND_S,
                           "the daemon knows that the trial is used up", [daemon])
        before = port.metrics()
        self.assertEqual(port.get("/v1/entitlements/acme/captcha")[0], 200)
        self.assertEqual(port.get("/v1/entitlements/late/captcha")[0], 200)
        self.assertEqual(port.get("/v1/entitlements/nobody/captcha")[0], 404)
        after = port.metrics()

        def more(name, **labels):
            return after.value(name, **labels) - before.value(name, **labels)
        answers = "packwarden_entitlement_answers_total"
        self.assertEqual(more(answers, status="200", reason="trial_exhausted"), 1)
        self.assertEqual(more(answers, status="200", reason="never_activated"), 1)
        self.assertEqual(more(answers, status="404", reason="unknown_account"), 1)
        self.assertEqual(more("packwarden_http_requests_total", status="404"), 1)
        self.assertLess(after.value("packwarden_entitlement_age_seconds"), BOUND_S)

    def test_3_the_page_has_what_is_exported_and_nothing_else(self):
        wanted = metrics_page.metrics()
        metrics = comes("all metrics", lambda metrics: set(wanted) <= set(metrics.shapes()))
        self.assertEqual(metrics.shapes(), wanted)

    def test_4_promtool_finds_them_clean(self):
        done = subprocess.run(["promtool", "check", "metrics"], input=port.metrics().text, capture_output=True,
                              text=True, check=False)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    def test_5_no_name_of_a_tenant_is_in_them(self):
        text = port.metrics().text
        for name in ("acme", "late", "nobody", "first", "mixed", "broken.csv"):
            self.assertNotIn(f'"{name}', text)

    def test_6_a_held_spool_is_told_and_is_no_fault(self):
        where.ctl("spool", "hold", "--reason", "of the test", output=None)
        held = harness.wait_until(lambda: "packctl spool release" in port.get("/-/ready")[1] and port.get("/-/ready"),
                                  BOUND_S, "ready says that the spool is held", [daemon])
        self.assertEqual(held[0], 200)
        comes("it is held", lambda metrics: metrics.value("packwarden_spool_held_seconds") > 0)
        where.drop("waits.csv", (HEAD + line("d1")).encode())
        waiting = comes("a file waits", lambda metrics: metrics.by("packwarden_spool_files", "folder")["incoming"] == 1)
        self.assertGreater(waiting.value("packwarden_spool_bytes", folder="incoming"), 0)
        where.ctl("spool", "release", output=None)
        comes("nothing waits", lambda metrics: metrics.by("packwarden_spool_files", "folder")["incoming"] == 0
              and metrics.value("packwarden_spool_held_seconds") == 0)
        self.assertEqual(port.get("/-/ready"), (200, "ready\n"))

    def test_7_without_its_database_it_is_healthy_and_not_ready(self):
        before = port.metrics().by("packwarden_database_errors_total", "kind")
        server.stop()
        status, text = harness.wait_until(lambda: (got := port.get("/-/ready"))[0] == 503 and got, BOUND_S,
                                          "not ready", [daemon])
        self.assertRegex(text, r"^not ready\ndatabase: not reached for \d+ s: ")
        self.assertIn("section database", text)
        self.assertEqual(port.get("/-/healthy"), (200, "healthy\n"))
        self.assertEqual(port.get("/v1/entitlements/acme/captcha")[0], 200)
        away = comes("it is old", lambda metrics: metrics.value("packwarden_sample_age_seconds", source="database") > 3)
        self.assertEqual(away.value("packwarden_not_ready", reason="database"), 1)
        self.assertLess(away.value("packwarden_sample_age_seconds", source="spool"), 3)
        self.assertGreater(away.value("packwarden_entitlement_age_seconds"), 1)
        after = away.by("packwarden_database_errors_total", "kind")
        self.assertGreater(after.pop("lost_connection"), before.pop("lost_connection"))
        self.assertEqual(after, before)
        server.start()
        wait_for_ready()
        comes("it is fresh", lambda metrics: metrics.value("packwarden_sample_age_seconds", source="database") < 2
              and metrics.value("packwarden_not_ready", reason="database") == 0)


if __name__ == "__main__":
    unittest.main()
