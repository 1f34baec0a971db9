"""The page of messages fits the code, and what does not fit is found."""
import unittest

import messages

ID, OTHER_ID = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"
CODE = "daemon/app/loop.cc"


def event(name, id_=ID, level="info", variable=None):
    return f'inline constexpr Event {variable or name}{{"{name}", "{id_}",\n    LogLevel::{level}}};\n'


def section(name, id_=ID, level="info", text="It means this. Do that."):
    return f"### {name}: something is so\n\n{level} `{id_}`\n\n{text}\n\n"


class Messages(unittest.TestCase):
    def files(self, events=event("ready"), page=section("ready"), code="log_event(events::ready, {}, \"x\");"):
        files = {messages.EVENTS: events, messages.PAGE: page, messages.CATALOGUE: "", CODE: code}
        return files | {messages.CATALOGUE: messages.catalogue_of(messages.events_of(events), messages.sections_of(page))}

    def assert_found(self, fault, **changed):
        faults = messages.faults_of(self.files(**changed))
        self.assertTrue(any(fault in one for one in faults), f"{fault!r} is not in {faults}")

    def test_this_tree_fits_together(self):
        self.assertEqual(messages.faults_of(messages.read(messages.ROOT)), [])
        self.assertGreater(len(messages.events_of(messages.read(messages.ROOT)[messages.EVENTS])), 50)

    def test_what_fits_is_no_fault(self):
        self.assertEqual(messages.faults_of(self.files()), [])

    def test_an_event_without_an_explanation_is_found(self):
        self.assert_found("ready has no explanation", page="")
        self.assert_found("ready has no explanation", page=section("ready", text=""))

    def test_an_explanation_without_an_event_is_found(self):
        self.assert_found("there is no event gone", page=section("ready") + section("gone", OTHER_ID))

    def test_another_id_or_level_on_the_page_is_found(self):
        self.assert_found("run tests/logging/messages.py", page=section("ready", OTHER_ID))
        self.assert_found("run tests/logging/messages.py", page=section("ready", level="error"))

    def test_two_events_with_one_id_are_found(self):
        self.assert_found(f"2 events have the id {ID}", events=event("ready") + event("stopped"))

    def test_a_bad_id_and_a_bad_name_are_found(self):
        self.assert_found("the id of ready", events=event("ready", "0123"))
        self.assert_found("started has the name ready", events=event("ready", variable="started"))

    def test_an_event_in_a_form_of_its_own_is_found(self):
        self.assert_found("not every event", events=event("ready") + "inline constexpr Event odd = make();\n")

    def test_an_event_that_nobody_writes_is_found(self):
        self.assert_found("nobody writes ready", code="")

    def test_another_catalogue_is_found(self):
        files = self.files() | {messages.CATALOGUE: "-- 0\n"}
        self.assertIn("run tests/logging/messages.py --write", messages.faults_of(files)[0])

    def test_writing_mends_page_and_catalogue(self):
        files = self.files(page=section("ready", OTHER_ID, "debug"))
        page = messages.with_levels_and_ids(files[messages.PAGE], messages.events_of(files[messages.EVENTS]))
        self.assertEqual(page, section("ready"))
        self.assertEqual(messages.with_levels_and_ids("### ready: something is so\n\nIt means this. Do that.\n\n",
                                                      messages.events_of(files[messages.EVENTS])), section("ready"))


if __name__ == "__main__":
    unittest.main()
