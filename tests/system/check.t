#!/usr/bin/env -S python3 -B
"""What is written by hand, looked at before it matters: in a work tree, in a bare repository, with a configuration."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
import shelf  # noqa: E402
from story import Story, World  # noqa: E402

BROKEN = "content/general/broken.md:2: error: title is a list or a mapping; write a text, in quotes if it begins so\n"


class Checking:
    def __init__(self, story, world, book):
        self.story, self.world, self.book = story, world, book
        self.tree = book.author.path

    def check(self, *arguments, **more):
        return self.world.imprimatur("check", *arguments, **({"cwd": self.tree, "now": shelf.NOW} | more))

    def says(self, result, status, lines, name):
        self.story.equal((result.out.splitlines(), result.err, result.status), ([*lines], "", status), name)

    def summary(self, articles, errors, warnings):
        def count(number, word):
            return f"{number} {word}{'' if number == 1 else 's'}"
        return f"{count(articles, 'article')} checked: {count(errors, 'error')}, {count(warnings, 'warning')}"


def in_a_work_tree(c):
    good = c.check("content/oncology")
    c.says(good, 0, [c.summary(3, 0, 0)], "a folder in order")
    c.says(c.check(), 3, [BROKEN.rstrip(), c.summary(6, 1, 0)], "everything: file, line, reason, and 3 for an error")
    c.book.author.git("fetch", "-q", "origin", "+refs/imprimatur/*:refs/imprimatur/*")  # which article was first
    general = c.tree / "content/general"
    (general / "hints.md").write_text("---\ntitle: Hints\nstatus: approved\nreviewedBy: me\n---\n\na\u200bb\nc\u202ed\n")
    (general / "NUTRITION.md").write_text("# Again\n")
    (general / "latin.md").write_bytes(b"# Caf\xe9\n")
    (general / "link.md").symlink_to("index.md")
    (general / "text@abcdef.md").write_text("# Fine\n")
    (general / "ignored.md").write_bytes(b"\xff")
    (general / "evil\x1b[31m.md").write_text("# Evil\n")
    (c.tree / ".git/info/exclude").write_text("ignored.md\n")
    with open(general / "huge.md", "wb") as huge:
        huge.truncate(4 * 1024 * 1024 + 1)
    c.says(c.check("content/general"), 3, [
        "content/general/NUTRITION.md: error: the path differs from an article's only by letter case or Unicode "
        "normalization; rename the file",
        BROKEN.rstrip(),
        '"content/general/evil\\033[31m.md": error: the path has control characters, is not UTF-8, or ends in @ and hex '
        "digits; rename the file",
        "content/general/hints.md:3: warning: status in front matter is ignored, since anybody can type it; take it out",
        "content/general/hints.md:4: warning: reviewedBy in front matter is ignored, since anybody can type it; take it "
        "out",
        "content/general/hints.md:7: warning: the line holds a zero-width character (U+200B), which readers cannot see",
        "content/general/hints.md:8: warning: the line holds a bidirectional control (U+202E), which readers cannot see",
        "content/general/huge.md: error: the file has 4194305 bytes; an article has at most 4194304; divide it",
        "content/general/latin.md:1: error: it holds a byte that is not UTF-8; save the file in the encoding UTF-8",
        "content/general/link.md: error: a symbolic link or a submodule stands where an article should be; commit the "
        "text itself",
        c.summary(10, 6, 4)], "files as they lie there: tracked or not, but not ignored ones")
    c.says(c.check("hints.md", cwd=general), 0,
           [line for line in c.check("content/general").out.splitlines() if "hints.md" in line]
           + [c.summary(1, 0, 4)], "a name from the current directory; warnings are not errors")
    c.says(c.check("-C", c.tree, "content/general/hints.md", cwd=c.world.root), 0,
           [line for line in c.check("content/general").out.splitlines() if "hints.md" in line]
           + [c.summary(1, 0, 4)], "or from that of -C")
    c.says(c.check("nothing.md", "README"), 3, ["nothing.md: error: there is no such file",
                                                "README: error: there is no such file", c.summary(0, 2, 0)],
           "a name that is nothing")
    lines = c.check("--json", "content/general/hints.md").json
    c.story.equal(lines[0], {"schema": 1, "file": "content/general/hints.md", "line": 3, "severity": "warning",
                             "message": "status in front matter is ignored, since anybody can type it; take it out"},
                  "for programs")
    c.story.equal(len(lines), 4, "  without a summary")
    c.book.author.git("clean", "-qfdx", "content")


def as_a_hook(c):
    hook = c.tree / ".git/hooks/pre-commit"
    hook.write_text(f'#!/bin/sh\nexec {c.world.program} check >hook.log\n')
    hook.chmod(0o755)
    c.book.author.write("content/general/broken.md", "---\ntitle: Not any more\n---\n")
    c.book.author.write("content/general/index.md", b"# \xff\n")
    result = c.world.run("git", "-C", c.tree, "commit", "-qm", "Broken", check=False)
    c.story.ok(result.status != 0 and "content/general/index.md:1: error:" in (c.tree / "hook.log").read_text(),
               "as a hook it stops a commit", result)
    c.book.author.write("content/general/index.md", "# The handbook\n")
    c.story.ok(c.world.run("git", "-C", c.tree, "commit", "-qm", "Mended", check=False).status == 0,
               "  and lets a good one pass")
    hook.unlink()
    (c.tree / "hook.log").unlink()


def policies(c):
    folder = c.tree / ".imprimatur"
    text = (folder / "policy.json").read_text()

    def first(*arguments, **more):
        return c.check(*arguments, **more).out.splitlines()[0]

    (folder / "policy.json").write_text(text.replace('"version": 1', '"versoin": 1'))
    c.story.ok(first().startswith(".imprimatur/policy.json:3: error: versoin: unknown key"), "a typing error in the policy",
               first())
    (folder / "policy.json").write_text(text.replace('"version": 1', '"version": 2'))
    c.says(c.check("content/oncology"), 3,
           [".imprimatur/manifest: error: does not match the files; have them signed again: imprimatur policy sign -k KEY",
            c.summary(3, 1, 0)], "a policy that was not signed again")
    (folder / "policy.json").write_text(text)
    (folder / "notes.txt").write_text("")
    c.story.ok(first().startswith(".imprimatur/notes.txt: error: does not belong there"), "what does not belong there",
               first())
    (folder / "notes.txt").unlink()
    c.book.author.pull()
    c.book.author.write_policy(shelf.policy_of(c.world, [c.book.onc1], version=1))
    c.story.equal(first(), ".imprimatur/policy.json: error: version 1 is not greater than 1, which was in force; raise it "
                           "and have the manifest signed again", "a version that was forgotten, as the ledger knows")
    c.book.author.write_policy(shelf.policy_of(c.world, [c.book.onc1], version=2))
    c.story.equal(c.check("content/oncology").status, 0, "the next one is fine")
    for name in ("manifest", "manifest.sig"):
        (folder / name).unlink()
    c.says(c.check("content/oncology"), 0, [".imprimatur/manifest: warning: is missing: this policy takes effect only "
                                            "where signatures are off", c.summary(3, 0, 1)], "no signature")
    c.book.author.git("reset", "-q", "--hard")

    empty = c.world.clone(c.world.bare("empty"), "empty")
    (empty.path / "a.md").write_bytes(b"\xff")
    (empty.path / "b.txt").write_bytes(b"\xff")
    c.says(c.check(cwd=empty.path), 0, [
        ".imprimatur: warning: there is no folder .imprimatur",
        ".imprimatur: note: no policy says what an article is, so none was looked at", c.summary(0, 0, 1)],
           "without a policy nothing is an article")
    c.says(c.check("a.md", "b.txt", cwd=empty.path), 3, [
        ".imprimatur: warning: there is no folder .imprimatur",
        "a.md:1: error: it holds a byte that is not UTF-8; save the file in the encoding UTF-8", c.summary(1, 1, 1)],
           "  but what is named")
    result = c.check(cwd=c.world.root / "run")
    c.story.ok(result.status == 75 and "is not in a git repository" in result.err, "outside of any repository", result)


def on_the_branch(c):
    c.says(c.check(cwd=c.book.bare), 3, [BROKEN.rstrip(), c.summary(6, 1, 0)], "a bare repository: its watched branch")
    c.says(c.check("content/oncology/chemo.md", cwd=c.book.bare), 0, [c.summary(1, 0, 0)], "  and one article there")
    c.says(c.check(cwd=c.world.root / "empty.git"), 0,
           [f"{c.world.root}/empty.git/: warning: there is no commit on the watched branch yet", c.summary(0, 0, 1)],
           "  where there is none yet")


def configurations(c):
    def config(file="other.json", **keys):
        return c.world.configure(keys.pop("repository", c.book.bare), file=file, **{"name": "handbook"} | keys)

    def check(path, *arguments, **more):
        result = c.check(*arguments, config=path, **more)
        lines = result.out.splitlines()
        return result, [line for line in lines if not line.startswith("    ") and ": note: " not in line]

    def first(path, **more):
        return check(path, **more)[1][0]

    result, lines = check(c.book.config)
    c.story.equal((lines, result.status), ([BROKEN.rstrip(), c.summary(6, 1, 0)], 3), "with a configuration, the branch")
    c.story.ok(f'{c.book.bare}: note: the systemd unit may write in /srv/git/ only; for this place type "systemctl edit '
               'imprimatur@handbook.service" and put in:\n    [Service]\n'
               f"    ReadWritePaths={c.book.bare}\n    ReadOnlyPaths={c.book.bare}/hooks\n    ReadOnlyPaths={c.book.bare}/config\n" in result.out,
               "  and the drop-in for an unusual place", result)
    note = next(line for line in c.check("--json", config=c.book.config).json if line["severity"] == "note")
    c.story.ok(note["message"].endswith(f"\nReadOnlyPaths={c.book.bare}/hooks\nReadOnlyPaths={c.book.bare}/config"), "  also for programs", note)

    path = c.world.root / "bad.json"
    path.write_text('{\n  "name": "handbook",\n  "repositori": "x"\n}\n')
    result = c.check(config=path)
    c.story.ok(result.status == 3 and result.out.startswith(f"{path}:3: error: repositori: unknown key"),
               "a typing error in the configuration", result)
    result = c.check(config=c.world.root / "gone.json")
    c.story.ok(result.status == 3 and result.out.count("gone.json") == 2 and "cannot be read" in result.out,
               "one that is not there", result)
    c.story.ok(f"{c.world.root}/nobody: error: " in c.check(config=config(authority=f"{c.world.root}/nobody")).out,
               "an authority that cannot be read")
    (c.world.root / "weak").write_text("board@authority.example ssh-ed25519 AAAA\n")
    c.story.ok("/weak:1: error: " in first(config(authority=f"{c.world.root}/weak")), "or has a bad line")
    other = c.world.person("other", "Other", "other@authority.example")
    (c.world.root / "others").write_text(f'{other.email} namespaces="imprimatur-policy" {other.public_key}\n')
    c.story.equal(first(config(authority=f"{c.world.root}/others")),
                  ".imprimatur/manifest.sig: error: is by a key that is not (or no longer) the authority's",
                  "a policy signed by somebody else")
    c.story.equal(first(config(name="leaflets")),
                  '.imprimatur/policy.json: error: name is "handbook", but this repository is "leaflets"',
                  "a policy of another repository")
    c.story.equal(first(config(repository=f"{c.world.root}/later.git")),
                  f"{c.world.root}/later.git: warning: there is no git repository here yet",
                  "a repository that is to come")
    c.story.ok('there is no branch "trunk", but "main"' in first(config(branch="trunk")), "and so is a branch")

    room = {"name": "room", "url": "credential:room-url", "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}
    secret = config("secret.json", endpoints=[room])
    c.story.ok(": warning: url: the credential" in first(secret), "credentials that only the daemon has", first(secret))
    for wrong in ({"url": "ftp://chat.example.org/hook"}, {"secret": "whsec_short"}, {"url": "file:nowhere"}):
        bad = config("bad.json", endpoints=[room | {"url": "https://chat.example.org/hook"} | wrong])
        told = c.world.imprimatur("once", config=bad, now=shelf.NOW)
        c.story.ok(c.check(config=bad).status == told.status == 3 and ": error: " in first(bad),
                   f"{[*wrong][0]}: check and the daemon say the same", first(bad))
    second = room | {"name": "second", "url": "https://chat.example.org/hook", "secret": "credential:second-secret"}
    third = second | {"name": "third", "secret": "whsec_short"}
    told = c.check(config=config("both.json", endpoints=[room, second])).out
    c.story.ok(told.count(": warning: ") == 2 and "room-url" in told and "second-secret" in told,
               "each secret that only the daemon has is named", told)
    told = c.check(config=config("both.json", endpoints=[room, second, third]))
    c.story.ok(told.status == 3 and ": error: secret: secret 1 is not" in told.out,
               "  and what is wrong beside them is an error, as it is for the daemon", told)
    credentials = c.world.root / "secret.credentials"
    credentials.mkdir()
    c.story.ok(": error: url: cannot be read" in first(secret), "one that is missing where the unit loads them",
               first(secret))
    (credentials / "room-url").write_text("https://chat.example.org/hook\n")
    c.story.equal(first(secret), BROKEN.rstrip(), "and one that is there")
    open_url = config("open.json", endpoints=[room | {"url": "https://chat.example.org/hook"}])
    open_url.chmod(0o644)
    c.story.ok(": warning: url: is in a file that others can read" in first(open_url), "a secret that all can read")
    c.story.ok("chat.example.org" not in c.check(config=open_url).out, "  which is not said again")


def owners(c):
    if os.geteuid() != 0:
        c.story.skip("a repository of somebody else", "only root can make one")
        return
    c.world.run("git", "init", "-q", "--bare", c.world.root / "mine.git")
    path = c.world.configure(c.world.root / "mine.git", file="mine.json")
    os.chown(c.world.root / "state/mine", 65534, 65534)
    result = c.check(config=path)
    c.story.ok(result.status == 3 and "mine.git: error: " in result.out and "core.sharedRepository group" in result.out,
               "a repository that the daemon's user may not write to, and the command to type", result)
    before = (c.world.root / "mine.git/config").read_text()
    c.check(config=path)
    c.story.equal((c.world.root / "mine.git/config").read_text(), before, "  nothing is changed by asking")


with Story("Check: mistakes, before they matter") as the_story, World() as the_world:
    checking = Checking(the_story, the_world, shelf.make(the_world))
    in_a_work_tree(checking)
    as_a_hook(checking)
    policies(checking)
    on_the_branch(checking)
    configurations(checking)
    owners(checking)
