"""N8: a plugin that breaks the interface's law ends its process, which says so in one line.

docs/PLUGINS.md has the table of what happens.
"""

import os
import pathlib
import signal
import unittest

from driven_plugin import DrivenPlugin

BROKEN, HUNG = 76, 75
FIXTURES = pathlib.Path(os.environ["PACKWARDEN_BIN"]).parent / "lib" / "fixtures"
MEMORY_BYTES = 600_000_000


def fixture(name):
    return FIXTURES / f"{name}.so"


class ZooTest(unittest.TestCase):
    def end_of(self, name, settings=None, body=None, check=False, prefix=(), options=(),
               limit_ms=10_000):
        """Status and log of a plugin that must not survive what it is told to do."""
        with DrivenPlugin(fixture(name), settings, prefix, options) as plugin:
            if body is not None:
                self.assertIsNone(plugin.deliver([{"body": body}], limit_ms=limit_ms))
            if check:
                self.assertIsNone(plugin.tell({"check": True}))
            return plugin.end()

    def assert_deliver(self, body, status, line, **others):
        self.assertEqual(self.end_of("beast", body=body, **others),
                         (status, [f"channel test: plugin beast: {line}"
                                   if status < 0 and not line.startswith("std::")
                                   else f"critical: channel test: plugin beast: {line}"]))

    # --- exceptions

    def test_N8_an_exception_out_of_deliver(self):
        self.assert_deliver("throw", BROKEN,
                            "an exception came out of deliver: boom and more; ending the process")
        self.assert_deliver("throw a number", BROKEN,
                            "an exception came out of deliver: of a type of its own; ending the process")

    def test_N8_an_exception_out_of_create_check_and_destroy(self):
        for function in ("create", "check", "destroy"):
            status, errors = self.end_of("beast", {function: "throw"}, check=function == "check")
            self.assertEqual((status, errors),
                             (BROKEN, ["critical: channel test: plugin beast: an exception came out of"
                                       f" {function}: boom and more; ending the process"]))

    def test_N8_an_exception_out_of_a_thread_of_the_plugin(self):
        self.assert_deliver("throw in a thread", -signal.SIGABRT,
                            "std::terminate was called in deliver: boom and more")

    # --- crashes

    def test_N8_a_crash(self):
        for body, number in (("segfault", signal.SIGSEGV), ("null", signal.SIGSEGV),
                             ("abort", signal.SIGABRT), ("overflow the stack", signal.SIGSEGV)):
            with self.subTest(body):
                self.assert_deliver(body, -number, f"crashed in deliver (signal {number:d})")

    # --- ends of the process

    def test_N8_exit_is_no_success(self):
        self.assert_deliver("exit", BROKEN, "exit was called in deliver; ending the process")

    def test_N8_exit_of_a_thread_is_no_success(self):
        with DrivenPlugin(fixture("beast")) as plugin:
            plugin.deliver([{"body": "exit in a thread"}])
            plugin.process.wait(timeout=30)
            status, errors = plugin.end()
        self.assertEqual(status, BROKEN)
        self.assertRegex(errors[0], "^critical: channel test: plugin beast: exit was called"
                                    " (in deliver|between calls); ending the process$")

    def test_N8_two_processes_never_go_on_after_a_fork(self):
        status, errors = self.end_of("beast", body="fork")
        self.assertEqual(status, BROKEN)
        self.assertEqual(sorted(errors), [
            "channel test: plugin beast: forked in deliver; ending its child",
            "critical: channel test: plugin beast: forked in deliver; ending the process"])

    # --- hanging

    def test_N8_a_plugin_that_hangs(self):
        short = ("--set-up-limit-ms", "200")
        for function in ("create", "check", "destroy"):
            with self.subTest(function):
                status, errors = self.end_of("beast", {function: "hang"}, check=function == "check",
                                             options=short)
                self.assertEqual((status, errors), (HUNG, [
                    f"critical: channel test: plugin beast: {function} did not return in time;"
                    " ending the process"]))
        self.assert_deliver("hang", HUNG, "deliver did not return in time; ending the process",
                            limit_ms=10)

    # --- at load

    def test_N8_harm_at_load(self):
        path = {deed: fixture(f"{deed}_at_load") for deed in ("crashes", "hangs", "throws", "exits",
                                                              "forks")}
        for deed, status, line in (
                ("crashes", -signal.SIGABRT, "crashed in load (signal 6)"),
                ("hangs", HUNG, "load did not return in time; ending the process"),
                ("throws", BROKEN, "an exception came out of load: not today; ending the process"),
                ("exits", BROKEN, "exit was called in load; ending the process"),
                ("forks", BROKEN, "forked in load; ending the process")):
            with self.subTest(deed):
                ended, errors = self.end_of(f"{deed}_at_load", options=("--set-up-limit-ms", "200"))
                self.assertEqual(ended, status)
                self.assertIn(f"channel test: plugin {path[deed]}: {line}",
                              [error.removeprefix("critical: ") for error in errors])

    # --- memory

    def test_N8_a_leak_ends_at_the_limit_of_memory(self):
        limited = ("prlimit", f"--as={MEMORY_BYTES}")
        self.assert_deliver("leak in C", -signal.SIGSEGV, "crashed in deliver (signal 11)",
                            prefix=limited)
        self.assert_deliver("leak in C++", BROKEN,
                            "an exception came out of deliver: std::bad_alloc; ending the process",
                            prefix=limited)

    # --- none of all this

    def test_a_plugin_may_start_programs_and_lose_its_line(self):
        with DrivenPlugin(fixture("beast")) as plugin:
            for body in ("start a program", "write to nobody"):
                [result] = plugin.deliver([{"body": body}])
                self.assertEqual(result["outcome"], "accepted")

    def test_a_plugin_that_keeps_the_law_ends_with_success(self):
        with DrivenPlugin(fixture("beast")) as plugin:
            [result] = plugin.deliver([{"body": "nothing"}])
            self.assertEqual(result["outcome"], "accepted")
            self.assertEqual(plugin.end(), (0, []))


if __name__ == "__main__":
    unittest.main()
