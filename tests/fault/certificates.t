#!/usr/bin/env -S python3 -B
"""Receivers whose certificates are not to be trusted are told nothing."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from receiver import Receiver  # noqa: E402
from story import ROOT, Story, World, wait_until  # noqa: E402

GOOD, EXPIRED = ROOT / "tests/lib/certificate.pem", ROOT / "tests/lib/expired.pem"

with Story("Certificates") as story, World() as world, Receiver(certificate=GOOD) as good, \
        Receiver(certificate=EXPIRED) as expired:
    one = world.person("onc1", "Oncologist One", "one@board.example")
    handbook, author = world.handbook([one])
    local = {"allow": ["127.0.0.0/8"]}
    wrong_name = good.url().replace("127.0.0.1", "localhost")
    renewed = world.root / "authority.pem"
    renewed.write_text(EXPIRED.read_text())
    config = world.configure(handbook, ladder=[0, 1], endpoints=[
        {"name": "expired", "url": expired.url(), "ca_file": str(EXPIRED)} | local,
        {"name": "stranger", "url": good.url("/ok/stranger")} | local,
        {"name": "misnamed", "url": wrong_name, "ca_file": str(GOOD)} | local,
        {"name": "renewed", "url": good.url("/ok/renewed"), "ca_file": str(renewed)} | local,
        {"name": "room", "url": good.url("/ok/room"), "ca_file": str(GOOD)} | local])
    daemon = world.daemon(config).await_ready()
    good.wait_for(lambda message: message["path"] == "/ok/room")
    story.ok(True, "with its own authority a private receiver is told")
    for name, why in (("expired", "an expired"), ("stranger", "a self-signed"), ("misnamed", "a wrong-name")):
        wait_until(lambda name=name: f"endpoint {name}: delivery" in daemon.log, world.root)
        line = next(line for line in daemon.log.splitlines() if f"endpoint {name}: delivery" in line)
        story.ok("failed: tls" in line, f"{why} certificate is of the class tls", line)
    story.equal([message["path"] for message in good.messages + expired.messages if message["path"] != "/ok/room"], [],
                "and no body was sent to it")
    renewed.write_text(GOOD.read_text())
    daemon.reload()
    world.imprimatur("deliveries", "replay", "--all", config=config)
    author.edit("content/more.md", "# More\n")
    author.push()
    good.wait_for(lambda message: message["path"] == "/ok/renewed")
    story.ok(True, "another authority in the same file counts after a reload")
    renewed.write_text("-----BEGIN CERTIFICATE-----\nbroken\n")
    told = world.imprimatur("check", config=config)
    story.ok("ca_file" in told.out + told.err and "broken one" in " ".join((told.out + told.err).split()),
             "a broken one is found by check", told)
    story.equal(daemon.stop(), 0, "it ends in time")
