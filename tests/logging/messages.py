"""docs/MESSAGES.md, daemon/logging/events.h, systemd/packwarden.catalog and the code have to say the same.

    messages.py          prints what does not fit together, and ends with 1 if anything does not
    messages.py --write  puts level and id of each event into the page, and makes the catalogue from it
"""
import collections
import pathlib
import re
import sys
import textwrap

ROOT = pathlib.Path(__file__).parents[2]
EVENTS, PAGE, CATALOGUE = "daemon/logging/events.h", "docs/MESSAGES.md", "systemd/packwarden.catalog"

EVENT = re.compile(r'Event\s+(\w+)\s*\{\s*"([^"]*)",\s*"([^"]*)",\s*LogLevel::(\w+)\s*\}')
SECTION = re.compile(r"^### (\w+): (.+)\n\n(?:(\w+) `(\w*)`\n\n)?((?:(?!#).*\n)*)", re.M)
USE = re.compile(r"events::(\w+)")
HEAD = """# What packwardend says in the journal, for `journalctl -x`: https://systemd.io/CATALOG
# Made from docs/MESSAGES.md by tests/logging/messages.py --write.
"""

Event = collections.namedtuple("Event", "name id level")
Section = collections.namedtuple("Section", "name subject level id text")


def events_of(text):
    return [(found[1], Event(*found.groups()[1:])) for found in EVENT.finditer(text)]


def sections_of(text):
    return [Section(*found.groups()) for found in SECTION.finditer(text)]


def wrapped(text):
    return "\n\n".join(textwrap.fill(part, 80, break_long_words=False, break_on_hyphens=False)
                       for part in text.strip().split("\n\n"))


def catalogue_of(events, sections):
    ids = {event.name: event.id for _, event in events}
    entries = [f"\n-- {ids[one.name]}\nSubject: {one.subject[0].upper()}{one.subject[1:]}\nDefined-By: Packwarden\n\n"
               f"{wrapped(one.text)}\n" for one in sections if one.name in ids]
    return HEAD + "".join(entries)


def with_levels_and_ids(page, events):
    of = {event.name: event for _, event in events}

    def section(found):
        name, subject, _, _, text = found.groups()
        if name not in of:
            return found[0]
        return f"### {name}: {subject}\n\n{of[name].level} `{of[name].id}`\n\n{text}"

    return SECTION.sub(section, page)


def faults_of(files):
    """Of {path: text}: the three above, and the sources below daemon/."""
    events, page = events_of(files[EVENTS]), files[PAGE]
    sections = {one.name: one for one in sections_of(page)}
    faults = []
    if len(events) != files[EVENTS].count("inline constexpr Event "):
        faults.append(f"{EVENTS}: not every event is written as the others are")
    for variable, event in events:
        if variable != event.name:
            faults.append(f"{EVENTS}: {variable} has the name {event.name}")
        if not re.fullmatch("[0-9a-f]{32}", event.id):
            faults.append(f"{EVENTS}: the id of {event.name} is not what systemd-id128 new gives")
        section = sections.get(event.name)
        if section is None or not section.text.strip():
            faults.append(f"{PAGE}: {event.name} has no explanation: write `### {event.name}: SUBJECT` and what to do")
        elif (section.level, section.id) != (event.level, event.id):
            faults.append(f"{PAGE}: {event.name} is {event.level} `{event.id}`: run tests/logging/messages.py --write")
    for id_, count in collections.Counter(event.id for _, event in events).items():
        if count > 1:
            faults.append(f"{EVENTS}: {count} events have the id {id_}")
    names = [event.name for _, event in events]
    faults += [f"{PAGE}: there is no event {name}" for name in sections if name not in names]
    if files[CATALOGUE] != catalogue_of(events, sections.values()):
        faults.append(f"{CATALOGUE}: is not what {PAGE} says: run tests/logging/messages.py --write")
    used = {name for path, text in files.items() if path.startswith("daemon/") for name in USE.findall(text)}
    faults += [f"{EVENTS}: nobody writes {name}" for name in names if name not in used]
    return faults


def read(root):
    paths = [root / EVENTS, root / PAGE, root / CATALOGUE, *(root / "daemon").rglob("*.cc"),
             *(root / "daemon").rglob("*.h")]
    return {str(path.relative_to(root)): path.read_text() if path.exists() else "" for path in paths}


def main():
    files = read(ROOT)
    if sys.argv[1:] == ["--write"]:
        events = events_of(files[EVENTS])
        page = with_levels_and_ids(files[PAGE], events)
        (ROOT / PAGE).write_text(page)
        (ROOT / CATALOGUE).write_text(catalogue_of(events, sections_of(page)))
        files = read(ROOT)
    faults = faults_of(files)
    print("\n".join(faults))
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
