"""What a real ingest leaves in systemd's journal: who looks for a file finds it, whatever its name is, and many small files
flood nothing."""
import pathlib
import sys

import journald
from journald import JOURNAL, JournalTest, run

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "e2e"))
import harness  # noqa: E402
import usage_data  # noqa: E402

WHERE = None
LINES_MAX = 20
SMALL_FILES = 500
ODD_NAME = "odd\nPRIORITY=0\x1b[31m-\udcff.csv"


def setUpModule():
    global WHERE
    WHERE = harness.module_deployment("journal")
    WHERE.config.write_text(WHERE.config.read_text() + f"log_limit: {{lines: {LINES_MAX}, interval_s: 3600}}\n")
    WHERE.ctl("account", "add", "tenant")
    WHERE.ctl("account", "verify", "tenant")
    WHERE.ctl("account", "integrate", "tenant", as_of=harness.LONG_AGO)
    WHERE.maker = usage_data.Maker(harness.utc_now(), 7, 0)


def usage_file():
    return usage_data.csv_file([usage_data.row(WHERE.maker.record("tenant", 0.5, 0.1))])


class Ingest(JournalTest):
    def run_once(self):
        return self.records(harness.BIN / "packwardend", "--config", WHERE.config, "run-once")

    def test_a_file_is_found_by_its_name_with_its_batch(self):
        WHERE.drop("usage-0042.csv", usage_file())
        records = self.run_once()
        (batch,) = [one for one in records if one["PACKWARDEN_EVENT"] == "batch_committed"]
        (taken,) = [one for one in records if one.get("PACKWARDEN_FILE") == "usage-0042.csv"]
        self.assertEqual((taken["PACKWARDEN_EVENT"], taken["PACKWARDEN_BATCH"], taken["PRIORITY"]),
                         ("file_taken", batch["PACKWARDEN_BATCH"], "6"))
        self.assertIn("is taken; see its receipt", run("journalctl", "-D", JOURNAL, "PACKWARDEN_FILE=usage-0042.csv"))

    def test_the_name_of_a_file_forges_nothing(self):
        WHERE.drop(ODD_NAME, b"no usage\n")
        (failed,) = [one for one in self.run_once() if one["PACKWARDEN_EVENT"] == "file_failed"]
        self.assertEqual(failed["PACKWARDEN_FILE"], ODD_NAME.encode(errors="surrogateescape"))
        self.assertIn(r"file 'odd\x0aPRIORITY=0\x1b[31m-\xff.csv'", failed["MESSAGE"])
        self.assertEqual(failed["PRIORITY"], "4")

    def test_many_small_files_are_some_lines_and_their_sums(self):
        for number in range(SMALL_FILES):
            WHERE.drop(f"small-{number:04}.csv", usage_file(), durable=False)
        records = self.run_once()
        events = [one["PACKWARDEN_EVENT"] for one in records]
        self.assertEqual(events.count("file_taken"), LINES_MAX)
        (left_out,) = [one["MESSAGE"] for one in records if one["PACKWARDEN_EVENT"] == "lines_left_out"]
        self.assertTrue(left_out.startswith(f"{SMALL_FILES - LINES_MAX} more lines of file_taken "), left_out)
        (once,) = [one["MESSAGE"] for one in records if one["PACKWARDEN_EVENT"] == "run_once_done"]
        self.assertIn(f"run-once: {SMALL_FILES} files, {SMALL_FILES} lines", once)


if __name__ == "__main__":
    journald.main()
