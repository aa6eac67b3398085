"""Histories of any size, made in seconds by `git fast-import`, the same for the same seed.

    with World() as world:
        reviewers = [Reviewer(f"r{number:02}") for number in range(50)]
        history = History(world, reviewers, articles=10**5, commits=10**6)
        history.decide(reviewers, 10000, at=moment)

A history begins with the policy, then the articles come, a hundred a commit; the rest edits one article each, and
every third commit merges a branch of one commit. Decisions are really signed, by libcrypto in this process: OpenSSH's
own program takes some milliseconds for each.
"""

import base64
import ctypes
import ctypes.util
import hashlib
import os
import random
import struct
import subprocess
import zlib
from dataclasses import dataclass

from story import KEEPS_MEMORY, Person

AT_ONCE = 100   # articles that one commit brings, while they come
AUTHORS = 200
EPOCH = 1577836800  # 2020-01-01T00:00:00Z, the first commit's date; one follows each minute
WORDS = ("dose", "label", "heart", "liver", "trial", "arm", "adult", "child", "week", "day", "oral", "blood", "renal",
         "twice", "daily", "never", "risk", "rate", "study", "table", "panel", "board", "stage", "grade", "early")

_EVP_PKEY_ED25519 = 1087


def _libcrypto():
    library = ctypes.CDLL(ctypes.util.find_library("crypto"))
    for name in ("EVP_PKEY_new_raw_private_key", "EVP_MD_CTX_new"):
        getattr(library, name).restype = ctypes.c_void_p
    return library


_crypto = _libcrypto()


def _string(data):
    return struct.pack(">I", len(data)) + data


@dataclass
class Reviewer(Person):
    """A reviewer whose key is made from the id, and who signs here."""

    def __init__(self, id, **more):
        super().__init__(id, f"Reviewer {id}", f"{id}@board.example", more={"capacity": 1000} | more)
        seed = hashlib.sha256(b"a key for tests: " + id.encode()).digest()
        self.pair = ctypes.c_void_p(_crypto.EVP_PKEY_new_raw_private_key(_EVP_PKEY_ED25519, None, seed, len(seed)))
        public, length = ctypes.create_string_buffer(32), ctypes.c_size_t(32)
        _crypto.EVP_PKEY_get_raw_public_key(self.pair, public, ctypes.byref(length))
        self.blob = _string(b"ssh-ed25519") + _string(public.raw)

    @property
    def public_key(self):
        return "ssh-ed25519 " + base64.b64encode(self.blob).decode()

    def _sign_bytes(self, data):
        context = ctypes.c_void_p(_crypto.EVP_MD_CTX_new())
        signature, length = ctypes.create_string_buffer(64), ctypes.c_size_t(64)
        if (_crypto.EVP_DigestSignInit(context, None, None, None, self.pair) != 1 or
                _crypto.EVP_DigestSign(context, signature, ctypes.byref(length), data, ctypes.c_size_t(len(data))) != 1):
            raise RuntimeError("libcrypto does not sign")
        _crypto.EVP_MD_CTX_free(context)
        return signature.raw

    def sign(self, message, namespace=b"git"):
        """An SSH signature as git keeps it (OpenSSH's PROTOCOL.sshsig)."""
        digest = hashlib.sha512(message).digest()
        signature = self._sign_bytes(b"SSHSIG" + _string(namespace) + _string(b"") + _string(b"sha512") + _string(digest))
        whole = (b"SSHSIG" + struct.pack(">I", 1) + _string(self.blob) + _string(namespace) + _string(b"") +
                 _string(b"sha512") + _string(_string(b"ssh-ed25519") + _string(signature)))
        text = base64.b64encode(whole).decode()
        lines = [text[at:at + 70] for at in range(0, len(text), 70)]
        return "\n".join(["-----BEGIN SSH SIGNATURE-----", *lines, "-----END SSH SIGNATURE-----"])


def oid_of(kind, data):
    return hashlib.sha1(b"%s %d\0" % (kind.encode(), len(data)) + data).hexdigest()


def import_stream(repository, stream):
    """Gives pieces of a stream to git fast-import."""
    command = ["git", "-C", str(repository), "-c", "core.compression=1", "fast-import", "--quiet", "--force"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, env=os.environ | KEEPS_MEMORY) as importer:
        pieces, size = [], 0
        for piece in stream:
            pieces.append(piece)
            size += len(piece)
            if size > 1 << 20:
                importer.stdin.write(b"".join(pieces))
                pieces, size = [], 0
        importer.stdin.write(b"".join(pieces))
        importer.stdin.close()
    if importer.returncode:
        raise RuntimeError(f"git fast-import ended with {importer.returncode}")


def put_commits(repository, commits):
    """Writes commits, which fast-import would not take with their signatures, as one pack."""
    pack = bytearray(b"PACK" + struct.pack(">II", 2, len(commits)))
    for commit in commits:
        size = len(commit)
        pack.append((1 << 4) | (size & 15) | (0x80 if size > 15 else 0))
        size >>= 4
        while size:
            pack.append((size & 127) | (0x80 if size > 127 else 0))
            size >>= 7
        pack += zlib.compress(commit, 1)
    pack += hashlib.sha1(pack).digest()
    subprocess.run(["git", "-C", str(repository), "index-pack", "--stdin"], input=bytes(pack), check=True,
                   stdout=subprocess.DEVNULL)


def data(content):
    return b"data %d\n%s\n" % (len(content), content)


