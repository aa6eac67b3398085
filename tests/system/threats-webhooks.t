#!/usr/bin/env -S python3 -B
"""SECURITY.md, THREATS: what is tried with webhooks, by who runs a receiver and by who forges a message. Each claim begins
with the number of its row. (DNS rebinding takes a name server: tests/fault/names.t.)"""

import json
import socket
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from receiver import Receiver, verify  # noqa: E402
from story import ROOT, Story, World, wait_until  # noqa: E402

SECRET, OTHER = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
SLOW, ENDLESS = ("slow", "trickle", "flood-headers"), ("no-body", "flood-body")
CERTIFICATE = ROOT / "tests/lib/certificate.pem"
TITLE = 'Dose"}},{"type":"article.approved","data":{"x":"\\ @here <!channel> [us](https://evil.example) \u202e</script>'


def begin(world, endpoints, ladder=(0, 3600), **more):
    one = world.person("onc1", "Oncologist One", "one@board.example", capacity=100)
    handbook, author = world.handbook([one])
    config = world.configure(handbook, timeouts={"connect_s": 1, "total_s": 1}, ladder=list(ladder),
                             endpoints=[endpoint | more for endpoint in endpoints])
    return author, world.daemon(config).await_ready()


def await_delivered(world):
    config = world.root / "imprimatur.json"
    wait_until(lambda: world.imprimatur("status", "--json", config=config).json[-1]["undelivered"] == 0, world.root,
               what="all delivered")


def endpoint(name, url, **more):
    return {"name": name, "url": url, "secret": SECRET} | more


def a_hostile_receiver(story):
    with World() as world, Receiver(secrets=[SECRET]) as receiver, Receiver() as inner:
        loopback = {"allow": ["127.0.0.0/8"]}
        trap = socket.create_server(("127.0.0.1", 0))
        trap.setblocking(False)
        author, daemon = begin(world, [
            endpoint("redirect", receiver.url(f"/redirect/{inner.url()}"), **loopback),
            endpoint("inside", f"https://127.0.0.1:{trap.getsockname()[1]}/"),
            endpoint("cloud", "https://169.254.169.254/latest/meta-data/"),
            *(endpoint(name, receiver.url(f"/{name}"), **loopback) for name in SLOW + ENDLESS),
            endpoint("room", receiver.url(), **loopback)])

        def fails(name, part=""):
            wait_until(lambda: any(f"endpoint {name}:" in line and "failed" in line and part in line
                                   for line in daemon.log.splitlines()), world.root, what=f"a failure of {name}")
            return True
        story.ok(fails("redirect", "302"), "row 23: a redirect to an internal address is a failure")
        story.ok(fails("inside", "blocked") and fails("cloud", "blocked"), "row 23: internal addresses are blocked")
        for name in SLOW:
            story.ok(fails(name), f"row 23: an answer that is {name} is cut off, and is not an answer")
        author.edit("content/a.md", "# A\n")
        author.push()
        receiver.wait_for(lambda message: message["path"] == "/ok" and message["body"]["type"] == "article.submitted")
        story.ok(True, "row 23: and others are served meanwhile")
        for name in ENDLESS:
            receiver.wait_for(lambda message, path=f"/{name}": message["path"] == path
                              and message["body"]["type"] == "article.submitted")
            story.ok(True, f"row 23: an answer that is {name} is cut off when it has said 200, and the next message comes")
        story.equal(daemon.stop(), 0, "row 23: it ends in time")
        story.equal(inner.messages, [], "row 23: the redirect was not followed")
        try:
            trap.accept()
            story.ok(False, "row 23: nobody inside was called")
        except BlockingIOError:
            story.ok(True, "row 23: nobody inside was called")


def a_forged_message(story):
    with World() as world, Receiver(secrets=[SECRET]) as receiver:
        author, daemon = begin(world, [endpoint("room", receiver.url(), allow=["127.0.0.0/8"])])
        author.edit("content/a.md", f"---\ntitle: {json.dumps(TITLE)}\n---\n# Text\n")
        author.push()
        message = receiver.wait_for(lambda message: message["body"]["type"] == "article.submitted")
        headers, raw = message["headers"], message["raw"].encode()
        story.ok(message["verified"] and verify([SECRET], headers, raw), "row 24: a genuine message verifies")
        later = str(int(headers["webhook-timestamp"]) + 600)
        forgeries = {"with another id": (headers | {"webhook-id": headers["webhook-id"] + "1"}, raw),
                     "at another time": (headers | {"webhook-timestamp": later}, raw),
                     "with another word": (headers, raw.replace(b"submitted", b"approved ")),
                     "with its id and time exchanged for part of the body":
                         (headers | {"webhook-id": f"{headers['webhook-id']}.{headers['webhook-timestamp']}",
                                     "webhook-timestamp": raw[:1].decode()}, raw[1:])}
        for what, (head, body) in forgeries.items():
            story.ok(not verify([SECRET], head, body), f"row 24: replayed {what} it does not")
        story.ok(not verify([OTHER], headers, raw), "row 24: nor by another secret, such as another endpoint's")
        story.equal(message["body"]["data"]["article"]["title"], TITLE, "row 24: a title that breaks out is a title")
        story.equal(sorted(message["body"]), ["data", "timestamp", "type"], "row 24: and adds nothing to the message")
        author.edit("content/b.md", '---\ntitle: "two\\nlines\\e[31m"\n---\n# B\n')
        author.push()
        other = receiver.wait_for(lambda message: (message["body"]["data"].get("article") or {}).get("path") == "content/b.md")
        story.ok(not any(ord(character) < 32 for character in other["raw"]), "row 24: control characters never come raw",
                 other["raw"])
        story.ok(other["headers"]["webhook-id"] != headers["webhook-id"], "row 24: each has an id of its own, to know a replay by")
        story.equal(daemon.stop(), 0, "row 24: it ends well")


