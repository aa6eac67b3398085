#!/usr/bin/env -S python3 -B
"""SECURITY.md, THREATS: what a forge does to who signed and who wrote. Each claim begins with the number of its row."""

import copy
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from siege import A, Siege  # noqa: E402
from story import Story, World  # noqa: E402

GITLAB = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIADOCCUoN3Q1UPQqUvp845fKy7haJH17qsSkVXzWXilW"


def signed_by_the_forge(story, world):
    """Row 38: the forge has a key of its own, and signs with it whatever is made in its web interface."""
    web = world.new_key("web-interface")
    public = " ".join(Path(f"{web}.pub").read_text().split()[:2])
    book = Siege(story, world, settings={"forge_keys": [f"{public} noreply@forge.example"]}).begin(A)
    commit = book.forged(key=web)
    book.once()
    told = book.told(r"decision\.refused")
    said = [(message["data"]["refusal"], message["data"]["decision"]) for message in told]
    story.equal(said, [("unknown-key", commit)], "row 38: a commit under a reviewer's address by the forge's key")
    sentence = told[0]["data"]["reason_text"]
    for what, words in (("the forge signed it", "signed by the forge, not by you"), ("which", commit[:12]),
                        ("where", 'branch "review/1"'), ("by whom", "onc1 (Oncologist One)"), ("about what", A)):
        story.ok(words in sentence, f"row 38: the sentence says: {what}", sentence)
    story.equal(book.state(), "Submitted (adopted)", "row 38: and nothing has moved")

    clone, policy = book.author.path, copy.deepcopy(book.policy)
    policy.signers.append(f'{book.one.email} namespaces="git" {GITLAB}')
    book.author.write_policy(policy)
    signed = world.imprimatur("policy", "sign", "-k", world.authority.key, cwd=clone)
    story.ok(signed.status == 3 and f"the key {GITLAB.split()[1]} of onc1 is not a person's" in signed.err,
             "row 38: a policy that lists the key of GitLab.com is not signed", signed)
    checked = world.imprimatur("check", cwd=clone)
    story.ok(f"allowed_signers: error: the key {GITLAB.split()[1]} of onc1" in checked.out,
             "row 38: and check finds an error in it", checked)
    book.policy.signers.append(f'{book.one.email} namespaces="git" {public}')
    book.amend()
    checked = world.imprimatur("check", config=book.config)
    story.ok(f"the key {public.split()[1]} of onc1 is not a person's" in checked.out,
             "row 38: as it does of one that the configuration names", checked)


def squashed_by_the_forge(story, world):
    """Row 39: the forge's button puts the words of the branch's decisions into the message of its own commit."""
    web = world.new_key("web-interface")
    public = " ".join(Path(f"{web}.pub").read_text().split()[:2])
    book = Siege(story, world, settings={"forge_keys": [public]}).begin(A)
    book.author.write(A, "# A\n\nAnother dose.\n")
    book.author.git("add", A)
    tree = book.author.git("write-tree")
    version = book.author.git("rev-parse", f":{A}")
    message = f"Doses (#1)\n\n* Write\n\n* Read.\n\nReview: approve\nArticle: {A}@{version}\nCompeting-Interests: none\n\n" \
              "---------\n\nCo-authored-by: Somebody <somebody@example.org>\n"
    squash = book.forge(message, book.one, key=web, tree=tree, branch="main")
    book.once()
    story.equal([(entry["Event"], entry["State"]) for entry in book.new()], [("submission", "Submitted")],
                "row 39: a squash by the forge that carries an approval's words is an edit, and nobody's decision")
    told = book.told(r"decision\.refused")
    story.equal([(message["data"]["refusal"], message["data"]["decision"]) for message in told], [("unknown-key", squash)],
                "row 39: which is refused by name")
    for what, words in (("the forge signed it", "signed by the forge, not by you"), ("which", squash[:12]), ("about what", A)):
        story.ok(words in told[0]["data"]["reason_text"], f"row 39: the sentence says: {what}", told)
    for verb in (("log",), ("status",), ("explain", A), ("check",)):
        said = world.imprimatur(*verb, config=book.config, now=book.now)
        story.ok(squash[:12] in said.out and "signed by the forge" in " ".join(said.out.split()), f"row 39: {verb[0]} tells of it", said)
    book.once()
    story.equal(book.told(r"decision\.refused"), [], "row 39: once")
    verified = world.imprimatur("verify", config=book.config, now=book.now)
    story.ok("consistent" in verified.out, "row 39: verify agrees", verified)
    book.author.git("reset", "-q", "--hard", squash)
    book.decided(book.two, "approve", A)
    book.becomes("row 39: a reviewer approves it", f"approval {A} by onc2: Approved")
    said = world.imprimatur("log", config=book.config, now=book.now)
    story.ok("signed by the forge" not in said.out, "row 39: and then there is nothing to say", said)


def written_under_a_no_reply_address(story, world):
    """Row 40: who edits in the web interface is an author without a known address."""
    one = world.person("onc1", "Oncologist One", "one@board.example", accounts={"github": "12345+one"})
    two = world.person("onc2", "Oncologist Two", "two@board.example")
    editor = world.person("ed1", "Editor One", "editor@example.org", roles=("editor",))
    book = Siege(story, world, people=[one, two, editor])
    hidden = world.person("hidden", "Oncologist One", "12345+one@users.noreply.github.com")
    stranger = world.person("else", "Somebody", "678+else@users.noreply.github.com")
    book.write(A, by=hidden)
    book.once()
    book.write(A, by=stranger)
    book.once()
    book.forget()
    book.decided(one, "approve", A)
    book.holds("row 40: the author of a text, under the address that the forge gave them", "contributor")
    told = world.imprimatur("explain", A, config=book.config, now=book.now)
    story.ok("nobody" in told.out and stranger.email in told.out,
             "row 40: explain names an address that belongs to nobody", told)
    book.decided(two, "approve", A)
    book.becomes("row 40: somebody else approves it", f"approval {A} by onc2: Approved")


with Story("What a forge does to who signed and who wrote") as the_story:
    for tell in (signed_by_the_forge, squashed_by_the_forge, written_under_a_no_reply_address):
        with World() as the_world:
            tell(the_story, the_world)
