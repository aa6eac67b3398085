#!/usr/bin/env -S python3 -B
"""What a forge makes of signed decisions: pull requests that are merged squashed or rebased, amended, left behind."""

import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from elsewhere import Elsewhere  # noqa: E402
from receiver import Receiver  # noqa: E402
from story import KEEPS_MEMORY, Story, World  # noqa: E402

TEXT = "# Doses\n\n60 mg.\n"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def about(here, path):
    return [entry for entry in here.ledger() if entry.get("Article") == path]


def last(here, path):
    entries = about(here, path)
    return (entries[-1]["Event"], entries[-1]["State"]) if entries else None


class Book:
    """A repository on a forge, with its author, and a reviewer's clone."""

    def __init__(self, world, people, name="handbook", now=None):
        self.world, self.people = world, people
        self.forge = world.bare(name)
        self.author = world.clone(self.forge, f"{name}-author")
        self.author.publish_policy(world.policy(people, rules=[{"paths": ["**"], "approvals": 1}]))
        self.author.push()
        self.here = Elsewhere(world, self.forge, name, remote={"heads": ["refs/pull/*/head"]})
        self.once(now=now)
        self.number = 0

    def once(self, **more):
        done = self.here.once(**more)
        assert done.status == 0, done
        return done

    def pull_request(self, path, text=TEXT, author=None):
        """A topic branch from main with one new text; its number."""
        self.number += 1
        git = self.author.git
        git("checkout", "-q", "-B", f"topic-{self.number}", "main")
        self.author.edit(path, text, author=author)
        self.push()
        return self.number

    def push(self, force=True):
        self.author.git("push", "-q", "--force", "origin", f"HEAD:refs/pull/{self.number}/head")

    def decide(self, person, verdict, *articles, **more):
        commit = self.author.decide(person, verdict, *articles, push=False, **more)
        self.push()
        return commit

    def squash(self, message="Squashed by the forge"):
        """As the forge's button does: one commit on main with the head's tree, by nobody of the policy."""
        git = self.author.git
        topic = git("rev-parse", "HEAD")
        git("checkout", "-q", "main")
        git("merge", "-q", "--squash", topic)
        self.author.commit(message, author=self.people[-1])
        self.author.push()


def squashed(story, world, people):
    one, two, forge = people
    book = Book(world, people)
    here = book.here
    book.pull_request("content/a.md")
    book.decide(one, "approve", "content/a.md")
    book.once()
    story.equal(about(here, "content/a.md"), [], "row 33: an approval on a pull request is not judged before its merge")
    book.squash("Doses (#1)\n\nReview: approve\nArticle: content/a.md")
    book.once()
    story.equal(last(here, "content/a.md"), ("approval", "Approved"), "squashed, a pinned approval of just that text counts")
    story.ok(not [entry for entry in here.ledger() if entry["Event"] == "refusal" and entry.get("Person") == "onc1"],
             "row 39: and words of an approval in the squash's message are nobody's decision")
    entries = len(here.ledger())
    book.once()
    story.equal(len(here.ledger()), entries, "  once")
    story.ok("refs/pull/*/head" in here.ledger()[0]["Review-Branch"], "the ledger says where decisions are looked for", here.ledger()[0])
    book.pull_request("content/b.md")
    book.decide(one, "approve", "content/b.md")
    book.author.edit("content/b.md", TEXT + "Changed after it was read.\n")
    book.push()
    book.squash()
    book.once()
    story.equal(last(here, "content/b.md"), ("submission", "Submitted"), "an approval of an earlier text does not")
    book.pull_request("content/c.md")
    book.decide(one, "approve", f"content/c.md@{book.author.version('content/c.md')}", f"content/a.md@{book.author.version('content/a.md')}")
    book.once()
    story.equal(last(here, "content/c.md"), None, "of several articles")
    book.squash()
    book.once()
    story.equal(last(here, "content/c.md"), ("approval", "Approved"), "  each is looked at by itself")
    return book


