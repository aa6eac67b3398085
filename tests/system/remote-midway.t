#!/usr/bin/env -S python3 -B
"""A remote that falls silent in the middle of a pack, with TCP, TLS, the banner and the list of refs well behind it."""

import contextlib
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from elsewhere import Elsewhere  # noqa: E402
from peers import GitDaemon, Https, Midway, Sshd  # noqa: E402
from receiver import Receiver  # noqa: E402
from story import PATIENCE_S, Story, World  # noqa: E402

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
# Past what is said before a pack, and well within one that holds a figure of a mebibyte.
MIDWAY_BYTES = 300 * 1024


def over_ssh(world, forge):
    peer = Sshd(world, forge)

    def way(port):
        kind, key = (peer.folder / "host.pub").read_text().split()[:2]
        Path(peer.known_hosts).write_text(f"[127.0.0.1]:{port} {kind} {key}\n")
        return {"url": peer.url.replace(str(peer.port), str(port), 1), "key": f"file:{peer.key}", "known_hosts": peer.known_hosts}
    return peer, way


def over_https(world, forge):
    token = world.root / "token"
    token.write_text("first-token-of-all\n")
    peer = Https(world, forge)
    return peer, lambda port: {"url": peer.url.replace(str(peer.port), str(port), 1), "token": f"file:{token}", "ca_file": peer.ca_file}


def over_git(world, forge):
    peer = GitDaemon(world, forge)
    return peer, lambda port: {"url": peer.url.replace(str(peer.port), str(port), 1)}


WAYS = {"ssh": over_ssh, "https": over_https, "git": over_git}


def draw(author, path):
    """Pushes a text and a figure that no pack makes smaller."""
    author.write(path, "# Doses\n\n60 mg.\n")
    author.write(f"figures/{Path(path).stem}.png", os.urandom(1 << 20))
    author.commit(f"Draw {path}")
    author.push()


def half(mirror):
    return sorted(str(path.relative_to(mirror)) for path in mirror.glob("**/*")
                  if path.name.startswith(("tmp_", ".tmp")) or path.name.endswith(".lock"))


def falls_silent(story, world, forge, author, name):
    peer, way = WAYS[name](world, forge)
    with peer, Midway(peer.port) as midway:
        here = Elsewhere(world, forge, name, remote={"stall_s": 8, "push_s": 30} | way(midway.port))
        first = here.once()
        assert first.status == 0, first
        tip, path = here.tip("refs/imprimatur-remote/heads/main", here.mirror), f"content/{name}.md"
        draw(author, path)
        midway.after_bytes = MIDWAY_BYTES
        began = time.monotonic()
        done = here.once()
        story.ok(done.status == 75 and "cannot fetch from" in done.err and midway.silent.is_set() and time.monotonic() - began < 60,
                 f"silence in the middle of a pack is ended over {name}", (done, midway.silent.is_set(), time.monotonic() - began))
        story.equal((half(here.mirror), here.tip("refs/imprimatur-remote/heads/main", here.mirror)), ([], tip), "  nothing half of it stays")
        midway.after_bytes = None
        done = here.once()
        story.ok((done.status, here.ledger()[-1].get("Article")) == (0, path), "  and the next fetch is right", done)
        sound = world.run("git", "-C", here.mirror, "fsck", "--connectivity-only", check=False)
        story.equal(sound.status, 0, "  and whole")


def beside_it(story, world, forge, author):
    """The daemon meanwhile: its loop, its deliveries, and the next round."""
    peer, way = over_ssh(world, forge)
    with Receiver(secrets=[SECRET]) as receiver, peer, Midway(peer.port) as midway:
        here = Elsewhere(world, forge, "beside", remote={"stall_s": 15} | way(midway.port),
                         endpoints=[{"name": "site", "url": receiver.url("/ok"), "secret": SECRET, "allow": ["127.0.0.0/8"]}])
        running = here.daemon()
        draw(author, "content/beside.md")
        midway.after_bytes = MIDWAY_BYTES
        here.wake()
        assert midway.silent.wait(PATIENCE_S)
        asked = world.imprimatur("endpoint", "ping", "site", config=here.config, env={"RUNTIME_DIRECTORY": str(here.state)})
        story.ok(asked.status == 0 and "answered with status 200" in asked.out,
                 "in the middle of a silent pack the loop answers, and sends", asked)
        midway.after_bytes = None
        running.await_status("cannot fetch from", timeout_s=60)
        story.equal(half(here.mirror), [], "  the silence ends by its limit, and nothing half stays")
        world.await_ledger(forge, lambda entries: entries[-1].get("Article") == "content/beside.md", timeout_s=60)
        story.ok(True, "  and it is fetched again by itself")
        running.stop()


@contextlib.contextmanager
def in_the_middle(world, here):
    """A server that, once it has listed the refs and before it sends the pack of what is new, runs a line of shell: the one
    that the function which this yields was given last, once."""
    flag, hook = world.root / "meanwhile", world.root / "pack-objects"
    hook.write_text(f'#!/bin/sh\nif [ -e {flag} ]; then mv {flag} {flag}-now\nenv -i PATH="$PATH" sh {flag}-now </dev/null >{flag}-said 2>&1; fi\n'
                    'exec "$@"\n')
    hook.chmod(0o755)
    world.run("git", "config", "--global", "uploadpack.packObjectsHook", hook)
    with GitDaemon(world, here.forge) as peer:
        here.remote(url=peer.url, stall_s=120, push_s=120)
        yield flag.write_text
    world.run("git", "config", "--global", "--unset", "uploadpack.packObjectsHook")


