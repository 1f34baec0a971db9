"""The commands of README and docs/OPERATIONS.md that are for a host, run there as they are written."""

import pathlib
import re
import sys

from report import Failure, check_equal

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "docs"))

import blocks  # noqa: E402

import debs  # noqa: E402


class Manual:
    """Scenes by name, each in one shell of root, in the folder with the packages at first."""

    def __init__(self, host):
        self.host = host
        self.shells = {}
        self.ran = set()

    def debian_packages(self):
        """Names of those that its commands install from Debian."""
        lines = [line.split() for block in blocks.blocks("host") for line in block.text.splitlines()]
        return sorted({word for words in lines if words[:2] == ["apt-get", "install"] for word in words[2:]
                       if re.fullmatch(r"[a-z0-9][a-z0-9.+-]+", word)})

    def run(self, scene, first=1, last=None):
        """Its steps `first` to `last` (default: all from there on); what they print."""
        found = [block for block in blocks.scene(scene, "host") if block.step >= first and (not last or block.step <= last)]
        if not found:
            raise Failure(f"the pages have no commands {scene}-{first}")
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
        """As run(), in another person's shell."""
        self.close(scene)
        return self.run(scene, first, last)

    def no_command_for_a_host_is_left_out(self):
        """Failure where a block for a host was not run."""
        check_equal([block.name for block in blocks.blocks("host") if block.name not in self.ran], [],
                    "commands of the manual that no scenario has run")
        return f"{len(self.ran)} blocks of commands were run as written"

    def close(self, scene=None):
        """Its shell, or all of them: before the host is switched off."""
        for name in [scene] if scene else list(self.shells):
            shell = self.shells.pop(name, None)
            if shell:
                shell.close()
