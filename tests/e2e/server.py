"""A MariaDB for a test: a private one, or the one that the environment names."""

import contextlib
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

SOCKET_BYTES_MAX = 107  # sockaddr_un.sun_path less its closing zero
POLL_S = 0.005


class Failure(Exception):
    """The thing under test, or its surroundings, did not do what the test needs."""


def wait_until(condition, bound_s, what, alive=(), every_s=POLL_S):
    """The first true value of condition(); Failure after bound_s, or when one of `alive` ends."""
    end = time.monotonic() + bound_s
    while True:
        value = condition()
        if value:
            return value
        for process in alive:
            if process.poll() is not None:
                raise Failure(f"{process.title} ended with {process.returncode} while waiting for"
                              f" {what}\n{process.log_tail()}")
        if time.monotonic() > end:
            raise Failure(f"not within {bound_s} s: {what}")
        time.sleep(every_s)


@contextlib.contextmanager
def temporary_directory(keep=False):
    """A short path (sockets live in it) that is removed at the end unless kept."""
    base = tempfile.gettempdir() if len(tempfile.gettempdir()) < 40 else "/tmp"
    path = pathlib.Path(tempfile.mkdtemp(prefix="pw-", dir=base))
    try:
        yield path
    finally:
        if not keep:
            shutil.rmtree(path, ignore_errors=True)


class Server:
    """A MariaDB server behind a socket on which root needs no password."""

    def __init__(self, socket, user="root"):
        if len(os.fsencode(str(socket))) > SOCKET_BYTES_MAX:
            raise Failure(f"path of the socket is too long: {socket}")
        self.socket, self.user = str(socket), user

    def client(self, *arguments):
        return ["mariadb", "--no-defaults", f"--socket={self.socket}", f"--user={self.user}",
                "--default-character-set=utf8mb4", *arguments]

    def sql(self, text, database=None):
        """Rows as tuples of strings."""
        command = self.client("--batch", "--skip-column-names", *([database] if database else []))
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failure(f"SQL failed: {done.stderr.strip()}\n{text}")
        return [tuple(line.split("\t")) for line in done.stdout.splitlines()]

    def new_database(self, name):
        self.drop_database(name)
        self.sql(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4")

    def drop_database(self, name):
        self.sql(f"DROP DATABASE IF EXISTS `{name}`")

    def stop(self):
        """A server of others stays as it is."""


class PrivateServer(Server):
    """A server with its own data directory, gone with it."""

    OPTIONS = ("--innodb-flush-log-at-trx-commit=1", "--innodb-buffer-pool-size=1G",
               "--innodb-log-file-size=512M", "--max-allowed-packet=16M",
               "--character-set-server=utf8mb4")

    def __init__(self, directory, options=(), defaults=None, environment=None, copy_of=None):
        """`defaults`: a file of settings instead of OPTIONS; `options` come after it. `environment`: further variables
        of the server. `copy_of`: begins with the data of this one, which does not run."""
        super().__init__(directory / "s.sock")
        self.data, self.environment = directory / "data", environment or {}
        self.log = directory / "mariadbd.log"
        as_root = ["--user=root"] if os.geteuid() == 0 else []
        # Of its own: a server that starts takes the temporary files of others for what it left behind.
        temporary = directory / "tmp"
        temporary.mkdir()
        if copy_of:
            shutil.copytree(copy_of.data, self.data)
        else:
            self._install(temporary, as_root)
        ours = (f"--defaults-file={defaults}",) if defaults else ("--no-defaults", *self.OPTIONS)
        self.command = ["mariadbd", *ours, f"--datadir={self.data}", f"--socket={self.socket}",
                        f"--pid-file={directory / 'mariadbd.pid'}", "--skip-networking",
                        f"--tmpdir={temporary}", *as_root, *options]
        self.start()

    def _install(self, temporary, as_root):
        with open(self.log, "ab") as log:
            subprocess.run(["mariadb-install-db", "--no-defaults", f"--datadir={self.data}",
                            f"--tmpdir={temporary}", "--auth-root-authentication-method=normal", "--skip-test-db",
                            "--force", *as_root],  # also where no name can be looked up
                           stdout=log, stderr=log, check=True)

    def start(self):
        """Also again, after stop(), on the same data."""
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log, start_new_session=True,
                                            env={**os.environ, **self.environment})
        wait_until(self._answers, 60, "the private MariaDB answers")

    def _answers(self):
        if self.process.poll() is not None:
            raise Failure(f"mariadbd ended with {self.process.returncode}, see\n"
                          + self.log.read_text(errors="replace")[-2000:])
        done = subprocess.run(self.client("-e", "SELECT 1"), capture_output=True, check=False)
        return done.returncode == 0

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


@contextlib.contextmanager
def a_server(directory, options=()):
    """The server of PACKWARDEN_TEST_SOCKET where that is set, else one below `directory`."""
    given = os.environ.get("PACKWARDEN_TEST_SOCKET")
    if given:
        yield Server(given, os.environ.get("PACKWARDEN_TEST_USER", "root"))
        return
    server = PrivateServer(directory, options)
    try:
        yield server
    finally:
        server.stop()
