#!/usr/bin/env -S python3 -B
"""A clock that is days ahead of all that is known: nothing is decided by it until it is confirmed."""

import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from handbook import Handbook  # noqa: E402
from story import Story, World  # noqa: E402

A = "content/a.md"


def today():
    return datetime.now(timezone.utc).replace(tzinfo=None, microsecond=0)


def days_ago(world, one, days, name):
    """A handbook whose last pass, and everything in it, is that old."""
    book = Handbook(world, name=name)
    book.moment = today() - timedelta(days=days)
    book.policy = world.policy([one])
    book.publish(push=True)
    book.once()
    book.write(A)
    book.approve(one)
    return book


def once(world, book, *arguments):
    return world.imprimatur("once", *arguments, config=book.config)


def stops(story, world, one):
    book = days_ago(world, one, 400, "stops")
    book.once()
    before = book.ledger()
    result = once(world, book)
    story.ok(result.status == 75 and "the clock says" in result.err and "--trust-clock" in result.err,
             "row 62: a clock that is far ahead of the last pass and of every date seen is not believed, and that is said", result)
    story.equal(book.ledger(), before, "  nothing is decided by it: what was approved has not expired")
    book.moment = today() - timedelta(minutes=5)
    book.write("content/b.md")
    story.equal(once(world, book).status, 0, "row 62: a push of today confirms it")
    story.ok("expiry" in [entry["Event"] for entry in book.ledger()], "  and then it counts")


def told(story, world, one):
    book = days_ago(world, one, 40, "told")
    story.equal(once(world, book).status, 75, "row 62: forty days are too many")
    story.equal(once(world, book, "--trust-clock").status, 0, "  unless somebody says that they are right")
    story.equal(once(world, book).status, 0, "  which is said once")


def daemon(story, world, one):
    book = days_ago(world, one, 3, "daemon")
    running = world.daemon(book.config).await_ready()
    before = book.ledger()
    status = world.imprimatur("status", config=book.config)
    story.ok(any("STATUS=the clock says" in notice for notice in running.notices) and "WARNING" in status.out
             and "the clock says" in " ".join(status.out.split()), "row 62: the daemon says so too, and so does status", status)
    story.equal(book.ledger(), before, "  and waits")
    running.reload()
    entries = world.await_ledger(book.bare, lambda entries: entries[-1]["Event"] == "approval")
    story.ok(len(entries) > len(before), "  until it is told that all is well, by a reload")
    running.stop()


with Story("The clock is ahead") as story, World() as world:
    reviewer = world.person("onc1", "Oncologist One", "one@board.example")
    stops(story, world, reviewer)
    told(story, world, reviewer)
    daemon(story, world, reviewer)
