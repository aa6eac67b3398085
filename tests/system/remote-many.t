#!/usr/bin/env -S python3 -B
"""A forge with thousands of pull requests, all of which are looked at: their refs are packed in the mirror."""

import os
import resource
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from elsewhere import Elsewhere  # noqa: E402
from story import PATIENCE_S, Story, World, wait_until  # noqa: E402

MANY = 1500
FEW, TIMES = 4000, 5
MOST_TIMES = 8  # something quadratic would be 25
MOST_OF_GIT = 15 if "/sanitize" in os.environ.get("BUILD", "") else 3
LONG = 6000
TEXT = "# Doses\n\n60 mg.\n"


def loose(mirror):
    return sum(len(files) for _, _, files in os.walk(mirror / "refs"))


def packed(repository, tip, names):
    lines = "".join(f"{tip} {name}\n" for name in sorted(names))
    (repository / "packed-refs").write_text(f"# pack-refs with: peeled fully-peeled sorted \n{lines}")


def spent(world, *command):
    """Seconds of processor time, of the command and of all that it starts: the least of three."""
    figures = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        world.run(*command)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        figures.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(figures)


def at_rest(story, world, forge, tip):
    """Nothing is new: what a look costs grows with the heads as git's own fetch of them does."""
    here = Elsewhere(world, forge, "rest", remote={"heads": ["refs/pull/*/head"], "stall_s": 120, "push_s": 120})
    assert here.once().status == 0
    own, gits = [], []
    for many in (FEW, FEW * TIMES):
        packed(forge, tip, [*(f"refs/pull/{number}/head" for number in range(many)), "refs/heads/main"])
        packed(here.mirror, tip, [f"refs/{folder}/pull/{number}/head" for folder in ("imprimatur-remote", "plain") for number in range(many)])
        assert here.once().status == 0
        own.append(spent(world, world.program, "-c", here.config, "once"))
        gits.append(spent(world, "git", "-C", here.mirror, "fetch", "-q", "--no-tags", "--prune", "--no-write-fetch-head", f"file://{forge}",
                          "+refs/pull/*/head:refs/plain/pull/*/head"))
    figures = f"{own[0]:.2f} and {own[1]:.2f} s; git fetch {gits[0]:.2f} and {gits[1]:.2f} s"
    if os.environ.get("FIGURES"):
        print(f"# {FEW} and {FEW * TIMES} heads: {figures}", flush=True)
    story.ok(own[1] <= MOST_TIMES * own[0], f"{TIMES} times as many heads cost at most {MOST_TIMES} times as much", figures)
    story.ok(own[1] <= MOST_OF_GIT * gits[1], f"  and {MOST_OF_GIT} times of what git fetch of the same takes", figures)


def all_said(story, world, forge, tip):
    """Git prints a line for each ref that is new, with its name on both sides."""
    folder = "/".join(letter * 240 for letter in "abc")
    names = [f"refs/changes/{folder}/{number}" for number in range(LONG)]
    packed(forge, tip, [*names, "refs/heads/main"])
    here = Elsewhere(world, forge, "said", remote={"heads": ["refs/changes/**"], "stall_s": 120, "push_s": 120})
    done = here.once()
    story.ok(done.status == 0 and here.tip(names[-1].replace("refs/", "refs/imprimatur-remote/", 1), here.mirror) == tip,
             "a first fetch of so many that git says 9 MiB about them is whole", done)


with Story("Many heads") as story, World() as world:
    forge, author = world.handbook([world.person("onc1", "Oncologist One", "one@board.example")])
    tip = author.head()
    packed(forge, tip, [*(f"refs/pull/{number}/head" for number in range(MANY)), "refs/heads/main"])
    here = Elsewhere(world, forge, "many", remote={"heads": ["refs/pull/*/head"], "stall_s": 120, "push_s": 120})
    assert here.once().status == 0
    fetched = here.tip("refs/imprimatur-remote/pull/7/head", here.mirror)
    story.ok(loose(here.mirror) > MANY and fetched == tip, "each head that a pattern matches is fetched", loose(here.mirror))
    running = here.daemon()
    wait_until(lambda: loose(here.mirror) < 100, here.mirror, what="packed refs", timeout_s=PATIENCE_S * 4)
    story.equal(here.tip("refs/imprimatur-remote/pull/7/head", here.mirror), tip, "the daemon packs the refs of its mirror")
    author.edit("content/many.md", TEXT)
    author.push()
    author.git("push", "-q", "origin", ":refs/pull/7/head")
    here.wake()
    world.await_ledger(forge, lambda entries: entries[-1].get("Article") == "content/many.md", timeout_s=PATIENCE_S * 4)
    story.equal(here.tip("refs/imprimatur-remote/pull/7/head", here.mirror), None, "  and goes on: what is deleted there is deleted here")
    running.stop()
    at_rest(story, world, forge, tip)
    all_said(story, world, forge, tip)
