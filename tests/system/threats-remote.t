#!/usr/bin/env -S python3 -B
"""What a remote, or whoever stands between, can show the daemon."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from elsewhere import Elsewhere  # noqa: E402
from story import Story, World  # noqa: E402

TEXT = "# Doses\n\n60 mg.\n"


def replicas(story, world, forge, author):
    """A replica answers with what it has, which may be older."""
    here = Elsewhere(world, forge, "replica", remote={"settle_s": 60})
    here.once()
    author.edit("content/a.md", TEXT)
    author.push()
    before, tip = here.tip("refs/imprimatur/ledger"), here.tip("refs/heads/main~1")
    here.once()
    after, new_tip = here.tip("refs/imprimatur/ledger"), here.tip("refs/heads/main")
    world.git(forge, "update-ref", "refs/imprimatur/ledger", before)
    done = here.once()
    story.ok(done.status == 75 and "looks older than it was" in done.err, "row 42: a replica that is behind with the ledger is waited for", done)
    world.git(forge, "update-ref", "refs/imprimatur/ledger", after)
    done = here.once()
    story.equal((done.status, done.json[0]["entries"], done.json[0]["diverged"]), (0, 0, None),
                "row 42: and when it has caught up nothing has happened")
    world.git(forge, "update-ref", "refs/heads/main", tip)
    done = here.once()
    story.ok(done.status == 75 and here.tip("refs/imprimatur/ledger") == after,
             "row 42: nor is anything decided on a branch that lacks what was decided on", done)
    world.git(forge, "update-ref", "refs/heads/main", new_tip)
    done = here.once()
    story.equal((done.status, done.json[0]["entries"]), (0, 0), "  so that no round is opened again")
    world.git(forge, "update-ref", "refs/heads/main", tip)
    here.remote(settle_s=0)
    done = here.once()
    story.equal((done.status, here.ledger()[-1]["Event"]), (0, "removal"), "confirmed, it is a force-push, which is everybody's right")
    world.git(forge, "update-ref", "refs/heads/main", new_tip)
    here.once()


with Story("Threats of a remote") as story, World() as world:
    one = world.person("onc1", "Oncologist One", "one@board.example")
    forge, author = world.handbook([one])
    replicas(story, world, forge, author)
