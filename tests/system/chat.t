#!/usr/bin/env -S python3 -B
"""Channels: every format over HTTP, what services answer, digests, and nothing said twice."""

import sys
import threading
from pathlib import Path
from urllib.parse import quote

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from receiver import Receiver, shown  # noqa: E402
from story import Overdue, Story, World  # noqa: E402

LOOPBACK = ["127.0.0.0/8"]
ROOM = "_matrix/client/v3/rooms/%21a%3Ahost/send/m.room.message"
# A digest waits 10 s.
PATIENCE_S = 40


class Channels:
    """A handbook whose endpoints are channels; `behaviours` is of the receiver, by format."""

    def __init__(self, world, receiver, behaviours, articles=("content/old.md",), **more):
        self.world, self.receiver = world, receiver
        self.one = world.person("onc1", "Oncologist One", "one@board.example", capacity=100)
        self.two = world.person("onc2", "Oncologist Two", "two@board.example", capacity=100)
        self.handbook = world.bare("handbook")
        self.author = world.clone(self.handbook, "author")
        self.author.write_all({article: f"# {article}\n" for article in articles})
        self.author.publish_policy(world.policy([self.one, self.two]))
        self.author.push()
        self.endpoints = [{"name": name, "format": name, "allow": LOOPBACK, "url": self.url(name, behaviour)} | more
                          for name, behaviour in behaviours.items()]
        self.config = self.configure()

    def url(self, name, behaviour):
        place = f"{self.receiver.host}:{self.receiver.port}/{behaviour}/{name}"
        if name == "matrix":
            return f"http://syt_secret@{place}/{ROOM}"
        return f"http://tk_secret@{place}" if name == "ntfy" else f"http://{place}"

    def configure(self, *more):
        return self.world.configure(self.handbook, endpoints=[*self.endpoints, *more], ladder=[0, 1],
                                    article_url="https://handbook.example.org/{stem}")

    def begin(self):
        """A daemon that has done its first pass."""
        return self.world.daemon(self.config).await_ready()

    def at(self, name):
        return [message for message in self.receiver.messages if f"/{name}" in message["path"]]

    def told(self, name, part):
        """Waits for a message with this in it at a channel."""
        return self.receiver.wait_for(lambda message: f"/{name}" in message["path"] and part in shown(message),
                                      PATIENCE_S)


FORMATS = ("slack", "teams", "discord", "google-chat", "matrix", "ntfy")


def every_format(story):
    with World() as world, Receiver() as receiver:
        channels = Channels(world, receiver, {name: "ok" for name in FORMATS})
        daemon = channels.begin()
        channels.author.edit("content/a.md", "# Fever <!channel> @everyone\n")
        channels.author.push()
        for name in FORMATS:
            message = channels.told(name, "Fever")
            wanted = ("PUT" if name == "matrix" else "POST",
                      "text/plain" if name == "ntfy" else "application/json")
            story.equal((message["method"], message["headers"]["content-type"].partition(";")[0]), wanted,
                        f"{name}: is asked as it wants to be")
            story.ok(all(part not in message["raw"] for part in ("@everyone", "secret")),
                     f"{name}: a title mentions nobody", message["raw"])
            story.ok("https://handbook.example.org/a" in message["raw"], f"{name}: there is a link", message["raw"])
            story.equal(message["path"].rpartition("/")[2] == message["headers"]["webhook-id"], name == "matrix",
                        f"{name}: the id is the transaction of a room only")
            story.equal(message["headers"].get("authorization"),
                        {"matrix": "Bearer syt_secret", "ntfy": "Bearer tk_secret"}.get(name),
                        f"{name}: a token goes as a header")
            story.ok("secret" not in message["path"], f"{name}: and not in the path")
        story.equal(len({message["connection"] for message in receiver.messages}), len(receiver.messages),
                    "each on a connection of its own")
        story.equal(daemon.stop(), 0, "and it ends in time")
        story.ok("secret" not in daemon.log and f":{receiver.port}/" not in daemon.log, "no URL is in the log",
                 daemon.log)


def a_question(story):
    """Of a reader, in every format: once, and without any effect of its own."""
    asked = "Is quinoline safe, @everyone <!channel>? See [here](https://evil.example) *now*"
    with World() as world, Receiver() as receiver:
        channels = Channels(world, receiver, {name: "ok" for name in FORMATS}, events=["reader.*"])
        daemon = channels.begin()
        told = world.imprimatur("ask", "content/old.md", config=channels.config, text_in=asked)
        story.equal(told.status, 0, "a reader's question is taken")
        for name in FORMATS:
            message = channels.told(name, "quinoline")
            # Teams' runs and Matrix's HTML know no Markdown, nor does plain text.
            wrong = ("@everyone", "https://evil", *(("<!channel>", "*now*") if name in ("slack", "discord", "google-chat") else ()))
            story.equal([part for part in wrong if part in message["raw"]], [],
                        f"{name}: the question has no mention, link or markup")
        last = world.imprimatur("ask", "content/old.md", config=channels.config, text_in="The last one")
        for name in FORMATS:
            channels.told(name, "The last one")
        story.equal((last.status, {name: len([one for one in channels.at(name) if "quinoline" in shown(one)]) for name in FORMATS}),
                    (0, {name: 1 for name in FORMATS}), "each has it once")
        story.equal(daemon.stop(), 0, "and it ends in time")


