"""Wrong commands: each ends with status 1 and sentences that say what is wrong and what to do next, for programs too,
and leaves the ledger as it was (section 8, P1, P2, P6, P8, P9, O4, O11)."""

import datetime
import json
import subprocess
import unittest

import harness

NOW = harness.utc_now()
HOUR = datetime.timedelta(hours=1)
BUY = ("pack", "buy", "captcha", "30k")
TRIAL = ("pack", "trial", "captcha")
UNUSED, TRIAL_PACK, PAID, USED, REQUESTED, REFUNDED = range(1, 7)  # packs, in the order of setUpModule
UNKNOWN = "There is no account 'nobody'. Look at packctl account list."
UNKNOWN_TO_CHANGE = "There is no account 'nobody'. Add it first, or look at packctl account list."
TIERS = "30k, 80k, 200k, 1m, 2m, 5m, 10m, 50m, 100m, 500m, 1b"


def setUpModule():
    """One deployment for all: what is refused changes nothing."""
    global where
    where = harness.module_deployment("wrong_commands")
    where.as_of = NOW - 121 * HOUR  # 5 x 24 h and one more
    where.ctl("account", "add", "acme", "newbie", "poor", "payer", "user", "gone")
    where.ctl("account", "add-sub", "acme", "acme-web")
    where.ctl("account", "verify", "acme", "poor", "payer", "user", "gone")
    where.ctl("account", "integrate", "user")
    where.ctl("account", "close", "gone")
    where.ctl("money", "top-up", "acme", "1000", "--reference", "bank-1", "--request-id", "top-up-1")
    where.ctl(*BUY, "acme")
    where.as_of = NOW - HOUR
    where.ctl(*TRIAL, "newbie")
    where.ctl(*BUY, "payer", "--paid-by", "payment-1")
    where.ctl(*BUY, "user", "--paid-by", "payment-2")
    where.ctl(*BUY, "payer", "--paid-by", "payment-3")
    where.ctl("refund", "request", REQUESTED)
    where.ctl(*BUY, "payer", "--paid-by", "payment-4")
    where.as_of = None
    for step in ("request", "approve", "order", "complete"):
        where.ctl("refund", step, REFUNDED)
    where.ctl("money", "top-up", "poor", "299.999999", "--reference", "bank-2")
    where.drop("usage.csv", f"id,account,product,meter,time,quantity\n1,user,captcha,client_verification,"
                            f"{harness.rfc3339(NOW - HOUR)},5\n".encode())
    where.run_once()


