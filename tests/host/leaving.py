"""The end of a host's life with Packwarden, and its versions: removal, purge, and the way from an older package."""

import pathlib

import debs
from report import check, check_equal
from packwarden_site import ACCOUNT, CATALOGUE, DAEMON, INBOX, SETTINGS, SPOOL

MIGRATIONS = pathlib.Path(__file__).resolve().parents[2] / "sql/migrations"
NEW = f"{debs.THERE}/packwarden*.deb"
OLD = debs.OLDER_THERE
# What the manual's commands made outside of the package.
THEIR_OWN = ("/root/", "/var/lib/mysql/", "/etc/mysql/", "/var/backups/")


class Leaving:
    def __init__(self, site, manual):
        self.site, self.host, self.manual = site, site.host, manual

    def removal_stops_all_and_keeps_settings_and_spool(self):
        for rejects in self.site.ctl("rejects list"):  # what is not billed would outlive the purge
            if rejects["state"] == "open":
                self.site.ctl(f"rejects discard {rejects['claim']} --yes")
        self.host.run("apt-get remove -y 'packwarden*'")
        check_equal(self.host.out("pgrep -l 'pack(wardend|ctl)'", status=None), "", "processes after the removal")
        self.host.run(f"test -e {SETTINGS} -a -e {CATALOGUE} -a -d {SPOOL}/receipts -a ! -e /usr/bin/packwardend")
        check_equal(self.host.out("systemctl --failed --no-legend --plain"), "", "failed units after the removal")

    def purge_leaves_nothing_behind(self, files_before):
        self.host.run("apt-get purge -y 'packwarden*' && apt-get autoremove -y --purge")
        left = sorted(path for path in self.host.files() - files_before if "packwarden" in path.lower())
        left = [path for path in left if not path.startswith(THEIR_OWN)]
        check_equal(left, [], "files after the purge")
        check_equal(self.host.out("dpkg-query -W -f '${Package} ' 'packwarden*' 2>/dev/null", status=None), "",
                    "packages that dpkg knows")
        check_equal(self.host.out("systemctl list-unit-files --no-legend 'packwarden*'", status=None), "", "units")

    def older_package_upgrades_to_this_one_and_migrates(self):
        """On tables of the version before, with a daemon that waits for them to be migrated."""
        new = self.host.out(f"dpkg-deb --show --showformat '${{Version}}' {debs.THERE}/packwarden_*.deb")
        self.host.run("mariadb -e 'DROP DATABASE packwarden; DROP USER packwarden@localhost, packwarden_channel@localhost'")
        self.host.run(f"apt-get install -y {OLD}/packwarden*.deb")
        self.manual.again("install", 3, 3)
        steps = sorted(MIGRATIONS.glob("*.sql"))
        for number, step in enumerate(steps[:-1], 1):
            self.host.run("mariadb packwarden", stdin=step.read_text())
            self.host.run(f"mariadb packwarden -e 'INSERT INTO schema_version VALUES ({number}, UTC_TIMESTAMP(6))'")
        before = self.site.journal_cursor()
        self.host.run(f"systemctl enable {DAEMON} {INBOX} && systemctl start --no-block {DAEMON} {INBOX}")
        self.site.wait_journal(["packctl migrate"], since=before)
        names = [package.split()[0] for package in self.site.installed()]
        self.manual.run("upgrade")
        check_equal(self.site.installed(), [f"{name} {new}" for name in names], "packages after the upgrade")
        check_equal(self.host.out("mariadb -N packwarden -e 'SELECT MAX(version) FROM schema_version'"), str(len(steps)),
                    "version of the tables after the upgrade")
        self.manual.run("install", 4, 4)
        for unit in (DAEMON, INBOX):
            self.site.wait_active(unit)
        return f"tables {len(steps) - 1} to {len(steps)}"

    def running_daemon_is_upgraded_and_changed_settings_are_kept(self):
        """Down to the older package first, as its tables are the same: the manual's way back."""
        settings = self.host.out(f"cat {SETTINGS}")
        installed = self.site.installed()
        pids = {unit: self.site.main_pid(unit) for unit in (DAEMON, INBOX)}
        for packages in (f"--allow-downgrades {OLD}/packwarden*.deb", NEW):
            self.host.run(f"apt-get install -y {packages}")
            check_equal(len(self.site.installed()), len(installed), f"packages after: {packages}")
            for unit in pids:
                self.site.wait_active(unit)
                check(self.site.main_pid(unit) != pids[unit], f"{unit} still runs the program of before")
                pids[unit] = self.site.main_pid(unit)
        check_equal(self.host.out(f"cat {SETTINGS}"), settings, "the settings that the operator had changed")
        check(debs.OLDER_MARK not in self.host.out(f"cat {debs.CONFFILE}") + "\n",
              "a file that the operator had not changed is still that of the older version")
        self.site.is_billed("after-upgrade.csv", 40, ACCOUNT)
