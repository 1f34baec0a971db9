"""Makes the manual pages that docs/man/pages.table names.

    make_pages.py OUT PACKWARDEND PACKCTL

Words and options come from the programs, all else from pages that are there already, by lowdown.
"""
import json
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
TABLE_WIDTH_MAX = 70
FENCE = re.compile(r"^ *(```|~~~)")


class Page:
    def __init__(self, line):
        page, self.source, self.about = (part.strip() for part in line.split("|"))
        self.name, self.section = re.fullmatch(r"([a-z.-]+)\((\d)\)", page).groups()

    def shown(self):
        return f"**{self.name}**({self.section})"


def pages():
    with open(os.path.join(ROOT, "docs/man/pages.table"), encoding="utf-8") as table:
        return [Page(line) for line in table if line.strip() and not line.startswith("#")]


def plain(text):
    return re.sub(r"([\\`*_\[\]<>|#~])", r"\\\1", text)


def option_lines(options):
    lines = []
    for option in options:
        names = ", ".join(f"**{name}**" for name in option["names"])
        value = f" *{plain(option['value'])}*" if option["value"] else ""
        about = plain(option["about"])
        if option["one_of"]:
            about += ": " + ", ".join(plain(one) for one in option["one_of"])
        if option["required"]:
            about += " (required)"
        lines += [names + value, ": " + about, ""]
    return lines


def argument_shown(argument):
    shown = f"*{plain(argument['name'])}*" + ("..." if argument["many"] else "")
    return shown if argument["required"] else f"[{shown}]"


def own_options(word):
    return [option for option in word["options"] if "--help" not in option["names"]]


def word_lines(word, path):
    path = [*path, word["name"]]
    lines = []
    if not word["words"]:
        shown = " ".join([f"**{' '.join(path)}**", *map(argument_shown, word["arguments"])])
        lines += [f"### {shown}", "", plain(word["about"][:1].upper() + word["about"][1:]) + ".", ""]
        for argument in word["arguments"]:
            about = plain(argument["about"])
            if argument["one_of"]:
                about += ("; " if about else "") + "one of " + ", ".join(argument["one_of"])
            if about:
                lines += [f"*{plain(argument['name'])}*", ": " + about, ""]
        lines += option_lines(own_options(word))
    for below in word["words"]:
        lines += word_lines(below, path)
    return lines


def words_of(program):
    done = subprocess.run([program, "command-words"], stdout=subprocess.PIPE, text=True, check=True, timeout=60)
    return json.loads(done.stdout)


def words_text(program):
    root = words_of(program)
    lines = ["## Options", "", *option_lines(root["options"])]
    if root["options_anywhere"]:
        lines += ["These may also stand behind the command.", ""]
    lines += ["## Commands", ""]
    for word in root["words"]:
        lines += word_lines(word, [])
    return "\n".join(lines)


def linked(text, folder, by_source):
    def replaced(match):
        target = match[2].split("#")[0]
        if re.match(r"[a-z]+:", target) or not target:
            return match[0]
        page = by_source.get(os.path.relpath(os.path.join(ROOT, folder, target), ROOT))
        return page.shown() if page else match[1]
    return LINK.sub(replaced, text)


def of_markdown(text, folder, by_source):
    """Without the title and the tests' marks; what a link points to becomes its page; headings one level up."""
    lines = []
    in_code = False
    for line in text.splitlines():
        if FENCE.match(line):
            in_code = not in_code
        elif not in_code:
            if line.startswith("# ") and not any(lines):
                continue
            if line.startswith("<!--"):
                continue
            line = linked(re.sub(r"^#(#+ )", r"\1", line), folder, by_source)
            if line.startswith("# "):  # as sections of a manual are
                line = line.upper()
        lines.append(line)
    lines = with_tables(lines)
    # A page begins with a section.
    first = next(line for line in lines if line.strip())
    return "\n".join(lines if first.startswith("# ") else ["# DESCRIPTION", "", *lines])


def cells_of(row):
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", row.strip().strip("|"))]


def table_lines(rows):
    """As it stands where it fits on a terminal; else each row as a paragraph below its first cell."""
    head, *cells = [cells_of(row) for index, row in enumerate(rows) if index != 1]
    width = sum(max(len(row[column]) for row in [head, *cells] if column < len(row)) + 5 for column in range(len(head)))
    if width <= TABLE_WIDTH_MAX:
        return rows
    lines = []
    for first, *rest in cells:
        told = [f"{name}: {cell}" if len(head) > 2 and name else cell for name, cell in zip(head[1:], rest) if cell]
        lines += [first or "-", ": " + ("; ".join(told) or "-"), ""]
    return lines


def with_tables(lines):
    made, rows = [], []
    in_code = False
    for line in [*lines, ""]:
        in_code ^= bool(FENCE.match(line))
        if line.startswith("|") and not in_code:
            rows.append(line)
            continue
        if rows:
            made += table_lines(rows)
            rows = []
        made.append(line)
    return made


def body(page, programs, by_source):
    with open(os.path.join(ROOT, page.source), encoding="utf-8") as file:
        text = file.read()
    if page.source.endswith(".yaml"):
        return (f"# DESCRIPTION\n\n*/etc/packwarden/{os.path.basename(page.source)}* as it is installed; what it says of each key "
                f"holds for every such file.\n\n```\n{text}```\n")
    if "@WORDS@" in text:
        text = text.replace("@WORDS@", words_text(programs[page.name]))
    return of_markdown(text, os.path.dirname(page.source), by_source)


def main():
    out, daemon, ctl = sys.argv[1:]
    programs = {"packwardend": daemon, "packctl": ctl}
    all_pages = pages()
    by_source = {page.source: page for page in all_pages}
    os.makedirs(out, exist_ok=True)
    for page in all_pages:
        text = f"# NAME\n\n{page.name} - {page.about}\n\n{body(page, programs, by_source)}\n"
        made = subprocess.run(
            ["lowdown", "-s", "-tman", "--nroff-nolinks", "--out-no-smarty", "--parse-no-metadata", "--parse-no-super", "-Msource=Packwarden",
             "-Mvolume=Packwarden", f"-Mtitle={page.name.upper()}", f"-Msection={page.section}"],
            input=text, stdout=subprocess.PIPE, text=True, check=True, timeout=60).stdout
        # Not stretched to an even right margin, which a narrow column of a table cannot have.
        made = re.sub(r"(?m)^(\.TH .*)$", r"\1\n.ad l", made, count=1)
        with open(os.path.join(out, f"{page.name}.{page.section}"), "w", encoding="utf-8") as file:
            file.write(made)


if __name__ == "__main__":
    main()
