#!/usr/bin/env -S python3 -B
"""From a repository of articles to a policy in force: by what init says to type."""

import json
import os
import re
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
import terminal  # noqa: E402
from story import Story, World  # noqa: E402


def articles(world, name):
    """A repository that has been written in for a while."""
    bare = world.bare(name)
    clone = world.clone(bare, name)
    clone.edit("README.md", "# Handbook\n", author=world.one)
    clone.edit("site/index.md", "# Index\n", author=world.one)
    for path in ("content/a.md", "content/deep/b.md", "content/README.md"):
        clone.edit(path, f"# {path}\n", author=world.two)
    clone.push()
    return bare, clone


def by_options(story, world):
    bare, clone = articles(world, "handbook")
    said = world.imprimatur("-C", clone.path, "init", f"Oncologist One <one@board.example> {world.one.key}.pub id=onc1",
                            "Oncologist Two <Two.B@board.example> reviewer",
                            f"Editor One <editor@board.example> editor {world.editor.key}.pub")
    story.ok(said.status == 0 and not said.err, "a first policy is written from what is given and there", said)
    policy = json.loads((clone.path / ".imprimatur/policy.json").read_text())
    story.equal((policy["name"], policy["version"], policy["articles"], policy["rules"]),
                ("handbook", 1, ["content/**/*.md"], [{"paths": ["**"], "approvals": 2}]),
                "the name is the folder's, articles are where most Markdown is")
    story.equal([(person["id"], person["roles"]) for person in policy["people"]],
                [("onc1", ["reviewer"]), ("two.b", ["reviewer"]), ("editor", ["editor"])], "people have ids and roles")
    story.equal((clone.path / ".imprimatur/allowed_signers").read_text(),
                f"{world.one.signer}\n{world.editor.signer}\n", "and the keys that were given")
    story.ok("1 of them cannot sign yet" in said.out, "whoever has none is counted", said.out)

    # What it says is typed, by the author and on the host.
    typed = [line.strip() for line in said.out.splitlines() if line.startswith("    ")]
    shell = "set -e\nimprimatur() { \"$PROGRAM\" \"$@\"; }\n" + "\n".join(
        line.replace("ssh-keygen", "ssh-keygen -q -N ''") for line in typed)
    authority = world.run("sh", "-c", shell, cwd=clone.path, env={"PROGRAM": world.program}).out.splitlines()[-1]
    (world.root / "handbook.authority").write_text(authority + "\n")
    config = world.configure(bare, authority=str(world.root / "handbook.authority"))
    world.imprimatur("once", config=config)
    entries = world.ledger(bare)
    story.equal([(entry["Event"], entry.get("Article")) for entry in entries],
                [("start", None), ("policy", None), ("submission", "content/a.md"), ("submission", "content/deep/b.md")],
                "what it says to type puts the policy in force")
    again = world.imprimatur("-C", clone.path, "init", "A <a@example.org>")
    story.ok(again.status == 1 and "there is a policy in" in again.err, "a policy that is there stays", again)
    return bare, clone, config


