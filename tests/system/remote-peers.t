#!/usr/bin/env -S python3 -B
"""A repository behind a real sshd, behind nginx with TLS and a token, and behind git daemon; and servers that are
silent, broken, unknown or hostile."""

import json
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from peers import BlackHole, GitDaemon, Gitolite, Https, Sshd  # noqa: E402
from receiver import Receiver  # noqa: E402
from story import Story, World  # noqa: E402

TEXT = "# Doses\n\n60 mg.\n"


class Elsewhere:
    def __init__(self, world, forge, name):
        self.world, self.forge = world, forge
        self.state = world.root / f"{name}-state"
        self.mirror = self.state / "repository.git"
        self.config = world.root / f"{name}.json"
        self.keys = {"name": "handbook", "authority": str(world.authority_file), "state_directory": str(self.state),
                     "signing_key": f"file:{world.root}/keys/ledger"}

    def once(self, env=None, **remote):
        remote = {"settle_s": 0, "stall_s": 10, "push_s": 60} | remote
        self.config.write_text(json.dumps(self.keys | {"remote": remote}))
        return self.world.imprimatur("--json", "once", config=self.config, env=env)


def goes_on(story, world, here, author, path, how, **remote):
    author.edit(path, TEXT)
    author.push()
    done = here.once(**remote)
    ledger = world.ledger(here.forge)
    story.ok(done.status == 0 and ledger and ledger[-1].get("Article") == path, how, done)


def over_ssh(story, world, forge, author):
    here = Elsewhere(world, forge, "ssh")
    with Sshd(world, forge) as peer:
        way = {"url": peer.url, "key": f"file:{peer.key}", "known_hosts": peer.known_hosts}
        goes_on(story, world, here, author, "content/ssh.md", "over ssh, with a deploy key", **way)
        fingerprint = world.run("ssh-keygen", "-l", "-f", f"{peer.host_key}.pub").out.split()[1]
        checked = world.imprimatur("remote", "check", config=here.config)
        story.ok(checked.status == 0 and fingerprint in checked.out and "may push refs/heads/approved" in checked.out,
                 "remote check tries all, and shows the fingerprint to compare", checked)
        other = world.new_key("not-on-the-forge")
        done = here.once(**way | {"key": f"file:{other}"})
        story.ok(done.status == 75 and "Permission denied" in done.err and "remote check" in done.err, "a refused key is said", done)
        known = Path(peer.known_hosts).read_text()
        Path(peer.known_hosts).write_text("")
        done = here.once(**way)
        story.ok(done.status == 75 and "the key of this host is not known" in done.err, "an unknown host stops it", done)
        story.equal(Path(peer.known_hosts).read_text(), "", "  and is never learned")
        Path(peer.known_hosts).write_text(known)
        peer.stop()
        peer.new_host_key()
        peer.start()
        new = world.run("ssh-keygen", "-l", "-f", f"{peer.host_key}.pub").out.split()[1]
        done = here.once(**way)
        story.ok(done.status == 75 and new in done.err, "so does a host with another key", done)
        peer.remember()
        goes_on(story, world, here, author, "content/ssh-again.md", "  until its key is put right", **way)
    done = here.once(**way)
    story.ok(done.status == 75 and "Connection refused" in done.err, "a host that is down is said", done)


