"""A real systemd-journald in namespaces of its own: what the tests of the journal share."""
import json
import os
import pathlib
import subprocess
import sys
import time
import unittest

JOURNAL = "/run/log/journal"
# Only what the test writes, all of it, and nothing of the host's.
CONFIG = "[Journal]\nStorage=volatile\nRateLimitBurst=0\nReadKMsg=no\nAudit=\nForwardToSyslog=no\nForwardToWall=no\n"
START_BOUND_S = 20
# As the service manager does for what it starts: systemd-cat does not.
WITH_STREAM = ("sh", "-c", 'JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2) exec "$@"', "sh")


def enter_namespaces():
    """Starts this script again where /run is its own."""
    own_user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    command = ["unshare", *own_user, "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
               sys.executable, "-B", *sys.argv, "--inside"]
    sys.exit(subprocess.run(command, check=False).returncode)


def run(*command, **options):
    return subprocess.run(command, check=True, timeout=60, capture_output=True, **options).stdout.decode()


def start_journald():
    run("mount", "-t", "tmpfs", "tmpfs", "/run")
    pathlib.Path("/run/systemd/journald.conf.d").mkdir(parents=True)
    pathlib.Path("/run/systemd/journald.conf.d/test.conf").write_text(CONFIG)
    pathlib.Path(JOURNAL).mkdir(parents=True)
    journald = subprocess.Popen(["/lib/systemd/systemd-journald"], stderr=subprocess.PIPE)
    end = time.monotonic() + START_BOUND_S
    while subprocess.run(["journalctl", "--sync"], capture_output=True, check=False).returncode != 0:
        if journald.poll() is not None or time.monotonic() > end:
            journald.kill()
            sys.exit(f"systemd-journald does not answer: {journald.stderr.read().decode()}")
        time.sleep(0.05)
    return journald


def text_of(value):
    """journalctl writes as numbers what is no printable UTF-8."""
    return bytes(value) if isinstance(value, list) else value


class JournalTest(unittest.TestCase):
    maxDiff = None

    def records(self, *command, status=0):
        """What the command left in the journal, with its stderr connected there, in its order."""
        mark = f"{self.id()}-{time.monotonic_ns()}"
        before = run("journalctl", "-D", JOURNAL, "-n", "1", "-o", "json", "--output-fields=__CURSOR")
        cursor = [f"--after-cursor={json.loads(before)['__CURSOR']}"] if before else []
        done = subprocess.run(["systemd-cat", f"--identifier={mark}", *WITH_STREAM, *map(str, command)],
                              timeout=60, check=False, capture_output=True)
        self.assertEqual(done.returncode, status, done.stderr)
        run("journalctl", "--sync")
        lines = run("journalctl", "-D", JOURNAL, "-o", "json", "--all", *cursor).splitlines()
        found = [{name: text_of(value) for name, value in json.loads(line).items()} for line in lines]
        self.assertEqual([one["MESSAGE"] for one in found if one.get("SYSLOG_IDENTIFIER") == mark], [],
                         "lines came as text")
        return [one for one in found if one.get("SYSLOG_IDENTIFIER") == "packwardend"]


def main():
    """Instead of unittest.main."""
    if sys.argv[-1] != "--inside":
        enter_namespaces()
    process = start_journald()
    try:
        unittest.main(argv=sys.argv[:1])
    finally:
        process.terminate()
        process.wait(timeout=20)
