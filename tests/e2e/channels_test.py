"""N4 to N6 from end to end: a usage file crosses a level, and its notice arrives by SMS through a real Kannel, as a mail at
a real mail server, at an HTTPS endpoint and in the inbox, the same over all ways, whatever the tenant is called."""

import datetime
import os
import pathlib
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "plugins"))

import harness  # noqa: E402
import kannel_server  # noqa: E402
import mail_server  # noqa: E402
from certificates import make_certificates  # noqa: E402
from http_stub import HttpStub, Reply  # noqa: E402
from webhook_test import verifies  # noqa: E402

NAME = "o'hara \"网易\" <b>{{balance}}</b> &amp; %n ;--"
PHONE, MAIL = "+8613711112222", "owner@acme.example"
BOUND_S = 30
LATENCY_MAX_S = 1


def secret(path, text):
    path.touch(mode=0o600)
    path.write_text(text + "\n")
    return str(path)


def setUpModule():
    global folder, kannel, mails, hooks, where, up
    folder = unittest.enterModuleContext(harness.temporary_directory())
    server = unittest.enterModuleContext(harness.a_server(folder))
    ca, certificate, key = make_certificates(folder)
    kannel = kannel_server.Kannel(folder)
    unittest.addModuleCleanup(kannel.close)
    mails = mail_server.MailServer(certificate, key)
    unittest.addModuleCleanup(mails.close)
    hooks = HttpStub(lambda _: Reply(), certificate, key)
    unittest.addModuleCleanup(hooks.close)
    database = f"channels_{os.getpid()}"
    server.new_database(database)
    unittest.addModuleCleanup(server.drop_database, database)
    where = harness.Deployment(folder / "site", server, database, more_channels=[
        {"name": "sms", "plugin": "sms.so", "settings": {
            "provider": "kannel", "url": kannel.url, "username": kannel_server.USER,
            "password_file": secret(folder / "sms", kannel_server.PASSWORD), "from": kannel_server.FROM,
            "dlr_listen": f"127.0.0.1:{kannel_server.free_ports(1)[0]}"}},
        {"name": "email", "plugin": "email.so", "settings": {
            "host": "localhost", "port": str(mails.port), "username": mail_server.USER,
            "password_file": secret(folder / "email", mail_server.PASSWORD), "ca_file": str(ca),
            "from": "packs@vendor.example", "from_name": "云厂商"}},
        {"name": "webhook", "plugin": "webhook.so", "settings": {
            "key_file": secret(folder / "webhook", "ab" * 32), "ca_file": str(ca),
            "allow_private_addresses": "true"}}])
    where.ctl("migrate")
    where.as_of = harness.LONG_AGO
    where.ctl("account", "add", "--", NAME)
    where.ctl("account", "set", NAME, "--phone", PHONE, "--email", MAIL, "--webhook", hooks.url("/packs"))
    where.ctl("account", "verify", NAME)
    where.ctl("account", "integrate", NAME, as_of=harness.LONG_AGO)
    where.as_of = None
    where.ctl("pack", "trial", "captcha", NAME, as_of=harness.utc_now() - datetime.timedelta(hours=1))
    up = where.daemon("up")
    unittest.addModuleCleanup(up.stop)
    harness.wait_until(lambda: {row["state"] for row in channels().values()} == {"delivering"}, BOUND_S,
                       "all channels deliver", alive=[up])


def channels():
    return {row["channel"]: row for row in where.ctl("channel", "list")}


def deliveries(kind):
    rows = where.ctl("notice", "list", "--account", NAME)
    return {row["channel"]: row for row in rows if row["kind"] == kind}