def run(*words):
    command = [harness.BIN / "packctl", "--config", where.config, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


class WrongCommands(unittest.TestCase):
    maxDiff = None

    def refuses(self, words, code, message):
        with self.subTest(" ".join(map(str, words))):
            before = where.canonical()
            ended = run(*words)
            self.assertEqual((ended.returncode, ended.stdout, ended.stderr), (1, "", f"packctl: {message}\n"))
            ended = run("--output", "json", *words)
            self.assertEqual((ended.returncode, ended.stdout), (1, ""))
            self.assertEqual(json.loads(ended.stderr), {"error": {"code": code, "message": message}})
            self.assertEqual(where.canonical(), before)

    def test_unknown_account(self):
        for words in (("account", "verify"), ("account", "integrate"), ("account", "close"), BUY, TRIAL,
                      ("postpaid", "on", "captcha"), ("postpaid", "off", "captcha")):
            self.refuses((*words, "nobody"), "unknown_account", UNKNOWN_TO_CHANGE)
        for words in (("account", "set", "nobody", "--email", "a@example.com"),
                      ("account", "add-sub", "nobody", "web"),
                      ("money", "top-up", "nobody", "5", "--reference", "bank-9")):
            self.refuses(words, "unknown_account", UNKNOWN_TO_CHANGE)
        for words in (("usage",), ("ledger",), ("inbox",), ("bills",), ("service",), ("entitlement",), ("account", "show"),
                      ("pack", "list"), ("money", "balance"), ("money", "journal")):
            self.refuses((*words, "nobody"), "unknown_account", UNKNOWN)
        self.refuses(("statement", "nobody", "2026-11"), "unknown_account", UNKNOWN)
        self.refuses(("why", "nobody", "2026-11-20"), "unknown_account", UNKNOWN)

    def test_P6_one_wrong_account_of_several_leaves_nothing_of_the_others(self):
        self.refuses((*BUY, "acme", "nobody"), "unknown_account", UNKNOWN_TO_CHANGE)
        self.refuses((*BUY, "acme", "acme"), "named_twice",
                     "Account 'acme' is named twice. Name it once; to do it twice, run the command twice.")

    def test_P1_unverified(self):
        self.refuses((*BUY, "newbie"), "unverified",
                     "The identity of 'newbie' is not verified, and buying needs that. Run packctl account verify once it"
                     " is.")

    def test_P1_P2_a_sub_account(self):
        sub = "'acme-web' is a sub-account, and packs belong to main accounts. "
        self.refuses((*BUY, "acme-web"), "sub_account", sub + "Buy the pack for its main account instead.")
        self.refuses((*TRIAL, "acme-web"), "sub_account", sub + "Claim the trial for its main account instead.")
        money = ("'acme-web' is a sub-account, and identity and money belong to main accounts. Name its main"
                 " account.")
        self.refuses(("account", "verify", "acme-web"), "sub_account", money)
        self.refuses(("money", "top-up", "acme-web", "5", "--reference", "bank-9"), "sub_account", money)
        self.refuses(("postpaid", "on", "captcha", "acme-web"), "sub_account", money)
        self.refuses(("account", "add-sub", "acme-web", "deep"), "sub_account",
                     "'acme-web' is a sub-account, which has none itself. Name its main account.")
        self.refuses(("statement", "acme-web", "2026-11"), "sub_account",
                     "'acme-web' is a sub-account, and money and packs belong to main accounts. Ask for its main"
                     " account, whose statement shows its usage.")

    def test_P2_a_trial_twice_and_a_trial_after_a_purchase(self):
        self.refuses((*TRIAL, "newbie"), "trial_claimed",
                     f"Account 'newbie' has had its trial of 'captcha', which is given once. Buy a pack: {TIERS}.")
        self.refuses((*TRIAL, "acme"), "trial_not_new",
                     f"Account 'acme' has bought packs of 'captcha', and a trial is for new users. Buy a pack: {TIERS}.")
        self.refuses(("pack", "buy", "captcha", "trial", "acme"), "trial_not_sold",
                     f"Tier 'trial' of 'captcha' is the trial, which is claimed and not bought. Claim it, or choose one"
                     f" of: {TIERS}.")

    def test_P6_too_little_balance(self):
        self.refuses((*BUY, "poor"), "balance_too_low",
                     "'poor' has 299.999999 CNY and the pack costs 300.00. Top its balance up, or name the payment with"
                     " --paid-by.")

    def test_P6_a_payment_reference_again(self):
        message = ("The payment 'payment-1' is booked already, and a payment works once. Give the reference of another"
                   " one, or look at packctl money journal.")
        self.refuses((*BUY, "acme", "--paid-by", "payment-1"), "reference_used", message)
        self.refuses(("money", "top-up", "acme", "5", "--reference", "payment-1"), "reference_used", message)
        self.refuses((*BUY, "acme", "--paid-by", "bank-1"), "reference_used", message.replace("payment-1", "bank-1"))

    def test_P6_amounts_and_references(self):
        self.refuses(("money", "top-up", "acme", "0", "--reference", "bank-9"), "nothing_to_do",
                     "A top-up of nothing books nothing. Give an amount above zero.")
        for amount in ("0.0000001", "1e3", "ten", "1,000"):
            self.refuses(("money", "top-up", "acme", amount, "--reference", "bank-9"), "bad_amount",
                         f"'{amount}' is no amount. Give digits with at most 6 decimals, such as 300 or 0.005.")
        for amount in ("1000000000000.000001", "9500000000000", "99999999999999999999"):
            self.refuses(("money", "top-up", "acme", amount, "--reference", "bank-9"), "amount_too_large",
                         f"'{amount}' is more than one booking may be. Give at most 1000000000000.00; look at the"
                         " amount, or book it in parts.")
        self.refuses(("money", "top-up", "acme", "5", "--reference", ""), "bad_reference",
                     "A payment needs a reference of 1 to 128 bytes of text, by which it is known outside. Give such a"
                     " one.")

    def test_P8_a_refund_too_late_after_use_and_of_a_trial(self):
        self.refuses(("refund", "request", UNUSED), "refund_over",
                     "A refund of pack 1 had to be requested within 5 days of 24 h from its purchase. Use its units"
                     " until it expires; packctl pack list shows when.")
        self.refuses(("refund", "request", USED), "pack_used",
                     "5 units of pack 4 are used, and only unused packs are refunded. If that usage was wrong, void its"
                     " files first; packctl why names them.")
        self.refuses(("refund", "request", TRIAL_PACK), "trial_not_refundable",
                     "Pack 2 is a trial, which cost nothing and is not refunded. Name a bought pack; packctl pack list"
                     " shows them.")
        self.refuses(("refund", "request", 99), "unknown_pack", "There is no pack 99. Look at packctl pack list.")

    def test_P8_steps_out_of_order(self):
        self.refuses(("refund", "approve", PAID), "no_such_step",
                     "A refund is approved after it was requested; that of pack 3 is not even requested. Run packctl"
                     " refund request 3 first.")
        self.refuses(("refund", "request", REQUESTED), "refund_open",
                     "A refund of pack 5 is requested already. Go on with packctl refund approve 5 or packctl refund"
                     " reject 5.")
        self.refuses(("refund", "complete", REQUESTED), "no_such_step",
                     "A refund is completed after it was ordered; that of pack 5 is requested. Run packctl refund approve"
                     " 5 or packctl refund reject 5 first.")
        self.refuses(("refund", "reject", REQUESTED, "--reason", ""), "no_reason",
                     "A rejection needs a reason of 1 to 255 bytes. Give it with --reason.")
        for step in ("request", "approve", "order", "complete"):
            self.refuses(("refund", step, REFUNDED), "refunded",
                         "Pack 6 is refunded, and nothing is left to do. Look at packctl money journal for its booking.")

    def test_P9_a_request_id_with_other_content(self):
        message = "Request id 'top-up-1' was used for another command. Leave it out to make this a new request."
        for words in (("money", "top-up", "acme", "1001", "--reference", "bank-1"),
                      ("money", "top-up", "poor", "1000", "--reference", "bank-1"),
                      ("money", "top-up", "acme", "1000", "--reference", "bank-9"),
                      (*BUY, "acme"), ("postpaid", "off", "captcha", "acme"), ("refund", "request", PAID)):
            self.refuses((*words, "--request-id", "top-up-1"), "request_conflict", message)
        self.refuses((*BUY, "acme", "--request-id", "two words"), "bad_request_id",
                     "A request id is 1 to 128 letters, digits or signs without spaces. Give such a one, or none.")

    def test_P9_a_refusal_is_not_stored(self):
        words = ("pack", "buy", "captcha", "80k", "acme", "--request-id", "later")
        self.refuses((*words, "--paid-by", "bank-1"), "reference_used",
                     "The payment 'bank-1' is booked already, and a payment works once. Give the reference of another one,"
                     " or look at packctl money journal.")
        self.refuses((*BUY, "poor", "--request-id", "later"), "balance_too_low",
                     "'poor' has 299.999999 CNY and the pack costs 300.00. Top its balance up, or name the payment with"
                     " --paid-by.")

    def test_O4_postpaid(self):
        self.refuses(("postpaid", "on", "captcha", "newbie"), "no_bought_pack",
                     "'newbie' has bought no pack of 'captcha' that was not refunded, and postpaid comes after one. Buy a"
                     " pack first.")
        self.refuses(("postpaid", "on", "captcha", "user"), "no_money",
                     "The balance of 'user' is not above zero, and postpaid needs that. Top it up first.")
        self.refuses(("postpaid", "on", "captcha", "acme"), "already_on",
                     "Postpaid of 'captcha' is on for 'acme' already. Nothing is left to switch on.")
        self.refuses(("postpaid", "off", "captcha", "payer"), "already_off",
                     "Postpaid of 'captcha' is off for 'payer'. Nothing is left to switch off.")

    def test_O11_a_closed_account(self):
        packs = "Account 'gone' is closed, and gets no packs any more. Name an account that is open."
        self.refuses((*BUY, "gone"), "closed_account", packs)
        self.refuses((*TRIAL, "gone"), "closed_account", packs)
        self.refuses(("postpaid", "on", "captcha", "gone"), "closed_account",
                     "Account 'gone' is closed, and its usage is rejected. Name an account that is open.")
        self.refuses(("account", "add-sub", "gone", "web"), "closed_account",
                     "Account 'gone' is closed, and gets no sub-accounts any more. Name an account that is open.")
        self.refuses(("account", "close", "gone"), "known_before", "The account 'gone' is closed already; leave it out.")

    def test_C4_unknown_products_and_tiers(self):
        for words in (("pack", "buy", "video", "30k", "acme"), ("pack", "trial", "video", "acme"),
                      ("postpaid", "on", "video", "acme")):
            self.refuses(words, "unknown_product", "There is no product 'video'. Choose one of: captcha.")
        for words in (("entitlement", "acme", "video"), ("why", "acme", "2026-11-20", "--product", "video")):
            self.refuses(words, "unknown_product", "There is no product 'video'. Look at packctl catalogue.")
        self.refuses(("pack", "buy", "captcha", "31k", "acme"), "unknown_tier",
                     f"Product 'captcha' has no tier '31k'. Choose one of: {TIERS}.")

    def test_names(self):
        self.refuses(("account", "add", "acme"), "name_taken",
                     "There is an account 'acme' already. Choose another name.")
        self.refuses(("account", "add-sub", "payer", "acme-web"), "name_taken",
                     "There is a sub-account 'acme-web' already. Choose another name.")
        self.refuses(("account", "verify", "acme"), "known_before", "The account 'acme' is verified already; leave it out.")


if __name__ == "__main__":
    unittest.main()
