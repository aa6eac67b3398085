#!/usr/bin/env -S python3 -B
"""What is an article, what is wrong with one, and how the branch may move under it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from handbook import Handbook, brief, follow  # noqa: E402
from story import Story, World  # noqa: E402


def board(world):
    return (world.person("onc1", "Oncologist One", "one@board.example"),
            world.person("onc2", "Oncologist Two", "two@board.example"))


def begin(world, people, name, **policy):
    """A handbook whose policy is in force, and nothing else."""
    book = Handbook(world, people, name=name, **policy)
    book.author.push()
    book.passed()
    return book


def problems(story, world):
    one, two = people = board(world)
    book = begin(world, people, "problems")
    put, git = book.author.write, book.author.git
    put("content/nul.md", b"# A\0\n")
    put("content/latin.md", b"# caf\xe9\n")
    put("content/large.md", b"a" * (4 * 1024 * 1024 + 1))
    put("content/full.md", b"a" * (4 * 1024 * 1024))
    put("content/open.md", "---\ntitle: A\n")
    put("content/twice.md", "---\ntitle: A\ntitle: B\n---\n")
    put("content/alias.md", "---\ntitle: &a A\nother: *a\n---\n")
    put("content/at.md@1f", "no article: the pattern wants .md\n")
    put("content/fine.md", "# Fine\n")
    put("target", "# Elsewhere\n")
    (book.author.path / "content/link.md").symlink_to("../target")
    git("add", "content/link.md")
    git("update-index", "--add", "--cacheinfo", f"160000,{book.author.head()},content/module.md")
    put("content/new\nline.md", "# Newline\n")
    git("-c", "core.protectNTFS=false", "update-index", "--add", "--cacheinfo",
        f"100644,{git('hash-object', '-w', 'target')},content/\udcff.md")
    book.commit()
    story.equal(sorted(book.passed()), [
        'submission "content/\\377.md": Submitted (new) [path]',
        'submission "content/new\\nline.md": Submitted (new) [path]',
        "submission content/alias.md: Submitted (new) [front-matter]",
        "submission content/fine.md: Submitted (new)",
        "submission content/full.md: Submitted (new)",
        "submission content/large.md: Submitted (new) [too-large]",
        "submission content/latin.md: Submitted (new) [encoding]",
        "submission content/link.md: Submitted (new) [link]",
        "submission content/module.md: Submitted (new) [link]",
        "submission content/nul.md: Submitted (new) [encoding]",
        "submission content/open.md: Submitted (new) [front-matter]",
        "submission content/twice.md: Submitted (new) [front-matter]"],
                "each problem is named, and holds up nobody else")
    entries = [entry["Article"] for entry in book.ledger() if entry["Event"] == "submission"]
    story.equal(len(entries), 12, "one entry each")
    asked = {entry["Article"] for entry in book.ledger() if entry["Requested"]}
    story.equal(asked, {"content/fine.md", "content/full.md"}, "nobody is asked about a problem")
    invalid = book.told(r"article\.(invalid|submitted)")
    story.equal(sorted(message["data"]["problem"] for message in invalid if message["type"] == "article.invalid"),
                ["encoding"] * 2 + ["front-matter"] * 3 + ["link"] * 2 + ["path"] * 2 + ["too-large"],
                "each is announced as invalid")
    story.ok(all(message["id"] == f"evt_{message['data']['ledger']}_1" and message["data"]["reason_text"]
                 for message in invalid if message["type"] == "article.invalid"),
             "after its article.submitted, with a sentence", invalid)
    book.decide(one, "approve", "content/nul.md")
    story.equal(book.passed(), ["refusal problem-article content/nul.md by onc1: Submitted (new) [encoding]"],
                "a problem cannot be approved")
    book.once()
    story.equal(book.told(r"article\..*"), [], "a problem is announced once for each version")
    book.write("content/nul.md", text="# Mended\n")
    book.author.git("rm", "-q", "-f", "--cached", "content/link.md")
    (book.author.path / "content/link.md").unlink()
    book.author.write("content/link.md", "# Elsewhere\n")
    book.commit()
    story.equal(book.passed(), ["submission content/link.md: Submitted (revised)",
                                "submission content/nul.md: Submitted (revised)"], "what is mended has none")
    book.approve(two, article="content/link.md")
    book.approve(one, article="content/nul.md")
    book.once()
    git("rm", "-q", "content/link.md")
    (book.author.path / "content").mkdir(exist_ok=True)
    (book.author.path / "content/link.md").write_text("../target")
    git("update-index", "--add", "--cacheinfo",
        f"120000,{book.author.git('hash-object', '-w', 'content/link.md')},content/link.md")
    book.commit()
    book.new()
    story.equal(book.passed(), ["submission content/link.md: Submitted (revised) [link]"],
                "a link in the place of an approved article is a problem")
    story.equal(book.approved()["content/link.md"], "# Elsewhere", "and what was approved stays published")


def link_with_the_text_of_an_article(story, world):
    """A symbolic link's object may be the very blob of the text."""
    one, _ = people = board(world)
    book = begin(world, people, "samelink")
    book.write("content/a.md", text="b.md")
    book.once()
    book.approve(one)
    book.once()
    book.new()
    book.author.git("update-index", "--cacheinfo", f"120000,{book.author.version('content/a.md')},content/a.md")
    book.commit()
    story.equal(book.passed(), ["submission content/a.md: Submitted (revised) [link]"],
                "a link with the same object is a link all the same")


