#!/usr/bin/env -S python3 -B
"""An editor asks a reviewer by name: a signed decision like any other."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from handbook import LEDGER, Handbook, brief, follow  # noqa: E402
from story import Story, World  # noqa: E402

OLD, A = "content/old.md", "content/a.md"


class Office(Handbook):
    def __init__(self, story, world, **more):
        self.story = story
        self.one = world.person("one", "One", "one@board.example", away=[["2026-11-01", "2026-12-31"]])
        self.two = world.person("two", "Two", "two@board.example")
        self.lapsed = world.person("lapsed", "Lapsed", "lapsed@board.example", credentials_until="2026-11-01")
        self.ed = world.person("ed", "Editor", "ed@example.org", roles=("editor",))
        super().__init__(world, [self.one, self.two, self.lapsed, self.ed], **more)

    def asked(self, claim, of, *expected, by=None, article=OLD):
        self.decide(by or self.ed, "request", article, of=of, message="Please look at the doses.")
        self.story.equal(self.passed(), list(expected), claim)


def adopted(story, book):
    book.write(OLD, by=book.two)
    book.once()
    book.new()
    book.told()
    book.asked("a reviewer is asked about an adopted article, though away", "one", f"request {OLD} by ed: Submitted (adopted)")
    message = book.world.git(book.bare, "log", "-1", "--format=%B", LEDGER)
    lines = message.split("\n\n")[-1].splitlines()
    story.equal([line for line in lines if line.split(":")[0] in ("Ledger-Format", "Event", "Person", "Of", "Requested")],
                ["Ledger-Format: 2", "Event: request", "Person: ed", "Of: one", "Requested: one"],
                "its entry has the format that knows such ones")
    story.ok(all(key in message for key in ("Respond-by: 2026-11-26", "Review-by: 2026-12-07", "Decision: ")),
             "and the deadlines of the rule", message)
    story.equal(message.split("\n")[0], f"{OLD}: one asked by ed", "and says who asked whom")
    formats = {line for line in book.world.git(book.bare, "log", "--format=%B", LEDGER).splitlines()
               if line.startswith("Ledger-Format")}
    story.equal(formats, {"Ledger-Format: 1", "Ledger-Format: 2"}, "all others keep theirs")
    told = book.told()
    story.equal([(message["type"], message["data"]["person"]["id"], message["data"]["actor"]["id"],
                  message["data"]["reason_text"]) for message in told],
                [("review.requested", "one", "ed", "Please look at the doses.")], "and only one is told")
    status = book.world.imprimatur("--json", "status", OLD, config=book.config, now=book.now).json[0]
    story.equal((status["waiting_for"], status["review"]["requested"]), (["one"], ["one"]), "status waits for them")


def refused(story, book):
    refusal = f"refusal {{}} {OLD} by ed: Submitted (adopted)"
    book.asked("who is asked is not asked twice", "one", refusal.format("stale"))
    book.asked("a contributor is not asked", "two", refusal.format("contributor"))
    book.asked("nor is whose credentials have lapsed", "lapsed", refusal.format("credentials-expired"))
    book.asked("nor an editor", "ed", refusal.format("not-permitted"))
    book.asked("nor somebody whom the policy does not have", "nobody", refusal.format("not-permitted"))
    book.asked("a reviewer may not ask", "one", f"refusal not-permitted {OLD} by two: Submitted (adopted)", by=book.two)
    book.asked("about no article nobody is asked", "one", "refusal unknown-article by ed", article="content/none.md")
    sentences = [message["data"]["reason_text"] for message in book.told(r"decision\.refused")]
    story.ok(len(sentences) == 7 and all(sentences) and "Two is a contributor" in sentences[1],
             "each with what was wrong, also whom it was about", sentences)


def answered(story, book):
    book.decide(book.one, "decline", OLD)
    story.equal(book.passed(), [f"decline {OLD} by one: Submitted (adopted)"], "a request can be given back")
    book.asked("and made again", "one", f"request {OLD} by ed: Submitted (adopted)")
    book.approve(book.one, article=OLD)
    story.equal(book.passed(), [f"approval {OLD} by one: Approved"], "and answered")
    book.asked("what is Approved is not asked about", "one", f"refusal stale {OLD} by ed: Approved")


def by_the_command(story, world, book):
    book.write(A)
    book.once()
    book.author.pull()
    clone = book.author
    for key, value in {"user.name": "Editor", "user.email": book.ed.email, "user.signingKey": f"{book.ed.key}.pub"}.items():
        clone.git("config", key, value)
    result = world.imprimatur("request", A, cwd=clone.path, now=book.now)
    story.ok(result.status == 2 and "--of ID" in result.err, "the command wants to know whom", result)
    result = world.imprimatur("request", "--of", "lapsed", A, cwd=clone.path, now=book.now,
                              env={"GIT_COMMITTER_DATE": book.now})
    story.ok(result.status == 1 and "credentials" in result.err, "says before what would be refused", result)
    result = world.imprimatur("--json", "request", "--of", "one", "--push", A, cwd=clone.path, now=book.now,
                              env={"GIT_COMMITTER_DATE": book.now, "GIT_AUTHOR_DATE": book.now})
    story.ok(result.status == 0 and result.json[0]["decision"] == "request", "and makes the decision", result)
    book.new()
    story.equal(book.passed(), [f"request {A} by ed: Submitted (new)"], "which counts")
    story.equal(book.ledger()[-1]["Requested"], ["one"], "so that another than the first one is asked as well")


def read_elsewhere(story, world, book):
    clone = world.root / "elsewhere"
    world.run("git", "clone", "-q", "--mirror", book.bare, clone)
    states = {line["article"]["path"]: line["state"]
              for line in world.imprimatur("-C", clone, "--json", "status", now=book.now).json if "state" in line}
    story.equal(states, {OLD: "approved", A: "submitted"}, "a clone reads both formats")


with Story("An editor asks a reviewer by name") as the_story, World() as the_world:
    office = Office(the_story, the_world)
    for tell in (adopted, refused, answered):
        tell(the_story, office)
    by_the_command(the_story, the_world, office)
    read_elsewhere(the_story, the_world, office)
    follow(the_story, the_world)