def over_https(story, world, forge, author):
    here = Elsewhere(world, forge, "https")
    token = world.root / "token"
    token.write_text("first-token-of-all\n")
    with Https(world, forge) as peer:
        way = {"url": peer.url, "token": f"file:{token}", "ca_file": peer.ca_file}
        goes_on(story, world, here, author, "content/https.md", "over https, with a token", **way)
        trace = world.root / "trace"
        traced = world.run("strace", "-f", "-v", "-s", "8192", "-e", "trace=execve,execveat", "-e", "signal=none", "-o", trace,
                           world.program, "-c", here.config, "--json", "once", check=False)
        if traced.status == 0:
            ran = trace.read_text(errors="replace")
            story.ok('"fetch"' in ran and "first-token" not in ran,
                     "row 45: no program is given the token, as an argument or in its environment", ran[:2000])
        else:
            story.skip("no program is given the token, as an argument or in its environment", "strace cannot trace here")
        peer.set_token("second-token")
        done = here.once(**way)
        story.ok(done.status == 75 and "Authentication failed" in done.err, "a token that is no longer good is said", done)
        story.ok("first-token" not in done.err, "  without it", done)
        token.write_text("second-token\n")
        goes_on(story, world, here, author, "content/https-again.md", "row 45: one that was rotated is read again", **way)
        kept = world.run("grep", "-rlE", "second-token|first-token", here.mirror, check=False)
        story.equal(kept.out, "", "row 45: no token is in the mirror")
        done = here.once(**way | {"url": peer.url.replace("/handbook", "/moved/handbook")})
        story.ok(done.status == 75 and "it has moved, and is not followed" in done.err, "row 43: a redirect is said and not followed", done)
        with Receiver() as elsewhere:
            done = here.once(**way | {"url": peer.url.replace("/handbook", f"/away/{elsewhere.port}/handbook")})
            story.ok(done.status == 75 and "it has moved" in done.err and not elsewhere.connections,
                     "row 43: and nothing reaches the host that it names", (done, elsewhere.connections))
        done = here.once(**way | {"ca_file": None})
        story.ok(done.status == 75 and "certificate" in done.err, "an unknown certificate stops it", done)


def silence(story, world, forge):
    here = Elsewhere(world, forge, "silent")
    for name, url, banner in (("TCP", "git://127.0.0.1:{}/handbook.git", b""), ("TLS", "https://127.0.0.1:{}/handbook.git", b""),
                              ("ssh's banner", "ssh://git@127.0.0.1:{}/handbook.git", b""),
                              ("mid-list", "git://127.0.0.1:{}/handbook.git", b"003f")):
        with BlackHole(banner) as hole:
            began = time.monotonic()
            done = here.once(url=url.format(hole.port), known_hosts=os.devnull, stall_s=2)
            story.ok(done.status == 75 and time.monotonic() - began < 20, f"silence in {name} is ended", done)
    with BlackHole(b"zzzz", reset=True) as hole:
        done = here.once(url=f"git://127.0.0.1:{hole.port}/handbook.git")
        story.ok(done.status == 75 and "cannot fetch from" in done.err, "row 44: nonsense is a failure like others", done)
    story.equal([path.name for path in here.mirror.glob("**/*.lock")], [], "no lock is left over")


def over_gitolite(story, world):
    # As imprimatur-tutorial(7) has them, and somebody who writes everything else.
    rules = ["RW+  refs/imprimatur/ approved$  = daemon", "-    refs/imprimatur/ approved$  = @all", "R                                = daemon",
             "RW+                              = writer"]
    with Gitolite(world, "handbook", rules) as peer:
        writer = peer.admit("writer")
        clone = world.clone(world.bare("empty"), "gitolite-writer")
        clone.git("remote", "set-url", "origin", peer.url)
        clone.publish_policy(world.policy([world.reviewer]))
        clone.edit("content/g.md", TEXT)
        clone.git("push", "-q", "origin", "main", env=writer)
        here = Elsewhere(world, peer.repository, "gitolite")
        way = {"url": peer.url, "key": f"file:{peer.key}", "known_hosts": peer.known_hosts}
        done = here.once(**way)
        story.ok(done.status == 0 and world.ledger(peer.repository)[-1]["Article"] == "content/g.md", "behind gitolite3, over ssh", done)
        for ref in ("refs/imprimatur/ledger", "refs/heads/approved"):
            pushed = world.run("git", "-C", clone.path, "push", "--force", "origin", f"HEAD:{ref}", env=writer, check=False)
            story.ok(pushed.status != 0 and "DENIED" in pushed.err, f"  whose rule guards {ref}", pushed)
        checked = world.imprimatur("remote", "check", config=here.config)
        story.ok(checked.status == 0 and "may push refs/imprimatur/ledger" in checked.out, "  remote check finds all in order", checked)
        web = world.person("web", "Somebody", "12345+somebody@users.noreply.github.com")
        clone.edit("content/mine.md", TEXT, author=web)
        clone.git("push", "-q", "origin", "main", env=writer)
        here.once(**way)
        checked = world.imprimatur("remote", "check", config=here.config)
        story.ok("12345+somebody@users.noreply.github.com" in checked.out and "belongs to nobody" in checked.out,
                 "row 40: remote check names authors whom a forge's no-reply address hides", checked)
        done = here.once(**way | {"url": peer.url.replace("/handbook", "/nothing")})
        story.ok(done.status == 75 and "DENIED" in done.err, "  a repository that the key may not read is said", done)


