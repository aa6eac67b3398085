#!/usr/bin/env -S python3 -B
"""The whole life of an article, from its first draft to its return after removal. Each pass says exactly what is
written here, trailer for trailer; only object ids have names instead."""

import contextlib
import re
import sqlite3
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from handbook import Handbook, follow  # noqa: E402
from story import Story, World  # noqa: E402

A = "content/a.md"


class Life(Handbook):
    def __init__(self, story, world, people):
        super().__init__(world, people, rules=[{"paths": ["**"], "approvals": 2}])
        self.story = story
        self.names = {}    # of ids
        self.moments = {}  # by their names

    def call(self, oid, name):
        self.names[oid] = name
        return oid

    def expect(self, what, text):
        """One pass makes entries with exactly these trailers. Those at both ends of each entry, which say nothing
        new, are compared here."""
        self.once()
        year, rest = self.now.split("-", 1)
        self.moments |= {"<in 3 days>": self.after(days=3), "<in 14 days>": self.after(days=14),
                         "<in a year>": f"{int(year) + 1}-{rest}"}
        for name, moment in self.moments.items():
            text = text.replace(name, moment)
        lines = []
        for entry in self.new():
            message = self.world.git(self.bare, "log", "-1", "--format=%B", entry["oid"])
            trailers = message.split("\n\n")[-1].splitlines()
            ends = ["Ledger-Format: 1", "Policy: 1", f"Source: {self.author.head()}", f"At: {self.now}"]
            self.story.equal(trailers[:1] + trailers[-3:], ends, f"{what}: the ends of \"{entry['subject']}\"")
            lines += [entry["subject"], *trailers[1:-3], ""]
        told = re.sub(r"\b([0-9a-f]{64}|[0-9a-f]{40})\b", lambda oid: self.names.get(oid[0], f"?{oid[0]}"),
                      "\n".join(lines))
        self.story.equal(told.strip().splitlines(), text.strip().splitlines(), what)

    def published(self, expected, what):
        self.story.equal(self.approved(), {A: expected} if expected else {}, what)


def tell(story, world):
    one = world.person("onc1", "Oncologist One", "one@board.example")
    two = world.person("onc2", "Oncologist Two", "two@board.example")
    three = world.person("onc3", "Oncologist Three", "three@board.example")
    editor = world.person("ed1", "Editor One", "editor@example.org", roles=("editor",))
    life = Life(story, world, [one, two, three, editor])
    begins(life)
    is_reviewed(life, one, two, three, editor)
    is_revised(life, one, two, three, editor)
    loses_a_vote(life, one, two)
    is_retracted(life, one, two, editor)
    expires(life, two, three)
    goes_and_returns(life)
    is_what_git_says(life)
    is_the_same_at_once(life)


def begins(life):
    life.author.push()
    life.call(life.world.run("sha256sum", "manifest", cwd=life.author.path / ".imprimatur").out.split()[0],
              "<manifest>")
    life.expect("a policy begins the ledger", """\
start of the ledger of handbook
Event: start
Repository: handbook
Manifest: <manifest>
Branch: main
Review-Branch: review/**

policy 1 in force
Event: policy
Repository: handbook
Manifest: <manifest>
Branch: main
Review-Branch: review/**
""")
    life.published(None, "the approved branch begins empty")
    life.write(A, text="---\ntitle: Stage 4\n---\nFirst.\n")
    life.call(life.author.version(A), "<first>")
    life.expect("a first draft is new, and two of three are asked", """\
content/a.md: submitted (new)
Event: submission
Article: content/a.md
Version: <first>
Round: 1
State: Submitted
Previous-State: Removed
Reason: new
Requested: onc1
Requested: onc2
Respond-by: <in 3 days>
Review-by: <in 14 days>
""")
    life.published(None, "a draft is not published")


