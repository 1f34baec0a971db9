"""packctl statement and packctl why on a real ledger: the three outputs of a statement say the same, money and units add
up, and each figure of packctl usage goes back to files and packs (docs/STATEMENTS.md)."""

import collections
import csv
import datetime
import io
import re
import unittest
from decimal import Decimal

import harness

HEADER = "id,account,product,meter,time,quantity\n"
NOW = harness.utc_now()
HOUR = datetime.timedelta(hours=1)
SHANGHAI = datetime.timezone(8 * HOUR)


def lines(prefix, account, count, at, quantity, meter="client_verification"):
    return HEADER + "".join(f"{prefix}-{i},{account},captcha,{meter},{harness.rfc3339(at)},{quantity}\n"
                            for i in range(count))


def setUpModule():
    """acme has two packs of which one is used up, overage, a bill, a void; its usage lies in up to three days."""
    global where
    where = harness.module_deployment("statement")
    where.as_of = harness.LONG_AGO
    where.ctl("account", "add", "acme", "idle")
    where.ctl("account", "add-sub", "acme", "acme-web")
    where.ctl("account", "verify", "acme")
    where.ctl("account", "integrate", "acme", as_of=harness.LONG_AGO)
    where.as_of = None
    where.ctl("money", "top-up", "acme", "700", "--reference", 'bank "1", first', as_of=NOW - 80 * HOUR)
    where.ctl("pack", "buy", "captcha", "30k", "acme", as_of=NOW - 79 * HOUR)
    where.ctl("pack", "trial", "captcha", "idle", as_of=NOW - 79 * HOUR)
    for name, text in (("a.csv", lines("a", "acme", 20, NOW - 60 * HOUR, 1000)),
                       ("b.csv", lines("b", "acme-web", 20, NOW - 55 * HOUR, 600)),
                       ("c.csv", lines("c", "acme", 9, NOW - 50 * HOUR, 3, meter="ticket_check")),
                       ("d.csv", lines("d", "acme", 4, NOW - 30 * HOUR, 25))):
        where.drop(name, text.encode())
    where.run_once()
    where.ctl("settle")
    where.ctl("file", "void", "d.csv", "--reason", "sent twice")
    where.ctl("pack", "buy", "captcha", "30k", "acme", as_of=NOW - HOUR)
    where.drop("e.csv", lines("e", "acme", 5, NOW - HOUR / 2, 7).encode())
    where.run_once()


def month_of(at):
    return at.astimezone(SHANGHAI).strftime("%Y-%m")


def months():
    """All that anything of the test was booked in, or its usage fell in."""
    return sorted({month_of(NOW - hours * HOUR) for hours in range(0, 81)} | {month_of(harness.utc_now())})


def csv_rows(month):
    text = where.ctl_text("statement", "acme", month, output="csv")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def micros(text):
    return int(Decimal(text) * 1_000_000)


