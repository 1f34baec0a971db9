"""Who sends commands in a storm: clerks, who choose by the ledger what a command acts on where the plan does not."""

import collections
import time
from dataclasses import dataclass

from server import Failure

from actors import TRIES_MAX, TRY_AGAIN_S, Actor
from storm_plan import QUIET

NEWEST_PACKS = 12
NEWEST_FILES = 40
NEWEST_REFUNDS = 30
NEWEST_REJECTS = 10
STEPS = {None: ("request",), "rejected": ("request",), "requested": ("approve", "approve", "reject"),
         "approved": ("order",), "ordered": ("complete",), "completed": ("request",)}
STEP_BEFORE = {"approve": "requested", "reject": "requested", "order": "approved", "complete": "ordered"}
WITHOUT_REQUEST = (("expire",), ("remind",), ("settle",), ("file", "redrive"), ("rejects", "redrive"),
                   ("rejects", "discard"), ("token", "new"), ("token", "revoke"), ("spool", "hold"),
                   ("spool", "release"), ("inbox",))


@dataclass
class Refusal:
    """A command that was refused, at some place in the ledger between two sequences."""
    words: tuple
    names: tuple
    request_id: str
    code: str
    since: int      # the sequence was at least this when it was sent
    sent_s: float   # by the monotonic clock
    until_s: float  # answered


def last_steps(pair, step):
    """Ids of the newest packs of which this was the last step of a refund."""
    return [int(pack) for pack, in pair.sql(
        f"SELECT r.pack_id FROM refund_step r WHERE r.step = '{step}' AND NOT EXISTS (SELECT 1 FROM refund_step l WHERE"
        " l.pack_id = r.pack_id AND l.step_no > r.step_no)"
        f" ORDER BY r.pack_id DESC LIMIT {NEWEST_REFUNDS}")]


def unused_packs(pair):
    """Ids of the newest bought packs of those who use nothing, of which no refund was asked for."""
    quiet = ", ".join(f"'{name}'" for name in QUIET)
    return [int(pack) for pack, in pair.sql(
        "SELECT p.pack_id FROM pack p JOIN account a ON a.account_id = p.account_id LEFT JOIN refund_step r"
        f" ON r.pack_id = p.pack_id WHERE a.name IN ({quiet}) AND r.pack_id IS NULL"
        f" ORDER BY p.pack_id DESC LIMIT {NEWEST_REFUNDS}")]


def switched(pair, step, product):
    """Names of those who use nothing and whose postpaid was switched so last."""
    quiet = ", ".join(f"'{name}'" for name in QUIET)
    return [name for name, in pair.sql(
        "SELECT a.name FROM postpaid_change c JOIN account a ON a.account_id = c.account_id JOIN product p ON"
        f" p.product_id = c.product_id WHERE a.name IN ({quiet}) AND p.name = '{product}' AND c.step IN ({step}) AND NOT"
        " EXISTS (SELECT 1 FROM postpaid_change l WHERE l.account_id = c.account_id AND l.product_id = c.product_id AND"
        " (l.seq, l.change_no) > (c.seq, c.change_no)) ORDER BY a.name")]


