#!/usr/bin/env -S python3 -B
"""Why an article is not approved, in sentences, and the command that approves it, pasted."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from handbook import Handbook  # noqa: E402
from story import Story, World  # noqa: E402

PATH = "content/oncology/a.md"


class Reader:
    """A clone in which somebody asks why."""

    def __init__(self, book, name="reader"):
        self.book, self.clone = book, book.world.clone(book.bare, name)

    def explain(self, path=PATH, *options, now=None):
        self.clone.pull()
        return self.book.world.imprimatur("-C", self.clone.path, *options, "explain", path, now=now or self.book.now)

    def says(self, story, *parts, status=1, absent=(), name, **more):
        told = self.explain(**more)
        text = " ".join(told.out.split())
        story.ok(told.status == status and not told.err and all(part in text for part in parts)
                 and not any(part in text for part in absent), name, told)

    def facts(self, *keys, path=PATH, **more):
        line = self.explain(path, "--json", **more).json[0]
        return {key: line[key] for key in keys} if len(keys) > 1 else line[keys[0]]


def paste(world, reader, person, commands, clone=None):
    """What is told is typed into a reviewer's shell."""
    clone = clone or world.clone(reader.book.bare, f"paste-{person.id}")
    for key, value in (("user.name", person.name), ("user.email", person.email),
                       ("user.signingkey", f"{person.key}.pub")):
        clone.git("config", key, value)
    at = reader.book.pass_time()
    world.run("sh", "-e", "-c", commands, cwd=clone.path, env={"GIT_AUTHOR_DATE": at, "GIT_COMMITTER_DATE": at})


UNUSUAL = ("content/two  blanks.md", "content/it's.md", 'content/"quoted".md', "content/$HOME `id` $(id).md",
           "content/back\\slash.md", "content/k\u00f6pfe.md", "content/-n.md", "content/!bang & more; #x.md",
           "content/a=b: c@d.md", "content/\u200fhidden\u00a0.md", "content/%s*?[x].md", "content/ends in a blank .md ",
           "-n.md", '"q" r.md', " blank.md")


def unusual_paths(story, world):
    """What is told about each is pasted, one after the other, into the shell of one reviewer."""
    one = world.person("gp2", "Dr. Other", "other@board.example")
    book = Handbook(world, (one,), name="unusual", articles=["content/**", "*"])
    book.author.push()
    book.once()
    for path in UNUSUAL:
        book.author.write(path, f"# {UNUSUAL.index(path)}\n")
    book.author.commit("Unusual", at=book.pass_time())
    book.author.push()
    book.once()
    asks = Reader(book, "asking")
    clone = world.clone(book.bare, "pasting")
    for path in UNUSUAL:
        told = asks.explain("./" + path)
        paste(world, asks, one, commands_of(told), clone)
        book.once()
        state = asks.facts("state", path="./" + path)
        story.equal(state, "approved", f"{path!r}: what is told works when pasted")


def commands_of(told):
    return "".join(line for line in told.out.splitlines(keepends=True) if line.startswith(("    git ", "        --trailer ")))


