#!/usr/bin/env -S python3 -B
"""What does not count, and why. Each attempt here is real git and real keys, or an object that git would not make;
each ends in its word, in a sentence to somebody, and in no state moved."""

import base64
import struct
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from handbook import Handbook, armored_signature, brief, follow, with_signature, without_signature  # noqa: E402
from story import Story, World  # noqa: E402

A, B = "content/a.md", "content/b.md"


class Court(Handbook):
    """A board of everybody that is needed, two texts that wait, and the claims that are made again and again."""

    def __init__(self, story, world):
        self.story, self.refspecs = story, []
        self.one = world.person("onc1", "Oncologist One", "one@board.example")
        self.two = world.person("onc2", "Oncologist Two", "two@board.example")
        self.lapsed = world.person("onc3", "Oncologist Three", "three@board.example", credentials_until="2026-11-22")
        self.writer = world.person("wri1", "Writing Reviewer", "writer@board.example", capacity=1)
        self.editor = world.person("ed1", "Editor One", "editor@example.org", roles=("editor",))
        self.stranger = world.person("else", "Somebody Else", "else@elsewhere.example")
        super().__init__(world, [self.one, self.two, self.lapsed, self.writer, self.editor],
                         rules=[{"paths": ["**"], "approvals": 2}])
        self.write(A)
        self.write(B, by=self.writer)
        self.once()
        self.write(A)
        self.write(B, by=self.writer)
        self.once()
        self.new()
        self.told()
        self.number = 0
        self.cases = []

    def message(self, *articles, verdict="approve", more="", reason="Read."):
        pinned = [f"Article: {path}@{self.author.version(path)}" for path in articles or (A,)]
        return "\n".join([reason, "", f"Review: {verdict}", *pinned, "Competing-Interests: none"]) + "\n" + more

    def forged(self, message=None, by=None, **more):
        """A forged commit, signed by its author unless a key says otherwise, to be pushed to a branch of its own."""
        by = by or self.one
        return self.to_push(self.forge(message or self.message(), by, **{"key": by.key} | more))

    def to_push(self, commit):
        self.number += 1
        self.refspecs.append(f"{commit}:refs/heads/review/{self.number}")
        return commit

    def once(self, **more):
        if self.refspecs:
            self.author.push(*self.refspecs)
            self.refspecs = []
        return super().once(**more)

    def decided(self, person, verdict, *articles, **more):
        """A decision by git itself, to be pushed to a branch of its own."""
        return self.to_push(self.decide(person, verdict, *articles, **{"branch": "here", "push": False} | more))

    def refused(self, word, what, commit, by=None, article=A):
        """The next pass is to refuse the commit, and to keep it in the ledger if it was well signed: `by`."""
        self.cases.append((word, what, commit, by, article if by else None))
        return commit

    def judge(self):
        """That pass; returns the sentences that were told, by commit."""
        before = [(self.state(path), self.tip("approved")) for path in (A, B)]
        self.once()
        entries = {entry.get("Decision"): brief(entry).split(":")[0] for entry in self.new()}
        told = {message["data"]["decision"]: message["data"] for message in self.told(r"decision\.refused")}
        for word, what, commit, by, article in self.cases:
            kept = " ".join(filter(None, ["refusal", word, article, f"by {by.id}"])) if by else None
            data = told.get(commit, {})
            said = (data.get("refusal"), data.get("ledger") is not None, (data.get("person") or {}).get("id"))
            self.story.ok(entries.get(commit) == kept and said == (word, bool(by), by.id if by else None)
                          and data["reason_text"], f"{what}: {word}" + (", and kept" if by else ""),
                          (entries.get(commit), kept, data))
        commits = {case[2] for case in self.cases}
        self.story.equal((set(entries) - commits, set(told) - commits), (set(), set()), "that is all")
        self.story.equal([(self.state(path), self.tip("approved")) for path in (A, B)], before, "no state moved")
        self.cases = []
        self.once()
        self.story.equal((self.new(), self.told()), ([], []), "what was refused once is not refused again")
        return {commit: data["reason_text"] for commit, data in told.items()}

    def judge_one(self, *case, **more):
        self.refused(*case, **more)
        return self.judge()[case[2]]


