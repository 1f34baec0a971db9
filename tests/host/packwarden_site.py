"""Packwarden on a host, as those see it who run it, drop files into it, or are told by it."""

import contextlib
import datetime
import json
import shlex

from report import Failure, check_equal, wait_until

SPOOL = "/var/spool/packwarden"
SETTINGS = "/etc/packwarden/packwarden.yaml"
CATALOGUE = "/etc/packwarden/catalogue.yaml"
DAEMON = "packwardend.service"
INBOX = "packwarden-channel@inbox.service"
ACCOUNT = "metered"  # has a pack of a million; acme is the manual's
PRODUCER = "producer"  # a user in the group packwarden
HEADER = "id,account,product,meter,time,quantity\n"
BILLED_BOUND_S = 60


def rows(prefix, count, account, product="captcha", meter="client_verification", quantity=1):
    """Lines of a usage file, all of this instant."""
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    rest = f"{account},{product},{meter},{now},{quantity}\n"
    return "".join(f"{prefix}-{number},{rest}" for number in range(count))


class Site:
    """Packwarden of one host. One thread."""

    def __init__(self, host):
        self.host = host

    # --- what people do

    def ctl(self, words, **options):
        """packctl by root; its JSON."""
        text = self.host.out(f"packctl --output json {words}", **options)
        return json.loads(text) if text else None

    def new_account(self, name, product="captcha", tier="1m"):
        """Verified, integrated, with one pack."""
        self.ctl(f"account add {name} --language en")
        self.ctl(f"account verify {name}")
        self.ctl(f"account integrate {name}")
        self.ctl(f"pack buy {product} {tier} {name} --paid-by payment-{product}-{name}")

    def drop(self, name, text):
        """By the producer's user, under a name with a dot first."""
        incoming = f"{SPOOL}/incoming"
        self.host.run(f"cat >{incoming}/.{name} && mv {incoming}/.{name} {incoming}/{name}", user=PRODUCER, stdin=text)

    def edit(self, path, expression):
        """sed on a file; Failure where it changes nothing."""
        before = self.host.out(f"cat {path}")
        self.host.run(f"sed -i -e {shlex.quote(expression)} {path}")
        if self.host.out(f"cat {path}") == before:
            raise Failure(f"{path} has nothing for: {expression}")

    def append(self, path, text):
        self.host.run(f"cat >>{path}", stdin=text)

    @contextlib.contextmanager
    def changes_for_a_time(self, path):
        """What is changed in a file within is as before afterwards, also when something fails."""
        self.host.run(f"cp -a {path} /root/before")
        try:
            yield
        finally:
            self.host.run(f"cp -a /root/before {path}")

    # --- what they see

    def installed(self):
        """Its packages with their versions, as dpkg has them."""
        lines = self.host.out("dpkg-query -W -f '${db:Status-Status} ${Package} ${Version}\\n' 'packwarden*'", status=None)
        return [line.split(" ", 1)[1] for line in lines.splitlines() if line.startswith("installed ")]

    def receipt(self, name, bound_s=BILLED_BOUND_S):
        """Of a dropped file, once it has ended."""
        return wait_until(lambda: self.receipts().get(name), bound_s, f"{name} has its receipt")

    def receipts(self):
        """By the file's name, the newest for each."""
        return {receipt["file"]: receipt for receipt in self.receipts_of_claims().values()}

    def receipts_of_claims(self):
        """All of them by the claim, the oldest first."""
        read = [json.loads(path.read_text()) for path in sorted(self.host.path(f"{SPOOL}/receipts").glob("[!.]*.json"))]
        return {receipt["claim"]: receipt for receipt in read}

    def files(self, folder):
        """Names of the files in a folder of the spool."""
        return sorted(path.name for path in self.host.path(f"{SPOOL}/{folder}").glob("[!.]*") if path.is_file())

    def used(self, account, product="captcha"):
        """Units drawn from all packs of an account."""
        packs = self.ctl("pack list")
        return sum(int(pack["used"]) for pack in packs if pack["account"] == account and pack["product"] == product)

    def messages(self, account):
        return self.ctl(f"inbox {account}")

    def is_billed(self, name, count, account, product="captcha", meter="client_verification"):
        """Drops a file of `count` units; Failure unless exactly these are drawn."""
        before = self.used(account, product)
        self.drop(name, HEADER + rows(name, count, account, product, meter))
        receipt = self.receipt(name)
        check_equal((receipt["outcome"], receipt["accepted"], receipt["units"]["drawn"]), ("taken", count, count),
                    f"the receipt of {name}: {receipt}")
        check_equal(self.used(account, product), before + count, f"units drawn from {account}'s pack")

    def main_pid(self, unit=DAEMON):
        return int(self.host.property(unit, "MainPID"))

    def restarts(self, unit=DAEMON):
        return int(self.host.property(unit, "NRestarts"))

    def is_active(self, unit=DAEMON):
        return self.host.property(unit, "ActiveState") == "active"

    def wait_active(self, unit=DAEMON, bound_s=60):
        wait_until(lambda: self.is_active(unit), bound_s, f"{unit} is active")

    def journal_cursor(self):
        return json.loads(self.host.out("journalctl -q -n 1 -o json --output-fields=MESSAGE"))["__CURSOR"]

    def journal(self, unit=DAEMON, since=None, options=""):
        """Messages of a unit, and systemd's about it, from a cursor on."""
        after = f"--after-cursor={shlex.quote(since)}" if since else ""
        return self.host.out(f"journalctl -q -o cat -u {unit} {after} {options}")

    def wait_journal(self, words, unit=DAEMON, since=None, bound_s=30):
        """All of `words` stand in one line."""
        def line():
            lines = self.journal(unit, since).splitlines()
            return next((text for text in lines if all(word in text for word in words)), None)
        return wait_until(line, bound_s, f"the journal of {unit} says: {' ... '.join(words)}")

    def diagnosis(self, since):
        """For the person who reads that something failed: the units, and what they said from `since` (Unix time) on."""
        if not self.host.systemd_pid:
            return "the host is off"
        journal = f"journalctl -q --no-pager --since=@{int(since)}"
        return self.host.run(
            f"systemctl status --no-pager -n 0 {DAEMON} {INBOX}; systemctl --no-pager --no-legend list-units mariadb.service;"
            f" {journal} -n 30 -u {DAEMON} -u 'packwarden-channel@*'; {journal} -n 5 -u mariadb.service;"
            f" cd {SPOOL} && find . -type f -newermt @{int(since)} | tail -n 20", status=None).stdout
