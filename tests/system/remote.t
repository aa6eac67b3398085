#!/usr/bin/env -S python3 -B
"""A repository that lives elsewhere: the daemon fetches, decides, and pushes its record back."""

import json
import os
import socket
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from receiver import Receiver  # noqa: E402
from story import Story, World  # noqa: E402

TEXT = "---\ntitle: Doses\n---\n\n# Doses\n\n60 mg.\n"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Elsewhere:
    """A forge's repository, and the daemon's machine with its mirror of it."""

    def __init__(self, world, name="handbook", **remote):
        self.world = world
        self.forge = world.bare(name)
        key = world.new_key(f"{name}-ledger")
        self.key = str(key)
        self.state = world.root / f"{name}-state"
        self.config = world.root / f"{name}.json"
        self.keys = {"name": "handbook", "authority": str(world.authority_file), "signing_key": f"file:{key}",
                     "state_directory": str(self.state), "poll_seconds": 3600,
                     "remote": {"url": f"file://{self.forge}", "settle_s": 0, **remote}}
        self.write()
        self.mirror = self.state / "repository.git"

    def write(self, **keys):
        self.keys.update(keys)
        self.config.write_text(json.dumps(self.keys))
        return self.config

    def once(self, **more):
        return self.world.imprimatur("--json", "once", config=self.config, **more)

    def tip(self, ref, where=None):
        return self.world.tip(where or self.forge, ref)


def first_round(story, world):
    one = world.person("onc1", "Oncologist One", "one@board.example")
    here = Elsewhere(world)
    done = here.once()
    story.equal((done.status, "there is no branch" in done.err), (0, True), "an empty repository is waited for")
    author = world.clone(here.forge, "author")
    author.publish_policy(world.policy([one], rules=[{"paths": ["**"], "approvals": 1}]))
    author.edit("content/a.md", TEXT)
    author.push()
    done = here.once()
    story.equal((done.status, done.json[0]["entries"], done.json[0]["events"] > 0), (0, 3, True),
                "what the forge has is fetched and decided")
    story.equal([entry["Event"] for entry in world.ledger(here.forge)], ["start", "policy", "submission"],
                "the record is pushed there")
    story.equal(here.tip("refs/imprimatur/ledger"), here.tip("refs/imprimatur/ledger", here.mirror),
                "  and the mirror has the same")
    story.ok(here.tip("refs/heads/approved"), "the approved branch is pushed, too")
    reviewer = world.clone(here.forge, "reviewer")
    reviewer.decide(one, "approve", "content/a.md", branch="review/onc1/a")
    done = here.once()
    story.ok(world.ledger(here.forge)[-1]["State"] == "Approved", "an approval on a review branch there counts", (done, world.ledger(here.forge)[-1]))
    story.equal(world.git(here.forge, "show", "approved:content/a.md") + "\n", TEXT, "  and is published there")
    done = here.once()
    story.equal((done.json[0]["entries"], done.json[0]["events"]), (0, 0), "without anything new nothing happens")
    here.write(endpoints=[])
    verified = world.imprimatur("verify", config=here.config)
    story.ok("not checked" not in verified.out and "4 entries" in verified.out, "the whole record is verified on the daemon's host", verified)
    checked = world.imprimatur("check", config=here.config)
    story.ok("1 article checked" in checked.out and "branch" not in checked.out and "ReadWritePaths" not in checked.out,
             "check looks at the branch as it was fetched, and at a mirror that the unit may write to", checked)
    author.git("push", "origin", ":refs/heads/review/onc1/a")
    here.once()
    story.equal(here.tip("refs/imprimatur-remote/heads/review/onc1/a", here.mirror), None,
                "a branch that is deleted there is deleted in the mirror")
    verified = world.imprimatur("verify", "--authority", here.keys["authority"], cwd=here.mirror)
    story.equal(verified.status, 1, "the record can be verified, its key is not in the policy yet", )
    return here, author, one


