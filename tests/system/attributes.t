#!/usr/bin/env -S python3 -B
"""What git stores is not always what lies on disk: line ends and encodings of .gitattributes. What is stored is what is
checked, signed and approved."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from story import Story, World  # noqa: E402

NOW = "2026-11-24T09:00:00Z"
ARTICLE = "content/a.md"
TEXT = "---\ntitle: A\n---\n# A\n\nText.\n"


class Desk:
    def __init__(self, story, world):
        self.story, self.world = story, world
        self.gp1 = world.person("gp1", "Practitioner One", "gp@board.example")
        self.bare, self.author = world.handbook([self.gp1])
        self.config = world.configure(self.bare)
        self.version = 1

    def check(self, clone, *arguments):
        return self.world.imprimatur("-C", clone, "check", *arguments, now=NOW)

    def attributes(self, text):
        self.author.edit(".gitattributes", text)
        self.author.push()

    def clone(self, name, *options):
        path = self.world.root / "clones" / name
        self.world.run("git", "clone", "-q", *options, self.bare, path)
        return path

    def sign_next(self, clone):
        """The next version, typed into the work tree as the editor finds it there; whether it takes effect."""
        self.version += 1
        path = clone / ".imprimatur/policy.json"
        raw = path.read_bytes()
        encoding = "utf-16" if raw.startswith(b"\xff\xfe") else "utf-8"
        path.write_bytes(raw.decode(encoding).replace(f'"version": {self.version - 1}', f'"version": {self.version}')
                         .encode(encoding))
        signed = self.world.imprimatur("-C", clone, "policy", "sign", "-k", self.world.authority.key)
        told = self.check(clone)
        self.world.git(clone, "commit", "-qam", f"Policy {self.version}")
        self.world.git(clone, "push", "-q")
        self.author.git("fetch", "-q", "origin")
        self.author.git("checkout", "-fqB", "main", "origin/main")
        once = self.world.imprimatur("--json", "once", config=self.config, now=NOW)
        return signed.status, told.status, told.out.splitlines()[-1], once.json[0]["policy"]


def line_ends(desk):
    desk.author.edit(ARTICLE, TEXT)
    desk.attributes("*.md text eol=crlf\n*.json text eol=crlf\nallowed_signers text eol=crlf\nmanifest text eol=crlf\n")
    windows = desk.clone("windows")
    desk.story.ok(b"\r\n" in (windows / ".imprimatur/policy.json").read_bytes() and b"\r\n" in (
        windows / ARTICLE).read_bytes(), "a clone whose files end their lines as on Windows")
    told = desk.check(windows)
    desk.story.equal((told.out, told.status), ("1 article checked: 0 errors, 0 warnings\n", 0),
                     "is checked as what git stores of them")
    desk.story.equal(desk.sign_next(windows), (0, 0, "1 article checked: 0 errors, 0 warnings", desk.version),
                     "and that is what is signed: the policy takes effect")
    desk.attributes("# none\n")
    auto = desk.clone("auto", "-c", "core.autocrlf=true")
    desk.story.ok(b"\r\n" in (auto / ARTICLE).read_bytes(), "the same by core.autocrlf")
    desk.story.equal(desk.sign_next(auto), (0, 0, "1 article checked: 0 errors, 0 warnings", desk.version),
                     "  checked and signed as what git stores")


def encodings(desk):
    desk.attributes("content/*.md working-tree-encoding=UTF-16LE-BOM\n.imprimatur/policy.json working-tree-encoding=UTF-16\n")
    wide = desk.clone("wide")
    desk.story.ok(b"T\0e\0x\0t\0" in (wide / ARTICLE).read_bytes(), "a clone whose texts are in UTF-16")
    desk.story.equal(desk.check(wide).out, "1 article checked: 0 errors, 0 warnings\n", "  likewise")
    desk.story.equal(desk.sign_next(wide), (0, 0, "1 article checked: 0 errors, 0 warnings", desk.version),
                     "  and signed so")
    (wide / ARTICLE).write_text("# A\n\nOdd\n")
    told = desk.check(wide, ARTICLE)
    desk.story.ok(told.status == 3 and f"{ARTICLE}: error: .gitattributes says that it is in UTF-16" in told.out,
                  "what is not in the encoding that it is said to be in", told)
    desk.attributes("# none\n")


def programs(desk):
    desk.attributes("content/*.md filter=upper\n")
    clone = desk.clone("filtered")
    desk.story.equal(desk.check(clone).out, "1 article checked: 0 errors, 0 warnings\n",
                     "a filter that is not set up, as git does not run it")
    desk.world.git(clone, "config", "filter.upper.clean", f"touch {desk.world.root}/ran; cat")
    told = desk.check(clone)
    desk.story.ok(told.status == 0 and f'{ARTICLE}: warning: the filter "upper" of .gitattributes makes what git stores'
                  in told.out and not (desk.world.root / "ran").exists(), "row 82: one that is set up is not run, and said", told)


def ends_that_are_stored(desk):
    clone = desk.world.clone(desk.bare, "ends")
    clone.edit(ARTICLE, TEXT.replace("\n", "\r\n"))
    told = desk.check(clone.path)
    desk.story.equal((told.out.splitlines(), told.status), ([
        f"{ARTICLE}: warning: the lines end as on Windows (CR LF), and git stores them so: whoever saves the file in "
        "another editor changes its text, which must then be approved again; write \"*.md text\" into .gitattributes, and "
        "type: git add --renormalize .", "1 article checked: 0 errors, 1 warning"], 0),
        "line ends of Windows that git stores are warned of")
    desk.story.equal(len(json.loads(desk.check(clone.path, "--json").out.splitlines()[0])), 5, "  once for a text")


with Story("Attributes: what git stores is what counts") as the_story, World() as the_world:
    the_desk = Desk(the_story, the_world)
    line_ends(the_desk)
    encodings(the_desk)
    programs(the_desk)
    ends_that_are_stored(the_desk)
