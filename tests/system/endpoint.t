#!/usr/bin/env -S python3 -B
"""The endpoints by hand: how it stands with each, a test message, and trying one again, with a daemon and without."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from counter import SECRET, Counter, endpoint  # noqa: E402
from receiver import Receiver, shown  # noqa: E402
from story import Story, World, wait_until  # noqa: E402


def states(counter):
    return {line["endpoint"]: line["state"] for line in counter.lines("endpoint", "list")}


def sees(story, counter, receiver):
    for name in "abcdef":
        counter.submit(f"content/{name}.md")
    wanted = {"gone": "disabled", "down": "open", "well": "well", "onc": "well"}
    wait_until(lambda: states(counter) == wanted, counter.state, what=f"{wanted}")
    lines = counter.lines("endpoint", "list")
    story.equal([line["endpoint"] for line in lines], ["gone", "down", "onc", "well"], "what needs attention comes first")
    gone, down = lines[0], lines[1]
    story.equal({key: gone[key] for key in ("schema", "repository", "format", "reviewer", "events", "paths", "disabled",
                                            "waiting", "dead", "failure", "status", "next")},
                {"schema": 1, "repository": "handbook", "format": "standard", "reviewer": None, "events": ["article.*"],
                 "paths": [], "disabled": True, "waiting": 6, "dead": 0, "failure": "http", "status": 410, "next": None},
                "a disabled one, for programs")
    story.ok(gone["address"].startswith("127.0.0.1#"), "its address is shown as a host and digits, without the secrets",
             gone)
    story.ok(down["waiting"] == 6 and down["next"] and down["since"] and down["oldest"], "one that is only probed", down)
    story.equal((lines[2]["reviewer"], lines[3]["waiting"], lines[3]["status"]), ("onc1", 0, 200), "and those that are well")
    told = counter.run("endpoint", "list")
    story.ok(told.status == 0 and not told.err and max(map(len, told.out.splitlines())) <= 80
             and "imprimatur endpoint enable gone" in told.out, "a table of 80 columns, and what to do", told)
    for width in (60, 80, 120):
        for verb in ("endpoint", "deliveries"):
            told = counter.on_terminal(width, verb, "list")
            table = told.partition("\n\n")[0].splitlines()
            story.ok(len(table) > 4 and max(map(len, told.splitlines())) <= width
                     and all(line.startswith(("NAME", "ID", "gone", "down", "onc", "well")) or line[0].isdigit()
                             for line in table), f"{verb} list fits {width} columns, a line for each", told)
    told = counter.run("status")
    plain = " ".join(told.out.split())
    story.ok("WARNING The endpoint gone has been disabled since" in plain and "WARNING The endpoint down has been failing since" in plain
             and "endpoint well" not in plain, "status warns", told)
    return gone


def pings(story, counter, receiver):
    before = len(receiver.messages)
    result = counter.run("endpoint", "ping", "well")
    story.ok(result.status == 0 and "answered with status 200" in result.out and not result.err, "a ping is answered", result)
    message = receiver.wait_for(lambda m: m["body"]["type"] == "webhook.ping")
    story.equal((message["path"], message["verified"], message["body"]["data"]["repository"]), ("/ok", True, "handbook"),
                "at that endpoint alone, signed")
    story.equal([m["path"] for m in receiver.messages[before:] if m["body"]["type"] == "webhook.ping"], ["/ok"], "once")
    lines = counter.run("endpoint", "ping", "gone", "--json")
    story.equal([{key: line[key] for key in ("schema", "endpoint", "failure", "status", "disabled")} for line in lines.json],
                [{"schema": 1, "endpoint": "gone", "failure": "http", "status": 410, "disabled": True}],
                "one that is disabled is tried, too")
    story.equal(lines.status, 1, "a refusal is exit status 1")
    result = counter.run("endpoint", "ping", "wel")
    story.equal((result.status, result.err), (1, 'imprimatur: there is no endpoint "wel"; did you mean "well"?\n'),
                "a wrong name")
    story.equal(states(counter)["gone"], "disabled", "a ping changes nothing")


def enables(story, counter, receiver, gone):
    before = len([m for m in receiver.messages if m["path"] == "/410"])
    result = counter.run("endpoint", "enable", "gone")
    story.ok(result.status == 0 and "is enabled; 6 messages are due" in result.out, "it is enabled", result)
    receiver.wait_until(lambda all: len([m for m in all if m["path"] == "/410"]) > before + 1)
    wait_until(lambda: states(counter)["gone"] == "disabled", counter.state)
    story.ok(True, "what was parked goes, and what is answered 410 disables it again")
    result = counter.run("endpoint", "enable", "down", "--json")
    story.equal((result.json[0]["endpoint"], result.json[0]["changed"]), ("down", True), "one that is only probed is tried now")
    result = counter.run("endpoint", "enable", "well")
    story.ok(result.status == 0 and "was well already" in result.out, "one that is well stays", result)


def by_itself(story):
    """Without a daemon the command sends by itself, with the secrets that root may read beside the configuration."""
    with World() as world, Receiver(secrets=[SECRET]) as receiver:
        counter = Counter(world)
        counter.configure([endpoint(receiver, "well", secret="credential:well-secret"),
                           endpoint(receiver, "slow", "/slow"), endpoint(receiver, "shut", "/ok", allow=[]),
                           {"name": "nowhere", "url": "https://nowhere.invalid/"},
                           {"name": "closed", "url": "http://127.0.0.1:1/", "allow": ["127.0.0.0/8"]}])
        secrets = Path(str(counter.config).removesuffix(".json") + ".credentials")
        secrets.mkdir(mode=0o700)
        (secrets / "well-secret").write_text(SECRET)
        result = counter.run("endpoint", "list", "--json")
        story.equal([(line["endpoint"], line["state"], line["waiting"]) for line in result.json],
                    [(name, "unknown", None) for name in ("closed", "nowhere", "shut", "slow", "well")],
                    "before the first daemon, the list says what the configuration does")
        result = counter.run("endpoint", "ping", "well", "--json")
        story.equal([(line["endpoint"], line["status"], line["disabled"]) for line in result.json], [("well", 200, False)],
                    "a ping without a daemon") or story.note(result)
        story.equal([m["verified"] for m in receiver.messages], [True], "is signed with the credential")
        for name, failure, part in (("slow", "timeout", "answers too late"), ("shut", "blocked", '"allow"'),
                                    ("nowhere", "dns", "does not resolve"), ("closed", "connect", "nobody listens")):
            result = counter.run("endpoint", "ping", name)
            story.ok(result.status == 1 and failure in result.out and part in " ".join(result.out.split()),
                     f"{failure}: {part}", result)


def changes_its_format(story):
    """A channel that was taken for a program: what was written for that one is not sent to it any more."""
    with World() as world, Receiver() as receiver:
        counter = Counter(world)
        config = counter.configure([endpoint(receiver, "room", "/text", events=["article.*"], rate=0)])
        daemon = world.daemon(config).await_ready()
        for name in "abcdef":
            counter.submit(f"content/{name}.md")
        wait_until(lambda: states(counter) == {"room": "open"}, counter.state, what="that it fails")
        tried = len(receiver.messages)
        counter.configure([endpoint(receiver, "room", "/text", events=["article.*"], rate=0, format="ntfy")])
        daemon.reload()
        wait_until(lambda: "its format has changed" in daemon.log, world.root, what="what becomes of those that wait")
        story.ok("endpoint room: its format has changed; given up, because they were written in the former one: 6" in daemon.log,
                 "the log says that they are given up", daemon.log)
        counter.submit("content/g.md")
        receiver.wait_for(lambda message: "content/g.md" in shown(message), 40)
        story.equal([message["raw"][:1] for message in receiver.messages[tried:]].count("{"), 0,
                    "what comes now is told at once, in the new format alone")
        wait_until(lambda: "sending" not in [line["state"] for line in counter.listed()], counter.state, what="its answer to be noted")
        story.equal(([line["state"] for line in counter.listed()], states(counter)), (["dead"] * 6, {"room": "well"}),
                    "the others are listed as dead")
        story.equal(daemon.stop(), 0, "the daemon ends")


def renamed_while_messages_wait(story):
    """What a list shows can be named, also where the configuration no longer has it."""
    with World() as world, Receiver() as receiver:
        counter = Counter(world)
        config = counter.configure([endpoint(receiver, "old", "/503", events=["article.*"], rate=0)])
        daemon = world.daemon(config).await_ready()
        for name in "abcd":
            counter.submit(f"content/{name}.md")
        wait_until(lambda: [line["state"] for line in counter.listed("--endpoint", "old")] == ["waiting"] * 4
                   and all(line["attempts"] for line in counter.listed("--endpoint", "old")), counter.state)
        counter.configure([endpoint(receiver, "new", "/ok", events=["article.*"], rate=0)])
        for running in (True, False):
            daemon.reload() if running else daemon.stop()
            where = "with" if running else "without"
            listed = counter.run("endpoint", "list")
            story.ok("imprimatur deliveries drop --endpoint old --waiting" in listed.out, f"{where} a daemon: what to type", listed)
            first = counter.listed("--endpoint", "old")[0]["delivery"]
            dropped = counter.run("deliveries", "drop", "--endpoint", "old", str(first), "--json")
            story.equal([line["delivery"] for line in dropped.json], [first], f"{where} a daemon: one that is listed is dropped")
            replayed = counter.run("deliveries", "replay", "--endpoint", "old", str(first))
            story.ok(replayed.status == 0, f"{where} a daemon: and replayed", replayed)
        told = counter.run("endpoint", "ping", "old")
        story.ok(told.status == 1 and "no longer configured" in told.err, "a ping says why it goes nowhere", told)
        story.equal(counter.run("endpoint", "enable", "old").status, 0, "it can be enabled, for what that is worth")
        told = counter.run("deliveries", "drop", "--waiting")
        story.ok(told.status == 2 and "--endpoint NAME" in told.err, "for which is asked", told)
        told = counter.run("deliveries", "drop", "--endpoint", "odl", "--waiting")
        story.ok(told.status == 1 and 'no endpoint "odl"' in told.err, "a wrong name is one", told)
        story.equal(len(counter.run("deliveries", "drop", "--endpoint", "old", "--waiting", "--json").json), 4,
                    "all that wait are dropped")
        story.equal([line["endpoint"] for line in counter.lines("endpoint", "list")], ["new"], "and the name is gone")


with Story("The endpoints by hand") as the_story:
    with World() as the_world, Receiver(secrets=[SECRET]) as the_receiver:
        the_counter = Counter(the_world)
        the_config = the_counter.configure(
            [endpoint(the_receiver, "down", "/503", events=["article.*"]),
             endpoint(the_receiver, "well", "/ok", secret=SECRET, rate=0),
             endpoint(the_receiver, "onc", "/ok/onc1", reviewer="onc1"),
             endpoint(the_receiver, "gone", "/410", events=["article.*"])])
        the_daemon = the_world.daemon(the_config).await_ready()
        the_gone = sees(the_story, the_counter, the_receiver)
        pings(the_story, the_counter, the_receiver)
        enables(the_story, the_counter, the_receiver, the_gone)
        the_story.equal(the_daemon.stop(), 0, "the daemon ends")
    by_itself(the_story)
    changes_its_format(the_story)
    renamed_while_messages_wait(the_story)