class Clerk(Actor):
    """Sends commands from any host, one after the other; tries again, with the same request id, while the database
    is away."""

    def __init__(self, number, hosts, pair, dropped, probe, directory, *arguments):
        super().__init__(f"clerk-{number}", *arguments)
        self.number, self.listed = number, directory / f"names-{number}"
        self.hosts, self.pair, self.dropped, self.probe = hosts, pair, dropped, probe
        self.requests = {}   # request id -> (words, names from a file)
        self.accepted, self.refused = {}, []  # request id -> words; Refusal
        self.used_again = {}  # request id -> words for which it was accepted though it had been for others
        self.newcomers = collections.defaultdict(list)  # verb -> names that it was not done for
        self.done, self.turned_away = collections.Counter(), collections.Counter()
        self.unanswered = collections.Counter()

    def act(self, action):
        getattr(self, "_" + action.what.replace("-", "_"))(*action.words)

    def _any_host(self):
        hosts = list(self.hosts.values())
        return hosts[(len(self.requests) + self.number) % len(hosts)]

    def _send(self, words, names=(), request=None, host=None):
        """Until it is answered; whether it was done."""
        host = host or self._any_host()
        kind = "inbox --mark" if words[0] == "inbox" else " ".join(words[:2])
        takes_request = words[:1] not in WITHOUT_REQUEST and words[:2] not in WITHOUT_REQUEST
        sent = list(words)
        if names:
            self.listed.write_text("\n".join(names) + "\n")
            sent += ["--from-file", self.listed]
            kind += " --from-file"
        if takes_request:
            fresh = request is None
            request = request or f"r{self.number}-{len(self.requests) + 1}"
            sent += ["--request-id", request]
            if fresh:
                self.requests[request] = (tuple(words), tuple(names))
        for _ in range(TRIES_MAX):
            since, sent_s = self.probe.sequence, time.monotonic()
            answer = host.packctl(*sent)
            if answer.status != 3:
                break
            self.unanswered[kind] += 1
            time.sleep(TRY_AGAIN_S)
        else:
            raise Failure(f"never answered: packctl {' '.join(map(str, sent))}: {answer.text}")
        if answer.status not in (0, 1):
            raise Failure(f"packctl {' '.join(map(str, sent))} ended with {answer.status}: {answer.text}")
        if answer.status == 1 and not answer.some:
            self.turned_away[f"{kind}: {answer.code}"] += 1
            if takes_request:
                self.refused.append(Refusal(tuple(words), tuple(names), request, answer.code, since, sent_s,
                                            time.monotonic()))
            return False
        self.done[kind] += 1
        if answer.some:
            self.done["(some names refused)"] += 1
        if takes_request:
            self.accepted[request] = self.requests[request]
        return True

    def _packctl(self, *words):
        self._send(words)

    def _from_file(self, words, names):
        if self._send(words, names) and words == ("account", "add"):
            self._note_newcomers(names)

    def _add(self, names):
        if self._send(("account", "add", *names)):
            self._note_newcomers(names)

    def _note_newcomers(self, names):
        for verb in ("verify", "integrate", "close", "trial"):
            self.newcomers[verb] += names

    def _newcomers(self, words, share, count):
        left = self.newcomers[words[1]]
        names = [left.pop(int(share * len(left))) for _ in range(min(count, len(left)))]
        if len(names) > 1:
            self._send(words, names)
        elif names:
            self._send((*words, *names))

    def _refund(self, share, which):
        newest = int(self.pair.sql("SELECT COALESCE(MAX(pack_id), 0) FROM pack")[0][0])
        if not newest:
            return
        pack = max(1, newest - int(share * NEWEST_PACKS))
        steps = self.pair.sql(f"SELECT step FROM refund_step WHERE pack_id = {pack} ORDER BY step_no DESC LIMIT 1")
        choices = STEPS[steps[0][0] if steps else None]
        self._send_refund(choices[int(which * len(choices))], pack)

    def _send_refund(self, step, pack):
        self._send(("refund", step, str(pack), *(("--reason", "not so") if step == "reject" else ())))

    def _refund_step(self, step, share):
        packs = last_steps(self.pair, STEP_BEFORE[step]) if step in STEP_BEFORE else unused_packs(self.pair)
        if packs:
            self._send_refund(step, packs[int(share * len(packs))])

    def _switch(self, step, product, share):
        """On again, or off."""
        names = switched(self.pair, "'on'" if step == "off" else "'off', 'failed'", product)
        if names:
            self._send(("postpaid", step, product, names[int(share * len(names))]))

    def _a_file(self, share):
        """(host, name, ...) of one of the newest files."""
        files = self.dropped.files[-NEWEST_FILES:]
        return files[int(share * len(files))] if files else None

    def _void(self, share):
        if file := self._a_file(share):
            self._send(("file", "void", file[1], "--reason", "wrong"), host=self.hosts[file[0]])

    def _redrive(self, share):
        """One that was voided, from its host."""
        rows = self.pair.sql("SELECT f.name, f.spool FROM file_void v JOIN usage_file f ON f.digest = v.digest"
                             " ORDER BY v.seq DESC LIMIT 10")
        if rows:
            name, spool = rows[int(share * len(rows))]
            self._send(("file", "redrive", name), host=self.hosts[spool])

    def _rejects(self, words, share, host):
        """Of one of the newest files of that host that have rejects."""
        host = self.hosts[host]
        names = sorted(path.name for path in (host.spool / "rejected").glob("[!.]*.rejects"))[-NEWEST_REJECTS:]
        if names:
            self._send(("rejects", words[0], names[int(share * len(names))], *words[1:]), host=host)

    def _again(self, share, is_other):
        if not self.requests:
            return
        names = list(self.requests)[-200:]
        request = names[int(share * len(names))]
        words, listed = self.requests[request]
        other = ("postpaid", "off", "captcha", "t00"), ()
        if is_other and request in self.accepted and (words, listed) != other:
            if self._send(*other, request):
                self.used_again[request] = (words, listed)
                self.requests[request] = self.accepted[request] = other
        elif not is_other:
            self._send(words, listed, request)

    def _pair(self, first, second):
        self._send(first)
        self._send(second)

    def _hold(self, host):
        """The spool claims nothing, for a moment."""
        self._send(("spool", "hold", "--reason", "look"), host=self.hosts[host])
        self._send(("spool", "release"), host=self.hosts[host])

    def _job(self, name):
        self._send((name,))


class Office:
    """What clerks that have ended came to, all together."""

    def __init__(self, clerks):
        self.requests, self.accepted, self.used_again, self.refused = {}, {}, {}, []
        self.done, self.turned_away, self.unanswered = (collections.Counter() for _ in range(3))
        for clerk in clerks:
            self.refused += clerk.refused
            for ours, theirs in ((self.requests, clerk.requests), (self.accepted, clerk.accepted),
                                 (self.used_again, clerk.used_again), (self.done, clerk.done),
                                 (self.turned_away, clerk.turned_away), (self.unanswered, clerk.unanswered)):
                ours.update(theirs)