def rebased(story, book):
    one = book.people[0]
    book.pull_request("content/rebased.md")
    book.decide(one, "approve", "content/rebased.md")
    book.author.git("checkout", "-q", "main")
    book.author.edit("content/other.md", TEXT + "other")
    # The forge's rebase: new commits of its own, without signatures.
    book.author.git("checkout", "-q", f"topic-{book.number}")
    book.author.git("checkout", "-q", "-B", "rebased", "main")
    book.author.git("cherry-pick", "--allow-empty", "--keep-redundant-commits", f"main..topic-{book.number}")
    book.author.git("checkout", "-q", "main")
    book.author.git("merge", "-q", "--ff-only", "rebased")
    book.author.push()
    book.once()
    story.equal(("approval", "Approved") in [(entry["Event"], entry["State"]) for entry in about(book.here, "content/rebased.md")],
                True, "rebased by the forge, the approval on the pull request counts")


def objections(story, world, book):
    one, two, forge = book.people
    here = book.here
    book.pull_request("content/o.md")
    book.decide(two, "request-changes", "content/o.md", message="The dose is per kg")
    book.squash()
    book.once()
    story.equal(last(here, "content/o.md"), ("objection", "Submitted"), "an objection on the branch counts too")
    book.pull_request("content/p.md")
    book.decide(two, "request-changes", "content/p.md")
    book.once()
    tip = book.author.head()
    book.author.git("reset", "-q", "--hard", "HEAD~1")
    book.author.write("content/p.md", TEXT + "Amended.\n")
    book.author.git("add", "-A")
    book.author.git("commit", "-q", "--amend", "-m", "Amended")
    book.push()
    book.once()
    kept = world.git(here.mirror, "for-each-ref", "--format=%(objectname)", "refs/imprimatur-kept")
    story.ok(tip in kept, "the tip that a head left is kept", kept)
    book.squash()
    book.once()
    story.equal(last(here, "content/p.md"), ("objection", "Submitted"), "  also after an amended force-push")
    book.pull_request("content/q.md")
    book.decide(two, "request-changes", "content/q.md")
    book.once()
    topic = book.author.head()
    book.author.git("push", "-q", "origin", f":refs/pull/{book.number}/head")
    book.once()
    book.author.git("checkout", "-q", "main")
    book.author.git("merge", "-q", "--squash", topic)
    book.author.commit("Squashed", author=forge)
    book.author.push()
    book.once()
    story.equal(last(here, "content/q.md"), ("objection", "Submitted"), "  and of a head that is deleted")
    verified = world.imprimatur("verify", "--authority", here.keys["authority"], cwd=here.mirror)
    story.ok("consistent" in verified.out, "verify agrees, though it has no heads", verified)


def left_behind(story, world, book):
    one, two, forge = book.people
    with Receiver(secrets=[SECRET]) as receiver:
        book.here.write(endpoints=[{"name": "site", "url": receiver.url("/ok"), "secret": SECRET, "allow": ["127.0.0.0/8"],
                                    "events": ["review.left_behind"]}])
        book.pull_request("content/l.md")
        commit = book.decide(two, "request-changes", "content/l.md")
        book.author.git("checkout", "-q", "main")
        book.author.edit("content/l.md", TEXT + "By somebody else.\n")
        book.author.push()
        running = book.here.daemon()
        message = receiver.wait_for(lambda message: message["body"]["type"] == "review.left_behind")
        data = message["body"]["data"]
        story.equal((data["person"]["id"], data["article"]["path"], data["decision"]), ("onc2", "content/l.md", commit),
                    "an objection that is left behind is told to its person")
        story.ok("Review: request-changes" in data["command"] and "Article: content/l.md" in data["command"], "  with the line that repeats it", data)
        running.stop()
        entries = len(book.here.ledger())
        book.once()
        left = book.here.sql("SELECT count(*) FROM outbox_message WHERE type = 'review.left_behind'")
        story.equal((left, len(book.here.ledger())), ([(1,)], entries), "  once, and nothing is recorded")