class History:
    """A bare repository with a policy and a history; `articles` and `commits` say how much."""

    def __init__(self, world, reviewers, articles=1000, commits=10000, flat=False, seed=1, name="handbook", approvals=1):
        self.world, self.flat, self.random = world, flat, random.Random(seed)
        self.articles = articles
        self.revisions = [0] * articles
        self.repository = world.bare(name)
        self.branches = {}
        author = world.clone(self.repository, f"{name}-policy")
        author.publish_policy(world.policy(reviewers, name=name, rules=[{"paths": ["**"], "approvals": approvals}]),
                              at="2019-12-31T00:00:00Z")
        author.push()
        self.date, self.mark = EPOCH, 0
        import_stream(self.repository, self._everything(commits))

    def path(self, number):
        return (f"content/{number:06}.md" if self.flat else
                f"content/{number % 40:02}/{number // 40 % 50:02}/{number:06}.md")

    def text(self, number):
        """What the article is at present."""
        revision = self.revisions[number]
        words = [WORDS[(number * 7 + revision * 13 + place * (place + number)) % len(WORDS)] for place in range(40)]
        return f"---\ntitle: Article {number}\n---\nEdition {revision}. {' '.join(words)}.\n".encode()

    def version(self, number):
        return oid_of("blob", self.text(number))

    def _commit(self, ref, files, parents, message):
        """One commit on the ref, which becomes the last mark."""
        self.mark += 1
        self.date += 60
        author = self.random.randrange(AUTHORS)
        who = b"Author %d <author%d@example.org> %d +0000\n" % (author, author, self.date)
        yield (b"commit %s\nmark :%d\nauthor %scommitter %s" % (ref, self.mark, who, who)) + data(message)
        yield b"".join(b"%s %s\n" % (word, parent) for word, parent in zip((b"from", b"merge"), parents))
        for number in files:
            yield b"M 100644 inline %s\n" % self.path(number).encode() + data(self.text(number))

    def _edited(self):
        number = self.random.randrange(self.articles)
        self.revisions[number] += 1
        return number

    def _everything(self, commits):
        at_once = max(AT_ONCE, -(-self.articles // max(1, commits // 2)))
        parent = b"refs/heads/main^0"
        for first in range(0, self.articles, at_once):
            files = range(first, min(first + at_once, self.articles))
            yield from self._commit(b"refs/heads/main", files, (parent,), b"Articles\n")
            parent = b":%d" % self.mark
        while self.mark < commits:
            topic = self._edited()
            yield from self._commit(b"refs/heads/topic", (topic,), (parent,), b"Edit on a branch\n")
            branch = b":%d" % self.mark
            number = self._edited()
            yield from self._commit(b"refs/heads/main", (number,), (parent,), b"Edit\n")
            # Where both edited one article, the merge has what was written last.
            yield from self._commit(b"refs/heads/main", (topic,), (b":%d" % self.mark, branch), b"Merge a branch\n")
            parent = b":%d" % self.mark
        yield b"reset refs/heads/topic\nfrom " + b"0" * 40 + b"\n\n"

    def edit(self, numbers, repository=None, ref="refs/heads/main", commits=1):
        """Commits on top of the ref, in the repository or a clone of it, that edit these articles."""
        numbers = list(numbers)
        self.mark = 0

        def stream():
            parent = f"{ref}^0".encode()
            for number in range(commits):
                part = numbers[number::commits]
                for edited in part:
                    self.revisions[edited] += 1
                yield from self._commit(ref.encode(), part, (parent,), b"Edit\n")
                parent = b":%d" % self.mark

        import_stream(repository or self.repository, stream())

    def decide(self, reviewers, count, at, first=0, verdict="approve", each=1, repository=None):
        """Signed decisions about the articles from `first` on: `count` of them, `each` on every review branch, by the
        reviewers in turn. `at` is the first one's date in seconds; each is a second later. Returns the refs."""
        repository = repository or self.repository
        tip = self.world.git(repository, "rev-parse", "refs/heads/main")
        tree = self.world.git(repository, "rev-parse", "refs/heads/main^{tree}")
        commits, refs, parent = [], [], tip
        for place in range(count):
            reviewer = reviewers[place // each % len(reviewers)]
            article = (first + place) % self.articles
            parent = tip if place % each == 0 else parent
            target = self.path(article) + (f"@{self.version(article)}" if verdict == "approve" else "")
            who = f"{reviewer.name} <{reviewer.email}> {at + place} +0000"
            head = f"tree {tree}\nparent {parent}\nauthor {who}\ncommitter {who}\n"
            message = (f"\nRead.\n\nReview: {verdict}\nArticle: {target}\n" +
                       ("Competing-Interests: none\n" if verdict == "approve" else ""))
            signature = reviewer.sign((head + message).encode()).replace("\n", "\n ")
            commit = f"{head}gpgsig {signature}\n{message}".encode()
            commits.append(commit)
            parent = oid_of("commit", commit)
            if place % each == each - 1 or place == count - 1:
                number = self.branches[reviewer.id] = self.branches.get(reviewer.id, 0) + 1
                refs.append((f"refs/heads/review/{reviewer.id}/{number}", parent))
        put_commits(repository, commits)
        self.world.run("git", "-C", repository, "update-ref", "--stdin",
                       text_in="".join(f"create {ref} {commit}\n" for ref, commit in refs))
        return [ref for ref, _ in refs]