def collisions(story, world):
    one, two = people = board(world)
    book = begin(world, people, "collisions")
    book.write("content/B.md", "content/b.md")
    story.equal(book.passed(), ["submission content/B.md: Submitted (new)",
                                "submission content/b.md: Submitted (new) [path-collision]"],
                "of two in one pass the bytewise greater has the problem")
    book.write("content/a.md")
    book.once()
    book.approve(one)
    book.once()
    book.new()
    book.write("content/A.md")
    story.equal(book.passed(), ["submission content/A.md: Submitted (new) [path-collision]"], "else the later arrival")
    story.equal(book.state(), "Approved", "the article that it collides with stays Approved")
    book.write("content/a.md", "content/A.md")
    story.equal(book.passed(), ["submission content/A.md: Submitted (revised) [path-collision]",
                                "submission content/a.md: Submitted (revised)"],
                "a revised article does not take over the newcomer's problem")
    book.approve(two)
    story.equal(book.passed(), ["approval content/a.md by onc2: Approved"], "and can be approved")
    book.decide(two, "approve", "content/A.md")
    story.equal(book.passed(), ["refusal problem-article content/A.md by onc2: Submitted (revised) [path-collision]"],
                "the newcomer cannot")
    book.remove("content/a.md")
    story.equal(book.passed(), ["rejudgment content/A.md: Submitted (rejudged)", "removal content/a.md: Removed",
                                "request content/A.md: Submitted (rejudged)"],
                "when the article has left, the newcomer is free and somebody is asked")
    book.approve(one, article="content/A.md")
    story.equal(book.passed(), ["approval content/A.md by onc1: Approved"], "and can be approved")
    story.equal(list(book.approved()), ["content/A.md"], "and published")


def several_collide(story, world):
    one, _ = people = board(world)
    book = begin(world, people, "several")
    book.write("content/Ab.md")
    book.once()
    book.write("content/AB.md", "content/aB.md", "content/ab.md")
    book.once()
    book.new()
    book.remove("content/Ab.md")
    story.equal([line for line in book.passed() if not line.startswith("request")],
                ["rejudgment content/AB.md: Submitted (rejudged)", "removal content/Ab.md: Removed"],
                "of several that waited, one is free and the others go on waiting")


def links_collide(story, world):
    """A newcomer that is a link, too, leaves the article alone."""
    one, _ = people = board(world)
    book = begin(world, people, "linkcollides")
    book.write("content/a.md", text="b.md")
    book.once()
    book.new()
    book.author.git("update-index", "--add", "--cacheinfo",
                    f"120000,{book.author.version('content/a.md')},content/A.md")
    book.commit()
    story.equal(book.passed(), ["submission content/A.md: Submitted (new) [path-collision]"],
                "a link that collides has this problem first")
    book.author.write("content/a.md", "revised")
    book.commit()
    story.equal(book.passed(), ["submission content/a.md: Submitted (revised)"], "the article has none")
    book.remove("content/a.md")
    book.once()
    story.equal([line for line in map(brief, book.new()) if "request" not in line],
                ["rejudgment content/A.md: Submitted (rejudged) [link]", "removal content/a.md: Removed"],
                "when the article has left, the link is a link still")
    book.amend()
    story.equal(book.passed(), ["policy"], "and another policy sees nothing new in it")