def races(story, world, here, author):
    """Row 36: somebody who can write there moves, rewinds and deletes the record."""
    before = here.tip("refs/imprimatur/ledger")
    author.edit("content/b.md", TEXT)
    author.push()
    here.once()
    after = here.tip("refs/imprimatur/ledger")
    world.git(here.forge, "update-ref", "refs/imprimatur/ledger", before)
    done = here.once()
    story.ok(done.status == 1 and "is back at" in done.err, "row 36: a rewound ledger is noticed", done)
    story.equal(here.tip("refs/imprimatur/ledger"), before, "  nothing is decided on it")
    restored = world.imprimatur("ledger", "restore", config=here.config)
    story.equal((restored.status, here.tip("refs/imprimatur/ledger")), (0, after), "  ledger restore puts it back there")
    story.equal(here.once().status, 0, "  and it goes on")
    world.git(here.forge, "update-ref", "-d", "refs/imprimatur/ledger")
    done = here.once()
    story.ok(done.status == 1 and "is gone" in done.err, "row 36: so is one that was deleted", done)
    world.imprimatur("ledger", "restore", config=here.config)
    author.git("fetch", "origin", "refs/imprimatur/ledger")
    forged = author.git("commit-tree", "-m", "forged", "-p", after, author.git("rev-parse", "HEAD^{tree}"))
    author.git("push", "origin", f"{forged}:refs/imprimatur/ledger")
    done = here.once()
    story.ok(done.status == 1 and "does not have this daemon's key" in done.err, "row 36: one that goes on without the key, too",
             done)
    world.imprimatur("ledger", "restore", config=here.config)
    story.equal(here.tip("refs/imprimatur/ledger"), after, "  and is put back")
    tip = author.head()
    author.git("push", "--force", "origin", f"{tip}:refs/heads/approved")
    author.edit("content/c.md", TEXT)
    author.push()
    done = here.once()
    story.equal((done.status, world.ledger(here.forge)[-1]["Article"]), (0, "content/c.md"),
                "somebody's CI on the approved branch keeps no decision up")
    story.equal(here.tip("refs/heads/approved"), here.tip("refs/heads/approved", here.mirror), "  and it is put back")


def two_daemons(story, world, here, author):
    """The second has a mirror and a state of its own, and the same key."""
    other = Elsewhere.__new__(Elsewhere)
    other.__dict__.update(here.__dict__)
    other.state = world.root / "other-state"
    other.config = world.root / "other.json"
    other.mirror = other.state / "repository.git"
    other.keys = {**here.keys, "state_directory": str(other.state), "deliver": False}
    other.write()
    author.edit("content/d.md", TEXT)
    author.push()
    done = other.once()
    story.equal((done.status, world.ledger(here.forge)[-1]["Article"]), (0, "content/d.md"),
                "a second daemon with the same key goes on where the first was", )
    author.edit("content/e.md", TEXT)
    author.push()
    done = here.once()
    story.equal((done.status, [entry.get("Article") for entry in world.ledger(here.forge)[-2:]]),
                (0, ["content/d.md", "content/e.md"]), "  and the first follows it, and goes on")


def crashes(story, world, here, author):
    for number, point in enumerate(("fetched", "decided", "written", "noted", "pushed", "recorded", "indexed", "published")):
        path = f"content/crash-{number}.md"
        author.edit(path, TEXT)
        author.push()
        done = here.once(env={"IMPRIMATUR_CRASH_AT": point})
        story.ok(done.status < 0, f"killed at {point}", done)
        done = here.once()
        about = [entry for entry in world.ledger(here.forge) if entry.get("Article") == path]
        story.equal((done.status, len(about)), (0, 1), f"  the record has what was decided, once")


def trouble(story, world, here):
    url = here.keys["remote"]["url"]
    here.keys["remote"]["url"] = "git://127.0.0.1:1/nowhere.git"
    here.write()
    done = here.once()
    story.ok(done.status == 75 and "cannot fetch from git://127.0.0.1:1/nowhere.git" in done.err, "a remote that is down is said", done)
    here.keys["remote"]["url"] = url
    here.write()
    hook = here.forge / "hooks/pre-receive"
    hook.write_text("#!/bin/sh\nwhile read old new ref; do case $ref in refs/heads/approved) printf 'no\\033[31m!\\n' >&2; exit 1;; "
                    "esac; done\n")
    hook.chmod(0o755)


def daemon(story, world, here, author):
    with Receiver(secrets=[SECRET]) as receiver:
        here.write(endpoints=[{"name": "site", "url": receiver.url("/ok"), "secret": SECRET, "allow": ["127.0.0.0/8"],
                               "events": ["article.*"]}])
        running = world.daemon(here.config, env={"RUNTIME_DIRECTORY": str(here.state)})
        running.await_ready()
        author.edit("content/woken.md", TEXT)
        author.push()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as door:
            door.sendto(b"rubbish", str(here.state / "wake"))
            door.sendto(b'{"schema": 1, "wake": "hook", "commit": "' + author.head().encode() + b'"}', str(here.state / "wake"))
        message = receiver.wait_for(lambda message: message["body"]["data"]["article"]["path"] == "content/woken.md")
        story.equal(message["body"]["type"], "article.submitted", "a hook wakes the daemon, which fetches, decides, pushes and tells")
        story.equal("evt_" + here.tip("refs/imprimatur/ledger"), message["headers"]["webhook-id"].removesuffix("_1"),
                    "  when the remote has the entry")
        running.stop()


with Story("A repository elsewhere") as story, World() as world:
    here, author, one = first_round(story, world)
    races(story, world, here, author)
    two_daemons(story, world, here, author)
    crashes(story, world, here, author)
    daemon(story, world, here, author)
    trouble(story, world, here)
