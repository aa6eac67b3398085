#!/usr/bin/env -S python3 -B
"""SECURITY.md, THREATS: what is tried with decisions. Each claim begins with the number of its row."""

import base64
import struct
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from handbook import armored_signature, with_signature, without_signature  # noqa: E402
from siege import A, B, Siege, moved_into_message, rewrapped, signed_twice  # noqa: E402
from story import Story, World  # noqa: E402

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def text_and_approval(book):
    git, one = book.author.git, book.one
    book.author.write(A, "# Edited and approved\n")
    book.decided(one, "approve", A)
    book.holds("row 2: an approval with an edit in it", "decision-with-edit")
    book.author.git("reset", "-q", "--hard", "origin/main")
    git("checkout", "-q", "-b", "aside")
    book.author.edit("notes.txt", "A note\n", at=book.pass_time())
    git("checkout", "-q", "main")
    git("merge", "-q", "--no-ff", "--no-commit", "aside")
    book.decided(one, "approve", A)
    book.holds("row 2: an approval that is a merge", "decision-with-edit")
    git("reset", "-q", "--hard", "origin/main")

    git("checkout", "-q", "-b", "reading")
    approval = book.decide(one, "approve", A, push=False)
    git("checkout", "-q", "main")
    book.write(A)
    book.author.push("reading:refs/heads/review/read-before")
    book.once()
    book.forget()
    book.decided(one, "approve", f"{A}@{book.author.version(A, 'HEAD~1')}")
    book.holds("row 3: an approval of the text before the push", "stale")
    git("checkout", "-q", "reading")
    git("-c", f"user.signingkey={one.key}", "rebase", "-q", "-S", "--keep-empty", "main",
        env={"GIT_COMMITTER_DATE": book.pass_time()})
    book.author.push("reading:refs/heads/review/rebased")
    book.story.ok(book.author.head() != approval, "row 3: git rebases an approval, and signs it again")
    git("checkout", "-q", "main")
    book.holds("row 3: which still names the text that was read", "stale")
    git("branch", "-q", "-D", "reading")


def names_and_keys(book, stranger):
    one, two = book.one, book.two
    when = int(book.moment.timestamp())
    book.decided(one, "approve", A, options=())
    book.decided(one, "approve", A, key=stranger.key)
    book.forged(author=f"{two.name} <{two.email}> {when} +0000")
    book.forged(author=f"{stranger.name} <{stranger.email}> {when} +0000")
    book.holds("row 6: a reviewer's name unsigned, with a stranger's key, and over another's signature", "unsigned",
               "unknown-key", "author-mismatch", "author-mismatch")
    book.forged(namespace="file")
    book.forged(namespace="imprimatur-policy")
    book.holds("row 11: a signature made for something else", "bad-signature", "bad-signature")


def objects_by_hand(book):
    twice = lambda name: lambda text: text.replace(f"\n{name} ", f"\n{name} X <x@y.example> 1 +0000\n{name} ", 1)  # noqa: E731
    book.forged(after=moved_into_message)
    book.forged(key=None, headers="gpgsigReview: approve\n")
    book.forged(headers="gpgsigReview: approve\n")
    book.forged(book.message() + "\0\nAnother tail\n")
    book.holds("row 12: a signature in the message, a smuggled header, NUL and a tail", "unsigned", "malformed", "malformed",
               "malformed")
    book.forged(after=signed_twice)
    book.forged(before=twice("author"))
    book.forged(before=twice("committer"))
    book.forged(headers="note x\n")
    book.holds("row 13: two signatures, two authors, two committers, an unknown header", *["malformed"] * 4)


def trailers_by_hand(book):
    good = book.message()
    messages = (good.replace("Read.", "Read.\n---\nMore."), good.replace(": none", ":\n none"),
                good.replace(": none", ": none\n at all"), good + "Note:\n",
                good.replace("Read.", "Read.\n# ---- >8 ----"), good + "review: withdraw\n",
                good + "REVIEW: approve\n", good.replace("Read.", "Read.\n\nreview: request-changes"),
                good + "competing-interests: none\n", good.replace("approve", "Approve"))
    for message in messages:
        book.forged(message)
    book.holds("row 14: dashes, folding, empty values, scissors, duplicates, and letter case", *["malformed"] * len(messages))


