#!/usr/bin/env -S python3 -B
"""What a remote, or whoever stands between, can show the daemon."""

import sys
from datetime import datetime, timedelta, timezone
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


def settles(story, world, forge, author):
    """It is a force-push once it has looked so for settle_s, by the clock of one command after the other; another tip
    meanwhile begins again, and the first is never looked at."""
    here = Elsewhere(world, forge, "settles", remote={"settle_s": 60})
    begin = datetime.now(timezone.utc).replace(microsecond=0)

    def once(seconds):
        return here.once(now=(begin + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ"))

    def force(path):
        author.git("reset", "-q", "--hard", "HEAD~1")
        author.edit(path, TEXT)
        author.git("push", "-q", "--force", "origin", "HEAD:main")

    author.edit("content/settles.md", TEXT)
    author.push()
    once(0)
    before = here.tip("refs/imprimatur/ledger")
    force("content/first.md")
    story.equal([once(second).status for second in (10, 69)], [75, 75], "a branch that was forced waits for settle_s")
    force("content/second.md")
    story.equal([once(second).status for second in (70, 129)], [75, 75], "  forced again, it waits again")
    story.equal(here.tip("refs/imprimatur/ledger"), before, "  and nothing is decided meanwhile")
    done = once(130)
    about = [entry.get("Article") for entry in here.ledger()]
    story.equal((done.status, "content/second.md" in about, "content/first.md" in about), (0, True, False),
                "  then it counts, and the first tip was never looked at")
    ledger = here.tip("refs/imprimatur/ledger")
    world.git(forge, "update-ref", "refs/imprimatur/ledger", f"{ledger}~1")
    story.equal([once(second).status for second in (140, 199)], [75, 75], "a ledger that was moved back waits, too")
    world.git(forge, "update-ref", "refs/imprimatur/ledger", ledger)
    story.equal(once(200).status, 0, "  it was a replica's delay")
    world.git(forge, "update-ref", "refs/imprimatur/ledger", f"{ledger}~1")
    story.equal([once(second).status for second in (210, 269, 270)], [75, 75, 1], "  the next time it is not, once it has looked so for as long")


with Story("Threats of a remote") as story, World() as world:
    one = world.person("onc1", "Oncologist One", "one@board.example")
    forge, author = world.handbook([one])
    replicas(story, world, forge, author)
    settles(story, world, forge, author)
