#!/usr/bin/env -S python3 -B
"""Readers' questions: by the command and by the door's socket to programs and chats, and then nowhere any more."""

import json
import socket
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from counter import SECRET, Counter, endpoint  # noqa: E402
from receiver import Receiver, shown  # noqa: E402
from story import PATIENCE_S, Story, World  # noqa: E402

PATH = "content/a.md"
WORDS = "quinoline"  # of a patient, which must not be found afterwards
QUESTION = f"\r\nI take {WORDS}.\r\rMay <!channel> I\x1b[31m *drink*  \u202emilk?\n"
CLEAN = f"I take {WORDS}.\n\nMay <!channel> I[31m *drink*  milk?"
READERS = ["reader.*"]
ECHO = f"/says/302/{WORDS}"


def at(receiver, path, count):
    """The first `count` messages that came to a path."""
    def come():
        return [message for message in receiver.messages if message["path"] == path]
    receiver.wait_until(lambda _: len(come()) >= count, PATIENCE_S)
    return come()


def is_forgotten(story, counter, daemon, events):
    story.ok(all(line["state"] == "delivered" for line in counter.listed() if line["webhook_id"] in events),
             "the deliveries are remembered")
    again = counter.run("deliveries", "replay", events[0])
    story.ok(again.status == 1 and "its text is no longer kept" in again.err, "their words are not: none is sent again", again)
    story.ok(WORDS not in daemon.log, "row 46: a question is in no log", daemon.log)
    objects = counter.world.git(counter.repository, "cat-file", "--batch-all-objects", "--batch-check=%(objectname)").split()
    found = [name for name in objects if WORDS in counter.world.git(counter.repository, "cat-file", "-p", name)]
    story.equal(found, [], "row 46: and in no object of git")


def by_command(story, counter, receiver):
    asked = counter.run("ask", PATH, "--json", text_in=QUESTION)
    told = asked.json[0]
    story.equal((asked.status, told["article"], told["endpoints"]), (0, PATH, ["site", "board"]), "a question is taken")
    message = at(receiver, "/ok/site", 1)[0]
    data = message["body"]["data"]
    story.equal((message["body"]["type"], message["headers"]["webhook-id"], message["verified"]),
                ("reader.question", told["webhook_id"], True), "and told to a program")
    story.equal((data["reason_text"], data["person"], data["actor"], data["article"]["path"], data["state"]),
                (CLEAN, None, None, PATH, "submitted"), "cleaned, about its article, of nobody")
    chat = at(receiver, "/ok/board", 1)[0]
    story.ok("Question from a reader" in chat["raw"] and WORDS in shown(chat), "and to a chat", chat["raw"])
    story.ok("<!channel>" not in chat["raw"] and "*drink*" not in chat["raw"], "row 46: where it has no markup", chat["raw"])
    for text, part in ((" \n", "is empty"), ("x" * 2001, "more than 2000 characters"), ("x" * 70000, "more than 2000 characters"),
                       ("a\0b", "not text"), ("a\udcff", "not text")):
        refused = counter.run("ask", PATH, text_in=text)
        story.ok(refused.status == 2 and part in refused.err, f"refused: {part}", refused)
    longest = counter.run("ask", PATH, text_in="\u20ac" * 2000)
    story.equal((longest.status, at(receiver, "/ok/site", 2)[1]["body"]["data"]["reason_text"]), (0, "\u20ac" * 2000),
                "2000 characters of any kind go through")
    echoed = counter.run("ask", "content/b.md", "--json", text_in=f"Is {WORDS} new?")
    story.equal(echoed.json[0]["endpoints"], ["site", "board", "echo"], "endpoints take it by path, too")
    at(receiver, ECHO, 2)
    nothing = counter.run("ask", "content/none.md", text_in="What?")
    story.ok(nothing.status == 1 and 'there is no article "content/none.md"' in nothing.err, "of nothing nothing is asked", nothing)
    return told["webhook_id"]


def by_the_door(story, counter, receiver, daemon):
    before = len(at(receiver, "/ok/site", 3))
    at(receiver, "/ok/board", before)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as door:
        def hand_on(article, question):
            line = {"schema": 1, "question": question, "article": article}
            door.sendto(json.dumps(line).encode(), str(counter.state / "wake"))
        hand_on("content/none.md", f"{WORDS}?")
        for number in range(12):
            hand_on(PATH, f"{number}: is {WORDS} safe?\r\n")
        messages = at(receiver, "/ok/site", before + 9)[before:]
        story.equal(messages[0]["body"]["data"]["reason_text"], f"0: is {WORDS} safe?", "the door's questions are told, too")
        chats = at(receiver, "/ok/board", before + 9)[before:]
        story.ok(all(f"{number}: is {WORDS}" in shown(chat) for number, chat in enumerate(chats)),
                 "a chat has each of many: none goes into a digest", [chat["raw"] for chat in chats])
        told = counter.run("ask", PATH, text_in="The last one")
        story.equal(told.status, 0, "by hand it is always taken")
        last = at(receiver, "/ok/site", before + 10)[-1]
        story.equal(last["body"]["data"]["reason_text"], "The last one", "row 46: a flood is cut off")
        at(receiver, "/ok/board", before + 10)
    story.equal(daemon.log.count("10 readers' questions a minute"), 1, "  with one line in the log")
    story.equal(daemon.log.count('a reader\'s question about "content/none.md" is dropped: there is no such article'), 1,
                "a question about nothing is dropped with another")


def without_a_daemon(story, counter, receiver):
    before = len(at(receiver, "/ok/site", 1))
    told = counter.run("ask", PATH, "--json", text_in=f"Is {WORDS} new?")
    story.equal(told.status, 0, "where no daemon runs the command does it itself")
    counter.run("once", "--deliver")
    story.equal(at(receiver, "/ok/site", before + 1)[before]["headers"]["webhook-id"], told.json[0]["webhook_id"],
                "and once sends it")
    dropped = counter.run("ask", PATH, "--json", text_in=f"Is {WORDS} gone?").json[0]["webhook_id"]
    story.equal(counter.run("deliveries", "drop", dropped).status, 0, "what is dropped")
    again = counter.run("deliveries", "replay", dropped)
    story.ok("its text is no longer kept" in again.err, "is forgotten, too", again)
    counter.configure([endpoint(receiver, "site", "/ok/site", events=["article.*"])])
    nobody = counter.run("ask", PATH, text_in="Who is there?")
    story.ok(nobody.status == 1 and "nobody would read it" in nobody.err, "a question that nobody would read is refused", nobody)


with Story("Readers' questions") as the_story, World() as the_world, Receiver(secrets=[SECRET]) as the_receiver:
    the_counter = Counter(the_world)
    the_counter.configure([endpoint(the_receiver, "site", "/ok/site", events=READERS, secret=SECRET),
                           endpoint(the_receiver, "board", "/ok/board", format="slack", events=READERS, rate=0),
                           endpoint(the_receiver, "echo", ECHO, format="discord", events=READERS, paths=["content/b.md"])],
                          ladder=[0, 0, 3600])
    the_counter.submit("content/b.md")
    the_counter.submit(PATH)
    the_daemon = the_world.daemon(the_counter.config, env={"RUNTIME_DIRECTORY": str(the_counter.state)}).await_ready()
    the_first = by_command(the_story, the_counter, the_receiver)
    by_the_door(the_story, the_counter, the_receiver, the_daemon)
    the_story.equal(the_daemon.stop(), 0, "the daemon ends")
    is_forgotten(the_story, the_counter, the_daemon, [the_first])
    without_a_daemon(the_story, the_counter, the_receiver)
