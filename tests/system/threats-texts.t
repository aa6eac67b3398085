#!/usr/bin/env -S python3 -B
"""SECURITY.md, THREATS: what is tried with texts and paths. Each claim begins with the number of its row."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from siege import A, B, Siege  # noqa: E402
from story import Story, World  # noqa: E402

NOWHERE = ("..", ".", ".git", ".Git", "git~1", ".git ", ".git.", ".git::$INDEX_ALLOCATION", ".g\u200cit")
LAX, STRICT = "content/lax/p.md", "content/strict/p.md"


def after_the_approval(story, world):
    book = Siege(story, world, rules=[{"paths": ["content/lax/**"], "approvals": 1},
                                      {"paths": ["content/strict/**"], "approvals": 2}, {"paths": ["**"], "approvals": 1}])
    book.begin(A, B, STRICT)
    book.approve(book.one)
    book.approve(book.one, article=B)
    book.once()
    book.forget()
    published = book.approved()
    one, other = ((book.author.path / path).read_bytes() for path in (A, B))
    book.write(A, text=one + b" ")
    book.becomes("row 1: one byte more", f"submission {A}: Submitted (revised)")
    book.write(A, text=other, push=False)
    book.write(B, text=one)
    book.becomes("row 1: two approved articles exchanged", f"submission {A}: Submitted (revised)",
                 f"submission {B}: Submitted (revised)")
    story.equal(book.approved(), published, "row 1: what is published are the approved texts, each at its place")
    book.decided(book.one, "approve", STRICT)
    book.becomes("row 1: one approval of two", f"approval {STRICT} by onc1: Under Review")
    book.move(STRICT, LAX)
    book.becomes("row 1: moved to where a laxer rule holds", f"submission {LAX}: Submitted (new)",
                 f"removal {STRICT}: Removed")
    book.decided(book.one, "approve", LAX)
    book.becomes("row 1: and approved there", f"approval {LAX} by onc1: Approved")
    book.move(LAX, STRICT)
    book.becomes("row 1: and back, it has no approval", f"removal {LAX}: Removed", f"submission {STRICT}: Submitted (returned)")


def there_and_back(story, world):
    """Row 5, of a text that is approved when it is moved away from."""
    book = Siege(story, world, name="back").begin(A)
    text, version = (book.author.path / A).read_text(), book.author.version(A)
    withheld = book.decide(book.two, "approve", A, branch="withheld", push=False)
    book.approve(book.one)
    book.once()
    book.forget()
    book.write(A, text="# B\n", push=False)
    book.write(A, text=text)
    book.becomes("row 5: A, B and A again within a pass is the A that was approved")
    book.write(A, text="# B\n")
    book.once()
    book.write(A, text=text)
    book.once()
    book.forget()
    story.equal((book.author.version(A), book.state()), (version, "Submitted (revised)"),
                "row 5: with a pass in between, A begins another round")
    book.author.push(f"{withheld}:refs/heads/review/withheld")
    book.holds("row 5: to which an approval from before does not belong", "stale")
    book.approve(book.one)
    book.once()
    withheld = book.decide(book.two, "approve", A, branch="withheld", push=False)
    book.decided(book.editor, "retract", A)
    book.once()
    book.forget()
    book.author.push(f"+{withheld}:refs/heads/review/withheld")
    book.holds("row 5: an approval of a text since retracted", "stale")
    book.approve(book.one)
    book.once()
    withheld = book.decide(book.two, "approve", A, branch="withheld", push=False)
    book.forget()
    book.pass_time(days=366)
    book.becomes("row 5: a year later", f"expiry {A}: Submitted (expired)")
    book.author.push(f"+{withheld}:refs/heads/review/withheld")
    book.holds("row 5: an approval of a text since expired", "stale")


def an_evil_merge(story, world):
    book = Siege(story, world, name="merge").begin(A)
    git = book.author.git
    base = git("rev-parse", "HEAD")
    book.write(A, text="# Ours\n")
    book.once()
    book.approve(book.one)
    book.once()
    git("checkout", "-q", "-b", "theirs", base)
    book.author.edit(A, "# Theirs\n", at=book.pass_time())
    git("checkout", "-q", "main")
    git("merge", "-q", "-s", "ours", "--no-commit", "theirs")
    book.author.write(A, "# Neither\n")
    book.commit("Merge theirs")
    book.forget()
    book.becomes("row 19: a merge whose result differs from both sides", f"submission {A}: Submitted (revised)")
    book.decided(book.one, "approve", f"{A}@{book.author.version(A, 'theirs')}")
    book.holds("row 19: only what is at the tip can be approved", "stale")


def in_the_place_of_an_article(story, world):
    book = Siege(story, world, name="place").begin(A, B)
    book.approve(book.one)
    book.approve(book.one, article=B)
    book.once()
    published = book.approved()
    (book.author.path / A).unlink()
    os.symlink("/etc/passwd", book.author.path / A)
    book.author.git("add", A)
    book.author.git("update-index", "--add", "--cacheinfo", f"160000,{book.author.head()},{B}")
    book.commit("Replace")
    book.forget()
    book.becomes("row 20: a symbolic link and a submodule", f"submission {A}: Submitted (revised) [link]",
                 f"submission {B}: Submitted (revised) [link]")
    book.author.git("reset", "-q", "--mixed", "HEAD")
    book.decided(book.one, "approve", A)
    book.decided(book.one, "approve", B)
    book.holds("row 20: cannot be approved", "problem-article", "problem-article")
    story.equal(book.approved(), published, "row 20: what was approved stays published")
    (book.author.path / A).unlink()
    book.write(A, B)
    book.once()
    book.approve(book.one)
    book.once()
    book.forget()
    book.author.git("update-index", "--add", "--cacheinfo", f"100644,{book.author.version(A)},content/A.md")
    book.commit("Collide")
    book.becomes("row 20: a newcomer that differs in letter case has the problem",
                 "submission content/A.md: Submitted (new) [path-collision]")
    story.equal(book.state(A), "Approved", "row 20: not the page that it collides with")
    book.decided(book.one, "approve", "content/A.md")
    book.holds("row 20: and cannot be approved", "problem-article")
    book.author.git("reset", "-q", "--hard", "HEAD")
    book.author.git("rm", "-q", "--cached", "content/A.md")
    book.author.git("update-index", "--add", "--cacheinfo", f"100644,{book.author.version(B)},content/\u00e9.md")
    book.author.git("update-index", "--add", "--cacheinfo", f"100644,{book.author.version(B)},content/e\u0301.md")
    book.commit("Normalize")
    book.once()
    problems = {entry["Article"]: entry.get("Problem") for entry in book.new() if entry["Event"] == "submission"}
    story.equal(sorted(problem or "" for problem in problems.values()), ["", "path-collision"],
                "row 20: of two that differ in Unicode normalization alone, one has the problem")
    book.author.git("rm", "-q", "--cached", A)
    book.author.git("update-index", "--add", "--cacheinfo", f"100644,{book.author.version(A)},content/A.md")
    book.commit("Rename by letter case alone")
    book.becomes("row 20: in the place of an article, under a name that differs in case, it is another article",
                 "submission content/A.md: Submitted (returned)", f"removal {A}: Removed")


def hidden_characters(story, world):
    book = Siege(story, world, name="hidden").begin(A)
    book.write(A, text="# Dose\n\nGive 10\u202e gm 01\u202c, and 1\u200b0 more.\n")
    book.once()
    book.forget()
    checked = world.imprimatur("check", cwd=book.author.path)
    story.ok("bidirectional" in checked.out + checked.err, "row 21: check warns of bidirectional controls", checked)
    book.write(A, text="# Dose\n\nGive 1\u200b0 mg.\n")
    checked = world.imprimatur("check", cwd=book.author.path)
    story.ok(A in checked.out + checked.err and "zero-width" in checked.out + checked.err,
             "row 21: and of characters without a width", checked)
    for hidden, kind in (("\U000e0061", "a tag character"), ("\ufe01", "a variation selector"), ("\u3164", "a filler")):
        book.write(A, text=f"# Dose\n\nGive 10{hidden} mg\u200b.\n")
        checked = world.imprimatur("check", cwd=book.author.path)
        story.ok(f"{A}:3: warning: the line holds {kind}" in checked.out, f"row 81: {kind} that smuggles words", checked)
    book.write(A, text="# Dose\n\nGive 1\u200b0 mg.\n")
    shown = book.author.version(A)
    book.write(A, text="# Dose\n\nGive 10 gm 01, and 10 more.\n")
    book.once()
    book.forget()
    book.decided(book.one, "approve", f"{A}@{shown}")
    book.holds("row 21: an approval is for bytes, not for what they look like", "stale")


def paths(story, world):
    """Row 30. What git refuses to write itself is written with its plumbing."""
    book = Siege(story, world, name="paths", articles=["**/*.md", "*.md", "**/-rf"], carry=["**/*.png"])
    book.begin(A)
    git = book.author.git
    blob = git("rev-parse", f"HEAD:{A}")
    long_name = "n" * 4096 + ".md"
    names = ["content/two\nlines.md", "content/\x1b[31mred.md", "-rf", "--upload-pack=touch pwned;.md",
             "$(touch pwned).md", long_name, "content/latin-\udce9.md", "content/x.md@" + "a" * 40 + ".md"]
    for name in names:
        book.author.world.run("git", "-C", book.author.path, "update-index", "--add", "-z", "--index-info",
                              text_in=f"100644 {blob}\t{name}\0")
    tree = git("write-tree")
    # Names that git's own index would not take, here or on other systems.
    lone = git("mktree", text_in=git("ls-tree", "HEAD") + f"\n100644 blob {blob}\tp.png\n")
    listing = "".join(f"040000 tree {lone}\t{name}\n" for name in NOWHERE)
    inner = git("mktree", text_in=listing)
    whole = git("mktree", text_in=git("ls-tree", tree) + f"\n040000 tree {inner}\tcontent2\n")
    commit = git("commit-tree", whole, "-p", "HEAD", "-m", "Names", env={"GIT_COMMITTER_DATE": book.pass_time()})
    book.author.push(f"{commit}:refs/heads/main")
    book.once()
    entries = {entry["Article"]: entry for entry in book.new() if "Article" in entry}
    story.equal([path for path in entries if path.strip('"').startswith("content2/")], [],
                "row 30: folders with names that git checks out nowhere hold no articles")
    kinds = {path: entry.get("Problem") for path, entry in entries.items()}
    story.ok(long_name not in kinds or kinds[long_name] is not None, "row 30: a name of 4 KiB has a problem, if it is an article at all",
             kinds.get(long_name, "none"))
    story.equal((kinds.get('"content/two\\nlines.md"'), kinds.get('"content/\\033[31mred.md"'),
                 kinds.get('"content/latin-\\351.md"')), ("path", "path", "path"),
                "row 30: control characters and invalid UTF-8 are problems, quoted in the ledger")
    story.ok("-rf" in kinds and kinds["-rf"] is None and kinds.get("$(touch pwned).md", "") is None,
             "row 30: options and commands are mere names", kinds)
    report = world.imprimatur("status", config=book.config, now=book.now)
    story.ok(report.status in (0, 1) and "\x1b[31m" not in report.out + report.err, "row 30: nothing of it reaches a terminal",
             report)
    told = "".join(body.decode() for _, body in book.events())
    story.ok("\x1b" not in told and "\nlines" not in told, "row 30: nor a message raw")
    git("fetch", "-q", "origin")
    book.forge("\n".join(["Read.", "", "Review: approve", *(f"Article: {name}@{blob}" for name in (
        "-rf", "$(touch pwned).md")), "Competing-Interests: none\n"]), book.one, key=book.one.key, parents=[commit],
        branch="review/names")
    book.becomes("row 30: and can be approved", "approval $(touch pwned).md by onc1: Approved", "approval -rf by onc1: Approved")
    story.equal(sorted(book.approved() or {}), ["$(touch pwned).md", "-rf"],
                "row 30: and published, with nothing carried from such folders")
    story.ok(not list(world.root.rglob("pwned")), "row 30: no shell has seen them")
    book.forge(f"Read.\n\nReview: approve\nArticle: {A}\0.md@{blob}\nCompeting-Interests: none\n", book.one, key=book.one.key,
               parents=[commit], branch=book.branch())
    book.holds("row 30: with a NUL in a path it is not a decision", "malformed")
    for target in (f"../../etc/passwd@{blob}", f"content/../{A}@{blob}", f"/{A}@{blob}"):
        book.forge(f"Read.\n\nReview: approve\nArticle: {target}\nCompeting-Interests: none\n", book.one, key=book.one.key,
                   parents=[commit], branch=book.branch())
    book.holds("row 30: a decision about a path with dots is about no article", "unknown-article", "unknown-article",
               "unknown-article")


with Story("What is tried with texts and paths") as the_story:
    for tell in (after_the_approval, there_and_back, an_evil_merge, in_the_place_of_an_article, hidden_characters, paths):
        with World() as the_world:
            tell(the_story, the_world)
