"""What the packages are made from says the same as the rest of the tree: versions, dependencies, plugins, pages.

    debian_test.py
"""
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
NOT_LINKED = {"dpkg-dev", "libgtest-dev", "libgmock-dev", "libbenchmark-dev"}


def read(path):
    return (ROOT / path).read_text(encoding="utf-8")


def stanzas():
    """debian/control, a dictionary for each paragraph."""
    for paragraph in re.split(r"\n\n+", read("debian/control").strip()):
        fields = re.findall(r"(?m)^([A-Za-z-]+):((?:.*\n?)(?:[ \t].*\n?)*)", paragraph)
        yield {name: value.strip() for name, value in fields}


def names(field):
    return {re.match(r"[a-z0-9.+-]+", part.strip())[0] for part in field.split(",") if re.match(r"[a-z]", part.strip())}


class Debian(unittest.TestCase):
    def test_versions_are_the_same(self):
        changelog = subprocess.run(["dpkg-parsechangelog", "-l", ROOT / "debian/changelog", "-S", "Version"],
                                   stdout=subprocess.PIPE, text=True, check=True, timeout=60).stdout.strip()
        self.assertEqual(changelog, re.search(r"project\(packwarden VERSION ([\d.]+)", read("CMakeLists.txt"))[1])
        self.assertEqual(changelog, re.search(r"(?m)^## ([\d.]+)", read("CHANGELOG.md"))[1])

    def test_a_library_of_the_build_is_one_of_the_package(self):
        listed = re.search(r"(?s)\npackages=\((.*?)\n\)", read("dev"))[1].split()
        libraries = {name for name in listed if name.endswith("-dev")} - NOT_LINKED
        source = next(stanzas())
        self.assertEqual(libraries - names(source["Build-Depends"]), set())

    def test_every_plugin_is_packed_with_its_page(self):
        plugins = re.findall(r"(?m)^packwarden_plugin\((\w+)", read("plugins/CMakeLists.txt"))
        self.assertIn("sms", plugins)
        packages = {one["Package"] for one in stanzas() if "Package" in one}
        for plugin in plugins:
            package = "packwarden" if plugin == "inbox" else f"packwarden-plugin-{plugin}"
            with self.subTest(plugin=plugin):
                self.assertIn(package, packages)
                installed = read(f"debian/{package}.install")
                self.assertIn(f"usr/lib/packwarden/{plugin}.so\n", installed)
                self.assertIn(f"packwarden-plugin-{plugin}.7\n", installed)

    def test_scripts_are_sound(self):
        for script in ("postinst", "prerm", "postrm"):
            subprocess.run(["sh", "-n", ROOT / f"debian/packwarden.{script}"], check=True, timeout=60)


class Purge(unittest.TestCase):
    """postrm itself, on folders below one of the test."""

    def setUp(self):
        self.root = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.spool = self.root / "var/spool/packwarden"
        for path in ("etc/packwarden/tokens", "var/lib/packwarden/any", "var/spool/packwarden/.hold",
                     "var/spool/packwarden/done/2026-11-26/a.csv", "var/spool/packwarden/receipts/a.json",
                     "var/spool/packwarden/rejected/driven/b.csv", "var/spool/packwarden/rejected/discarded/c.csv",
                     "etc/systemd/system/multi-user.target.wants/packwardend.service",
                     "etc/systemd/system/multi-user.target.wants/packwarden-channel@sms.service",
                     "etc/systemd/system/multi-user.target.wants/other.service"):
            self.put(path)
        (self.spool / "incoming").mkdir()

    def put(self, path):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text("x")

    def postrm(self, word):
        script, paths = re.subn(r"(?<=[ =])/(?=etc/|var/)", f"{self.root}/", read("debian/packwarden.postrm"))
        self.assertEqual(paths, 5)
        return subprocess.run(["sh", "-c", script, "postrm", word], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, check=True, timeout=60).stdout

    def left(self):
        return sorted(str(path.relative_to(self.root)) for path in self.root.rglob("*") if path.is_file())

    def test_removal_takes_nothing(self):
        before = self.left()
        self.postrm("remove")
        self.assertEqual(self.left(), before)

    def test_purge_takes_all_that_is_billed(self):
        self.assertEqual(self.postrm("purge"), "")
        self.assertFalse(self.spool.exists())
        self.assertEqual(self.left(), ["etc/systemd/system/multi-user.target.wants/other.service"])

    def test_purge_keeps_a_spool_with_usage_that_is_not_billed(self):
        for folder in ("incoming", "retry", "work", "held", "failed", "rejected"):
            with self.subTest(folder=folder):
                self.put(f"var/spool/packwarden/{folder}/usage.csv")
                self.assertIn("1 of its files are not billed", self.postrm("purge"))
                self.assertTrue((self.spool / "done/2026-11-26/a.csv").exists())
                (self.spool / folder / "usage.csv").unlink()


if __name__ == "__main__":
    sys.argv[1:] = []
    unittest.main()