def quotations(book):
    git, one = book.author.git, book.one
    other = book.author.git("rev-parse", "HEAD")
    approval = book.decide(one, "approve", f"{B}@{book.author.version(B)}", branch="approval", push=False)
    git("checkout", "-q", "-b", "quoting")
    book.author.write("notes.txt", "note\n")
    quoted = book.author.commit("Squashed\n\n" + git("log", "-1", "--format=%B", approval), at=book.pass_time())
    git("revert", "--no-edit", quoted, env={"GIT_COMMITTER_DATE": book.pass_time()})
    git("commit", "-q", "--amend", "-m", "Revert\n\n" + git("log", "-1", "--format=%B", approval),
        env={"GIT_COMMITTER_DATE": book.now})
    book.author.push("HEAD:refs/heads/review/quoting")
    git("checkout", "-q", "-b", "picking", other)
    git("cherry-pick", "--allow-empty", approval, env={"GIT_COMMITTER_DATE": book.pass_time()})
    book.author.push("HEAD:refs/heads/review/picking")
    git("checkout", "-q", "main")
    book.holds("row 15: quoted by a squash or a revert it is not an attempt, picked without its key it is unsigned", "unsigned")


def clocks(book):
    book.decided(book.one, "approve", B, at=book.after(days=365))
    book.holds("row 28: a year ahead", "future-dated")
    first, since = book.author.version(B), book.now
    text = (book.author.path / B).read_text()
    book.write(B, text="# Another\n")
    book.once()
    book.write(B, text=text)
    book.once()
    book.forget()
    book.story.equal(book.author.version(B), first, "row 28: the first text is back")
    book.decided(book.one, "approve", B, at=since)
    book.holds("row 28: an approval dated before its round began", "stale")


def before_the_merge(book):
    git = book.author.git
    git("checkout", "-q", "-b", "topic")
    book.author.edit("content/new.md", "# New\n", at=book.pass_time())
    book.decide(book.one, "approve", "content/new.md", push=False)
    book.decide(book.one, "request-changes", A, push=False)
    book.author.push("HEAD:refs/heads/review/topic")
    git("checkout", "-q", "main")
    book.becomes("row 33: of decisions on a topic that is not merged only what is about a text on the watched branch counts",
                 f"objection {A} by onc1: Submitted (changes-requested)")
    git("merge", "-q", "--no-ff", "--no-edit", "topic", env={"GIT_COMMITTER_DATE": book.pass_time()})
    book.author.push()
    book.becomes("row 33: the rest when it is", "submission content/new.md: Submitted (new)",
                 "approval content/new.md by onc1: Approved")
    book.decided(book.one, "withdraw", A)
    book.once()
    book.forget()


def copies(book):
    """Row 4."""
    one, two, editor = book.one, book.two, book.editor
    book.write(A)
    book.once()
    book.forget()
    genuine = book.decide(one, "approve", A, branch="genuine", push=False)
    book.copied(genuine, without_signature)
    book.holds("row 4: a copy without its signature", "unsigned")
    book.copied(genuine, rewrapped(50))
    book.becomes("row 4: a copy wrapped differently, before the genuine one, is the decision",
                 f"approval {A} by onc1: Approved")
    book.copied(genuine)
    book.copied(genuine, rewrapped(31))
    book.holds("row 4: the genuine one and other wrappings after it are copies")
    book.copied(genuine, lambda commit: without_signature(commit) + "\n")
    book.holds("row 4: without its signature after it, it is not even a copy", "unsigned")
    book.decided(one, "withdraw", A)
    book.once()
    book.forget()
    book.copied(genuine, rewrapped(29))
    book.author.push(f"{genuine}:refs/heads/review/again")
    book.holds("row 4: after a withdrawal no copy brings it back")
    withheld = book.decide(two, "approve", A, branch="withheld", push=False)
    book.decided(two, "request-changes", A)
    book.becomes("row 4: an objection", f"objection {A} by onc2: Submitted (changes-requested)")
    book.author.push(f"{withheld}:refs/heads/review/withheld")
    book.holds("row 4: an approval withheld until after an objection", "stale")
    book.decided(editor, "dismiss", A, of=two)
    book.once()
    book.forget()


