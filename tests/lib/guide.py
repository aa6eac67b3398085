"""The commands of README.md and of imprimatur-tutorial(7), in the order in which they stand there: what is typed is what
is written."""

import re

from story import ROOT

README, TUTORIAL = ROOT / "README.md", ROOT / "daemon/man/imprimatur-tutorial.7"


def _indented(text):
    """The indented texts of a chapter of Markdown, without their indentation."""
    found = re.findall(r"(?:^    .*\n(?:\n(?=    ))?)+", text, re.M)
    return [re.sub(r"^    ", "", block, flags=re.M) for block in found]


def _displays(text):
    """The literal displays of a chapter of mdoc, as a reader sees them."""
    found = re.findall(r"^\.Bd -literal[^\n]*\n(.*?)^\.Ed$", text, re.M | re.S)
    return [re.sub(r"\\&|\\(e)", lambda escape: "\\" if escape[1] else "", block) for block in found]


class Guide:
    """One of the two. A chapter is called by its heading."""

    def __init__(self, file):
        self.name = file.name
        heading, self._displayed = (r"^## ", _indented) if file.suffix == ".md" else (r"^\.Sh ", _displays)
        self.chapters = {part.partition("\n")[0]: part.partition("\n")[2]
                         for part in re.split(heading, file.read_text(), flags=re.M)}
        self.typed = set()

    def blocks(self, chapter):
        return self._displayed(self.chapters[chapter])

    def block(self, chapter, beginning):
        """One that does not hold commands, but a file or what is seen."""
        return next(block for block in self.blocks(chapter) if block.startswith(beginning))

    def commands(self, chapter):
        """Each with its lines of continuation."""
        lines = []
        for block in self.blocks(chapter):
            if not block.startswith(("---", "{", "\"", "$ ")):
                lines += re.findall(r"(?:.*[\\|]\n)*(?:.*(?:\([^)\n]*\n)?.+)\n", block)
        return [re.sub(r" +# .*", "", line).strip("\n") for line in lines]

    def command(self, chapter, beginning):
        """The command of a chapter that begins so, or is just that. There has to be one."""
        found = [command for command in self.commands(chapter) if self.begins(command, beginning)]
        if found:
            command = beginning if beginning in found else found[0]
            self.typed.add((chapter, command))
            return command
        raise LookupError(f"{self.name}, {chapter}: nothing begins with {beginning}")

    @staticmethod
    def begins(command, *beginnings):
        """Whether it does, wherever its lines are broken."""
        return re.sub(r" \\\n *", " ", command).startswith(beginnings)

    def untyped(self, *chapters):
        return [(chapter, command) for chapter in chapters for command in self.commands(chapter)
                if (chapter, command) not in self.typed]
