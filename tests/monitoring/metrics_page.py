"""docs/METRICS.md as tables: what it says of metrics and alerts."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/METRICS.md"


def rows(first_column):
    """The rows of the table whose head begins with this word, as lists of cells."""
    lines = PAGE.read_text().splitlines()
    begin = next(i for i, line in enumerate(lines) if line.startswith(f"| {first_column} |"))
    found = []
    for line in lines[begin + 2:]:
        if not line.startswith("|"):
            break
        found.append([cell.strip() for cell in line.strip("|").split("|")])
    return found


def metrics():
    """name -> (type, set of labels)."""
    return {name.strip("`"): (kind, set() if labels == "-" else set(labels.split(", ")))
            for name, kind, labels, _, _ in rows("metric")}


def alerts():
    """name -> severity."""
    return {name.strip("`"): severity for name, severity, _ in rows("alert")}


def metrics_in(expression):
    """The names of our metrics in PromQL, as the page has them."""
    return {re.sub(r"_(bucket|count|sum)$", "", name)
            for name in re.findall(r"\b(?:packwarden|process)_[a-z_]+\b(?!=)", expression)}
