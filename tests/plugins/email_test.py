"""N4, N5, N8: the e-mail plugin against a real mail server, with what goes wrong there."""

import os
import pathlib
import tempfile
import unittest

from certificates import make_certificates
from driven_plugin import DrivenPlugin
from mail_server import PASSWORD, USER, MailServer

SUBJECT = "您的流量包已使用 90 %：«東京»👩‍👩‍👧 " + "很长的主题" * 20


def message(recipient="owner@acme.example", **others):
    return {"idempotency_key": "pack_usage/1/1/1/90/email", "recipient": recipient,
            "subject": SUBJECT, "body": "第一行\n.\n..dots\nFrom here\n", **others}


class EmailTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.ca, cls.certificate, cls.key = make_certificates(cls.folder)
        cls.password_file = cls.folder / "password"
        cls.write_secret(cls.password_file, PASSWORD)

    @staticmethod
    def write_secret(path, secret):
        path.touch(mode=0o600)
        path.write_text(secret + "\n")

    def setUp(self):
        self.server = self.new_server()

    def new_server(self, port=0):
        server = MailServer(self.certificate, self.key, port)
        self.addCleanup(server.close)
        return server

    def settings(self, **changes):
        return {"host": "localhost", "port": self.server.port, "ca_file": self.ca,
                "username": USER, "password_file": self.password_file,
                "from": "billing@packwarden.example", "from_name": "云计算 \"账单\"",
                "list_unsubscribe": "https://packwarden.example/notices",
                "connections_max": 1, **changes}

    def new_plugin(self, **changes):
        return self.enterContext(DrivenPlugin("email", self.settings(**changes)))

    def outcome(self, plugin, **others):
        [result] = plugin.deliver([message(**others)])
        return result["outcome"], result["detail"]

    # --- what arrives

    def test_N4_a_mail_arrives_as_it_was_written(self):
        plugin = self.new_plugin()
        html = "<p>已使用 <b>90 %</b></p>\n<script>{{x}}</script>"
        self.assertEqual(self.outcome(plugin, html=html), ("accepted", "250 OK: queued as 1"))
        mail = self.server.parsed()
        self.assertEqual(mail["Subject"], SUBJECT)
        self.assertEqual(mail["From"].addresses[0].display_name, "云计算 \"账单\"")
        self.assertEqual(mail["From"].addresses[0].addr_spec, "billing@packwarden.example")
        self.assertEqual(mail["To"].addresses[0].addr_spec, "owner@acme.example")
        self.assertEqual(mail["Auto-Submitted"], "auto-generated")
        self.assertEqual(mail["List-Unsubscribe"], "<https://packwarden.example/notices>")
        self.assertIsNotNone(mail["Date"].datetime)
        self.assertEqual(mail.get_content_type(), "multipart/alternative")
        plain, rich = mail.iter_parts()
        self.assertEqual((plain.get_content_type(), rich.get_content_type()),
                         ("text/plain", "text/html"))
        self.assertEqual(plain.get_content().replace("\r\n", "\n"), message()["body"])
        self.assertEqual(rich.get_content().replace("\r\n", "\n"), html)
        self.assertEqual([part.defects for part in mail.walk()], [[], [], []])
        self.assertEqual(self.server.mails[0].mail_from, "billing@packwarden.example")
        self.assertEqual(self.server.mails[0].rcpt_tos, ["owner@acme.example"])

    def test_N5_a_retry_has_the_same_message_id(self):
        plugin = self.new_plugin()
        for key in ("a", "a", "b"):
            self.assertEqual(self.outcome(plugin, idempotency_key=key)[0], "accepted")
        first, again, other = (self.server.parsed(i)["Message-ID"] for i in range(3))
        self.assertEqual(first, again)
        self.assertNotEqual(first, other)
        self.assertRegex(first, r"^<[0-9a-f]{32}@packwarden\.example>$")

    def test_a_large_mail_arrives_whole(self):
        body = "".join(f"{i}: 流量包 .\n" for i in range(10_000))
        self.assertEqual(self.outcome(self.new_plugin(), body=body)[0], "accepted")
        self.assertEqual(self.server.parsed().get_content().replace("\r\n", "\n"), body)

    def test_the_connection_stays_open_between_calls(self):
        plugin = self.new_plugin()
        for _ in range(3):
            results = plugin.deliver([message() for _ in range(20)])
            self.assertEqual({result["outcome"] for result in results}, {"accepted"})
        self.assertEqual((self.server.connections, self.server.log_ins), (1, 1))
        self.assertEqual(len(self.server.mails), 60)

    def test_many_connections_are_used_and_no_mail_is_lost_or_doubled(self):
        plugin = self.new_plugin(connections_max=4)
        for call in range(3):
            results = plugin.deliver([message(idempotency_key=f"{call}-{i}", body=f"{call}-{i}")
                                      for i in range(50)])
            self.assertEqual({result["outcome"] for result in results}, {"accepted"})
        self.assertEqual(self.server.connections, 4)
        bodies = [self.server.parsed(i).get_content().strip() for i in range(150)]
        self.assertEqual(sorted(bodies), sorted(f"{c}-{i}" for c in range(3) for i in range(50)))

    def test_a_server_that_was_restarted_is_used_again(self):
        plugin = self.new_plugin()
        self.assertEqual(self.outcome(plugin)[0], "accepted")
        port = self.server.port
        self.server.close()
        self.server = self.new_server(port)
        self.assertEqual(self.outcome(plugin)[0], "accepted")
        self.assertEqual(len(self.server.mails), 1)

    # --- who may not

    def test_N8_a_wrong_password_waits_for_a_person_and_is_tried_once(self):
        wrong = self.folder / "wrong"
        self.write_secret(wrong, "hunter2")
        plugin = self.new_plugin(password_file=wrong, connections_max=4)
        results = plugin.deliver([message() for _ in range(20)])
        self.assertEqual({result["outcome"] for result in results}, {"hold"})
        self.assertIn("535", results[0]["detail"])
        self.assertNotIn("hunter2", results[0]["detail"])
        self.assertEqual(self.server.connections, 1)

    def test_N8_an_unknown_ca_waits_for_a_person(self):
        other = self.folder / "other"
        other.mkdir()
        plugin = self.new_plugin(ca_file=make_certificates(other)[0])
        outcome, detail = self.outcome(plugin)
        self.assertEqual(outcome, "hold")
        self.assertIn("certificate", detail)
        self.assertEqual(self.server.log_ins, 0)

    def test_a_server_without_tls_gets_neither_password_nor_mail(self):
        self.server.tls = None
        plugin = self.new_plugin()
        outcome, detail = self.outcome(plugin)
        self.assertEqual((outcome, self.server.log_ins, self.server.recipients), ("hold", 0, []))
        self.assertIn("TLS", detail)

    def test_N8_a_sender_that_is_refused_waits_for_a_person(self):
        self.server.on_sender = lambda _: "550 5.7.1 sender not owned by user"
        self.assertEqual(self.outcome(self.new_plugin()),
                         ("hold", "to MAIL FROM: 550 5.7.1 sender not owned by user"))

    def test_the_check_logs_in_and_sends_nothing(self):
        plugin = self.new_plugin()
        self.assertEqual(plugin.check(), "")
        self.assertEqual((self.server.log_ins, self.server.recipients), (1, []))
        self.server.close()
        self.assertIn(f"mail server localhost:{self.server.port}: on connecting:", plugin.check())

    def test_settings_that_cannot_work_are_refused(self):
        for changes, told in (({"security": "none", "host": "mail.example"}, "use starttls or tls"),
                              ({"hots": "x"}, "did you mean host?"),
                              ({"from": "a@b\r\nBcc: c@d"}, "control characters")):
            with DrivenPlugin("email", self.settings(**changes)) as plugin:
                status, errors = plugin.end()
                self.assertEqual(status, 1)
                self.assertIn(told, errors[0])

    # --- what the server answers

    def test_N6_answers_to_the_recipient(self):
        plugin = self.new_plugin()
        for reply, outcome in (("450 4.2.1 greylisted", "retry"), ("550 5.1.1 no such user", "rejected"),
                               ("554 5.7.1 Relay access denied", "hold")):
            self.server.on_recipient = lambda _, reply=reply: reply
            self.assertEqual(self.outcome(plugin), (outcome, f"to RCPT TO: {reply}"))
        self.server.on_recipient = lambda _: None
        self.assertEqual(self.outcome(plugin)[0], "accepted")

    def test_N6_one_refused_recipient_leaves_the_others_alone(self):
        self.server.on_recipient = lambda _: ("550 5.1.1 no such user"
                                              if self.server.recipients[-1].startswith("gone") else None)
        plugin = self.new_plugin()
        results = plugin.deliver([message("a@acme.example"), message("gone@acme.example"),
                                  message("b@acme.example")])
        self.assertEqual([result["outcome"] for result in results],
                         ["accepted", "rejected", "accepted"])

    def test_N6_answers_to_the_mail(self):
        plugin = self.new_plugin()
        for reply, outcome in (("451 4.3.0 later", "retry"), ("554 5.6.0 spam", "rejected")):
            self.server.on_data = lambda _, reply=reply: reply
            self.assertEqual(self.outcome(plugin), (outcome, f"after the mail: {reply}"))

    def test_N6_a_mail_that_is_too_large_is_refused_before_it_is_sent(self):
        self.server.mail_bytes_max = 1_000
        outcome, detail = self.outcome(self.new_plugin(), body="x" * 2_000)
        self.assertEqual(outcome, "rejected")
        self.assertRegex(detail, "^to MAIL FROM: 552 ")

    def test_N6_a_line_that_drops_before_the_mail_is_tried_again(self):
        self.server.on_recipient = lambda session: session.transport.abort()
        self.assertEqual(self.outcome(self.new_plugin())[0], "retry")
        self.assertEqual(self.server.mails, [])

    def test_N6_a_line_that_drops_after_the_mail_is_unknown(self):
        self.server.on_data = lambda session: session.transport.abort()
        outcome, detail = self.outcome(self.new_plugin())
        self.assertEqual(outcome, "unknown")
        self.assertIn("after the mail", detail)

    def test_N8_a_server_that_is_too_slow_after_the_mail_is_unknown(self):
        self.server.on_data = lambda _: self.server.wait_for_release()
        results = self.new_plugin().deliver([message(), message()], limit_ms=1_500)
        self.assertEqual([result["outcome"] for result in results], ["unknown", "retry"])
        self.assertIn("not begun", results[1]["detail"])

    # --- who is written to

    def test_an_address_cannot_name_a_second_recipient(self):
        plugin = self.new_plugin()
        results = plugin.deliver([
            message("owner@acme.example>\r\nRCPT TO:<thief@evil.example"),
            message("owner@acme.example,thief@evil.example"), message("用户@acme.example"),
            message("owner@acme.example\n"), message("a@" + "b" * 253), message("owner@acme.example")])
        self.assertEqual([result["outcome"] for result in results], ["rejected"] * 5 + ["accepted"])
        self.assertEqual(results[0]["detail"], "the address has white space or control characters")
        self.assertEqual(self.server.recipients, ["owner@acme.example"])

    def test_a_subject_cannot_add_a_header(self):
        plugin = self.new_plugin()
        self.assertEqual(self.outcome(plugin, subject="Hi\r\nBcc: thief@evil.example\r\n\r\nx")[0],
                         "accepted")
        mail = self.server.parsed()
        self.assertIsNone(mail["Bcc"])
        self.assertEqual(mail["Subject"], "Hi  Bcc: thief@evil.example    x")
        self.assertEqual(self.server.recipients, ["owner@acme.example"])


if __name__ == "__main__":
    unittest.main()