def authors(story, world, book):
    one, two, forge = book.people
    here = book.here
    book.pull_request("content/w.md", author=forge)
    # Its date is its author's to choose, and git takes a blank there.
    book.author.git("commit", "-q", "--amend", "-m", f"Write\n\nCo-authored-by : One <{one.email}>",
                    env={"GIT_COMMITTER_DATE": "2024-01-01T00:00:00Z"})
    book.push()
    book.once()
    book.squash()
    book.once()
    opened = about(here, "content/w.md")[-1]
    story.equal((opened["Event"], opened.get("Contributor"), opened["Ledger-Format"]), ("submission", "onc1", "2"),
                "whoever wrote the squashed text is named in the entry")
    book.author.git("checkout", "-q", "main")
    book.author.decide(one, "approve", "content/w.md")
    book.once()
    entry = here.ledger()[-1]
    story.equal((entry["Event"], entry.get("Refusal")), ("refusal", "contributor"), "  and cannot approve it")
    book.author.decide(two, "approve", "content/w.md")
    book.once()
    story.equal(last(here, "content/w.md"), ("approval", "Approved"), "  as others can")
    ordinary = [entry for entry in here.ledger() if entry["Event"] == "submission" and entry["Article"] != "content/w.md"]
    story.equal({entry["Ledger-Format"] for entry in ordinary}, {"1"}, "all other entries stay as they were")
    explained = world.imprimatur("explain", "content/w.md", config=here.config)
    story.ok("onc1" in explained.out or "Oncologist 1" in explained.out, "explain names them", explained)
    book.author.edit("content/w.md", TEXT + "Further.\n")
    book.author.push()
    book.once()


def huge(story, world, book):
    """A head of more commits than are read of one at once."""
    one, two, forge = book.people
    book.author.git("checkout", "-q", "main")
    deep = f"committer {two.name} <{two.email}> 1790000000 +0000\ndata 4\nDeep\nfrom {book.author.head()}\nM 100644 inline content/deep.md\ndata 5\n# Tc\n\n"
    plain = f"commit refs/heads/huge\ncommitter {one.name} <{one.email}> 1790000000 +0000\ndata 5\nPlain\n"
    world.run("git", "-C", book.author.path, "fast-import", "--quiet", text_in=f"commit refs/heads/huge\n{deep}{plain * 10010}",
              env=KEEPS_MEMORY)
    book.author.git("checkout", "-q", "huge")
    book.author.edit("content/huge.md", TEXT + "Huge.\n", author=one)
    book.number += 1
    book.push()
    book.once()
    book.squash()
    book.once()
    near, far = about(book.here, "content/huge.md")[-1], about(book.here, "content/deep.md")[-1]
    story.equal((near["Event"], near.get("Contributor")), ("submission", "onc1"), "of a head of 10,000 commits and more those near the tip are read")
    story.equal((far["Event"], far.get("Contributor")), ("submission", None), "  and what is further down is not said to be theirs")


def stale(story, world, people):
    one, two, forge = people
    then = datetime.now(timezone.utc) - timedelta(days=3 * 365)
    book = Book(world, people, "old", now=then.strftime("%Y-%m-%dT%H:%M:%SZ"))
    here = book.here
    book.number += 1
    book.author.git("checkout", "-q", "-B", "old-topic", "main")
    book.author.edit("content/old.md", TEXT, at=then.strftime("%Y-%m-%dT%H:%M:%SZ"))
    book.decide(one, "approve", "content/old.md", at=(then + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ"))
    book.squash()
    book.once()
    entry = about(here, "content/old.md")[-1]
    story.equal((entry["Event"], entry.get("Refusal")), ("refusal", "stale"), "a pull request of three years ago is stale")
    book.pull_request("content/twice.md")
    book.decide(two, "approve", "content/twice.md", at=(datetime.now(timezone.utc) - timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%SZ"))
    book.author.edit("content/twice.md", TEXT + "Second.\n")
    book.decide(two, "request-changes", "content/twice.md", at=(datetime.now(timezone.utc) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ"))
    # Only the first commit's text is merged.
    book.author.git("checkout", "-q", "main")
    book.author.edit("content/twice.md", TEXT, message="The first half of it")
    book.author.push()
    book.once()
    entries = [(entry["Event"], entry.get("Refusal")) for entry in about(here, "content/twice.md")]
    story.ok(("refusal", "stale") in entries and ("approval", None) not in entries, "so is one that its person overtook there", entries)
    verified = world.imprimatur("verify", "--authority", here.keys["authority"], cwd=here.mirror)
    story.ok("consistent" in verified.out, "and verify agrees", verified)


with Story("Squash and rebase merges") as story, World() as world:
    people = [world.person(f"onc{n}", f"Oncologist {n}", f"onc{n}@board.example") for n in (1, 2)]
    people.append(world.person("forge", "The Forge", "noreply@forge.example", roles=("editor",)))
    book = squashed(story, world, people)
    rebased(story, book)
    objections(story, world, book)
    authors(story, world, book)
    huge(story, world, book)
    left_behind(story, world, book)
    stale(story, world, people)
