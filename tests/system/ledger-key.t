#!/usr/bin/env python3
"""The ledger's own signature: the last commit of each pass, by the key of the configuration."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

from handbook import ENDPOINT, LEDGER, Handbook
from story import Story, World


def settings(key):
    return {"signing_key": f"file:{key}"}


def signed(world, handbook, commit, *keys):
    """Whether git verifies the commit with one of the keys."""
    signers = world.root / "ledger_signers"
    signers.write_text("".join(f'ledger namespaces="git" {Path(f"{key}.pub").read_text()}' for key in keys))
    return world.run("git", "-C", handbook.bare, "-c", f"gpg.ssh.allowedSignersFile={signers}", "verify-commit",
                     commit, check=False).status == 0


def a_pass_is_signed(story, world, key):
    one = world.person("one", "One", "one@board.example")
    handbook = Handbook(world, [one], name="signed", settings=settings(key))
    handbook.write("content/a.md", "content/b.md")
    handbook.once()
    entries = handbook.ledger()
    story.ok(len(entries) > 3 and signed(world, handbook, LEDGER, key), "git verifies the ledger's tip", entries)
    story.ok(not signed(world, handbook, LEDGER, one.key), "but not with another's key")
    inner = [entry["oid"] for entry in entries[:-1]]
    story.ok(not any("gpgsig" in world.git(handbook.bare, "cat-file", "commit", oid) for oid in inner),
             "the chain covers the other entries of the pass")
    handbook.approve(one)
    handbook.once()
    story.ok(signed(world, handbook, LEDGER, key), "the next pass is signed as well")
    story.equal(handbook.state(), "Approved", "and says what it would say unsigned")
    world.git(handbook.bare, "fsck", "--strict")

    told = handbook.told()
    last = [entry["oid"] for entry in handbook.ledger()][-1]
    story.ok(any(message["data"].get("ledger") == last for message in told),
             "messages name the entry as it is in the ledger", [message["data"].get("ledger") for message in told])
    ids = {entry["oid"] for entry in handbook.ledger()}
    story.equal([m for m in told if m["data"].get("ledger") and m["data"]["ledger"] not in ids], [],
                "and no entry that is not")

    before = handbook.articles()
    for file in handbook.state_directory.glob("index.db*"):
        file.unlink()
    handbook.once()
    story.equal(handbook.articles(), before, "the index comes out the same when it is folded anew")
    handbook.heard = 0
    again = {message["id"] for message in handbook.told("article.*")}
    story.equal(again, {message["id"] for message in told if message["type"].startswith("article.")},
                "and the messages have the same ids")
    return handbook


def its_own_ledger_is_known_again(story, world, handbook, key, other):
    for file in handbook.state_directory.iterdir():
        file.unlink()
    handbook.write("content/c.md")
    handbook.once()
    story.equal(handbook.state("content/c.md"), "Submitted (new)",
                "a daemon without memory continues a ledger that its own key signed")

    for file in handbook.state_directory.iterdir():
        file.unlink()
    world.configure(handbook.bare, file="signed.json", name="handbook", endpoints=[ENDPOINT], **settings(other))
    tip = handbook.tip(LEDGER)
    handbook.once(status=1)
    story.equal(handbook.tip(LEDGER), tip, "but not one that another key signed")
    result = world.imprimatur("ledger", "restore", "--trust", tip, config=handbook.config)
    story.equal(result.status, 0, "unless it is told to") or story.note(result)
    handbook.write("content/d.md")
    handbook.once()
    story.ok(signed(world, handbook, LEDGER, other) and not signed(world, handbook, LEDGER, key),
             "and from then on it signs with its own")


def a_key_that_does_not_serve(story, world):
    locked = world.root / "keys" / "locked"
    world.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "a passphrase", "-f", locked)
    handbook = Handbook(world, [world.person("two", "Two", "two@board.example")], name="locked",
                        settings=settings(locked))
    handbook.write("content/a.md")
    result = world.imprimatur("once", config=handbook.config, now=handbook.pass_time())
    story.ok(result.status == 1 and "passphrase" in result.err, "a key with a passphrase is refused in words", result)
    story.equal(handbook.ledger(), [], "and nothing is recorded unsigned")


def main():
    with Story("The ledger is signed") as story, World() as world:
        key, other = world.new_key("ledger"), world.new_key("other-ledger")
        handbook = a_pass_is_signed(story, world, key)
        its_own_ledger_is_known_again(story, world, handbook, key, other)
        a_key_that_does_not_serve(story, world)


main()
