#!/usr/bin/env -S python3 -B
"""What surrounds the daemon fails it: the service manager does not read, a reload cannot be done, the index is damaged
under its feet. It goes on, or says why not."""

import json
import os
import re
import socket
import sqlite3
import sys
from datetime import datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from handbook import Handbook  # noqa: E402
from story import Story, World, wait_until  # noqa: E402

A = "content/a.md"


def nobody_reads(story, world, one):
    """A socket of the manager's whose queue is full."""
    book = Handbook(world, [one], name="unread")
    book.write(A)
    address = str(world.root / "run" / "unread")
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(address)
    filler = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    try:
        while True:
            filler.sendto(b"X=1", address)
    except BlockingIOError:
        pass
    daemon = world.daemon(book.config, command=["env", f"NOTIFY_SOCKET={address}", world.program, "-c", book.config, "daemon"])
    world.await_ledger(book.bare, lambda entries: len(entries) == 3)
    book.write("content/b.md")
    world.await_ledger(book.bare, lambda entries: len(entries) == 4)
    story.ok(True, "row 64: nobody reads what the daemon tells the manager, and it works on")
    manager.settimeout(10)
    told = []
    while "READY=1" not in told:
        told += manager.recv(4096).decode().splitlines()
    story.ok("READY=1" in told, "  READY arrives when somebody does")
    try:
        while True:
            filler.sendto(b"X=1", address)
    except BlockingIOError:
        pass
    story.equal(daemon.stop(), 0, "  and SIGTERM ends it in time")


def settings(book, **changes):
    book.config.write_text(json.dumps(json.loads(book.config.read_text()) | changes))


def hidden(world, book):
    return world.git(book.bare, "config", "--get-all", "receive.hideRefs").splitlines()


def another_branch(story, world, one):
    book = Handbook(world, [one], name="another")
    book.write(A)
    daemon = world.daemon(book.config).await_ready()
    lock = book.bare / "config.lock"
    lock.touch()
    settings(book, approved_branch="site")
    daemon.reload()
    refused = any(notice.startswith("STATUS=not reloaded") for notice in daemon.notices)
    story.ok(refused and "config.lock" in daemon.log and "refs/heads/site" not in hidden(world, book),
             "row 63: where another approved branch cannot be hidden from pushes the reload is refused, and STATUS says so", daemon.log)
    told = world.imprimatur("status", config=book.config)
    story.ok("not reloaded" in told.out + told.err, "  and status warns of it", told)
    lock.unlink()
    daemon.reload()
    pushed = world.run("git", "-C", book.author.path, "push", "-q", "origin", "HEAD:refs/heads/site", check=False)
    story.ok(pushed.status != 0 and "refs/heads/site" in hidden(world, book), "row 63: else nobody can push to it any more", pushed)
    told = world.imprimatur("status", config=book.config)
    story.ok("not reloaded" not in told.out + told.err, "  and the warning is gone", told)
    daemon.stop()


def index_damaged(story, world, one):
    """One page of it, while the daemon runs."""
    book = Handbook(world, [one], name="damaged")
    book.write(A)
    daemon = world.daemon(book.config).await_ready()
    index = book.state_directory / "index.db"
    with sqlite3.connect(index) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = database.execute("PRAGMA page_size").fetchone()[0]
        pages = [row[0] for row in database.execute("SELECT rootpage FROM sqlite_master WHERE type = 'table' AND rootpage > 1")]
    database.close()
    with open(index, "r+b") as file:
        for page in pages:
            file.seek((page - 1) * size)
            file.write(b"\xff" * size)
    # The daemon's clock is the real one, and a decision is not older than the policy that lists its key.
    book.moment = datetime.utcnow()
    book.approve(one)
    world.await_ledger(book.bare, lambda entries: entries[-1]["Event"] == "approval")
    wait_until(lambda: "content/a.md" in (book.approved() or {}), book.bare, what="the published text")
    story.ok("is damaged" in daemon.log and (book.state_directory / "index.db.damaged").exists(),
             "row 65: an index damaged while the daemon runs is put aside and made again from the ledger", daemon.log)
    story.ok(daemon.process.poll() is None and len({entry["oid"] for entry in book.ledger()}) == len(book.ledger()) == 4,
             "  in the same process, with no entry twice", daemon.log)
    book.write("content/b.md")
    world.await_ledger(book.bare, lambda entries: len(entries) == 5)
    daemon.stop()


def text_gone(story, world, one):
    """A text that is approved, and whose object is lost before it is published."""
    book = Handbook(world, [one], name="gone")
    book.write(A, "content/b.md")
    book.once()
    book.approve(one)
    book.approve(one, article="content/b.md")
    blob = world.git(book.bare, "rev-parse", f"main:{A}")
    book.once(status=-9, crash="indexed")
    lost = book.bare / "objects" / blob[:2] / blob[2:]
    kept = lost.read_bytes()
    lost.unlink()
    first = world.imprimatur("once", config=book.config, now=book.pass_time())
    story.ok(first.status == 0 and sorted(book.approved()) == ["content/b.md"],
             "row 66: a text that is gone is left out, and everything else is published", first)
    story.ok(f"{A}: its text ({blob}) is gone" in first.err, "row 66: that is said", first)
    tip = book.tip("approved")
    second = world.imprimatur("once", config=book.config, now=book.pass_time())
    story.equal((second.status, "is gone" in second.err, book.tip("approved")), (0, False, tip), "row 66: once")
    lost.write_bytes(kept)
    book.once()
    story.equal(sorted(book.approved()), [A, "content/b.md"], "row 66: when it is there again, it is published")


def silent(story, world, one):
    """A daemon that is not there any more."""
    book = Handbook(world, [one], name="silent")
    book.write(A)
    world.daemon(book.config).await_ready().stop()
    soon = world.imprimatur("status", config=book.config)
    later = world.imprimatur("status", config=book.config, now=in_two_days())
    first = " ".join(later.out.split("\n\n")[0].split())
    story.ok(re.match(r"WARNING The daemon has not looked for \d d", first) and "systemctl status imprimatur@handbook" in first,
             "a daemon that has been silent for some polls is the first thing that status says", later)
    story.ok("has not looked" not in soon.out, "  and not before", soon)
    book.moment = datetime.utcnow()
    book.once()
    later = world.imprimatur("status", config=book.config, now=in_two_days())
    story.ok("has not looked" not in later.out, "  nor where the last pass was one by hand", later)


def in_two_days():
    return (datetime.utcnow() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%SZ")


def what_root_can_read(story, world, one):
    """`check`, by root, for a daemon that runs as another user."""
    if os.geteuid() != 0:
        story.skip("check reads as the daemon's user", "only root reads what others cannot")
        return
    book = Handbook(world, [one], name="root")
    os.chown(book.state_directory, 65534, 65534)
    settings(book, metrics_file=str(world.root / "nowhere" / "handbook.prom"))
    result = world.imprimatur("check", config=book.config)
    said = " ".join((result.out + result.err).split())
    story.ok(result.status == 3 and f"chgrp imprimatur {book.config} && chmod 640" in said,
             "check by root reads as the daemon's user, and says how it may", result)
    story.ok("metrics_file: the daemon's user cannot write in its folder" in said, "  and looks at the folder of metrics_file",
             result)


with Story("What surrounds the daemon fails it") as story, World() as world:
    reviewer = world.person("onc1", "Oncologist One", "one@board.example")
    nobody_reads(story, world, reviewer)
    another_branch(story, world, reviewer)
    index_damaged(story, world, reviewer)
    text_gone(story, world, reviewer)
    silent(story, world, reviewer)
    what_root_can_read(story, world, reviewer)