def messages_that_programs_read_differently(court):
    """The strict grammar."""
    good = court.message()
    review, article = good.split("\n")[2:4]
    for what, message in (
            ("a line of dashes", good.replace("Read.", "Read.\n---\nMore.")),
            ("a folded trailer", good.replace("Competing-Interests: none", "Competing-Interests:\n none")),
            ("a continued trailer", good.replace(": none", ": none\n at all")),
            ("an empty value", good + "Note:\n"),
            ("a scissors line", good.replace("Read.", "Read.\n# ------ >8 ------")),
            ("a second decision", good.replace("Read.", "Read.\nreview: the second")),
            ("two decisions", good.replace(review, f"{review}\n{review}")),
            ("trailers alone", good.split("\n\n", 1)[1]),
            ("a sentence among the trailers", good + "and so on\n"),
            ("trailers that are not last", good + "\nPostscript.\n"),
            ("an unknown verb", good.replace("approve", "bless")),
            ("a verb in capitals", good.replace("approve", "Approve")),
            ("no article", good.replace(article + "\n", "")),
            ("an article twice", good.replace(article, f"{article}\n{article}")),
            ("competing interests twice", good + "competing-interests: none\n"),
            ("somebody who is not dismissed", good + "Of: onc2\n"),
            ("a dismissal of nobody", good.replace("approve", "dismiss")),
            ("a key that begins with Review-", good + "Review-By: onc2\n"),
            ("a carriage return", good.replace("Read.", "Read.\r")),
            ("NUL and a tail", good + "\0\nmore\n")):
        court.refused("malformed", what, court.forged(message), by=court.one, article=None)
    court.judge()


def objects_that_git_would_not_make(court):
    two = lambda name: lambda text: text.replace(f"\n{name} ", f"\n{name} X <x@y.example> 1 +0000\n{name} ",
                                                 1)  # noqa: E731
    court.refused("malformed", "two authors", court.forged(before=two("author")), by=court.one, article=None)
    court.refused("malformed", "two committers", court.forged(before=two("committer")), by=court.one, article=None)
    court.refused("malformed", "an unknown header before the signature", court.forged(headers="note x\n"), by=court.one,
                  article=None)
    court.refused("malformed", "a header that smuggles", court.forged(headers="gpgsigReview: approve\n"), by=court.one,
                  article=None)
    court.refused("malformed", "two signatures",
                  court.forged(after=lambda commit: with_signature(commit, armored_signature(commit))), article=None)
    court.refused("malformed", "more than 64 KiB", court.forged(court.message(reason="x" * 65536)))
    moved = court.forged(after=lambda commit: without_signature(commit).replace(
        "\n\n", "\n\ngpgsig " + armored_signature(commit).rstrip("\n").replace("\n", "\n ") + "\n\n", 1))
    court.refused("unsigned", "a signature in the message", moved)
    court.judge()


def signatures(court):
    one, two, stranger = court.one, court.two, court.stranger
    court.refused("unsigned", "a name and an address alone", court.decided(one, "approve", A, options=()))
    court.refused("bad-signature", "a message changed after signing",
                  court.forged(after=lambda commit: commit.replace("Read.", "Reads")))
    court.refused("bad-signature", "a signature made for files", court.forged(namespace="file"))
    court.refused("unknown-key", "a key that nobody listed", court.forged(key=stranger.key))
    court.refused("author-mismatch", "another reviewer's name",
                  court.forged(author=f"{two.name} <{two.email}> 1795422847 +0000"), by=one)
    court.refused("author-mismatch", "a stranger's name",
                  court.forged(author=f"{stranger.name} <{stranger.email}> 1795422847 +0000"), by=one)
    court.refused("unsigned", "no signature at all", court.forged(key=None))
    court.judge()


