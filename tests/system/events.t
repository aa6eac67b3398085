#!/usr/bin/env -S python3 -B
"""Every event that the record gives, in its exact words: golden/*.json, with names instead of object ids. A body is
compared as text, so that the order of its keys counts too. GOLDEN=write writes them again, to be read before they
are believed."""

import hashlib
import json
import os
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from handbook import ENDPOINT, LEDGER, SECRET, Handbook, follow  # noqa: E402
from story import Story, World  # noqa: E402

GOLDEN = Path(__file__).resolve().parent / "golden"
A = "content/oncology/stage 4.md"
DATA = ["repository", "article", "state", "previous_state", "round", "reason", "reason_text", "refusal", "problem",
        "count",
        "command", "actor", "person", "verified", "review", "changes", "changes_more", "source", "decision", "ledger"]


class Ear(Handbook):
    """Hears what is put into the outbox, and compares it."""

    def __init__(self, story, *arguments, **more):
        self.story, self.bodies = story, []
        super().__init__(*arguments, **more)

    def hear(self, *expected, source=None):
        """One pass puts exactly these events into the outbox: `name` is a file of golden/, `type:` one that is not
        compared any further."""
        self.once(status=1 if "ledger-diverged" in expected else 0)
        entries = {entry["oid"]: entry for entry in self.new()}
        events = self.events()[self.heard:]
        self.heard += len(events)
        types = [json.loads(body)["type"] for _, body in events]
        golden = [None if name.endswith(":") else (GOLDEN / f"{name}.json") for name in expected]
        wanted = [name.rstrip(":") if file is None else self.type_in(file, types, at)
                  for at, (name, file) in enumerate(zip(expected, golden))]
        if not self.story.equal(types, wanted, f"events: {', '.join(expected)}"):
            return
        for (event, body), name, file in zip(events, expected, golden):
            self.look(event, body, entries, source or self.author.head())
            if file:
                text = self.named(event, body)
                if os.environ.get("GOLDEN") == "write":
                    file.write_text(text)
                self.story.equal(text.splitlines(), file.read_text().splitlines(), f"{name}, word for word")
        self.bodies += events

    @staticmethod
    def type_in(file, types, at):
        if os.environ.get("GOLDEN") == "write":
            return types[at] if at < len(types) else None
        return json.loads(file.read_text())["body"]["type"]

    def look(self, event, body, entries, source):
        """What holds of every event."""
        message = json.loads(body)
        data, wrong = message["data"], []
        if list(message) != ["type", "timestamp", "data"] or list(data) != DATA:
            wrong.append("keys")
        if body != json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode():
            wrong.append("form")
        if data["source"] != source or message["timestamp"] != self.now:
            wrong.append("source or timestamp")
        entry = entries.get(data["ledger"])
        if entry:
            same = {"decision": "Decision", "source": "Source"}
            wrong += [key for key, trailer in same.items() if data[key] != entry.get(trailer)]
            if data["article"] and data["article"]["version"] not in (entry.get("Version"), self.last_version(entry)):
                wrong.append("version")
        elif data["ledger"] or not re.fullmatch("evt_[0-9a-f]{64}", event):
            wrong.append("ledger")
        if re.search(rb"@(board|editors)\.example", body):
            wrong.append("an address")
        self.story.equal(wrong, [], f"{message['type']} is in order")

    def last_version(self, entry):
        return [other["Version"] for other in self.ledger() if other.get("Article") == entry.get("Article")
                and "Version" in other][-1]

    @staticmethod
    def named(event, body):
        """The event, indented, with names for ids: consistently, so that a version in a command is the article's."""
        text, data = json.dumps({"id": event, "body": json.loads(body)}, indent=2,
                                ensure_ascii=False), json.loads(body)["data"]
        for name in ("ledger", "decision", "source"):
            if data[name]:
                text = text.replace(data[name], f"<{name}>")
        if data["article"]:
            text = text.replace(data["article"]["version"], "<version>")
        return re.sub(r"\b[0-9a-f]{12}\b", "<abbreviated>", re.sub("evt_[0-9a-f]{64}", "evt_<fact>", text)) + "\n"

    def fact(self, kind, *values):
        """The id of what is not an entry."""
        return "evt_" + hashlib.sha256("\0".join(["handbook", kind, *values]).encode()).hexdigest()

    def last_id(self, kind):
        return [event for event, body in self.bodies if json.loads(body)["type"] == kind][-1]


