"""The root that a test host begins with: Debian 12 with systemd and nothing of Packwarden, made once and kept.

It comes from where this machine's own apt gets Debian 12, by the same way (proxy), and is only read afterwards: a host
writes into a folder of its own above it.
"""

import hashlib
import os
import pathlib
import shutil
import subprocess

from report import Failure

SUITE = "bookworm"
HOST_NAME = "billing-1"
# What an installed Debian 12 server has anyway, beside what debootstrap takes as the minimum.
PACKAGES = ("systemd", "systemd-sysv", "dbus", "libpam-systemd", "ca-certificates", "procps", "iproute2", "curl", "man-db",
            "less", "bash-completion", "zsh")
# Nothing may take the lock of apt, or the machine, from a test.
MASKED = ("apt-daily.timer", "apt-daily-upgrade.timer", "man-db.timer", "e2scrub_all.timer")


def run(command, what, bound_s=1800):
    """Failure with the last lines of its output unless it ends with 0."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=bound_s, check=False)
    if done.returncode != 0:
        raise Failure(f"{what}: {' '.join(map(str, command))}\nended with {done.returncode}:\n{done.stdout[-4000:]}")
    return done.stdout


def debian_sources():
    """(URI, suite, component) of Debian 12 of this machine's apt; its own archive first."""
    text = run(["apt-get", "indextargets", "--format", "$(ORIGIN)|$(CODENAME)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)",
                "Created-By: Packages"], "apt's sources of this machine")
    rows = [line.split("|") for line in text.splitlines()]
    found = {(uri, release, component) for origin, codename, uri, release, component in rows
             if origin == "Debian" and codename.split("-")[0] == SUITE}
    if not any(suite == SUITE for _, suite, _ in found):
        raise Failure(f"this machine's apt has no sources of Debian {SUITE}; run apt-get update, or see /etc/apt")
    return sorted(found, key=lambda source: (source[1] != SUITE, source))


def acquire_settings():
    """How this machine's apt fetches (proxy, tolerance of old lists), for apt inside."""
    lines = run(["apt-config", "dump"], "apt's settings of this machine").splitlines()
    return "".join(f"{line}\n" for line in lines
                   if line.startswith("Acquire::") and not line.startswith("Acquire::IndexTargets") and '""' not in line)


class Base:
    """build/host/base and, beside it, the Debian packages that were fetched, as a folder to lay above it."""

    def __init__(self, directory):
        self.directory = directory
        self.root = directory / "base"
        self.fetched = directory / "fetched"  # var/cache/apt/archives in it

    def layers(self):
        """For lowerdir= of overlayfs, the upper first."""
        return f"{self.fetched}:{self.root}"

    def make(self):
        """Whether it had to be made; else it only fetches the newest lists."""
        stamp = self.root / ".complete"
        recipe = pathlib.Path(__file__).read_text(encoding="utf-8")
        key = hashlib.sha256(repr((recipe, debian_sources(), acquire_settings())).encode()).hexdigest()
        made = not stamp.exists() or stamp.read_text() != key
        self._archives().mkdir(parents=True, exist_ok=True)
        if made:
            shutil.rmtree(self.root, ignore_errors=True)
            self._bootstrap()
        self._inside("apt-get update -q")
        if made:
            self._inside("apt-get dist-upgrade -q -y")
        stamp.write_text(key)
        return made

    def fetch(self, names, packages):
        """So that an install inside needs no network: Debian packages by name, and what the files `packages` depend on."""
        folder = self.root / "mnt"
        links = " ".join(f"/mnt/{path.name}" for path in packages)
        self._inside(f"apt-get install -q -y --download-only {' '.join(names)} {links}", (packages[0].parent, folder))

    def _archives(self):
        return self.fetched / "var/cache/apt/archives"

    def _bootstrap(self):
        sources = debian_sources()
        self.directory.mkdir(parents=True, exist_ok=True)
        proxy = run(["apt-config", "shell", "PROXY", "Acquire::http::Proxy"], "apt's proxy").strip()
        environment = f"http_proxy={proxy.removeprefix('PROXY=')} " if proxy else ""
        run(["bash", "-c", f"{environment}exec \"$@\"", "bash", "debootstrap", "--variant=minbase",
             f"--include={','.join(PACKAGES)}", SUITE, self.root, sources[0][0]], "the base root")
        etc = self.root / "etc"
        (etc / "apt/sources.list").write_text("".join(f"deb {' '.join(source)}\n" for source in sources))
        (etc / "apt/apt.conf.d/50from-the-machine").write_text(acquire_settings())
        # `apt` would remove each package file that it has installed, and the next host fetch it again.
        (etc / "apt/apt.conf.d/51keep").write_text('Binary::apt::APT::Keep-Downloaded-Packages "true";\n')
        (etc / "hostname").write_text(f"{HOST_NAME}\n")
        (etc / "hosts").write_text(f"127.0.0.1 localhost\n127.0.1.1 {HOST_NAME}\n::1 localhost\n")
        (self.root / "var/log/journal").mkdir(parents=True, exist_ok=True)  # a journal that outlives a reboot
        for unit in MASKED:
            (etc / "systemd/system" / unit).symlink_to("/dev/null")

    def _inside(self, command, bound=None):
        """A shell command with the base as its root, with the network and the fetched packages of this machine."""
        archives = self.root / "var/cache/apt/archives"
        mounts = [f"mount --make-rprivate / && mount -t proc proc {self.root}/proc",
                  f"mount --bind {self._archives()} {archives}", f"touch {self.root}/etc/resolv.conf",
                  f"mount --bind /etc/resolv.conf {self.root}/etc/resolv.conf"]
        if bound:
            mounts.append(f"mount --bind {bound[0]} {bound[1]}")
        inside = f"chroot {self.root} env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive {command}"
        return run(["unshare", "--mount", "--pid", "--fork", "--kill-child", "bash", "-ec",
                    "\n".join([*mounts, f"exec {inside}"])], "the base root")


def needs():
    """Failure in words where this machine cannot run a host."""
    if os.geteuid() != 0:
        raise Failure("a test host needs root: namespaces, mounts, and files of many users")
    missing = [tool for tool in ("debootstrap", "unshare", "nsenter", "setpriv", "pivot_root") if not shutil.which(tool)]
    if missing:
        raise Failure(f"missing on this machine: {' '.join(missing)}; ./dev test-host installs them")
