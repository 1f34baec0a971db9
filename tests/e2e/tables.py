"""Plain tables for people: right widths for Chinese text, colours only on a terminal."""

import os
import sys
import unicodedata

ON_TERMINAL = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
WIDTH = 100


def paint(text, code):
    return f"\x1b[{code}m{text}\x1b[0m" if ON_TERMINAL else text


def bold(text):
    return paint(text, "1")


def dim(text):
    return paint(text, "2")


def good(text):
    return paint(text, "32")


def wrong(text):
    return paint(text, "31")


def width(text):
    """Columns that a terminal needs for plain text."""
    return sum(0 if unicodedata.combining(letter)
               else 2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def clip(text, columns):
    """Text cut to so many columns, with an ellipsis where it was longer."""
    if width(text) <= columns:
        return text
    while width(text) > columns - 1:
        text = text[:-1]
    return text + "…"


def number(value):
    return f"{value:,}" if isinstance(value, int) else str(value)


def bar(part, whole, columns=20):
    """How much of the whole, with eighths of a column."""
    eighths = 0 if whole <= 0 else part * columns * 8 // whole
    text = "█" * (eighths // 8)
    if eighths % 8:
        text += "▏▎▍▌▋▊▉"[eighths % 8 - 1]
    return text + "░" * (columns - width(text))


def wrap(text, columns):
    """Lines of at most so many columns; Chinese text may break anywhere, other text at blanks."""
    lines, line = [], ""
    words = text.split(" ") if width(text) == len(text) else list(text)
    joint = " " if width(text) == len(text) else ""
    for word in words:
        longer = line + joint + word if line else word
        if line and width(longer) > columns:
            lines.append(line)
            longer = word
        line = longer
    return [*lines, line]


def table(headings, rows, indent=4):
    """Numbers (int) to the right with thousands separators, all else to the left."""
    texts = [[number(value) for value in row] for row in rows]
    right = [bool(rows) and all(isinstance(row[i], int) or row[i] == "" for row in rows)
             for i in range(len(headings))]
    widths = [max([width(headings[i]), *(width(row[i]) for row in texts)])
              for i in range(len(headings))]

    def line(values):
        cells = []
        for value, columns, to_right in zip(values, widths, right):
            blanks = " " * (columns - width(value))
            cells.append(blanks + value if to_right else value + blanks)
        return " " * indent + "  ".join(cells).rstrip()

    print(dim(line(headings)))
    print(dim(" " * indent + "  ".join("─" * columns for columns in widths)))
    for row in texts:
        print(line(row))


class Steps:
    """Headings, ticks, and a line of progress that is written over on a terminal."""

    def __init__(self):
        self.count, self.open_line = 0, False

    def heading(self, text):
        self.count += 1
        print(f"\n {bold(f'{self.count}')}  {bold(text)}\n", flush=True)

    def done(self, text):
        self.clear()
        print(f"    {good('✓')} {text}", flush=True)

    def failed(self, text):
        self.clear()
        print(f"    {wrong('✗')} {text}", flush=True)

    def progress(self, text):
        if ON_TERMINAL:
            print(f"\r\x1b[K    {clip(text, WIDTH - 5)}", end="", flush=True)
            self.open_line = True

    def clear(self):
        if self.open_line:
            print("\r\x1b[K", end="")
            self.open_line = False
