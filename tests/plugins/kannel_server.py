"""A real Kannel with a fake centre, on ports of its own in a folder of its own."""

import errno
import pathlib
import random
import re
import socket
import subprocess
import time
import urllib.parse

FAKESMSC = "/usr/lib/kannel/test/fakesmsc"
USER, PASSWORD = "packwarden", "p&ss %w=rd"
FROM = "10690"
START_LIMIT_S = 15
POLL_S = 0.01

CONFIGURATION = """group = core
admin-port = {admin}
admin-interface = 127.0.0.1
admin-password = admin
smsbox-port = {box}
smsbox-interface = 127.0.0.1
box-allow-ip = "127.0.0.1"
store-type = spool
store-location = "{folder}/spool"
dlr-storage = internal
log-file = "{folder}/bearerbox.log"
log-level = 0

group = smsc
smsc = fake
smsc-id = fake
host = 127.0.0.1
port = {centre}
connect-allow-ip = 127.0.0.1
denied-prefix = "+999"

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {sendsms}
sendsms-interface = 127.0.0.1
log-file = "{folder}/smsbox.log"
log-level = 0
http-request-retry = 20
http-queue-delay = 1

group = sendsms-user
username = {user}
password = "{password}"
max-messages = 10
concatenation = true
"""


def free_ports(count):
    """Below the ports that the system gives out for connections, so that none of those takes one meanwhile."""
    sockets = []
    while len(sockets) < count:
        try:
            sockets.append(socket.create_server(("127.0.0.1", random.randrange(10_000, 32_000))))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def wait_until(condition, what, limit_s=START_LIMIT_S):
    end = time.monotonic() + limit_s
    while not (value := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"not within {limit_s} s: {what}")
        time.sleep(POLL_S)
    return value


class Kannel:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        (self.folder / "spool").mkdir()
        admin, box, self.centre_port, sendsms = free_ports(4)
        self.url = f"http://127.0.0.1:{sendsms}/cgi-bin/sendsms"
        self.configuration = self.folder / "kannel.conf"
        self.configuration.write_text(CONFIGURATION.format(
            admin=admin, box=box, centre=self.centre_port, sendsms=sendsms, folder=self.folder, user=USER,
            password=PASSWORD))
        self.processes = {}
        self.start_bearerbox()
        self.start_centre()
        self.start("smsbox", ["smsbox", self.configuration])
        self.wait_for_log("smsbox.log", "Connected to bearerbox")
        self.wait_for_log("bearerbox.log", "Client connected from")

    def start(self, name, command):
        with open(self.folder / f"{name}.out", "ab") as out:
            self.processes[name] = subprocess.Popen(command, stdout=out, stderr=out, cwd=self.folder)

    def start_bearerbox(self):
        self.start("bearerbox", ["bearerbox", self.configuration])
        self.wait_for_log("bearerbox.log", "Start-up done")

    def start_centre(self):
        seen = self.log("bearerbox.log").count("Fakesmsc client connected")
        self.start("centre", [FAKESMSC, "-H", "127.0.0.1", "-r", str(self.centre_port), "-m", "0",
                              "1 2 text nop"])
        wait_until(lambda: self.log("bearerbox.log").count("Fakesmsc client connected") > seen,
                   "the fake centre is connected")

    def stop_centre(self):
        seen = self.log("bearerbox.log").count("EOF from fakesmsc")
        self.stop("centre")
        wait_until(lambda: self.log("bearerbox.log").count("EOF from fakesmsc") > seen,
                   "Kannel sees that the centre is away")

    def stop(self, name):
        process = self.processes.pop(name)
        process.kill()
        process.wait()

    def close(self):
        for name in list(self.processes):
            self.stop(name)

    def log(self, name):
        path = self.folder / name
        return path.read_text(errors="replace") if path.exists() else ""

    def wait_for_log(self, name, text):
        def found():
            for process, running in self.processes.items():
                if running.poll() is not None:
                    raise AssertionError(f"{process} ended:\n{self.log(process + '.out')[-2000:]}")
            return text in self.log(name)
        wait_until(found, f"{text!r} in {name}")

    def messages(self):
        """[(from, to, text)] that the fake centre has; the parts of a long one joined, as a phone does."""
        got = re.findall(r"Got message \d+: <(\S+) (\S+) (?:ucs-2|udh (\S+) data) (.*)>\n", self.log("centre.out"))
        parts, texts = {}, []
        for sender, to, header, text in got:
            sender, to = urllib.parse.unquote(sender), urllib.parse.unquote(to)
            part = urllib.parse.unquote_to_bytes(text.replace("+", " "))
            if not header:
                texts.append((sender, to, part.decode("utf-16-be")))
                continue
            # 3GPP TS 23.040: length, element 0 of 3 bytes, reference, number of parts, which of them.
            _, _, _, reference, count, number = urllib.parse.unquote_to_bytes(header.replace("+", " "))
            those = parts.setdefault((sender, to, reference), {})
            those[number] = part
            if len(those) == count:
                whole = b"".join(those[n] for n in sorted(parts.pop((sender, to, reference))))
                texts.append((sender, to, whole.decode("utf-16-be")))
        return texts