def the_story(story, world):
    one = world.person("onc1", "Oncologist One", "one@board.example", specialties=("oncology",))
    two = world.person("onc2", "Oncologist Two", "two@board.example", specialties=("oncology",))
    gp = world.person("gp1", "Dr. General", "gp@board.example", away=[["2026-01-01", "2027-12-31"]])
    editor = world.person("ed1", "Editor One", "editor@board.example", roles=("editor",))
    book = Handbook(world, (one, two, gp, editor), rules=[
        {"paths": ["content/oncology/**"], "specialty": "oncology", "approvals": 2, "specialists": 1},
        {"paths": ["**"], "approvals": 1}])
    book.author.push()
    book.once()
    asks = Reader(book)

    told = asks.explain(PATH)
    story.ok(told.status == 1 and f"there is no article {PATH}" in told.err, "what is not an article has no reasons", told)

    book.write(PATH, text="# Stage 4\n\nText.\n", by=two)
    book.once()
    asked = book.now
    minute = asked.replace("T", " ")[:16]
    asks.says(story, f'"Stage 4" ({PATH}) is not Approved. It is Submitted since {minute} UTC (0 seconds), because it is new.',
              "The rule wants 2 approvals of this very text, 1 of them by a specialist in oncology. So far there is none.",
              f"Oncologist One (onc1) was asked at {minute} UTC and is to respond by 2026-11-26",
              "1 more reviewer could not be asked so far", "Oncologist Two (onc2) is a contributor to this text.",
              "Dr. General (gp1) is away.", "who cannot approve it: Oncologist Two (onc2).",
              "Next: those who are asked respond by 2026-11-26",
              name="who is asked, who is not and why, and what is next")
    asks.says(story, "and is 4 days late", "that was due by", now=book.after(days=7), name="and what is late at a moment")
    story.equal(asks.facts("asked", "missing", "unavailable", "contributors", "state", "uncounted"), {
        "asked": [{"person": "onc1", "since": asked, "respond_by": book.after(days=3),
                   "review_by": book.after(days=14)}],
        "missing": 1,
        "unavailable": [{"person": "gp1", "since": None, "text": "is away"},
                        {"person": "onc2", "since": None, "text": "is a contributor to this text"}],
        "contributors": [{"email": "two@board.example", "person": "onc2"}],
        "state": "submitted", "uncounted": []}, "--json has the same facts")

    book.decide(two, "approve", PATH)
    book.once()
    asks.says(story, "The approval of Oncologist Two (onc2) of", "does not count (contributor): Oncologist Two is a "
              "contributor to this text, and nobody reviews their own words.", name="whose approval does not count")

    book.decide(one, "claim", PATH)
    book.once()
    minute = book.now.replace("T", " ")[:16]
    asks.says(story, f"UTC, took it up at {minute} UTC and is to review it by 2026-12-07",
              absent=("- Oncologist One (onc1) took it up",), name="who has taken it up, once")

    book.write(PATH, text="# Stage 4\n\nText, mended.\n")
    book.once()
    book.decide(one, "request-changes", PATH, message="The dose is wrong")
    book.once()
    asks.says(story, "because changes are requested", "Oncologist One (onc1) requested changes at", '"The dose is wrong"',
              "addresses that belong to nobody in the policy: author@example.org",
              "Next: the author changes the text", "HEAD:refs/heads/review/gp1/approve-oncology-a-", name="what stands in the way")

    book.write(PATH, text="# Stage 4\n\nMended.\n")
    book.write("content/odd.md", text="---\ntitle: [\n---\n")
    book.once()
    asks.says(story, "The text has a problem and cannot be approved: Front matter, line", "the author mends the text",
              absent=("git commit",), path="content/odd.md", name="what is wrong with a text, for which nothing is typed")

    # As it is told: the policy now wants one approval.
    book.amend(rules=[{"paths": ["**"], "approvals": 1}])
    book.once()
    told = asks.explain()
    commands = commands_of(told)
    story.equal(len(commands.replace("\\\n", "").splitlines()), 4, "four commands are told")
    paste(world, asks, one, commands)
    book.once()
    story.equal(book.state(PATH), "Approved", "pasted by a reviewer, they approve the article")
    pasted = world.root / "clones/paste-onc1"
    story.equal((world.git(pasted, "symbolic-ref", "--short", "HEAD"), world.git(pasted, "rev-parse", "main")),
                ("main", world.git(pasted, "rev-parse", "origin/main")), "  and leave their branch as it was")
    story.ok("review/onc1/approve-oncology-a-" in world.git(book.bare, "branch", "--list", "review/*"), "on a branch of theirs")
    asks.says(story, "is Approved, since", "There is 1: Oncologist One (onc1).", "the approval ends at 2027-11-23",
              status=0, absent=("git commit",), name="an Approved one is told as that, with exit status 0")

    book.write(PATH, text="# Stage 4\n\nAnother.\n")
    book.once()
    asks.clone.pull()
    reviewer = world.clone(book.bare, "again-onc1")
    paste(world, asks, one, commands_of(asks.explain()), clone=reviewer)
    book.once()
    story.equal(book.state(PATH), "Approved", "for the next version they work as well")
    book.write(PATH, text="# Stage 4\n\nAnother again.\n")
    book.once()
    asks.says(story, "The approval of Oncologist One (onc1) of", "and the text has changed since",
              name="an approval of an earlier text does not count")
    daemons = world.imprimatur("--json", "explain", PATH, config=book.config, now=book.now)
    story.equal(daemons.json, asks.explain(PATH, "--json").json, "beside the daemon it is told alike")


with Story("Why an article is not approved") as tale, World() as here:
    the_story(tale, here)
    unusual_paths(tale, here)
