#!/usr/bin/env -S python3 -B
"""Lock files in the repository: those that a dead process left are taken away, those of a living one are waited for,
and meanwhile nothing is written that nobody will ever reach."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from handbook import LEDGER, Handbook  # noqa: E402
from story import Story, World  # noqa: E402

LONG_AGO = (0, 0)


def objects(book):
    return sorted(str(path) for path in (book.bare / "objects").rglob("*") if path.is_file())


def lock(book, name, content="", old=False):
    path = book.bare / f"{name}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    if old:
        os.utime(path, LONG_AGO)
    return path


def left_over(story, world, one):
    book = Handbook(world, [one], name="left-over")
    book.write("content/a.md")
    left = [lock(book, name, old=True) for name in ("config", LEDGER, "refs/heads/approved")]
    book.once()
    story.ok(book.tip(LEDGER) and not any(path.exists() for path in left),
             "row 61: locks that have not changed for long are taken away, and the pass goes on")
    book.approve(one)
    book.once(status=-9, crash="noted")
    noted = (book.state_directory / "tip").read_text().split()[0]
    lock(book, LEDGER, f"{noted}\n")
    before = book.tip(LEDGER)
    book.once()
    story.ok(book.tip(LEDGER) != before, "row 61: so is, at once, the one that the daemon held when it was killed")


def held(story, world, one):
    book = Handbook(world, [one], name="held")
    book.write("content/a.md")
    book.once()
    book.write(*(f"content/{number}.md" for number in range(60)))
    path = lock(book, LEDGER)
    before, tip = objects(book), book.tip(LEDGER)
    for _ in range(3):
        result = world.imprimatur("once", config=book.config, now=book.pass_time())
        story.ok(result.status == 75 and "ledger.lock" in result.err and "remove it" in result.err
                 and "somebody else" not in result.err, "row 61: a lock of somebody living is named, with what to do", result)
    story.equal((objects(book), book.tip(LEDGER)), (before, tip), "  and nothing is written meanwhile")
    path.unlink()
    book.once()
    story.equal(len([entry for entry in book.ledger() if entry["Event"] == "submission"]), 61,
                "  when it is gone the pass goes on")
    book.approve(one)
    path = lock(book, "refs/heads/approved")
    for _ in range(2):
        result = world.imprimatur("once", config=book.config, now=book.pass_time())
        story.ok(result.status == 75 and "approved.lock" in result.err, "row 61: the same for the approved branch", result)
    path.unlink()
    book.once()
    story.ok("content/a.md" in book.approved(), "  it follows when the lock is gone")


with Story("Locks that are left over, and locks that are held") as story, World() as world:
    reviewer = world.person("onc1", "Oncologist One", "one@board.example")
    left_over(story, world, reviewer)
    held(story, world, reviewer)
