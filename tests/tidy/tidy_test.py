"""Shows that tidy.py finds each break that it is there for, and that the tree as it stands has none.

    tidy_test.py [ROOT]
"""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import tidy

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
# Rooms small enough to copy, and enough of them to break every kind of arrow.
COPIED = ("daemon/README.md", "daemon/domain", "daemon/mediation", "daemon/dedupe")

ARROWS = "rule: the table in daemon/README.md"
PURE = "rule: 'A pure room' in daemon/README.md"
PLUGIN = "rule: 'Plugins' in docs/STYLE.md"
SIZES = "rule: 'Sizes' in docs/STYLE.md"
LOG = "rule: the row of logging in daemon/README.md"
SQL = "rule: the row of store in daemon/README.md"


class Tree(unittest.TestCase):
    """A small part of the real tree, into which a test writes what it wants to see refused."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name
        for name in COPIED:
            source, target = os.path.join(ROOT, name), os.path.join(self.root, name)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            if os.path.isdir(source):
                shutil.copytree(source, target)
            else:
                shutil.copy(source, target)
        self.before = set(tidy.check(self.root))

    def errors(self):
        """What the test has broken; that the tree itself is clean is a test of its own."""
        return [error for error in tidy.check(self.root) if error not in self.before]

    def write(self, path, text):
        target = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "w", encoding="utf-8") as file:
            file.write(text)

    def refused(self, path, text, line, what, rule):
        """Writing this file makes one error and no other: at that line, with that text and rule."""
        self.write(path, text)
        errors = self.errors()
        os.unlink(os.path.join(self.root, path))
        self.assertEqual(len(errors), 1, errors)
        where, found_rule, todo = errors[0].split("; ", 2)
        self.assertEqual(where, f"{path}:{line}: {what}")
        self.assertEqual(found_rule, rule)
        self.assertTrue(todo)

    def accepted(self, path, text):
        self.write(path, text)
        self.assertEqual(self.errors(), [])


class Arrows(Tree):
    def test_include_against_the_arrows_is_refused(self):
        self.refused("daemon/domain/break.cc", '\n#include "mediation/csv_decoder.h"\n', 2,
                     "domain may not use mediation (mediation/csv_decoder.h)", ARROWS)

    def test_include_of_a_neighbour_is_refused(self):
        self.refused("daemon/mediation/break.cc", '#include "dedupe/dedupe_index.h"\n', 1,
                     "mediation may not use dedupe (dedupe/dedupe_index.h)", ARROWS)

    def test_include_two_arrows_away_is_refused(self):
        # channel may use usecases, and usecases mediation; that does not open mediation to channel.
        self.refused("daemon/channel/break.cc", '#include "mediation/csv_decoder.h"\n', 1,
                     "channel may not use mediation (mediation/csv_decoder.h)", ARROWS)

    def test_angle_brackets_hide_nothing(self):
        self.refused("daemon/domain/break.cc", "# include <mediation/csv_decoder.h>\n", 1,
                     "domain may not use mediation (mediation/csv_decoder.h)", ARROWS)

    def test_way_through_a_parent_folder_is_refused(self):
        self.write("daemon/domain/break.cc", '#include "../mediation/csv_decoder.h"\n')
        errors = self.errors()
        self.assertEqual(len(errors), 2, errors)
        self.assertIn("#include of ../mediation/csv_decoder.h", errors[0])
        self.assertIn("domain may not use mediation", errors[1])

    def test_room_without_row_is_refused(self):
        self.refused("daemon/attic/break.cc", '#include "domain/ids.h"\n', 1, "room attic has no row", ARROWS)

    def test_entry_point_beyond_app_is_refused(self):
        self.refused("daemon/main.cc", '#include "domain/ids.h"\n', 1,
                     "entry point includes domain/ids.h", ARROWS)

    def test_test_of_a_pure_room_sees_what_the_room_sees(self):
        self.refused("tests/domain/break_test.cc", '#include "mediation/csv_decoder.h"\n', 1,
                     "domain may not use mediation (mediation/csv_decoder.h)", ARROWS)

    def test_daemon_does_not_include_tests(self):
        self.write("tests/support/builders.h", "#pragma once\n")
        self.refused("daemon/domain/break.cc", '#include "support/builders.h"\n', 1,
                     "daemon includes support/builders.h of tests", ARROWS)

    def test_table_with_an_arrow_from_pure_to_impure_is_refused(self):
        with open(os.path.join(self.root, tidy.TABLE), encoding="utf-8") as file:
            text = file.read()
        self.write(tidy.TABLE, text.replace("| domain | - | yes |", "| domain | store | yes |"))
        errors = self.errors()
        self.assertEqual(len(errors), 1, errors)
        self.assertIn("pure room domain may use store, which is not pure; " + PURE, errors[0])

    def test_missing_table_is_refused(self):
        self.write(tidy.TABLE, "# The rooms\n")
        self.assertIn("no table of rooms found", self.errors()[0])


class Plugins(Tree):
    def setUp(self):
        super().setUp()
        self.write("plugins/abi/notifier_abi.h", "#ifndef ABI_H\n#define ABI_H\n#endif\n")
        self.write("plugins/sms/sender.h", "#pragma once\n")

    def test_channel_may_use_the_abi(self):
        self.accepted("daemon/channel/host.cc", '#include "notifier_abi.h"\n')

    def test_plugin_may_use_the_abi_and_itself(self):
        self.accepted("plugins/sms/entry.cc", '#include "abi/notifier_abi.h"\n#include "sender.h"\n')

    def test_plugin_that_includes_daemon_is_refused(self):
        self.refused("plugins/sms/entry.cc", '#include "domain/ids.h"\n', 1,
                     "plugin sms includes domain/ids.h", PLUGIN)

    def test_plugin_that_includes_another_is_refused(self):
        self.refused("plugins/inbox/entry.cc", '#include "sms/sender.h"\n', 1,
                     "plugin inbox includes sms/sender.h", PLUGIN)

    def test_abi_outside_channel_is_refused(self):
        self.refused("daemon/usecases/break.cc", '#include "notifier_abi.h"\n', 1,
                     "usecases includes notifier_abi.h", PLUGIN)


class PureRooms(Tree):
    def test_floating_point_is_refused(self):
        self.refused("daemon/rating/break.cc", "\n\ndouble share = 0;\n", 3,
                     "double in pure room rating", PURE)
        self.refused("daemon/domain/break.h", "#pragma once\nfloat share();\n", 2,
                     "float in pure room domain", PURE)

    def test_digit_separators_hide_nothing(self):
        self.refused("daemon/rating/break.cc", "int a = 1'000; double b = 2'000;\n", 1,
                     "double in pure room rating", PURE)

    def test_words_in_comments_and_strings_are_no_code(self):
        self.accepted("daemon/rating/fine.cc",
                      '// a double charge\n/* float\n */\nauto a = "double";\nauto b = R"(float)";\nint doubled;\n')

    def test_floating_point_outside_pure_rooms_is_allowed(self):
        self.accepted("daemon/app/fine.cc", "double seconds;\n")

    def test_clock_is_refused(self):
        self.refused("daemon/billing/break.cc", "auto now = std::chrono::system_clock::now();\n", 1,
                     "system_clock::now in pure room billing", PURE)

    def test_files_are_refused(self):
        for word in ("ofstream", "ifstream", "fopen"):
            self.refused("daemon/notices/break.cc", f"using std::{word};\n", 1,
                         f"{word} in pure room notices", PURE)

    def test_headers_of_the_outer_world_are_refused(self):
        for header in ("boost/asio.hpp", "boost/asio/steady_timer.hpp", "curl/curl.h", "yaml-cpp/yaml.h",
                       "spdlog/spdlog.h", "sys/socket.h", "filesystem"):
            self.refused("daemon/dedupe/break.cc", f"#include <{header}>\n", 1,
                         f"pure room dedupe includes {header}", PURE)
        self.accepted("daemon/dedupe/fine.cc", "#include <boost/unordered/unordered_flat_map.hpp>\n")


class Log(Tree):
    def test_lines_that_are_no_events_are_refused(self):
        self.refused("daemon/app/break.cc", "#include <spdlog/spdlog.h>\n", 1,
                     "#include of spdlog/spdlog.h outside logging", LOG)
        self.accepted("daemon/logging/fine.cc", "#include <spdlog/logger.h>\n")


class Sql(Tree):
    def test_database_headers_outside_store_are_refused(self):
        for header in ("soci/soci.h", "soci/mysql/soci-mysql.h", "mysql.h", "mysql/mysql.h", "mariadb/mysql.h"):
            self.refused("daemon/usecases/break.cc", f"#include <{header}>\n", 1,
                         f"#include of {header} outside store", SQL)
        self.accepted("daemon/store/fine.cc", "#include <soci/soci.h>\n")

    def test_statements_outside_store_are_refused(self):
        self.refused("daemon/usecases/break.cc", '\nauto a = "SELECT 1";\n', 2,
                     "SQL (SELECT) outside store", SQL)
        self.refused("daemon/spool/break.cc", 'auto a = R"sql(\n  UPDATE pack SET x = 1)sql";\n', 2,
                     "SQL (UPDATE) outside store", SQL)
        self.accepted("daemon/store/fine.cc", 'auto a = "SELECT 1";\n')
        self.accepted("daemon/usecases/fine.cc", '// "SELECT 1" is what store says\nauto a = "SELECTED";\n')


class Sizes(Tree):
    def test_source_over_500_lines_is_refused(self):
        for path in ("daemon/rating/long.cc", "plugins/sms/long.c", "tests/e2e/long.py", "tests/e2e/long.sh"):
            self.refused(path, "\n" * 501, 501, "501 lines, at most 500", SIZES)
        self.accepted("daemon/rating/fine.cc", "\n" * 500)

    def test_main_over_60_lines_is_refused(self):
        self.refused("daemon/main.cc", "\n" * 61, 61, "61 lines, at most 60", SIZES)

    def test_line_over_100_columns_is_refused(self):
        self.refused("daemon/rating/wide.cc", "\n//" + "x" * 99 + "\n", 2, "101 columns, at most 100", SIZES)
        self.accepted("daemon/rating/fine.cc", "//" + "余" * 98 + "\n")

    def test_header_without_pragma_once_is_refused(self):
        self.refused("daemon/rating/bare.h", "int a();\n", 1, "no #pragma once", "rule: 'Headers' in docs/STYLE.md")


class CommandLine(Tree):
    def run_tidy(self, root):
        return subprocess.run([sys.executable, os.path.join(HERE, "tidy.py"), root], capture_output=True,
                              text=True, timeout=60, check=False)

    def test_the_real_tree_passes(self):
        done = self.run_tidy(ROOT)
        self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_a_break_ends_with_1_and_is_printed(self):
        self.write("daemon/rating/break.cc", "double share;\n")
        done = self.run_tidy(self.root)
        self.assertEqual(done.returncode, 1)
        self.assertIn("daemon/rating/break.cc:1: double in pure room rating; " + PURE, done.stdout)


if __name__ == "__main__":
    unittest.main()
