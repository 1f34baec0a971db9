"""Notices delivered a second: ./dev bench delivery [--messages N] [--mails N]

Deliveries as the ledger writes them stand in the outbox of a new database; then one process of the channel starts, and the
time until the last one is stored as sent counts, from the claims to the outcomes. In-site messages go into the inbox, mails
over SMTP into postfix's smtp-sink on loopback, which counts them. Three runs each; each key must have arrived once.
"""

import argparse
import os
import pathlib
import re
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import harness  # noqa: E402

RUNS = 3
BOUND_S = 300
BODY = "账号 tenant-0000001 的 captcha 套餐包（30k）已使用 15001 次，共 30000 次，剩余 14999 次，有效期至 2027-11-20。"

OUTBOX = """
INSERT INTO outbox (idempotency_key, channel, account_name, recipient, language, kind, subject, body, html, facts, state,
  attempts, next_attempt_at, claim_token, outcome, created_at, occurred_at, useful_until)
  SELECT CONCAT('pack_usage/', seq, '/1/', seq, '/{run}/{channel}'), '{channel}', CONCAT('tenant-', LPAD(seq, 7, '0')),
  {recipient}, 'zh-CN', 'pack_usage', '套餐包用量超过 50%：captcha 30k', '{body}', {html}, '{{}}', 'queued', 0, NOW(6), '', '',
  NOW(6), NOW(6), {useful_until} FROM seq_1_to_{count};
"""


def deliver(where, channel, run, count, recipient, html, useful_until):
    where.server.sql(OUTBOX.format(channel=channel, run=run, count=count, recipient=recipient, html=html, body=BODY,
                                   useful_until=useful_until), where.database)
    left = f"SELECT COUNT(*) FROM outbox WHERE channel = '{channel}' AND next_attempt_at IS NOT NULL"
    begin = time.perf_counter()
    process = where.daemon("channel", channel)
    try:
        harness.wait_until(lambda: where.server.sql(left, where.database)[0][0] == "0", BOUND_S, "all is sent",
                           alive=[process])
        seconds = time.perf_counter() - begin
    finally:
        process.stop()
    sent = where.server.sql(f"SELECT COUNT(*) FROM outbox WHERE channel = '{channel}' AND state = 'sent' AND attempts = 1"
                            f" AND idempotency_key LIKE '%/{run}/{channel}'", where.database)[0][0]
    if int(sent) != count:
        raise harness.Failure(f"{sent} of {count} were sent at the first attempt\n{process.log_tail()}")
    return count / seconds


def shown(what, rates):
    print(f"{what}: {statistics.median(rates):,.0f} a second, median of {RUNS} ({min(rates):,.0f} to {max(rates):,.0f})")


def run(options, server, directory):
    server.new_database("bench")
    port = harness.free_port()
    where = harness.Deployment(directory / "site", server, "bench", more_channels=[
        {"name": "email", "plugin": "email.so",
         "settings": {"host": "127.0.0.1", "port": str(port), "security": "none", "from": "packs@vendor.example"}}])
    where.ctl("migrate")
    shown(f"{options.messages:,} in-site messages",
          [deliver(where, "inbox", n, options.messages, "''", "NULL", "NULL") for n in range(RUNS)])
    stored = int(server.sql("SELECT COUNT(DISTINCT idempotency_key) FROM inbox_message", "bench")[0][0])
    if stored != RUNS * options.messages:
        raise harness.Failure(f"{stored} messages are stored, not {RUNS * options.messages}")

    counts = directory / "smtp-sink.out"  # not a pipe: it writes a line a mail
    user = ["-u", "postfix"] if os.geteuid() == 0 else []
    with open(counts, "wb") as out, \
            subprocess.Popen(["smtp-sink", *user, "-c", f"127.0.0.1:{port}", "1000"], stdout=out) as sink:
        try:
            shown(f"{options.mails:,} mails",
                  [deliver(where, "email", n, options.mails, "CONCAT('owner', seq, '@acme.example')",
                           f"'<html><body><p>{BODY}</p></body></html>'", "NOW(6) + INTERVAL 3 DAY") for n in range(RUNS)])
        finally:
            sink.terminate()
    print("smtp-sink:", re.split(r"[\r\n]", counts.read_text().strip())[-1].strip())


def main():
    parser = argparse.ArgumentParser(prog="./dev bench delivery", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=50_000)
    parser.add_argument("--mails", type=int, default=10_000)
    options = parser.parse_args()
    try:
        with harness.temporary_directory() as directory:
            server = harness.PrivateServer(directory)
            try:
                run(options, server, directory)
            finally:
                server.stop()
    except harness.Failure as failure:
        sys.exit(f"failed: {failure}")


if __name__ == "__main__":
    main()