def what_services_answer(story):
    """Each says no, or asks for quiet, in its own way, once for each message."""
    limited = quote('{"message": "limited", "retry_after": 1.25, "global": false}', safe="")
    room = quote('{"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 1500}', safe="")
    space = quote('{"error": {"code": 429, "status": "RESOURCE_EXHAUSTED"}}', safe="")
    topic = quote('{"code": 50001, "http": 500, "error": "internal"}', safe="")
    lost = quote("Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429",
                 safe="")
    answers = {"slack": "says/200/invalid_token", "teams": f"says/200/{lost}",
               "discord": f"says/429/{limited}/retry-after:1", "google-chat": f"says/200/{space}",
               "matrix": f"says/429/{room}", "ntfy": f"says/200/{topic}"}
    with World() as world, Receiver() as receiver:
        channels = Channels(world, receiver, answers, events=["policy.changed"], rate=0)
        channels.begin()

        def pairs(messages):
            """Of each channel the first message and the same again."""
            found = {}
            for message in messages:
                name = next(name for name in FORMATS if f"/{name}" in message["path"])
                found.setdefault((name, message["headers"]["webhook-id"]), []).append(message)
            return found if len(found) == 6 and all(len(pair) >= 2 for pair in found.values()) else None

        for (name, _), (first, second, *rest) in receiver.wait_until(pairs, PATIENCE_S).items():
            story.ok(first["raw"] == second["raw"] and not rest,
                     f"{name}: a no is not a yes, and it comes again as it was")
            quiet = {"discord": 1.25, "matrix": 1.5}.get(name, 0)
            story.ok(second["at"] - first["at"] >= quiet, f"{name}: after the quiet that it asks for",
                     second["at"] - first["at"])


def hear(daemon):
    """Takes the notices of a long pass, so that the daemon need not wait until somebody does."""
    try:
        daemon.await_notice(lambda _: False, "notice", 300)
    except Overdue:
        pass  # It has ended.


def many_are_one(story):
    paths = [f"content/{number}.md" for number in range(2000)]
    with World() as world, Receiver() as receiver:
        channels = Channels(world, receiver, {"slack": "ok", "ntfy": "ok"}, articles=paths)
        daemon = channels.begin()
        hearing = threading.Thread(target=hear, args=[daemon], daemon=True)
        hearing.start()
        channels.told("slack", "2000 articles")
        adopted = len(channels.at("slack"))
        story.ok(adopted <= 2, "an adoption of 2,000 files is one or two messages", adopted)
        channels.author.write_all({path: f"# {path}, again\n" for path in paths})
        channels.author.commit("Edit all")
        channels.author.push()
        digest = channels.told("slack", "2000 × Submitted")
        text = digest["body"]["text"]
        story.equal(text.count("\n• "), 10, "so is an edit of all of them, which lists ten")
        story.ok("more; what waits is listed by: imprimatur status" in text.splitlines()[-1], "and counts the rest",
                 text)
        story.ok(len(channels.at("slack")) - adopted <= 2, "it is one or two messages",
                 [message["raw"][:200] for message in channels.at("slack")])
        channels.told("ntfy", "2000 × Submitted")
        story.equal(daemon.stop(), 0, "and it ends in time")
        hearing.join()


def killed_around_a_digest(story):
    paths = [f"content/{number}.md" for number in range(12)]
    with World() as world, Receiver() as receiver:
        channels = Channels(world, receiver, {"slack": "503/2"}, events=["article.submitted"])
        channels.begin().stop()
        channels.author.write_all({path: f"# {path}\n" for path in paths})
        channels.author.commit("Write")
        channels.author.push()
        daemon = world.daemon(channels.config).await_ready()
        daemon.kill()  # while it gathers
        daemon = world.daemon(channels.config).await_ready()
        receiver.wait_until(lambda messages: len(messages) == 1, PATIENCE_S)
        daemon.kill()  # while it sends
        daemon = world.daemon(channels.config).await_ready()
        receiver.wait_until(lambda messages: len(messages) >= 3, PATIENCE_S)
        story.equal(daemon.stop(), 0, "and it ends in time")
        story.equal(len({(message["headers"]["webhook-id"], message["raw"]) for message in receiver.messages}), 1,
                    "a digest has one id and one body, however often the daemon dies")
        story.ok("12 × Submitted" in receiver.messages[0]["body"]["text"], "it tells all of them",
                 receiver.messages[0]["raw"])
        for file in (world.root / "state" / "imprimatur").glob("index.db*"):
            file.unlink()
        before = len(receiver.messages)
        channels.configure({"name": "site", "url": receiver.url("/ok/site"), "allow": LOOPBACK, "rate": 0,
                            "events": ["article.submitted"]})
        daemon = world.daemon(channels.config).await_ready()
        receiver.wait_until(lambda messages: len(channels.at("site")) == 12, PATIENCE_S)
        channels.author.edit("content/new.md", "# New\n")
        channels.author.push()
        channels.told("slack", "new")
        again = [message for message in receiver.messages[before:] if "/slack" in message["path"]]
        story.ok(all("12 ×" not in message["raw"] and "content/0" not in shown(message) for message in again),
                 "an index from nothing is told to programs again, and a channel is spared it",
                 [message["raw"] for message in again])
        story.equal(daemon.stop(), 0, "and it ends in time")


def a_ping(story):
    with World() as world, Receiver() as receiver:
        channels = Channels(world, receiver, {"matrix": "ok"})
        result = world.imprimatur("endpoint", "ping", "matrix", config=channels.config)
        story.equal(result.status, 0, "a channel can be pinged")
        story.equal((receiver.messages[0]["method"], receiver.messages[0]["body"]["msgtype"]), ("PUT", "m.notice"),
                    "in its format")


with Story("Channels") as the_story:
    every_format(the_story)
    a_question(the_story)
    what_services_answer(the_story)
    many_are_one(the_story)
    killed_around_a_digest(the_story)
    a_ping(the_story)