def signing(story, world, bare, clone, config):
    """The second policy, with what can be forgotten."""
    key = world.root / "home" / "authority"
    folder = clone.path / ".imprimatur"

    def sign(*options):
        return world.imprimatur("-C", clone.path, "policy", "sign", *(options or ("-k", key)))

    def change(**keys):
        policy = json.loads((folder / "policy.json").read_text()) | keys
        (folder / "policy.json").write_text(json.dumps(policy, indent=2) + "\n")

    clone.pull()
    story.equal(sign().status, 0, "what was published may be signed again as it is")
    clone.git("checkout", "-q", ".imprimatur")
    change(carry=["img/**"])
    before = (folder / "manifest").read_text()
    said = sign()
    story.ok(said.status == 3 and 'version 1 is not greater than 1, which was published; write "version": 2' in said.err,
             "a forgotten version is told", said)
    change(version=2, rules=[{"paths": ["**"], "aprovals": 1}])
    said = sign()
    story.ok(said.status == 3 and ".imprimatur/policy.json:" in said.err and "aprovals" in said.err,
             "what the daemon would reject is not signed", said)
    change(rules=[{"paths": ["**"], "approvals": 1}])
    signers = (folder / "allowed_signers").read_text()
    (folder / "allowed_signers").write_text(signers + 'two.b@board.example namespaces="git" '
                                            + " ".join(Path(f"{key}.pub").read_text().split()[:2]) + "\n")
    said = sign()
    story.ok(said.status == 3 and ".imprimatur/allowed_signers:3:" in said.err, "nor is a board with the authority's key",
             said)
    (folder / "allowed_signers").write_text(signers)
    said = sign("-k", world.root / "none")
    story.ok(said.status == 1 and "did not sign" in said.err, "nor anything with a key that is not there", said)
    story.equal((folder / "manifest").read_text(), before, "and nothing was written")
    story.equal(sign("--json").status, 2, "the key has to be named")
    said = world.imprimatur("-C", clone.path, "--json", "policy", "sign", "-k", key)
    story.equal(said.json, [{"schema": 1, "policy": 2}], "programs are told the version")
    clone.git("add", ".imprimatur")
    clone.commit("Policy 2")
    clone.push()
    world.imprimatur("once", config=config)
    story.equal([entry["Policy"] for entry in world.ledger(bare) if entry["Event"] == "policy"], ["1", "2"], "it takes effect")


def mistakes(story, world):
    _, clone = articles(world, "mistakes")
    for arguments, part in (((), "nobody reviews; name people"), (("Nobody",), '"Nobody" is not a person'),
                            (("A <a@b.example> none.pub",), "none.pub"),
                            (("A <a@b.example> content/a.md",), "is not a public key"),
                            (("--approvals", "0", "A <a@b.example>"), "--approvals takes a number"),
                            (("--name", "my book", "A <a@b.example>"), '"my book" is not a name'),
                            (("--articles", "../x", "A <a@b.example>"), '"../x"')):
        said = world.imprimatur("init", *arguments, cwd=clone.path)
        story.ok(said.status == 2 and part in said.err, f"a matter of usage: {part}", said)
    said = world.imprimatur("init", "A <a@b.example>", "B <A@b.example>", cwd=clone.path)
    story.ok(said.status == 3 and "does not make a policy" in said.err, "people who cannot be told apart", said)
    story.ok(not (clone.path / ".imprimatur").exists(), "and nothing is written")


def patterns(story, world):
    _, clone = articles(world, "names")
    for number in range(9):
        clone.edit(f"Release notes/{number}.md", "# Note\n", author=world.two)
    for given, found, said in (([], ["Release notes/**/*.md"], ""),
                               (["--articles", "Release notes/**/*.md"], ["Release notes/**/*.md"], ""),
                               (["--articles", "'Release notes/*.md' content/**/*.md"],
                                ["Release notes/*.md", "content/**/*.md"], ""),
                               (["--articles", "content/**/*.md contents/**/*.md"],
                                ["content/**/*.md", "contents/**/*.md"],
                                'imprimatur: no file matches "contents/**/*.md" yet\n')):
        told = world.imprimatur("init", *given, f"A <a@b.example> {world.one.key}.pub", cwd=clone.path)
        folder = clone.path / ".imprimatur"
        story.equal((json.loads((folder / "policy.json").read_text())["articles"], told.err), (found, said),
                    f"patterns: {' '.join(given) or 'none given'}")
        shutil.rmtree(folder)