def edits(court):
    git = court.author.git
    court.author.write(A, "# Edited and approved\n")
    court.refused("decision-with-edit", "an approval with an edit in it", court.decided(court.one, "approve", A),
                  by=court.one)
    court.refused("decision-with-edit", "a merge that approves",
                  court.forged(parents=[court.author.head(), git("rev-parse", "HEAD~1")]), by=court.one)
    court.refused("decision-with-edit", "an approval without a parent",
                  court.forged(parents=[], tree=git("rev-parse", "HEAD^{tree}")), by=court.one)
    court.judge()
    git("checkout", "-q", "-b", "quoting")
    court.author.write("notes.txt", "note\n")
    court.author.commit("Revert \"Read.\"\n\n" + court.message().split("\n\n", 1)[1], at=court.pass_time())
    court.author.push("HEAD:refs/heads/review/quoting")
    edited = git("rev-parse", "HEAD^{tree}")
    git("checkout", "-q", "main")
    court.once()
    court.story.equal((court.new(), court.told()), ([], []), "an approval quoted by somebody's own edit is not an attempt")
    garbage = "-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n"
    court.forged(key=None, tree=edited, after=lambda commit: with_signature(commit, garbage))
    court.forged(key=None, tree=edited,
                 after=lambda commit: with_signature(commit, "-----BEGIN PGP SIGNATURE-----\n\nAAAA\n"))
    court.once()
    court.story.equal((court.new(), court.told()), ([], []), "nor is one with garbage for a signature, which stops nobody")


def roles(court):
    one, editor, writer = court.one, court.editor, court.writer
    court.refused("not-permitted", "an editor approves", court.decided(editor, "approve", A), by=editor)
    court.refused("not-permitted", "an editor claims", court.decided(editor, "claim", A), by=editor)
    court.refused("not-permitted", "a reviewer dismisses", court.decided(one, "dismiss", A, of="onc2"), by=one)
    court.refused("not-permitted", "a reviewer retracts", court.decided(one, "retract", A), by=one)
    court.refused("not-permitted", "a reviewer who is not asked declines", court.decided(writer, "decline", B),
                  by=writer,
                  article=B)
    court.judge()


def dates(court):
    one = court.one
    court.refused("future-dated", "a year ahead", court.decided(one, "approve", A, at=court.after(days=365)), by=one)
    court.refused("future-dated", "a second more than ten minutes ahead of the pass",
                  court.decided(one, "approve", A, at=court.after(minutes=12, seconds=1)), by=one)
    court.judge()
    court.decided(court.two, "comment", A, at=court.after(minutes=12))
    court.once()
    court.story.equal([brief(entry) for entry in court.new()], [f"comment {A} by onc2: Submitted (revised)"],
                      "ten minutes ahead of the pass is near enough")
    court.pass_time(minutes=15)


def articles_and_versions(court):
    one, writer, editor = court.one, court.writer, court.editor
    version = court.author.version(A)
    for what, path in (("no such path", "content/none.md"), ("a path in another case", "content/A.md"),
                       ("the policy itself", ".imprimatur/POLICY.md"), ("a folder", "content"),
                       ("a path that climbs", "content/../content/a.md"), ("an option", "-rf")):
        court.refused("unknown-article", what, court.decided(one, "claim", path), by=one, article=None)
    unpinned = court.refused("unpinned", "an approval of whatever is there",
                             court.forged(court.message().replace(f"@{version}", "")), by=one)
    court.refused("unpinned", "nineteen digits of it", court.forged(court.message().replace(version, version[:19])),
                  by=one)
    court.refused("stale", "another version", court.forged(court.message().replace(version, "0" * 40)), by=one)
    old = court.author.version(A, "HEAD~2")
    court.refused("stale", "the version before", court.decided(one, "approve", f"{A}@{old}"), by=one)
    court.refused("competing-interests", "no word about interests", court.decided(one, "approve", A, interests=None),
                  by=one)
    shares = court.refused("competing-interests", "shares in the maker",
                           court.decided(one, "approve", A, interests="Shares in the maker"), by=one)
    court.refused("credentials-expired", "lapsed credentials, approving", court.decided(court.lapsed, "approve", A),
                  by=court.lapsed)
    court.refused("credentials-expired", "and claiming", court.decided(court.lapsed, "claim", A), by=court.lapsed)
    court.refused("contributor", "an author approves", court.decided(writer, "approve", B), by=writer, article=B)
    court.refused("contributor", "an author claims", court.decided(writer, "claim", B), by=writer, article=B)
    court.refused("stale", "nothing to dismiss", court.decided(editor, "dismiss", A, of="onc2"), by=editor)
    sentences = court.judge()
    court.story.ok(f"Article: {A}@{version}" in sentences[unpinned], "who did not pin is told the line",
                   sentences[unpinned])
    court.story.ok("Shares in the maker" in sentences[shares], "a competing interest is told", sentences[shares])
    for person, path in ((court.lapsed, A), (writer, B)):
        court.decided(person, "request-changes", path)
        court.decided(person, "withdraw", path)
    court.decided(one, "approve", A, interests="NONE.")
    court.decided(one, "withdraw", A)
    court.once()
    court.story.equal([brief(entry).split(":")[0] for entry in court.new()], [
        f"objection {A} by onc3", f"withdrawal {A} by onc3", f"objection {B} by wri1", f"withdrawal {B} by wri1",
        f"approval {A} by onc1", f"withdrawal {A} by onc1", f"request {A}"],
        'objecting takes no credentials and no distance; "none" means none, in any case of letters')
    court.told()


