"""The commands of README and docs/OPERATIONS.md that are for a host, run there as they are written."""

import pathlib
import re
import sys

from report import Failure

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "docs"))

import blocks  # noqa: E402

import debs  # noqa: E402


class Manual:
    """Scenes by name, each in one shell of root, in the folder with the packages at first."""

    def __init__(self, host):
        self.host = host
        self.shells = {}
        self.ran = set()

    def scenes(self):
        """In the order in which the pages have them."""
        return list(dict.fromkeys(block.scene for block in blocks.blocks("host")))

    def debian_packages(self):
        """Names of those that its commands install from Debian."""
        lines = [line.split() for block in blocks.blocks("host") for line in block.text.splitlines()]
        return sorted({word for words in lines if words[:2] == ["apt-get", "install"] for word in words[2:]
                       if re.fullmatch(r"[a-z0-9][a-z0-9.+-]+", word)})

    def run(self, scene, first=1, last=None):
        """Its steps `first` to `last` (default: all from there on); what they print."""
        found = [block for block in blocks.scene(scene, "host") if block.step >= first and (not last or block.step <= last)]
        if not found:
            raise Failure(f"the pages have no commands {scene}-{first} for a host")
        if scene not in self.shells:
            self.shells[scene] = blocks.Shell(prefix=self.host.enter(debs.THERE))
        printed = ""
        for block in found:
            try:
                text = self.shells[scene].run(block.text)
            except RuntimeError as error:
                raise Failure(f"{block.where}: {error}") from None
            shown = blocks.shown(block.name)
            if shown is not None and not blocks.same_output(shown, text):
                raise Failure(f"{block.where}: {block.name} prints\n{text}\nand the page shows\n{shown}")
            printed += text
            self.ran.add(block.name)
        return printed

    def again(self, scene, first=1, last=None):
        """As run(), by another person's shell."""
        self.close(scene)
        return self.run(scene, first, last)

    def left_out(self):
        """Names of the blocks for a host that were not run."""
        return [block.name for block in blocks.blocks("host") if block.name not in self.ran]

    def close(self, scene=None):
        """Its shell, or all of them: before the host is switched off."""
        for name in [scene] if scene else list(self.shells):
            shell = self.shells.pop(name, None)
            if shell:
                shell.close()
