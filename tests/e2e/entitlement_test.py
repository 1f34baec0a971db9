"""The entitlement check of a running daemon (O9): it follows each change within a second, and goes on
answering, saying how old its answer is, while the database is away."""

import argparse
import json
import pathlib
import sys
import time
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import harness  # noqa: E402

FOLLOWS_WITHIN_S = 1.0
AWAY_AGE_MS = 2_500


class Asker:
    def __init__(self, port, token):
        self.port, self.token = port, token

    def ask(self, account="acme", product="captcha"):
        """The answer as a dictionary, None while nobody listens or the daemon is not ready."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/v1/entitlements/{account}/{product}",
                                         headers={"Authorization": f"Bearer {self.token}"})
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            return None if error.code in (404, 503) else {"status": error.code}
        except urllib.error.URLError:
            return None

    def state(self, account="acme"):
        answer = self.ask(account)
        return answer and (answer.get("reason") or answer.get("covered_by"), answer.get("left_units"))


def follow_changes(where, asker, process):
    """Each change of packctl, and of a usage file, is seen within a second of its end."""
    def comes(wanted, change):
        change()
        begin = time.monotonic()
        harness.wait_until(lambda: asker.state() == wanted, 10, str(wanted), [process])
        took = time.monotonic() - begin
        if took > FOLLOWS_WITHIN_S:
            raise harness.Failure(f"{wanted} took {took:.2f} s")
        return took

    csv = "id,account,product,meter,time,quantity\n{},acme,captcha,client_verification,{},{}\n"

    def use(name, quantity):
        at = harness.rfc3339(harness.utc_now())  # P5: maybe the second of the pack
        where.drop(f"{name}.csv", csv.format(name, at, quantity).encode())
        harness.wait_until(where.idle, 30, "the file is taken", [process])

    return max(
        comes(("never_activated", 0), lambda: where.ctl("account", "add", "acme")),
        comes(("packs", 20_000), lambda: where.ctl("pack", "trial", "captcha", "acme")),
        comes(("packs", 20_000), lambda: where.ctl("account", "integrate", "acme", as_of=harness.LONG_AGO)),
        comes(("packs", 19_000), lambda: use("some", 1_000)),
        comes(("trial_exhausted", 0), lambda: use("all", 19_000)),
        comes(("trial_exhausted", 0), lambda: where.ctl("account", "verify", "acme")),
        comes(("packs", 30_000), lambda: where.ctl("pack", "buy", "captcha", "30k", "acme", "--paid-by", "p-1")),
        comes(("closed_account", 30_000), lambda: where.ctl("account", "close", "acme")))


def run():
    with harness.temporary_directory() as directory:
        server = harness.PrivateServer(directory)
        process = None
        try:
            server.new_database("entitlement")
            where = harness.Deployment(directory / "site", server, "entitlement", scan_interval_ms=20)
            port = harness.free_port()
            http = f"http: {{listen: '127.0.0.1:{port}', tokens_file: {directory}/tokens}}"
            where.config.write_text(where.config.read_text().replace("http: {listen: off}", http))
            where.ctl("migrate")
            token = where.ctl_text("token", "new", "asker", output=None).split()[-1]
            process = where.daemon()
            asker = Asker(port, token)
            slowest = follow_changes(where, asker, process)

            server.stop()
            old = harness.wait_until(lambda: (answer := asker.ask()) and answer["age_ms"] > AWAY_AGE_MS and answer,
                                     10, "the answer says that it is old", [process])
            if (old["reason"], old["left_units"]) != ("closed_account", 30_000):
                raise harness.Failure(f"another answer while the database is away: {old}")
            server.start()
            fresh = harness.wait_until(lambda: (answer := asker.ask()) and answer["age_ms"] < 1_000 and answer,
                                       30, "answers are fresh again", [process])
            if fresh["as_of"] <= old["as_of"]:
                raise harness.Failure(f"not fresh: {fresh}")
            process.stop()
            if "follow the ledger again" not in process.log_path.read_text():
                raise harness.Failure(f"the log does not say that it goes on\n{process.log_tail()}")
        finally:
            if process and process.poll() is None:
                process.kill_hard()
            server.stop()
    print(f"changes were seen within {slowest * 1000:.0f} ms; an answer of age {old['age_ms']} ms while the"
          " database was away")


def main():
    argparse.ArgumentParser(description=__doc__,
                            formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    try:
        run()
    except harness.Failure as failure:
        sys.exit(f"failed: {failure}")


if __name__ == "__main__":
    main()
