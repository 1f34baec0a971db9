"""The packages under test, and the same as an older version for upgrades."""

import pathlib
import re

from base import run

THERE = "/root/packages"  # on the host
OLDER_THERE = "/root/older"
CONFFILE = "/etc/packwarden/templates/zh-CN.yaml"  # changed between the two versions
OLDER_MARK = "# of an older version\n"


def names_of(package):
    """Its name and version, from the package itself."""
    return run(["dpkg-deb", "--show", "--showformat", "${Package} ${Version}", package], "a package").split()


def older(package, scratch):
    """The same under a lower version, with one conffile that says so; the path of the new package in `scratch`."""
    name, version = names_of(package)
    tree = scratch / name
    run(["dpkg-deb", "-R", package, tree], "a package taken apart")
    lower = f"{version}~older"
    control = tree / "DEBIAN/control"
    control.write_text(re.sub(rf"\b{re.escape(version)}(?=[\n)])", lower, control.read_text()))
    conffile = tree / CONFFILE.lstrip("/")
    if conffile.exists():
        conffile.write_text(conffile.read_text(encoding="utf-8") + OLDER_MARK, encoding="utf-8")
    made = scratch / f"{name}_{lower}.deb"
    run(["dpkg-deb", "--root-owner-group", "-Znone", "-b", tree, made], "an older package")
    return made


def newest(folder):
    """The packages of the newest version in `folder`, each once."""
    found = {}
    for path in sorted(pathlib.Path(folder).glob("packwarden*.deb"), key=lambda path: path.stat().st_mtime):
        if not names_of(path)[0].endswith("-dbgsym"):
            found[names_of(path)[0]] = path
    return sorted(found.values())
