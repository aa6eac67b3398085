#!/usr/bin/env -S python3 -B
"""SECURITY.md, THREATS: what is tried with refs, processes and the repository itself. Each claim begins with the
number of its row."""

import fcntl
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from handbook import LEDGER  # noqa: E402
from siege import A, Siege  # noqa: E402
from story import Story, World  # noqa: E402

ARROWS = ("decided", "written", "noted", "recorded", "indexed", "moved", "published")


def forced_away(story, world):
    book = Siege(story, world).begin()
    approval = book.decided(book.one, "approve", A)
    book.once()
    book.forget()
    book.author.push("+main:refs/heads/review/1")
    book.holds("row 18: the review branch is forced away from the decision")
    ledger, approved, text = book.tip(LEDGER), book.tip("approved"), book.approved()
    collect = lambda: world.git(book.bare, "gc", "-q", "--prune=now")  # noqa: E731
    book.author.push(":refs/heads/review/1")
    collect()
    book.holds("row 18: the review branch is deleted, and garbage collected")
    gone = world.run("git", "-C", book.bare, "cat-file", "-e", approval, check=False).status != 0
    kept = next(entry for entry in book.ledger() if entry.get("Decision") == approval)
    signed = world.git(book.bare, "cat-file", "blob", f"{kept['oid']}:decision") + "\n"
    story.ok(gone and book.write_commit(signed) == approval, "row 18: the signed decision is in the ledger, byte for byte",
             (gone, signed))
    book.author.git("checkout", "-q", "--orphan", "void")
    void = book.author.commit("Nothing of before", at=book.pass_time(), options=("--allow-empty",))
    book.author.git("checkout", "-q", "main")
    book.author.push(f"+{void}:refs/heads/main")
    book.author.push("+main:refs/heads/main")
    collect()
    book.holds("row 18: the watched branch is forced away and back")
    world.git(book.bare, "config", "receive.denyDeleteCurrent", "ignore")
    book.author.push(":refs/heads/main")
    collect()
    book.holds("row 18: and deleted")
    book.author.push("main")
    book.holds("row 18: and back again")
    for refspec in (f"+HEAD:{LEDGER}", f":{LEDGER}", "HEAD:refs/imprimatur/more", "+HEAD:refs/heads/approved", ":refs/heads/approved"):
        pushed = world.run("git", "-C", book.author.path, "push", "-q", "origin", refspec, check=False)
        story.ok(pushed.status != 0 and (book.tip(LEDGER), book.tip("approved")) == (ledger, approved),
                 f"row 18: a push of {refspec} is refused by git itself", pushed)
    elsewhere = world.git(book.bare, "rev-parse", "main~1")
    world.git(book.bare, "update-ref", "refs/heads/approved", elsewhere)
    book.once()
    told = [message["type"] for message in book.told()]
    story.equal((book.approved(), told), (text, ["approved.diverged"]),
                "row 18: an approved branch that was moved on the spot is put back, and that is said")
    world.git(book.bare, "update-ref", LEDGER, elsewhere)
    book.write(A)
    book.once(status=1)
    told = [message["type"] for message in book.told()]
    story.equal((book.tip(LEDGER), told), (elsewhere, ["ledger.diverged"]),
                "row 18: with a ledger that was moved on the spot it stops, and says so")


def a_hostile_repository(story, world):
    """Row 22. What git would read or run is placed where it would be found."""
    book = Siege(story, world, name="hostile").begin()
    bare, git = book.bare, book.author.git
    book.author.write(".mailmap", f"{book.one.name} <{book.one.email}> <author@example.org>\n")
    book.author.write(".gitattributes", "* filter=evil\n")
    book.commit("A mailmap that makes the reviewer the author")
    book.once()
    original = git("rev-parse", f"HEAD:{A}")
    other = git("hash-object", "-w", "--stdin", text_in="# Replaced\n")
    parent, head = git("rev-parse", "HEAD~1"), git("rev-parse", "HEAD")
    bad = book.forged(key=None)
    good = book.decide(book.one, "approve", A, branch="good", push=False)
    git("push", "-q", "origin", f"{other}:refs/tags/other", "good:refs/heads/good")
    for what, by in ((original, other), (bad, good), (head, parent)):
        git("push", "-q", "origin", f"{git('rev-parse', by)}:refs/replace/{what}")
    story.equal(world.git(bare, "cat-file", "blob", original), "# Replaced", "row 22: git itself honours refs/replace")
    (bare / "info").mkdir(exist_ok=True)
    (bare / "info/grafts").write_text(f"{head}\n")
    (bare / "info/attributes").write_text("* filter=evil\n")
    trap, sprung = world.root / "trap", world.root / "sprung"
    trap.write_text(f"#!/bin/sh\necho \"$0 $*\" >>{sprung}\ncat\n")
    trap.chmod(0o755)
    shutil.rmtree(bare / "hooks", ignore_errors=True)
    (bare / "hooks").mkdir()
    for hook in ("reference-transaction", "pre-commit", "post-commit", "commit-msg", "update", "post-update",
                 "pre-receive", "post-receive", "post-index-change", "fsmonitor-watchman", "pre-auto-gc"):
        shutil.copy(trap, bare / "hooks" / hook)
    with (bare / "config").open("a") as config:
        config.write(f'[alias]\n\tlog = !{trap}\n[core]\n\tfsmonitor = {trap}\n\tsshCommand = {trap}\n\tpager = {trap}\n'
                     f'\teditor = {trap}\n\thooksPath = {bare}/hooks\n\tattributesFile = {bare}/info/attributes\n'
                     f'[gpg]\n\tprogram = {trap}\n\tformat = openpgp\n[gpg "ssh"]\n\tprogram = {trap}\n'
                     f'\tallowedSignersFile = {trap}\n\tdefaultKeyCommand = {trap}\n[filter "evil"]\n\tclean = {trap}\n'
                     f'\tsmudge = {trap}\n\tprocess = {trap}\n[diff]\n\texternal = {trap}\n[mailmap]\n\tblob = {other}\n'
                     f'\tfile = {trap}\n[credential]\n\thelper = {trap}\n[url "{trap}"]\n\tinsteadOf = /\n'
                     f'[user]\n\tname = {book.one.name}\n\temail = {book.one.email}\n')
    book.holds("row 22: an unsigned approval that refs/replace makes a signed one", "unsigned")
    (bare / "refs/heads/review").mkdir(exist_ok=True)
    (bare / "refs/heads/review/good").write_text(good + "\n")
    book.becomes("row 22: the approval counts, whoever a mailmap makes the author", f"approval {A} by onc1: Approved")
    published = world.run("git", "-C", bare, "--no-replace-objects", "rev-parse", f"approved:{A}").out.strip()
    story.equal(published, original, "row 22: the text that was pushed is published, not what replaces it")
    for arguments in (("status",), ("log",), ("log", "--", A)):
        world.imprimatur(*arguments, config=book.config, now=book.now)
    story.ok(not sprung.exists(), "row 22: no hook, filter, alias or program of its configuration was run",
             sprung.exists() and sprung.read_text())


