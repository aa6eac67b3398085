#!/usr/bin/env -S python3 -B
"""SECURITY.md, THREATS, rows 53, 57 and 58: objects that git takes and that are not as git writes them, dates that
cannot be, and trees that say two things. Whoever brings them stops nobody: what comes after is decided as ever."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from siege import A, B, Siege  # noqa: E402
from story import Story, World  # noqa: E402

NOWHERE = "1" * 40
LONG = "n" * 70000


def entry(mode, name, oid):
    return f"{mode} {name}\0".encode() + bytes.fromhex(oid)


class Objects(Siege):
    """What git would not write, by hand, in the repository itself."""

    def made(self, kind, content):
        path = self.world.root / "object"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return self.world.git(self.bare, "hash-object", "-t", kind, "-w", "--literally", str(path))

    def tree(self, *entries):
        return self.made("tree", b"".join(entries))

    def top(self, *more, content=None):
        """A tree like that of the tip, with other entries in the folder content, or beside it."""
        git = self.world.git
        content = content or git(self.bare, "rev-parse", "main:content")
        return self.tree(entry("40000", ".imprimatur", git(self.bare, "rev-parse", "main:.imprimatur")),
                         entry("40000", "content", content), *more)

    def content(self, *more):
        """The folder content as it is at the tip, with other entries, or others instead."""
        listed = [line.split(None, 3) for line in self.world.git(self.bare, "ls-tree", "main:content").splitlines()]
        names = {raw.split(b" ", 1)[1].split(b"\0")[0].decode() for raw in more}
        kept = [entry(mode.lstrip("0"), name, oid) for mode, _, oid, name in listed if name not in names]
        return self.tree(*sorted(kept + list(more), key=lambda raw: raw.split(b" ", 1)[1].split(b"\0")[0]))

    def commit_object(self, tree=None, parents=None, author=None, committer=None, message="Odd\n"):
        now = int(self.moment.timestamp())
        git = self.world.git
        tree = tree or git(self.bare, "rev-parse", "main^{tree}")
        parents = [git(self.bare, "rev-parse", "main")] if parents is None else parents
        usual = f"X <x@y.example> {now} +0000"
        lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents),
                 f"author {author or usual}", f"committer {committer or usual}", "", message]
        return self.made("commit", "\n".join(lines))

    def to_main(self, commit):
        self.world.git(self.bare, "update-ref", "refs/heads/main", commit)

    def approved_by(self, person, path):
        """A decision on the tip, made without checking it out."""
        head, version = (self.world.git(self.bare, "rev-parse", name) for name in ("main", f"main:{path}"))
        tree, now = self.world.git(self.bare, "rev-parse", "main^{tree}"), int(self.moment.timestamp())
        ident = f"{person.name} <{person.email}> {now} +0000"
        commit = self.signed(f"tree {tree}\nparent {head}\nauthor {ident}\ncommitter {ident}\n\nRead.\n\nReview: approve\n"
                             f"Article: {path}@{version}\nCompeting-Interests: none\n", person.key)
        self.world.git(self.bare, "update-ref", f"refs/heads/{self.branch()}", self.made("commit", commit))

    def goes_on(self, claim):
        """The next text is submitted, and its approval counts."""
        self.pass_time()
        text = self.made("blob", f"# B\n\nWritten {self.now}.\n")
        self.to_main(self.commit_object(tree=self.top(content=self.content(entry("100644", "b.md", text)))))
        one = self.passed()
        self.approved_by(self.one, B)
        two = self.passed()
        self.story.ok([line for line in one if B in line] and any(line.startswith(f"approval {B}") for line in two),
                      claim, (one, two))
        self.told()


def odd_commits(book):
    odd = {
        "a committer without brackets": {"committer": "X x@y.example 1795400000 +0000"},
        "an author without brackets": {"author": "X x@y.example 1795400000 +0000"},
        "a word for a date": {"author": "X <x@y.example> yesterday +0000", "committer": "X <x@y.example> yesterday +0000"},
        "2^64-1 for a date": {"author": f"X <x@y.example> {2 ** 64 - 1} +0000",
                              "committer": f"X <x@y.example> {2 ** 64 - 1} +0000"},
        "a date before 1970": {"committer": "X <x@y.example> -5 +0000"},
        "no name, no date": {"author": "", "committer": ""},
    }
    for what, ident in odd.items():
        book.to_main(book.commit_object(**ident))
        book.to_main(book.commit_object(message=book.message()))
        book.goes_on(f"row 53: {what}, below a commit with a line Review:")
    book.to_main(book.commit_object(author="X x 1 +0000", committer="X x 1 +0000"))
    book.once()
    book.goes_on("row 53: such a commit as the tip")


def no_newline(book):
    tree, head = (book.world.git(book.bare, "rev-parse", name) for name in ("main^{tree}", "main"))
    book.to_main(book.made("commit", f"tree {tree}\nparent {head}\nparent {NOWHERE}"))
    book.once()
    book.goes_on("row 53: a line parent as the last one, without a newline")


def odd_trees(book):
    blob = book.world.git(book.bare, "rev-parse", f"main:{A}")
    before = book.commit_object()
    book.to_main(before)
    book.to_main(book.commit_object(tree=book.top(content=book.content(entry("100644", LONG, blob)))))
    book.to_main(book.commit_object(tree=book.world.git(book.bare, "rev-parse", f"{before}^{{tree}}")))
    book.once()
    book.goes_on("row 53: a name of 70,000 bytes, undone by the next commit")
    for mode in ("10000", "20000", "60000", "140000", "777", "160000", "100600"):
        name = f"m{mode}.md"
        book.to_main(book.commit_object(tree=book.top(content=book.content(entry(mode, name, NOWHERE)))))
        book.once()
        found = {record["Article"]: record.get("Problem") for record in book.new()}
        book.story.equal(found, {f"content/{name}": "link"}, f"row 53: an article of mode {mode} is a link")
        book.goes_on(f"row 53: it stops nobody (mode {mode})")
    book.to_main(book.commit_object(tree=book.top(content=book.content(entry("100644", "gone.md", NOWHERE)))))
    book.once()
    found = {record["Article"]: record.get("Problem") for record in book.new()}
    book.story.equal(found, {"content/gone.md": "link"}, "row 53: a text that is not there is a problem")
    book.goes_on("row 53: which stops nobody")


def named_once(book):
    whole = book.commit_object()
    book.to_main(whole)
    book.to_main(book.commit_object(tree=NOWHERE))
    book.to_main(book.commit_object(tree=book.world.git(book.bare, "rev-parse", f"{whole}^{{tree}}")))
    said = [book.world.imprimatur("once", config=book.config, now=book.pass_time()).err for _ in range(3)]
    told = [[line for line in text.splitlines() if "cannot be read, and counts for nothing" in line] for text in said]
    book.story.ok([len(lines) for lines in told] == [1, 0, 0] and NOWHERE in told[0][0],
                  "row 53: what cannot be read is named, once", said)
    book.goes_on("row 53: and a tree that is nowhere stops nobody")


def odd_carried(book):
    blob = book.world.git(book.bare, "rev-parse", f"main:{A}")
    files = [entry("10000", "odd.png", NOWHERE), entry("100644", "gone.png", NOWHERE), entry("100644", "whole.png", blob)]
    book.to_main(book.commit_object(tree=book.top(content=book.content(*files))))
    book.once()
    book.goes_on("row 53: what is to be carried, and is not there")
    book.story.equal(sorted(book.approved()), [B, "content/whole.png"], "row 53: what is there is carried")


def before_the_policy(world, story):
    book = Objects(story, world, [world.person("onc1", "Oncologist One", "one@board.example")])
    book.one = book.board[0]
    book.author.push()
    book.author.git("rm", "-rq", ".imprimatur")
    book.write(A, push=False)
    book.author.push("HEAD:refs/heads/main")
    for ident in ({"committer": "X x@y.example 1795400000 +0000"}, {"author": "X <x@y.example> 99999999999999999999 +0000"}):
        book.to_main(book.commit_object(**ident))
    book.author.pull()
    book.publish(push=True)
    book.story.equal([line for line in book.passed() if A in line], [f"submission {A}: Submitted (adopted)"],
                     "row 53: such commits among the last before the policy")
    book.approve(book.one)
    book.story.equal(book.passed(), [f"approval {A} by onc1: Approved"], "row 53: and the first decision counts")
    proof = world.imprimatur("verify", "--authority", world.authority_file, cwd=book.bare)
    book.story.ok("4 entries in 2 passes follow" in proof.out, "row 53: and verify says so", proof)


def one_name_twice(book):
    text = {name: book.made("blob", f"# {name}\n") for name in ("shown", "hidden", "below")}
    shown, hidden = (entry("100644", "x.md", text[name]) for name in ("shown", "hidden"))
    book.to_main(book.commit_object(tree=book.top(content=book.content(shown, hidden))))
    book.once()
    found = [(record["Article"], record["Version"], record.get("Problem")) for record in book.new()]
    book.story.equal(found, [("content/x.md", text["shown"], "path")],
                     "row 57: of two files of one name the one that git shows is looked at, and has a problem")
    book.approved_by(book.one, "content/x.md")
    book.story.equal(book.passed(), ["refusal problem-article content/x.md by onc1: Submitted (new) [path]"],
                     "row 57: and cannot be approved")
    one = book.world.git(book.bare, "rev-parse", f"main:{A}")
    book.to_main(book.commit_object(tree=book.top(content=book.tree(entry("100644", "a.md", one), shown))))
    book.once()
    found = [(record["Article"], record["Version"], record.get("Problem")) for record in book.new()]
    book.story.equal(found, [("content/x.md", text["shown"], None)], "row 57: once it is alone there, it is a text")
    other = book.tree(entry("100644", "a.md", text["hidden"]))
    first = book.tree(entry("100644", "a.md", one), shown)
    book.to_main(book.commit_object(tree=book.top(entry("40000", "content", other), content=first)))
    book.once()
    found = sorted((record["Article"], record.get("Problem")) for record in book.new())
    book.story.equal(found, [(A, "path"), ("content/x.md", "path")], "row 57: so have all in a folder whose name appears twice")
    folder = book.tree(entry("100644", "y.md", text["below"]))
    file_and_folder = book.tree(entry("100644", "a.md", one), entry("100644", "x.md", text["shown"]),
                                entry("100644", "x.md.b.md", text["below"]), entry("40000", "x.md", folder))
    book.to_main(book.commit_object(tree=book.top(content=file_and_folder)))
    book.once()
    found = {record["Article"]: record.get("Problem") for record in book.new()}
    book.story.equal({path: found.get(path, "path") for path in ("content/x.md", "content/x.md.b.md", A)},
                     {"content/x.md": "path", "content/x.md.b.md": None, A: None},
                     "row 57: and a file beside a folder of its name")
    book.goes_on("row 57: which stops nobody")


def far_ahead(world, story):
    book = Objects(story, world, [world.person("onc1", "Oncologist One", "one@board.example"),
                                  world.person("onc2", "Oncologist Two", "two@board.example")])
    book.one, book.two = book.board
    book.author.git("rm", "-rq", ".imprimatur")
    book.write(A, push=False, by=book.one)
    book.policy.json["name"] = "handbook"
    # The tip of adoption itself, by a clock that is sixty years ahead.
    book.author.publish_policy(book.policy, at="2086-01-01T00:00:00Z")
    book.author.push()
    book.once()
    book.new()
    book.approve(book.one, book.two)
    book.story.equal(sorted(book.passed()), [f"approval {A} by onc2: Approved", f"refusal contributor {A} by onc1: Submitted (adopted)"],
                     "row 58: who wrote a text before it remains its author")


with Story("Odd objects") as the_story:
    for tell in (odd_commits, no_newline, odd_trees, named_once, one_name_twice):
        with World() as the_world:
            tell(Objects(the_story, the_world).begin())
    with World() as the_world:
        odd_carried(Objects(the_story, the_world, carry=["content/**/*.png"]).begin())
    for tell in (before_the_policy, far_ahead):
        with World() as the_world:
            tell(the_world, the_story)
