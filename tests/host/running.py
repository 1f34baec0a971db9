"""What happens to a host in its life: changed settings, a daemon that hangs or is killed, a database that is away, a reboot."""

import time

from report import check, check_equal, wait_until
from packwarden_site import ACCOUNT, CATALOGUE, DAEMON, HEADER, INBOX, SETTINGS, rows

LARGE_FILE_RECORDS = 300_000
UNIT_RECORDS = 3_000  # of the large file, each in a transaction of its own: there are checkpoints to be killed between
WATCHDOG_S = 4

OCR = """\
  - name: ocr
    meters:
      - name: page
    tiers:
      - { name: 10k, units: 10000, price: "100" }
"""


class Running:
    """Scenarios of a host that has the account with a pack. Each leaves it as well as it was."""

    def __init__(self, site, manual):
        self.site, self.host, self.manual = site, site.host, manual

    def reload_brings_a_new_product_a_text_and_a_limit(self):
        pid, before = self.site.main_pid(), self.site.journal_cursor()
        self.site.append(CATALOGUE, OCR)
        self.site.edit("/etc/packwarden/templates/en.yaml", self._new_subject())
        self.site.edit(SETTINGS, "s/^  max_line_bytes: .*/  max_line_bytes: 1024/")
        self.host.run("systemctl reload packwardend")
        self.site.wait_journal(["are in effect"], since=before)
        self.site.new_account("reader", product="ocr", tier="10k")
        self.site.is_billed("pages.csv", 5001, "reader", product="ocr", meter="page")
        message = wait_until(lambda: self.site.messages("reader"), 30, "the notice of half a pack of pages comes in")
        check("RELOADED" in str(message), f"the new text is not used: {message}")
        self.site.drop("long.csv", HEADER + rows("x" * 1100, 1, ACCOUNT))
        check_equal(self.site.receipt("long.csv")["rejected"], {"malformed": 1}, "a line above the new limit")
        check_equal(self.site.main_pid(), pid, "the process after a reload")
        return self.host.property(DAEMON, "StatusText")

    def _new_subject(self):
        return "s/^\\( *subject: *\\)\\(['\"]\\?\\)/\\1\\2RELOADED /"

    def bad_reload_is_refused_and_the_old_settings_go_on(self):
        pid, before, used = self.site.main_pid(), self.site.journal_cursor(), self.site.used("reader", "ocr")
        with self.site.changes_for_a_time(CATALOGUE):
            self.site.edit(CATALOGUE, "s/^  - name: ocr/  - nmae: ocr/")
            self.host.run("systemctl reload packwardend", status=1)
            said = self.site.wait_journal(["catalogue.yaml", "nmae"], since=before)
            check_equal((self.site.main_pid(), self.site.is_active()), (pid, True), "the daemon after a bad reload")
            self.site.drop("after-bad-reload.csv", HEADER + rows("after", 10, "reader", "ocr", "page"))
            self.site.receipt("after-bad-reload.csv")
        check_equal(self.site.used("reader", "ocr"), used + 10, "units drawn after the bad reload")
        self.host.run("systemctl reload packwardend")
        return said

    def what_needs_a_restart_is_refused_and_told(self):
        before = self.site.journal_cursor()
        with self.site.changes_for_a_time(SETTINGS):
            self.site.edit(SETTINGS, "s/^  listen: .*/  listen: 127.0.0.1:8471/")
            self.host.run("systemctl reload packwardend")
            self.site.wait_journal(["are refused"], since=before)
            said = wait_until(lambda: self._status_with("refused"), 30, "systemctl status says that it was refused")
        self.host.run("curl -sS http://127.0.0.1:8470/-/ready")
        self.host.run("systemctl reload packwardend")
        return said

    def _status_with(self, word):
        text = self.host.property(DAEMON, "StatusText")
        return text if word in text else None

    def hung_loop_is_restarted_by_the_watchdog(self):
        """The database takes a question and never answers: no loop that asks it gets on."""
        drop_in = f"/run/systemd/system/{DAEMON}.d"
        self.host.run(f"mkdir -p {drop_in} && cat >{drop_in}/watchdog.conf", stdin=f"[Service]\nWatchdogSec={WATCHDOG_S}\n")
        with self.site.changes_for_a_time(SETTINGS):
            self.site.edit(SETTINGS, "s/^  answer_timeout_s: [0-9]*/  answer_timeout_s: 600/")
            self.host.run("systemctl daemon-reload && systemctl restart packwardend")
            before, restarts, used = self.site.journal_cursor(), self.site.restarts(), self.site.used(ACCOUNT)
            self.host.run("systemctl kill --kill-who=main -s STOP mariadb")
            try:
                self.site.drop("hung.csv", HEADER + rows("hung", 500, ACCOUNT))
                said = self.site.wait_journal(["stands still"], since=before)
                self.site.wait_journal(["Watchdog timeout"], since=before)
                wait_until(lambda: self.site.restarts() > restarts, 60, "systemd has restarted the daemon")
            finally:
                self.host.run("systemctl kill --kill-who=main -s CONT mariadb")
                self.host.run(f"rm -r {drop_in} && systemctl daemon-reload")
        self.site.wait_active()
        check_equal(self.site.receipt("hung.csv")["accepted"], 500, "accepted of the file that met the hang")
        check_equal(self.site.used(ACCOUNT), used + 500, "units drawn, each once")
        self.host.run("systemctl restart packwardend")
        return said

    def daemon_killed_within_a_large_file_goes_on_and_bills_each_record_once(self):
        for name in ("max_unit_records", "max_transaction_records"):
            self.site.edit(SETTINGS, f"s/^  {name}: [0-9]*/  {name}: {UNIT_RECORDS}/")
        self.host.run("systemctl restart packwardend")
        used, restarts = self.site.used(ACCOUNT), self.site.restarts()
        self.site.drop("large.csv", HEADER + rows("large", LARGE_FILE_RECORDS, ACCOUNT))
        units = wait_until(lambda: self._committed_units("large.csv"), 60, "the first units of the large file are committed")
        self.host.run(f"systemctl kill --kill-who=main -s KILL {DAEMON}")
        check("large.csv" not in self.site.receipts(), "the file was through before the kill: nothing is proven")
        wait_until(lambda: self.site.restarts() > restarts, 30, "systemd has restarted the daemon")
        receipt = self.site.receipt("large.csv", 120)
        check_equal((receipt["accepted"], receipt["duplicate"], receipt["units"]["drawn"]),
                    (LARGE_FILE_RECORDS, 0, LARGE_FILE_RECORDS), "the receipt of the large file")
        check_equal(self.site.used(ACCOUNT), used + LARGE_FILE_RECORDS, "units drawn")
        self.site.ctl("audit")
        return f"killed after {units} of {LARGE_FILE_RECORDS // UNIT_RECORDS} units"

    def _committed_units(self, name):
        return int(self.host.out("mariadb -N packwarden -e \"SELECT COUNT(*) FROM rating_unit JOIN usage_file USING (digest)"
                                 f" WHERE name = '{name}'\""))

    def killed_channel_comes_back_and_each_message_is_there_once(self):
        names = [f"tenant-{number}" for number in range(300)]
        for words in ("account add --language en", "account verify", "account integrate",
                      "pack buy captcha 30k --paid-by many"):
            self.site.ctl(f"{words} {' '.join(names)}")
        # What a process that was killed had claimed is free after the lease.
        self.site.edit(SETTINGS, "s/^    send_timeout_ms: .*/    send_timeout_ms: 1000/")
        self.site.edit(SETTINGS, "s/^    lease_s: .*/    lease_s: 7/")
        self.site.edit(SETTINGS, "s/^    batch_max: .*/    batch_max: 5/")
        before = self.site.journal_cursor()
        self.host.run(f"systemctl reload {INBOX}")
        self.site.wait_journal(["are in effect"], unit=INBOX, since=before)
        restarts = self.site.restarts(INBOX)
        self.site.drop("many.csv", HEADER + "".join(rows(f"many-{name}", 1, name, quantity=16_000) for name in names))
        wait_until(lambda: self._messages() > 0, 60, "the first messages are stored")
        self.host.run(f"systemctl kill --kill-who=main -s KILL {INBOX}")
        stored = self._messages()
        wait_until(lambda: self.site.restarts(INBOX) > restarts, 30, "systemd has restarted the channel")
        wait_until(lambda: self._messages() >= len(names), 60, "all messages are stored")
        check_equal(self._messages(), len(names), "messages, one for each account")
        return f"killed after {stored} of {len(names)}"

    def _messages(self):
        return int(self.host.out("mariadb -N packwarden -e \"SELECT COUNT(*) FROM inbox_message"
                                 " WHERE account_name LIKE 'tenant-%' AND kind = 'pack_usage'\""))

    def daemon_outlives_a_database_that_stops_and_comes_back(self):
        pid, before = self.site.main_pid(), self.site.journal_cursor()
        self.host.run("systemctl stop mariadb")
        self.site.drop("while-away.csv", HEADER + rows("away", 20, ACCOUNT))
        said = self.site.wait_journal(["database"], since=before)
        check_equal((self.site.main_pid(), self.site.is_active()), (pid, True), "the daemon without a database")
        self.host.run("systemctl start mariadb")
        check_equal(self.site.receipt("while-away.csv")["accepted"], 20, "accepted of what was dropped meanwhile")
        check_equal(self.site.main_pid(), pid, "the process after the database came back")
        return said

    def ledger_is_restored_to_the_last_commit_by_the_commands_of_the_manual(self):
        """More usage and a purchase after the backup, then the data directory is lost."""
        self.manual.run("backup", last=4)
        self.site.is_billed("after-backup.csv", 70, ACCOUNT)
        self.site.new_account("late")
        canonical = self._canonical()
        self.manual.run("backup", first=5)
        self.manual.close()
        check_equal(self._canonical(), canonical, "the canonical export")
        for unit in (DAEMON, INBOX):
            self.site.wait_active(unit)
        self.site.is_billed("after-restore.csv", 80, ACCOUNT)
        wait_until(lambda: not self.site.files("retry") + self.site.files("work"), 60, "all files are taken again")
        failed = {name: self.site.receipts_of_claims()[name[:28]]["reason"] for name in self.site.files("failed")}
        check_equal(failed, {}, "files that failed when they were taken again")
        return f"{len(canonical)} lines of the canonical export are the same"

    def _canonical(self):
        text = self.host.out("CREDENTIALS_DIRECTORY=/etc/packwarden packctl export --canonical")
        return sorted(text.splitlines())

    def all_comes_up_by_itself_after_a_reboot(self):
        self.host.poweroff()
        begin = time.monotonic()
        self.host.boot()
        for unit in (DAEMON, INBOX):
            self.site.wait_active(unit)
        seconds = time.monotonic() - begin
        check_equal(self.host.out("systemctl --failed --no-legend --plain"), "", "failed units after the boot")
        self.site.is_billed("after-boot.csv", 30, ACCOUNT)
        return f"{seconds:.1f} s from the power to serving"
