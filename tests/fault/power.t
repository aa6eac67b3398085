#!/usr/bin/env -S python3 -B
"""The power is cut at each point of a pass: nothing announced is lost, and the repository takes pushes."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
import power_cut  # noqa: E402
from handbook import LEDGER, Handbook  # noqa: E402
from story import Story, World, skip_all  # noqa: E402


def first_pass(world, one):
    """More than goes loose into the repository: a pack."""
    book = Handbook(world, [one], name="first")
    book.write(*(f"content/{number}.md" for number in range(60)), push=False)
    book.author.push()
    return book


def approval(world, one):
    book = Handbook(world, [one], name="approval")
    book.write("content/a.md")
    book.once()
    book.approve(one)
    return book


def state_of(book):
    tips = [(book.bare / ref).read_text() for ref in (LEDGER, "refs/heads/approved")]
    return {"ledger": tips[0], "approved": tips[1], "events": {event for event, _ in book.events()}}


def takes_pushes(world, book):
    """What git asks before it takes a push: everything that is reachable has to be there."""
    result = world.run("git", "-C", book.bare, "rev-list", "--objects", "--all", check=False)
    return (result.status == 0 and "error" not in result.err), result


def cut_at_each_point(story, world, one, name, make):
    book = make(world, one)
    now = book.pass_time()
    run = power_cut.trace([world.program, "-c", book.config, "once"], [book.bare, book.state_directory],
                          world.env | {"IMPRIMATUR_NOW": now})
    expected, cuts, wrong = state_of(book), 0, []
    for cut in run.cuts():
        cut.restore()
        cuts += 1
        fine, result = takes_pushes(world, book)
        again = world.imprimatur("once", config=book.config, now=now)
        if not fine:
            wrong.append(f"before {cut.before}: pushes are refused: {result.err}")
        elif again.status != 0:
            wrong.append(f"before {cut.before}: the next pass: {again}")
        elif state_of(book) != expected:
            wrong.append(f"before {cut.before}: {state_of(book)}, not {expected}")
    story.equal(wrong, [], f"row 60: {name}: the power is cut, and all is as if it had not been")
    story.ok(run.syncs >= 5 and cuts >= 10, f"  that was {cuts} disks, {run.syncs} syncs", (cuts, run.syncs))


reason = power_cut.why_not()
if reason:
    skip_all(reason)
with Story("The power is cut at each point of a pass") as story, World() as world:
    reviewer = world.person("onc1", "Oncologist One", "one@board.example")
    cut_at_each_point(story, world, reviewer, "a pass that approves", approval)
    cut_at_each_point(story, world, reviewer, "the first pass of many articles", first_pass)