def board(world):
    return (world.person("onc1", "Oncologist \"One\"", "one@board.example", specialties=["oncology"]),
            world.person("onc2", "Oncologist Zwei \u00e4\u20ac", "two@board.example"),
            world.person("onc3", "Oncologist Three", "three@board.example"),
            world.person("ed1", "Editor One", "ed@editors.example", roles=("editor",)))


def listeners():
    return [ENDPOINT,
            *({"name": person, "reviewer": person, "url": f"https://hooks.example.org/{person}", "secret": SECRET}
                        for person in ("onc1", "onc3", "ed1")),
            {"name": "elsewhere", "url": "https://hooks.example.org/elsewhere", "secret": SECRET,
             "paths": ["content/b/**"]},
            {"name": "approvals", "url": "https://hooks.example.org/approvals", "secret": SECRET,
             "events": ["article.approved"]}]


def the_record(story, world):
    one, two, three, editor = people = board(world)
    ear = Ear(story, world, name="events", settings={
        "name": "handbook", "endpoints": listeners(), "article_url": "https://handbook.example.org/{stem}"})
    ear.policy = world.policy(people,
                              rules=[{"paths": ["**"], "approvals": 2, "specialists": 1, "specialty": "oncology"}])
    ear.author.write("content/old.md", "# Old\n")
    ear.publish(push=True)
    ear.hear("policy-changed", "repository-adopted")
    story.equal(ear.last_id("repository.adopted"), ear.fact("repository.adopted", ear.author.head()),
                "an adoption's id is of its tip")
    ear.write(A, text="---\ntitle: \"Stage 4: \\\"adjuvant\\\" <@here>\"\n---\n")
    ear.hear("article-submitted", "review-requested", "review.requested:")
    ear.decide(one, "claim", A, message="I take it.\n\nBy Friday.")
    ear.hear("review-claimed", "article-under-review")
    ear.decide(editor, "comment", A, message="Mind the doses.")
    ear.hear("review-commented")
    ear.decide(two, "decline", A, message="On leave.")
    ear.hear("review-declined", "review-requested-later")
    ear.decide(one, "approve", A, message="Doses checked.")
    ear.hear("review-approved-before-the-quorum")
    ear.decide(three, "approve", A)
    ear.hear("review-approved", "article-approved")
    ear.decide(two, "approve", A)
    ear.hear("review-approved-after-the-quorum")
    ear.decide(one, "request-changes", A, message="Page 3 is wrong.")
    ear.hear("review-changes-requested", "article-submitted-changes-requested")
    ear.decide(editor, "dismiss", A, of=one, message="Page 3 was right.")
    ear.hear("review-dismissed", "article.under_review:")
    ear.decide(one, "approve", A)
    ear.hear("review.approved:", "article.approved:")
    ear.decide(one, "withdraw", A, message="On second thoughts.")
    ear.hear("review-withdrawn", "article-under-review-again")
    ear.decide(one, "approve", A)
    ear.hear("review.approved:", "article.approved:")
    ear.decide(editor, "retract", A, message="A recall.")
    ear.hear("review-retracted", "article-submitted-retracted", "review.requested:", "review.requested:")
    commit = ear.decide(one, "approve", A, interests=None)
    ear.hear("decision-refused")
    story.equal(json.loads(ear.bodies[-1][1])["data"]["decision"], commit, "the commit that was refused")
    ear.decide(one, "claim", "content/none.md")
    ear.hear("decision-refused-unknown-article")
    commit = ear.decide(one, "approve", A, options=())
    ear.hear("decision-refused-unsigned")
    story.equal(ear.last_id("decision.refused"), ear.fact("decision.refused", commit, "unsigned"),
                "an unsigned attempt's id is of its commit and the word")
    ear.write(A, text=b"# A\0\n")
    ear.hear("article-submitted-with-a-problem", "article-invalid")
    ear.write(A, text="# A\n")
    ear.hear("article-submitted-revised", "review.requested:", "review.requested:")
    ear.approve(one, three, article=A)
    ear.hear("review.approved:", "article.under_review:", "review.approved:", "article.approved:")
    ear.pass_time(days=366)
    ear.hear("article-submitted-expired", "review.requested:", "review.requested:")
    ear.remove(A)
    ear.hear("article-removed")
    ear.write(A, text="# A\n")
    ear.hear("article-submitted-returned", "review.requested:", "review.requested:")
    ear.decide(two, "claim", A)
    ear.hear("review.claimed:", "article.under_review:")
    for person in people[1:3]:
        person.roles = ("editor",)
    ear.policy.json["people"] = [person.in_policy for person in people]
    ear.amend()
    ear.hear("policy.changed:", "article-submitted-rejudged")
    listened(story, ear)


