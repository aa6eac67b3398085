#!/usr/bin/env -S python3 -B
"""Who wrote a text, found in its history; and what that costs."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from handbook import Handbook, follow  # noqa: E402
from story import Story, World  # noqa: E402

A, B = "content/a.md", "content/b.md"


def begin(world, name, **policy):
    """A policy in force, and nothing else; `ann` and `bob` review and write, `cat` reviews."""
    book = Handbook(world, name=name)
    book.ann = world.person("ann", "Ann", "ann@board.example")
    book.bob = world.person("bob", "Bob", "bob@board.example", emails=["bob@board.example", "Robert@Elsewhere.example"])
    book.cat = world.person("cat", "Cat", "cat@board.example")
    book.editor = world.person("ed1", "Editor One", "editor@example.org", roles=("editor",))
    people = [book.ann, book.bob, book.cat, book.editor]
    book.policy = world.policy(people, **{"rules": [{"paths": ["**"], "approvals": 3}]} | policy)
    book.publish(push=True)
    book.once()
    book.new()
    return book


def writers(book, path=A):
    """Who of the reviewers may not approve the text: each tries."""
    people = (book.ann, book.bob, book.cat)
    for person in people:
        book.decide(person, "approve", path)
    entries = {line.split(" by ")[1].split(":")[0]: line.split()[0] + " " + line.split()[1] for line in book.passed()
               if " by " in line}
    for person in people:
        if entries[person.id] == f"approval {path}":
            book.decide(person, "withdraw", path)
    book.once()
    book.new()
    return [person.id for person in people if entries[person.id] == "refusal contributor"]


def wrote(story, world):
    book = begin(world, "wrote")
    git, ann, bob, cat = book.author.git, book.ann, book.bob, book.cat
    book.write(A)
    book.once()
    story.equal(writers(book), [], "who wrote nothing may review")
    book.write(A, by=ann)
    book.once()
    book.new()
    story.equal(writers(book), ["ann"], "an author may not")
    book.author.write(A, "# More\n")
    book.commit("More\n\nCo-authored-by: R. <ROBERT@elsewhere.example>", push=True)
    book.once()
    book.new()
    story.equal(writers(book), ["ann", "bob"], "neither may a co-author, by whatever address, nor who wrote before, "
                "as long as no text of it was approved")
    book.move(A, "content/moved.md")
    book.once()
    book.new()
    story.equal(writers(book, "content/moved.md"), ["bob"], "a text that a colleague moved is still by who brought it")
    book.write(B, text="# Side\n\n\n\nend\n", by=cat)
    git("checkout", "-q", "-b", "side")
    book.write(B, text="# Side\n\n\n\nend of ann\n", by=ann, push=False)
    git("checkout", "-q", "main")
    book.write(B, text="# Side of cat\n\n\n\nend\n", by=cat)
    git("merge", "-q", "--no-edit", "side", env={"GIT_AUTHOR_NAME": bob.name, "GIT_AUTHOR_EMAIL": bob.email,
                                                "GIT_COMMITTER_DATE": book.pass_time()})
    book.author.push()
    book.once()
    book.new()
    story.equal(writers(book, B), ["ann", "bob", "cat"], "who merges two sides into a third text brought it")
    git("checkout", "-q", "-b", "clean", "HEAD~1")
    book.write("content/c.md", by=ann, push=False)
    git("checkout", "-q", "main")
    git("merge", "-q", "--no-edit", "clean", env={"GIT_AUTHOR_NAME": bob.name, "GIT_AUTHOR_EMAIL": bob.email,
                                                 "GIT_COMMITTER_DATE": book.pass_time()})
    book.author.push()
    book.once()
    book.new()
    story.equal(writers(book, "content/c.md"), ["ann"], "who merges one side as it is did not")


def before_and_after_an_approval(story, world):
    book = begin(world, "approved", rules=[{"paths": ["**"], "approvals": 1}])
    ann, bob, cat, editor = book.ann, book.bob, book.cat, book.editor
    book.write(A, text="# Ann\n", by=ann)
    book.once()
    book.approve(cat)
    book.once()
    book.write(A, text="# Bob\n", by=bob)
    book.once()
    book.new()
    book.decide(bob, "approve", A)
    book.decide(ann, "approve", A)
    story.equal(book.passed(),
                [f"refusal contributor {A} by bob: Submitted (revised)", f"approval {A} by ann: Approved"],
                "after the approval of a different text, who wrote that one may review the next")
    book.decide(editor, "retract", A)
    book.once()
    book.new()
    book.decide(bob, "approve", A)
    story.equal(book.passed(), [f"refusal contributor {A} by bob: Submitted (retracted)"],
                "a retraction does not make an author a reviewer")
    book.write(A, text="# Ann\n", by=cat)
    book.once()
    book.new()
    for person in (ann, bob, cat):
        book.decide(person, "approve", A)
    story.equal(book.passed(), [f"refusal contributor {A} by ann: Submitted (revised)",
                                f"approval {A} by bob: Approved",
                                f"refusal contributor {A} by cat: Approved"],
                "an old text put back is by who brought it first, and by who brings it back")
    book.decide(editor, "retract", A)
    book.write(A, text="# Next\n", by=cat)
    book.once()
    book.new()
    book.decide(bob, "approve", A)
    story.equal(book.passed(), [f"approval {A} by bob: Approved"], "what was settled stays settled")


def back_dated(story, world):
    book = begin(world, "dated", rules=[{"paths": ["**"], "approvals": 1}])
    book.author.edit(A, "# Old?\n", at="2001-01-01T00:00:00Z", author=book.ann)
    book.author.push()
    book.once()
    book.new()
    book.decide(book.ann, "approve", A)
    story.equal(book.passed(), [f"refusal contributor {A} by ann: Submitted (new)"],
                "a date before the adoption hides no author that came after it")


def before_the_adoption(story, world):
    book = Handbook(world, name="adopted")
    ann, bob = world.person("ann", "Ann", "ann@board.example"), world.person("bob", "Bob", "bob@board.example")
    book.author.edit(A, "# Long ago\n", at="2025-11-01T00:00:00Z", author=ann)
    book.author.edit(B, "# This year\n", at="2026-01-01T00:00:00Z", author=ann)
    book.author.edit("content/c.md", "# Long ago\n", at="2026-06-01T00:00:00Z", author=bob)
    book.policy = world.policy([ann, bob])
    book.publish(push=True)
    book.once()
    book.new()
    book.approve(ann, article=A)
    book.approve(ann, article=B)
    book.approve(bob, article=A)
    story.equal(book.passed(),
                [f"approval {A} by ann: Approved", f"refusal contributor {B} by ann: Submitted (adopted)",
                                f"refusal contributor {A} by bob: Approved"],
                "of commits from before the adoption those of the last months count, that of a copy too")


def a_history_forced_elsewhere(story, world):
    """What was settled by an approval stays settled when the branch is forced and its history is read again."""
    book = begin(world, "forced", rules=[{"paths": ["**"], "approvals": 1}])
    ann, bob, cat = book.ann, book.bob, book.cat
    book.write(A, text="# Ann\n", by=ann)
    book.once()
    book.approve(cat)
    book.once()
    book.write(A, text="# Bob\n", by=bob)
    book.once()
    book.new()
    book.author.git("commit", "-q", "--amend", "-m", "Reworded", env={"GIT_COMMITTER_DATE": book.pass_time()})
    book.author.push(force=True)
    book.once()
    book.write(B, by=cat)
    for person in (bob, ann):
        book.decide(person, "approve", A)
    story.equal([line for line in book.passed() if A in line],
                [f"refusal contributor {A} by bob: Submitted (revised)", f"approval {A} by ann: Approved"],
                "contributors are found in the history that is there now")


def nobody_is_gagged(story, world):
    """Whoever is named a co-author falsely may still object and withdraw."""
    book = begin(world, "gagged")
    book.author.write(A, "# A\n")
    book.commit("A\n\nCo-authored-by: Ann <ann@board.example>")
    book.once()
    book.new()
    story.ok("ann" not in book.ledger()[-1]["Requested"], "a contributor is not asked")
    book.decide(book.ann, "claim", A)
    book.decide(book.ann, "request-changes", A)
    story.equal(book.passed(), [f"refusal contributor {A} by ann: Submitted (new)",
                                f"objection {A} by ann: Submitted (changes-requested)"],
                "a forged co-author may still object")


def a_blank_before_the_colon(story, world):
    """Git takes it for the same trailer."""
    book = begin(world, "blank")
    book.author.write(A, "# A\n")
    book.commit("A\n\nCo-authored-by : Ann <ann@board.example>")
    book.once()
    book.new()
    book.decide(book.ann, "approve", A)
    story.equal(book.passed(), [f"refusal contributor {A} by ann: Submitted (new)"],
                "who is named in a line with a blank before its colon is a co-author too")
    verified = world.imprimatur("verify", config=book.config, now=book.now)
    story.ok("in 3 passes follow, with 1 decision," in verified.out and "edition" not in verified.out, "  and the ledger follows so", verified)


def grown(world, one, commits):
    """A handbook with so many commits, each to a file of its own in one of fifty folders, half of them articles."""
    book = Handbook(world, name=f"grown{commits}")
    stream = []
    for number in range(commits):
        path = f"content/{number % 50}/{number}.{'md' if number % 2 else 'txt'}"
        text, message = f"# {number}\n", "Grow"
        stream += ["commit refs/heads/main", f"committer Author <author@example.org> {1700000000 + number} +0000",
                   f"data {len(message)}", message, f"M 100644 inline {path}", f"data {len(text)}", text]
    world.git(book.bare, "fast-import", "--quiet", text_in="\n".join(stream) + "\n")
    book.author.pull()
    book.policy = world.policy([one])
    book.publish(push=True)
    return book


def what_a_push_costs(story, world):
    read, one = {}, world.person("onc1", "Oncologist One", "one@board.example")
    for commits in (20, 2000):
        book = grown(world, one, commits)
        adoption = book.once()
        story.ok(commits < adoption["commits_read"] <= commits + 2,
                 f"an adoption of {commits} commits reads each once", adoption)
        counts = []
        book.write("content/7/new.md")
        counts.append(book.once()["commits_read"])
        book.write("content/1/1.md", "content/3/3.md", "content/5/5.md")
        counts.append(book.once()["commits_read"])
        book.approve(one, article="content/1/1.md")
        counts.append(book.once()["commits_read"])
        book.decide(one, "approve", "content/3/3.md", branch="review/x", push=False)
        book.author.push("review/x")
        counts.append(book.once()["commits_read"])
        counts.append(book.once()["commits_read"])
        for number in range(10):
            book.write(*(f"content/{folder}/{folder}.md" for folder in range(1, 20, 2)), push=False)
        book.author.push()
        counts.append(book.once()["commits_read"])
        story.equal(book.state("content/1/1.md"), "Submitted (revised)", "articles move")
        read[commits] = counts
    story.equal(read[20], read[2000], "what a pass reads does not grow with the repository")
    story.ok(read[20][:5] == [2, 2, 2, 4, 0] and read[20][5] == 11,
             "one commit and its parent for a push, twice on a branch: who wrote what there is kept; each new commit once, "
             "however many articles it moves", read)


with Story("History") as the_story:
    for tell in (wrote, before_and_after_an_approval, back_dated, before_the_adoption, a_history_forced_elsewhere,
                 nobody_is_gagged, a_blank_before_the_colon, what_a_push_costs):
        with World() as the_world:
            tell(the_story, the_world)
            follow(the_story, the_world)