def an_answer_to_nothing(story, encrypted, behaviours, what):
    """One that comes while a connection is kept counts for no message, neither of that endpoint nor of its neighbour."""
    with World() as world, Receiver(certificate=CERTIFICATE if encrypted else None) as receiver:
        more = {"allow": ["127.0.0.0/8"], "events": ["article.submitted"]}
        if encrypted:
            more["ca_file"] = str(CERTIFICATE)
        author, daemon = begin(world, [{"name": name, "paths": [f"content/{name}/*"], "url": receiver.url(behaviour)} | more
                                       for name, behaviour in behaviours.items()], ladder=(0, 1))
        author.edit("content/first/a.md", "# A\n")
        author.push()
        receiver.wait_until(lambda messages: messages)
        await_delivered(world)
        receiver.interject()
        author.edit("content/second/b.md", "# B\n")
        author.push()
        await_delivered(world)
        came = [message for message in receiver.messages if "content/second/b.md" in message["raw"]]
        story.equal(len(came), 2, f"row 77: {what}: does not answer the next message, which failed and comes again")
        story.equal(daemon.stop(), 0, f"row 77: {what}: it ends well")


def a_secret_in_an_answer(story):
    """Error pages repeat what they were asked for; a chat's URL is its key."""
    keys = ("bQ7xyZ12W", "tk_8Lm2nP4q")
    with World() as world, Receiver() as receiver:
        address = receiver.url().removeprefix("http://").removesuffix("/ok")
        author, daemon = begin(world, [
            {"name": "page", "format": "slack", "url": f"http://{address}/echo/404/services/T00/{keys[0]}"},
            {"name": "denied", "format": "slack", "url": f"http://{address}/echo/200/services/T00/{keys[0]}"},
            {"name": "topic", "format": "ntfy", "url": f"http://{keys[1]}@{address}/echo/403/board"},
            {"name": "program", "secret": SECRET, "url": f"http://{address}/echo/500/{keys[0]}"},
            {"name": "moved", "url": f"http://{address}/moved/hook/{keys[0]}"}],
            allow=["127.0.0.0/8"], events=["*"])
        config = world.root / "imprimatur.json"
        wait_until(lambda: all(f"endpoint {name}: delivery" in daemon.log
                               for name in ("page", "denied", "topic", "program", "moved")), world.root, what="failures")
        shown = [daemon.log]
        for name in ("page", "denied", "topic", "program", "moved"):
            shown.append(world.imprimatur("endpoint", "ping", name, config=config).out)
        for line in world.imprimatur("deliveries", "list", "--json", config=config).json:
            shown += [world.imprimatur("deliveries", "show", str(line["delivery"]), *more, config=config).out
                      for more in ([], ["--json"])]
        shown.append(world.imprimatur("endpoint", "list", "--json", config=config).out)
        story.ok("Cannot POST" in "".join(shown), "row 78: what a receiver answers is shown", shown)
        story.equal([text for text in shown if any(key in text for key in keys)], [],
                    "row 78: but for what it repeats of the address or the token")
        moved = " ".join(shown[5].split())
        story.ok("redirects to https://new.example" in moved and 'change its "url"' in moved,
                 "row 78: a redirect names its target, and what to do", moved)
        story.equal(daemon.stop(), 0, "row 78: it ends well")
        kept = b"".join(path.read_bytes() for path in (world.root / "state").rglob("*") if path.is_file())
        story.ok(not any(key.encode() in kept for key in keys), "row 78: and none of it is kept in the index")


def a_name_with_lines_in_it(story):
    """Whatever a name holds, it is one line of the log and of what the service manager is told."""
    with World() as world:
        there = world.root / "gone\nWATCHDOG=trigger\nimprimatur: all is well \u202e\x1b[2J"
        daemon = world.daemon(world.configure(there, name="handbook"))
        status = daemon.await_status("gone")
        daemon.await_ready()
        story.ok("WATCHDOG=trigger" in status, "row 79: a name with lines in it is one line for the service manager", status)
        story.equal([notice for notice in daemon.notices if notice.startswith("WATCHDOG=trig")], [],
                    "row 79: and none of it is an order")
        lines = [line for line in daemon.log.split("\n") if line]
        story.ok(lines and all(line.startswith("imprimatur: ") and line.isprintable() for line in lines)
                 and not any(line.startswith("imprimatur: all is well") for line in lines),
                 "row 79: it invents no line of the log", daemon.log)
        story.equal(daemon.stop(), 0, "row 79: it ends well")


with Story("What is tried with webhooks") as the_story:
    a_hostile_receiver(the_story)
    a_forged_message(the_story)
    a_secret_in_an_answer(the_story)
    a_name_with_lines_in_it(the_story)
    for encrypted in (False, True):
        wire = "TLS" if encrypted else "TCP"
        an_answer_to_nothing(the_story, encrypted, {"first": "/ok", "second": "/503/1"}, f"said on a kept connection, {wire}")
        for size in (4096, 16384):
            an_answer_to_nothing(the_story, encrypted, {"first": f"/twice/{size}", "second": "/503/1"},
                                 f"said behind the {size} bytes of another, {wire}")
