"""Settlement of one business day of many accounts: ./dev bench settlement [--accounts N] [--kills N] [--beside]

Each account has a bought pack that expired, postpaid on, and overage of one day; one in a hundred has
too little money for it and comes into arrears. Accounts, packs and money are put into the database by
the server itself; the overage comes from a usage file. Then a daemon runs, with spread 0, and charges
the day: bills, journals, balances, service states, and the notice of each bill with its in-site
delivery. Its time is from its start, the loading of the ledger included, until the day is closed.

With --kills, daemons are killed with -9 so often, each after it has charged some more and before all
is charged; then the last one ends the day, and each account is charged once.

With --beside, 20 small usage files a second are dropped meanwhile, and packctl tops up one account
after the other; the largest gap between two commits is printed.
"""

import datetime
import random
import threading
import time

from measuring import harness, main_of
from bench import cpu_seconds, resident

SHANGHAI = datetime.timezone(datetime.timedelta(hours=8))
IN_ARREARS_EACH = 100  # one account in so many has too little money
MICROS = 1_000_000
# For what a million accounts hold; the server's share of memory is not the daemon's.
SERVER = ("--innodb-buffer-pool-size=4G", "--innodb-log-file-size=2G")
PRICE_MICROS = 5_000
BOUND_S = 900
# To ask costs a process on the cores that are measured.
ASKED_EVERY_S = 0.5
# As by default, the daemon answers entitlement checks: their memory counts.
HTTP = "http: {{listen: '127.0.0.1:{}', tokens_file: {}/tokens}}"

# Accounts 1 to N, as if each step had been taken with packctl, in the ledger transaction {seq}.
TENANTS = """
INSERT INTO account SELECT a.seq, 0, CONCAT('tenant-', LPAD(a.seq, 7, '0')), IF(a.seq % 2, 'zh-CN', 'en'), {seq} FROM {all} a;
INSERT INTO account_fact SELECT a.seq, k.kind, '{bought}', {seq} FROM {all} a JOIN (SELECT 'client_integrated' kind UNION
  ALL SELECT 'identity_verified' UNION ALL SELECT 'server_integrated') k;
INSERT INTO pack (pack_id, account_id, product_id, tier, is_trial, quota_units, price_micros, priority, purchased_at,
  effective_from, expires_at, notice_levels, seq) SELECT a.seq, a.seq, 1, '30k', 0, 30000, 300000000, 0, '{bought}', '{bought}',
  '{expired}', '50,70,90,95', {seq} FROM {all} a;
INSERT INTO pack_balance SELECT a.seq, 0, NULL FROM {all} a;
INSERT INTO journal SELECT {seq}, 3 * (a.seq - 1) + k.n, a.seq, k.kind, CONCAT(k.kind, '-', a.seq), '{bought}', k.book,
  k.factor * IF(k.n < 2, 300000000, {top_up}) FROM {all} a JOIN (SELECT 0 n, 'payment' kind, 'payments' book, 1 factor UNION ALL
  SELECT 1, 'purchase', 'sales', -1 UNION ALL SELECT 2, 'top_up', 'payments', 1) k;
INSERT INTO payment SELECT CONCAT(k.kind, '-', a.seq), {seq} FROM {all} a JOIN (SELECT 'payment' kind UNION ALL SELECT 'top_up') k;
INSERT INTO money_balance SELECT a.seq, {top_up}, 0 FROM {all} a;
INSERT INTO postpaid_change SELECT a.seq, 1, {seq}, 0, 'on', '{bought}' FROM {all} a;
INSERT INTO service_change SELECT a.seq, 1, {seq}, k.n, k.covered_by, '', IF(k.n, '{expired}', '{bought}') FROM {all} a JOIN
  (SELECT 0 n, 'packs' covered_by UNION ALL SELECT 1, 'postpaid') k;
INSERT INTO ledger_transaction (seq, kind, committed_at) SELECT {seq}, 'bench', UTC_TIMESTAMP(6);
UPDATE ledger_sequence SET seq = {seq}, last_account_id = (SELECT MAX(account_id) FROM account),
  last_pack_id = (SELECT MAX(pack_id) FROM pack);
"""


def rich(number, accounts):
    """Some account that has enough money."""
    number = 1 + number * 7_907 % accounts
    return number + 1 if is_poor(number) else number