class Statement(unittest.TestCase):
    maxDiff = None

    def test_each_month_begins_where_the_one_before_ended_and_the_last_with_the_balance(self):
        opening, packs = 0, {}
        for month in months():
            statement = where.ctl("statement", "acme", month)
            self.assertEqual(statement["breaks"], [])
            self.assertEqual(statement["opening_micros"], opening)
            for journal in statement["journals"]:
                opening += journal["amount_micros"]
                self.assertEqual(journal["balance_micros"], opening)
            self.assertEqual(statement["closing_micros"], opening)
            for pack in statement["packs"]:
                self.assertEqual(pack["left_before"], packs.get(pack["pack"], pack["quota"]))
                packs[pack["pack"]] = pack["left"]
        self.assertEqual(where.ctl("money", "balance", "acme")[0]["balance_micros"], opening)
        self.assertEqual({pack["pack"]: pack["unused"] for pack in where.ctl("pack", "list", "acme") if pack["pack"]}, packs)

    def test_all_statements_together_are_the_usage_of_the_ledger(self):
        def key(row):
            return row["used_by"], row["product"], row["meter"], row["day"], row["outcome"]
        sums = collections.Counter()
        for month in months():
            for row in where.ctl("statement", "acme", month)["usage"]:
                sums[key(row)] += row["units"]
        expected = {key(row): row["units"] for row in where.ctl("usage", "acme")}
        self.assertEqual({k: units for k, units in sums.items() if units}, expected)
        self.assertIn(("overage", 2000), [(k[-1], units) for k, units in expected.items()])

    def test_csv_says_what_json_says(self):
        for month in months():
            statement, rows = where.ctl("statement", "acme", month), csv_rows(month)
            of = collections.defaultdict(list)
            for row in rows:
                of[row["kind"]].append(row)
            self.assertEqual({(row["account"], row["month"], row["currency"]) for row in rows}, {("acme", month, "CNY")})
            self.assertEqual([(row["detail"], row["at"], row["reference"], micros(row["amount"]), micros(row["balance"]))
                              for row in of["journal"]],
                             [(row["kind"], row["booked_at"], row["reference"], row["amount_micros"],
                               row["balance_micros"]) for row in statement["journals"]])
            self.assertEqual([(row["day"], row["used_by"], row["meter"], row["detail"], int(row["units"]),
                               row["kind"] == "late_usage") for row in rows if row["kind"] in ("usage", "late_usage")],
                             [(row["day"], row["used_by"], row["meter"], row["outcome"], row["units"], row["late"])
                              for row in statement["usage"]])
            self.assertEqual([(int(row["pack"]), row["at"], row["until"], int(row["units"]), int(row["left_units"]),
                               row["detail"]) for row in of["pack"]],
                             [(row["pack"], row["purchased_at"], row["expires_at"], row["drawn"], row["left"],
                               row["state"]) for row in statement["packs"]])
            self.assertEqual([(row["day"], int(row["units"]), micros(row["amount"])) for row in of["bill_line"]],
                             [(row["usage_day"], row["units"], row["amount_micros"]) for row in statement["bills"]])
            self.assertEqual((micros(of["opening_balance"][0]["balance"]), micros(of["closing_balance"][0]["balance"])),
                             (statement["opening_micros"], statement["closing_micros"]))

    def test_U8_the_head_of_the_ledger_goes_out_with_each(self):
        month = months()[-1]
        head = where.ctl("statement", "acme", month)["ledger"]
        stored = where.server.sql("SELECT seq, LOWER(HEX(stamp)) FROM ledger_sequence", where.database)[0]
        self.assertEqual((str(head["sequence"]), head["stamp"]), stored)
        row = [row for row in csv_rows(month) if row["kind"] == "ledger"]
        self.assertEqual([(one["reference"], one["detail"], one["at"]) for one in row],
                         [(stored[0], stored[1], head["instant"])])
        self.assertIn(f"\nRead at ledger transaction {stored[0]} of {head['instant']}, stamp {stored[1]}.\n",
                      where.ctl_text("statement", "acme", month, output=None))
        audited = [check["head"] for check in where.ctl("audit") if "head" in check]
        self.assertEqual([(str(one["sequence"]), one["stamp"]) for one in audited], [stored])
        self.assertIn(f"at transaction {stored[0]} of ", where.ctl_text("audit", output=None))

    def test_for_people(self):
        text = where.ctl_text("statement", "acme", months()[-1], output=None)
        self.assertRegex(text, r"\AStatement of acme for \d{4}-\d{2}, not final before \S+\+08:00\n\nBalance\n")
        for title in ("Usage by day", "Usage in all", "Packs", "Bills", "Overage", "All sums agree."):
            self.assertIn(f"\n{title}\n", text)
        self.assertNotIn("not final", where.ctl_text("statement", "acme", "2020-01", output=None))

    def test_what_was_never_there_is_an_empty_statement(self):
        statement = where.ctl("statement", "acme", "2020-01")
        self.assertEqual([statement[name] for name in ("opening_micros", "journals", "usage", "packs", "bills")],
                         [0, [], [], [], []])
        self.assertTrue(statement["final"])


