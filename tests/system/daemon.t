#!/usr/bin/env -S python3 -B
"""The daemon at work: it waits for what is not there yet, sees every push at once, delivers, survives, reloads."""

import contextlib
import json
import shutil
import sqlite3
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from receiver import Receiver  # noqa: E402
from story import Story, World, wait_until  # noqa: E402

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def types_of(messages):
    return [message["body"]["type"] for message in messages]


def endpoint(receiver, path="/ok", **more):
    return {"name": path.strip("/").replace("/", "-"), "url": receiver.url(path), "allow": ["127.0.0.0/8"]} | more


def about_delivery(kind, message, sentence):
    """The body that a fact about a delivery has, word for word: every key of a message, and null where it says nothing."""
    data = dict.fromkeys(("repository", "article", "state", "previous_state", "round", "reason", "reason_text", "refusal",
                          "problem", "count", "command", "actor", "person", "verified", "review", "changes",
                          "changes_more", "source", "decision",
                          "ledger"))
    data |= {"repository": "handbook", "reason_text": sentence, "verified": True}
    return json.dumps({"type": kind, "timestamp": message["body"]["timestamp"], "data": data}, separators=(",", ":"))


def waits_for_what_is_not_there(story):
    """The daemon waits for a repository, a branch and a policy."""
    with World() as world:
        one = world.person("onc1", "Oncologist One", "one@board.example")
        place = world.root / "later" / "handbook.git"
        config = world.configure(place, name="handbook")
        daemon = world.daemon(config).await_ready()
        story.ok("no git repository" in daemon.log, "without a repository it is ready, and says what it waits for")
        story.equal(world.daemon(config).await_end(), 75, "a second daemon is told to try again later")

        place.parent.mkdir()
        world.run("git", "init", "-q", "--bare", "-b", "main", place)
        daemon.await_status("no branch")
        story.ok(True, "the repository is seen when it appears")
        author = world.clone(place, "author")
        author.edit("content/a.md", "# A\n")
        author.push()
        daemon.await_status("no policy")
        story.ok(True, "so is the branch")
        author.publish_policy(world.policy([one]))
        author.push()
        entries = world.await_ledger(place, lambda entries: len(entries) == 3)
        story.equal([entry["Event"] for entry in entries], ["start", "policy", "submission"], "and the policy")

        shutil.rmtree(place)
        daemon.await_status("no git repository")
        story.ok(daemon.process.poll() is None, "a repository that is deleted does not end it")
        story.equal(daemon.stop(), 0, "SIGTERM ends it in time, with status 0")


def sees_every_push(story):
    """Whatever moves a ref is seen at once."""
    with World() as world, Receiver(secrets=[SECRET]) as receiver:
        one = world.person("onc1", "Oncologist One", "one@board.example", capacity=100)
        handbook, author = world.handbook([one])
        config = world.configure(handbook, endpoints=[endpoint(receiver, secret=SECRET)], poll_seconds=3600)
        daemon = world.daemon(config).await_ready()
        for number in range(5):
            author.edit(f"content/{number}.md", f"# {number}\n")
            author.push()
            receiver.wait_for(lambda message: message["body"]["type"] == "article.submitted"
                              and message["body"]["data"]["article"]["path"] == f"content/{number}.md")
            world.git(handbook, "pack-refs", "--all")
            world.git(handbook, "gc", "-q", "--prune=now")
        story.ok(True, "five pushes, with pack-refs and gc between them")
        author.decide(one, "approve", "content/1.md", branch="review/a/b/c", push=False)
        author.git("push", "-q", "origin", "review/a/b/c")
        message = receiver.wait_for(lambda message: message["body"]["type"] == "article.approved")
        story.ok(message["verified"], "an approval on a branch in new folders, its webhook signed")
        story.equal(message["headers"]["content-type"], "application/json", "as JSON")
        author.git("push", "-q", "origin", ":review/a/b/c")
        author.decide(one, "approve", "content/2.md", branch="review/a/b/d", push=False)
        author.git("push", "-q", "origin", "review/a/b/d")
        receiver.wait_for(lambda message: message["body"]["type"] == "article.approved"
                          and message["body"]["data"]["article"]["path"] == "content/2.md")
        story.ok(True, "and again where folders went and came back")
        ids = [message["headers"]["webhook-id"] for message in receiver.messages]
        story.equal(len(ids), len(set(ids)), "nothing was sent twice")
        world.git(handbook, "update-ref", "-d", "refs/imprimatur/ledger")
        receiver.wait_for(lambda message: message["body"]["type"] == "ledger.diverged")
        story.ok(True, "the ledger's ref, deleted, is missed at once")
        story.equal(daemon.stop(), 0, "and it ends in time")


