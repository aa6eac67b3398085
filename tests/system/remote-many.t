#!/usr/bin/env -S python3 -B
"""A forge with thousands of pull requests, all of which are looked at: their refs are packed in the mirror."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from elsewhere import Elsewhere  # noqa: E402
from story import PATIENCE_S, Story, World, wait_until  # noqa: E402

MANY = 1500
TEXT = "# Doses\n\n60 mg.\n"


def loose(mirror):
    return sum(len(files) for _, _, files in os.walk(mirror / "refs"))


with Story("Many heads") as story, World() as world:
    forge, author = world.handbook([world.person("onc1", "Oncologist One", "one@board.example")])
    tip = author.head()
    lines = sorted([*(f"{tip} refs/pull/{number}/head\n" for number in range(MANY)), f"{tip} refs/heads/main\n"],
                   key=lambda line: line.split()[1])
    (forge / "packed-refs").write_text("# pack-refs with: peeled fully-peeled sorted \n" + "".join(lines))
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
