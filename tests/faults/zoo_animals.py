"""Channels whose plugins break every rule, for a daemon that has to live with them; docs/CHANNELS.md says how."""

import dataclasses
import json

SILENT_MAX_S = 7  # the least that the settings below allow
LIMITS = {"poll_interval_ms": 500, "send_timeout_ms": 1000, "lease_s": 6, "silent_max_s": SILENT_MAX_S,
          "memory_max_bytes": 64 << 20, "batch_max": 1}


@dataclasses.dataclass(frozen=True)
class Animal:
    """A channel. deed: the body of messages with which it comes to harm. The rest is what must be seen of it."""
    name: str
    plugin: str
    line: str                 # in the log of up, after the name of the channel
    end: str                  # how up says that its process ended; empty: it lives
    state: str = "failed"
    detail: str = ""          # on the board; empty: as `end`
    settings: dict = dataclasses.field(default_factory=dict)
    deed: str = ""
    limits: dict = dataclasses.field(default_factory=dict)

    def yaml(self):
        channel = {"name": self.name, "medium": "sms", "plugin": self.plugin + ".so", **LIMITS, **self.limits}
        if self.settings:
            channel["settings"] = self.settings
        return "  - " + json.dumps(channel)  # JSON is YAML


def refused(name, plugin, why, **others):
    return Animal(name, plugin, why, "ended with status 1", "broken", why, **others)


def silent(name, plugin, **others):
    how = f"hung for {SILENT_MAX_S * 1000} ms and was killed"
    return Animal(name, plugin, f"has said nothing for {SILENT_MAX_S * 1000} ms", how, **others)


def harmed(name, line, end, deed, **others):
    """By its messages."""
    return Animal(name, others.pop("plugin", "beast"), line, end, deed=deed, **others)


REFUSED = (
    # The first of its medium: real notices wait for it.
    refused("no-symbol", "no_symbol", "exports no pw_notifier_entry"),
    refused("no-file", "there_is_none", "cannot be loaded"),
    refused("wrong-version", "wrong_version", "was built for version 2 of the interface"),
    refused("small-struct", "small_struct", "are needed"),
    refused("tiny-struct", "tiny_struct", "too few to tell its version"),
    refused("serves-nobody", "serves_nobody", "does not serve version 1"),
    refused("no-deliver", "no_deliver", "its description has no deliver"),
    refused("no-batch", "no_batch", "its description has no batch_max"),
    refused("wrong-settings", "scripted", "no setting colour=red", settings={"colour": "red"}),
)
AT_START = (
    Animal("crashes-at-load", "crashes_at_load", "crashed in load (signal 6)", "was ended by signal 6"),
    Animal("throws-at-load", "throws_at_load", "an exception came out of load: not today; ending the process",
           "ended with status 76"),
    Animal("exits-at-load", "exits_at_load", "exit was called in load", "ended with status 76"),
    Animal("forks-at-load", "forks_at_load", "forked in load; ending the process", "ended with status 76"),
    silent("hangs-at-load", "hangs_at_load"),
    Animal("throws-in-create", "beast", "an exception came out of create: boom", "ended with status 76",
           settings={"create": "throw"}),
    Animal("throws-in-check", "beast", "an exception came out of check: boom", "ended with status 76",
           settings={"check": "throw"}),
    silent("hangs-in-create", "beast", settings={"create": "hang"}),
    silent("hangs-in-check", "beast", settings={"check": "hang"}),
)
IN_DELIVER = (
    harmed("throws", "an exception came out of deliver: boom", "ended with status 76", "throw"),
    harmed("throws-in-thread", "std::terminate was called in deliver: boom", "was ended by signal 6",
           "throw in a thread"),
    harmed("crashes", "crashed in deliver (signal 11)", "was ended by signal 11", "segfault"),
    harmed("no-stack", "crashed in deliver (signal 11)", "was ended by signal 11", "overflow the stack"),
    harmed("exits", "exit was called in deliver", "ended with status 76", "exit"),
    harmed("forks", "forked in deliver; ending the process", "ended with status 76", "fork"),
    harmed("hangs", "deliver did not return in time", "ended with status 75", "hang"),
    harmed("spins", "deliver did not return in time", "ended with status 75", "hang", plugin="scripted"),
)
# One that comes back and is tried again, and those of which either limit of memory may be the first.
TRIES_AGAIN = harmed("tries-again", "an exception came out of deliver: boom", "ended with status 76", "throw",
                     limits={"on_unknown": "retry", "unknown_attempts_max": 2})
LEAKS = (harmed("leaks-in-c", "", "", "leak in C"), harmed("leaks-in-cpp", "", "", "leak in C++"))
LEAK_LINES = {"ended with status 77": "uses [0-9]+ bytes of memory, more than memory_max_bytes",
              "ended with status 76": "an exception came out of deliver: std::bad_alloc",
              "was ended by signal 11": r"crashed in deliver \(signal 11\)"}
NONSENSE = Animal("nonsense", "scripted", "", "", deed="nonsense")
STOPPED = silent("stopped", "beast")

ZOO = (*REFUSED, *AT_START, *IN_DELIVER, TRIES_AGAIN, *LEAKS, NONSENSE, STOPPED)
