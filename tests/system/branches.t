#!/usr/bin/env -S python3 -B
"""Where decisions may lie: on the watched branch, on review branches, on a topic that is not merged yet, on several at
once; and in which order they are taken."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from handbook import Handbook, follow  # noqa: E402
from story import Story, World  # noqa: E402

A, B = "content/a.md", "content/b.md"


def begin(world, name, **policy):
    book = Handbook(world, name=name)
    book.one = world.person("onc1", "Oncologist One", "one@board.example")
    book.two = world.person("onc2", "Oncologist Two", "two@board.example")
    book.editor = world.person("ed1", "Editor One", "editor@example.org", roles=("editor",))
    book.policy = world.policy([book.one, book.two, book.editor],
                               **{"rules": [{"paths": ["**"], "approvals": 2}]} | policy)
    book.publish(push=True)
    book.once()
    book.write(A, B)
    book.once()
    book.new()
    return book


def review_before_merge(story, world):
    book = begin(world, "topic")
    git, one, two = book.author.git, book.one, book.two
    git("checkout", "-q", "-b", "topic")
    book.write(A, text="# Better\n", push=False)
    book.decide(one, "approve", A, push=False)
    book.decide(two, "approve", A, push=False)
    git("push", "-q", "origin", "topic")
    story.equal(book.passed(), [], "a topic is nothing to the record")
    git("checkout", "-q", "main")
    git("merge", "-q", "--no-ff", "--no-edit", "topic", env={"GIT_COMMITTER_DATE": book.pass_time()})
    book.author.push()
    story.equal(book.passed(), [f"submission {A}: Submitted (revised)", f"approval {A} by onc1: Under Review",
                                f"approval {A} by onc2: Approved"], "its decisions arrive with its merge, and its text")
    story.equal(book.approved(), {A: "# Better"}, "which is published at once")
    git("checkout", "-q", "-b", "stale-topic", "topic~3")
    book.write(B, text="# Better B\n", push=False)
    book.decide(one, "approve", B, push=False)
    book.write(B, text="# Smuggled B\n", push=False)
    git("checkout", "-q", "main")
    git("merge", "-q", "--no-ff", "--no-edit", "stale-topic")
    book.author.push()
    story.equal(book.passed(),
                [f"submission {B}: Submitted (revised)", f"refusal stale {B} by onc1: Submitted (revised)"],
                "an edit on top of the approval makes it stale")
    told = " ".join(world.imprimatur("log", B, config=book.config, now=book.now).out.split())
    story.ok("refused (stale: it is about an earlier text, or a later decision came first)" in told,
             "  and the log says what that means", told)


def judged_too_early(story, world):
    """A decision on text that is not merged, pushed as a review branch, is not looked at."""
    book = begin(world, "early")
    git, one, two = book.author.git, book.one, book.two
    git("checkout", "-q", "-b", "topic")
    book.write(A, text="# Coming\n", push=False)
    book.decide(one, "approve", A, push=False)
    book.decide(two, "approve", A, push=False, options=())
    git("push", "-q", "origin", "topic:refs/heads/review/early")
    for attempt in (1, 2):
        story.equal((book.passed(), book.told(r"decision\.refused")), ([], []), f"not looked at, pass {attempt}")
    git("checkout", "-q", "main")
    git("merge", "-q", "--ff-only", "topic~2")
    book.author.push()
    story.equal(book.passed(), [f"submission {A}: Submitted (revised)", f"approval {A} by onc1: Under Review"],
                "until the text is merged")
    story.equal([message["data"]["refusal"] for message in book.told(r"decision\.refused")], ["unsigned"],
                "and then all of it is")
    git("merge", "-q", "--ff-only", "topic")
    book.author.push()
    story.equal((book.passed(), book.told(r"decision\.refused")), ([], []), "merged later, nothing is judged twice")
    unmerged = book.forge("Not a decision", one, key=one.key)
    book.forge(f"Above\n\nReview: claim\nArticle: {B}\n", one, key=one.key, parents=[unmerged], branch="review/above")
    story.equal(book.passed(), [f"claim {B} by onc1: Under Review"],
                "what is above a commit that is not merged counts for an article whose current text its own tree has")
    book.author.push(f"{unmerged}:main")
    story.equal(book.passed(), [], "and not again when that is merged")


def by_date(story, world):
    book = begin(world, "dates")
    one, two, editor = book.one, book.two, book.editor
    moments = [book.pass_time() for _ in range(6)]
    tip = book.author.head()
    for person, verdict, path, at, branch in (
            (two, "approve", A, moments[4], "review/two"), (one, "approve", A, moments[3], "review/one"),
            (editor, "comment", B, moments[0], "review/ed"), (two, "claim", B, moments[1], "main"),
            (one, "claim", A, moments[2], "review/a-one")):
        book.author.git("checkout", "-q", "--detach", tip)
        book.author.git("checkout", "-q", "-B", "here")
        book.decide(person, verdict, path, at=at, push=False)
        book.author.push(f"HEAD:refs/heads/{branch}")
    book.author.git("checkout", "-q", "main")
    book.author.git("pull", "-q", "--ff-only", "origin", "main")
    story.equal(book.passed(), [f"comment {B} by ed1: Submitted (new)", f"claim {B} by onc2: Under Review",
                                f"claim {A} by onc1: Under Review", f"approval {A} by onc1: Under Review",
                                f"approval {A} by onc2: Approved"],
                "decisions of several branches are taken by their dates")


def ancestors_first(story, world):
    """A date never puts a decision before what it stands on."""
    book = begin(world, "ancestors")
    one, two, editor = book.one, book.two, book.editor
    early, middle, late = (book.pass_time() for _ in range(3))
    book.decide(one, "request-changes", A, at=late, branch="review/x", push=False)
    book.author.git("checkout", "-q", "review/x")
    book.decide(two, "comment", A, at=early, push=False)
    book.author.push("review/x")
    book.author.git("checkout", "-q", "main")
    book.decide(editor, "comment", A, at=middle)
    story.equal([line.split(":")[0] for line in book.passed()],
                [f"comment {A} by ed1", f"objection {A} by onc1", f"comment {A} by onc2"],
                "what stands on another decision waits for it, whatever its date")


def one_persons_decisions(story, world):
    book = begin(world, "person")
    one, editor = book.one, book.editor
    early = book.pass_time()
    book.decide(one, "request-changes", A, branch="review/late", push=False)
    book.decide(one, "approve", A, at=early, branch="review/early", push=False)
    book.author.push("review/late", "review/early")
    story.equal(book.passed(),
                [f"approval {A} by onc1: Under Review", f"objection {A} by onc1: Submitted (changes-requested)"],
                "in one pass, a person's decisions are taken in their order")
    book.decide(one, "withdraw", A, at=book.pass_time(), branch="review/w", push=False)
    book.decide(one, "approve", A, branch="review/a", push=False)
    book.author.push("review/a")
    story.equal(book.passed(), [f"approval {A} by onc1: Under Review"], "an approval replaces its person's objection")
    book.author.push("review/w")
    story.equal(book.passed(), [f"refusal stale {A} by onc1: Under Review"],
                "an earlier withdrawal that comes later is stale")
    book.decide(one, "claim", A)
    book.decide(editor, "comment", A)
    book.decide(one, "comment", A)
    story.equal(book.passed(), [f"claim {A} by onc1: Under Review", f"comment {A} by ed1: Under Review",
                                f"comment {A} by onc1: Under Review"], "claims and comments replace nothing")
    book.decide(book.two, "approve", A)
    story.equal(book.passed(), [f"approval {A} by onc2: Approved"], "so the approval stands")


def several_in_one(story, world):
    book = begin(world, "several")
    one, two = book.one, book.two
    book.decide(one, "approve", B, A)
    commit = book.decide(two, "approve", A, f"{B}@{'0' * 40}")
    story.equal(book.passed(), [f"approval {A} by onc1: Under Review", f"approval {B} by onc1: Under Review",
                                f"approval {A} by onc2: Approved", f"refusal stale {B} by onc2: Under Review"],
                "a decision about several articles is judged for each, by path")
    entries = book.ledger()[-2:]
    story.equal([entry["Decision"] for entry in entries], [commit, commit], "each entry holds it")
    kept = {world.git(book.bare, "rev-parse", f"{entry['oid']}:decision") for entry in entries}
    story.equal(len(kept), 1, "once")


def on_several_branches(story, world):
    book = begin(world, "copies")
    one, two, git = book.one, book.two, book.author.git
    decision = book.decide(one, "approve", A, branch="review/x", push=False)
    book.author.push("review/x", "review/x:refs/heads/review/y", "review/x:refs/heads/review/deep/er/z")
    story.equal(book.passed(), [f"approval {A} by onc1: Under Review"], "one commit on three branches is one decision")
    git("merge", "-q", "--ff-only", decision)
    book.author.push()
    story.equal(book.passed(), [], "on the watched branch too")
    git("push", "-q", "origin", ":review/x", ":review/y", ":review/deep/er/z")
    world.git(book.bare, "gc", "-q", "--prune=now")
    story.equal((book.passed(), book.state()), ([], "Under Review"), "a branch that is gone takes nothing back")
    book.author.git("checkout", "-q", "-b", "elsewhere")
    book.decide(two, "approve", A, push=False)
    git("push", "-q", "origin", "elsewhere:refs/heads/reviews", "elsewhere:refs/heads/my/review/x",
        "elsewhere:refs/tags/review/t")
    story.equal(book.passed(), [], "what is not on a review branch is not a decision")
    git("push", "-q", "origin", "elsewhere:refs/heads/review/e")
    story.equal(book.passed(), [f"approval {A} by onc2: Approved"], "until it is on one")


def by_other_names(story, world):
    """Another watched branch, other review branches, another approved branch or none, another committer."""
    one = world.person("onc1", "Oncologist One", "one@board.example")
    settings = {"name": "handbook", "branch": "trunk", "review_branches": ["votes/*", "board/**"],
                "approved_branch": "public/site", "committer": "The Record <record@handbook.example>"}
    book = Handbook(world, name="names", settings=settings)
    book.author.git("checkout", "-q", "-b", "trunk")
    book.policy = world.policy([one])
    book.publish(push=True)
    book.once()
    story.equal([(entry["Event"], entry["Branch"], entry["Review-Branch"]) for entry in book.new()],
                [(event, "trunk", ["votes/*", "board/**"]) for event in ("start", "policy")],
                "the ledger names the branches")
    book.write(A, text="# A\n")
    book.once()
    book.new()
    book.decide(one, "claim", A, branch="here", push=False)
    book.author.push("here:refs/heads/review/x", "here:refs/heads/votes/deep/er")
    story.equal(book.passed(), [], "what is on none of them is not looked at")
    book.author.push("here:refs/heads/votes/x")
    book.decide(one, "approve", A, branch="there", push=False)
    book.author.push("there:refs/heads/board/deep/er")
    story.equal(book.passed(), [f"claim {A} by onc1: Under Review", f"approval {A} by onc1: Approved"],
                "what is on one is")
    story.equal((book.approved("public/site"), book.approved("approved")), ({A: "# A"}, None),
                "the approved branch has its name")
    story.equal(set(world.git(book.bare, "log", "--format=%cn <%ce>", "refs/imprimatur/ledger",
                              "public/site").splitlines()),
                {settings["committer"]}, "and the committer")
    book.config.write_text(book.config.read_text().replace('"public/site"', "null"))
    book.write(A, text="# B\n")
    book.approve(one)
    story.equal((book.passed()[-1], book.approved("public/site")), (f"approval {A} by onc1: Approved", {A: "# A"}),
                "without an approved branch none is touched")


with Story("Branches") as the_story:
    for tell in (review_before_merge, judged_too_early, by_date, ancestors_first, one_persons_decisions, several_in_one,
                 on_several_branches, by_other_names):
        with World() as the_world:
            tell(the_story, the_world)
            follow(the_story, the_world)
