"""A handbook that is attacked: what SECURITY.md says must not be possible is tried with it, row by row.

A claim begins with the number of its row. Where an attack is to be refused, `holds` looks at one pass: the words that
it refused with (told and, if well signed, in the ledger), that nothing else was recorded, and that no state moved."""

from handbook import Handbook, armored_signature, brief, with_signature, without_signature

A, B = "content/a.md", "content/b.md"


class Siege(Handbook):
    def __init__(self, story, world, people=(), **more):
        """Without people there are two reviewers and an editor. One approval is enough, so that a hole is one."""
        self.story = story
        if not people:
            self.one = world.person("onc1", "Oncologist One", "one@board.example")
            self.two = world.person("onc2", "Oncologist Two", "two@board.example")
            self.editor = world.person("ed1", "Editor One", "editor@example.org", roles=("editor",))
            people = [self.one, self.two, self.editor]
        self.board = list(people)
        self.branches = 0
        super().__init__(world, people, **more)

    def begin(self, *paths):
        """The author's texts, submitted; what has been said until now is forgotten."""
        self.write(*(paths or (A,)))
        self.once()
        self.forget()
        return self

    def forget(self):
        self.new()
        self.told()

    def picture(self):
        """What an attack must not move: every article's state, and what is published."""
        states = self.query("SELECT path, round, state, version, published FROM article ORDER BY path")
        return states, self.tip("approved^{tree}")

    def holds(self, claim, *words, **options):
        """One pass refuses with exactly these words, records nothing but refusals, and moves no state."""
        before = self.picture()
        self.once(**options)
        entries, told = self.new(), self.told(r"decision\.refused", r"policy\.rejected")
        said = sorted(message["data"].get("refusal") or message["type"] for message in told)
        found = (said, sorted({entry["Event"] for entry in entries} - {"refusal"}), self.picture() == before)
        return self.story.ok(found == (sorted(words), [], True), claim,
                             (found, [brief(entry) for entry in entries], told, before, self.picture()))

    def becomes(self, claim, *expected, **options):
        """One pass records exactly this (in brief)."""
        self.once(**options)
        found = [brief(entry) for entry in self.new()]
        self.told()
        return self.story.equal(found, list(expected), claim)

    # Attempts, each on a review branch of its own

    def branch(self):
        self.branches += 1
        return f"review/{self.branches}"

    def message(self, *articles, verdict="approve", more=""):
        pinned = [f"Article: {path}@{self.author.version(path)}" for path in articles or (A,)]
        return "\n".join(["Read.", "", f"Review: {verdict}", *pinned, "Competing-Interests: none"]) + "\n" + more

    def forged(self, message=None, by=None, **more):
        """A hand-made commit, signed by its author unless a key says otherwise."""
        by = by or self.board[0]
        return self.forge(message or self.message(), by, **{"key": by.key, "branch": self.branch()} | more)

    def decided(self, person, verdict, *articles, **more):
        """One by git itself."""
        branch = more.get("branch") or self.branch()
        commit = self.decide(person, verdict, *articles, **more | {"branch": branch, "push": False})
        self.author.push(f"+{branch}")
        return commit

    def copied(self, commit, change=lambda body: body):
        """The same commit, changed in its bytes, under another name."""
        copy = self.write_commit(change(self.read_commit(commit)))
        self.author.push(f"{copy}:refs/heads/{self.branch()}")
        return copy


def moved_into_message(commit):
    """The signature as part of the message, where some readers look for it too."""
    folded = armored_signature(commit).rstrip("\n").replace("\n", "\n ")
    return without_signature(commit).replace("\n\n", f"\n\ngpgsig {folded}\n\n", 1)


def signed_twice(commit):
    return with_signature(commit, armored_signature(commit))


def rewrapped(width):
    """A signature whose base64 has lines of another width: the same signature, another commit."""
    def change(commit):
        begin, *lines, end = armored_signature(commit).strip().split("\n")
        text = "".join(lines)
        wrapped = [text[at:at + width] for at in range(0, len(text), width)]
        return with_signature(without_signature(commit), "\n".join([begin, *wrapped, end]) + "\n")
    return change
