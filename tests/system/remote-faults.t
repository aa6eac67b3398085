#!/usr/bin/env -S python3 -B
"""What a remote, its mirror and the daemon's machine can go through: locks left over, gc, a day without it, races, answers
that are lost, packs that are bombs, another repository format."""

import os
import shutil
import subprocess
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from elsewhere import Elsewhere  # noqa: E402
from receiver import Receiver  # noqa: E402
from story import Story, World, wait_until  # noqa: E402

TEXT = "# Doses\n\n60 mg.\n"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def rfc(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def left_over(story, here, author):
    """what a git that died left in the mirror."""
    old = time.time() - 3600
    left = [here.mirror / name for name in ("packed-refs.lock", "refs/imprimatur-remote/heads/main.lock", "objects/pack/tmp_pack_ab12",
                                            "objects/ab/tmp_obj_x", "shallow.lock")]
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
        os.utime(path, (old, old))
    author.edit("content/locked.md", TEXT)
    author.push()
    done = here.once()
    story.equal((done.status, [str(path) for path in left if path.exists()]), (0, []),
                "locks and packs that a git left over are taken away, and the round goes on")
    fresh = here.mirror / "packed-refs.lock"
    fresh.write_text("")
    here.once()
    story.ok(fresh.exists(), "  a lock of just now is somebody's, and stays")
    fresh.unlink()


def a_day_down(story, world, forge, here, author):
    """messages go on, and all of it is made up for in one round."""
    here.once(now=rfc(datetime.now(timezone.utc)))
    away = forge.with_name("away.git")
    forge.rename(away)
    for hours in (1, 8, 24):
        done = here.once(now=rfc(datetime.now(timezone.utc) + timedelta(hours=hours)))
        assert done.status == 75, done
    story.ok("cannot fetch from" in done.err, "a remote that is away is said", done)
    status = world.imprimatur("status", config=here.config, now=rfc(datetime.now(timezone.utc) + timedelta(hours=24)))
    story.ok("The remote was fetched" in status.out + status.err, "  status says for how long", status)
    metrics = here.state / "m.prom"
    here.write(metrics_file=str(metrics))
    running = world.daemon(here.config, env={"RUNTIME_DIRECTORY": str(here.state)})
    running.await_status("cannot fetch from")
    wait_until(lambda: metrics.exists() and "imprimatur_remote_last_fetch_timestamp_seconds" in metrics.read_text(), here.state,
               what="metrics of the remote")
    story.ok('imprimatur_remote_unpushed{repository="handbook"} 0' in metrics.read_text(), "  and metrics", metrics.read_text()[-600:])
    away.rename(forge)
    for number in range(5):
        author.edit(f"content/after-{number}.md", TEXT)
    author.push()
    here.wake()
    world.await_ledger(forge, lambda entries: len([e for e in entries if "after-" in e.get("Article", "")]) == 5)
    story.ok(True, "back again, it is all made up for")
    running.stop()
    status = world.imprimatur("status", config=here.config)
    story.ok("The remote was fetched" not in status.out + status.err, "  and nothing is said any more", status)


def collected(story, world, forge, here, author):
    """git gc of the mirror, again and again, beside the daemon."""
    running = here.daemon()
    stop = here.state / "stop"
    gc = subprocess.Popen(["sh", "-c", f'while [ ! -e "{stop}" ]; do git -C "{here.mirror}" gc -q; git -C "{here.mirror}" pack-refs --all; done'],
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=world.env)
    try:
        for number in range(12):
            author.edit(f"content/gc-{number}.md", TEXT)
            author.push()
            here.wake()
        world.await_ledger(forge, lambda entries: len([e for e in entries if "/gc-" in e.get("Article", "")]) == 12,
                           timeout_s=270)
    finally:
        stop.write_text("")
        gc.wait()
    running.stop()
    story.equal(world.run("git", "-C", here.mirror, "fsck", "--connectivity-only", check=False).status, 0,
                "git gc of the mirror under load loses nothing, and stops nothing")


def pushes(story, world, forge, here, author):
    """the answer to a push is lost; somebody is faster within pre-receive."""
    hook = forge / "hooks/post-receive"
    flag = world.root / "cut"
    # The server has moved the ref, and dies before it says so.
    hook.write_text(f'#!/bin/sh\nif [ -e {flag} ]; then rm {flag}; kill -9 $PPID; fi\n')
    hook.chmod(0o755)
    with Receiver(secrets=[SECRET]) as receiver:
        here.write(endpoints=[{"name": "site", "url": receiver.url("/ok"), "secret": SECRET, "allow": ["127.0.0.0/8"],
                               "events": ["article.*"]}])
        author.edit("content/lost.md", TEXT)
        author.push()
        flag.write_text("")
        running = here.daemon()
        receiver.wait_for(lambda message: message["body"]["data"]["article"]["path"] == "content/lost.md", timeout=30)
        world.await_ledger(forge, lambda entries: entries[-1].get("Article") == "content/lost.md")
        running.stop()
        told = [message for message in receiver.messages if message["body"]["data"]["article"]["path"] == "content/lost.md"]
        about = [entry for entry in here.ledger() if entry.get("Article") == "content/lost.md"]
        story.equal((len(about), len({message["headers"]["webhook-id"] for message in told})), (1, 1),
                    "the answer to a push is lost: one entry, and its event once")
    hook.unlink()
    # Within pre-receive the branch moves on: the ledger is pushed all the same; a ledger that moves makes it decide again.
    other = world.clone(forge, "racer")
    other.edit("content/raced.md", TEXT)
    before = here.tip("refs/imprimatur/ledger")
    second = Elsewhere(world, forge, "second")
    second.once()
    pre = forge / "hooks/pre-receive"
    pre.write_text(f'#!/bin/sh\nread old new ref\n[ -e {flag} ] || exit 0\nrm {flag}\nunset GIT_DIR GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES\n'
                   f'{world.program} -c {second.config} once >/dev/null 2>&1\nexit 0\n')
    pre.chmod(0o755)
    author.edit("content/race.md", TEXT)
    author.push()
    flag.write_text("")
    done = here.once()
    about = [entry for entry in here.ledger() if entry.get("Article") == "content/race.md"]
    story.equal((done.status, len(about), flag.exists()), (0, 1, False), "a race within pre-receive: decided again, recorded once")
    pre.unlink()


def protected_branch(story, world):
    """the forge takes branches alone, and protects this one: no force, no deletion."""
    one = world.person("onc9", "Oncologist Nine", "nine@board.example")
    forge = world.bare("branches")
    author = world.clone(forge, "branches-author")
    author.publish_policy(world.policy([one]))
    author.push()
    hook = forge / "hooks/update"
    hook.write_text('#!/bin/sh\ncase $1 in refs/heads/*) ;; *) echo "deny updating a hidden ref" >&2; exit 1;; esac\n'
                    '[ "$1" = refs/heads/imprimatur-ledger ] || exit 0\n[ "$2" = 0000000000000000000000000000000000000000 ] && exit 0\n'
                    '[ "$(git merge-base $2 $3)" = "$2" ] || { echo "protected branch" >&2; exit 1; }\n')
    hook.chmod(0o755)
    here = Elsewhere(world, forge, "branches", remote={"ledger_ref": "refs/heads/imprimatur-ledger"})
    done = here.once()
    author.edit("content/a.md", TEXT)
    author.push()
    done = here.once()
    story.equal((done.status, here.ledger()[-1]["Article"], here.tip("refs/imprimatur/ledger")), (0, "content/a.md", None),
                "the ledger on a protected branch, where the forge takes branches alone")
    clone = world.clone(forge, "reader")
    clone.git("fetch", "-q", "origin", "refs/heads/imprimatur-ledger:refs/imprimatur/ledger")
    status = world.imprimatur("status", cwd=clone.path)
    story.ok("content/a.md" in status.out, "  and clones read it from there", status)


def formats(story, world):
    forge = world.root / "sha256.git"
    world.run("git", "init", "-q", "--bare", "--object-format=sha256", "-b", "main", forge)
    clone = world.root / "sha256"
    world.run("git", "init", "-q", "--object-format=sha256", "-b", "main", clone)
    world.run("git", "-C", clone, "commit", "-q", "--allow-empty", "-m", "x")
    world.run("git", "-C", clone, "push", "-q", forge, "HEAD:main")
    here = Elsewhere(world, forge, "sha256")
    done = here.once()
    story.ok(done.status == 75 and "SHA-256" in done.err, "a repository of SHA-256 is refused by name", done)


def early_hook(story, world, forge, here, author):
    """A hook names a commit before a replica shows it; the poll is an hour away."""
    running = here.daemon()
    author.edit("content/early.md", TEXT)

    def fetched():
        return here.sql("SELECT value FROM meta WHERE key = 'fetched_at'")

    before = fetched()
    here.wake(author.head())
    wait_until(lambda: fetched() != before, here.state, what="a fetch")
    author.push()
    world.await_ledger(forge, lambda entries: entries[-1].get("Article") == "content/early.md", timeout_s=60)
    story.ok(True, "a commit that a hook named before it was there is looked for again")
    running.stop()


def hook_meanwhile(story, world, forge, here, author):
    """A hook comes during the round of the one before, and so soon after it that it has to wait."""
    running = here.daemon()
    author.edit("content/before.md", TEXT)
    author.push()
    author.edit("content/meanwhile.md", TEXT)
    author.git("push", "-q", "origin", "HEAD:refs/hidden/meanwhile")
    hook = forge / "hooks/post-receive"
    hook.write_text(f"""#!{sys.executable}
import os, socket, subprocess, sys
if "refs/imprimatur/ledger" in sys.stdin.read():
    os.unlink(__file__)
    subprocess.run(["git", "update-ref", "refs/heads/main", "refs/hidden/meanwhile"], check=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as door:
        door.sendto(b'{{"schema": 1, "wake": "hook"}}', "{here.state / "wake"}")
""")
    hook.chmod(0o755)
    here.wake()
    world.await_ledger(forge, lambda entries: entries[-1].get("Article") == "content/meanwhile.md")
    story.ok(True, "a hook that comes while the one before is answered is answered too")
    running.stop()


def missed_hook(story, world, forge, here, author):
    """Nobody wakes the daemon: its own timer does."""
    here.write(poll_seconds=1)
    running = here.daemon()
    for path in ("content/missed.md", "content/missed-again.md"):
        author.edit(path, TEXT)
        author.push()
        world.await_ledger(forge, lambda entries: entries[-1].get("Article") == path, timeout_s=60)
    story.ok(True, "what no hook told of, the daemon finds by its own poll, again and again")
    running.stop()
    here.write(poll_seconds=3600)


def renamed(story, world, forge, here):
    """the old name is somebody else's now."""
    moved, url = forge.with_name("renamed.git"), here.keys["remote"]["url"]
    forge.rename(moved)
    squatter = world.bare(forge.name.removesuffix(".git"))
    clone = world.clone(squatter, "squatter")
    clone.edit("content/evil.md", "# Theirs\n")
    clone.push()
    done = here.once()
    story.ok(done.status == 1 and "ledger is gone" in done.err, "row 43: a name that was taken over has no ledger of ours, and nothing is decided", done)
    here.remote(url=f"file://{moved}")
    story.equal(here.once().status, 0, "  until the new URL is written")
    shutil.rmtree(squatter)
    moved.rename(forge)
    here.remote(url=url)


with Story("A remote's faults") as story, World() as world:
    one = world.person("onc1", "Oncologist One", "one@board.example")
    forge, author = world.handbook([one])
    here = Elsewhere(world, forge)
    here.once()
    formats(story, world)
    protected_branch(story, world)
    left_over(story, here, author)
    renamed(story, world, forge, here)
    collected(story, world, forge, here, author)
    pushes(story, world, forge, here, author)
    early_hook(story, world, forge, here, author)
    hook_meanwhile(story, world, forge, here, author)
    missed_hook(story, world, forge, here, author)
    a_day_down(story, world, forge, here, author)