def several_articles_in_one(court):
    one = court.two
    commit = court.decided(one, "claim", "content/0.md", A, "content/none.md")
    court.once()
    court.story.equal([brief(entry) for entry in court.new()],
                      ["refusal unknown-article by onc2", f"claim {A} by onc2: Under Review",
                       "refusal unknown-article by onc2"], "of several articles each is judged by itself")
    told = court.told(r"decision\.refused")
    court.story.equal([message["data"]["decision"] for message in told], [commit] * 2, "each refusal is told")
    sentences = [message["data"]["reason_text"] for message in told]
    court.story.ok('"content/0.md"' in sentences[0] and '"content/none.md"' in sentences[1],
                   "and names the article that it is about", sentences)
    court.decided(one, "withdraw", A)
    court.once()
    court.new()
    court.told()


def one_persons_order(court):
    """A decision that was withheld is overtaken by what its person said later."""
    one = court.one
    withheld = court.decide(one, "approve", A, branch="review/withheld", push=False)
    court.decided(one, "request-changes", A)
    court.once()
    court.new()
    court.told()
    court.author.push("review/withheld")
    sentence = court.judge_one("stale", "an approval made before the objection", withheld, by=one)
    court.story.ok("later decision" in sentence, "which came later", sentence)
    moment = court.pass_time()
    court.decided(one, "withdraw", A, at=moment)
    court.decided(one, "claim", A, at=moment)
    court.decided(one, "claim", B, at=court.after(minutes=-1))
    court.once()
    court.story.equal(sorted(brief(entry).split(":")[0] for entry in court.new()),
                      sorted([f"withdrawal {A} by onc1", f"claim {A} by onc1", f"claim {B} by onc1"]),
                      "of one second both count, and each article has an order of its own")
    court.decided(one, "withdraw", A, B)
    court.once()
    court.new()
    court.told()


def copies(court):
    """A decision is what was signed, however its commit is called."""
    story, one, two = court.story, court.one, court.two
    court.write(A)
    court.once()
    court.new()
    court.told()
    genuine = court.decide(one, "approve", A, branch="genuine", push=False)
    body = court.read_commit(genuine)
    story.equal(court.write_commit(body), genuine, "a commit can be written byte for byte")
    stripped = court.write_commit(without_signature(body))
    court.author.push(f"{stripped}:refs/heads/review/stripped")
    court.judge_one("unsigned", "a copy without its signature", stripped)
    court.author.push(f"{genuine}:refs/heads/review/genuine")
    story.equal(court.passed(), [f"approval {A} by onc1: Under Review"], "does not keep the genuine one from counting")
    court.told()

    def rewrapped(body, width):
        lines = armored_signature(body).strip().split("\n")
        text = "".join(lines[1:-1])
        wrapped = [text[at:at + width] for at in range(0, len(text), width)]
        return court.write_commit(with_signature(without_signature(body),
                                                 "\n".join([lines[0], *wrapped, lines[-1]]) + "\n"))

    copy = rewrapped(body, 50)
    story.ok(copy != genuine, "a signature wrapped differently makes another commit")
    court.author.push(f"{copy}:refs/heads/review/wrapped")
    story.equal((court.passed(), court.told()), ([], []), "which is ignored after the genuine one")
    other = court.decide(two, "approve", A, branch="other", push=False)
    copy = rewrapped(court.read_commit(other), 40)
    court.author.push(f"{copy}:refs/heads/review/wrapped-first")
    story.equal(court.passed(), [f"approval {A} by onc2: Approved"], "before it, it is the decision")
    court.told()
    court.author.push(f"{other}:refs/heads/review/other")
    story.equal((court.passed(), court.told()), ([], []), "and the genuine one is the copy")
    court.decided(one, "withdraw", A)
    court.once()
    court.new()
    court.told()
    court.author.push(f"{genuine}:refs/heads/review/again")
    court.author.git("checkout", "-q", "-b", "picking", "main")
    court.author.git("cherry-pick", "--allow-empty", genuine, env={"GIT_COMMITTER_DATE": court.pass_time()})
    picked = court.author.head()
    court.author.push("HEAD:refs/heads/review/picked")
    court.author.git("checkout", "-q", "main")
    court.judge_one("unsigned", "an approval cherry-picked after its withdrawal", picked)
    stale = court.decided(one, "approve", f"{A}@{'1' * 40}")
    court.judge_one("stale", "a refusal, too, is known by what was signed", stale, by=one)
    court.author.push(f"{rewrapped(court.read_commit(stale), 30)}:refs/heads/review/stale-again")
    story.equal((court.passed(), court.told()), ([], []), "and its copy is ignored")