def moves_there(story, world, forge, author):
    """The refs were listed, and while their pack is on its way another daemon decides and pushes."""
    here, second = (Elsewhere(world, forge, name) for name in ("first", "second"))
    here.once()
    second.once()
    with in_the_middle(world, here) as meanwhile:
        author.edit("content/meanwhile.md", "# Doses\n\n60 mg.\n")
        author.push()
        meanwhile(f"{world.program} -c {second.config} --json once")
        done = here.once()
        about = [entry for entry in here.ledger() if entry.get("Article") == "content/meanwhile.md"]
        said = (world.root / "meanwhile-said").read_text()
        story.ok('"entries":1' in said, "another daemon decides and pushes in the middle of a fetch", said)
        story.equal((done.status, len(about)), (0, 1), "  what was decided stands in the ledger once")
        story.equal(here.tip("refs/imprimatur/ledger"), here.tip("refs/imprimatur/ledger", here.mirror), "  and the mirror has the same")


LEDGER = "refs/imprimatur/ledger"
# What makes an entry on NEW's parent of the tree and the words of the last one, as anybody can.
FORGE = ("git --git-dir {mirror} -c user.name=x -c user.email=x@x commit-tree -p {parent} -m \"$(git --git-dir {mirror} log -1 --format=%B {ledger})\" "
         "{ledger}^{{tree}}")
MOVES = {"back": "update-ref {ledger} {ledger}~1", "away": "update-ref -d {ledger}", "on": "update-ref {ledger} $(" + FORGE + ")",
         "aside": "update-ref {ledger} $(" + FORGE + ")"}


def move(here, how):
    """A line of shell that moves the ledger of the mirror."""
    return f"git --git-dir {here.mirror} " + MOVES[how].format(mirror=here.mirror, ledger=LEDGER, parent=LEDGER if how == "on" else f"{LEDGER}~1")


def moves_here(story, world, forge, author):
    """And while it is on its way somebody moves the ledger of the mirror, which is the daemon's alone."""
    here = Elsewhere(world, forge, "mirror")
    here.once()
    with in_the_middle(world, here) as meanwhile:
        for how in MOVES:
            path, before = f"content/{how}.md", here.ledger()
            author.edit(path, "# Doses\n\n60 mg.\n")
            author.push()
            meanwhile(f"{move(here, how)} && echo moved")
            done, ledger = here.once(), here.ledger()
            said = (world.root / "meanwhile-said").read_text()
            story.ok((said, done.status) == ("moved\n", 0) and ("was deleted by" if how == "away" else "was moved to") in done.err,
                     f"the mirror's ledger is moved {how} in the middle of a fetch: that is said", (said, done))
            story.equal(([entry["oid"] for entry in ledger[:-1]], ledger[-1].get("Article")), ([entry["oid"] for entry in before], path),
                        "  and the remote's goes on, from where it was")
            story.equal(here.tip(LEDGER), here.tip(LEDGER, here.mirror), "  and the mirror has it again")


def moves_here_in_a_push(story, world, forge, author):
    here = Elsewhere(world, forge, "pushing")
    here.once()
    hook = forge / "hooks/post-receive"
    hook.write_text(f'#!/bin/sh\nread old new ref\n[ $ref = {LEDGER} ] || exit 0\nenv -i PATH="$PATH" sh {world.root}/pushed\nrm "$0"\n')
    (world.root / "pushed").write_text(move(here, "aside"))
    hook.chmod(0o755)
    author.edit("content/pushed.md", "# Doses\n\n60 mg.\n")
    author.push()
    done = here.once()
    story.ok(done.status == 75 and "was moved by somebody else" in done.err, "it is moved in the middle of a push: that is said", done)
    done = here.once()
    about = [entry for entry in here.ledger() if entry.get("Article") == "content/pushed.md"]
    story.equal((done.status, len(about), here.tip(LEDGER)), (0, 1, here.tip(LEDGER, here.mirror)), "  and the next round goes on from what the remote took")


def moves_everywhere(story, world, forge, author):
    """The remote's is moved back, too: now it is for a person to say, and what is put back is what the daemon left."""
    here = Elsewhere(world, forge, "everywhere")
    here.once()
    left = here.tip(LEDGER)
    world.git(forge, "update-ref", LEDGER, f"{left}~1")
    world.run("sh", "-c", move(here, "on"))
    done = here.once()
    story.ok(done.status == 1 and f"left it at {left[:12]}" in done.err, "both are moved: nothing is decided, and the true tip is named", done)
    done = world.imprimatur("ledger", "restore", config=here.config)
    story.equal((done.status, here.tip(LEDGER)), (0, left), "  ledger restore puts that back there, and nothing of the mirror's")
    done = here.once()
    story.equal((done.status, here.tip(LEDGER, here.mirror)), (0, left), "  and it goes on")


with Story("Silence in the middle of a pack") as story, World() as world:
    forge, author = world.handbook([world.person("onc1", "Oncologist One", "one@board.example")])
    for way_name in WAYS:
        falls_silent(story, world, forge, author, way_name)
    beside_it(story, world, forge, author)
    moves_there(story, world, forge, author)
    moves_here(story, world, forge, author)
    moves_here_in_a_push(story, world, forge, author)
    moves_everywhere(story, world, forge, author)
