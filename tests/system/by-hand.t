#!/usr/bin/env python3
"""SECURITY.md: the commands by which a record is checked by hand, run as they stand there; and its table of threats,
every row of which some test has to name."""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from handbook import LEDGER  # noqa: E402
from siege import A, B, Siege  # noqa: E402
from story import ROOT, Story, World  # noqa: E402

TEXT = (ROOT / "SECURITY.md").read_text()
# The notifications' own tests do not count by rows.
ELSEWHERE = {23, 24}


def rows(story):
    listed = {int(number) for number in re.findall(r"^\| (\d+) \|", TEXT, re.MULTILINE)}
    named = {int(number) for test in (ROOT / "tests/system").glob("threats-*.t")
             for number in re.findall(r"\brow (\d+): ", test.read_text())}
    # threats-size.t puts its row before each of its claims.
    story.equal(listed, set(range(1, 36)), "the table of threats has its rows")
    story.equal(listed - named, ELSEWHERE, "each is named by a test")
    story.equal(named - listed, set(), "and no test names another")


def check(world, clone):
    script = re.search(r"```sh\n(.*?)```", TEXT, re.DOTALL)[1]
    return world.run("sh", cwd=clone.path, text_in=script, check=False, env={"AUTHORITY": str(world.authority_file)})


def record(story, world):
    book = Siege(story, world, carry=["content/*.png"])
    book.author.write("content/p.png", "p")
    book.begin(A, B)
    book.approve(book.one)
    book.decide(book.two, "request-changes", B, message="The dose is wrong.")
    book.once()
    book.decide(book.two, "approve", f"{B}@{'0' * 40}")
    book.once()
    book.policy.json["people"].pop(0)
    book.policy.signers.pop(0)
    book.amend()
    book.once()
    reader = world.clone(book.bare, "reader")
    found = check(world, reader)
    story.ok(found.status == 0, "a whole record is found to hold, also where a key is gone from the board since", found)
    story.equal(len(re.findall(" signed: Review: ", found.out)), 3, "every decision in it was verified")
    story.equal(re.findall("unreviewed: (.*)", found.out), ["content/p.png"], "what is unreviewed is named")

    git = lambda *arguments, **more: world.git(book.bare, *arguments, **more)  # noqa: E731
    tip, approved = book.tip(LEDGER), book.tip("approved")
    entry = next(entry for entry in book.ledger() if entry["Event"] == "approval")
    signed = git("cat-file", "blob", f"{entry['oid']}:decision")

    def forge(decision, parents=(tip,), named=None):
        """One more entry, as somebody would write it who got at the ledger."""
        blob = git("hash-object", "-w", "--stdin", text_in=decision)
        named = named or git("hash-object", "-t", "commit", "-w", "--literally", "--stdin", text_in=decision)
        tree = git("mktree", text_in=f"100644 blob {blob}\tdecision\n")
        message = f"Forged\n\nEvent: approval\nArticle: {B}\nState: Approved\nDecision: {named}\nSource: {book.tip('main')}\n"
        return git("commit-tree", tree, *(part for parent in parents for part in ("-p", parent)), "-m", message)

    for what, forged in (("a decision that was changed", forge(signed.replace("Read.", "Rode.") + "\n")),
                         ("a decision under another's name", forge(signed + "\n", named="1" * 40)),
                         ("a key that is gone", forge(signed + "\n")),
                         ("an entry with two parents", forge(signed + "\n", (tip, entry["oid"])))):
        git("update-ref", LEDGER, forged)
        found = check(world, reader)
        story.ok(found.status != 0, f"found: {what}", found)
    git("update-ref", LEDGER, tip)
    evil = git("hash-object", "-w", "--stdin", text_in="# Evil\n")
    tree = git("mktree", text_in=f"040000 tree {git('mktree', text_in=f'100644 blob {evil}{chr(9)}a.md')}\tcontent\n")
    git("update-ref", "refs/heads/approved", git("commit-tree", tree, "-p", approved, "-m", "Evil"))
    story.equal(re.findall("unreviewed: (.*)", check(world, reader).out), [A], "found: another text on the approved branch")
    world.authority = world.person("other", "Another Authority", world.authority.email)
    found = check(world, reader)
    story.ok(found.status != 0, "found: policies of another authority", found)


with Story("A record is checked by hand") as the_story, World() as the_world:
    rows(the_story)
    record(the_story, the_world)
