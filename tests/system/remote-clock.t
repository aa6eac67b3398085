#!/usr/bin/env -S python3 -B
"""What a remote is promised within minutes, as it is configured by default: by a daemon whose clocks run thirty times as
fast as ours. No hook comes, a status is lost, the branch is forced."""

import os
import sys
import time
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from elsewhere import Elsewhere  # noqa: E402
from forge import Forge  # noqa: E402
from story import PATIENCE_S, Story, World, skip_all, wait_until  # noqa: E402

FACTOR = 30
MINUTE_S = 60
TEXT = "# Doses\n\n60 mg.\n"
CLOCK = Path(os.environ.get("BUILD", "build")) / "tests/lib/quick_clock.so"


class Quick:
    """A daemon with a quick clock, and what that says."""

    def __init__(self, world, forge, name, **remote):
        self.here = Elsewhere(world, forge, name, remote={"settle_s": None, "stall_s": 3600, "push_s": 3600} | remote)
        self.here.remote(settle_s=None)
        self.here.write(poll_seconds=None, remote={key: value for key, value in self.here.keys["remote"].items() if value is not None})
        self.here.once()
        self.began = time.time()
        self.running = self.here.daemon(env={"LD_PRELOAD": str(CLOCK), "QUICK_CLOCK": str(FACTOR)})

    def now(self):
        return self.began + (time.time() - self.began) * FACTOR

    def passed_until(self, path, since):
        """Pushed already: how long it took until the entry, in seconds of the daemon."""
        entries = self.here.world.await_ledger(self.here.forge, lambda all: all[-1].get("Article") == path)
        return datetime.fromisoformat(entries[-1]["At"].replace("Z", "+00:00")).timestamp() - since


def missed_hooks(story, author, quick):
    for path, how in (("content/missed.md", "no hook ever came"), ("content/again.md", "  and again")):
        since = quick.now()
        author.edit(path, TEXT)
        author.push()
        took = quick.passed_until(path, since)
        story.ok(0 <= took <= 15 * MINUTE_S, f"{how}: the poll finds it within 15 minutes", took)
    quick.here.wake()
    since = quick.now()
    author.edit("content/rare.md", TEXT)
    author.push()
    took = quick.passed_until("content/rare.md", since)
    story.ok(0 <= took <= 15 * MINUTE_S, "hooks come, and one is lost: also within 15 minutes", took)


def missed_status(story, author, quick, forge):
    """The forge no longer has it, and nothing else happens."""
    author.git("checkout", "-q", "-B", "topic", "main")
    author.edit("content/b.md", TEXT)
    tip = author.head()
    author.git("push", "-q", "origin", "HEAD:refs/pull/1/head")
    author.git("checkout", "-q", "main")
    forge.await_status(tip, "pending")
    wait_until(lambda: {row["state"] for row in quick.here.statuses()} == {"delivered"}, quick.here.state, what="the answer")
    quick.here.sql("DELETE FROM outbox_status")
    since = quick.now()
    forge.statuses.clear()
    forge.await_status(tip, "pending")
    took = quick.now() - since
    story.ok(took <= 17 * MINUTE_S, "a status that was lost is told again by the comparison each 15 minutes", took)


def forced(story, world, author, quick):
    """The branch is put back: what settle_s is by default passes first."""
    here = quick.here
    before, tip = here.tip("refs/heads/main~1"), here.tip("refs/heads/main")
    since = quick.now()
    world.git(here.forge, "update-ref", "refs/heads/main", before)
    here.wake()
    quick.running.await_status("looks older than it was")
    entries = world.await_ledger(here.forge, lambda all: all[-1]["Event"] == "removal")
    took = datetime.fromisoformat(entries[-1]["At"].replace("Z", "+00:00")).timestamp() - since
    story.ok(10 <= took <= 15 * MINUTE_S, "a force-push counts once it has looked so for 10 seconds, by itself", took)
    world.git(here.forge, "update-ref", "refs/heads/main", tip)


with Story("Within minutes") as story, World() as world:
    if not CLOCK.exists():
        skip_all(f"there is no {CLOCK}; type: make tests")
    if "/sanitize" in os.environ.get("BUILD", ""):
        skip_all("a sanitizer has clocks of its own")
    repository, author = world.handbook([world.person("onc1", "Oncologist One", "one@board.example")])
    with Forge("gitea") as forge:
        token = world.root / "token"
        token.write_text(forge.token + "\n")
        quick = Quick(world, repository, "quick", heads=["refs/pull/*/head"],
                      status={"format": "gitea", "api": forge.api, "token": f"file:{token}", "allow": ["127.0.0.0/8"]})
        missed_hooks(story, author, quick)
        missed_status(story, author, quick, forge)
        forced(story, world, author, quick)
        quick.running.stop()
