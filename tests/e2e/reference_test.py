"""The reference model against cases written by hand: the rule's number stands at each test."""

import unittest

from reference import CAPTCHA, Meter, Model
from reference_input import DAY, SECOND, business_day, data_lines, expiry, parse_time

NOW = parse_time("2026-11-20T12:00:00Z")
METER = "client_verification"
HEADER = "id,account,product,meter,time,quantity\n"


def line(record, quantity=1, at="2026-11-20T10:00:00Z", account="a", meter=METER):
    return f"{record},{account},captcha,{meter},{at},{quantity}\n"


def model(**settings):
    accounts = {"a": None, "a-sub": "a", "b": None}
    return Model(accounts, default_source="spool", **settings)


def take(what, text, name="f.csv", header=HEADER):
    return what.take_file(name, (header + text).encode(), NOW)


def packs_of(*quotas, **settings):
    """A model whose account a holds packs of these quotas: (quota, priority, days to expiry)."""
    what = model(**settings)
    for order, (quota, priority, days) in enumerate(quotas):
        what.buy("a", "30k", NOW - DAY + order * SECOND, quota=quota, priority=priority,
                 expires=NOW + days * DAY)
    return what


def left(what):
    return [pack.quota - pack.used for pack in what.packs["a", "captcha"]]


class Drawdown(unittest.TestCase):
    """P3 to P5."""

    def check(self, quotas, use, remaining):
        what = packs_of(*quotas)
        take(what, line("r", use))
        self.assertEqual(left(what), remaining)

    def test_without_a_pack_all_is_overrun(self):
        result = take(model(), line("r", 50))
        self.assertEqual(result.units, {"accepted": 50, "overrun": 50})

    def test_part_of_one_pack(self):
        self.check([(100, 0, 9)], 50, [50])

    def test_soonest_expiry_first(self):
        self.check([(100, 0, 20), (100, 0, 10)], 120, [80, 0])

    def test_priority_before_expiry(self):
        self.check([(100, 1, 20), (100, 2, 10)], 120, [0, 80])

    def test_earliest_purchase_among_equals(self):
        self.check([(30, 0, 9), (50, 0, 9)], 60, [0, 20])

    def test_four_packs(self):
        self.check([(20, 1, 9), (25, 1, 9), (25, 1, 9), (30, 2, 9)], 80, [0, 0, 0, 20])

    def test_a_late_record_draws_from_the_pack_valid_at_its_time(self):
        what = model()
        what.buy("a", "trial", NOW - 10 * DAY)
        result = take(what, line("r", 5, at="2026-11-11T00:00:00Z") + line("s", 7))
        self.assertEqual(left(what), [19_995])
        self.assertEqual(result.units, {"accepted": 12, "drawn": 5, "overrun": 7})

    def test_periods_are_half_open(self):
        what = model()
        what.buy("a", "30k", NOW - DAY, expires=NOW - 3600 * SECOND)
        take(what, line("r", 1, at="2026-11-19T12:00:00Z")
             + line("s", 1, at="2026-11-19T11:59:59.999999999Z")
             + line("t", 1, at="2026-11-20T11:00:00Z")
             + line("u", 1, at="2026-11-20T10:59:59.999999999Z"))
        self.assertEqual(left(what), [29_998])

    def test_event_time_orders_a_unit_then_line(self):
        what = model()
        what.buy("a", "30k", NOW - 4 * 3600 * SECOND, quota=10)
        take(what, line("late", 8, at="2026-11-20T11:00:00Z", account="a")
             + line("early", 8, at="2026-11-20T10:00:00Z", account="a-sub"))
        drawn = {key[1]: units for key, units in what.usage.items() if key[5] == "drawn"}
        self.assertEqual(drawn, {"a-sub": 8, "a": 2})

    def test_two_runs_over_halves_equal_one_run(self):
        text = [line(f"r{i}", 7, at=f"2026-11-20T{i // 60:02}:{i % 60:02}:00Z")
                for i in range(600)]
        whole, halves = packs_of((1_000, 0, 9), (5_000, 0, 9)), packs_of((1_000, 0, 9),
                                                                        (5_000, 0, 9))
        take(whole, "".join(text))
        take(halves, "".join(text[:300]))
        take(halves, "".join(text[300:]), name="g.csv")
        self.assertEqual([u for u in whole.canonical() if u.startswith(("pack", "usage"))],
                         [u for u in halves.canonical() if u.startswith(("pack", "usage"))])


