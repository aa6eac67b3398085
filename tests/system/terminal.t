#!/usr/bin/env -S python3 -B
"""On terminals: their width, whatever is written in them, colours, pagers. Paths and commands, which are copied, are
the only things that a line may be too short for."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
import terminal  # noqa: E402
from handbook import Handbook  # noqa: E402
from story import Story, World  # noqa: E402

WIDE = "content/漢字の名前の長い記事についての文章と図.md"
LONG = "content/oncology/a-rather-long-folder-name/with-a-long-file-name-too.md"
TITLE = "心臓病の薬についての長い題名であり続ける題名 e\u0301\u0323 😀 and its end"
REASON = "The dose in the second table is that of the old label, and 相互作用 is missing altogether 🙂."


def begin(world):
    people = (world.person("onc1", "Oncologist One", "one@board.example"),
              world.person("onc2", "Oncologist Two", "two@board.example"),
              world.person("ed1", "Editor One", "editor@board.example", roles=("editor",)))
    book = Handbook(world, people, rules=[{"paths": ["**"], "approvals": 2}])
    book.write(LONG, "content/b.md")
    book.once()
    book.write(WIDE, text=f"# {TITLE}\n\n{'word 語 ' * 40}\n")
    book.once()
    book.decide(people[0], "claim", "content/b.md")
    book.decide(people[1], "request-changes", "content/b.md", message=REASON)
    book.approve(*people[:2], article=LONG)
    book.once()
    clone = world.clone(book.bare, "reader")
    clone.pull()
    for key, value in (("user.email", "one@board.example"), ("user.signingkey", f"{people[0].key}.pub")):
        clone.git("config", key, value)
    return book, clone


class Seat:
    def __init__(self, world, book, clone):
        self.world, self.clone = world, clone
        self.env = {"IMPRIMATUR_NOW": book.after(days=5), "PAGER": "cat"}

    def types(self, *words, size=(40, 80), env=None, **more):
        return terminal.run(self.world, self.world.program, *words, size=size, cwd=self.clone.path,
                            env=self.env | (env or {}), **more)


def is_copied(line):
    return any(part in line for part in ("git commit", "--trailer", "git push", WIDE, LONG)) and not line.startswith("Submitted")


def widths(story, seat):
    verbs = [["status"], ["status", "content/b.md", WIDE, LONG], ["explain", "content/b.md"], ["explain", WIDE], ["log"],
             ["log", WIDE], ["--help"], *([verb, "--help"] for verb in ("status", "approve", "init", "check", "explain"))]
    for columns in (80, 60):
        wide = [line for verb in verbs for line in terminal.plain(seat.types(*verb, size=(40, columns))[1]).splitlines()
                if terminal.columns(line) > columns and not is_copied(line)]
        story.equal(wide, [], f"tables, sentences and help fit {columns} columns")
    seat.clone.edit("content/b.md", "---\nreviewers: [nobdy]\nreview-in: 3 months\n---\n# B\n")
    found = terminal.plain(seat.types("check", "content/b.md", size=(40, 60))[1]).splitlines()
    story.ok(len(found) > 2 and all(terminal.columns(line) <= 60 for line in found)
             and all(line.startswith(("content/b.md:", "    ")) for line in found[:-1]),
             "what check finds is broken between words", found)
    piped = seat.world.imprimatur("-C", seat.clone.path, "check", "content/b.md").out.splitlines()
    story.ok(piped and all(line.startswith("content/b.md:") for line in piped[:-1]), "  and stays one line each for programs", piped)
    seat.clone.git("checkout", "-q", "content/b.md")
    nothing = seat.world.clone(seat.world.bare("nothing"), "nothing")
    said = terminal.run(seat.world, seat.world.program, "status", size=(40, 80), cwd=nothing.path)[1].splitlines()
    story.ok(len(said) > 3 and all(terminal.columns(line) <= 80 for line in said) and "  imprimatur setup" in said,
             "an error is broken between words too, and what it tells to type is not", said)
    table = terminal.plain(seat.types("status", size=(40, 60))[1]).splitlines()
    story.ok(table[0].split() == ["STATE", "OK", "WAITING", "FOR", "ARTICLE"] and any("についての文章と図.md" in line for line in table),
             "in 60 columns the table has fewer, and the path keeps its room", table)
    status, said = seat.types("comment", LONG, "-m", "A word", size=(40, 60))
    story.equal((status, "this text was approved before" in said), (0, True), "a decision shows what it is about")
    seat.clone.edit(LONG, "# Other\n\n" + "Written again in 長い行 " * 20 + "\n")
    seat.clone.git("push", "-q", "origin", "main")
    seat.clone.git("fetch", "-q")
    said = terminal.plain(seat.types("comment", LONG, "-m", "A word", size=(40, 60))[1])
    changed = said.partition("changed since")[2].splitlines()[1:]
    story.ok(any("{+Other+}" in line for line in changed) and len(changed) > 8
             and all(terminal.columns(line) <= 60 or is_copied(line) for line in changed),
             "with what changed, broken between words", said)


def colours(story, seat):
    story.ok("\x1b[32mApproved" in seat.types("status")[1], "a terminal has colours")
    for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        for verb in (["status"], ["log"], ["explain", "content/b.md"], ["comment", LONG, "-m", "A word"]):
            story.ok("\x1b" not in seat.types(*verb, env=env)[1], f"{verb[0]} has none with {env}")
    story.ok("\x1b[" in seat.types("status", env={"NO_COLOR": ""})[1], "an empty NO_COLOR does not count")


def locales(story, seat):
    """What the program itself says is ASCII, so that it can be shown everywhere; what people wrote is as it was."""
    for locale in ("C", "POSIX", "de_DE.ISO-8859-1", "nonsense"):
        env = {"LC_ALL": locale, "LANG": locale}
        said = "".join(seat.types(*verb, env=env)[1] for verb in (
            ["status", "content/b.md"], ["log", "content/b.md"], ["--help"], ["init", "A <a@b.example> none.pub"],
            ["-c", "none.json", "status"], ["status", "content/none.md"]))
        ours = said.replace("相互作用", "").replace("🙂", "").replace("長い行", "")
        story.ok(ours.isascii() and "Oncologist Two" in ours, f"our own words are ASCII with {locale}",
                 [line for line in ours.splitlines() if not line.isascii()])
        table = terminal.plain(seat.types("status", size=(40, 60), env=env)[1])
        story.ok(all(terminal.columns(line) <= 60 for line in table.splitlines()), "  and the table fits", table)


def pagers(story, world, seat):
    pager = world.root / "pager"
    pager.write_text('#!/bin/sh\nprintf "PAGER %s %s\\n" "$LESS" "$1"\nexec cat\n')
    pager.chmod(0o755)
    ours = {"PAGER": str(pager)}
    seat.env["GIT_PAGER"] = None
    for verb in (["status"], ["log"], ["explain", "content/b.md"], ["comment", LONG, "-m", "A word"]):
        story.ok(seat.types(*verb, env=ours)[1].startswith("PAGER FRX "), f"{verb[0]} is read in a pager")
        story.ok("PAGER" not in seat.types("--no-pager", *verb, env=ours)[1], "  but not with --no-pager")
    seat.clone.git("config", "core.pager", f"'{pager}' git")
    story.ok("PAGER FRX git" in seat.types("status")[1], "it is git's: core.pager")
    story.ok("PAGER S env" in seat.types("status", env={"GIT_PAGER": f"{pager} env", "LESS": "S"})[1],
             "  or GIT_PAGER, and LESS as it is set")
    story.ok("PAGER" not in seat.types("--json", "status")[1], "never for programs")
    story.ok("PAGER" not in world.imprimatur("-C", seat.clone.path, "status").out, "nor where there is no terminal")
    story.ok("Submitted" in seat.types("status", env={"GIT_PAGER": "no-such-pager -x"})[1],
             "one that is not there is left out")
    status, said = seat.types("log", env={"GIT_PAGER": "head -n 1"})
    story.ok(status == 0 and len(said.splitlines()) == 1, "leaving it early is not an error, and quiet", (status, said))
    status, said = seat.types("comment", LONG, "-m", "A word", env={"GIT_PAGER": "true"})
    story.ok(status == 0 and "on the branch" in said, "  and what comes behind it is said", (status, said))
    status, said = seat.types("explain", "content/b.md", env={"GIT_PAGER": "less"})
    story.ok(status == 1 and "is not Approved" in said, "less leaves what fits the screen to itself; the exit status stays",
             (status, said))
    seat.clone.git("config", "--unset", "core.pager")


with Story("On terminals") as tale, World() as here:
    seated = Seat(here, *begin(here))
    widths(tale, seated)
    colours(tale, seated)
    locales(tale, seated)
    pagers(tale, here, seated)
