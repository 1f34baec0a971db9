"""A Debian host in namespaces of this machine: a real systemd as its first process, a root, a network and a /tmp of its own."""

import os
import pathlib
import shlex
import shutil
import signal
import subprocess

from report import Failure, wait_until

HERE = pathlib.Path(__file__).resolve().parent
BOOT_BOUND_S = 60
POWEROFF_BOUND_S = 120
ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8",
               "DEBIAN_FRONTEND": "noninteractive", "PAGER": "cat", "SYSTEMD_PAGER": "cat", "SYSTEMD_COLORS": "0",
               "COLUMNS": "120"}


def cgroup2_mount():
    """Where this machine shows its cgroups of version 2, which systemd needs to follow its processes."""
    for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines():
        fields = line.split()
        if fields[fields.index("-") + 1] == "cgroup2":
            return pathlib.Path(fields[4])
    raise Failure("this machine shows no cgroup2 file system, and systemd does not start without")


def remove_cgroup(path):
    """With all below it, deepest first. False while a process is in one of them."""
    for folder, _, _ in os.walk(path, topdown=False):
        try:
            os.rmdir(folder)
        except OSError:
            return False
    return True


class Host:
    """One that can be started, stopped and started again; what is written on it stays until discard(). One thread."""

    def __init__(self, base, directory):
        self.base, self.directory = base, directory
        self.upper = directory / "upper"
        self.process = self.cgroup = self.systemd_pid = None
        self.discard()
        for folder in ("upper", "work", "root"):
            (directory / folder).mkdir(parents=True)

    def place(self, path, target):
        """A file of this machine onto the host, before its start; owned by root."""
        there = self.upper / target.lstrip("/")
        there.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, there)
        os.chown(there, 0, 0)
        there.chmod(0o644)

    # --- life

    def boot(self):
        """Until all that starts with it has started; Failure if a unit failed."""
        self._make_cgroup()
        with open(self.directory / "console.log", "ab") as console:
            # With the death of this process the first of the host is killed, and the kernel ends all others with it.
            self.process = subprocess.Popen(
                ["bash", "-c", f"echo $$ >{self.cgroup}/cgroup.procs && exec \"$@\"", "bash", "setpriv", "--pdeathsig", "KILL",
                 "unshare", "--mount", "--pid", "--fork", "--kill-child", "--uts", "--ipc", "--cgroup", "--net", "bash",
                 HERE / "boot.sh", self.base.layers(), self.upper, self.directory / "work", self.directory / "root"],
                stdin=subprocess.DEVNULL, stdout=console, stderr=console, start_new_session=True)
        wait_until(self._find_systemd, BOOT_BOUND_S, "systemd is the first process of the host")
        wait_until(lambda: self.run("systemctl is-system-running", status=None).stdout.strip() in ("running", "degraded"),
                   BOOT_BOUND_S, "all units of the host have started")

    def poweroff(self):
        """As a person would: every unit is stopped in order."""
        self.run("systemctl poweroff", status=None)
        try:
            self.process.wait(POWEROFF_BOUND_S)
        except subprocess.TimeoutExpired:
            raise Failure(f"the host was not off within {POWEROFF_BOUND_S} s of poweroff") from None
        finally:
            self.cut_power()

    def cut_power(self):
        """kill -9 of all that runs there. Also when nothing does."""
        if self.process:
            if self.process.poll() is None:
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.process = self.systemd_pid = None
        if self.cgroup:
            wait_until(lambda: remove_cgroup(self.cgroup), 30, "no process of the host is left")
        self.cgroup = None

    def discard(self):
        """What was written on it is gone."""
        shutil.rmtree(self.directory, ignore_errors=True)

    # --- work

    def run(self, command, *, status=0, user=None, stdin="", bound_s=120):
        """A line for bash, as root in a shell of its own, or as `user`. Failure unless it ends with `status` (None: any)."""
        words = ["bash", "-c", command]
        if user:
            words = ["runuser", "-u", user, "--", *words]
        try:
            done = subprocess.run([*self.enter(), *words], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  text=True, errors="replace", timeout=bound_s, check=False)
        except subprocess.TimeoutExpired:
            raise Failure(f"not ended within {bound_s} s: {command}") from None
        if status is not None and done.returncode != status:
            raise Failure(f"{command}\nended with {done.returncode}, not {status}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
        return done

    def out(self, command, **options):
        """What it prints, without the last line break."""
        return self.run(command, **options).stdout.rstrip("\n")

    def property(self, unit, name):
        """Of a unit, as systemd shows it."""
        return self.out(f"systemctl show --value -p {name} {shlex.quote(unit)}")

    def files(self):
        """Paths of all files and folders on its disk."""
        return set(self.out("find / -xdev -path /var/cache/apt -prune -o -print").splitlines())

    def path(self, path):
        """A path of the host, for this machine's own system calls."""
        return pathlib.Path(f"/proc/{self.systemd_pid}/root") / path.lstrip("/")

    def enter(self, directory="/root"):
        """What a command is run by there; for blocks.Shell."""
        variables = [f"{name}={value}" for name, value in ENVIRONMENT.items()]
        return ["nsenter", "-t", str(self.systemd_pid), "-a", "-r", "-w", "env", "-i", "-C", directory, *variables]

    def shell_words(self):
        """What a person types on this machine to come in."""
        return f"nsenter -t {self.systemd_pid} -a -r -w bash"

    # --- underneath

    def _find_systemd(self):
        if self.process.poll() is not None:
            raise Failure(f"the host ended with {self.process.returncode} at its start:\n"
                          + (self.directory / "console.log").read_text(errors="replace")[-3000:])
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        if children and pathlib.Path(f"/proc/{children[0]}/comm").read_text() == "systemd\n":
            self.systemd_pid = int(children[0])
        return self.systemd_pid

    def _make_cgroup(self):
        above = cgroup2_mount()
        for left in above.glob("packwarden-host-*"):  # by a run that was killed; one with processes stays
            remove_cgroup(left)
        self.cgroup = above / f"packwarden-host-{os.getpid()}"
        self.cgroup.mkdir()