class Notices(unittest.TestCase):
    """N2."""

    def notices(self, what):
        return what.packs["a", "captcha"][0].notices

    def test_a_level_is_exceeded_strictly(self):
        what = packs_of((30, 0, 9), levels=(50,))
        take(what, line("r", 15))
        self.assertEqual(self.notices(what), {})
        take(what, line("s", 1), name="g.csv")
        self.assertEqual(self.notices(what), {50: "due"})

    def test_the_highest_of_a_unit_is_due_and_used_up_counts_as_highest(self):
        what = packs_of((95, 0, 9), levels=(50, 90, 95))
        take(what, line("r", 110))
        self.assertEqual(self.notices(what), {50: "superseded", 90: "superseded",
                                              95: "superseded", 100: "due"})

    def test_each_level_once(self):
        what = packs_of((100, 0, 9))
        for number, quantity in enumerate((60, 1, 35, 3, 1, 5)):
            take(what, line(f"r{number}", quantity), name=f"{number}.csv")
        self.assertEqual(self.notices(what), {50: "due", 70: "superseded", 90: "superseded",
                                              95: "due", 100: "due"})

    def test_units_of_a_file_are_told_one_after_the_other(self):
        what = packs_of((100, 0, 9), max_unit_records=1)
        take(what, line("r", 60) + line("s", 20))
        self.assertEqual(self.notices(what), {50: "due", 70: "due"})


class Identity(unittest.TestCase):
    """U3, U4."""

    def test_duplicate_conflict_and_repeat(self):
        what = model()
        first = take(what, line("r") + line("r") + line("r", 2) + line("s"))
        self.assertEqual((first.accepted, first.duplicate, first.conflict), (2, 1, 1))
        again = take(what, line("r") + line("r") + line("r", 2) + line("s"), name="other.csv")
        self.assertEqual((again.outcome, again.lines), ("repeat", 0))
        other = take(what, line("s") + line("t"), name="third.csv")
        self.assertEqual((other.accepted, other.duplicate), (1, 1))

    def test_the_same_instant_written_otherwise_is_a_duplicate(self):
        result = take(model(), line("r") + line("r", at="2026-11-20T18:00:00.000+08:00"))
        self.assertEqual(result.duplicate, 1)

    def test_the_source_is_a_part_of_the_identity_and_has_a_default(self):
        header = "id,account,product,meter,time,source\n"
        row = "r,a,captcha,client_verification,2026-11-20T10:00:00Z,"
        result = take(model(), f"{row}\n{row}spool\n{row}other\n", header=header)
        self.assertEqual((result.accepted, result.duplicate), (2, 1))

    def test_a_rejected_record_holds_no_id(self):
        result = take(model(), line("r", account="nobody") + line("r"))
        self.assertEqual((result.accepted, result.rejected), (1, {"unknown_account": 1}))


