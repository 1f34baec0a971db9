"""Where the blocks of the manual that need no real host are run: a private MariaDB with the settings that are shipped, the
settings of Packwarden as they are shipped, a daemon, and a shell with commands that find these.

What differs from a host: places have paths below a temporary folder (blocks.py, `places`), the client commands find the
server by a .my.cnf, packctl and packwardend the settings by a wrapper, and `systemctl` starts and stops the real server and
the real daemon of this sandbox.
"""

import contextlib
import os
import pathlib
import shutil
import socketserver
import subprocess
import sys
import threading

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

import blocks  # noqa: E402
import harness  # noqa: E402
import server  # noqa: E402

SHIPPED_SERVER_SETTINGS = blocks.ROOT / "config/mariadb/packwarden.cnf"
READY_BOUND_S = 60

# What a person types, in front of the real program.
WITH_SETTINGS = """#!/bin/bash
for word; do [[ $word != --config ]] || exec {program} "$@"; done
exec {program} --config {config} "$@"
"""
SYSTEMCTL = """#!{python} -B
import socket, sys
asked = socket.socket(socket.AF_UNIX)
asked.connect({socket!r})
asked.sendall("\\0".join(sys.argv[1:]).encode())
asked.shutdown(socket.SHUT_WR)
said = b"".join(iter(lambda: asked.recv(4096), b"")).decode()
sys.exit(said or 0)
"""