class Notices(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        at = harness.rfc3339(harness.utc_now())
        quoted = NAME.replace('"', '""')
        lines = "".join(f'{number},"{quoted}",captcha,client_verification,{at},1001\n' for number in range(10))
        where.drop("usage.csv", f"id,account,product,meter,time,quantity\n{lines}".encode())
        harness.wait_until(lambda: len(deliveries("pack_usage")) == 4 and all(
            row["state"] == "sent" for row in deliveries("pack_usage").values()), BOUND_S, "all is sent", alive=[up])
        cls.rows = deliveries("pack_usage")
        cls.shown = {channel: where.ctl("notice", "show", str(row["delivery"])) for channel, row in cls.rows.items()}
        cls.message = next(m for m in where.ctl("inbox", NAME) if m["kind"] == "pack_usage")

    def test_N4_the_sms_reaches_the_centre_intact_and_its_report_marks_the_row(self):
        text = self.shown["sms"]["body"]
        self.assertIn(NAME, text)
        self.assertIn("10010/20000", text)
        kannel_server.wait_until(lambda: (kannel_server.FROM, PHONE, text) in kannel.messages(), "the message")
        harness.wait_until(lambda: deliveries("pack_usage")["sms"]["reported"] == "delivered", BOUND_S,
                           "the delivery report is stored", alive=[up])
        row = deliveries("pack_usage")["sms"]
        self.assertEqual((row["state"], row["attempts"]), ("sent", 1))

    def test_N4_the_mail_is_what_the_outbox_says(self):
        mail = mails.parsed()
        shown = self.shown["email"]
        self.assertEqual(mail["Subject"], shown["subject"])
        self.assertEqual(mail["To"], MAIL)
        self.assertEqual(mail.get_body(("plain",)).get_content().strip(), shown["body"].strip())
        html = mail.get_body(("html",)).get_content()
        self.assertEqual(html.strip().replace("\r\n", "\n"), shown["html"].strip())
        self.assertIn("&lt;b&gt;{{balance}}&lt;/b&gt; &amp;amp; %n ;--", html)
        self.assertNotIn("<b>{{balance}}", html)
        self.assertEqual([str(key).lower() for key in mail.keys()].count("to"), 1)
        self.assertRegex(mail["Message-ID"], r"^<[0-9a-z]+@vendor\.example>$")
        self.assertEqual(len(mails.recipients), 1)

    def test_N4_the_event_is_signed_for_the_account(self):
        request, = [r for r in hooks.taken() if b"pack_usage" in r.body]
        made = where.ctl("account", "webhook-secret", NAME)
        self.assertTrue(verifies(made["secret"], request))
        data = harness.json.loads(request.body)["data"]
        self.assertEqual((data["account"], data["body"]), (NAME, self.shown["webhook"]["body"]))
        self.assertEqual((data["facts"]["used"], data["facts"]["quota"]), (10010, 20000))

    def test_N4_the_inbox_keeps_it_and_what_the_tenant_did_with_it(self):
        self.assertEqual(self.message["subject"], self.shown["email"]["subject"])
        self.assertIn(NAME, self.message["body"])
        self.assertEqual(where.ctl("inbox", NAME, "--mark", "read", "--message", str(self.message["id"]))["changed"], 1)
        self.assertTrue(next(m for m in where.ctl("inbox", NAME) if m["id"] == self.message["id"])["read_at"])
        self.assertIn("read", where.ctl("inbox", NAME, output=None))

    def test_N5_each_delivery_has_the_key_of_its_cause(self):
        keys = {row["idempotency_key"].rsplit("/", 1)[0] for row in self.rows.values()}
        self.assertEqual(len(keys), 1)
        self.assertTrue(keys.pop().startswith("pack_usage/1/"))

    def test_a_plugin_is_called_within_a_second_of_the_commit(self):
        for channel, row in self.rows.items():
            created, ended = (datetime.datetime.fromisoformat(row[key]) for key in ("created_at", "ended_at"))
            print(f"{channel}: sent {(ended - created).total_seconds():.3f} s after the commit")
        begun = [(datetime.datetime.fromisoformat(row["ended_at"])
                  - datetime.datetime.fromisoformat(row["created_at"])).total_seconds() for row in self.rows.values()]
        self.assertLess(min(begun), LATENCY_MAX_S)


class Operators(unittest.TestCase):
    def test_a_test_message_goes_through_a_channel(self):
        answer = where.ctl("channel", "test", "sms", "--to", "+8613711113333", "--language", "zh-CN")
        self.assertEqual(answer["state"], "sent")
        kannel_server.wait_until(lambda: any(to == "+8613711113333" for _, to, _ in kannel.messages()), "the message")

    def refused(self, *words):
        done = subprocess.run([harness.BIN / "packctl", "--config", where.config, *words], capture_output=True, text=True,
                              timeout=60, check=False)
        self.assertEqual(done.returncode, 1, done.stderr)
        return done.stderr

    def test_addresses_that_are_none_are_never_sent_to(self):
        before = len(kannel.messages()), len(mails.recipients)
        for channel, address in (("sms", "+86137\r\nHost: x"), ("sms", "+1" + "2" * 10_000), ("sms", "１２３"),
                                 ("email", "a@b.example\r\nRCPT TO:<c@d.example>"), ("email", "a" * 10_000 + "@b.example"),
                                 ("email", "a@b.example, c@d.example"), ("webhook", "https://user:p@x.example/"),
                                 ("webhook", "file:///etc/passwd"), ("webhook", "https://x.example/\r\nHost: y")):
            with self.subTest(channel=channel, address=address[:40]):
                self.assertNotIn("\r", self.refused("channel", "test", channel, f"--to={address}"))
        self.assertEqual((len(kannel.messages()), len(mails.recipients)), before)
        self.assertIn("mariadb", where.server.sql("SELECT LOWER(VERSION())", where.database)[0][0])

    def test_contacts_that_are_none_are_refused(self):
        for option, value in (("--phone", "+86137\r\n1"), ("--phone", "+" + "1" * 10_000), ("--phone", "+８６１３７００００"),
                              ("--email", "a@b\r\nc"), ("--email", "a" * 10_000 + "@b.c"), ("--email", "a@b@c.d"),
                              ("--webhook", "http://plain.example/"), ("--webhook", "https://a.example/" + "x" * 10_000)):
            with self.subTest(option=option, value=value[:40]):
                self.assertTrue(self.refused("account", "set", NAME, f"{option}={value}").strip())

    def test_a_paused_channel_waits_until_it_is_resumed(self):
        self.assertTrue(where.ctl("channel", "pause", "sms")["changed"])
        self.assertFalse(where.ctl("channel", "pause", "sms")["changed"])
        harness.wait_until(lambda: channels()["sms"]["paused"], BOUND_S, "it is paused", alive=[up])
        time_seen = time.monotonic() + 2  # it looks once a second
        harness.wait_until(lambda: time.monotonic() > time_seen, BOUND_S, "it has looked", alive=[up])
        self.assertIn("queued", self.refused("channel", "test", "sms", "--to", "+8613711114444", "--wait", "1"))
        self.assertTrue(where.ctl("channel", "resume", "sms")["changed"])
        kannel_server.wait_until(lambda: any(to == "+8613711114444" for _, to, _ in kannel.messages()), "the message")

    def test_wrong_words_say_what_to_do(self):
        self.assertIn("packctl channel list", self.refused("channel", "pause", "fax"))
        self.assertIn("--to", self.refused("channel", "test", "sms"))
        self.assertIn("--all", self.refused("notice", "retry"))
        self.assertIn("packctl notice list", self.refused("notice", "show", "999999"))


if __name__ == "__main__":
    unittest.main()
