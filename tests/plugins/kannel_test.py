"""N4, N6: the SMS plugin against a real Kannel with a fake centre, and its delivery reports back."""

import hashlib
import hmac
import http.client
import pathlib
import socket
import tempfile
import unittest

from driven_plugin import DrivenPlugin
from kannel_server import FROM, PASSWORD, USER, Kannel, free_ports, wait_until

ACCOUNT = "\"账号\" 'o' {{x}} <b>&amp;%d%A\\ 😀 + #"
BODY = f"账号 {ACCOUNT} 的验证码套餐包已使用 50%"
REPORT_LIMIT_S = 15
KEY = "pack_usage/1/1/1/50/sms"


def message(**others):
    return {"idempotency_key": KEY, "recipient": "+8613711112222", "account": ACCOUNT, "body": BODY, **others}


class KannelTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.kannel = Kannel(cls.folder)
        cls.addClassCleanup(cls.kannel.close)
        cls.password_file = cls.secret_file("password", PASSWORD)

    @classmethod
    def secret_file(cls, name, secret):
        path = cls.folder / name
        path.touch(mode=0o600)
        path.write_text(secret + "\n")
        return path

    def plugin(self, **changes):
        self.port, = free_ports(1)
        settings = {"provider": "kannel", "url": self.kannel.url, "username": USER,
                    "password_file": self.password_file, "from": FROM,
                    "dlr_listen": f"127.0.0.1:{self.port}", **changes}
        plugin = self.enterContext(DrivenPlugin("sms", settings))
        plugin.check()  # waits until it listens
        return plugin

    def next_report(self, plugin):
        report = plugin.reports.get(timeout=REPORT_LIMIT_S)
        return report["report"], report["idempotency_key"], report["detail"]

    def call_listener(self, target, method="GET", headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request(method, target, headers=headers or {})
        status = connection.getresponse().status
        connection.close()
        return status

    def dlr_target(self, key, type_, secret=PASSWORD, token_key=None):
        signed = f"packwarden delivery report\n{token_key or key}".encode()
        token = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        return f"/dlr?key={key.encode().hex()}&token={token}&type={type_}&answer="

    def test_n4_text_arrives_and_its_report_comes_back(self):
        plugin = self.plugin()
        self.assertEqual(plugin.check(), "")
        self.assertEqual(plugin.deliver([message()])[0]["outcome"], "accepted")
        wait_until(lambda: (FROM, "+8613711112222", BODY) in self.kannel.messages(), "the message")
        self.assertEqual(self.next_report(plugin), ("pending", KEY, "taken by the centre: ACK/"))
        self.assertEqual(self.next_report(plugin), ("delivered", KEY, "delivered to the phone"))

    def test_n4_many_at_once_keep_their_keys(self):
        plugin = self.plugin(dlr_secret_file=self.secret_file("dlr_secret", "another secret"))
        messages = [message(recipient=f"+86137111100{n:02}", idempotency_key=f"many/{n}?&=", body=f"文 {n}")
                    for n in range(50)]
        self.assertEqual({r["outcome"] for r in plugin.deliver(messages)}, {"accepted"})
        delivered = set()
        while len(delivered) < 50:
            report, key, _ = self.next_report(plugin)
            if report == "delivered":
                delivered.add(key)
        self.assertEqual(delivered, {m["idempotency_key"] for m in messages})
        came = {(to, text) for _, to, text in self.kannel.messages()}
        self.assertLessEqual({(m["recipient"], m["body"]) for m in messages}, came)

    def test_n6_reports_of_strangers_change_nothing(self):
        plugin = self.plugin()
        for target in ("/", "/dlr", f"/dlr?key={KEY.encode().hex()}&type=1", self.dlr_target(KEY, 1, secret="x"),
                       self.dlr_target(KEY, 1, token_key="another key"), "/dlr?key=%00&token=&type=1"):
            self.assertIn(self.call_listener(target), (403, 404), target)
        good = self.dlr_target(KEY, 2)
        self.assertEqual(self.call_listener(good, "POST"), 405)
        self.assertEqual(self.call_listener(self.dlr_target(KEY, 3)), 400)
        self.assertTrue(plugin.reports.empty())
        self.assertEqual(self.call_listener(good), 200)
        self.assertEqual(self.next_report(plugin), ("failed", KEY, "not delivered to the phone"))

    def test_n8_listener_outlives_bad_clients(self):
        plugin = self.plugin()
        lines = [socket.create_connection(("127.0.0.1", self.port), timeout=10) for _ in range(80)]
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as one_too_many:
            self.assertEqual(one_too_many.recv(10), b"", "is closed at once")
        for line in lines:
            line.close()
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as nonsense:
            nonsense.sendall(b"GET /" + b"x" * 100_000)
            try:
                self.assertEqual(nonsense.recv(10), b"", "is closed, too long")
            except ConnectionResetError:
                pass
        self.assertEqual(self.call_listener(self.dlr_target(KEY, 8)), 200)
        self.assertEqual(self.next_report(plugin), ("pending", KEY, "taken by the centre"))

    def test_n6_refusals_are_sorted(self):
        plugin = self.plugin()
        denied = plugin.deliver([message(recipient="+9991112222")])[0]
        self.assertEqual(denied["outcome"], "rejected", denied)
        wrong = self.plugin(password_file=self.secret_file("wrong", "wrong"))
        result = wrong.deliver([message()])[0]
        self.assertEqual(result["outcome"], "hold")
        self.assertIn("check username and password_file: HTTP status 403", result["detail"])
        nowhere = self.plugin(url=self.kannel.url.replace("sendsms", "elsewhere"))
        self.assertEqual(nowhere.deliver([message()])[0]["outcome"], "hold")
        away = self.plugin(url=f"http://127.0.0.1:{free_ports(1)[0]}/cgi-bin/sendsms")
        self.assertEqual(away.deliver([message()])[0]["outcome"], "retry")
        self.assertNotEqual(away.check(), "")

    def test_n6_kannel_queues_while_the_centre_is_away(self):
        plugin = self.plugin()
        self.kannel.stop_centre()
        text = message(body="排队", idempotency_key="queued")
        self.assertEqual(plugin.deliver([text])[0]["outcome"], "accepted")
        self.kannel.start_centre()
        wait_until(lambda: (FROM, text["recipient"], "排队") in self.kannel.messages(), "the queued message")
        while self.next_report(plugin)[:2] != ("delivered", "queued"):
            pass

    def test_n6_nothing_is_sent_to_what_is_no_number(self):
        plugin = self.plugin()
        before = len(self.kannel.messages())
        for recipient in ("", "13711112222", "+8613711112222\r\nHost: x", "+" + "1" * 10_000,
                          "+8613711112222 +8613711113333", "+８６１３７１１１１２２２２", "+86137&text=x"):
            self.assertEqual(plugin.deliver([message(recipient=recipient)])[0]["outcome"], "rejected")
        self.assertEqual(plugin.deliver([message(body="最后")])[0]["outcome"], "accepted")
        wait_until(lambda: (FROM, "+8613711112222", "最后") in self.kannel.messages(), "the last message")
        self.assertEqual(len(self.kannel.messages()), before + 1)


if __name__ == "__main__":
    unittest.main()