def is_reviewed(life, one, two, three, editor):
    life.call(life.decide(one, "decline", A), "<decline>")
    life.expect("who declines is replaced", """\
content/a.md: declined by onc1
Event: decline
Article: content/a.md
Version: <first>
Round: 1
State: Submitted
Previous-State: Submitted
Reason: new
Person: onc1
Decision: <decline>

content/a.md: asked onc3
Event: request
Article: content/a.md
Version: <first>
Round: 1
State: Submitted
Previous-State: Submitted
Reason: new
Requested: onc3
Respond-by: <in 3 days>
Review-by: <in 14 days>
""")
    life.call(life.decide(two, "claim", A), "<claim>")
    life.call(life.decide(editor, "comment", A, message="Mind the doses."), "<comment>")
    life.call(life.decide(two, "approve", A), "<two approves>")
    life.expect("a claim, a comment and an approval of two, in their order", """\
content/a.md: claimed by onc2
Event: claim
Article: content/a.md
Version: <first>
Round: 1
State: Under Review
Previous-State: Submitted
Person: onc2
Decision: <claim>

content/a.md: comment by ed1
Event: comment
Article: content/a.md
Version: <first>
Round: 1
State: Under Review
Previous-State: Under Review
Person: ed1
Decision: <comment>

content/a.md: approval by onc2 (1 of 2)
Event: approval
Article: content/a.md
Version: <first>
Round: 1
State: Under Review
Previous-State: Under Review
Person: onc2
Reviewed-by: Oncologist Two <two@board.example>
Decision: <two approves>
""")
    life.published(None, "one approval of two publishes nothing")
    life.moments["<a year after the first approval>"] = life.moments["<in a year>"]
    life.call(life.decide(three, "approve", A), "<three approves>")
    life.expect("a second approval makes it Approved for a year from the first", """\
content/a.md: approved (2 of 2)
Event: approval
Article: content/a.md
Version: <first>
Round: 1
State: Approved
Previous-State: Under Review
Person: onc3
Reviewed-by: Oncologist Three <three@board.example>
Decision: <three approves>
Valid-until: <a year after the first approval>
""")
    life.published("---\ntitle: Stage 4\n---\nFirst.", "and it is published")
    life.expect("nothing happened, and nothing is recorded", "")


def is_revised(life, one, two, three, editor):
    life.write(A, text="# Second\n")
    life.call(life.author.version(A), "<second>")
    life.expect("one byte more is another round", """\
content/a.md: submitted (revised)
Event: submission
Article: content/a.md
Version: <second>
Round: 2
State: Submitted
Previous-State: Approved
Reason: revised
Requested: onc1
Requested: onc2
Respond-by: <in 3 days>
Review-by: <in 14 days>
""")
    life.published("---\ntitle: Stage 4\n---\nFirst.", "the last approved text stays")
    life.call(life.decide(one, "request-changes", A, message="Page 3 is wrong."), "<objection>")
    life.call(life.decide(two, "approve", A), "<two approves again>")
    life.call(life.decide(three, "approve", A), "<three approves again>")
    life.expect("an objection stands against two approvals", """\
content/a.md: changes requested by onc1
Event: objection
Article: content/a.md
Version: <second>
Round: 2
State: Submitted
Previous-State: Submitted
Reason: changes-requested
Person: onc1
Decision: <objection>

content/a.md: approval by onc2 (1 of 2)
Event: approval
Article: content/a.md
Version: <second>
Round: 2
State: Submitted
Previous-State: Submitted
Reason: changes-requested
Person: onc2
Reviewed-by: Oncologist Two <two@board.example>
Decision: <two approves again>

content/a.md: approval by onc3 (2 of 2)
Event: approval
Article: content/a.md
Version: <second>
Round: 2
State: Submitted
Previous-State: Submitted
Reason: changes-requested
Person: onc3
Reviewed-by: Oncologist Three <three@board.example>
Decision: <three approves again>
""")
    life.published("---\ntitle: Stage 4\n---\nFirst.", "and nothing is published against it")
    life.moments["<a year after the two of round 2>"] = life.moments["<in a year>"]
    life.call(life.decide(editor, "dismiss", A, of=one), "<dismissal>")
    life.expect("until an editor dismisses it", """\
content/a.md: objection of onc1 dismissed by ed1
Event: dismissal
Article: content/a.md
Version: <second>
Round: 2
State: Approved
Previous-State: Submitted
Person: ed1
Of: onc1
Decision: <dismissal>
Valid-until: <a year after the two of round 2>
""")
    life.published("# Second", "the second text is published")


