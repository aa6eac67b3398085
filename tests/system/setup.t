#!/usr/bin/env -S python3 -B
"""A clone is prepared for decisions: what a fetch brings, under which address and with which key git signs."""

import os
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
import terminal  # noqa: E402
from handbook import Handbook  # noqa: E402
from story import Story, World  # noqa: E402

REFSPEC = "refs/imprimatur/*:refs/imprimatur/*"


def begin(world):
    one = world.person("onc1", "Oncologist One", "one@board.example")
    two = world.person("onc2", "Oncologist Two", "two@board.example")
    book = Handbook(world, (one, two), name="handbook")
    book.write("content/a.md")
    book.once()
    return book, one, two


def setting(clone, key):
    return clone.world.run("git", "-C", clone.path, "config", "--local", "--get-all", key, check=False).out.split("\n")[:-1]


def by_files(story, world, book, one):
    clone = world.clone(book.bare, "by-files")
    said = world.imprimatur("setup", cwd=clone.path)
    story.ok(said.status == 1 and "imprimatur setup --as ID" in said.err, "a stranger is asked to say who they are", said)
    said = world.imprimatur("setup", "--as", "onc1", cwd=clone.path)
    story.ok(said.status == 1 and "imprimatur policy add-key onc1 KEY.pub" in said.err,
             "where no key of the policy is here, it says what to send to the editors", said)
    ssh = Path(world.env["HOME"]) / ".ssh"
    ssh.mkdir(exist_ok=True)
    for name in ("another", "mine"):
        key = one.key if name == "mine" else world.new_key("not-listed")
        (ssh / name).write_bytes(Path(key).read_bytes())
        (ssh / name).chmod(0o600)
        (ssh / f"{name}.pub").write_text(Path(f"{key}.pub").read_text())
    clone.git("config", "--add", "remote.origin.fetch", f"+{REFSPEC}")
    said = world.imprimatur("setup", "--as", "Oncologist One", cwd=clone.path)
    story.equal((said.status, said.err), (0, ""), "with the key in ~/.ssh the clone is ready")
    story.ok("Oncologist One (onc1), as one@board.example" in said.out and "mine.pub" in said.out, "  and says as whom", said)
    story.equal(setting(clone, "remote.origin.fetch"), ["+refs/heads/*:refs/remotes/origin/*", REFSPEC],
                "each fetch brings the record, and none by force")
    story.equal([setting(clone, key) for key in ("user.email", "gpg.format", "user.signingkey")],
                [["one@board.example"], ["ssh"], [str(ssh / "mine.pub")]], "git commits and signs as the policy lists them")
    now = book.pass_time()
    said = world.imprimatur("approve", "content/a.md", "--competing-interests", "none", "--push", cwd=clone.path,
                            env={"GIT_AUTHOR_DATE": now, "GIT_COMMITTER_DATE": now, "IMPRIMATUR_NOW": now})
    book.once()
    story.equal((said.status, book.state()), (0, "Approved"), "  so that an approval counts")
    before = (clone.path / ".git/config").read_text()
    said = world.imprimatur("--json", "setup", cwd=clone.path)
    story.equal((said.status, said.json[0]["person"], (clone.path / ".git/config").read_text()), (0, "onc1", before),
                "once more, nothing changes")
    book.write("content/b.md")
    book.once()
    clone.git("fetch", "-q")
    story.equal(clone.git("rev-parse", "refs/imprimatur/ledger"), book.tip("refs/imprimatur/ledger"), "a plain fetch brings the ledger")


def by_agent(story, world, book, two):
    """On a terminal, with a key that only an agent has."""
    clone = world.clone(book.bare, "by-agent")
    agent = {"SSH_AUTH_SOCK": str(world.root / "agent")}
    started = world.run("ssh-agent", "-s", "-a", agent["SSH_AUTH_SOCK"]).out
    try:
        world.run("ssh-add", "-q", two.key, env=agent)
        status, said = terminal.run(world, world.program, "setup", cwd=clone.path, env=agent,
                                    answers=[("Your id", "onc9\n"), ("Your id", "onc2\n")])
        story.ok(status == 0 and 'there is no "onc9"' in said and "onc2 (Oncologist Two)" in said, "on a terminal it asks who one is", said)
        story.ok(setting(clone, "user.signingkey")[0].startswith("key::ssh-ed25519 "), "a key may be in an agent alone")
        now = book.pass_time()
        said = world.imprimatur("comment", "content/a.md", "-m", "A word", cwd=clone.path,
                                env=agent | {"GIT_AUTHOR_DATE": now, "GIT_COMMITTER_DATE": now, "IMPRIMATUR_NOW": now})
        story.equal((said.status, said.err), (0, ""), "  and signs")
    finally:
        os.kill(int(re.search(r"SSH_AGENT_PID=(\d+)", started)[1]), 15)


def places(story, world, book):
    clone = world.clone(book.bare, "places")
    said = world.imprimatur("setup", "there", cwd=clone.path)
    story.ok(said.status == 2 and 'no remote "there" here; there is origin' in said.err, "a remote that is not there", said)
    said = world.imprimatur("setup", "--as", "nobody", cwd=clone.path)
    story.ok(said.status == 2 and 'nobody with the id, address or name "nobody"' in said.err, "an id that is not there", said)
    said = world.imprimatur("-C", book.bare, "setup")
    story.ok(said.status == 2 and "has no remote" in said.err, "the repository itself", said)


with Story("A clone is prepared") as tale, World() as here:
    the_book, first, second = begin(here)
    by_files(tale, here, the_book, first)
    by_agent(tale, here, the_book, second)
    places(tale, here, the_book)