def on_terminal(story, world):
    _, clone = articles(world, "asked")
    answers = (f"no name!\n\n/content/**\n\nreviewer none.pub\nreviewer {world.one.key}.pub\n\n\n\n"
               "The Editor <editor@board.example> editor\n\n\n\n\n")
    status, asked = terminal.run(world, world.program, "init", cwd=clone.path, keys=answers)
    policy = json.loads((clone.path / ".imprimatur/policy.json").read_text())
    story.equal((status, policy["name"], policy["articles"], [(person["name"], person["roles"], person["emails"])
                                                              for person in policy["people"]], policy["rules"]),
                (0, "asked", ["content/**/*.md"], [("Oncologist Two", ["reviewer"], ["two@board.example"]),
                                                   ("The Editor", ["editor"], ["editor@board.example"])],
                 [{"paths": ["**"], "approvals": 1}]), "on a terminal it asks, with proposals")
    story.ok("Oncologist One <one@board.example>" in asked, "about those who have written", asked)
    story.ok("none.pub" in asked and asked.count("  Oncologist Two <two@board.example>:") == 2
             and asked.count("Which files are articles") == 2, "  and what cannot be taken is asked again", asked)
    text = (clone.path / ".imprimatur/POLICY.md").read_text()
    story.ok("- Oncologist Two\n" in text and "1 reviewer who did not\nwrite it approves" in text,
             "the text to publish names the board", text)


def unusual_answers(story, world):
    """A key below the home directory, an address with two names, specialties, and the daemon's key."""
    _, clone = articles(world, "unusual")
    clone.edit("content/z.md", "# Z\n", author=world.person("onc1-again", "O. One", "ONE@board.example"))
    keys = Path(world.env["HOME"]) / "keys"
    keys.mkdir()
    (keys / "a.pub").write_text(Path(f"{world.one.key}.pub").read_text())
    ledger = world.new_key("ledger-of-daemon")
    status, asked = terminal.run(world, world.program, "init", cwd=clone.path, answers=[
        ("Name of the repository", "\n"), ("Which files", "\n"), ("<two@board.example>:", "\n"),
        ("<one@board.example>:", "reviewer ~/keys/a.pub\n"), ("Nothing: none.", "oncology, general medicine\n"),
        ("such as MD, FACP", "MD, FACP\n"), ("NAME <ADDRESS> ...:", "\n"), ("signs the ledger with", f"{ledger}.pub\n"),
        ("tells its readers", "This replaces *nobody's* advice.\n"), ("Where readers may ask", "ask@example.org\n"),
        ("is not an address", "mailto:ask@example.org?subject={title}\n")])
    story.ok(status == 0, "init understands them", asked)
    policy = json.loads((clone.path / ".imprimatur/policy.json").read_text())
    story.equal([(person["name"], person["specialties"]) for person in policy["people"]],
                [("Oncologist One", ["oncology", "general medicine"])], "specialties are asked for")
    story.equal((policy["people"][0]["credentials"], policy["disclaimer"], policy["contact"]),
                ("MD, FACP", "This replaces *nobody's* advice.", "mailto:ask@example.org?subject={title}"),
                "credentials, and what readers are told; an address that is not one is asked for again")
    story.ok((clone.path / ".imprimatur/allowed_signers").read_text() == f"{world.one.signer}\n", "~ is the home directory")
    story.equal(asked.lower().count("one@board.example>:"), 1, "who has two names is asked about once")
    public = " ".join(Path(f"{ledger}.pub").read_text().split()[:2])
    story.equal(policy["ledger_key"], public, "the daemon's key is in the first policy")
    _, other = articles(world, "both")
    said = world.imprimatur("init", f"A <a@b.example> both {world.one.key}.pub", cwd=other.path)
    story.equal((said.status, json.loads((other.path / ".imprimatur/policy.json").read_text())["people"][0]["roles"]),
                (0, ["reviewer", "editor"]), "who is asked \"reviewer, editor or both\" may answer both")
    _, other = articles(world, "ledger-given")
    said = world.imprimatur("init", "--ledger-key", f"{public} a comment", f"A <a@b.example> {world.one.key}.pub specialty=gp",
                            cwd=other.path)
    story.ok(said.status == 0 and json.loads((other.path / ".imprimatur/policy.json").read_text())["ledger_key"] == public,
             "  also by an option, as text", said)
    _, other = articles(world, "shown-given")
    one = f"A <a@b.example> {world.one.key}.pub"
    wrong = world.imprimatur("init", "--contact", "ask me", one, cwd=other.path)
    said = world.imprimatur("init", "--contact", "https://ask.example/?about={path}", "--disclaimer", "No advice.", one, cwd=other.path)
    policy = json.loads((other.path / ".imprimatur/policy.json").read_text())
    story.ok(wrong.status == 2 and "is not an address" in wrong.err and said.status == 0
             and (policy["contact"], policy["disclaimer"]) == ("https://ask.example/?about={path}", "No advice."),
             "what readers are told can be given by options", (wrong, said))
    said = world.imprimatur("policy", "sign", "-k", world.authority.key, cwd=other.path)
    story.equal((said.status, said.err), (0, ""), "  and such a policy can be signed")


