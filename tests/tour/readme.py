"""The commands of README.md, in the order in which they stand there: what is typed is what is written."""

import re

from story import ROOT


class Readme:
    def __init__(self):
        text = (ROOT / "README.md").read_text()
        self.sections = {part.partition("\n")[0]: part.partition("\n")[2] for part in re.split(r"^## ", text, flags=re.M)}
        self.typed = set()

    def blocks(self, section):
        """The indented texts of a section, without their indentation."""
        found = re.findall(r"(?:^    .*\n(?:\n(?=    ))?)+", self.sections[section], re.M)
        return [re.sub(r"^    ", "", block, flags=re.M) for block in found]

    def block(self, section, beginning):
        """One that is no commands: a file."""
        return next(block for block in self.blocks(section) if block.startswith(beginning))

    def commands(self, section):
        """Each with its lines of continuation."""
        lines = []
        for block in self.blocks(section):
            if not block.startswith(("---", "{")):
                lines += re.findall(r"(?:.*\\\n)*(?:.*(?:\([^)\n]*\n)?.+)\n", block)
        return [re.sub(r" +# .*", "", line).strip("\n") for line in lines]

    def command(self, section, beginning):
        """The command of a section that begins so. There has to be one."""
        for command in self.commands(section):
            if command.startswith(beginning):
                self.typed.add((section, command))
                return command
        raise LookupError(f"README.md, {section}: nothing begins with {beginning}")

    def untyped(self, *sections):
        return [(section, command) for section in sections for command in self.commands(section)
                if (section, command) not in self.typed]
