#!/usr/bin/env -S python3 -B
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
    story.equal(handbook.articles(), before, "the index comes out the same when it is folded again")
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


def verified(world, handbook):
    """What verify says of the origin: None if it is proved."""
    result = world.imprimatur("-C", handbook.bare, "--json", "verify", "--authority", world.authority_file)
    found = result.json[0]
    if found["does_not_follow"] or found["without_entry"] or result.status != (1 if found["origin_unproved"] else 0):
        raise RuntimeError(f"verify: {result}")
    return found["origin_unproved"]


def checked(world, handbook):
    return world.imprimatur("check", config=handbook.config, now=handbook.now).out


def public(key):
    return " ".join(Path(f"{key}.pub").read_text().split()[:2])


def is_configured(world, handbook, key):
    """The daemon's key from now on; None: none."""
    world.configure(handbook.bare, file=handbook.config.name, name="handbook", endpoints=[ENDPOINT],
                    **(settings(key) if key else {}))


def signing_begins_and_ends(story, world, key):
    handbook = Handbook(world, [world.person("three", "Three", "three@board.example")], name="begun")
    handbook.write("content/a.md")
    handbook.once()
    story.equal(verified(world, handbook), "the policy in force, 1, names no ledger_key", "a ledger that nobody signs")
    handbook.amend(ledger_key=public(key))
    handbook.once()
    story.equal(verified(world, handbook), "the ledger is not signed, though policy 2 names a ledger_key",
                "one that should be signed, and never was")
    story.ok("there is no signing_key, but policy 2 names a ledger_key" in checked(world, handbook), "check says so")
    is_configured(world, handbook, key)
    story.ok("ledger_key" not in checked(world, handbook), "with the key check has nothing to say")
    handbook.write("content/b.md")
    handbook.once()
    story.equal(verified(world, handbook), None, "the first signature proves what came before it too")
    last = handbook.tip(LEDGER)
    is_configured(world, handbook, None)
    handbook.write("content/c.md", "content/d.md")
    handbook.once()
    story.equal(verified(world, handbook), f"the last 2 entries are not signed; the last one that is, is {last[:12]}",
                "where the signing ended is said")
    is_configured(world, handbook, key)
    handbook.write("content/e.md")
    handbook.once()
    story.equal(verified(world, handbook), None, "and what was not signed is proved by the next one that is")


def a_new_ledger_key(story, world, key, other):
    """SECURITY.md, To rotate a key."""
    handbook = Handbook(world, [world.person("four", "Four", "four@board.example")], name="rotated", settings=settings(key))
    handbook.publish(ledger_key=public(key), version=2)
    handbook.write("content/a.md")
    handbook.once()
    story.equal(verified(world, handbook), None, "by the key that the policy names")
    handbook.amend(ledger_key=public(other))
    handbook.once()
    story.ok("is signed by a key other than the ledger_key of policy 3" in verified(world, handbook),
             "while the daemon signs by the former key, it is said")
    text = checked(world, handbook)
    story.ok(f"signing_key is {public(key)}, but the ledger_key of policy 3 is {public(other)}" in text, "check says so too",
             text)
    is_configured(world, handbook, other)
    handbook.write("content/b.md")
    handbook.once()
    story.equal(verified(world, handbook), None, "with the new key all of it is proved, as if it had signed it")
    handbook.amend(ledger_key=None)
    handbook.policy.json.pop("ledger_key")
    handbook.amend()
    handbook.once()
    story.equal(verified(world, handbook), "the policy in force, 5, names no ledger_key", "a policy may name none any more")
    text = checked(world, handbook)
    story.ok(f'policy 5 names no ledger_key' in text and f'"ledger_key": "{public(other)}"' in text,
             "and check shows the line to put in", text)


def main():
    with Story("The ledger is signed") as story, World() as world:
        key, other = world.new_key("ledger"), world.new_key("other-ledger")
        handbook = a_pass_is_signed(story, world, key)
        its_own_ledger_is_known_again(story, world, handbook, key, other)
        a_key_that_does_not_serve(story, world)
        signing_begins_and_ends(story, world, key)
        a_new_ledger_key(story, world, key, other)


main()