class Reading(unittest.TestCase):
    """U1, U2, U5."""

    def test_each_reason_in_its_order(self):
        result = take(model(), "".join((
            "r,a,captcha\n", ",nobody,captcha,x,yesterday,0\n", "r,nobody,no,x,yesterday,0\n",
            "r,nobody,no,x,2026-02-30T00:00:00Z,1\n", "r,nobody,no,x,2026-11-20T10:00:00Z,1.5\n",
            line("r", account="nobody", meter="x"), line("r", meter="x"),
            f"r,a,none,{METER},2026-11-20T10:00:00Z,1\n",
            line("r", at="2026-10-16T11:59:59Z"), line("r", at="2026-11-20T12:05:00.000000001Z"),
            line("r", at="2026-11-20T12:05:00Z"), line("s", at="2026-10-16T12:00:00Z"))))
        self.assertEqual(result.rejected, {
            "malformed": 1, "missing_field": 1, "bad_time": 2, "bad_quantity": 1,
            "unknown_account": 1, "unknown_meter": 1, "unknown_product": 1, "too_old": 1,
            "in_future": 1})
        self.assertEqual((result.lines, result.accepted), (12, 2))
        self.assertEqual([reject[0] for reject in result.rejects], list(range(2, 12)))

    def test_ids_that_are_too_long_and_bytes_that_are_no_text_are_malformed(self):
        what = model()
        result = take(what, line("r" * 128) + line("r" * 129))
        self.assertEqual((result.accepted, result.rejected), (1, {"malformed": 1}))
        row = HEADER.encode() + b"\xff" + line("s").encode()
        self.assertEqual(what.take_file("g.csv", row, NOW).rejected, {"malformed": 1})

    def test_line_ends_quotes_and_columns(self):
        body = b'"a ""b"", c",2\r\n\r\n"two\nlines",3\n4,5'
        self.assertEqual([(number, fields) for number, _, fields in data_lines(body, 2)],
                         [(2, [b'a "b", c', b"2"]), (4, [b"two\nlines", b"3"]),
                          (6, [b"4", b"5"])])

    def test_a_cr_that_ends_no_line_spoils_its_record_alone(self):
        body = b'a\r,"b\nc"\n1,2\r\n\r\r\n3,4\r'
        self.assertEqual([(number, fields) for number, _, fields in data_lines(body, 2)],
                         [(2, None), (4, [b"1", b"2"]), (6, None)])

    def test_a_stray_quote_costs_its_own_line_alone(self):
        body = b'"open,1\n2,3\n4,x"y\n5,6\n'
        self.assertEqual([fields for _, _, fields in data_lines(body, 2)],
                         [None, [b"2", b"3"], None, [b"5", b"6"]])

    def test_a_header_without_a_required_column_fails_the_file(self):
        result = take(model(), "r,a\n", header="id,account\n")
        self.assertEqual((result.outcome, result.lines), ("failed", 0))

    def test_a_meter_outside_its_dates_is_not_billable(self):
        what = Model({"a": None}, default_source="s", meters=(*CAPTCHA, Meter("p", "m")))
        result = take(what, line("r", 3, meter="ticket_check"))
        self.assertEqual(result.units, {"accepted": 3, "not_billable": 3})
        self.assertIn("usage\ta\ta\tcaptcha\tticket_check\t2026-11-20\tnot_billable_meter\t-\t3",
                      what.canonical())


class Time(unittest.TestCase):
    def test_instants(self):
        self.assertEqual(parse_time("1970-01-01T08:00:01.5+08:00"), SECOND + SECOND // 2)
        for text in ("2026-11-20T10:00:00", "2026-11-20T10:00:60Z", "2026-11-20", "",
                     "2026-11-20T10:00:00.Z", "2026-11-20T10:00:00+24:00"):
            self.assertIsNone(parse_time(text), text)

    def test_a_business_day_begins_at_midnight_in_shanghai(self):
        self.assertEqual(business_day(parse_time("2026-11-20T15:59:59.999Z")), "2026-11-20")
        self.assertEqual(business_day(parse_time("2026-11-20T16:00:00Z")), "2026-11-21")

    def test_expiry(self):
        bought = parse_time("2028-02-29T01:00:00+08:00")
        self.assertEqual(expiry("30k", bought), parse_time("2029-02-28T01:00:00+08:00"))
        self.assertEqual(expiry("trial", bought), bought + 7 * DAY)


if __name__ == "__main__":
    unittest.main()
