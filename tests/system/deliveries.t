#!/usr/bin/env -S python3 -B
"""The queue by hand: what waits, why, and sending it again or giving it up, with a daemon and without."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from counter import SECRET, Counter, endpoint  # noqa: E402
from receiver import Receiver  # noqa: E402
from story import Story, World, wait_until  # noqa: E402

SUBMITTED = ["article.submitted"]


def settled(counter, state, count):
    """Waits until that many deliveries are listed in that state; returns them."""
    def look():
        found = [line for line in counter.listed("--all") if line["state"] == state]
        return found if len(found) >= count else None
    return wait_until(look, counter.state, what=f"{count} {state}")


def sees(story, counter, receiver, daemon):
    """What waits, since when, why, and the command that helps."""
    for name in "abc":
        counter.submit(f"content/{name}.md")
    dead = settled(counter, "dead", 3)
    waiting = [line for line in settled(counter, "waiting", 3) if line["attempts"]]
    story.equal([line["endpoint"] for line in counter.listed()], ["faulty"] * 3 + ["down"] * 3,
                "what needs attention comes first: what was given up, then what waits")
    one = dead[0]
    story.equal({key: one[key] for key in ("schema", "repository", "type", "endpoint", "attempts", "failure", "status",
                                           "answer", "command", "article", "next")},
                {"schema": 1, "repository": "handbook", "type": "article.submitted", "endpoint": "faulty", "attempts": 3,
                 "failure": "http", "status": 400, "answer": '"scripted\\n"',
                 "command": f"imprimatur deliveries replay {one['delivery']}",
                 "article": {"id": "content/a.md", "path": "content/a.md"}, "next": None},
                "for programs: why, the last answer, the command")
    story.ok(one["address"].startswith("127.0.0.1#") and len(one["address"]) == 18, "the address is a host and digits",
             one["address"])
    story.ok(waiting and waiting[0]["next"] and waiting[0]["command"] == "imprimatur endpoint ping down",
             "one that waits says until when, and what to try", waiting)
    told = counter.run("deliveries", "list")
    story.ok(told.status == 0 and not told.err and max(map(len, told.out.splitlines())) <= 80, "a table of 80 columns",
             told)
    story.ok("replay or drop" in told.out and "imprimatur deliveries replay ID" in told.out
             and "3 dead" in told.out and "400" in told.out, "says what to do", told)
    shown = counter.run("deliveries", "show", one["delivery"])
    body = next(m["raw"] for m in receiver.messages if m["path"] == "/400" and m["headers"]["webhook-id"] == one["webhook_id"])
    story.ok(one["webhook_id"] in shown.out.replace("\n             ", "") and "content/a.md" in shown.out, "one is shown", shown)
    story.equal(counter.lines("deliveries", "show", one["webhook_id"])[0]["body"], body,
                "by its webhook-id too, with the body as it was sent")
    story.equal(counter.lines("deliveries", "show", f" #{one['delivery']} ")[0]["delivery"], one["delivery"],
                "as people paste it")
    story.equal([line["delivery"] for line in counter.lines("deliveries", "show", one["webhook_id"][:16])],
                [line["delivery"] for line in counter.lines("deliveries", "show", one["webhook_id"])],
                "a beginning will do")
    everything = told.out + shown.out + counter.run("endpoint", "list").out + daemon.log
    story.ok("/400" not in everything and SECRET not in everything and str(receiver.port) not in everything,
             "no URL and no secret is shown anywhere")
    return dead


def replays(story, counter, receiver, dead):
    one, two, three = dead
    result = counter.run("deliveries", "replay", one["delivery"])
    story.equal((result.status, result.err), (0, ""), "a dead one is replayed") or story.note(result)
    again = receiver.wait_until(lambda all: [m for m in all if m["headers"]["webhook-id"] == one["webhook_id"]
                                             and m["path"] == "/400"][3:])
    first = next(m for m in receiver.messages if m["path"] == "/400" and m["headers"]["webhook-id"] == one["webhook_id"])
    story.equal((again[0]["raw"], again[0]["verified"]), (first["raw"], True), "the same body, under the same id, signed")
    settled(counter, "dead", 3)
    result = counter.run("deliveries", "drop", two["delivery"], three["webhook_id"], "--endpoint", "faulty", "--json")
    story.equal([(line["delivery"], line["state"]) for line in result.json],
                [(two["delivery"], "dropped"), (three["delivery"], "dropped")], "others are dropped") or story.note(result)
    story.equal(len([line for line in counter.listed() if line["endpoint"] == "faulty"]), 1, "and are off the list")
    result = counter.run("deliveries", "drop", two["delivery"])
    story.ok(result.status == 1 and "is over already" in result.err, "what is over cannot be dropped", result)
    story.equal(counter.run("deliveries", "replay", two["delivery"]).status, 0, "but can be replayed")
    receiver.wait_until(lambda all: [m for m in all if m["headers"]["webhook-id"] == two["webhook_id"]
                                     and m["path"] == "/400"][3:])
    settled(counter, "dead", 2)
    before = len(receiver.messages)
    result = counter.run("deliveries", "replay", "--all", "--endpoint", "faulty", "--json")
    story.equal([line["delivery"] for line in result.json], [one["delivery"], two["delivery"]], "all that are dead at once")
    receiver.wait_until(lambda all: len(all) >= before + 2)
    delivered = [line for line in settled(counter, "delivered", 1) if line["endpoint"] == "well"]
    counter.run("deliveries", "replay", delivered[0]["delivery"])
    receiver.wait_until(lambda all: [m for m in all if m["headers"]["webhook-id"] == delivered[0]["webhook_id"]
                                     and m["path"] == "/ok"][1:])
    story.ok(True, "and one that was delivered comes again")


def refuses(story, counter):
    for arguments, status, part in (
            (("replay", "4711"), 1, "there is no delivery 4711"),
            (("replay", "evt_0000000000000000"), 1, "there is no delivery evt_0000000000000000"),
            (("drop", "content/a.md"), 1, "there is no delivery content/a.md"),
            (("show", "0"), 1, "there is no delivery 0"),
            (("replay",), 2, "which? give ids, or --all"),
            (("drop", "--endpoint", "down"), 2, "which?"),
            (("replay", "1", "--all"), 2, "not both"),
            (("replay", "1", "--endpoint", "wel"), 1, 'did you mean "well"?'),
            (("list", "--endpoint", "wel"), 1, 'did you mean "well"?'),
            (("list", "--state", "lost"), 2, "the states are waiting, sending, delivered, dead, dropped"),
            (("list", "-n", "0"), 2, "not a number above 0")):
        result = counter.run("deliveries", *arguments)
        story.ok(result.status == status and part in result.err and not result.out, f"{status}: {part}", result)
    for verb in ("list", "show 1", "replay 1", "drop 1"):
        result = counter.world.imprimatur("deliveries", *verb.split())
        story.ok(result.status == 2 and "name its file with -c FILE" in result.err, f"{verb} wants a configuration", result)


def keeps_order(story):
    """The next one goes when the head of an article is dropped; one under way is left alone."""
    with World() as world, Receiver() as receiver:
        counter = Counter(world)
        config = counter.configure([endpoint(receiver, "lane", "/503/1/lane", events=["article.*"])])
        daemon = world.daemon(config).await_ready()
        counter.submit("content/a.md")
        head = settled(counter, "waiting", 1)[0]
        wait_until(lambda: counter.listed()[0]["attempts"] == 1 and counter.listed()[0]["state"] == "waiting", counter.state)
        counter.author.edit("content/a.md", "# Another\n")
        counter.author.push()
        behind = next(line for line in settled(counter, "waiting", 2) if line["delivery"] != head["delivery"])
        story.equal(behind["behind"], head["delivery"], "what stands behind another says so")
        story.equal(counter.run("deliveries", "drop", head["delivery"]).status, 0, "the first is dropped")
        receiver.wait_for(lambda m: m["headers"]["webhook-id"] == behind["webhook_id"])
        story.ok(True, "and the next goes at once")
        wait_until(lambda: counter.listed()[0]["state"] == "waiting", counter.state)
        story.equal(counter.run("deliveries", "replay", behind["delivery"]).status, 0, "one that waits for its step")
        receiver.wait_until(lambda all: [m for m in all if m["headers"]["webhook-id"] == behind["webhook_id"]][1:])
        story.ok(True, "is tried now when it is replayed")
        story.equal(daemon.stop(), 0, "the daemon ends")


def while_under_way(story):
    with World() as world, Receiver() as receiver:
        counter = Counter(world)
        config = counter.configure([endpoint(receiver, "slow", "/slow", events=["article.*"])],
                                   timeouts={"connect_s": 5, "total_s": 60})
        daemon = world.daemon(config).await_ready()
        counter.submit("content/a.md")
        receiver.wait_for(lambda m: m["path"] == "/slow")
        one = counter.listed()[0]
        story.equal(one["state"], "sending", "a try is under way")
        for verb in ("replay", "drop"):
            result = counter.run("deliveries", verb, one["delivery"])
            story.ok(result.status == 1 and "is being sent at this moment" in result.err, f"{verb} says so", result)
        story.equal(daemon.stop(), 0, "the daemon ends")
        result = counter.run("deliveries", "drop", one["delivery"])
        story.ok(result.status == 0 or "is being sent" in result.err, "what it left is for the next to take up", result)


def without_a_daemon(story):
    with World() as world, Receiver(secrets=[SECRET]) as receiver:
        counter = Counter(world)
        counter.configure([endpoint(receiver, "well", events=["article.*"], secret=SECRET)])
        story.equal(counter.run("deliveries", "list").out,
                    "handbook: no daemon has worked yet, so nothing is in the queue\n", "before the first daemon")
        result = counter.run("deliveries", "replay", "1")
        story.ok(result.status == 1 and "no daemon has worked here yet" in result.err, "there is nothing to work on", result)
        counter.submit("content/a.md")
        counter.run("once")
        counter.author.edit("content/b.md", "# B\n")
        counter.author.push()
        counter.run("once")
        line = counter.listed()[0]
        story.equal((line["state"], line["attempts"]), ("waiting", 0), "what once left waits")
        story.equal(counter.run("deliveries", "drop", line["delivery"]).status, 0, "it is dropped without a daemon")
        story.equal([line["state"] for line in counter.listed("--state", "dropped")], ["dropped"], "and says so")
        story.equal(counter.run("deliveries", "replay", line["delivery"]).status, 0, "and replayed")
        counter.run("once", "--deliver")
        story.equal([m["headers"]["webhook-id"] for m in receiver.messages], [line["webhook_id"]], "for once to send")
        left = world.root / "elsewhere.json"
        left.write_text(json.dumps(json.loads(counter.config.read_text()) | {"endpoints": []}))
        story.equal(world.imprimatur("endpoint", "list", config=left).out, "handbook: no endpoint is configured\n",
                    "no endpoints, no table")


with Story("The queue by hand") as the_story:
    with World() as the_world, Receiver(secrets=[SECRET]) as the_receiver:
        the_counter = Counter(the_world)
        the_config = the_counter.configure(
            [endpoint(the_receiver, "faulty", "/400", events=SUBMITTED, secret=SECRET),
             endpoint(the_receiver, "down", "/503", events=SUBMITTED),
             endpoint(the_receiver, "well", "/ok", events=SUBMITTED)], ladder=[0, 0, 0, 3600])
        the_daemon = the_world.daemon(the_config).await_ready()
        the_dead = sees(the_story, the_counter, the_receiver, the_daemon)
        replays(the_story, the_counter, the_receiver, the_dead)
        refuses(the_story, the_counter)
        the_story.equal(the_daemon.stop(), 0, "the daemon ends")
    keeps_order(the_story)
    while_under_way(the_story)
    without_a_daemon(the_story)
