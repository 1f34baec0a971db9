"""N4, N6: the SMS plugin against a stub of Tencent Cloud's SendSms that checks each request field by field and
answers as the real one does, or wrongly."""

import datetime
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

SECRET_ID, SECRET_KEY, APP_ID = "AKIDexample", "s3cret-key", "1400006666"
SIGN_NAME = "云计算“套餐”"
FACTS = {"level": 50, "product": "验证码 \"<{{x}}>\" 😀", "left": 10_000_000_000}
PARAMETERS = ["50", FACTS["product"], "10000000000"]


def codes():
    """[(code, outcome)] of tencent_codes.txt."""
    text = (pathlib.Path(__file__).parent / "tencent_codes.txt").read_text()
    return [tuple(line.split()) for line in text.splitlines() if not line.startswith("#")]


def message(number="+8613711112222", **others):
    return {"idempotency_key": f"pack_usage/1/1/1/50/sms/{number}", "recipient": number, "body": "text",
            "facts": json.dumps(FACTS), **others}


def signature_of(request, host):
    """As Tencent Cloud documents it, from what came over the line."""
    def sign(key, text):
        return hmac.new(key, text.encode(), hashlib.sha256).digest()

    stamp = request.headers["x-tc-timestamp"]
    day = datetime.datetime.fromtimestamp(int(stamp), datetime.timezone.utc).strftime("%Y-%m-%d")
    canonical = "\n".join(["POST", "/", "", f"content-type:{request.headers['content-type']}", f"host:{host}",
                           f"x-tc-action:{request.headers['x-tc-action'].lower()}", "",
                           "content-type;host;x-tc-action", hashlib.sha256(request.body).hexdigest()])
    scope = f"{day}/sms/tc3_request"
    text = "\n".join(["TC3-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = sign(sign(sign(b"TC3" + SECRET_KEY.encode(), day), "sms"), "tc3_request")
    return (f"TC3-HMAC-SHA256 Credential={SECRET_ID}/{scope}, SignedHeaders=content-type;host;x-tc-action, "
            f"Signature={hmac.new(key, text.encode(), hashlib.sha256).hexdigest()}")


def status(number, code="Ok", serial="2019:538884"):
    return {"SerialNo": serial, "PhoneNumber": number, "Fee": 1, "SessionContext": "", "Code": code,
            "Message": "as said", "IsoCode": "CN"}


def response(**fields):
    return Reply(body=json.dumps({"Response": {**fields, "RequestId": "r-1"}}).encode())


def accept(request):
    numbers = json.loads(request.body)["PhoneNumberSet"]
    return response(SendStatusSet=[status(number, serial="s" + number) for number in reversed(numbers)])


class TencentTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.ca, cls.certificate, cls.key = make_certificates(cls.folder)
        cls.secret_key_file = cls.folder / "secret_key"
        cls.secret_key_file.touch(mode=0o600)
        cls.secret_key_file.write_text(SECRET_KEY + "\n")
        cls.stub = HttpStub(accept, cls.certificate, cls.key)
        cls.addClassCleanup(cls.stub.close)

    def setUp(self):
        self.stub.on_request = accept
        self.stub.taken()

    def settings(self, **changes):
        return {"provider": "tencent", "secret_id": SECRET_ID, "secret_key_file": self.secret_key_file,
                "sdk_app_id": APP_ID, "sign_name": SIGN_NAME, "region": "ap-beijing",
                "endpoint": f"https://127.0.0.1:{self.stub.port}", "ca_file": self.ca,
                "template_pack_usage_zh-CN": "1234567 level product left",
                "template_test_en": "7", **changes}

    def plugin(self, **changes):
        return self.enterContext(DrivenPlugin("sms", self.settings(**changes)))

    def deliver_one(self, plugin, reply, **others):
        self.stub.on_request = lambda request: reply(request) if callable(reply) else reply
        return plugin.deliver([message(**others)])[0]

    def test_n4_request_is_as_documented(self):
        plugin = self.plugin()
        numbers = ["+8613711112222", "+8613711113333"]
        results = plugin.deliver([message(number) for number in numbers])
        self.assertEqual([(r["outcome"], r["detail"]) for r in results],
                         [("accepted", "s" + number) for number in numbers])
        request, = self.stub.taken()
        host = f"127.0.0.1:{self.stub.port}"
        self.assertEqual((request.method, request.path), ("POST", "/"))
        self.assertEqual({name: request.headers[name] for name in
                          ("host", "content-type", "x-tc-action", "x-tc-version", "x-tc-region")},
                         {"host": host, "content-type": "application/json; charset=utf-8",
                          "x-tc-action": "SendSms", "x-tc-version": "2021-01-11",
                          "x-tc-region": "ap-beijing"})
        self.assertLess(abs(int(request.headers["x-tc-timestamp"]) - time.time()), 300)
        self.assertEqual(request.headers["authorization"], signature_of(request, host))
        self.assertEqual(json.loads(request.body), {
            "PhoneNumberSet": numbers, "SmsSdkAppId": APP_ID, "SignName": SIGN_NAME,
            "TemplateId": "1234567", "TemplateParamSet": PARAMETERS,
            "SessionContext": message()["idempotency_key"]})

    def test_n4_texts_that_differ_go_by_themselves(self):
        plugin = self.plugin()
        test = message("+8613711115555", kind="test", language="en", facts="{}")
        results = plugin.deliver([message(), test, message(facts=json.dumps({**FACTS, "level": 70})),
                                  message("+85261112222"), message(language="en")])
        self.assertEqual([r["outcome"] for r in results], ["accepted"] * 4 + ["rejected"])
        self.assertIn("template_pack_usage_en", results[4]["detail"])
        bodies = [json.loads(request.body) for request in self.stub.taken()]
        self.assertEqual(sorted((b["TemplateId"], *b["TemplateParamSet"], *b["PhoneNumberSet"]) for b in bodies),
                         sorted([("1234567", *PARAMETERS, "+8613711112222"), ("7", "+8613711115555"),
                                 ("1234567", "70", *PARAMETERS[1:], "+8613711112222"),
                                 ("1234567", *PARAMETERS, "+85261112222")]))

    def test_n6_each_code_of_a_number_and_of_the_call(self):
        plugin = self.plugin()
        before = self.stub.connections
        for code, outcome in codes():
            with self.subTest(code):
                result = self.deliver_one(plugin, response(SendStatusSet=[status("+8613711112222", code)]))
                self.assertEqual(result["outcome"], outcome)
                if code == "Ok":
                    continue
                self.assertIn(code, result["detail"])
                result = self.deliver_one(plugin, response(Error={"Code": code, "Message": "as said"}))
                self.assertEqual(result["outcome"], outcome)
        self.assertEqual(self.stub.connections - before, 1, "the connection is kept")

    def test_n6_two_hundred_numbers_are_settled_one_by_one(self):
        plugin = self.plugin()
        known = codes()
        numbers = [f"+861371111{n:04}" for n in range(200)]
        code_of = {number: known[n % len(known)] for n, number in enumerate(numbers[:199])}
        self.stub.on_request = lambda _: response(
            SendStatusSet=[status(number, code_of[number][0]) for number in reversed(numbers[:199])])
        results = plugin.deliver([message(number) for number in numbers])
        self.assertEqual(len(self.stub.taken()), 1)
        self.assertEqual([r["outcome"] for r in results],
                         [code_of[number][1] for number in numbers[:199]] + ["unknown"])

    def test_n6_answers_that_say_nothing_are_unknown(self):
        plugin = self.plugin(request_timeout_ms=300)
        whole = accept(type("R", (), {"body": json.dumps({"PhoneNumberSet": ["+8613711112222"]}).encode()}))
        for name, reply in (("time-out", HANG), ("dropped line", DROP),
                            ("half an answer", Reply(body=whole.body, cut=len(whole.body) // 2)),
                            ("half a JSON", Reply(body=whole.body[:40])), ("empty", Reply()),
                            ("502", Reply(502, b"<html>bad gateway</html>")), ("500", Reply(500)),
                            ("another number", response(SendStatusSet=[status("+8613711119999")])),
                            ("too much", Reply(body=b" " * 2_000_000))):
            with self.subTest(name):
                self.stub.taken()
                self.assertEqual(self.deliver_one(plugin, reply)["outcome"], "unknown")
                self.assertEqual(len(self.stub.taken()), 1, "it went out once")

    def test_n6_a_kept_line_that_drops_sends_nothing_twice(self):
        plugin = self.plugin()
        for _ in range(5):
            self.assertEqual(self.deliver_one(plugin, accept)["outcome"], "accepted")
            self.stub.taken()
            self.assertEqual(self.deliver_one(plugin, DROP)["outcome"], "unknown")
            self.assertEqual(len(self.stub.taken()), 1)

    def test_n6_what_was_surely_not_sent_is_retried(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            port = unused.getsockname()[1]  # nobody listens
            for name, changes in (("refused", {"endpoint": f"https://127.0.0.1:{port}"}),
                                  ("no such name", {"endpoint": "https://nowhere.invalid"}),
                                  ("another name", {"endpoint": f"https://127.0.0.2:{self.stub.port}"}),
                                  ("no TLS", {"ca_file": "/etc/ssl/certs/ca-certificates.crt"})):
                with self.subTest(name):
                    plugin = self.plugin(**changes)
                    result = plugin.deliver([message()])[0]
                    self.assertEqual(result["outcome"], "retry", result)
                    self.assertNotEqual(result["detail"], "")
                    self.assertNotEqual(plugin.check(), "")
        self.assertEqual(self.stub.taken(), [])
        self.assertEqual(self.plugin().check(), "")

    def test_n6_what_has_no_time_left_is_retried_and_the_call_is_back_in_time(self):
        plugin = self.plugin(concurrency_max=1)
        self.stub.on_request = lambda _: HANG
        messages = [message(facts=json.dumps({**FACTS, "level": level})) for level in range(5)]
        begin = time.monotonic()
        results = plugin.deliver(messages, limit_ms=600)
        self.assertLess(time.monotonic() - begin, 0.9)
        self.assertEqual([r["outcome"] for r in results], ["unknown"] + ["retry"] * 4)
        self.assertEqual(len(self.stub.taken()), 1)

    def test_n6_waits_are_those_of_the_code(self):
        plugin = self.plugin()
        limit = response(SendStatusSet=[status("+8613711112222", "LimitExceeded.PhoneNumberThirtySecondLimit")])
        self.assertEqual(self.deliver_one(plugin, limit)["retry_after_ms"], 30_000)
        clock = response(Error={"Code": "AuthFailure.SignatureExpire", "Message": "expired"})
        self.assertIn("set the clock", self.deliver_one(plugin, clock)["detail"])

    def test_n6_nothing_is_sent_to_what_is_no_number(self):
        plugin = self.plugin()
        for recipient in ("", "+", "13711112222", "+8613711112222\r\nX-TC-Action: x", "+86137\u0000111122",
                          "+" + "1" * 10_000, "+８６１３７１１１１２２２２", "+8613711112222,+8613711113333"):
            result = plugin.deliver([message(recipient)])[0]
            self.assertEqual(result["outcome"], "rejected", recipient)
        self.assertEqual(self.stub.taken(), [])

    def test_n4_settings_that_are_wrong_are_named(self):
        for changes, because in (({"provider": "other"}, "provider"), ({"colour": "red"}, "colour"),
                                 ({"endpoint": "http://sms.tencentcloudapi.com"}, "endpoint"),
                                 ({"endpoint": "https://sms.tencentcloudapi.com/path"}, "endpoint"),
                                 ({"secret_key_file": self.folder / "nothing"}, "secret_key_file"),
                                 ({"template_x": "7"}, "template_x"), ({"sdk_app_id": ""}, "sdk_app_id"),
                                 ({"concurrency_max": "0"}, "concurrency_max"),
                                 ({"username": "u"}, "username")):
            plugin = DrivenPlugin("sms", self.settings(**changes))
            with plugin:
                ended, errors = plugin.end()
                self.assertEqual(ended, 1)
                self.assertIn(because, " ".join(errors))


if __name__ == "__main__":
    unittest.main()
