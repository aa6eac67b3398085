#!/usr/bin/env -S python3 -B
"""Everything that a receiver can do wrong, all of it at once: one daemon, an endpoint for each fault, and some that are
well, which notice nothing of it."""

import os
import socket
import struct
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from receiver import Receiver  # noqa: E402
from story import Story, World, wait_until  # noqa: E402

# ASan keeps what was freed, for a while.
GROWTH_KIB = (8 if "/sanitize" in os.environ.get("BUILD", "") else 1) * 32 * 1024
WELL = ("well1", "well2", "well3")
# What the fault is, how the receiver is addressed, how the log calls it.
FAULTS = {
    "silent": ("accepts, never answers", "/slow", "timeout"),
    "reset-after": ("reset after the request", "/drop", "connect"),
    "trickle": ("1 byte a second, in headers", "/trickle", "timeout"),
    "headers": ("64 KiB of headers", "/flood-headers", "protocol"),
    "redirect": ("302 to 169.254.169.254", "/redirect/http://169.254.169.254/", "status 302"),
    "gone": ("410", "/410", "status 410"),
    "broken": ("500", "/500", "status 500"),
    "busy": ("429 with seconds", "/busy/429/120", "status 429"),
}
# Those that fail before there is a request.
EARLY = {"refused": ("connection refused", "connect"), "reset-before": ("reset before the request", "connect")}
# Odd ends of what has been delivered: the headers are complete.
ODD = {"endless": ("200 and then a body without end", "/flood-body"), "bodiless": ("200 and then no body", "/no-body")}


class Resetting:
    """Accepts connections and resets them at once."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            peer, _ = self.listener.accept()
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            peer.close()


def refusing():
    """A port at which nobody listens, kept from being anybody else's."""
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    return taken


def resident_kib(daemon):
    status = Path(f"/proc/{daemon.process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0])


def submissions(receiver, name):
    return [message for message in list(receiver.messages)
            if message["path"].endswith(f"/{name}") and message["body"]["type"] == "article.submitted"]


def configure(world, handbook, receiver, early):
    urls = {name: receiver.url(f"/ok/{name}") for name in WELL}
    urls |= {name: receiver.url(path) for name, (_, path, _) in FAULTS.items()}
    urls |= {name: receiver.url(path) for name, (_, path) in ODD.items()}
    urls |= {name: f"http://127.0.0.1:{port}/" for name, port in early.items()}
    # Those that hang hold half of the eight slots that this one host has.
    return world.configure(handbook, ladder=[0, 3600], timeouts={"connect_s": 1, "total_s": 3}, poll_seconds=3600,
                           endpoints=[{"name": name, "url": url, "allow": ["127.0.0.0/8"], "rate": 0,
                                       "events": ["article.*"]} for name, url in urls.items()])


def tell(story):
    with World() as world, Receiver() as receiver, refusing() as nobody:
        one = world.person("onc1", "Oncologist One", "one@board.example", capacity=1000)
        handbook, author = world.handbook([one])
        config = configure(world, handbook, receiver,
                           {"refused": nobody.getsockname()[1], "reset-before": Resetting().port})
        daemon = world.daemon(config).await_ready()
        before = resident_kib(daemon)
        for number in range(20):
            author.edit(f"content/{number}.md", f"# {number}\n")
            author.push()
        receiver.wait_until(lambda _: all(len(submissions(receiver, name)) == 20 for name in WELL), timeout=40)
        story.ok(True, "endpoints that are well are told everything meanwhile")
        for name, (what, word) in (EARLY | {name: (what, word) for name, (what, _, word) in FAULTS.items()}).items():
            wait_until(lambda name=name, word=word: f"endpoint {name}: delivery" in daemon.log
                       and word in next(line for line in daemon.log.splitlines() if f"endpoint {name}: delivery" in line),
                       world.root, what=f"{name} failing: {word}")
            story.ok(True, f"{what}: a failure of its own endpoint")
        for name, (what, _) in ODD.items():
            receiver.wait_until(lambda messages, path=ODD[name][1]: len([message for message in messages
                                                                         if message["path"] == path]) >= 20)
            came = [message["headers"]["webhook-id"] for message in receiver.messages if message["path"] == ODD[name][1]]
            story.ok(len(came) == len(set(came)) and f"endpoint {name}: delivery" not in daemon.log,
                     f"{what}: delivered all the same, once", came)
        for name in WELL:
            ids = [message["headers"]["webhook-id"] for message in submissions(receiver, name)]
            story.equal(len(ids), len(set(ids)), f"{name} was told nothing twice")
        bodies = {}
        for message in receiver.messages:
            bodies.setdefault(message["headers"]["webhook-id"], set()).add(message["raw"])
        story.equal([id for id, texts in bodies.items() if len(texts) > 1], [], "no id has two bodies")
        story.ok(resident_kib(daemon) < before + GROWTH_KIB, "memory does not grow with what receivers send",
                 f"{before} KiB, then {resident_kib(daemon)} KiB")
        lines = [line for line in daemon.log.splitlines() if ": delivery evt_" in line]
        story.ok(len(lines) <= 2 * (len(FAULTS) + len(EARLY)), "and the log is not flooded", lines)
        story.equal(daemon.stop(), 0, "it ends in time, with attempts under way")


with Story("Receivers with every fault, at once") as the_story:
    tell(the_story)