def the_twin_of_a_signature(story, world):
    """ECDSA: with (r, s) also (r, n - s) verifies, and anybody can compute it."""
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    person = world.person("onc1", "Oncologist One", "one@board.example")
    person.key = world.new_key("ecdsa", "-t", "ecdsa", "-b", "256")
    book = Handbook(world, [person], rules=[{"paths": ["**"], "approvals": 2}])
    book.write(A)
    book.once()
    book.new()

    def string(data):
        return struct.pack(">I", len(data)) + data

    def number(value):
        data = value.to_bytes((value.bit_length() + 8) // 8, "big")
        return string(data)

    def strings(data):
        while data:
            length = struct.unpack(">I", data[:4])[0]
            yield data[4:4 + length]
            data = data[4 + length:]

    genuine = book.decide(person, "approve", A, branch="genuine", push=False)
    body = book.read_commit(genuine)
    lines = armored_signature(body).strip().split("\n")
    blob = base64.b64decode("".join(lines[1:-1]))
    *fields, signature = strings(blob[10:])
    kind, pair = strings(signature)
    r, s = (int.from_bytes(part, "big") for part in strings(pair))
    twin = blob[:10] + b"".join(map(string, fields)) + string(string(kind) + string(number(r) + number(order - s)))
    armored = "\n".join([lines[0], base64.b64encode(twin).decode(), lines[-1]]) + "\n"
    copy = book.write_commit(with_signature(without_signature(body), armored))
    story.ok(copy != genuine, "a signature's twin makes another commit")
    book.author.push(f"{copy}:refs/heads/review/twin", f"{genuine}:refs/heads/review/genuine")
    story.equal(book.passed(), [f"approval {A} by onc1: Under Review"], "of twins one counts")


def dismissals_and_retractions(story, world):
    one = world.person("onc1", "Oncologist One", "one@board.example")
    two = world.person("onc2", "Oncologist Two", "two@board.example")
    editor = world.person("ed1", "Editor One", "editor@example.org", roles=("editor",))
    book = Handbook(world, [one, two, editor], name="editors")
    book.write(A)
    book.once()
    early = book.pass_time()
    book.decide(one, "request-changes", A)
    moment = book.now
    book.once()
    book.new()
    book.decide(editor, "dismiss", A, of=one, at=early)
    story.equal(book.passed(), [f"refusal stale {A} by ed1: Submitted (changes-requested)"],
                "a dismissal dated before the objection is stale")
    book.decide(editor, "dismiss", A, of=one, at=moment)
    story.equal(book.passed(), [f"refusal stale {A} by ed1: Submitted (changes-requested)"],
                "and so is one of its second")
    book.decide(editor, "dismiss", A, of="nobody")
    story.equal(book.passed(), [f"refusal stale {A} by ed1: Submitted (changes-requested)"], "and one of nobody's")
    book.decide(editor, "dismiss", A, of=one)
    story.equal(book.passed(), [f"dismissal {A} by ed1: Submitted (withdrawn)"], "a later one lifts it")
    book.decide(one, "request-changes", A)
    book.write(A)
    story.equal(book.passed(), [f"submission {A}: Submitted (revised)",
                                f"objection {A} by onc1: Submitted (changes-requested)"], "texts come before decisions")
    book.write(A)
    story.equal(book.passed()[0], f"submission {A}: Submitted (changes-requested)", "another text lifts no objection")
    book.remove(A)
    book.once()
    book.write(A)
    book.once()
    story.equal(book.state(), "Submitted (changes-requested)", "nor do a removal and a return")
    book.decide(one, "withdraw", A)
    book.once()
    book.new()
    before = book.pass_time()
    book.approve(two)
    moment = book.now
    book.once()
    book.new()
    book.decide(editor, "retract", A, at=before)
    story.equal(book.passed(), [f"refusal stale {A} by ed1: Approved"],
                "a retraction from before the approval is stale")
    book.decide(editor, "retract", A, at=moment)
    story.equal(book.passed(), [f"refusal stale {A} by ed1: Approved"], "and so is one of its second")
    book.decide(one, "request-changes", A)
    book.decide(editor, "retract", A)
    story.equal(book.passed(), [f"objection {A} by onc1: Submitted (changes-requested)",
                                f"retraction {A} by ed1: Submitted (changes-requested)"],
                "an objection does not keep a retraction from taking the text away")
    story.equal(book.approved(), {}, "it is gone")


def clocks_and_zones(story, world):
    """Verdicts are in UTC, at the moment of first sight."""
    one = world.person("onc1", "Oncologist One", "one@board.example", credentials_until="2026-11-24")
    two = world.person("onc2", "Oncologist Two", "two@board.example")
    for zone in ("Pacific/Kiritimati", "America/Los_Angeles"):
        book = Handbook(world, name=zone.split("/")[1].lower())
        book.policy = world.policy([one, two], rules=[{"paths": ["**"], "approvals": 2}])
        book.policy.signers[1] = book.policy.signers[1].replace('namespaces',
                                                                'valid-before="20261125000000Z",namespaces')
        book.publish()
        book.write(A, B)
        env = {"TZ": zone}
        book.once(env=env)
        book.new()
        early = book.pass_time()
        book.pass_time(days=1, hours=14, minutes=30)
        story.equal(book.now[:13], "2026-11-24T23", "late in the evening")
        book.decide(one, "approve", A)
        book.decide(two, "approve", A)
        story.equal(book.passed(env=env), [f"approval {A} by onc1: Under Review", f"approval {A} by onc2: Approved"],
                    f"in {zone} the last day lasts until midnight, UTC")
        book.pass_time(minutes=30)
        book.told()
        book.decide(one, "approve", B, at=early)
        commit = book.decide(two, "approve", B, at=early)
        story.equal(book.passed(env=env), [f"refusal credentials-expired {B} by onc1: Submitted (adopted)"],
                    "and not longer, whatever the commit's date")
        story.equal([(message["data"]["refusal"], message["data"]["decision"]) for message in
                     book.told(r"decision\.refused") if not message["data"]["ledger"]], [("unknown-key", commit)],
                    "nor does a key")


def many(story, world):
    """Who floods is told about ten times in a pass, and counted."""
    one = world.person("onc1", "Oncologist One", "one@board.example")
    book = Handbook(world, [one], name="many")
    book.write(A)
    book.once()
    for round in (1, 2):
        book.told()
        for _ in range(13):
            book.decide(one, "approve", A, options=(), push=False)
        book.author.push(f"HEAD:refs/heads/review/flood{round}")
        book.once()
        told = book.told(r"decision\.refused")
        story.equal(([message["data"]["count"] for message in told], [message["data"]["refusal"] for message in told]),
                    ([None] * 10 + [3], ["unsigned"] * 10 + [None]),
                    f"flood {round}: ten are told, and the rest counted")
    story.equal(book.state(), "Submitted (adopted)", "no state moved")


with Story("What does not count") as the_story:
    with World() as the_world:
        the_court = Court(the_story, the_world)
        for tell in (messages_that_programs_read_differently, objects_that_git_would_not_make, signatures, edits, roles,
                     dates, articles_and_versions, several_articles_in_one, one_persons_order, copies):
            tell(the_court)
        follow(the_story, the_world)
    for tell in (the_twin_of_a_signature, dismissals_and_retractions, clocks_and_zones, many):
        with World() as the_world:
            tell(the_story, the_world)
            follow(the_story, the_world)