class Beside:
    """Others who change the ledger: a producer of small files, and a clerk."""

    FILES_A_SECOND = 20

    def __init__(self, where, accounts):
        self.where, self.accounts, self.files, self.top_ups = where, accounts, 0, 0
        self.faults, self.over = [], threading.Event()
        self.threads = [threading.Thread(target=self._guard, args=(one,)) for one in (self._drop, self._top_up)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join()
        if self.faults:
            raise harness.Failure("; ".join(self.faults))

    def _guard(self, work):
        try:
            work()
        except (harness.Failure, OSError) as failure:
            self.faults.append(str(failure))

    def _drop(self):
        begin = time.perf_counter()
        while not self.over.wait(max(0.0, begin + self.files / self.FILES_A_SECOND - time.perf_counter())):
            self.files += 1
            number = rich(self.files, self.accounts)
            self.where.drop(f"small-{self.files}.csv", (
                "id,account,product,meter,time,quantity\n"
                f"s-{self.files},{account(number)},captcha,client_verification,{harness.rfc3339(harness.utc_now())},1\n").encode())

    def _top_up(self):
        while not self.over.is_set():
            self.where.ctl("money", "top-up", account(rich(self.top_ups, self.accounts)), "1", "--reference",
                           f"beside-{self.top_ups}")
            self.top_ups += 1


def account(number):
    return f"tenant-{number:07}"


def quantity(number):
    return 1 + number * 7_919 % 1_000


def is_poor(number):
    return number % IN_ARREARS_EACH == 0


class Site:
    """Accounts with overage of one business day, and nothing charged yet."""

    def __init__(self, directory, server, database, accounts, jobs):
        self.server, self.accounts, self.beside = server, accounts, None
        server.new_database(database)
        self.where = harness.Deployment(directory, server, database, spool_name="bench", jobs=jobs)
        config = self.where.config.read_text().replace("http: {listen: off}", HTTP.format(harness.free_port(), directory))
        self.where.config.write_text(config)
        self.where.ctl("migrate")
        self.where.ctl("token", "new", "bench")
        today = harness.utc_now().astimezone(SHANGHAI).date()
        self.day = today - datetime.timedelta(days=2)  # due at any hour of today
        self._add_tenants()
        self._use()

    def sql(self, text):
        return self.server.sql(text, self.where.database)

    def count(self, what):
        return int(self.sql(f"SELECT COUNT(*) FROM {what}")[0][0])

    def _add_tenants(self):
        (seq,), = self.sql("SELECT seq + 1 FROM ledger_sequence")
        names = {"all": f"seq_1_to_{self.accounts}", "seq": seq,
                 "bought": self.day - datetime.timedelta(days=400),
                 "expired": self.day - datetime.timedelta(days=35),
                 "top_up": f"IF(a.seq % {IN_ARREARS_EACH} = 0, 1, {100 * MICROS})"}
        self.sql(TENANTS.format(**names))

    def _use(self):
        lines = ["id,account,product,meter,time,quantity"]
        lines += [f"u-{n:07},{account(n)},captcha,client_verification,{self.day}T{n % 10 + 10}:00:00+08:00,{quantity(n)}"
                  for n in range(1, self.accounts + 1)]
        self.where.drop("usage.csv", ("\n".join(lines) + "\n").encode())
        process = self.where.daemon("run-once", "--as-of", f"{self.day}T20:30:00+08:00")
        if process.wait(BOUND_S) != 0 or self.count("open_overage") != self.accounts:
            raise harness.Failure(f"not all usage is open overage\n{process.log_tail()}")

    def is_closed(self):
        return self.count("job WHERE name = 'settle' AND succeeded_at IS NOT NULL"
                          f" AND done_until > '{self.day + datetime.timedelta(days=1)}'") == 1

    def settle(self, has_others=False):
        """(seconds, peak bytes) of a daemon that charges all that is left."""
        self.sql("UPDATE job SET succeeded_at = NULL")
        if has_others:
            (before,), = self.sql("SELECT seq FROM ledger_sequence")
            self.beside = Beside(self.where, self.accounts)
            with self.beside:
                measured = self._settle()
            self._say_gaps(before)
            return measured
        return self._settle()

    def _say_gaps(self, before):
        (gap, commits), = self.sql("SELECT MAX(gap), COUNT(*) FROM (SELECT TIMESTAMPDIFF(MICROSECOND, LAG(committed_at) OVER"
                                   " (ORDER BY seq), committed_at) / 1e6 gap FROM ledger_transaction WHERE seq >"
                                   f" {before}) gaps")
        print(f"beside it {self.beside.files} small files and {self.beside.top_ups} top-ups; of {commits} commits the"
              f" largest gap was {float(gap):.2f} s", flush=True)

    def _settle(self):
        server = getattr(self.server, "process", None)  # one that serves others too tells nothing
        begin, server_before = time.perf_counter(), cpu_seconds(server.pid) if server else 0
        process = self.where.daemon()
        try:
            harness.wait_until(self.is_closed, BOUND_S, "the day is closed", alive=[process],
                               every_s=ASKED_EVERY_S)
            seconds = time.perf_counter() - begin
            _, peak = resident(process.pid)
            if server:
                print(f"CPU: {cpu_seconds(process.pid):.1f} s of the daemon,"
                      f" {cpu_seconds(server.pid) - server_before:.1f} s of the server", flush=True)
        finally:
            process.stop()
        return seconds, peak

    def kill(self, dice, number, kills):
        """A daemon that charges some more, and is killed. How many bills there are then."""
        before = self.count("bill")
        most = (self.accounts - before) // (kills - number + 2)
        wanted = before + dice.randrange(1, max(2, most))
        process = self.where.daemon()
        harness.wait_until(lambda: self.count("bill") >= wanted, BOUND_S, "some more is charged",
                           alive=[process])
        process.kill_hard()
        return self.count("bill")

    def faults(self):
        """What is not as it should be after the day, as sentences."""
        found = []

        def expect(what, wanted, text):
            (value,), = self.sql(f"SELECT {text}")
            if value != str(wanted):
                found.append(f"{what}: {value}, not {wanted}")

        numbers = range(1, self.accounts + 1)
        owed = PRICE_MICROS * sum(map(quantity, numbers))
        poor = sum(map(is_poor, numbers))
        expect("bills", self.accounts, "COUNT(*) FROM bill")
        expect("charged", owed, "SUM(amount_micros) FROM bill")
        expect("charges", self.accounts, "COUNT(*) FROM charge")
        expect("journals", self.accounts, "COUNT(*) FROM journal WHERE kind = 'charge'")
        expect("booked", -owed, "SUM(amount_micros) FROM journal WHERE kind = 'charge'")
        others = self.beside
        expect("balances", (others.top_ups * MICROS if others else 0) + sum(1 if is_poor(n) else 100 * MICROS for n in numbers) - owed,
               "SUM(balance_micros) FROM money_balance")
        taken = self.count(f"(SELECT DISTINCT account_id FROM ledger_entry WHERE business_day > '{self.day}') taken")
        expect("open overage", taken, "COUNT(*) FROM open_overage")
        expect("notices of bills", self.accounts, "COUNT(*) FROM notice WHERE kind = 'bill'")
        expect("in-site deliveries", self.accounts, "COUNT(*) FROM outbox WHERE idempotency_key LIKE '%bill%'")
        expect("notices of arrears", poor, "COUNT(*) FROM notice WHERE kind = 'arrears'")
        expect("suspended", poor, "COUNT(*) FROM money_balance WHERE is_suspended")
        self.where.ctl("audit")  # a Failure, should it find breaks
        return found


def run(options, server, directory):
    print(f"seed {options.seed}", flush=True)
    jobs = {"interval_ms": 100, "lease_s": options.lease_s, "settlement_spread_s": 0, **dict(options.job)}
    site = Site(directory / "site", server, "bench_settlement", options.accounts, jobs)
    dice = random.Random(options.seed)
    for number in range(1, options.kills + 1):
        print(f"kill {number}: {site.kill(dice, number, options.kills):,} accounts are charged", flush=True)
    seconds, peak = site.settle(options.beside)
    what = "what was left" if options.kills else f"{options.accounts:,} accounts"
    print(f"{what} charged in {seconds:.1f} s, daemon's peak {peak / 2**20:,.0f} MiB", flush=True)
    faults = site.faults()
    if not faults:
        print("each account is charged once")
    return faults


ARGUMENTS = {
    "--accounts": {"type": int, "default": 1_000_000},
    "--kills": {"type": int, "default": 0},
    "--job": {"action": "append", "default": [], "type": lambda text: text.split("=", 1), "metavar": "KEY=VALUE",
              "help": "a setting of section jobs, such as settlement_accounts=2000"},
    "--beside": {"action": "store_true", "help": "others change the ledger meanwhile"},
    "--lease-s": {"type": int, "default": 10},
    "--seed": {"type": int, "default": random.randrange(10**6)},
}

if __name__ == "__main__":
    main_of("settlement", __doc__, ARGUMENTS, run, SERVER)