class Damaged(unittest.TestCase):
    """What somebody changed behind the back of the daemon is told, and not handed out as if nothing were."""

    def damage(self, sql, mend):
        self.addCleanup(where.server.sql, mend, where.database)
        where.server.sql(sql, where.database)

    def test_a_statement_that_does_not_add_up(self):
        self.damage("UPDATE charge SET amount_micros = amount_micros + 1", "UPDATE charge SET amount_micros = amount_micros - 1")
        found = [month for month in months() if where.ctl("statement", "acme", month, refused=self.has_bill(month))]
        self.assertEqual(found, months())
        month = next(month for month in months() if self.has_bill(month))
        self.assertIn("The sums do not agree.", where.ctl_text("statement", "acme", month, output=None, refused=True))

    @staticmethod
    def has_bill(month):
        return any(row["kind"] == "charge" for row in where.ctl("money", "journal", "acme")
                   if month_of(datetime.datetime.fromisoformat(row["booked_at"])) == month)

    def test_a_figure_that_does_not_add_up(self):
        self.damage("UPDATE rating_unit SET first_entry_no = first_entry_no + 1000000",
                    "UPDATE rating_unit SET first_entry_no = first_entry_no - 1000000")
        day = (NOW - 55 * HOUR).astimezone(SHANGHAI).date()
        text = where.ctl_text("why", "acme-web", day, output=None, refused=True)
        self.assertIn("no file is known: run packctl audit", text)
        self.assertIn("THESE DO NOT ADD UP TO 2,000.", text)


class Why(unittest.TestCase):
    def test_each_figure_of_usage_goes_back_to_files_and_packs(self):
        names, digests = set(), {receipt["file"]: receipt["digest"] for receipt in where.receipts()}
        packs = {pack["pack"]: pack["tier"] for pack in where.ctl("pack", "list") if pack["pack"]}
        for row in where.ctl("usage", "acme"):
            origin = where.ctl("why", "acme", row["day"])
            self.assertTrue(origin["adds_up"])
            figure = next(figure for figure in origin["figures"]
                          if all(figure[key] == row[key] for key in ("used_by", "product", "meter", "outcome")))
            self.assertEqual((figure["units"], figure["adds_up"]), (row["units"], True))
            self.assertEqual(sum(part["units"] for part in figure["parts"]), row["units"])
            for part in figure["parts"]:
                names.add(part["file"]["name"])
                self.assertEqual(part["file"]["digest"], digests[part["file"]["name"]])
                self.assertEqual(part["pack"] is not None, row["outcome"] == "drawn")
                if part["pack"]:
                    self.assertEqual(part["pack"]["tier"], packs[part["pack"]["pack"]])
        self.assertLessEqual({"a.csv", "b.csv", "c.csv", "e.csv"}, names)

    def test_U10_a_void_and_the_credit_of_its_overage(self):
        day = (NOW - 30 * HOUR).astimezone(SHANGHAI).date()
        origin = where.ctl("why", "acme", day, "--outcome", "overage")
        parts = [part for figure in origin["figures"] for part in figure["parts"] if part["file"]["name"] == "d.csv"]
        self.assertEqual([(part["units"], part["void"]) for part in parts], [(100, False), (-100, True)])
        self.assertEqual((parts[1]["reason"], parts[0]["first_line"], parts[0]["last_line"]), ("sent twice", 1, 5))
        bill = origin["bills"][0]
        self.assertEqual(sum(charge["units"] for charge in bill["charged"]) + bill["open_units"], bill["overage_units"])

    def test_for_people_it_says_that_it_adds_up(self):
        day = (NOW - 55 * HOUR).astimezone(SHANGHAI).date()
        text = where.ctl_text("why", "acme-web", day, "--product", "captcha", "--outcome", "overage", output=None)
        self.assertRegex(text, r"\Aacme-web, captcha client_verification, overage: 2,000 units\n")
        self.assertRegex(text, r"\n2,000 +b\.csv +[0-9a-f]{12} +\d+ +1-21 ")
        self.assertTrue(re.search(r"\nThese add up to 2,000\.\n", text))
        self.assertNotIn("drawn", text)

    def test_a_day_without_usage(self):
        self.assertEqual(where.ctl("why", "acme", "2020-01-01")["figures"], [])
        self.assertEqual(where.ctl_text("why", "acme", "2020-01-01", output=None),
                         "Nothing of this stands in the ledger; packctl usage acme shows what does.\n")


if __name__ == "__main__":
    unittest.main()
