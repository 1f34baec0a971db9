"""From nothing to the first bill: what an operator does on a new host, and what is there then."""

import re
import shlex

import debs
from report import Failure, check, check_equal, wait_until
from packwarden_site import ACCOUNT, CATALOGUE, DAEMON, HEADER, INBOX, PRODUCER, SETTINGS, SPOOL, rows

EXPOSURE_MAX = 1.3


class Installing:
    """Scenarios of a host on which nothing was installed before. In the order in which they stand here."""

    def __init__(self, site, manual):
        self.site, self.host, self.manual = site, site.host, manual

    def packages_install_with_what_they_need_and_start_nothing(self):
        self.files_before = self.host.files()
        self.manual.run("install", last=1)
        check_equal(self.host.out("dpkg --audit; systemctl --failed --no-legend --plain"), "",
                    "what dpkg and systemd complain about")
        for unit in (DAEMON, INBOX):
            check_equal(self.host.property(unit, "ActiveState"), "inactive", f"{unit} before there is a database")
        check_equal(self.site.journal(), "", "the journal of a daemon that was not started")
        return ", ".join(self.site.installed())

    def plugins_come_by_packages_of_their_own(self):
        self.host.run(f"apt-get install -y {debs.THERE}/packwarden-plugin-*.deb")
        plugins = set(self.host.out("ls /usr/lib/packwarden").split())
        check_equal(plugins, {"inbox.so", "sms.so", "email.so", "webhook.so"}, "plugins")
        for unit in (DAEMON, INBOX):
            check(self.site.is_active(unit), f"{unit} does not run any more")

    def files_belong_to_whom_they_should(self):
        expected = {
            "/usr/bin/packwardend": "755 root root", "/usr/bin/packctl": "755 root root",
            SETTINGS: "644 root root", CATALOGUE: "644 root root", "/etc/packwarden/templates/en.yaml": "644 root root",
            SPOOL: "750 packwarden packwarden", f"{SPOOL}/incoming": "2770 packwarden packwarden"}
        paths = " ".join(expected)
        lines = self.host.out(f"stat -c '%n|%a %U %G' {paths}").splitlines()
        check_equal(dict(line.split("|") for line in lines), expected, "modes and owners")
        conffiles = self.host.out("dpkg-query -W -f '${Conffiles}' packwarden")
        for path in (SETTINGS, CATALOGUE):
            check(f" {path} " in conffiles, f"{path} is not a conffile of the package")
        for user in ("packwarden", "packwarden-channel"):
            check(re.search(r":/(usr/)?s?bin/(nologin|false)$", self.host.out(f"getent passwd {user}")),
                  f"the user {user} can log in")

    def manual_pages_and_completion_are_there(self):
        for page in ("packctl", "packwardend", "packwarden.yaml"):
            check(page in self.host.out(f"man -P cat {page} | head -n 5"), f"man {page} shows no such page")
        completed = self.host.out("bash", stdin="""
            source /usr/share/bash-completion/bash_completion
            __load_completion packctl
            COMP_WORDS=(packctl sp) COMP_CWORD=1 COMP_LINE='packctl sp' COMP_POINT=10
            $(complete -p packctl | sed 's/.*-F \\([^ ]*\\).*/\\1/') packctl sp packctl
            echo "${COMPREPLY[@]}"
            """)
        check_equal(completed.strip(), "spool", "what bash makes of: packctl sp")

    def commands_of_the_manual_set_it_up_and_the_start_returns_when_it_serves(self):
        before = self.site.journal_cursor()
        self.manual.run("install", first=2)
        for unit in (DAEMON, INBOX):
            check(self.site.is_active(unit), f"{unit} is not active when the manual's commands are through")
            check_equal(self.host.property(unit, "UnitFileState"), "enabled", f"{unit} at the next boot")
        self.site.wait_journal(["Started "], since=before)
        self.host.run(f"useradd --groups packwarden {PRODUCER}")

    def units_tell_systemd_what_they_do(self):
        said = []
        for unit in (DAEMON, INBOX):
            check_equal(self.host.property(unit, "Type"), "notify", f"Type= of {unit}")
            check(self.host.property(unit, "WatchdogUSec") != "0", f"{unit} has no watchdog")
            said.append(self.host.property(unit, "StatusText"))
            check(said[-1], f"systemctl status has no line of {unit}'s own")
        return " / ".join(said)

    def first_tenant_is_set_up_and_billed_by_the_commands_of_the_manual(self):
        self.manual.run("tenant")

    def dropped_file_is_billed(self):
        self.site.new_account(ACCOUNT)
        self.site.is_billed("metered.csv", 1000, ACCOUNT)

    def notice_of_it_comes_in_by_a_channel_with_few_rights(self):
        """More than half of a pack is used: N2."""
        self.site.new_account("small", tier="30k")
        self.site.drop("half.csv", HEADER + rows("half", 1, "small", quantity=15001))
        self.site.receipt("half.csv")
        wait_until(lambda: any(message["kind"] == "pack_usage" for message in self.site.messages("small")), 30,
                   "the in-site message of half a pack is stored")
        pid = self.site.main_pid(INBOX)
        check_equal(self.host.out(f"ps -o user:32= -p {pid}"), "packwarden-channel", "user of the channel's process")
        users = self.host.out("mariadb -N -e \"SELECT DISTINCT user FROM information_schema.processlist"
                              " WHERE db = 'packwarden'\"").split()
        check("packwarden_channel" in users, f"the channel has no database session of its own user: {users}")
        password = "/etc/packwarden/channel-database-password"
        query = "SELECT COUNT(*) FROM packwarden.money_balance"
        denied = self.host.run(f"MYSQL_PWD=$(cat {password}) mariadb -u packwarden_channel -e {shlex.quote(query)}",
                               status=1).stderr
        check("denied" in denied, f"the channel's database user may read balances: {denied}")
        for path in (SETTINGS.replace("packwarden.yaml", "database-password"), f"{SPOOL}/receipts"):
            self.host.run(f"test ! -r {path}", user="packwarden-channel")

    def units_are_closed_as_far_as_they_were_rated(self):
        rated = []
        for unit in (DAEMON, INBOX):
            text = self.host.out(f"systemd-analyze security --no-pager {unit}")
            exposure = float(re.search(r"Overall exposure level for \S+: ([\d.]+)", text)[1])
            if exposure > EXPOSURE_MAX:
                raise Failure(f"{unit} is rated {exposure}, not {EXPOSURE_MAX} or better:\n{text}")
            rated.append(f"{exposure} {unit}")
        return ", ".join(rated)

    def log_has_fields_and_explanations(self):
        found = self.host.out("journalctl -q -o json -u packwardend PACKWARDEN_FILE=metered.csv | head -n 1")
        check(found, "no line of the journal has PACKWARDEN_FILE=metered.csv")
        check('"MESSAGE_ID"' in found, f"that line has no MESSAGE_ID: {found}")
        explained = self.host.out("journalctl -q -x --no-pager -u packwardend | grep -c '^░░' || true")
        check(int(explained) > 0, "journalctl -x explains no line of the daemon")

    def metrics_and_health_answer(self):
        metrics = self.host.out("curl -sS --fail http://127.0.0.1:8470/metrics")
        check("packwarden_" in metrics, f"/metrics has no packwarden_...: {metrics[:300]}")
        for path in ("healthy", "ready"):
            self.host.run(f"curl -sS --fail http://127.0.0.1:8470/-/{path}")
        return f"{len([line for line in metrics.splitlines() if not line.startswith('#')])} samples"



    def commands_of_the_manual_run_as_written(self, scene):
        self.manual.run(scene)
