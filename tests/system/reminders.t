#!/usr/bin/env -S python3 -B
"""Deadlines: who was asked is reminded, then the editors are told and somebody else is asked."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from receiver import Receiver  # noqa: E402
from story import Story, World  # noqa: E402


class Board:
    """A repository with an article that onc1 was asked about on 3 August, for 17 August."""

    def __init__(self, world, receiver, **more):
        self.world, self.receiver = world, receiver
        self.one = world.person("onc1", "Oncologist One", "one@board.example", **more)
        two = world.person("onc2", "Oncologist Two", "two@board.example")
        editor = world.person("ed", "The Editor", "ed@board.example", roles=("editor",))
        self.handbook = world.bare("handbook")
        self.author = world.clone(self.handbook, "author")
        rule = {"paths": ["**"], "approvals": 1, "respond_days": 3, "review_days": 14}
        self.author.publish_policy(world.policy([self.one, two, editor], rules=[rule]), at="2026-08-03T08:00:00Z")
        self.author.push()
        events = ["review.reminder", "review.overdue", "review.escalated"]
        self.config = world.configure(self.handbook, endpoints=[
            {"name": who, "reviewer": who, "url": receiver.url(f"/ok/{who}"), "allow": ["127.0.0.0/8"], "events": events}
            for who in ("onc1", "onc2", "ed")])
        self.told_at("2026-08-03T08:30:00Z")
        self.author.edit("content/a.md", "# A\n", at="2026-08-03T08:45:00Z")
        self.author.push()
        self.told_at("2026-08-03T09:00:00Z")

    def add_channel(self):
        settings = json.loads(self.config.read_text())
        settings["endpoints"].append({"name": "channel", "format": "slack", "url": self.receiver.url("/ok/channel"),
                                      "allow": ["127.0.0.0/8"], "events": ["review.reminder", "review.overdue"]})
        self.config.write_text(json.dumps(settings))

    def told_at(self, moment):
        """What a pass at this moment sends: (to whom, type)."""
        before = len(self.receiver.messages)
        result = self.world.imprimatur("once", "--deliver", config=self.config, now=moment)
        if result.status != 0:
            raise RuntimeError(str(result))
        return sorted((message["path"].rpartition("/")[2], message["body"].get("type"))
                      for message in self.receiver.messages[before:])

    def asked(self):
        return [person for entry in self.world.ledger(self.handbook) for person in entry["Requested"]]


def who_never_answers(story):
    with World() as world, Receiver() as receiver:
        board = Board(world, receiver)
        story.equal(board.asked(), ["onc1"], "one is asked")
        story.equal(board.told_at("2026-08-06T08:59:59Z"), [], "before respond-by there is silence")
        story.equal(board.told_at("2026-08-06T09:00:00Z"), [("onc1", "review.reminder")], "then a reminder")
        data = receiver.messages[-1]["body"]["data"]
        story.equal((data["person"]["id"], data["article"]["path"], data["state"], data["review"]["review_by"]),
                    ("onc1", "content/a.md", "submitted", "2026-08-17T09:00:00Z"), "that says of what")
        story.equal(board.told_at("2026-08-16T09:00:00Z"), [], "once")
        story.equal(board.told_at("2026-08-17T09:00:00Z"), [("ed", "review.escalated")],
                    "who never claimed is escalated at review-by")
        story.ok("onc2" in receiver.messages[-1]["body"]["data"]["reason_text"], "which says who was asked as well")
        story.equal(board.asked(), ["onc1", "onc2"], "the next eligible reviewer")
        story.equal(board.told_at("2026-08-19T09:00:00Z"), [], "silence for the first")
        story.equal(board.told_at("2026-08-20T09:00:00Z"), [("onc2", "review.reminder")], "a reminder for the second")


def who_claims_and_forgets(story):
    with World() as world, Receiver() as receiver:
        board = Board(world, receiver)
        board.author.decide(board.one, "claim", "content/a.md", at="2026-08-04T09:00:00Z")
        calendar = [(f"2026-08-{day:02}", *message) for day in range(4, 31)
                    for message in board.told_at(f"2026-08-{day:02}T09:00:00Z")]
        story.equal(calendar, [("2026-08-10", "onc1", "review.reminder"), ("2026-08-14", "onc1", "review.reminder"),
                               ("2026-08-17", "onc1", "review.overdue"), ("2026-08-20", "onc1", "review.overdue"),
                               ("2026-08-24", "onc1", "review.overdue"), ("2026-08-25", "ed", "review.escalated"),
                               ("2026-08-28", "onc2", "review.reminder")], "a month of a claim that is forgotten")
        story.equal(board.asked(), ["onc1", "onc2"], "one more was asked")
        ids = [message["headers"]["webhook-id"] for message in receiver.messages]
        for file in (world.root / "state" / "imprimatur").glob("index.db*"):
            file.unlink()
        board.told_at("2026-08-30T09:00:00Z")
        again = [message["headers"]["webhook-id"] for message in receiver.messages[len(ids):]]
        story.ok(set(again) <= set(ids), "a lost index repeats nothing but what has the same id", again)
        story.equal(board.asked(), ["onc1", "onc2"], "and asks nobody twice")


def who_is_away(story):
    with World() as world, Receiver() as receiver:
        away = {"away": [["2026-08-05", "2026-08-08"]]}
        board = Board(world, receiver, **away)
        story.equal(board.told_at("2026-08-06T09:00:00Z") + board.told_at("2026-08-08T23:00:00Z"), [],
                    "who is away is not reminded")
        story.equal(board.told_at("2026-08-09T00:00:00Z"), [("onc1", "review.reminder")], "but on return")


def what_a_channel_is_told(story):
    """A channel is reminded of a person once a day, programs of each article at its moment."""
    with World() as world, Receiver() as receiver:
        board = Board(world, receiver)
        board.add_channel()
        for name, hour in (("b", 12), ("c", 15)):
            board.author.edit(f"content/{name}.md", f"---\nreviewers: [onc1]\n---\n# {name}\n", at=f"2026-08-03T{hour}:00:00Z")
            board.author.push()
            board.told_at(f"2026-08-03T{hour}:30:00Z")
        articles = [f"content/{name}.md" for name in "abc"]
        board.author.decide(board.one, "claim", *articles, at="2026-08-04T09:00:00Z")
        board.told_at("2026-08-04T09:00:00Z")
        seen = [moment for moment in ("2026-08-10T09:00:00Z", "2026-08-10T12:30:00Z", "2026-08-10T15:30:00Z",
                                      "2026-08-11T08:59:59Z", "2026-08-11T09:00:00Z", "2026-08-11T15:30:00Z")
                if ("channel", None) in board.told_at(moment)]
        story.equal(seen, ["2026-08-10T09:00:00Z", "2026-08-11T09:00:00Z"], "once a day")
        told = [message["body"]["text"] for message in receiver.messages if message["path"].endswith("/channel")]
        story.ok("a" in told[0] and "2 × Reminder" in told[1], "then of all articles in one message", told)
        before = len(receiver.messages)
        for file in (world.root / "state" / "imprimatur").glob("index.db*"):
            file.unlink()
        again = board.told_at("2026-08-11T16:00:00Z")
        story.ok(("channel", None) not in again and ("onc1", "review.reminder") in again,
                 "and a lost index does not remind a channel again", receiver.messages[before:])


with Story("Reminders") as the_story:
    what_a_channel_is_told(the_story)
    who_never_answers(the_story)
    who_claims_and_forgets(the_story)
    who_is_away(the_story)