def loses_a_vote(life, one, two):
    life.call(life.decide(two, "withdraw", A), "<withdrawal>")
    life.expect("an approval taken back; somebody else is asked", """\
content/a.md: withdrawn by onc2
Event: withdrawal
Article: content/a.md
Version: <second>
Round: 2
State: Under Review
Previous-State: Approved
Person: onc2
Decision: <withdrawal>

content/a.md: asked onc1
Event: request
Article: content/a.md
Version: <second>
Round: 2
State: Under Review
Previous-State: Under Review
Requested: onc1
Respond-by: <in 3 days>
Review-by: <in 14 days>
""")
    life.published("# Second", "what was approved stays published")
    life.call(life.decide(one, "approve", A), "<one approves>")
    life.expect("it is approved again", """\
content/a.md: approved (2 of 2)
Event: approval
Article: content/a.md
Version: <second>
Round: 2
State: Approved
Previous-State: Under Review
Person: onc1
Reviewed-by: Oncologist One <one@board.example>
Decision: <one approves>
Valid-until: <a year after the two of round 2>
""")
    life.moments["<a year after the last of the latest two>"] = life.moments["<in a year>"]
    life.call(life.decide(two, "approve", A), "<two renews>")
    life.expect("and a further approval renews it, as far back as the rule needs", """\
content/a.md: approved (3 of 2)
Event: approval
Article: content/a.md
Version: <second>
Round: 2
State: Approved
Previous-State: Approved
Person: onc2
Reviewed-by: Oncologist Two <two@board.example>
Decision: <two renews>
Valid-until: <a year after the last of the latest two>
""")


def is_retracted(life, one, two, editor):
    life.call(life.decide(editor, "retract", A), "<retraction>")
    life.expect("a retraction opens a round", """\
content/a.md: retracted by ed1
Event: retraction
Article: content/a.md
Version: <second>
Round: 3
State: Submitted
Previous-State: Approved
Reason: retracted
Person: ed1
Requested: onc1
Requested: onc2
Respond-by: <in 3 days>
Review-by: <in 14 days>
Decision: <retraction>
""")
    life.published(None, "and takes the article off the approved branch")
    subjects = life.world.git(life.bare, "log", "--reverse", "--format=%s", "approved").splitlines()
    life.story.equal((subjects[:2], subjects[-1]), (["No text is approved yet", f"Publish {A}"], f"Take away {A}"),
                     "whose subjects say which article")
    life.call(life.decide(one, "approve", A), "<one approves 3>")
    life.call(life.decide(two, "approve", A), "<two approves 3>")
    life.expect("the same text can be approved again", """\
content/a.md: approval by onc1 (1 of 2)
Event: approval
Article: content/a.md
Version: <second>
Round: 3
State: Under Review
Previous-State: Submitted
Person: onc1
Reviewed-by: Oncologist One <one@board.example>
Decision: <one approves 3>

content/a.md: approved (2 of 2)
Event: approval
Article: content/a.md
Version: <second>
Round: 3
State: Approved
Previous-State: Under Review
Person: onc2
Reviewed-by: Oncologist Two <two@board.example>
Decision: <two approves 3>
Valid-until: <in a year>
""")
    life.published("# Second", "and is published again")


def expires(life, two, three):
    life.pass_time(days=364)
    life.expect("a day before its time is over nothing happens", "")
    life.pass_time(days=1)
    life.expect("a year is over", """\
content/a.md: approval expired
Event: expiry
Article: content/a.md
Version: <second>
Round: 4
State: Submitted
Previous-State: Approved
Reason: expired
Requested: onc1
Requested: onc2
Respond-by: <in 3 days>
Review-by: <in 14 days>
""")
    life.published("# Second", "what has expired stays published")
    life.call(life.decide(two, "claim", A), "<claim 4>")
    life.call(life.decide(three, "approve", A), "<three approves 4>")
    life.call(life.decide(two, "withdraw", A), "<withdrawal 4>")
    life.call(life.decide(three, "withdraw", A), "<withdrawal of three>")
    life.expect("who takes everything back leaves it Submitted", """\
content/a.md: claimed by onc2
Event: claim
Article: content/a.md
Version: <second>
Round: 4
State: Under Review
Previous-State: Submitted
Person: onc2
Decision: <claim 4>

content/a.md: approval by onc3 (1 of 2)
Event: approval
Article: content/a.md
Version: <second>
Round: 4
State: Under Review
Previous-State: Under Review
Person: onc3
Reviewed-by: Oncologist Three <three@board.example>
Decision: <three approves 4>

content/a.md: withdrawn by onc2
Event: withdrawal
Article: content/a.md
Version: <second>
Round: 4
State: Under Review
Previous-State: Under Review
Person: onc2
Decision: <withdrawal 4>

content/a.md: withdrawn by onc3
Event: withdrawal
Article: content/a.md
Version: <second>
Round: 4
State: Submitted
Previous-State: Under Review
Reason: withdrawn
Person: onc3
Decision: <withdrawal of three>
""")