def a_newcomer_waits_behind_who_waits(story, world):
    people = board(world)
    book = begin(world, people, "queue")
    book.write("content/aB.md")
    book.once()
    book.write("content/ab.md")
    book.once()
    book.new()
    book.author.git("rm", "-q", "content/aB.md")
    book.write("content/AB.md")
    story.equal([line for line in book.passed() if "request" not in line],
                ["submission content/AB.md: Submitted (new) [path-collision]", "removal content/aB.md: Removed",
                 "rejudgment content/ab.md: Submitted (rejudged)"],
                "who waited is free, and who comes in that pass collides with it")


def normalization(story, world):
    people = board(world)
    book = begin(world, people, "normal")
    book.write("content/caf\u00e9.md")
    book.once()
    book.new()
    book.write("content/cafe\u0301.md")
    story.equal(book.passed(), ['submission "content/cafe\\314\\201.md": Submitted (new) [path-collision]'],
                "paths that differ by normalization collide")


def case_renames(story, world):
    """On a file system that knows no case, nobody may lose a page by renaming it."""
    one, _ = people = board(world)
    for name, old, new in (("up", "content/page.md", "content/Page.md"),
                           ("down", "content/Page.md", "content/page.md")):
        book = begin(world, people, name)
        book.write(old)
        book.once()
        book.approve(one, article=old)
        book.once()
        book.new()
        book.move(old, new)
        gone, come = f"removal {old}: Removed", f"submission {new}: Submitted (new)"
        story.equal(book.passed(), sorted([gone, come], key=lambda line: line.split()[1]),
                    f"renamed {name}, it is another article without a problem")
        story.equal(book.approved(), {}, "the old path has left")
        book.approve(one, article=new)
        story.equal(book.passed(), [f"approval {new} by onc1: Approved"], "and its reviewers approve the new one")
        story.equal(list(book.approved()), [new], "which is published")


def adoption_and_patterns(story, world):
    one, _ = people = board(world)
    book = Handbook(world)
    book.author.write("content/old.md", "# Old\n")
    book.author.write("content/sub/README.md", "Not an article.\n")
    book.author.write("content/deep/er/x.md", "# Deep\n")
    book.author.write("content/.hidden.md", "# Hidden\n")
    book.author.write("news/today.md", "# News\n")
    book.author.write("content/a.txt", "text\n")
    book.author.write("content/pic.png", b"\x89PNG one")
    book.author.write("content/tool.png", b"\x89PNG two")
    book.author.git("update-index", "--chmod=+x", "content/tool.png")
    book.commit()
    before = book.decide(one, "approve", "content/old.md")
    book.once()
    story.equal(book.new(), [], "before a policy nothing is an article")
    book.policy = world.policy(people, exclude=["**/README.md"], carry=["content/**/*.png", "content/**/README.md"])
    book.publish(push=True)
    story.equal(book.passed(), ["start", "policy", "submission content/.hidden.md: Submitted (adopted)",
                                "submission content/deep/er/x.md: Submitted (adopted)",
                                "submission content/old.md: Submitted (adopted)"],
                "the first policy adopts what is there")
    story.ok(all("Requested" not in entry or not entry["Requested"] for entry in book.ledger()), "and asks nobody")
    adopted = book.told()
    story.equal([message["type"] for message in adopted], ["policy.changed", "repository.adopted"],
                "an adoption is one event")
    story.equal(adopted[1]["data"]["count"], 3, "which counts them")
    story.equal(book.approved(), {"content/pic.png": "\x89PNG one".encode("latin-1").decode(errors="surrogateescape"),
                                  "content/tool.png": "\x89PNG two".encode("latin-1").decode(errors="surrogateescape")},
                "what is carried is published at once, without its executable bit, and never what matches articles")
    story.equal(book.passed(), [], "commits from before the adoption are never judged")
    book.author.push(f"{before}:refs/heads/review/before")
    story.equal(book.passed(), [], "neither on a review branch")
    book.decide(one, "claim", "content/old.md")
    story.equal(book.passed(), ["claim content/old.md by onc1: Under Review"], "any reviewer may claim one")
    book.write("content/old.md")
    story.equal(book.passed(), ["submission content/old.md: Submitted (revised)"], "the next version is as any other")
    story.equal(book.ledger()[-1]["Requested"], ["onc1"], "and somebody is asked, first who was here before")