def logs_each_outage(story):
    """An endpoint that is well again and then fails as before is in the log again, but does not fill it."""
    with World() as world, Receiver() as receiver:
        one = world.person("onc1", "Oncologist One", "one@board.example", capacity=100)
        handbook, author = world.handbook([one])
        config = world.configure(handbook, ladder=[0, 1, 1], endpoints=[
            endpoint(receiver, "/503/1", events=["article.submitted"])], poll_seconds=3600)
        daemon = world.daemon(config).await_ready()

        def submit(number):
            author.edit(f"content/{number}.md", f"# {number}\n")
            author.push()
            receiver.wait_until(lambda messages: len(messages) == 2 * number)

        def outages():
            return daemon.log.count("failed: status 503")

        submit(1)
        submit(2)
        wait_until(lambda: outages() == 2, world.root, what="a second line")
        story.ok(True, "each of two outages is logged")
        for number in range(3, 6):
            submit(number)
        story.equal(daemon.stop(), 0, "it ends well")
        story.equal(outages(), 3, "one that comes and goes is logged three times, and then seldom")


def delivers_through_trouble(story):
    """Deliveries outlive trouble at both ends."""
    with World() as world, Receiver(secrets=[SECRET]) as receiver:
        one = world.person("onc1", "Oncologist One", "one@board.example", capacity=100)
        handbook, author = world.handbook([one])
        config = world.configure(
            handbook, ladder=[0, 1, 1, 1], timeouts={"connect_s": 1, "total_s": 2},
            endpoints=[endpoint(receiver, "/503/2", events=["article.*"]), endpoint(receiver, "/slow"),
                       endpoint(receiver, "/410"), endpoint(receiver, "/ok", events=["*"], secret=SECRET),
                       endpoint(receiver, "/400", events=["article.submitted"]),
                       endpoint(receiver, "/room", events=["review.requested"], reviewer="onc1")])
        daemon = world.daemon(config).await_ready()
        author.edit("content/a.md", "# A\n")
        author.push()
        receiver.wait_for(lambda message: message["path"] == "/ok" and message["body"]["type"] == "article.submitted")
        story.ok(True, "an endpoint that never answers delays no other")
        flaky = receiver.wait_until(lambda messages: [m for m in messages if m["path"] == "/503/2"][2:] and messages)
        tried = [m for m in flaky if m["path"] == "/503/2" and m["body"]["type"] == "article.submitted"]
        story.equal(len({(m["headers"]["webhook-id"], m["raw"]) for m in tried}), 1,
                    "what failed comes again under the same id, with the same body")
        disabled = receiver.wait_for(lambda m: m["path"] == "/ok" and m["body"]["type"] == "endpoint.disabled")
        story.equal(disabled["raw"], about_delivery(
            "endpoint.disabled", disabled, 'The endpoint "410" answered 410 and is disabled; its deliveries wait until its '
            "URL in the configuration is changed, or until you type: imprimatur endpoint enable 410"), "410 disables an endpoint, and others are told, word for word")
        given_up = receiver.wait_for(lambda m: m["path"] == "/ok" and m["body"]["type"] == "delivery.exhausted", 20)
        tries = [m for m in receiver.messages if m["path"] == "/400"]
        story.equal(len(tries), 3, "what is answered 400 gets three tries")
        story.equal(given_up["raw"], about_delivery(
            "delivery.exhausted", given_up, f'The delivery of {tries[0]["headers"]["webhook-id"]} (article.submitted) to '
            '"400" was given up.'), "and then others are told, word for word")
        asked = receiver.wait_for(lambda m: m["path"] == "/room")
        story.equal(asked["body"]["data"]["person"], {"id": "onc1", "name": "Oncologist One"},
                    "a reviewer's endpoint gets the request")
        daemon.kill()
        author.edit("content/b.md", "# B\n")
        author.push()
        receiver.stop()
        daemon = world.daemon(config).await_ready()
        with Receiver(secrets=[SECRET], port=receiver.port) as back:
            message = back.wait_for(lambda m: m["path"] == "/ok" and m["body"]["type"] == "article.submitted")
            story.equal(message["body"]["data"]["article"]["path"], "content/b.md",
                        "after kill -9, and with the receiver back, what was missed is delivered")
            again = [m for m in back.messages if m["path"] == "/ok" and m["body"]["type"] == "article.submitted"]
            story.equal(len(again), 1, "once")
        story.equal(daemon.stop(), 0, "and it ends in time")


