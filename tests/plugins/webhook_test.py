"""N4, N6, N8: the webhook plugin against real HTTPS receivers, which verify signatures as Standard Webhooks says
and read the event as CloudEvents 1.0 says."""

import base64
import email.utils
import hashlib
import hmac
import json
import pathlib
import socket
import tempfile
import time
import unittest

from certificates import make_certificates
from driven_plugin import DrivenPlugin
from http_stub import DROP, HANG, HttpStub, Reply

ACCOUNT = "\"账号\" {{x}} 😀"
FACTS = {"level": 50, "product": "验证码", "left": 10_000_000_000}
KEY, OLD_KEY = "ab" * 32, "cd" * 40
ID = "pack_usage/1/1/1/50/webhook"


def secret_of(key, account):
    """As tenants have it."""
    made = hmac.new(bytes.fromhex(key), f"packwarden webhook\n{account}".encode(), hashlib.sha256).digest()
    return "whsec_" + base64.b64encode(made).decode()


def verifies(secret, request):
    """What a receiver does with one of its secrets: https://www.standardwebhooks.com."""
    headers = request.headers
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 300
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + request.body
    wanted = base64.b64encode(
        hmac.new(base64.b64decode(secret.removeprefix("whsec_")), signed, hashlib.sha256).digest()).decode()
    return any(version == "v1" and hmac.compare_digest(signature, wanted) for version, _, signature in
               (each.partition(",") for each in headers["webhook-signature"].split(" ")))


class WebhookTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.ca, cls.certificate, cls.key = make_certificates(cls.folder)
        cls.key_file = cls.new_key_file("key", KEY)

    @classmethod
    def new_key_file(cls, name, *lines):
        path = cls.folder / name
        path.touch(mode=0o600)
        path.write_text("\n".join(lines) + "\n")
        return path

    def stub(self, on_request=lambda _: Reply(), with_tls=True):
        stub = HttpStub(on_request, *((self.certificate, self.key) if with_tls else ()))
        self.addCleanup(stub.close)
        return stub

    def settings(self, **changes):
        return {"key_file": self.key_file, "ca_file": self.ca, "allow_private_addresses": "true", **changes}

    def plugin(self, **changes):
        return self.enterContext(DrivenPlugin("webhook", self.settings(**changes)))

    def message(self, recipient, **others):
        return {"idempotency_key": ID, "recipient": recipient, "account": ACCOUNT, "subject": "题",
                "body": "已使用 50 %", "facts": json.dumps(FACTS), **others}

    def outcome(self, plugin, recipient, **others):
        return plugin.deliver([self.message(recipient, **others)])[0]["outcome"]

    def test_n4_event_arrives_signed(self):
        plugin, stub = self.plugin(), self.stub()
        self.assertEqual(plugin.check(), "")
        self.assertEqual(self.outcome(plugin, stub.url("/hook?a=b")), "accepted")
        request, = stub.taken()
        self.assertEqual((request.method, request.path), ("POST", "/hook?a=b"))
        self.assertTrue(request.headers["content-type"].startswith("application/cloudevents+json"))
        self.assertEqual(request.headers["webhook-id"], ID)
        self.assertTrue(verifies(secret_of(KEY, ACCOUNT), request))
        self.assertFalse(verifies(secret_of(KEY, "another account"), request))
        self.assertFalse(verifies(secret_of(OLD_KEY, ACCOUNT), request))
        self.assertEqual(json.loads(request.body), {
            "specversion": "1.0", "id": ID, "source": "packwarden", "type": "packwarden.notice.pack_usage",
            "time": "2026-11-20T12:00:00.000000Z", "subject": ACCOUNT, "datacontenttype": "application/json",
            "data": {"account": ACCOUNT, "language": "zh-CN", "subject": "题", "body": "已使用 50 %",
                     "facts": FACTS}})

    def test_n4_both_keys_verify_while_they_change(self):
        plugin, stub = self.plugin(key_file=self.new_key_file("keys", KEY, OLD_KEY), source="eu"), self.stub()
        self.assertEqual(self.outcome(plugin, stub.url()), "accepted")
        request, = stub.taken()
        for key in (KEY, OLD_KEY):
            self.assertTrue(verifies(secret_of(key, ACCOUNT), request))
        self.assertEqual(json.loads(request.body)["source"], "eu")

    def test_n6_each_answer_is_sorted(self):
        replies = {}
        plugin, stub = self.plugin(request_timeout_ms=400), self.stub(lambda request: replies[request.path])
        elsewhere = self.stub()
        http_date = email.utils.formatdate(time.time() + 3600, usegmt=True)
        cases = [(Reply(200), "accepted", 0), (Reply(204), "accepted", 0),
                 (Reply(200, b"x" * 1000, cut=10), "accepted", 0),
                 (Reply(200, b"x" * 200_000), "accepted", 0),
                 (Reply(302, headers={"Location": elsewhere.url()}), "retry", 0),
                 (Reply(307, headers={"Location": elsewhere.url()}), "retry", 0),
                 (Reply(400), "retry", 0), (Reply(404), "retry", 0), (Reply(410), "rejected", 0),
                 (Reply(408, headers={"Retry-After": "5"}), "retry", 5_000), (Reply(425), "retry", 0),
                 (Reply(429, headers={"retry-after": "120"}), "retry", 120_000),
                 (Reply(500), "retry", 0), (Reply(503, headers={"RETRY-AFTER": " 7 "}), "retry", 7_000),
                 (DROP, "retry", 0), (HANG, "retry", 0)]
        for n, (reply, outcome, wait_ms) in enumerate(cases):
            with self.subTest(reply):
                replies[f"/{n}"] = reply
                result = plugin.deliver([self.message(stub.url(f"/{n}"))])[0]
                self.assertEqual((result["outcome"], result["retry_after_ms"]), (outcome, wait_ms), result)
        replies["/date"] = Reply(429, headers={"Retry-After": http_date})
        wait_ms = plugin.deliver([self.message(stub.url("/date"))])[0]["retry_after_ms"]
        self.assertTrue(3_590_000 < wait_ms <= 3_600_000, wait_ms)
        self.assertEqual(elsewhere.taken(), [], "no redirect is followed")

    def test_n6_what_cannot_be_reached_is_retried(self):
        plugin = self.plugin()
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            self.assertEqual(self.outcome(plugin, f"https://127.0.0.1:{unused.getsockname()[1]}/"), "retry")
        self.assertEqual(self.outcome(plugin, "https://nowhere.invalid/"), "retry")
        stub, plain = self.stub(), self.stub(with_tls=False)
        self.assertEqual(self.outcome(plugin, stub.url(host="127.0.0.2")), "retry", "another name")
        self.assertEqual(self.outcome(plugin, plain.url().replace("http:", "https:")), "retry", "no TLS")
        strict = self.plugin(ca_file="/etc/ssl/certs/ca-certificates.crt")
        self.assertEqual(self.outcome(strict, stub.url()), "retry", "another CA")
        self.assertEqual(stub.taken() + plain.taken(), [])

    def test_private_addresses_are_not_connected_to(self):
        plugin, stub = self.plugin(allow_private_addresses="false", allow_http_loopback="true"), self.stub()
        plain = self.stub(with_tls=False)
        for url in (stub.url(), stub.url(host="localhost"), stub.url(host="0.0.0.0"), stub.url(host="[::1]"),
                    stub.url(host="[::ffff:127.0.0.1]"), stub.url(host="2130706433"), stub.url(host="0x7f.1"),
                    plain.url(), "https://10.0.0.1/", "https://169.254.169.254/latest/meta-data/",
                    "https://[fe80::1]/"):
            with self.subTest(url):
                result = plugin.deliver([self.message(url)])[0]
                self.assertEqual(result["outcome"], "rejected", result)
                self.assertIn("private", result["detail"])
        self.assertEqual((stub.connections, plain.connections), (0, 0))

    def test_urls_that_are_not_plain_https_are_rejected(self):
        plugin, plain = self.plugin(), self.stub(with_tls=False)
        for url in ("", "hook", plain.url(), "ftp://example.com/", "file:///etc/passwd",
                    "https://user:word@example.com/", "https://example.com/\r\nX: y", "https://example.com/ ",
                    "https://example.com/" + "x" * 1024, "gopher://127.0.0.1/"):
            with self.subTest(url):
                self.assertEqual(self.outcome(plugin, url), "rejected")
        self.assertEqual(plain.connections, 0)
        allowing = self.plugin(allow_http_loopback="true")
        self.assertEqual(self.outcome(allowing, plain.url()), "accepted")
        self.assertEqual(self.outcome(allowing, "http://example.com/"), "rejected")

    def test_n8_one_slow_endpoint_does_not_stop_the_others(self):
        plugin = self.plugin(concurrency_max=4, request_timeout_ms=700)
        slow, fast, other = self.stub(lambda _: HANG), self.stub(), self.stub()
        messages = [self.message(stub.url(f"/{n}"), idempotency_key=f"{name}/{n}")
                    for name, stub in (("slow", slow), ("fast", fast), ("other", other)) for n in range(20)]
        begin = time.time()
        results = plugin.deliver(messages, limit_ms=5_000)
        self.assertLess(time.time() - begin, 3, "a lane in which nothing is answered is left")
        self.assertEqual([r["outcome"] for r in results], ["retry"] * 20 + ["accepted"] * 40)
        last = max(request.at for request in fast.taken() + other.taken())
        self.assertLess(last - begin, 0.7, "none waited for the slow one")
        self.assertLess(len(slow.taken()), 20)
        self.assertLessEqual(fast.connections, 4, "connections are kept")

    def test_n6_a_kept_line_that_drops_is_tried_again_with_the_same_id(self):
        replies = [Reply(), DROP, Reply()]
        plugin, stub = self.plugin(), self.stub(lambda _: replies.pop(0))
        self.assertEqual(self.outcome(plugin, stub.url()), "accepted")
        self.assertEqual(self.outcome(plugin, stub.url()), "accepted")
        self.assertEqual([r.headers["webhook-id"] for r in stub.taken()], [ID] * 3)

    def test_n4_settings_that_are_wrong_are_named(self):
        for changes, because in (({"key_file": self.folder / "nothing"}, "key_file"),
                                 ({"key_file": self.new_key_file("short", "ab" * 31)}, "openssl rand -hex 32"),
                                 ({"key_file": self.new_key_file("three", KEY, KEY, KEY)}, "more than 2 lines"),
                                 ({"key_file": self.new_key_file("text", "x" * 64)}, "openssl rand -hex 32"),
                                 ({"concurrency_max": "257"}, "concurrency_max"), ({"colour": "red"}, "colour")):
            with DrivenPlugin("webhook", self.settings(**changes)) as plugin:
                ended, errors = plugin.end()
                self.assertEqual(ended, 1)
                self.assertIn(because, " ".join(errors))
                self.assertNotIn("abab", " ".join(errors), "no secret in a message")


if __name__ == "__main__":
    unittest.main()
