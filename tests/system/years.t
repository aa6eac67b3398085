#!/usr/bin/env -S python3 -B
"""A daemon that runs for years: some thousands of passes, each of which writes to the repository, leave few packs and
few loose objects, while people read and push, and nothing is lost."""

import os
import subprocess
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / folder) for folder in ("lib", "bench")]
from history import History, Reviewer
from story import Story, World, wait_until

ARTICLES = 3000
LARGE, SMALL, EACH = 120, 1900, 60  # passes over so many articles each, which make a pack, and over one
PACKS_MOST, LOOSE_MOST = 40, 30  # packs; objects in one of the 256 folders
LEDGER = "refs/imprimatur/ledger"
PATIENCE_S = 120


class Pusher:
    """Moves a branch along commits that are there already, as a push does last, by one git that goes on."""

    def __init__(self, world, repository):
        self.process = subprocess.Popen(["git", "-C", str(repository), "update-ref", "--stdin"], env=world.env,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def move(self, commit):
        self.process.stdin.write(f"start\nupdate refs/heads/main {commit}\nprepare\ncommit\n")
        self.process.stdin.flush()
        for _ in range(3):
            if not self.process.stdout.readline().endswith(": ok\n"):
                raise RuntimeError("git does not move the branch")

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def clutter(repository):
    packs = sum(name.endswith(".pack") for name in os.listdir(repository / "objects/pack"))
    some = repository / "objects/17"
    return packs, len(os.listdir(some)) if some.exists() else 0


def is_tidy(repository):
    packs, loose = clutter(repository)
    return packs <= PACKS_MOST and loose <= LOOSE_MOST


def read_ref(repository):
    path = repository / LEDGER
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        return None


def lines_of(world, history, count):
    return world.git(history.repository, "rev-list", "--reverse", f"-{count}", "refs/later/main").splitlines()


def is_there(world, repository, *objects):
    known = world.run("git", "-C", repository, "cat-file", "--batch-check", text_in="\n".join(objects) + "\n").out
    return " missing" not in known


with Story("Years of passes leave a repository small") as story, World() as world:
    history = History(world, [Reviewer(f"r{number}") for number in range(5)], ARTICLES, ARTICLES // 100 + 10)
    repository = history.repository
    config = world.configure(repository)
    unreachable = world.run("git", "-C", repository, "hash-object", "-w", "--stdin", text_in="of no ref\n").out.strip()
    daemon = world.daemon(config).await_ready()
    world.run("git", "-C", repository, "update-ref", "refs/later/main", "refs/heads/main")
    history.edit([(number % LARGE * EACH + number // LARGE) % ARTICLES for number in range(LARGE * EACH)],
                 ref="refs/later/main", commits=LARGE)
    history.edit([number % ARTICLES for number in range(SMALL)], ref="refs/later/main", commits=SMALL)
    commits = lines_of(world, history, LARGE + SMALL)
    begun = clutter(repository)
    pusher, reader = Pusher(world, repository), world.clone(repository, "reader")
    reads, faults, before = 0, [], read_ref(repository)
    for number, commit in enumerate(commits):
        pusher.move(commit)
        wait_until(lambda: read_ref(repository) != before, repository / "refs/imprimatur", what=f"pass {number}", timeout_s=PATIENCE_S)
        before = read_ref(repository)
        # A daemon that is pushed to without a pause writes faster than a busy machine packs: then we wait for it.
        wait_until(lambda: is_tidy(repository), repository / "objects/pack",
                   what=f"fewer packs after pass {number}", timeout_s=PATIENCE_S)
        if number % 40 == 0:  # somebody reads everything; somebody else pushes
            reads += 1
            for command in (["git", "-C", repository, "rev-list", "--objects", "--count", LEDGER],
                            ["git", "-C", reader.path, "fetch", "-q", "origin", "+refs/heads/main:refs/remotes/origin/main"],
                            ["git", "-C", reader.path, "push", "-q", "origin", f"{commit}:refs/heads/topic/{number}"]):
                done = world.run(*command, check=False)
                faults += [done.err] if done.status else []
    pusher.close()
    story.ok(is_tidy(repository), f"{len(commits)} passes leave at most {PACKS_MOST} packs and {LOOSE_MOST * 256} loose objects",
             f"{clutter(repository)}, {begun} at first")
    story.equal((faults, reads > 20), ([], True), "who reads and pushes meanwhile is not disturbed")
    story.ok("WARNING" not in daemon.log and "cannot" not in daemon.log, "nor is the daemon", daemon.log)
    entries = world.git(repository, "rev-list", "--count", LEDGER)
    story.equal(int(entries), 2 + ARTICLES + LARGE * EACH + SMALL, "every pass is in the ledger")
    story.ok(is_there(world, repository, unreachable), "an object that no ref reaches is still there")
    story.ok(world.run("git", "-C", repository, "fsck", "--full", "--no-dangling", check=False).status == 0, "and all is sound")
    daemon.process.terminate()
    story.equal(daemon.await_end(), 0, "the daemon ends")
    story.done()