def reloads(story):
    """SIGHUP takes another configuration, or keeps the old."""
    with World() as world, Receiver() as receiver:
        one = world.person("onc1", "Oncologist One", "one@board.example")
        handbook, author = world.handbook([one])
        config = world.configure(handbook)
        daemon = world.daemon(config).await_ready()
        good = config.read_text()
        config.write_text(good.replace('"name"', '"nmae"', 1))
        daemon.reload()
        story.ok("nmae" in daemon.log and "old configuration stays" in daemon.log, "a mistake is told by its key",
                 daemon.log)
        config.write_text(json.dumps(json.loads(good) | {"endpoints": [endpoint(receiver)]}))
        daemon.reload()
        author.edit("content/a.md", "# A\n")
        author.push()
        receiver.wait_for(lambda message: message["body"]["type"] == "article.submitted")
        story.ok(True, "a new endpoint is served without a restart")
        config.write_text(json.dumps(json.loads(good) | {"name": "other"}))
        daemon.reload()
        story.ok("restart" in daemon.log, "another name takes a restart, and says so", daemon.log)
        story.equal(daemon.stop(), 0, "and it ends in time")
        config.write_text("{")
        story.equal(world.daemon(config).await_end(), 3, "a configuration that cannot be read ends a start with 3")


def falls_silent(story):
    """A daemon that ended two days ago without anybody's notice."""
    with World() as world, Receiver() as receiver:
        handbook, _ = world.handbook([world.person("onc1", "Oncologist One", "one@board.example")])
        config = world.configure(handbook, endpoints=[endpoint(receiver)])
        world.daemon(config).await_ready().stop()
        told = {verb: world.imprimatur(*verb, config=config) for verb in (("status",), ("endpoint", "list"), ("deliveries", "list"))}
        story.equal([verb for verb, said in told.items() if "has not looked" in said.out], [], "a daemon that ended now is not missed yet")
        with contextlib.closing(sqlite3.connect(next((world.root / "state").rglob("index.db")))) as index, index:
            index.execute("UPDATE meta SET value = value - 2 * 86400 * 1000000 WHERE key = 'served_at'")
        said = world.imprimatur("status", config=config)
        story.ok(said.out.startswith("WARNING The daemon has not looked for 2 d, so nothing below is newer: systemctl\n"
                                     "        status imprimatur@handbook\n"), "after some polls status says so on top, with what to type", said)
        for verb in ("endpoint", "deliveries"):
            said = world.imprimatur(verb, "list", config=config)
            story.ok("The daemon has not looked for 2 d, so nothing is sent:\n  systemctl status imprimatur@handbook\n" in said.out,
                     f"and so does {verb} list", said)


def sends_once(story):
    """once --deliver sends what is due."""
    with World() as world, Receiver() as receiver:
        one = world.person("onc1", "Oncologist One", "one@board.example")
        handbook = world.bare("handbook")
        author = world.clone(handbook, "author")
        author.publish_policy(world.policy([one]))
        author.edit("content/a.md", "# A\n")
        author.push()
        config = world.configure(handbook, endpoints=[endpoint(receiver)])
        story.equal(world.imprimatur("once", config=config).status, 0, "a pass")
        story.equal(receiver.messages, [], "leaves deliveries to a daemon")
        result = world.imprimatur("once", "--deliver", config=config)
        story.equal(result.status, 0, "with --deliver")
        story.equal(types_of(receiver.messages), ["policy.changed", "repository.adopted"], "they are sent")


with Story("The daemon at work") as the_story:
    waits_for_what_is_not_there(the_story)
    sees_every_push(the_story)
    logs_each_outage(the_story)
    delivers_through_trouble(the_story)
    reloads(the_story)
    falls_silent(the_story)
    sends_once(the_story)