def killed(story, world):
    """Row 25. crash.t tells it at length."""
    book = Siege(story, world, name="killed").begin()
    for number, arrow in enumerate(ARROWS, 1):
        book.write(A)
        book.once()
        book.approve(book.one)
        book.once(crash=arrow, status=-9)
        book.once()
        approvals = [entry for entry in book.ledger() if entry["Event"] == "approval"]
        ids = [event for event, _ in book.events()]
        text = (book.author.path / A).read_text().removesuffix("\n")
        story.ok(len(approvals) == number and len(ids) == len(set(ids)) and (book.state(), book.approved())
                 == ("Approved", {A: text}), f"row 25: killed at \"{arrow}\", nothing is lost and nothing said twice",
                 (approvals, ids, book.state(), book.approved()))


def two_daemons(story, world):
    """Row 26. crash.t tells more of it."""
    book = Siege(story, world, name="two").begin()
    book.approve(book.one)
    tip = book.tip(LEDGER)
    with open(book.state_directory / "lock", "r+b") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        story.equal((world.imprimatur("once", config=book.config, now=book.now).status, book.tip(LEDGER)), (75, tip),
                    "row 26: where one works, a second one of the same state goes")
    elsewhere = world.configure(book.bare, file="elsewhere.json", name="handbook")
    second = world.imprimatur("once", config=elsewhere, now=book.now)
    story.ok(second.status == 1 and book.tip(LEDGER) == tip, "row 26: one of another state does not continue this ledger",
             second)
    book.becomes("row 26: the first goes on, with no entry twice", f"approval {A} by onc1: Approved")


def a_ledger_of_somebody_else(story, world):
    """Row 32. The other daemon is a real one, whose authority is its own."""
    book = Siege(story, world, name="handbook")
    book.author.push()
    forger = Siege(story, world, [world.person("bad", "Bad Actor", "bad@elsewhere.example")], name="forger").begin()
    forger.approve(forger.board[0])
    forger.once()
    world.git(book.bare, "fetch", "-q", forger.bare, f"{LEDGER}:{LEDGER}", "main:refs/heads/theirs", "approved:refs/heads/approved")
    tip = book.tip(LEDGER)
    report = book.once(status=1)
    story.ok(tip in (report["diverged"] or "") and book.tip(LEDGER) == tip, "row 32: a ledger that somebody else wrote is not continued",
             report)
    story.equal([message["type"] for message in book.told()], ["ledger.diverged"], "row 32: it says so")
    told = world.imprimatur("ledger", "restore", "--trust", "0" * 40, config=book.config, now=book.now)
    story.ok(told.status != 0 and book.once(status=1)["diverged"], "row 32: told to trust another, neither", told)
    own = world.new_key("own-ledger")
    signing = world.configure(book.bare, file="signing.json", name="handbook", signing_key=f"file:{own}")
    begun = world.imprimatur("once", config=signing, now=book.pass_time())
    story.ok(begun.status == 1 and book.tip(LEDGER) == tip, "row 32: nor by a daemon with a key that did not sign it", begun)
    world.imprimatur("ledger", "restore", "--trust", tip, config=signing)
    book.author.write("content/x.md", "# X\n")
    book.commit()
    goes_on = world.imprimatur("once", config=signing, now=book.pass_time())
    story.ok(goes_on.status == 0 and world.git(book.bare, "merge-base", tip, LEDGER) == tip and book.tip(LEDGER) != tip,
             "row 32: told to trust this one, it goes on from there", goes_on)
    for file in (world.root / "state" / "signing").iterdir():
        file.unlink()
    book.author.write("content/y.md", "# Y\n")
    book.commit()
    again = world.imprimatur("once", config=signing, now=book.pass_time())
    story.equal((again.status, book.ledger()[-1]["Article"]), (0, "content/y.md"),
                "row 32: a fresh daemon continues what its own key signed, unasked")


with Story("What is tried with refs and the repository") as the_story:
    for tell in (forced_away, a_hostile_repository, killed, two_daemons, a_ledger_of_somebody_else):
        with World() as the_world:
            tell(the_story, the_world)
