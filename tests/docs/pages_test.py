"""Links and anchors of all pages lead somewhere, and each block of commands of README and OPERATIONS is run by somebody."""

import pathlib
import re
import subprocess
import unittest

import blocks

LINK = re.compile(r"(?<!!)\[[^\]\[]*\]\(([^)\s]+)\)")
IMAGE = re.compile(r"!\[[^\]]*\]\(([^)\s]+)\)")


def without_code(text):
    """Without fenced blocks and code spans: what stands in them is no link and no heading."""
    kept, closing = [], None
    for line in text.splitlines():
        fence = blocks.FENCE.match(line)
        if closing:
            if line.strip() == closing:
                closing = None
        elif fence:
            closing = fence[2]
        else:
            kept.append(line)
    return "\n".join(kept)


def anchors(text):
    """As GitHub makes them of headings: lower case, punctuation away, spaces to dashes, a number behind those that come again."""
    found, times = set(), {}
    for line in without_code(text).splitlines():
        heading = re.match(r"#{1,6} +(.*?) *#*\Z", line)
        if heading:
            plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading[1]).replace("`", "")
            slug = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
            times[slug] = times.get(slug, -1) + 1
            found.add(f"{slug}-{times[slug]}" if times[slug] else slug)
        found.update(re.findall(r'<a (?:id|name)="([^"]+)"', line))
    return found


def pages():
    listed = subprocess.run(["git", "-C", str(blocks.ROOT), "ls-files", "-z", "--cached", "--others",
                             "--exclude-standard", "*.md"], capture_output=True, check=False)
    if listed.returncode == 0:
        return sorted(pathlib.Path(name) for name in listed.stdout.decode().split("\0") if name)
    return sorted(path.relative_to(blocks.ROOT) for path in blocks.ROOT.rglob("*.md")
                  if "build" not in path.relative_to(blocks.ROOT).parts)


def broken_links(page, text, read):
    """`read` gives the text of a path below the root; None where there is nothing; "" of a folder or what is no page."""
    said = []
    prose = re.sub(r"`[^`\n]*`", "", without_code(text))
    for target in LINK.findall(prose) + IMAGE.findall(prose):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        whole = (pathlib.Path("/") / page.parent / path).as_posix() if path else f"/{page}"
        resolved = pathlib.PurePosixPath(*[part for part in _normal(whole)])
        content = read(resolved) if path else text
        if content is None:
            said.append(f"{page}: {target} leads nowhere")
        elif anchor and anchor not in anchors(content):
            said.append(f"{page}: {target}: there is no such heading")
    return said


def _normal(path):
    parts = []
    for part in path.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    return parts or ["."]


def on_disk(path):
    full = blocks.ROOT / path
    if not full.exists():
        return None
    return full.read_text(encoding="utf-8") if full.suffix == ".md" else ""


def section(text, title):
    """What stands under a heading of the second level."""
    return text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


