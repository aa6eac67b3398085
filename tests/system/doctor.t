#!/usr/bin/env -S python3 -B
"""`doctor`: everything that can be asked about a repository on its host, and what to type."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from handbook import ENDPOINT, Handbook  # noqa: E402
from story import Story, World  # noqa: E402


def doctor(world, config, *options, now=None):
    said = world.imprimatur("doctor", *options, config=config, now=now)
    return said, " ".join(said.out.split())


def well(story, world):
    key = world.new_key("ledger")
    book = Handbook(world, [world.person("one", "One", "one@board.example")], name="well",
                    settings={"signing_key": f"file:{key}", "endpoints": []})
    book.publish(ledger_key=" ".join(Path(f"{key}.pub").read_text().split()[:2]), version=2)
    book.write("content/a.md")
    book.once()
    world.configure(book.bare, file=book.config.name, name="handbook", signing_key=f"file:{key}", endpoints=[])
    said, told = doctor(world, book.config, now=book.now)
    story.ok(said.status == 0 and told.endswith("All is well."), "of what is well it says so", said)
    for section in ("configuration, permissions", "service", "work", "endpoints", "record"):
        story.ok(section in told, f"  it looked at: {section}")
    return book


def ill(story, world, book):
    said, told = doctor(world, book.config, now=book.after(days=2))
    story.ok(said.status == 1 and "the daemon has not looked for 2 d" in told and "journalctl -u imprimatur@well" in told
             and told.endswith("Not all is well: see above."), "a daemon that is dead is told, with what to type", said)
    world.git(book.bare, "update-ref", "refs/imprimatur/ledger", world.git(book.bare, "rev-parse", "refs/imprimatur/ledger~1"))
    said, told = doctor(world, book.config, "--no-verify", now=book.now)
    story.ok(said.status == 1 and "imprimatur ledger restore" in told and "\nrecord\n" not in said.out, "a ledger that was moved", said)
    other = Handbook(world, [world.person("two", "Two", "two@board.example")], name="unsigned")
    other.write("content/a.md")
    other.once()
    said, told = doctor(world, other.config, now=other.now)
    story.ok(said.status == 1 and "names no ledger_key" in told and "the record is not proved" in told, "a ledger that cannot be proved", said)
    for arguments, status, part in (((), 2, "name its file with -c FILE"),):
        refused = world.imprimatur("doctor", *arguments)
        story.ok(refused.status == status and part in refused.err, f"without a configuration: {part}", refused)
    broken = world.root / "broken.json"
    broken.write_text('{"name": "x", "repositry": "y"}')
    story.equal(world.imprimatur("doctor", config=broken).status, 3, "a configuration that cannot be used")


def from_nothing(story, world):
    path = world.root / "srv" / "fresh.git"
    config = world.configure(path, file="fresh.json", branch="trunk")
    said, told = doctor(world, config, "--make-repository", "--no-verify")
    story.ok(f"{path} is made" in said.out and "imprimatur init" in told, "a repository is made in one command", said)
    story.equal((world.git(path, "symbolic-ref", "--short", "HEAD"), world.git(path, "config", "core.sharedRepository")),
                ("trunk", "1"), "  with the configured branch, shared by the group")
    said, _ = doctor(world, config, "--make-repository", "--no-verify")
    story.ok("is there already" in said.out, "  and once more it stays", said)


with Story("The doctor") as tale, World() as here:
    ill(tale, here, well(tale, here))
    from_nothing(tale, here)
