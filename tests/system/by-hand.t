#!/usr/bin/env -S python3 -B
"""SECURITY.md: the commands by which a record is checked by hand, run as they stand there; and its table of threats,
every row of which some test has to name."""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from handbook import LEDGER  # noqa: E402
from siege import A, B, Siege  # noqa: E402
from story import ROOT, Story, World  # noqa: E402

EMPTY = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
TEXT = (ROOT / "SECURITY.md").read_text()


def rows(story):
    listed = {int(number) for number in re.findall(r"^\| (\d+) \|", TEXT, re.MULTILINE)}
    named = {int(number) for pattern in ("*/*.t", "systemd/*.py") for test in (ROOT / "tests").glob(pattern)
             for number in re.findall(r"\brow (\d+): ", test.read_text())}
    story.equal(set(range(1, 36)) - listed, set(), "the table of threats has its rows")
    story.equal(listed - named, set(), "each is named by a test")
    story.equal(named - listed, set(), "and no test names another")


def check(world, clone, authority):
    script = re.search(r"```sh\n(.*?)```", TEXT, re.DOTALL)[1]
    return world.run("sh", cwd=clone.path, text_in=script, check=False, env={"AUTHORITY": str(authority), "TMPDIR": str(world.root)})


def record(story, world):
    key, old = world.new_key("ledger"), world.authority
    public = " ".join(Path(f"{key}.pub").read_text().split()[:2])
    book = Siege(story, world, carry=["content/*.png"], ledger_key=public, settings={"signing_key": f"file:{key}"})
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
    retired = old.public_key
    world.authority = world.person("new", "The Authority", old.email)
    authority = world.authority_file
    authority.write_text(authority.read_text() + f'{old.email} namespaces="imprimatur-policy",'
                         f'valid-before="{book.after(minutes=1).translate(str.maketrans("", "", ":T-"))}" {retired}\n')
    lines = authority.read_text()
    book.pass_time(minutes=2)
    book.amend()
    book.once()
    reader = world.clone(book.bare, "reader")
    found = check(world, reader, authority)
    story.ok(found.status == 0, "a whole record is found to hold, also where keys of the board and the authority are gone since",
             found)
    verified = world.imprimatur("-C", book.bare, "verify", "--authority", authority, now=book.now)
    story.equal(verified.status, 0, "by the program too") or story.note(verified)
    authority.write_text(lines.partition("\n")[0] + "\n")
    verified = world.imprimatur("-C", book.bare, "verify", "--authority", authority, now=book.now)
    story.ok(verified.status == 1 and "no longer) the authority's" in verified.out and check(world, reader, authority).status != 0,
             "the former authority's line has to be kept for that", verified)
    authority.write_text(lines)
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
                         ("an entry with two parents", forge(signed + "\n", (tip, entry["oid"]))),
                         ("an end that is not signed", git("commit-tree", EMPTY, "-p", tip, "-m", "Forged\n\nEvent: expiry"))):
        git("update-ref", LEDGER, forged)
        # A clone that saw another end would refuse this one for that.
        found = check(world, world.clone(book.bare, what.replace(" ", "-")), authority)
        story.ok(found.status != 0, f"found: {what}", found)
    git("update-ref", LEDGER, tip)
    evil = git("hash-object", "-w", "--stdin", text_in="# Evil\n")
    tree = git("mktree", text_in=f"040000 tree {git('mktree', text_in=f'100644 blob {evil}{chr(9)}a.md')}\tcontent\n")
    git("update-ref", "refs/heads/approved", git("commit-tree", tree, "-p", approved, "-m", "Evil"))
    later = world.clone(book.bare, "later")
    story.equal(re.findall("unreviewed: (.*)", check(world, later, authority).out), [A], "found: another text on the approved branch")
    world.authority = world.person("other", "Another Authority", world.authority.email)
    found = check(world, later, world.authority_file)
    story.ok(found.status != 0, "found: policies of another authority", found)


with Story("A record is checked by hand") as the_story, World() as the_world:
    rows(the_story)
    record(the_story, the_world)