def the_twin(story, world):
    """Row 4, ECDSA: with (r, s) also (r, n - s) verifies, and anybody can compute it."""
    one = world.person("onc1", "Oncologist One", "one@board.example")
    one.key = world.new_key("ecdsa", "-t", "ecdsa", "-b", "256")
    book = Siege(story, world, [one], name="twin", rules=[{"paths": ["**"], "approvals": 1}]).begin()

    def string(data):
        return struct.pack(">I", len(data)) + data

    def strings(data):
        while data:
            length = struct.unpack(">I", data[:4])[0]
            yield data[4:4 + length]
            data = data[4 + length:]

    def twin(commit):
        begin, *lines, end = armored_signature(commit).strip().split("\n")
        blob = base64.b64decode("".join(lines))
        *fields, signature = strings(blob[10:])
        kind, pair = strings(signature)
        r, s = (int.from_bytes(part, "big") for part in strings(pair))
        numbers = b"".join(string(value.to_bytes((value.bit_length() + 8) // 8, "big")) for value in (r, P256_ORDER - s))
        other = blob[:10] + b"".join(map(string, fields)) + string(string(kind) + string(numbers))
        return with_signature(without_signature(commit), "\n".join([begin, base64.b64encode(other).decode(), end]) + "\n")

    genuine = book.decide(one, "approve", A, branch="genuine", push=False)
    book.copied(genuine, twin)
    book.becomes("row 4: the twin of an ECDSA signature is the decision", f"approval {A} by onc1: Approved")
    book.decided(one, "withdraw", A)
    book.once()
    book.forget()
    book.author.push(f"{genuine}:refs/heads/review/genuine")
    book.holds("row 4: and the genuine one its copy")
    genuine = book.decided(one, "approve", A)
    book.becomes("row 4: the other way round, the genuine one first", f"approval {A} by onc1: Approved")
    book.decided(one, "withdraw", A)
    book.once()
    book.forget()
    book.copied(genuine, twin)
    book.holds("row 4: its twin is the copy")


def whose_text(story, world):
    """Row 7: two approvals, one person; and who wrote what."""
    one = world.person("onc1", "Oncologist One", "one@board.example")
    two = world.person("onc2", "Oncologist Two", "two@board.example")
    editor = world.person("ed1", "Editor One", "editor@example.org", roles=("editor",))
    book = Siege(story, world, name="voices", people=[one, two, editor], rules=[{"paths": ["**"], "approvals": 2}])
    second = world.new_key("onc1-laptop")
    private = world.person("private", "Doctor Onc", "private@home.example")
    book.policy.json["people"][0]["emails"].append(private.email)
    laptop = " ".join(Path(f"{second}.pub").read_text().split()[:2])
    book.policy.signers.append(f'{private.email} namespaces="git" {laptop}')
    book.amend()
    book.begin(A)
    book.decided(one, "approve", A)
    book.decided(private, "approve", A, key=second)
    book.becomes("row 7: one person with two keys and two addresses is one voice", f"approval {A} by onc1: Under Review",
                 f"approval {A} by onc1: Under Review")

    book.write(B, by=private)
    book.once()
    book.forget()
    book.decided(one, "approve", B)
    book.holds("row 7: an author under another address", "contributor")
    book.decided(editor, "retract", B)
    book.once()
    book.forget()
    book.decided(one, "approve", B)
    book.holds("row 7: after a retraction", "contributor")
    book.move(B, "content/moved.md")
    book.once()
    book.forget()
    book.decided(one, "approve", "content/moved.md")
    book.holds("row 7: after a colleague moved the text", "contributor")
    git = book.author.git
    git("checkout", "-q", "-b", "side")
    book.author.edit("content/side.md", "# Side\n", at=book.pass_time(), author=one)
    git("checkout", "-q", "main")
    git("merge", "-q", "--squash", "side")
    book.commit("Take the side")
    book.author.push("side:refs/heads/side")
    git("merge", "-q", "--no-ff", "--no-edit", "-s", "ours", "side", env={"GIT_COMMITTER_DATE": book.pass_time()})
    book.author.push()
    book.once()
    book.forget()
    book.decided(one, "approve", "content/side.md")
    book.holds("row 7: after a colleague merged the text", "contributor")
    book.author.edit("content/dated.md", "# Dated\n", at="2001-01-01T00:00:00Z", author=one)
    book.author.push()
    book.once()
    book.forget()
    book.decided(one, "approve", "content/dated.md")
    book.holds("row 7: after a back-dated commit", "contributor")


def expired_key(story, world):
    one = world.person("onc1", "Oncologist One", "one@board.example")
    two = world.person("onc2", "Oncologist Two", "two@board.example")
    book = Siege(story, world, [one, two], name="expired")
    book.policy.signers[0] = one.signer.replace("namespaces", 'valid-before="20261201000000Z",namespaces')
    book.amend()
    book.begin(A)
    early = book.pass_time()
    book.pass_time(days=8)
    book.decided(one, "approve", A, at=early)
    book.holds("row 8: an expired key, whatever the commit's date", "unknown-key")


def gagging(story, world):
    """Row 29: who may always speak."""
    one = world.person("onc1", "Oncologist One", "one@board.example", credentials_until="2026-11-23")
    two = world.person("onc2", "Oncologist Two", "two@board.example")
    editor = world.person("ed1", "Editor One", "editor@example.org", roles=("editor",))
    book = Siege(story, world, [one, two, editor], name="gagging")
    book.begin(A)
    book.approve(two)
    book.once()
    clone = world.clone(book.bare, "stale-clone")
    book.author.write(A, "# Poisoned\n")
    book.author.commit(f"Write\n\nCo-authored-by: {one.name} <{one.email}>", at=book.pass_time())
    book.author.push()
    book.once()
    book.approve(two)
    book.pass_time(days=3)
    book.once()
    book.forget()
    book.story.equal(book.state(), "Approved", "row 29: a text with a forged co-author is approved by somebody else")
    clone.decide(one, "request-changes", A, at=book.pass_time(), branch="review/gagged", push=False)
    clone.push("review/gagged")
    book.becomes("row 29: a forged co-author with lapsed credentials objects from a stale clone",
                 f"objection {A} by onc1: Submitted (changes-requested)")
    book.write(A)
    book.becomes("row 31: a byte changed does not get rid of an objection",
                 f"submission {A}: Submitted (changes-requested)")
    book.approve(two)
    book.becomes("row 31: nor does an approval", f"approval {A} by onc2: Submitted (changes-requested)")
    clone.decide(editor, "retract", A, at=book.pass_time(), branch="review/retract", push=False)
    clone.push("review/retract")
    book.becomes("row 35: an objection made first does not keep a retraction away",
                 f"retraction {A} by ed1: Submitted (changes-requested)")
    story.equal(book.approved(), {}, "row 35: and the text is published no longer")
    clone.decide(one, "withdraw", A, at=book.pass_time(), branch="review/taken-back", push=False)
    clone.push("review/taken-back")
    book.becomes("row 29: a withdrawal needs no credentials either", f"withdrawal {A} by onc1: Submitted (withdrawn)")
    book.approve(two)
    book.once()
    book.write(A)
    book.once()
    book.forget()
    book.decided(editor, "retract", A)
    book.becomes("row 35: nor does an edit made first", f"retraction {A} by ed1: Submitted (retracted)")
    story.equal(book.approved(), {}, "row 35: which leaves the approved branch")


with Story("What is tried with decisions") as the_story:
    with World() as the_world:
        the_book = Siege(the_story, the_world).begin(A, B)
        text_and_approval(the_book)
        names_and_keys(the_book, the_world.person("else", "Somebody Else", "else@elsewhere.example"))
        for tell in (objects_by_hand, trailers_by_hand, quotations, clocks, before_the_merge, copies):
            tell(the_book)
    for tell in (the_twin, whose_text, expired_key, gagging):
        with World() as the_world:
            tell(the_story, the_world)