def listened(story, ear):
    """An endpoint of a reviewer hears what concerns that person; others by type or path."""
    heard = {name: [json.loads(body)["type"] for _, body in ear.events(name)] for name in
             ("onc3", "ed1", "elsewhere", "approvals")}
    story.ok(set(heard["approvals"]) == {"article.approved"} and len(heard["approvals"]) == 4, "patterns of types hold",
             heard["approvals"])
    story.ok(not any(kind.startswith(("article.", "review.")) for kind in heard["elsewhere"]), "and those of paths",
             heard["elsewhere"])
    story.equal(heard["ed1"], ["policy.changed", "policy.changed"], "an editor hears of policies")
    story.ok(heard["onc3"][0] == "review.requested" and "decision.refused" not in heard["onc3"]
             and "policy.changed" not in heard["onc3"][:-1], "a reviewer hears nothing else", heard["onc3"])
    first = heard["onc3"][:4]
    story.equal(first, ["review.requested", "review.approved", "review.approved", "article.approved"],
                "who is asked later hears from then on")


def troubles(story, world):
    one, two, three, editor = people = board(world)
    ear = Ear(story, world, people, name="troubles")
    ear.write(A)
    ear.hear("policy.changed:", "repository.adopted:")
    ear.approve(one, article=A)
    ear.hear("review.approved:", "article.approved:")
    ear.author.write(".imprimatur/stray", "x")
    stray = ear.commit()
    ear.hear("policy-rejected")
    story.equal(ear.last_id("policy.rejected"), ear.fact("policy.rejected", stray),
                "a rejected policy's id is of the tip")
    ear.write("content/other.txt")
    ear.hear()
    ear.remove(".imprimatur/stray")
    ear.hear()
    ear.author.write(".imprimatur/stray", "x")
    ear.commit()
    ear.hear("policy.rejected:")
    ear.remove(".imprimatur/stray")
    ear.hear()
    here = ear.tip("approved")
    world.git(ear.bare, "update-ref", "refs/heads/approved", stray)
    ear.hear("approved-diverged")
    world.git(ear.bare, "update-ref", "-d", "refs/heads/approved")
    ear.hear("approved-diverged-gone")
    story.equal(ear.tip("approved^{tree}"), world.git(ear.bare, "rev-parse", f"{here}^{{tree}}"), "it is put back")
    last, before = (world.git(ear.bare, "rev-parse", f"{LEDGER}{suffix}") for suffix in ("", "~1"))
    source = ear.ledger()[-1]["Source"]
    world.git(ear.bare, "update-ref", LEDGER, before)
    ear.hear("ledger-diverged", source=source)
    world.git(ear.bare, "update-ref", LEDGER, last)
    ear.hear()


def floods(story, world):
    one, *_ = people = board(world)
    ear = Ear(story, world, people, name="floods")
    ear.write(A)
    ear.hear("policy.changed:", "repository.adopted:")
    for _ in range(12):
        commit = ear.decide(one, "approve", A, options=(), push=False)
    ear.author.push("HEAD:refs/heads/review/flood")
    tip = ear.tip("main")
    ear.hear(*["decision.refused:"] * 10, "decision-refused-more", source=tip)
    story.equal(ear.last_id("decision.refused"), ear.fact("decision.refused", commit, "more"),
                "the count's id is of the last of them")


def unverified(story, world):
    people = board(world)
    ear = Ear(story, world, people, name="unverified", settings={"signatures": "off", "authority": None})
    ear.author.push()
    ear.hear("policy-changed-unverified")
    ear.write(A, text="# A\n")
    ear.hear("article-submitted-unverified", "review.requested:")
    ear.decide(people[0], "approve", A, options=())
    ear.hear("review-approved-unverified", "article.approved:")
    story.ok(all(entry["Verified"] == "no" for entry in ear.ledger()), "every entry says so")
    ear.decide(world.person("else", "Somebody", "else@board.example"), "approve", A)
    ear.hear("decision-refused-unverified")


with Story("Every event in its exact words") as the_story:
    for tell in (the_record, troubles, floods, unverified):
        with World() as the_world:
            tell(the_story, the_world)
            follow(the_story, the_world)
