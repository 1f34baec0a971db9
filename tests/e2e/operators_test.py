"""What operators do with a spool and its files, by packctl on a real spool and MariaDB: hold, release, retry, drive
rejected lines in again, void (S11, S12, U5, U10), with wrong names, kill -9 at any time and two of them at once."""

import gzip
import json
import os
import random
import subprocess
import time
import unittest

import harness
import usage_formats
from operators_site import OnSite, csv, cut, ndjson, rows, setUpModule  # noqa: F401: unittest calls it

WRONG_NAMES = ("", ".", "..", "a/b", "../spool/.lock", "unknown.csv", "n" * 300)
MANY = 100_000
KILLS = 8
REDRIVE_S, VOID_S = 0.2, 0.06  # about what they take; the first kills come early, so that some hit anywhere
SEED = 11
NOBODY = 65534


class Holding(OnSite):
    def waits_for(self, seconds, name):
        """Many scans long: nothing tells from outside that a daemon has looked and left it alone."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.assertIn(name, self.names("incoming"))
            time.sleep(0.02)

    def test_nothing_is_claimed_from_a_held_spool(self):
        self.done("spool", "hold", "--reason", "the disk\nis replaced")
        self.assertIn("already", self.refused("spool", "hold", "--reason", "another"))
        self.where.drop("a.csv", csv(rows("a", 3)))
        self.where.run_once()
        self.assertEqual((self.names("incoming"), self.where.receipts()), (["a.csv"], []))

        process = self.where.daemon()
        self.addCleanup(lambda: process.poll() is None and process.kill_hard())
        harness.wait_until(lambda: self.json("spool", "status")["daemon_has_it"], 30, "the daemon runs", [process])
        self.waits_for(0.3, "a.csv")
        state = self.json("spool", "status")
        self.assertEqual((state["hold"]["reason"], state["incoming"]["files"]), ("the disk is replaced", 1))
        self.assertIn("HELD since ", self.done("spool", "status"))

        self.done("spool", "release")
        harness.wait_until(self.where.receipts, 30, "a.csv is taken", [process])
        self.assertIn("not held", self.refused("spool", "release"))
        self.done("spool", "hold")
        self.where.drop("b.csv", csv(rows("b", 3)))
        self.waits_for(0.3, "b.csv")
        process.stop()  # a held spool does not keep it
        self.assertFalse(self.json("spool", "status")["daemon_has_it"])
        self.assertEqual(self.receipt("a.csv")["accepted"], 3)

    def test_one_file_is_held(self):
        for name in ("a.csv", "b.csv"):
            self.where.drop(name, csv(rows(name[0], 2)))
        self.done("spool", "hold", "b.csv")
        self.refused("spool", "hold", "b.csv")
        self.where.run_once()
        self.assertEqual((self.names("incoming"), self.names("held")), ([], ["b.csv"]))
        self.where.drop("b.csv", csv(rows("other", 1)))
        self.assertIn("nothing was moved", self.refused("spool", "release", "b.csv"))
        self.where.run_once()
        self.done("spool", "release", "b.csv")
        self.where.run_once()
        self.assertEqual(self.used(), 5)

    def test_wrong_names_move_nothing_and_hold_nothing(self):
        self.where.drop("a.csv", csv(rows("a", 1)))
        for name in WRONG_NAMES:
            for words in (("hold",), ("release",), ("retry",)):
                said = self.refused("spool", *words, name)
                self.assertRegex(said, "Give |packctl spool status|There is no ", name)
        state = self.json("spool", "status")
        self.assertEqual((state["hold"], state["incoming"]["files"], state["held"]["files"]), (None, 1, 0))


class Retrying(OnSite):
    def test_S12_a_wrong_header_stays_wrong_with_the_same_claim_and_one_receipt(self):
        self.take(bad_csv=b"id,acount\n1,2\n")
        first = self.receipt("bad.csv")
        claim = first["claim"]
        self.assertEqual([one["claim"] for one in self.json("spool", "status")["last_failed"]], [claim])
        self.assertIn(first["reason"], self.done("spool", "status"))
        for words in (("bad.csv",), (claim,), (f"{claim}.bad.csv",), ("--all",)):
            self.done("spool", "retry", *words)
            self.assertEqual((self.names("failed"), self.names("retry")), ([], [f"{claim}.bad.csv"]))
            self.refused("spool", "retry", "bad.csv")
            self.where.run_once()
            again = self.receipt("bad.csv")
            self.assertEqual({**again, "finished": first["finished"]}, first)
        self.assertEqual(self.names("failed"), [f"{claim}.bad.csv"])

    def test_S12_a_mended_file_is_taken_as_of_its_first_arrival(self):
        self.take(bad_csv=b"id,acount\n1,2\n")
        first = self.receipt("bad.csv")
        (self.where.spool / "failed" / f"{first['claim']}.bad.csv").write_bytes(csv(rows("a", 4)))
        self.done("spool", "hold")
        self.done("spool", "retry", "bad.csv")
        self.where.run_once()
        self.assertEqual(len(self.names("retry")), 1)  # a hold holds retries too
        self.done("spool", "release")
        self.where.run_once()
        again = self.receipt("bad.csv")
        self.assertEqual((again["outcome"], again["accepted"]), ("taken", 4))
        self.assertEqual((again["claim"], again["arrival"]), (first["claim"], first["arrival"]))
        self.assertEqual((self.names("failed"), self.names("retry")), ([], []))

    def test_several_of_a_name_are_told_apart_by_their_claims(self):
        for number in range(3):
            self.take(bad_csv=b"%d\n" % number)
        claims = [receipt["claim"] for receipt in self.where.receipts()]
        said = self.refused("spool", "retry", "bad.csv")
        self.assertTrue(all(claim in said for claim in claims), said)
        self.assertEqual(self.json("spool", "retry", claims[1]), {"retried": f"{claims[1]}.bad.csv"})
        self.assertEqual(self.json("spool", "retry", "--all"), {"retried": 2})
        self.assertEqual(self.json("spool", "retry", "--all"), {"retried": 0})
        self.where.run_once()
        self.assertEqual([receipt["claim"] for receipt in self.where.receipts()], claims)

    def test_S8_S12_of_a_cut_file_what_is_committed_stands_once(self):
        self.where = self.new_site(ingest={"max_unit_records": 1000})
        whole = gzip.compress(csv(rows("a", 10_000)), 1)
        self.take(cut_csv_gz=cut(whole))
        standing = self.used()
        self.assertEqual((standing > 0, standing % 1000), (True, 0))
        entry = self.names("failed")[0]
        self.done("spool", "retry", "cut.csv.gz")
        self.where.run_once()
        self.assertEqual((self.names("failed"), self.used()), ([entry], standing))
        self.assertEqual(self.receipt("cut.csv.gz")["outcome"], "failed")

        (self.where.spool / "failed" / entry).write_bytes(whole)
        self.done("spool", "retry", "--all")
        self.where.run_once()
        receipt = self.receipt("cut.csv.gz")
        self.assertEqual((receipt["outcome"], receipt["duplicate"]), ("taken", standing))
        self.assertEqual((self.names("failed"), self.used()), ([], 10_000))


class Rejects(OnSite):
    def states(self, *words):
        return {row["file"]: row["state"] for row in self.json("rejects", "list", *words)}

    def add_ghost(self):
        self.where.ctl("account", "add", "ghost")

    def test_U5_S11_lines_of_an_account_that_came_later_are_driven_in(self):
        ghosts = {"a.csv": csv(rows("a", 5), rows("ag", 7, "ghost")), "b.ndjson": ndjson("bg", 7, "ghost"),
                  "c.csv.gz": gzip.compress(csv(rows("cg", 7, "ghost"))), "d.csv": csv(rows("dg", 7, "ghost"))}
        for name, content in ghosts.items():
            self.where.drop(name, content)
        self.where.run_once()
        self.assertEqual(self.states(), dict.fromkeys(ghosts, "open"))
        self.assertIn("--yes", self.refused("rejects", "discard", "d.csv"))
        self.done("rejects", "discard", "d.csv", "--yes")
        self.refused("rejects", "discard", "d.csv", "--yes")
        self.refused("rejects", "redrive", "d.csv")
        self.add_ghost()
        redriven = {"a.csv": "a.redrive.csv.gz", "b.ndjson": "b.redrive.ndjson.gz", "c.csv.gz": "c.redrive.csv.gz"}
        for name, new_name in redriven.items():
            self.assertEqual(self.json("rejects", "redrive", name),
                             {"dropped_as": new_name, "lines": 7, "cut_lines": 0})
            self.assertIn("packctl rejects list", self.refused("rejects", "redrive", name))
        self.assertEqual(self.names("incoming"), sorted(redriven.values()))
        self.where.run_once()
        for name in redriven.values():
            self.assertEqual((self.receipt(name)["accepted"], self.receipt(name)["rejected"]), (7, {}))
        self.assertEqual(self.states(), {})
        self.assertEqual(self.states("--all"), {**dict.fromkeys(redriven, "driven in"), "d.csv": "discarded"})
        for name in WRONG_NAMES:
            self.refused("rejects", "redrive", name)
            self.refused("rejects", "discard", name, "--yes")

    def test_U5_names_as_long_as_they_can_be(self):
        name = "L" * 251 + ".csv"
        (self.where.spool / "incoming" / name).write_bytes(csv(rows("g", 2, "ghost")))
        self.where.run_once()
        self.add_ghost()
        listed = self.json("rejects", "list")[0]
        self.assertEqual((listed["state"], name.endswith(listed["file"])), ("open", True))
        self.done("rejects", "redrive", listed["file"])
        self.assertEqual(self.json("rejects", "list", "--all")[0]["state"], "driven in")
        self.where.run_once()
        self.assertEqual(self.where.receipts()[-1]["accepted"], 2)

    def test_U5_a_line_that_is_not_whole_needs_a_word(self):
        self.take(long_csv=csv(rows("a", 2), rows("g", 3, "ghost"), "x" * 100_000 + "\n"))
        self.assertIn("--without-cut-lines", self.refused("rejects", "redrive", "long.csv"))
        self.assertEqual((self.names("incoming"), self.states()), ([], {"long.csv": "open"}))
        self.add_ghost()
        self.assertEqual(self.json("rejects", "redrive", "long.csv", "--without-cut-lines"),
                         {"dropped_as": "long.redrive.csv.gz", "lines": 3, "cut_lines": 1})
        self.where.run_once()
        self.assertEqual(self.receipt("long.redrive.csv.gz")["accepted"], 3)

    def test_U5_lines_of_any_bytes_come_again_as_they_were(self):
        odd = b'q"uote,acme\nnul\0,acme\n\xff\xfe\na\rb\n"open\n,,,,,\nend\r\n'
        self.take(odd_csv=csv(rows("g", 3, "ghost")) + odd + rows("h", 2, "ghost").encode())
        rejected = self.receipt("odd.csv")["rejected"]
        self.add_ghost()
        self.done("rejects", "redrive", "odd.csv")
        self.where.run_once()
        again = self.receipt("odd.redrive.csv.gz")
        self.assertEqual((again["accepted"], again["rejected"].get("unknown_account")), (5, None))
        self.assertEqual(sum(again["rejected"].values()), sum(rejected.values()) - 5)

    def test_S11_a_redrive_that_died_before_its_last_step_is_a_repeat(self):
        self.take(a_csv=csv(rows("g", 3, "ghost")))
        self.add_ghost()
        self.done("rejects", "redrive", "a.csv")
        entry = self.names("rejected/driven")[0]
        (self.where.spool / "rejected/driven" / entry).rename(self.where.spool / "rejected" / entry)
        self.assertIn("Wait until it is taken", self.refused("rejects", "redrive", "a.csv"))
        self.where.run_once()
        self.done("rejects", "redrive", "a.csv")
        self.where.run_once()
        self.assertEqual([(r["outcome"], r["accepted"]) for r in self.where.receipts()[1:]],
                         [("taken", 3), ("repeat", 0)])

    def test_U5_S11_rejects_of_a_file_that_was_redriven_whole_are_driven_in(self):
        self.take(g_csv=csv(rows("g", 1, "ghost")))
        self.done("file", "void", "g.csv", "--reason", "wrong")
        self.done("file", "redrive", "g.csv")
        self.where.run_once()  # rejected again
        self.add_ghost()
        self.done("rejects", "redrive", self.where.receipts()[0]["claim"])
        self.where.run_once()
        self.assertEqual([(r["outcome"], r["accepted"]) for r in self.where.receipts()],
                         [("taken", 0), ("taken", 0), ("taken", 1)])

    def test_U5_U8_kill_9_during_a_redrive_loses_and_repeats_nothing(self):
        self.take(big_csv=csv(rows("g", MANY, "ghost")))
        self.add_ghost()
        dice = random.Random(SEED)
        words = ("rejects", "redrive", "big.csv")
        kills = 0
        for step in range(1, KILLS + 1):
            kills += self.killed_within(REDRIVE_S * step / KILLS, words, dice)
            self.assertLessEqual(set(self.names("incoming")),
                                 {"big.redrive.csv.gz", f".redrive-{self.receipt('big.csv')['claim']}"})
        self.assertGreater(kills, 0)
        while self.states():  # it may have died after the drop
            self.where.run_once()
            self.run_words(*words)
        self.where.run_once()
        self.assertEqual((self.names("incoming"), self.where.waiting()), ([], []))
        accepted = [receipt["accepted"] for receipt in self.where.receipts()]
        self.assertEqual((sum(accepted), max(accepted)), (MANY, MANY))

    def test_S11_of_two_redrives_at_once_one_does_it(self):
        self.take(big_csv=csv(rows("g", MANY // 4, "ghost")))
        self.add_ghost()
        running = [subprocess.Popen(self.command("rejects", "redrive", "big.csv"), stdout=subprocess.DEVNULL,
                                    stderr=subprocess.DEVNULL) for _ in range(4)]
        self.assertEqual(sorted(process.wait(30) for process in running), [0, 1, 1, 1])
        self.where.run_once()
        self.assertEqual(self.receipt("big.redrive.csv.gz")["accepted"], MANY // 4)

    @unittest.skipUnless(os.geteuid() == 0, "only root can write for others")
    def test_S11_what_root_drives_in_can_be_read_by_the_daemon(self):
        self.take(a_csv=csv(rows("g", 1, "ghost")))
        for folder, _, files in os.walk(self.where.spool):
            for path in (folder, *(os.path.join(folder, file) for file in files)):
                os.chown(path, NOBODY, NOBODY)
        self.done("rejects", "redrive", "a.csv")
        for path in ("incoming/a.redrive.csv.gz", "held", "rejected/driven"):
            status = (self.where.spool / path).stat()
            self.assertEqual((status.st_uid, status.st_gid), (NOBODY, NOBODY), path)


class Voids(OnSite):
    def test_U10_a_dry_run_shows_and_changes_nothing(self):
        self.take(a_csv=csv(rows("a", 50), rows("b", 20)))
        self.take(b_csv=csv(rows("b", 25), rows("c", 5)))
        before = self.where.canonical()
        plan = self.json("file", "void", "a.csv", "--dry-run", "--limit", "3")
        self.assertEqual(plan["packs"], [{"pack": 1, "account": "acme", "product": "captcha", "tier": "1m", "quota": 1_000_000,
                                          "left_before": 999_920, "left_after": 999_990, "expired": False}])
        self.assertEqual((plan["ids_freed"], plan["duplicates"], plan["not_looked_at"]), (70, 20, []))
        self.assertEqual(plan["duplicate_lines"], [{"file": "b.csv", "line": line} for line in (2, 3, 4)])
        self.assertEqual(sum(row["units"] for row in plan["usage"]), 70)
        for word in ("999,920", "999,990", "70 ids", "and 17 more", "Nothing was changed"):
            self.assertIn(word, self.done("file", "void", "a.csv", "--dry-run", "--limit", "3"))
        self.assertEqual(self.where.canonical(), before)

        self.done("file", "void", "a.csv", "--reason", "wrong")
        after = self.where.canonical()
        plan = self.json("file", "void", "a.csv", "--dry-run")
        self.assertEqual((plan["voided_before"], plan["packs"], plan["usage"], plan["ids_freed"]), (True, [], [], 0))
        self.assertEqual(plan["duplicates"], 20)  # who dropped them has to know still
        self.assertIn("would change nothing", self.done("file", "void", "a.csv", "--dry-run"))
        self.assertEqual(self.where.canonical(), after)

    def test_U10_afterwards_the_ledger_is_as_if_the_file_had_never_been(self):
        other = csv(rows("b", 10), rows("b", 1, quantity=7))
        self.take(b_csv=other)
        never = self.where.canonical()
        self.take(a_csv=csv(rows("a", 10), rows("big", 1, quantity=600_000)))
        self.assertEqual(self.json("file", "void", "a.csv", "--reason", "wrong", "--request-id", "one"),
                         {"voided": 1, "request_id": "one", "repeated": False})
        after = self.where.canonical()
        self.assertEqual([line for line in after if "\tpack_usage\t" not in line], never)
        self.assertEqual(len(after) - len(never), 1)  # the level that fired is not re-armed
        self.take(again_csv=csv(rows("big", 1, quantity=600_000)))
        self.assertEqual(len([line for line in self.where.canonical() if "\tpack_usage\t" in line]), 1)

    def test_U10_P9_a_second_void_changes_nothing(self):
        self.take(a_csv=csv(rows("a", 10)), b_csv=csv(rows("b", 10)))
        words = ("file", "void", "a.csv", "--reason", "错了, wrong", "--request-id")
        self.done(*words, "one")
        after = self.where.canonical()
        self.assertEqual(self.json(*words, "one"), {"voided": 1, "request_id": "one", "repeated": True})
        self.assertIn("by this request before", self.done(*words, "one"))
        self.assertEqual(self.json(*words, "two"), {"voided": 0, "request_id": "two", "repeated": False})
        self.assertIn("nothing was changed", self.done("file", "void", "a.csv", "--reason", "another"))
        for name, reason in (("a.csv", "another"), ("b.csv", "错了, wrong")):
            self.assertIn("used for another", self.refused("file", "void", name, "--reason", reason,
                                                           "--request-id", "one"))
        for reason in ("", "r" * 256, b"\xff", "two\nlines"):
            self.refused("file", "void", "b.csv", "--reason", reason)
        for request_id in ("", "a b", "r" * 129):
            self.refused("file", "void", "b.csv", "--reason", "wrong", "--request-id", request_id or " ")
        self.assertEqual(self.where.canonical(), after)
        self.assertIn("错了, wrong", self.done("receipt", "show", "a.csv"))

    def test_U10_U4_only_a_redrive_opens_a_voided_file_again(self):
        content = csv(rows("a", 10))
        self.take(a_csv=content)
        self.assertIn("Void it first", self.refused("file", "redrive", "a.csv"))
        self.done("file", "void", "a.csv", "--reason", "wrong")
        done = [path.name for path in (self.where.spool / "done").rglob("*.*")]
        self.assertEqual(done, [self.receipt("a.csv")["claim"] + ".a.csv.zst"])  # D3
        self.take(again_csv=content)
        self.assertEqual((self.receipt("again.csv")["outcome"], self.used()), ("repeat", 0))
        self.assertEqual(self.json("file", "redrive", "a.csv")["dropped_as"], "a.redrive.csv.gz")
        self.refused("file", "redrive", "a.csv")
        self.where.run_once()
        self.assertEqual((self.receipt("a.redrive.csv.gz")["accepted"], self.used()), (10, 10))
        self.done("file", "redrive", "a.csv")  # an arrival of its own (U5)
        self.where.run_once()
        last = self.where.receipts()[-1]
        self.assertEqual((last["outcome"], last["accepted"], last["duplicate"], self.used()), ("taken", 0, 10, 10))

    def test_U4_S11_a_redrive_that_was_voided_too_can_be_followed_by_another_one(self):
        self.take(f_csv=csv(rows("f", 10)))
        for time in range(3):
            for receipt in self.where.receipts()[time:]:
                self.done("file", "void", receipt["digest"], "--reason", "wrong")
            self.assertEqual(self.used(), 0)
            self.done("file", "redrive", "f.csv")
            self.where.run_once()
            last = self.where.receipts()[-1]
            self.assertEqual((last["outcome"], last["accepted"], self.used()), ("taken", 10, 10))

    def test_U10_ids_are_free_for_a_daemon_that_runs(self):
        process = self.where.daemon()
        self.addCleanup(lambda: process.poll() is None and process.kill_hard())
        for name, void in (("a.csv", True), ("b.csv", False), ("c.csv", False)):
            before = len(self.where.receipts())
            self.where.drop(name, csv(rows("a", 10), rows(name, 1)))
            harness.wait_until(lambda: len(self.where.receipts()) > before, 30, f"{name} is taken", [process])
            if void:
                self.done("file", "void", name, "--reason", "wrong")
        process.stop()
        self.assertEqual([self.receipt(name)["accepted"] for name in ("a.csv", "b.csv", "c.csv")], [11, 11, 1])
        self.assertEqual(self.used(), 12)

    def test_U10_S13_units_of_a_file_that_broke_off(self):
        self.where = self.new_site(ingest={"max_unit_records": 1000})
        whole = gzip.compress(csv(rows("a", 10_000)), 1)
        self.take(cut_csv_gz=cut(whole))
        self.assertIn("--broken-off", self.refused("file", "void", "cut.csv.gz", "--reason", "wrong"))
        self.done("file", "void", "cut.csv.gz", "--reason", "wrong", "--broken-off")
        self.assertEqual(self.used(), 0)
        self.refused("file", "redrive", "cut.csv.gz")  # it cannot be read to its end
        self.assertEqual(self.names("incoming"), [])
        self.done("spool", "retry", "cut.csv.gz")
        self.where.run_once()
        self.assertEqual(self.receipt("cut.csv.gz")["outcome"], "failed")  # its last lines were never looked at
        self.assertIn("voided", self.receipt("cut.csv.gz")["reason"])
        shown = self.run_words("--output", "json", "receipt", "show", "cut.csv.gz")
        self.assertEqual((shown.returncode, "broke off" in shown.stderr), (1, True))
        self.take(whole_csv_gz=whole)
        self.assertEqual((self.receipt("whole.csv.gz")["accepted"], self.used()), (10_000, 10_000))

    def test_U8_U10_kill_9_during_a_void_voids_it_once(self):
        self.take(small_csv=csv(rows("s", 3)))
        never = self.where.canonical()
        self.take(big_csv=csv(rows("a", MANY)))
        dice, kills = random.Random(SEED), 0
        words = ("file", "void", "big.csv", "--reason", "wrong", "--request-id", "once")
        for step in range(1, KILLS + 1):
            kills += self.killed_within(VOID_S * step / KILLS, words, dice)
            self.assertIn(self.used(), (MANY + 3, 3))
        self.assertGreater(kills, 0)
        self.assertEqual(self.json(*words)["voided"], 1)
        self.assertEqual(self.json(*words)["repeated"], True)
        self.assertEqual(self.where.canonical(), never)
        self.done("file", "redrive", "big.csv")
        self.where.run_once()
        self.assertEqual(self.used(), MANY + 3)


class Answers(OnSite):
    """Exit statuses, and JSON for each word."""

    def words(self):
        usage_file = self.where.directory / "x.csv"
        usage_file.write_bytes(csv(rows("x", 2)))
        return (("spool", "status"), ("spool", "status", "--failed"), ("spool", "hold", "--reason", "why"),
                ("spool", "release"), ("spool", "hold", "held.csv"), ("spool", "release", "held.csv"),
                ("spool", "retry", "bad.csv"), ("spool", "retry", "--all"), ("spool", "check", usage_file),
                ("rejects", "list"), ("rejects", "list", "--all"), ("rejects", "redrive", "ghost.csv"),
                ("rejects", "discard", "lost.csv", "--yes"), ("receipt", "show", "a.csv"),
                ("file", "void", "a.csv", "--dry-run"), ("file", "void", "a.csv", "--reason", "why"),
                ("file", "redrive", "a.csv"))

    def test_status_0_and_json_that_parses_of_every_word(self):
        self.take(a_csv=csv(rows("a", 2)), bad_csv=b"1\n", ghost_csv=csv(rows("g", 1, "ghost")),
                  lost_csv=csv(rows("l", 1, "ghost")))
        self.where.drop("held.csv", csv(rows("h", 1)))
        for words in self.words():
            self.assertIsInstance(self.json(*words), (dict, list), words)

    def test_status_1_with_json_that_says_why(self):
        self.take(a_csv=csv(rows("a", 2)))
        for words in (("receipt", "show", "unknown.csv"), ("receipt", "show", "sha256:" + "0" * 64),
                      ("receipt", "show", ""), ("file", "void", "%", "--dry-run"), ("file", "redrive", "a.csv"),
                      ("spool", "hold", "b.csv"), ("spool", "check", self.where.directory)):
            ended = self.run_words("--output", "json", *words)
            self.assertEqual((ended.returncode, list(json.loads(ended.stderr))), (1, ["error"]), words)
            self.assertGreater(len(json.loads(ended.stderr)["error"]["message"]), 20)
            self.assertEqual(self.run_words(*words).returncode, 1)

    def test_status_2_is_usage(self):
        for words in (("spool",), ("spool", "nonsense"), ("spool", "retry"), ("spool", "retry", "a.csv", "--all"),
                      ("spool", "hold", "a.csv", "b.csv"), ("spool", "check"), ("rejects", "redrive"),
                      ("rejects", "discard", "--yes"), ("file", "void"), ("file", "void", "a.csv"), ("file", "redrive"),
                      ("file", "void", "a.csv", "--dry-run", "--limit", "-1"), ("receipt", "show")):
            self.assertRegex(self.refused(*words, status=2), r"needs one of: | --help\.")

    def test_status_3_where_the_database_or_the_spool_is_away(self):
        settings = self.where.config.read_text()
        self.where.config.write_text(settings.replace(self.where.server.socket, "/nowhere/s.sock"))
        for words in self.words()[8:11] + self.words()[13:]:
            self.assertIn("database cannot be reached", self.refused(*words, status=3), words)
        for words in (("spool", "status"), ("spool", "hold"), ("spool", "release"), ("spool", "retry", "--all")):
            self.done(*words)  # the spool can be worked on without it
        self.where.config.write_text(settings.replace(str(self.where.spool), "/nowhere/spool"))
        for words in self.words()[:8] + self.words()[9:13]:
            self.assertIn("Cannot open the spool", self.refused(*words, status=3), words)

    def test_check_says_what_would_become_and_changes_nothing(self):
        self.take(a_csv=csv(rows("a", 2)))
        before = self.where.canonical(), self.names("."), self.names("incoming")
        made = self.where.directory
        for packing in usage_formats.PACKINGS:
            content = csv(rows("a", 2), rows("b", 2), rows("g", 1, "ghost"))
            (made / f"x.csv{packing}").write_bytes(usage_formats.packed(content, packing))
            ended = self.run_words("--output", "json", "spool", "check", made / f"x.csv{packing}")
            told = json.loads(ended.stdout)
            self.assertEqual((ended.returncode, told["accepted"], told["duplicate"], told["rejected"]),
                             (1, 2, 2, {"unknown_account": 1}))
        os.mkfifo(made / "fifo.csv")
        for path in (made / "fifo.csv", made / "missing.csv", made, "/dev/zero", ""):
            ended = self.run_words("spool", "check", path, "--as", "name.csv")
            self.assertEqual((ended.returncode, ended.stderr != ""), (1, True), path)
        self.assertEqual((self.where.canonical(), self.names("."), self.names("incoming")), before)


if __name__ == "__main__":
    unittest.main()
