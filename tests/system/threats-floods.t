#!/usr/bin/env -S python3 -B
"""SECURITY.md, THREATS, rows 54 to 56: little pushes that unfold into much, floods of what nobody signed, and a text
that is hidden in a commit too large to write down. What a push costs, then and ever after, follows what was pushed."""

import hashlib
import os
import sqlite3
import subprocess
import sys
import zlib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from handbook import with_signature  # noqa: E402
from siege import A, Siege  # noqa: E402
from story import KEEPS_MEMORY, Story, World  # noqa: E402

SANITIZED = "/sanitize" in os.environ.get("BUILD", "")
SLOW = 20 if SANITIZED else 1
# A pass over 156 KB that took 65 s; what nothing costs is in it.
SECONDS = 1.0 * SLOW
MEMORY_MIB = 64 * (24 if SANITIZED else 1)
# The index grows by pages, and a WAL.
PAGES = 160 * 1024


class Flood(Siege):
    def begin(self, *paths):
        super().begin(*paths)
        self.rest = self.cost()[1]
        return self

    def cost(self):
        """One pass: seconds of the processor, the most memory in MiB, and by how many bytes the index grew."""
        def size():
            with sqlite3.connect(self.state_directory / "index.db") as database:
                database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return (self.state_directory / "index.db").stat().st_size
        before = size()
        process = subprocess.Popen([self.world.program, "-c", self.config, "--json", "once"], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                                   # Else the most memory that this process ever had counts as its.
                                   preexec_fn=lambda: None,
                                   env=self.world.env | {"IMPRIMATUR_NOW": self.pass_time()})
        said = process.stderr.read().decode(errors="replace")
        _, ended, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(ended)
        if process.returncode:
            raise RuntimeError(f"once: {process.returncode}: {said}")
        return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, size() - before

    def costs_little(self, claim, pushed, seconds=SECONDS):
        took, peak, grown = self.cost()
        figures = f"{took:.2f} s, {peak - self.rest:.0f} MiB above rest, {grown} bytes more for {pushed} pushed"
        self.story.ok(took < seconds and peak - self.rest < MEMORY_MIB and grown <= 4 * pushed + PAGES, claim, figures)
        if os.environ.get("FIGURES"):
            self.story.note(figures)
        took, _, grown = self.cost()
        self.story.ok(took < seconds / 4 and grown < PAGES, f"{claim}; the next pass costs nothing", f"{took:.2f} s, {grown} bytes")

    def imported(self, stream):
        """Adds commits by git fast-import; returns how many bytes their pack has."""
        git = self.world.git
        packs = self.bare / "objects" / "pack"
        before = set(packs.glob("*.pack"))
        self.world.run("git", "-C", self.bare, "-c", "fastimport.unpackLimit=0", "fast-import", "--quiet", "--force",
                       "--depth=4000", env=KEEPS_MEMORY, text_in=stream)
        return sum(path.stat().st_size for path in set(packs.glob("*.pack")) - before) or len(git(self.bare, "count-objects"))

    def pushed(self, stream):
        """Pushes such commits as one who means harm packs them, each as what it differs from the one before; how many bytes."""
        author, packs = self.author, self.bare / "objects" / "pack"
        before = set(packs.glob("*.pack"))
        self.world.run("git", "-C", author.path, "fast-import", "--quiet", "--force", env=KEEPS_MEMORY,
                       text_in=stream)
        author.git("repack", "-adfq", "--window=2", "--depth=4000")
        author.git("push", "-q", "origin", "main")
        return sum(path.stat().st_size for path in set(packs.glob("*.pack")) - before)

    def chain(self, messages, ref="refs/heads/main", start=None, mark=1, by="X <x@y.example>"):
        """A stream of commits, one upon the other, that change nothing."""
        start = start or self.tip("main")
        now = int(self.moment.timestamp())
        return "".join(f"commit {ref}\nmark :{mark + n}\ncommitter {by} {now + n} +0000\ndata {len(text.encode())}\n{text}\n"
                       + (f"from {start}\n" if n == 0 else "") + "\n" for n, text in enumerate(messages))

    def loose(self, kind, data):
        raw = f"{kind} {len(data)}\0".encode() + data
        oid = hashlib.sha1(raw).hexdigest()
        path = self.bare / "objects" / oid[:2] / oid[2:]
        path.parent.mkdir(exist_ok=True)
        if not path.exists():
            path.write_bytes(zlib.compress(raw, 1))
        return oid

    def tree(self, *entries):
        return self.loose("tree", b"".join(f"{mode} {name}\0".encode() + bytes.fromhex(oid) for mode, name, oid in entries))

    def commit_tree(self, tree, by=None, message="Some\n"):
        who = f"{by.name} <{by.email}>" if by else "X <x@y.example>"
        now = int(self.moment.timestamp())
        commit = self.loose("commit", (f"tree {tree}\nparent {self.tip('main')}\nauthor {who} {now} +0000\n"
                                       f"committer {who} {now} +0000\n\n{message}").encode())
        self.world.git(self.bare, "update-ref", "refs/heads/main", commit)

    def bomb(self, depth, leaf):
        """A tree that unfolds into ten to the power of depth, times what is in the leaf."""
        for _ in range(depth):
            leaf = self.tree(*(("40000", f"d{n}-" + "n" * 100, leaf) for n in range(10)))
        return leaf