def what_was_before_the_adoption_stays_unjudged(story, world):
    """The branch may be forced below the tip of adoption; what that reached is as old as ever."""
    one, _ = people = board(world)
    book = Handbook(world, name="before")
    book.write("content/a.md")
    below = book.author.head()
    book.decide(one, "approve", "content/a.md")
    book.policy = world.policy(people)
    adopted = book.publish(push=True)
    book.once()
    book.new()
    book.author.push(f"+{below}:refs/heads/main", f"{adopted}:refs/heads/review/x")
    story.equal(book.passed(), [], "a decision from before the adoption is not judged when the branch goes back")
    story.equal(book.state(), "Submitted (adopted)", "no state moved")


def in_the_way_of_what_is_carried(story, world):
    people = board(world)
    book = begin(world, people, "way", carry=["content/**"], exclude=[])
    book.author.write("content/Page.MD", "carried")
    book.author.write("content/p.png", "p")
    book.commit("Carry")
    book.once()
    story.equal(book.approved(), {"content/Page.MD": "carried", "content/p.png": "p"}, "a file is carried")
    book.new()
    book.write("content/page.md")
    book.once()
    story.equal(book.approved(), {"content/p.png": "p"}, "until an article comes that differs in letter case alone")
    book.remove("content/page.md")
    book.once()
    story.equal(book.approved(), {"content/Page.MD": "carried", "content/p.png": "p"}, "and again when that has left")
    paths = [f"content/many/{number}.md" for number in range(120)]
    book.author.write("content/many/7.MD", "carried")
    book.commit("Carry one more")
    book.once()
    story.equal(book.approved().get("content/many/7.MD"), "carried", "another is carried")
    book.write(*paths)
    book.once()
    story.equal(sorted(book.approved()), ["content/Page.MD", "content/p.png"], "until very many articles come at once")


def carrying(story, world):
    one, _ = people = board(world)
    book = begin(world, people, "carry", carry=["content/**/*.png", "static/**"])
    book.author.write("content/p.png", "one")
    (book.author.path / "static").mkdir()
    (book.author.path / "static/l").symlink_to("../content/p.png")
    book.author.git("add", "static/l")
    book.author.write("static/s.css", "a {}")
    book.author.write("static/x.md", "# X")
    book.commit()
    book.once()
    story.equal(book.approved(), {"content/p.png": "one", "static/s.css": "a {}", "static/x.md": "# X"},
                "regular files are carried")
    book.author.write("content/p.png", "two")
    book.author.git("rm", "-q", "static/s.css")
    book.commit()
    book.once()
    story.equal(book.approved(), {"content/p.png": "two", "static/x.md": "# X"}, "as they change and go")
    book.new()
    book.amend(articles=["content/**/*.md", "static/**/*.md"])
    story.equal(book.passed(), ["policy", "submission static/x.md: Submitted (adopted)"],
                "what was carried and is an article now is adopted")
    story.equal(book.approved(), {"content/p.png": "two"}, "and is no longer published unreviewed")
    book.approve(one, article="static/x.md")
    story.equal(book.passed(), ["approval static/x.md by onc1: Approved"], "but when approved")
    book.write("static/x.md", text="# X2")
    book.once()
    book.new()
    book.amend(articles=["content/**/*.md"])
    story.equal(book.passed(), ["policy", "removal static/x.md: Removed"],
                "what is no longer an article, but carried, goes")
    story.equal(book.approved(), {"content/p.png": "two", "static/x.md": "# X2"}, "and is carried as it is")
    book.author.git("rm", "-q", "content/p.png")
    book.author.write("static/new.css", "b {}")
    book.amend(carry=["static/**"])
    story.equal(book.passed(), ["policy"], "a file may go together with the pattern that carried it")
    story.equal(book.approved(), {"static/new.css": "b {}", "static/x.md": "# X2"}, "it is carried no longer")
    book.amend(carry=[])
    book.once()
    story.equal(book.approved(), {}, "without patterns nothing is")