def hostile_packs(story, world):
    """Row 44: a pack that unfolds into more than there is room for, and refs without end."""
    forge = world.bare("bomb")
    clone = world.clone(forge, "bomb-author")
    clone.publish_policy(world.policy([world.reviewer]))
    clone.push()
    # 10^5 refs of others: only those that the configuration names are fetched.
    tip = clone.head()
    packed = "".join(f"{tip} refs/merge-requests/{number}/head\n" for number in range(100000))
    (forge / "packed-refs").write_text("# pack-refs with: peeled fully-peeled sorted \n"
                                       + "".join(sorted([*packed.splitlines(True), f"{tip} refs/heads/main\n"], key=lambda line: line.split()[1])))
    here = Elsewhere(world, forge, "bomb")
    done = here.once(url=f"file://{forge}")
    fetched = world.git(here.mirror, "for-each-ref", "--format=x", "refs/imprimatur-remote").count("x")
    story.ok(done.status == 0 and fetched <= 3, "row 44: of 100,000 refs of others none is fetched", (done, fetched))
    # A blob that deflates to a thousandth: on the watched branch it is a file like others, with a problem.
    huge = clone.path / "content/huge.md"
    huge.parent.mkdir(exist_ok=True)
    with open(huge, "wb") as file:
        file.truncate(1 << 30)
    clone.git("-c", "core.bigFileThreshold=1m", "add", "content/huge.md")
    clone.commit("Huge")
    clone.push()
    # A sanitizer itself maps all that there is.
    limit = "unlimited" if "/sanitize" in os.environ.get("BUILD", "") else "1500000"
    done = world.run("sh", "-c", f'ulimit -v {limit}; exec "{world.program}" -c "{here.config}" once', check=False)
    entry = world.ledger(forge)[-1]
    story.ok(done.status == 0 and entry.get("Problem") == "too-large", "row 44: a text of 1 GiB in a pack of 1 MiB takes no memory", (done, entry))


def refusals(story, world, forge, author):
    here = Elsewhere(world, forge, "refused")
    hook = forge / "hooks/pre-receive"
    hook.write_text("#!/bin/sh\nwhile read old new ref; do case $ref in refs/heads/approved) printf 'protected \\033[31mred\\033]0;x\\a\\n' >&2; exit 1;; "
                    "esac; done\n")
    hook.chmod(0o755)
    with GitDaemon(world, forge) as peer:
        reviewer = world.clone(forge, "reviewer")
        reviewer.decide(world.reviewer, "approve", "content/ssh.md")
        done = here.once(url=peer.url)
        story.equal(world.ledger(forge)[-1]["State"], "Approved", "a declined approved branch keeps no decision up")
        story.ok(done.status == 75 and "cannot push the approved branch" in done.err and "protected" in done.err, "  and is said", done)
        story.ok("\033" not in done.err and "\a" not in done.err, "row 44: what the server says obeys no terminal", done.err)
        hook.unlink()
        done = here.once(url=peer.url)
        story.equal(done.status, 0, "  and tried again")
        story.equal(world.git(forge, "show", "approved:content/ssh.md") + "\n", TEXT, "  until it is there")


with Story("Real servers of git, and broken ones") as story, World() as world:
    world.new_key("ledger")
    world.reviewer = world.person("onc1", "Oncologist One", "one@board.example")
    forge, author = world.handbook([world.reviewer])
    over_ssh(story, world, forge, author)
    over_https(story, world, forge, author)
    silence(story, world, forge)
    over_gitolite(story, world)
    hostile_packs(story, world)
    refusals(story, world, forge, author)
