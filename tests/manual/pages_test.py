"""Reads the manual pages as `man` and the index of `apropos` do.

    pages_test.py MAN_FOLDER PACKWARDEND PACKCTL

A page fails of which groff says anything, that the index does not find by its name, or that lacks a word of its program.
"""
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "docs/man"))
import make_pages  # noqa: E402


def run(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60, check=False,
                          env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "80", "MAN_KEEP_FORMATTING": ""})


def faults_of_page(path, name):
    shown = run("man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", path)
    faults = [line for line in shown.stderr.splitlines() if line.strip()]
    if shown.returncode or not shown.stdout:
        faults.append(f"man ends with {shown.returncode} and {len(shown.stdout)} characters")
    if f'"{name} - ' not in run("lexgrog", path).stdout:
        faults.append(f"apropos does not find '{name}'")
    return faults


def leaves(word, path=()):
    if not word["words"]:
        yield " ".join(path), word
    for below in word["words"]:
        yield from leaves(below, (*path, below["name"]))


def faults_of_words(path, program):
    text = re.sub(r".\x08", "", run("man", "-E", "UTF-8", "-l", "-Tutf8", path).stdout)
    root = make_pages.words_of(program)
    missing = [] if root["words"] else ["its words"]
    for name, word in leaves(root):
        missing += [name] if name not in text else []
        missing += [option["names"][-1] for option in word["options"] if option["names"][-1] not in text]
    return [f"lacks '{one}'" for one in missing]


def check_the_check():
    with tempfile.TemporaryDirectory() as folder:
        broken = os.path.join(folder, "broken.1")
        with open(broken, "w", encoding="utf-8") as file:
            file.write('.TH BROKEN 1\n.SH NAME\nother \\- page\n.nosuchrequest\n')
        if len(faults_of_page(broken, "broken")) < 2:
            sys.exit("a broken page passes")


def main():
    folder, daemon, ctl = sys.argv[1:]
    check_the_check()
    programs = {"packwardend": daemon, "packctl": ctl}
    failed = 0
    for page in make_pages.pages():
        path = os.path.join(folder, f"{page.name}.{page.section}")
        faults = faults_of_page(path, page.name)
        if page.name in programs:
            faults += faults_of_words(path, programs[page.name])
        for fault in faults:
            failed += 1
            print(f"{os.path.basename(path)}: {fault}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