def goes_and_returns(life):
    life.remove(A)
    life.expect("a file that goes", """\
content/a.md: removed
Event: removal
Article: content/a.md
Round: 4
State: Removed
Previous-State: Submitted
""")
    life.published(None, "leaves the approved branch")
    life.write(A, text="# Second\n")
    life.expect("and returns has its rounds counted on", """\
content/a.md: submitted (returned)
Event: submission
Article: content/a.md
Version: <second>
Round: 5
State: Submitted
Previous-State: Removed
Reason: returned
Requested: onc1
Requested: onc2
Respond-by: <in 3 days>
Review-by: <in 14 days>
""")
    life.published(None, "and waits for its reviewers")


def is_what_git_says(life):
    """Ordinary git is a full client of the record."""
    story, git = life.story, lambda *arguments: life.world.git(life.bare, *arguments)
    entries = life.ledger()
    chain = git("rev-list", "--reverse", "--parents", "refs/imprimatur/ledger").splitlines()
    story.equal([line.split()[1:] for line in chain], [[], *[[entry["oid"]] for entry in entries[:-1]]],
                "the ledger is a chain of commits with one parent")
    decided = [entry for entry in entries if "Decision" in entry]
    story.ok(len(decided) == 19 and all(git("cat-file", "blob", f"{entry['oid']}:decision")
                                        == git("cat-file", "commit", entry["Decision"]) for entry in decided),
             "an entry about a decision holds the signed commit, byte for byte")
    story.ok(all(git("ls-tree", entry["oid"]).count("\n") == 0 for entry in entries), "and nothing else")
    story.equal(git("shortlog", "-sn", "--group=trailer:reviewed-by", "refs/imprimatur/ledger").split("\n"),
                ["     4\tOncologist Two", "     3\tOncologist Three",
                 "     2\tOncologist One"], "git shortlog counts the reviewers' approvals")
    people = git("log", "--format=%an <%ae> %cn <%ce>%x09%(trailers:key=Person,valueonly,separator=)",
                 "refs/imprimatur/ledger")
    story.equal(set(people.splitlines()), {
        f"{who} imprimatur <imprimatur@localhost>\t{person}" for who, person in
        (("imprimatur <imprimatur@localhost>", ""), ("Oncologist One <one@board.example>", "onc1"),
         ("Oncologist Two <two@board.example>", "onc2"), ("Oncologist Three <three@board.example>", "onc3"),
         ("Editor One <editor@example.org>", "ed1"))}, "the author is who acted, the committer is the daemon")
    story.equal(git("log", "--format=%ad %cd%x09%(trailers:key=At,valueonly,separator=)",
                    "--date=format:%Y-%m-%dT%H:%M:%SZ%z",
                    "refs/imprimatur/ledger").splitlines(),
                [f"{at}+0000 {at}+0000\t{at}" for at in (entry["At"] for entry in reversed(entries))],
                "both dates are the moment of recording, in UTC")
    ledgers = git("log", "--format=%(trailers:key=Ledger,valueonly,separator=)", "approved").splitlines()
    story.ok(len(ledgers) == 6 and set(ledgers) <= {entry["oid"] for entry in entries},
             "the approved branch moved only when its tree changed, and names the ledger", ledgers)
    story.equal(git("fsck", "--strict", "--no-dangling"), "", "git finds nothing wrong")


def folded(file):
    """What an index says of articles, in any order of columns."""
    told = {}
    with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as index:
        for table in ("article", "standing", "request", "open_requests", "earlier_version", "last_date", "entry", "seen",
                      "policy", "signing_key"):
            told[table] = sorted(index.execute(f"SELECT * FROM {table}").fetchall(), key=repr)
        told["open_requests"] = [row for row in told["open_requests"] if row[1]]
        told["meta"] = index.execute("SELECT * FROM meta WHERE key IN ('ledger', 'source', 'last_at', 'place') "
                                     "ORDER BY key").fetchall()
    return told


def is_the_same_at_once(life):
    """Whoever reads the ledger as a whole ends where the daemon did, which took one entry after the other."""
    mirror = life.world.root / "mirror.git"
    life.world.run("git", "clone", "-q", "--mirror", life.bare, mirror)
    life.world.run(life.world.program, "-C", mirror, "status")
    ours, theirs = folded(mirror / "imprimatur/index.db"), folded(life.state_directory / "index.db")
    for table, rows in theirs.items():
        life.story.equal(ours[table], rows, f"an index made at once has the same {table}")


with Story("The whole life of an article") as the_story, World() as the_world:
    tell(the_story, the_world)
    follow(the_story, the_world)