class Sandbox:
    """Close it by its context. `name` is that of its folder, and of the database: two of them are two hosts."""

    def __init__(self, folder, name="host"):
        self.folder = folder / name
        self.folder.mkdir()
        self.binlogs = self.folder / "binlog"
        self.binlogs.mkdir()
        self.settings = self.folder / "etc"
        self.server = server.PrivateServer(
            self.folder, (f"--log-bin={self.binlogs}/binlog", "--innodb-buffer-pool-size=128M",
                          "--innodb-log-file-size=64M"), SHIPPED_SERVER_SETTINGS)
        self.daemons = {}
        try:
            self._settle()
        except BaseException:
            self.server.stop()
            raise

    def _settle(self):
        """Settings as shipped, but for what has to be of this sandbox."""
        shutil.copytree(blocks.ROOT / "config", self.settings, ignore=shutil.ignore_patterns("mariadb"))
        self.config = self.settings / "packwarden.yaml"
        self.spool = self.folder / "spool"
        text = self.config.read_text()
        for shipped, ours in (("socket: /run/mysqld/mysqld.sock", f"socket: {self.server.socket}"),
                              ("  user: packwarden #", "  user: root #"),
                              ("directory: /var/spool/packwarden #", f"directory: {self.spool} #"),
                              ("# name: billing-1", "name: billing-1"),
                              ("scan_interval_ms: 1000", "scan_interval_ms: 50"),
                              ("plugin_directory: /usr/lib/packwarden ", f"plugin_directory: {harness.PLUGINS} "),
                              ("listen: 127.0.0.1:8470", "listen: off")):
            if text.count(shipped) != 1:
                raise server.Failure(f"config/packwarden.yaml has not one '{shipped}'")
            text = text.replace(shipped, ours)
        self.config.write_text(text)
        for name in ("incoming", "done", "receipts"):
            (self.spool / name).mkdir(parents=True)
        self.where = harness.ExistingDeployment(self.folder)
        self.where.config = self.config
        self.server.new_database("packwarden")

    def take_over(self, other):
        """After its settings were copied here: the places in them are those of this sandbox."""
        self.config.write_text(self.config.read_text().replace(f"{other.folder}/", f"{self.folder}/"))

    # --- the shell

    def shell(self, scenes):
        """A Shell for these scenes, with a value for each of their places."""
        commands = self.folder / "bin"
        commands.mkdir(exist_ok=True)
        for program in ("packctl", "packwardend"):
            self._command(commands / program, WITH_SETTINGS.format(program=harness.BIN / program, config=self.config))
        self._command(commands / "systemctl", SYSTEMCTL.format(python=sys.executable, socket=self._listen()))
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        (home / ".my.cnf").write_text(f"[client]\nsocket={self.server.socket}\nuser=root\n")
        environment = {**os.environ, "PATH": f"{commands}:{blocks.ROOT}/docs:{os.environ['PATH']}:/usr/sbin:/sbin",
                       "HOME": str(home), "TZ": "UTC", "LC_ALL": "C.UTF-8"}
        shell = blocks.Shell(environment=environment, directory=self.folder)
        shell.run("".join(f"{name}={value}\n" for name, value in self.places(scenes).items()))
        return shell

    @staticmethod
    def _command(path, text):
        path.write_text(text)
        path.chmod(0o755)

    def places(self, scenes):
        """Ours, for the names that the page gives values to."""
        owner = f"{os.geteuid()}:{os.getegid()}"
        ours = {"DATA": self.server.data, "BINLOGS": self.binlogs, "SPOOL": self.spool, "SETTINGS": self.settings,
                "BACKUPS": self.folder / "backups", "MOVE": self.folder.parent / "move", "OWNER": owner, "DAEMON": "packwardend"}
        wanted = {name for scene in scenes for block in blocks.scene(scene) if block.mark == "places"
                  for name in block.places()}
        return {name: ours[name] for name in sorted(wanted)}

    # --- the services

    def _listen(self):
        """The socket at which `systemctl` asks."""
        sandbox, path = self, self.folder / "systemctl.sock"

        class Asked(socketserver.StreamRequestHandler):
            def handle(self):
                try:
                    verb, *units = self.rfile.read().decode().split("\0")
                    for unit in units:
                        sandbox.service(verb, unit)
                except Exception as fault:  # whatever it is: the block that asked has to fail
                    self.wfile.write(f"systemctl: {type(fault).__name__}: {fault}".encode())

        if not path.exists():
            self.listener = socketserver.ThreadingUnixStreamServer(str(path), Asked)
            threading.Thread(target=self.listener.serve_forever, daemon=True).start()
        return str(path)

    def service(self, verb, unit):
        if verb not in ("start", "stop"):
            raise ValueError(f"no '{verb}' here")
        if unit == "mariadb":
            (self.server.start if verb == "start" else self.server.stop)()
        elif verb == "stop":
            self.stop_daemons(unit.rstrip("*"))
        elif unit not in self.daemons:
            self.start_daemon(unit)

    def start_daemon(self, unit):
        words = ("channel", unit.partition("@")[2]) if "@" in unit else ()
        process = self.daemons[unit] = self.where.daemon(*words)
        if not words:
            server.wait_until(process.is_ready, READY_BOUND_S, f"{unit} is ready", alive=[process])

    def stop_daemons(self, unit=""):
        for name in [name for name in self.daemons if name.startswith(unit)]:
            self.daemons.pop(name).stop()

    def lose_power(self):
        """kill -9 of all that runs."""
        while self.daemons:
            self.daemons.popitem()[1].kill_hard()
        self.server.process.kill()
        self.server.process.wait()

    def stop(self):
        while self.daemons:
            name, process = self.daemons.popitem()
            if process.poll() is None:
                process.kill_hard()
        if hasattr(self, "listener"):
            self.listener.shutdown()
            self.listener.server_close()
        self.server.stop()


@contextlib.contextmanager
def a_sandbox(name="host"):
    with server.temporary_directory() as folder:
        sandbox = Sandbox(folder, name)
        try:
            yield sandbox
        finally:
            sandbox.stop()


def run_scene(shell, name, begin=1, upto=1000):
    """Runs steps `begin` to `upto` of a scene. A sentence for each output that the page shows otherwise."""
    said = []
    for block in blocks.scene(name):
        if block.mark == "run" and begin <= block.step <= upto:
            printed = shell.run(block.text)
            expected = blocks.shown(block.name)
            if expected is not None and not blocks.same_output(expected, printed):
                said.append(f"{block.where}: {block.name} shows\n{expected}\nbut now it prints\n{printed}")
    return said
