"""What the packages are made from says the same as the rest of the tree: versions, dependencies, plugins, pages.

    debian_test.py
"""
import pathlib
import re
import subprocess
import sys
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


if __name__ == "__main__":
    sys.argv[1:] = []
    unittest.main()