class Pages(unittest.TestCase):
    def test_every_link_and_anchor_leads_somewhere(self):
        self.assertIn(pathlib.Path("README.md"), pages())
        said = [sentence for page in pages() if (blocks.ROOT / page).exists()
                for sentence in broken_links(page, (blocks.ROOT / page).read_text(encoding="utf-8"), on_disk)]
        self.assertEqual(said, [])

    def test_every_block_of_commands_is_run_by_somebody(self):
        self.assertEqual(blocks.faults(blocks.blocks()), [])
        self.assertNotEqual(blocks.blocks("sandbox"), [])

    def test_what_ci_runs_is_what_the_pages_say(self):
        runs = (blocks.ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()
        for block in blocks.blocks("ci"):
            for line in block.text.splitlines():
                self.assertIn(line.partition("#")[0].strip(), runs, block.where)

    def test_every_alert_has_its_remedy_and_every_remedy_its_alert(self):
        metrics = section((blocks.ROOT / "docs/METRICS.md").read_text(encoding="utf-8"), "The alerts")
        alerts = re.findall(r"^\| `(Packwarden\w+)` \|", metrics, re.MULTILINE)
        manual = section((blocks.ROOT / "docs/OPERATIONS.md").read_text(encoding="utf-8"), "Alerts")
        self.assertGreater(len(alerts), 10)
        self.assertEqual(re.findall(r"^### (Packwarden\w+)$", manual, re.MULTILINE), alerts)
        rules = (blocks.ROOT / "config/prometheus/packwarden.rules.yaml").read_text(encoding="utf-8")
        self.assertEqual(set(re.findall(r"^ *-? *alert: (\w+)", rules, re.MULTILINE)), set(alerts))


class Faults(unittest.TestCase):
    """What these tests are there to find is found."""

    def test_links_that_lead_nowhere(self):
        there = {pathlib.PurePosixPath("docs/A.md"): "# One (thing), `two`\n```sh\n# no heading\n```\n## One\n## One\n"}
        good = "[a](docs/A.md#one-thing-two) [b](docs/A.md#one) [c](docs/A.md#one-1) [d](https://x.org/y) [e](#here)\n# Here\n"
        self.assertEqual(broken_links(pathlib.Path("README.md"), good, there.get), [])
        self.assertEqual(broken_links(pathlib.Path("docs/B.md"), "[a](A.md) [b](../docs/A.md)", there.get), [])
        for bad in ("[a](docs/B.md)", "[a](docs/A.md#no-heading)", "[a](docs/A.md#one-2)", "[e](#there)", "![x](x.png)"):
            self.assertEqual(len(broken_links(pathlib.Path("README.md"), bad, there.get)), 1, bad)

    def test_blocks_that_nobody_runs(self):
        good = ("<!-- run: sandbox a-1 -->\n```sh\ntrue\n```\n\n<!-- shows: a-1 -->\n```text\nyes\n```\n```json\n{}\n```\n"
                "<!-- places: host b-1 -->\n```sh\nDATA=/var/lib  # where\n```\n")
        self.assertEqual(blocks.faults(blocks.read("x.md", good)), [])
        for bad in ("```\npackctl status\n```\n", "```sh\npackctl status\n```\n", "```console\n$ ls\n```\n",
                    "<!-- run: nobody a-1 -->\n```sh\ntrue\n```\n", "<!-- run: sandbox a-2 -->\n```sh\ntrue\n```\n",
                    "<!-- run: sandbox a-1 -->\n```json\n1\n```\n", "<!-- shows: a-1 -->\n```text\nyes\n```\n",
                    "<!-- places: host a-1 -->\n```sh\nrm -r /\n```\n",
                    "<!-- run: sandbox a-1 -->\n```sh\ntrue\n```\n<!-- run: host a-2 -->\n```sh\ntrue\n```\n"):
            self.assertNotEqual(blocks.faults(blocks.read("x.md", bad)), [], bad)
        for broken in ("```sh\ntrue\n", "<!-- run: sandbox -->\n```sh\ntrue\n```\n"):
            with self.assertRaises(ValueError):
                blocks.read("x.md", broken)

    def test_a_shell_keeps_what_was_set_and_ends_with_the_first_failure(self):
        with blocks.Shell() as shell:
            self.assertEqual(shell.run("x=1; printf 'no newline'"), "no newline")
            self.assertEqual(shell.run('for i in a b; do\n  echo "$i$x"\ndone; cat'), "a1\nb1\n")
            with self.assertRaisesRegex(RuntimeError, "status 1"):
                shell.run("false\ntrue")
        for bad in ("true | false | true", "echo $not_set", "(exit 3)", "echo `"):
            with blocks.Shell() as shell, self.assertRaises(RuntimeError):
                shell.run(bad)

    def test_output_is_the_same_but_for_what_differs_each_time(self):
        page = "2026-11-22 21:59:58 +08:00  acme   1,000\n-----  --\n"
        self.assertTrue(blocks.same_output(page, "2027-01-02T03:04:05.123456Z acme 1,000\n--------- ----\n"))
        self.assertFalse(blocks.same_output(page, "2027-01-02T03:04:05.123456Z acme 1,001\n--------- ----\n"))


if __name__ == "__main__":
    unittest.main()