def unsigned_attempts(book):
    letters = "abcdefghijklmnopq"
    articles = "".join(f"Article: {a}{b}{c}\n" for a in letters for b in letters for c in letters)[:13 * 4700]
    size = book.pushed(book.chain([f"{n}\n\nReview: approve\n{articles}" for n in range(1100)]))
    book.story.ok(size < 160 * 1024, "row 55: 1,100 commits that name 4,700 articles each are a small push", size)
    book.costs_little("row 55: 1,100 unsigned commits that name 4,700 articles each", size)
    told = book.told(r"decision\.refused")
    book.story.equal(len(told), 11, "row 55: ten are told of, and how many more there are")


def many_branches(book):
    line = book.chain([f"{n}\n\nReview: claim\nArticle: {A}\n" for n in range(9000)], ref="refs/heads/review/line")
    octopus = (f"commit refs/heads/review/octopus\ncommitter X <x@y.example> 1795400000 +0000\ndata 2\n.\nfrom {book.tip('main')}\n"
               + "".join(f"merge :{n}\n" for n in range(1, 9000, 100)) + "\n")
    book.costs_little("row 55: 9,000 attempts in a line, and a merge of ninety of them",
                      book.imported(line + octopus), seconds=2 * SECONDS)
    book.told()
    plain = book.chain([f"{n}\n" if n == 0 else f"{n}\n\nReview: claim\nArticle: {A}\n" for n in range(9000)],
                       ref="refs/heads/topic")
    resets = "".join(f"reset refs/heads/review/b{n}\nfrom :{8999 - 100 * n}\n\n" for n in range(60))
    book.costs_little("row 55: 60 review branches along 9,000 commits that are not merged",
                      book.imported(plain + resets), seconds=2 * SECONDS)
    book.approve(book.one)
    book.story.ok([line for line in book.passed() if line.startswith(f"approval {A}")], "row 55: and a decision counts as ever")