def by_agent(story, world):
    """Keys that are nowhere but in an agent, for people and for the authority."""
    bare, clone = articles(world, "agents")
    agent = {"SSH_AUTH_SOCK": str(world.root / "agent")}
    said = world.imprimatur("init", "A <a@b.example> agent", cwd=clone.path)
    story.ok(said.status == 2 and "agent has no keys, or there is none" in said.err, "without an agent it says so", said)
    started = world.run("ssh-agent", "-s", "-a", world.root / "agent").out
    try:
        authority = world.new_key("token")
        world.run("ssh-add", "-q", world.one.key, env=agent)
        world.run("ssh-add", "-q", authority, env=agent)
        authority.unlink()
        said = world.imprimatur("init", "A <a@b.example> agent", cwd=clone.path, env=agent)
        story.ok(said.status == 2 and 'Write agent=COMMENT; it has "onc1", "token"' in said.err, "of several it wants to know which", said)
        said = world.imprimatur("init", "Oncologist One <one@board.example> agent=onc1", cwd=clone.path, env=agent)
        story.equal((said.status, (clone.path / ".imprimatur/allowed_signers").read_text()), (0, f"{world.one.signer}\n"),
                    "a person's key comes from the agent")
        said = world.imprimatur("policy", "sign", "-k", f"{authority}.pub", cwd=clone.path, env=agent)
        story.equal((said.status, said.err), (0, ""), "the agent signs for the authority, whose public key is named")
    finally:
        os.kill(int(re.search(r"SSH_AGENT_PID=(\d+)", started)[1]), 15)
    (world.root / "agents.authority").write_text('a namespaces="imprimatur-policy" ' + " ".join(
        Path(f"{authority}.pub").read_text().split()[:2]) + "\n")
    clone.git("add", ".imprimatur")
    clone.commit("Policy 1")
    clone.push()
    world.imprimatur("once", config=world.configure(bare, file="agents.json", authority=str(world.root / "agents.authority")))
    story.equal([entry["Event"] for entry in world.ledger(bare)][:2], ["start", "policy"], "  and that policy takes effect")


def empty(story, world):
    clone = world.clone(world.bare("empty"), "empty")
    said = world.imprimatur("init", f"A <a@b.example> {world.one.key}.pub", cwd=clone.path)
    story.equal((said.status, said.err), (0, ""), "a repository in which nothing is committed will do")


with Story("From articles to a policy") as tale, World() as here:
    here.one = here.person("onc1", "Oncologist One", "one@board.example")
    here.two = here.person("onc2", "Oncologist Two", "two@board.example")
    here.editor = here.person("ed1", "Editor One", "editor@board.example", roles=("editor",))
    signing(tale, here, *by_options(tale, here))
    mistakes(tale, here)
    patterns(tale, here)
    on_terminal(tale, here)
    unusual_answers(tale, here)
    by_agent(tale, here)
    empty(tale, here)
