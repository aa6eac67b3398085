#!/usr/bin/env python3
"""What surrounds the daemon fails it: the service manager does not read, a reload cannot be done, the index is damaged
under its feet. It goes on, or says why not."""

import json
import socket
import sqlite3
import sys
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
    story.ok(True, "nobody reads what the daemon tells the manager, and it works on")
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
             "where another approved branch cannot be hidden from pushes the reload is refused, and STATUS says so", daemon.log)
    told = world.imprimatur("status", config=book.config)
    story.ok("not reloaded" in told.out + told.err, "  and status warns of it", told)
    lock.unlink()
    daemon.reload()
    pushed = world.run("git", "-C", book.author.path, "push", "-q", "origin", "HEAD:refs/heads/site", check=False)
    story.ok(pushed.status != 0 and "refs/heads/site" in hidden(world, book), "else nobody can push to it any more", pushed)
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
    book.approve(one)
    world.await_ledger(book.bare, lambda entries: entries[-1]["Event"] == "approval")
    wait_until(lambda: "content/a.md" in (book.approved() or {}), book.bare, what="the published text")
    story.ok("is damaged" in daemon.log and (book.state_directory / "index.db.damaged").exists(),
             "an index damaged while the daemon runs is put aside and made again from the ledger", daemon.log)
    story.ok(daemon.process.poll() is None and len({entry["oid"] for entry in book.ledger()}) == len(book.ledger()) == 4,
             "  in the same process, with no entry twice", daemon.log)
    book.write("content/b.md")
    world.await_ledger(book.bare, lambda entries: len(entries) == 5)
    daemon.stop()


with Story("What surrounds the daemon fails it") as story, World() as world:
    reviewer = world.person("onc1", "Oncologist One", "one@board.example")
    nobody_reads(story, world, reviewer)
    another_branch(story, world, reviewer)
    index_damaged(story, world, reviewer)
