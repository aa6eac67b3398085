#!/usr/bin/env -S python3 -B
"""SECURITY.md, THREATS, row 27: what is too large is refused with a reason, in bounded memory and time.

What is claimed is that memory does not follow the figures, but for a million files that all changed."""

import os
import subprocess
import sys
import zlib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from siege import A, Siege  # noqa: E402
from story import KEEPS_MEMORY, Story, World  # noqa: E402

MIB = 1024 * 1024
# What a pass over a handful of articles takes, and room for the largest object that git itself has to unpack.
MEMORY_MIB = 256
MILLION_MIB = 512
SANITIZED = "/sanitize" in os.environ.get("BUILD", "")
MEMORY_FACTOR = 8 if SANITIZED else 1
PATIENCE_S = 120 if SANITIZED else 20


class Measured(Siege):
    def measured(self, claim, memory_mib=MEMORY_MIB, status=0, said=""):
        """One pass within the memory; it has to end, with the status, and to have said so. Returns what it recorded."""
        with open(self.world.root / "said", "w+b") as output:
            process = subprocess.Popen([self.world.program, "-c", self.config, "--json", "once"], stdout=output, stderr=output,
                                       stdin=subprocess.DEVNULL, env=self.world.env | {"IMPRIMATUR_NOW": self.pass_time()})
            _, ended, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(ended)
            output.seek(0)
            text = output.read().decode(errors="replace")
        # Of the processor's time: what else the machine does makes no difference here.
        took, peak = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
        self.story.ok(process.returncode == status and said in text and took < PATIENCE_S and peak < memory_mib * MEMORY_FACTOR,
                      f"row 27: {claim}", f"exit status {process.returncode}, {took:.1f} s, {peak:.0f} MiB\n{text[:2000]}")
        if os.environ.get("FIGURES"):
            self.story.note(f"{took:.1f} s, {peak:.0f} MiB")
        return self.new()

    def loose(self, kind, content):
        """Writes an object by hand, quickly; returns its id. Content is an iterable of bytes with its length first."""
        import hashlib
        length, *parts = content
        digest, squeezed = hashlib.sha1(), zlib.compressobj(1)
        path = self.bare / "objects" / "new"
        with open(path, "wb") as out:
            for part in (f"{kind} {length}\0".encode(), *parts):
                digest.update(part)
                out.write(squeezed.compress(part))
            out.write(squeezed.flush())
        oid = digest.hexdigest()
        (self.bare / "objects" / oid[:2]).mkdir(exist_ok=True)
        os.replace(path, self.bare / "objects" / oid[:2] / oid[2:])
        return oid

    def commit_object(self, tree, parents, message, size=0):
        now = int(self.moment.timestamp())
        head = "".join([f"tree {tree}\n", *(f"parent {parent}\n" for parent in parents),
                        f"author X <x@y.example> {now} +0000\ncommitter X <x@y.example> {now} +0000\n\n"])
        body = (head + message).encode()
        filler = [b"x" * MIB] * (size // MIB)
        return self.loose("commit", [len(body) + size, body, *filler])

    def to_main(self, commit):
        self.world.git(self.bare, "update-ref", "refs/heads/main", commit)


def messages(book):
    git = book.author.git
    tree, head = git("rev-parse", "HEAD^{tree}"), git("rev-parse", "HEAD")
    attempt = book.message()
    large = book.commit_object(tree, [head], attempt, size=64 * MIB)
    book.to_main(large)
    book.measured("a decision whose message has 64 MiB")
    told = book.told(r"decision\.refused")
    book.story.equal([message["data"]["refusal"] for message in told], ["malformed"], "row 27: is refused")
    chain, wide = large, []
    for number in range(4):
        chain = book.commit_object(tree, [chain], f"{attempt}{number}", size=16 * MIB)
        wide.append(book.commit_object(tree, [head], f"Wide {number}\n", size=16 * MIB))
    book.to_main(book.commit_object(tree, [chain, *wide], "Merge all\n"))
    book.measured("a chain of such decisions, and a merge of eight large commits")
    book.story.equal([message["data"]["refusal"] for message in book.told(r"decision\.refused")], ["malformed"] * 4,
                     "row 27: are refused")


def many_commits(book):
    stream = ["".join(f"commit refs/heads/main\ncommitter X <x@y.example> {1795400000 + n} +0000\ndata 2\n.\n"
                      + (f"from {book.tip('main')}\n" if n == 0 else "") + "\n" for n in range(100000))]
    book.world.run("git", "-C", book.bare, "fast-import", "--quiet", "--force", env=KEEPS_MEMORY,
                   text_in="".join(stream))
    book.measured("100,000 commits in a push", said='"commits_read":10000')


def trees(book):
    blob = book.world.git(book.bare, "rev-parse", f"main:{A}")
    policy = book.world.git(book.bare, "rev-parse", "main:.imprimatur")
    entry = lambda mode, name, oid: f"{mode} {name}\0".encode() + bytes.fromhex(oid)  # noqa: E731

    def tree(*entries):
        data = b"".join(entries)
        return book.loose("tree", [len(data), data])

    def push(content, message):
        top = tree(entry("40000", ".imprimatur", policy), entry("40000", "content", content))
        book.to_main(book.commit_object(top, [book.tip("main")], message))

    deep = tree(entry("100644", "a.md", blob))
    for _ in range(6000):
        deep = tree(entry("40000", "d", deep))
    push(deep, "Deep\n")
    found = book.measured("a tree 6,000 deep")
    book.story.equal([record["Event"] for record in found], ["removal"], "row 27: what lies too deep is not an article")
    wide = tree(*(entry("100644", f"f{n:06d}", blob) for n in range(990000)))
    push(wide, "Wide\n")
    book.measured("a million files in a folder", memory_mib=MILLION_MIB)
    # Each folder holds the one below it ten times: 10^7 paths in eight objects.
    bomb = tree(entry("120000", "a", blob))
    for _ in range(7):
        bomb = tree(*(entry("40000", f"d{n}", bomb) for n in range(10)))
    push(bomb, "Bomb\n")
    found = book.measured("ten million paths in eight trees", said="unfolds into too many files")
    book.story.equal(found, [], "row 27: of which those are passed over, by name, for which there is no room")
    push(tree(entry("100644", "a.md", blob)), "Back\n")
    found = book.measured("what stands there instead is looked at")
    book.story.equal([record["Event"] for record in found], ["submission"], "row 27: and is a text")


def articles(book):
    size = 1024 * MIB
    huge = book.loose("blob", [size, *([b"y" * MIB] * 1024)])
    laughs = "---\nlol0: &a0 [x, x]\n" + "".join(
        f"lol{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 40)) + "---\n# Laughs\n"
    nested = "---\ntitle: " + "[" * 60000 + "\n---\n# Nested\n"
    flat = "---\ntitle: x\nkeys:\n" + "".join(f"  k{n}: {n}\n" for n in range(20000)) + "---\n# Long\n"
    book.author.pull()
    book.author.write_all({"content/laughs.md": laughs, "content/nested.md": nested, "content/flat.md": flat,
                           "content/half.md": "# A\n" + "word " * 900000})
    book.commit("Bombs")
    index = book.world.root / "bombs-index"
    env = {"GIT_INDEX_FILE": str(index)}
    book.world.git(book.bare, "read-tree", "main", env=env)
    book.world.git(book.bare, "update-index", "--add", "--cacheinfo", f"100644,{huge},content/huge.md", env=env)
    tree = book.world.git(book.bare, "write-tree", env=env)
    book.to_main(book.commit_object(tree, [book.tip("main")], "Huge\n"))
    found = book.measured("an article of 1 GiB, aliases that laugh, nesting, and a long header")
    book.story.equal({entry["Article"]: entry.get("Problem") for entry in found},
                     {"content/huge.md": "too-large", "content/half.md": "too-large", "content/laughs.md": "front-matter",
                      "content/nested.md": "front-matter", "content/flat.md": "front-matter"}, "row 27: each has its problem")
    reasons = {message["data"]["article"]["path"]: message["data"]["reason_text"]
               for message in book.told(r"article\.invalid")}
    book.story.ok(len(reasons) == 5 and all(reasons.values()), "row 27: and its reason", reasons)


def policies(book):
    book.author.pull()
    book.policy.json["exclude"] = ["x" * 1000 + str(n) for n in range(1100)]
    book.amend()
    book.measured("a policy of more than 1 MiB")
    said = [message["data"]["reason_text"] for message in book.told(r"policy\.rejected")]
    book.story.ok(len(said) == 1 and "larger" in said[0], "row 27: is rejected, for its size", said)
    book.policy.json["exclude"] = ["*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", "**/**/**/**/**/**/**/**/**/**/**/**/x"]
    book.amend()
    book.write("content/" + "a" * 200 + ".md", "content/" + "/".join("d" * 120) + "/e.md")
    book.measured("patterns that invite to try everything")


with Story("What is too large") as the_story:
    for tell in (messages, many_commits, trees, articles, policies):
        with World() as the_world:
            tell(Measured(the_story, the_world).begin())
