"""Asks systemd whether it understands a unit, with the binaries of this build in the place of the installed ones.

    verify_unit.py UNIT BINARY

A template is looked at as its instance `inbox`. An unknown or misspelt setting only makes systemd say so, so anything that it says about the unit is a failure.
"""
import os
import re
import subprocess
import sys
import tempfile


def main():
    unit, binary = sys.argv[1:]
    with open(unit, encoding="utf-8") as file:
        text = file.read()
    folder = os.path.dirname(os.path.abspath(binary))
    text, replaced = re.subn(r"(?m)^(Exec\w+=\+?)/usr/bin/(packwardend|packctl)", rf"\1{folder}/\2", text)
    if replaced != 2:
        sys.exit(f"{unit}: {replaced} commands of ours, not ExecStart= and ExecReload=")
    name = os.path.basename(unit).replace("@.", "@inbox.")
    with tempfile.TemporaryDirectory() as folder:
        copy = os.path.join(folder, name)
        with open(copy, "w", encoding="utf-8") as file:
            file.write(text)
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", copy],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, check=False)
    print(done.stdout, end="")
    sys.exit(1 if done.returncode or name in done.stdout else 0)


if __name__ == "__main__":
    main()