def moves_and_exchanges(story, world):
    one, two = people = board(world)
    book = begin(world, people, "moves", rules=[{"paths": ["content/strict/**"], "approvals": 2},
                                               {"paths": ["**"], "approvals": 1}])
    book.write("content/strict/a.md", "content/lax/b.md")
    book.once()
    book.approve(one, article="content/strict/a.md")
    book.approve(one, article="content/lax/b.md")
    book.once()
    book.new()
    book.move("content/strict/a.md", "content/lax/a.md")
    story.equal(book.passed(), ["submission content/lax/a.md: Submitted (new)", "removal content/strict/a.md: Removed"],
                "a moved file is another article")
    book.approve(one, article="content/lax/a.md")
    story.equal(book.passed(), ["approval content/lax/a.md by onc1: Approved"], "approved by the rule of its place")
    book.move("content/lax/a.md", "content/strict/a.md")
    story.equal(book.passed(), ["removal content/lax/a.md: Removed",
                                "submission content/strict/a.md: Submitted (returned)"],
                "and back, by that of the other")
    story.ok("content/strict/a.md" not in book.approved(), "which it does not satisfy")
    book.approve(one, two, article="content/strict/a.md")
    story.equal(book.passed(), ["approval content/strict/a.md by onc1: Under Review",
                                "approval content/strict/a.md by onc2: Approved"], "until two have approved it there")
    first, second = (book.author.path / f"content/{name}" for name in ("strict/a.md", "lax/b.md"))
    one_text, other_text = first.read_bytes(), second.read_bytes()
    book.author.write("content/strict/a.md", other_text)
    book.author.write("content/lax/b.md", one_text)
    book.commit()
    story.equal(book.passed(), ["submission content/lax/b.md: Submitted (revised)",
                                "submission content/strict/a.md: Submitted (revised)"],
                "two approved articles exchanged are both Submitted")
    story.equal(book.approved(), {"content/strict/a.md": one_text.decode().rstrip("\n"),
                                  "content/lax/b.md": other_text.decode().rstrip("\n")},
                "and published as they were")
    book.author.git("update-index", "--chmod=+x", "content/lax/b.md")
    book.commit()
    story.equal(book.passed(), [], "the executable bit is ignored")


def one_path_becomes_a_folder(story, world):
    one, _ = people = board(world)
    book = begin(world, people, "folder", carry=["content/**/*.png"])
    book.write("content/x.md", "content/y.md/in.md")
    book.once()
    for path in ("content/x.md", "content/y.md/in.md"):
        book.approve(one, article=path)
    book.once()
    book.new()
    book.author.git("rm", "-q", "content/x.md", "content/y.md/in.md")
    book.author.write("content/x.md/in.md", "# In\n")
    book.author.write("content/x.md/p.png", "p")
    book.author.write("content/y.md", "# Y\n")
    book.commit()
    story.equal(book.passed(), ["removal content/x.md: Removed", "submission content/x.md/in.md: Submitted (new)",
                                "submission content/y.md: Submitted (new)", "removal content/y.md/in.md: Removed"],
                "a file becomes a folder, and a folder a file")
    story.equal(book.approved(), {"content/x.md/p.png": "p"}, "on the approved branch too")
    book.approve(one, article="content/x.md/in.md")
    book.approve(one, article="content/y.md")
    book.once()
    story.equal(sorted(book.approved()), ["content/x.md/in.md", "content/x.md/p.png", "content/y.md"], "and back")