def forged_on_a_head(book):
    """On top of an objection that stands on a branch, as one that was squashed does, commits that show a reviewer's
    signature of something else."""
    names = [f"content/{number}.md" for number in range(2000)]
    book.author.pull()
    book.author.write_all({name: f"# {name}\n" for name in names})
    book.commit("Many", push=True)
    book.once()
    book.author.pull()
    tree, main, now = book.author.git("rev-parse", "HEAD^{tree}"), book.tip("main"), int(book.moment.timestamp())

    def commit(parent, number, message, signature=None):
        ident = f"{book.one.name} <{book.one.email}> {now + number} +0000"
        payload = f"tree {tree}\nparent {parent}\nauthor {ident}\ncommitter {ident}\n\n{message}"
        return with_signature(payload, signature).encode() if signature else payload.encode()

    articles = "".join(f"Article: {name}\n" for name in names)
    signature = book.signature("something else", book.one.key)
    tip = book.loose("commit", commit(main, 0, "Not merged\n"))
    for number in range(1, 4):
        payload = commit(tip, number, f"No {number}.\n\nReview: request-changes\n{articles}").decode()
        tip = book.loose("commit", book.signed(payload, book.one.key).encode())
    for number in range(4, 304):
        tip = book.loose("commit", commit(tip, number, f"{number}\n\nReview: request-changes\n{articles}", signature))
    book.world.git(book.bare, "update-ref", "refs/heads/review/forged", tip)
    book.costs_little("row 55: 300 forged decisions about 2,000 articles each, on three that are not merged", 300 * 50 * 1024,
                      seconds=8 * SECONDS)


def unfolding(book):
    blob = book.world.git(book.bare, "rev-parse", f"main:{A}")
    kept = [("40000", name, book.world.git(book.bare, "rev-parse", f"main:{name}")) for name in (".imprimatur", "content")]
    for what, name in (("files", "x.png"), ("articles", "x.md")):
        bomb = book.bomb(6 if what == "files" else 4, book.tree(("100644", name, blob)))
        where = "junk" if what == "files" else "docs"
        book.commit_tree(book.tree(*kept, ("40000", where, bomb)))
        book.costs_little(f"row 54: six trees that unfold into very many {what}", 60 * 1024, seconds=2 * SECONDS)
    flips = "".join(f"commit refs/heads/main\ncommitter X <x@y.example> {1795400000 + n} +0000\ndata 2\n.\n"
                    + (f"from {book.tip('main')}\n" if n == 0 else "")
                    + (f"M 040000 {bomb} flip\n" if n % 2 else "D flip\n") + "\n" for n in range(2000))
    book.costs_little("row 54: such trees put in and taken out, a thousand times", book.imported(flips), seconds=4 * SECONDS)
    many = "".join(f"Co-authored-by: P <{'p' * 200}{n}@y.example>\n" for n in range(2000))
    book.costs_little("row 54: thousands of co-authors",
                      book.imported(book.chain([f"{n}\n\n{many}" for n in range(100)])), seconds=2 * SECONDS)


def hidden(book):
    kept = {name: book.world.git(book.bare, "rev-parse", f"main:{name}") for name in (".imprimatur", "content")}
    text = book.loose("blob", b"# Written by the first\n")
    blob = book.world.git(book.bare, "rev-parse", f"main:{A}")
    junk = book.bomb(6, book.tree(("100644", "x.md", blob)))
    before, other = ("100644", "a.md", blob), ("100644", "own.md", text)
    policy = ("40000", ".imprimatur", kept[".imprimatur"])
    book.commit_tree(book.tree(policy, ("40000", "content", book.tree(before, ("40000", "junk", junk), other))), by=book.one)
    book.commit_tree(book.tree(policy, ("40000", "content", book.tree(before, other))))
    book.once()
    book.author.pull()
    book.approve(book.one, book.two, article="content/own.md")
    found = [line for line in book.passed() if "own.md by" in line]
    book.story.equal(sorted(found), ["approval content/own.md by onc2: Approved",
                                     "refusal contributor content/own.md by onc1: Submitted (new)"],
                     "row 56: who brought a text among 10^6 other paths is a contributor to it")


with Story("Floods") as the_story:
    for tell in (unsigned_attempts, many_branches, forged_on_a_head, unfolding, hidden):
        with World() as the_world:
            tell(Flood(the_story, the_world).begin())
