#!/usr/bin/env -S python3 -B
"""Names that lie, names that are not there, and a resolver that hangs: in namespaces of their own, with a name server
that is ours. As root."""

import os
import signal
import socket
import struct
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from receiver import Receiver  # noqa: E402
from story import Story, World, in_namespaces, skip_all, wait_until  # noqa: E402

A, AAAA = 1, 28
PUBLIC, LOOPBACK = "8.8.8.8", "127.0.0.1"
# name -> the addresses of its first lookup, its second ... (the last one again and again); None: no answer ever.
NAMES = {"inside": [LOOPBACK], "mapped": ["::ffff:10.0.0.1"], "rebinding": [PUBLIC, LOOPBACK], "silent": None,
         "metadata": ["169.254.169.254"]}


def enter():
    """Runs this script again where the network is only a loopback and /etc/resolv.conf is ours."""
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as resolv:
        resolv.write("nameserver 127.0.0.1\noptions timeout:30 attempts:1\n")
        resolv.flush()
        in_namespaces(__file__, "--net", setup=f'mount --bind {resolv.name} /etc/resolv.conf && ip link set lo up && exec "$0" "$@"')


class NameServer:
    """Answers as NAMES says: NXDOMAIN for all others."""

    def __init__(self):
        self.asked = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 53))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            query, peer = self.socket.recvfrom(512)
            answer = self.answer(query)
            if answer:
                self.socket.sendto(answer, peer)

    def answer(self, query):
        end = query.index(b"\0", 12)
        name, kind = query[13:end].decode("latin-1").split(".")[0], struct.unpack("!H", query[end + 1:end + 3])[0]
        label = name[:query[12]]
        self.asked.append((label, kind))
        if label in NAMES and NAMES[label] is None:
            return None
        lookups = NAMES.get(label, [])
        nth = sum(asked == (label, kind) for asked in self.asked)
        address = lookups[min(nth, len(lookups)) - 1] if lookups else None
        data = b""
        if address and ":" in address and kind == AAAA:
            data = socket.inet_pton(socket.AF_INET6, address)
        elif address and ":" not in address and kind == A:
            data = socket.inet_pton(socket.AF_INET, address)
        flags = 0x8180 if lookups else 0x8183
        record = b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 0, len(data)) + data if data else b""
        question = query[12:end + 5]
        return query[:2] + struct.pack("!HHHHH", flags, 1, 1 if data else 0, 0, 0) + question + record


def endpoint(name, url, **more):
    return {"name": name, "url": url} | more


def tell(story):
    server = NameServer()
    with World() as world, Receiver() as receiver:
        trap = socket.create_server(("", 443))
        trap.setblocking(False)
        one = world.person("onc1", "Oncologist One", "one@board.example", capacity=100)
        handbook, author = world.handbook([one])
        liars = [name for name in NAMES if name != "silent"]
        config = world.configure(
            handbook, timeouts={"connect_s": 2, "total_s": 2}, ladder=[0, 1], poll_seconds=3600,
            endpoints=[endpoint(name, f"https://{name}.example/") for name in [*liars, "absent"]]
            + [endpoint(f"silent{number}", "https://silent.example/") for number in range(8)]
            + [endpoint("room", receiver.url(), allow=["127.0.0.0/8"])])
        daemon = world.daemon(config).await_ready()

        def says(*parts):
            wait_until(lambda: any(all(part in line for part in parts) for line in daemon.log.splitlines()), world.root)
            return True

        for name in ("inside", "mapped", "metadata"):
            story.ok(says(f"endpoint {name}:", "failed: blocked"), f"a name that resolves to {NAMES[name][0]} is blocked")
        story.ok(says("endpoint absent:", "failed: dns"), "NXDOMAIN is of the class dns")
        story.ok(says("endpoint rebinding:", "failed: connect"), "a name that is first public is tried")
        story.equal(daemon.stop(), 0, "it ends in time, with lookups under way")
        daemon = world.daemon(config).await_ready()
        story.ok(says("endpoint rebinding:", "failed: blocked"), "row 23: then private, blocked")

        answers = []
        while not any("endpoint silent7:" in line and "failed: dns" in line for line in daemon.log.splitlines()):
            asked = time.monotonic()
            daemon.process.send_signal(signal.SIGHUP)
            daemon.await_notice(lambda notice: notice == "RELOADING=1", "RELOADING=1")
            answers.append(time.monotonic() - asked)
            daemon.await_ready()
        story.ok(("silent", A) in server.asked, "a resolver that hangs is asked")
        story.ok(True, "which is of the class dns as well")
        author.edit("content/a.md", "# A\n")
        author.push()
        receiver.wait_for(lambda message: message["body"]["type"] == "article.submitted")
        story.ok(True, "meanwhile another endpoint is served")
        answers.sort()
        story.ok(len(answers) > 10 and answers[len(answers) // 2] < 0.05 and answers[-1] < 1,
                 "and the loop answers within 50 ms throughout",
                 f"{len(answers)} times, median {answers[len(answers) // 2]:.3f} s, longest {answers[-1]:.3f} s")
        try:
            trap.accept()
            story.ok(False, "no packet was sent inside")
        except BlockingIOError:
            story.ok(True, "no packet was sent inside")
        story.equal(daemon.stop(), 0, "it ends in time")


if len(sys.argv) > 1:
    with Story("Names and resolvers") as the_story:
        tell(the_story)
elif os.geteuid() != 0:
    skip_all("a network and a resolv.conf of its own take root")
else:
    enter()