def merges(story, world):
    one, _ = people = board(world)
    book = begin(world, people, "merges")
    book.write("content/a.md", text="one\ntwo\nthree\n")
    book.once()
    git = book.author.git
    git("checkout", "-q", "-b", "topic")
    side = book.write("content/a.md", text="one\ntwo\nTHREE\n", push=False)
    git("checkout", "-q", "main")
    book.write("content/a.md", text="ONE\ntwo\nthree\n")
    book.once()
    book.approve(one)
    git("checkout", "-q", side)
    git("push", "-q", "origin", f"{side}:refs/heads/review/side")
    git("checkout", "-q", "main")
    book.once()
    story.equal(book.state(), "Approved", "one side is approved")
    book.new()
    git("merge", "-q", "--no-commit", "--no-ff", "topic")
    book.author.write("content/a.md", "ONE\nsmuggled\nTHREE\n")
    book.commit("Merge")
    story.equal(book.passed(), ["submission content/a.md: Submitted (revised)"],
                "a merge whose result differs from both sides is another version")
    story.equal(book.ledger()[-1]["Version"], book.author.version("content/a.md"), "the one at the tip")
    book.approve(one)
    book.once()
    book.new()
    git("checkout", "-q", "-b", "other", "HEAD~1")
    book.write("content/b.md", push=False)
    git("checkout", "-q", "main")
    git("merge", "-q", "-s", "ours", "--no-edit", "other")
    book.author.push()
    story.equal(book.passed(), [], "what a merge does not take is not there")


def the_branch_moves_by_force(story, world):
    one, two = people = board(world)
    book = begin(world, people, "forced")
    git, bare = book.author.git, book.bare
    book.write("content/a.md", text="A\n")
    first = book.author.head()
    book.once()
    book.approve(one)
    decided = book.author.head()
    book.once()
    story.equal(book.state(), "Approved", "an article is approved")
    book.new()
    git("push", "-q", "--force", "origin", f"{first}:main")
    world.git(bare, "gc", "-q", "--prune=now")
    world.git(bare, "pack-refs", "--all")
    story.equal(book.passed(), [], "the decision is forced off the branch and collected, and stands")
    story.equal(book.state(), "Approved", "for the ledger has it")
    git("checkout", "-q", "--orphan", "unrelated")
    git("rm", "-q", "-r", "-f", "--cached", ".")
    book.author.write("content/b.md", "B\n")
    unrelated = book.commit(push=False)
    git("push", "-q", "--force", "origin", f"{unrelated}:main")
    story.equal(book.passed(), ["removal content/a.md: Removed", "submission content/b.md: Submitted (new)"],
                "an unrelated history is only another tip")
    story.equal([message["type"] for message in book.told(r"policy\.rejected")], ["policy.rejected"],
                "without its policy, which stays in force")
    world.git(bare, "config", "receive.denyDeleteCurrent", "ignore")
    git("push", "-q", "origin", ":main")
    report = book.once()
    story.ok("main" in report["waiting_for"] and report["entries"] == 0, "a deleted branch is waited for", report)
    story.equal(book.new(), [], "and moves nothing")
    git("push", "-q", "origin", f"{decided}:refs/heads/main")
    story.equal(book.passed(), ["submission content/a.md: Submitted (returned)", "removal content/b.md: Removed"],
                "it comes back, with what was there; the old decision no longer counts")
    git("checkout", "-q", "-f", "-B", "main", decided)
    book.approve(two)
    story.equal(book.passed(), ["approval content/a.md by onc2: Approved"], "a new one does")
    world.git(bare, "gc", "-q", "--prune=now")
    book.once()
    story.equal(book.approved(), {"content/a.md": "A"}, "all through collections of garbage")
    story.equal(world.git(bare, "fsck", "--strict", "--no-dangling"), "", "git finds nothing wrong")


