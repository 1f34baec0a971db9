"""What the log is in systemd's journal: asked of a real systemd-journald, in namespaces of its own. PACKWARDEN_BIN has the
programs."""
import os
import pathlib
import shutil
import tempfile

import journald
import messages
from journald import JOURNAL, JournalTest, run

ROOT = messages.ROOT
BIN = pathlib.Path(os.environ["PACKWARDEN_BIN"])
EVENTS = {event.name: event for _, event in messages.events_of((ROOT / messages.EVENTS).read_text())}


class Journal(JournalTest):
    def ours(self, record):
        return {name.removeprefix("PACKWARDEN_"): value for name, value in record.items()
                if name.startswith("PACKWARDEN_") or name in ("MESSAGE", "MESSAGE_ID", "PRIORITY", "_TRANSPORT")}

    def expected(self, name, priority, text, **fields):
        return {"EVENT": name, "MESSAGE_ID": EVENTS[name].id, "PRIORITY": str(priority), "MESSAGE": text,
                "_TRANSPORT": "journal", "PROCESS": "channel-sms", "CHANNEL": "sms", **fields}

    def test_a_record_has_the_fields_that_it_is_about(self):
        self.assertEqual([self.ours(one) for one in self.records(BIN / "drive_log", "fields")], [
            self.expected("delivery_held", 4, "all fields at once: 1", ACCOUNT="tenant-1", FILE="usage.csv",
                          BATCH="42", JOB="settle", NOTICE="pack_usage/1", CHANNEL="email"),
            self.expected("file_failed", 4, "no field")])

    def test_what_comes_from_outside_forges_no_field_and_is_bounded(self):
        name = b"a\nMESSAGE=forged\nPRIORITY=0\x1b[31m\0b\xff\xe2\x80\xaeyes"
        first, second = [self.ours(one) for one in self.records(BIN / "drive_log", "hostile")]
        self.assertEqual(first, self.expected(
            "file_failed", 4, r"file 'a\x0aMESSAGE=forged\x0aPRIORITY=0\x1b[31m\x00b\xff\xe2\x80\xaeyes' could not be read",
            FILE=name))
        self.assertEqual(second["FILE"], "x" * 4096)
        self.assertLess(len(second["MESSAGE"]), 5000)

    def test_a_flood_is_limited_and_critical_ones_are_all_there(self):
        events = [one["PACKWARDEN_EVENT"] for one in self.records(BIN / "drive_log", "flood")]
        self.assertEqual((events.count("file_taken"), events.count("stopped_by_fault"), events.count("lines_left_out")),
                         (10, 25, 1))

    def test_last_words_come_from_the_handler_of_a_signal(self):
        self.assertEqual([self.ours(one) for one in self.records(BIN / "drive_log", "crash", status=3)], [
            self.expected("plugin_ended", 2, "channel sms: plugin x: crashed in deliver (signal 11)")])

    def test_the_daemon_says_why_it_ends(self):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(ROOT / "config", folder, dirs_exist_ok=True)
            config = pathlib.Path(folder, "p.yaml")
            config.write_text(f"database: {{socket: {folder}/none.sock, transaction_attempts_max: 1}}\n"
                              f"spool: {{directory: {folder}}}\n")
            (record,) = self.records(BIN / "packwardend", "--config", config, "run-once", status=3)
            (refused,) = self.records(BIN / "packwardend", "--config", f"{folder}/none.yaml", status=1)
        self.assertEqual((record["PACKWARDEN_EVENT"], record["PRIORITY"], record["PACKWARDEN_PROCESS"]),
                         ("database_unavailable", "2", "ingest"))
        self.assertEqual((refused["PACKWARDEN_EVENT"], refused["PRIORITY"]), ("settings_refused", "2"))
        self.assertIn("none.yaml", refused["MESSAGE"])

    def test_each_event_is_explained_by_journalctl_x(self):
        catalogues = pathlib.Path(self.catalogue, "usr/lib/systemd/catalog")
        catalogues.mkdir(parents=True)
        shutil.copy(ROOT / messages.CATALOGUE, catalogues)
        run("journalctl", "--update-catalog", f"--root={self.catalogue}")
        listed = run("journalctl", "--list-catalog", f"--root={self.catalogue}").splitlines()
        self.assertEqual({line.split()[0] for line in listed}, {event.id for event in EVENTS.values()})
        # Where journalctl looks for it; only in here.
        run("mount", "--bind", f"{self.catalogue}/var/lib/systemd", "/var/lib/systemd")
        self.records(BIN / "drive_log", "fields")
        shown = run("journalctl", "-D", JOURNAL, "-x", "PACKWARDEN_EVENT=file_failed")
        self.assertIn("Subject: A file could not be taken and is in failed/", shown)
        self.assertIn("packctl spool retry", shown)

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.catalogue = folder.name


if __name__ == "__main__":
    journald.main()