def a_hostile_repository(story, world):
    """What git itself would honour, and nobody signed: replacements, a mailmap, hooks, and names that are options."""
    one, two = people = board(world)
    book = Handbook(world, people, name="hostile", rules=[{"paths": ["**"], "approvals": 2}], articles=["content/**"])
    book.author.push()
    book.once()
    book.new()
    book.write("content/-rf.md", "content/note@abc123", "content/a b.md", "content/\"quoted\".md")
    book.write(".mailmap", text=f"{one.name} <{one.email}> <{two.email}>\n")
    version = book.author.version("content/-rf.md")
    other = world.git(book.bare, "hash-object", "-w", "--stdin", text_in="# Replaced\n")
    world.git(book.bare, "update-ref", f"refs/replace/{version}", other)
    for hook in ("reference-transaction", "post-update", "pre-receive"):
        path = book.bare / "hooks" / hook
        path.write_text(f"#!/bin/sh\ntouch {world.root}/hooked\n")
        path.chmod(0o755)
    story.equal(book.passed(), ['submission "content/\\"quoted\\".md": Submitted (new)',
                                "submission content/-rf.md: Submitted (new)",
                                "submission content/a b.md: Submitted (new)",
                                "submission content/note@abc123: Submitted (new) [path]"], "names are only names")
    story.ok(not (world.root / "hooked").exists(), "hooks are not run")
    for hook in (book.bare / "hooks").iterdir():
        hook.unlink()
    for person in people:
        book.decide(person, "approve", "content/-rf.md")
        book.decide(person, "approve", "content/a b.md")
        book.forge(f"Read.\n\nReview: claim\nArticle: \"content/\\\"quoted\\\".md\"\n", person, key=person.key,
                   branch=f"review/{person.id}")
    book.once()
    entries = [entry for entry in book.new() if entry["Article"] == "content/-rf.md"]
    story.equal([(entry["Version"], entry["Person"], entry["State"]) for entry in entries],
                [(version, "onc1", "Under Review"), (version, "onc2", "Approved")],
                "the text is what was committed, and the mailmap makes nobody somebody else")
    tree = world.run("git", "-C", book.bare, "ls-tree", "-r", "approved", "content/",
                     env={"GIT_NO_REPLACE_OBJECTS": "1"}).out
    story.ok(f"100644 blob {version}\tcontent/-rf.md" in tree and "content/a b.md" in tree, "which is published", tree)
    story.equal(book.state('"content/\\"quoted\\".md"'), "Under Review", "a quoted path is understood")


def there_and_back(story, world):
    one, two = people = board(world)
    book = begin(world, people, "back")
    book.write("content/a.md", text="A\n")
    book.once()
    early = book.after(minutes=0)
    book.approve(one)
    book.once()
    book.new()
    book.write("content/a.md", text="B\n")
    book.write("content/a.md", text="A\n")
    story.equal(book.passed(), [], "A, B and A again within a pass is A")
    book.write("content/a.md", text="B\n")
    story.equal(book.passed(), ["submission content/a.md: Submitted (revised)"], "across passes B is seen")
    between = book.pass_time()
    book.write("content/a.md", text="A\n")
    story.equal(book.passed(), ["submission content/a.md: Submitted (revised)"],
                "and A is a third round, to which the approval of the first does not belong")
    book.approve(two, at=early)
    story.equal(book.passed(), ["refusal stale content/a.md by onc2: Submitted (revised)"],
                "an approval of A from the first round, pushed late, is stale")
    book.approve(two, at=between)
    story.equal(book.passed(), ["refusal stale content/a.md by onc2: Submitted (revised)"], "one from the second too")
    book.approve(two, at=book.ledger()[-3]["At"])
    story.equal(book.passed(), ["refusal stale content/a.md by onc2: Submitted (revised)"],
                "and one of the very second in which the third began")
    book.approve(two)
    story.equal(book.passed(), ["approval content/a.md by onc2: Approved"], "one from the third counts")


with Story("Articles") as the_story:
    for tell in (problems, link_with_the_text_of_an_article, collisions, several_collide, links_collide,
                 a_newcomer_waits_behind_who_waits, normalization, case_renames, adoption_and_patterns,
                 what_was_before_the_adoption_stays_unjudged, carrying, in_the_way_of_what_is_carried, moves_and_exchanges, one_path_becomes_a_folder,
                 merges, the_branch_moves_by_force, a_hostile_repository, there_and_back):
        with World() as the_world:
            tell(the_story, the_world)
            follow(the_story, the_world)
