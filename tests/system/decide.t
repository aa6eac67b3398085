#!/usr/bin/env -S python3 -B
"""Decisions in one line: made by the command in a reviewer's clone, judged by the daemon like any other."""

import os
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
import terminal  # noqa: E402
from handbook import Handbook  # noqa: E402
from story import Story, World  # noqa: E402


class Desk:
    """A person's own clone, in which git signs with their key."""

    def __init__(self, book, person, where=""):
        self.book, self.world, self.person = book, book.world, person
        self.clone = book.world.clone(book.bare, f"{book.bare.stem}-{person.id}{where}")
        for key, value in (("user.name", person.name), ("user.email", person.email),
                           ("user.signingkey", f"{person.key}.pub")):
            self.clone.git("config", key, value)
        self.fetch()

    def fetch(self):
        self.clone.pull()
        return self

    def moment(self):
        now = self.book.pass_time()
        return {"IMPRIMATUR_NOW": now, "GIT_AUTHOR_DATE": now, "GIT_COMMITTER_DATE": now}

    def type(self, *arguments, env=None, cwd=None):
        return self.world.imprimatur("-C", cwd or self.clone.path, *arguments, env=self.moment() | (env or {}))

    def type_on_terminal(self, *arguments, env=None, **more):
        return terminal.run(self.world, self.world.program, *arguments, cwd=self.clone.path,
                            env=self.moment() | (env or {}), **more)

    def branches(self, kind="*"):
        """The branches of decisions here, the newest last, by their short names."""
        return self.clone.git("for-each-ref", "--sort=creatordate", "--format=%(refname:short)",
                              f"refs/heads/review/{self.person.id}/{kind}-*").split()

    def state_of_clone(self):
        return (self.clone.git("status", "--porcelain"), self.clone.git("diff", "--cached"), self.clone.head(),
                self.clone.git("symbolic-ref", "HEAD"))


def board(world):
    return (world.person("onc1", "Oncologist One", "one@board.example"),
            world.person("onc2", "Oncologist Two", "two@board.example"),
            world.person("ed1", "Editor One", "editor@board.example", roles=("editor",)))


def begin(world, people, name, **policy):
    """A book with three articles, and a desk for each of the board."""
    book = Handbook(world, people, name=name, **policy)
    book.write("content/a.md", "content/b.md", "content/c c.md")
    book.once()
    return book, *(Desk(book, person) for person in people)


def approving(story, world, people):
    book, one, two, _ = begin(world, people, "approving", rules=[{"paths": ["**"], "approvals": 2}])
    (one.clone.path / "content/a.md").write_text("being edited\n")
    (one.clone.path / "staged").write_text("staged\n")
    one.clone.git("add", "staged")
    before = one.state_of_clone()

    said = one.type("approve", "content/a.md", "-m", "Doses checked", "--competing-interests", "none")
    story.equal(said.status, 0, "an approval is made in one line")
    story.equal(one.state_of_clone(), before, "work tree, index and HEAD stay as they were")
    version = one.clone.version("content/a.md")
    branch = f"review/onc1/approve-content-a-{one.clone.git('rev-parse', one.branches()[0])[:8]}"
    story.equal(said.out.partition("content/a.md: ")[2], f"approve, version {version[:12]}\non the branch {branch}; "
                f"send it: git push origin {branch}\n", "it says what, where, and how to send it")
    story.ok("content/a.md: the file in your work tree is not the text that you approve, which is the one at HEAD" in said.err
             and "{+being edited+}" in said.out, "row 86: and what of the work tree is not approved", said)
    commit = one.clone.git("log", "-1", "--format=%P %B", branch)
    story.equal(commit.rstrip("\n"), f"{one.clone.git('rev-parse', 'origin/main')} Doses checked\n\nReview: approve\n"
                f"Article: content/a.md@{version}\nCompeting-Interests: none",
                "on top of the watched branch as last fetched")
    one.clone.git("push", "-q", "origin", branch)
    book.once()
    story.equal(book.state(), "Under Review", "it counts")

    again = one.type("--json", "approve", "content/*.md", "-m", "All", "--competing-interests", "none", "--push")
    story.note(again) if again.status else None
    story.equal([(line["article"], line["branch"], line["pushed"], line["verdict"]) for line in again.json],
                [(path, one.branches()[-1], True, None) for path in ("content/a.md", "content/b.md", "content/c c.md")],
                "a pattern names several, and programs are told by JSON")
    story.equal(len(set(one.branches())), 2, "  on a branch of another name")
    book.once()
    two.fetch()
    said = two.type("approve", "a.md", "b.md", "c c.md", "-m", "All", "--competing-interests", "none", "--push",
                    cwd=two.clone.path / "content")
    story.equal(said.status, 0, "names may be relative to where one is")
    book.once()
    story.equal([book.state(path) for path in ("content/a.md", "content/b.md", "content/c c.md")], ["Approved"] * 3,
                "several articles are approved by one commit")


def other_text(story, world, people):
    book, one, _, _ = begin(world, people, "other")
    book.write("content/a.md", text="# A\n\nAnother dose.\n")
    one.clone.git("fetch", "-q")
    said = one.type("approve", "content/a.md", "-m", "Read", "--competing-interests", "none")
    story.ok(said.status == 1 and "HEAD of this clone has version" in said.err, "a text not at HEAD is not approved", said)
    story.ok("{+Another dose.+}" in said.out, "and the difference is shown", said)
    story.equal(one.clone.git("branch", "--list", "review/*"), "", "no branch is made")

    one.clone.git("merge", "-q", "--ff-only", "origin/main")
    said = one.type("approve", "content/a.md", "-m", "Read", "--competing-interests", "none", "--push")
    story.equal(said.status, 0, "at HEAD, it may be approved before the ledger knows it", )
    book.once()
    story.equal(book.state(), "Approved", "and that counts")

    book.write("content/new.md", text="# New\n")
    one.clone.git("pull", "-q", "--ff-only", "origin", "main")
    said = one.type("approve", "content/new.md", "-m", "Read", "--competing-interests", "none", "--push")
    story.equal(said.status, 0, "so may an article that is new")
    book.once()
    story.equal(book.state("content/new.md"), "Approved", "and that counts too")


def refused_before(story, world, people):
    book, one, two, editor = begin(world, people, "before")
    book.write("content/own.md", by=two.person)
    book.once()
    two.fetch()
    none = ("-m", "Read", "--competing-interests", "none")
    for desk, arguments, part, name in (
            (two, ("approve", "content/own.md", *none), "would be refused (contributor): Oncologist Two", "own words"),
            (two, ("claim", "content/own.md"), "would be refused (contributor)", "a claim of own words"),
            (editor, ("approve", "content/a.md", *none), "would be refused (not-permitted)", "an editor's approval"),
            (one, ("retract", "content/a.md", "-m", "Wrong"), "would be refused (not-permitted)", "another's verb"),
            (one, ("decline", "content/b.md"), "nothing to decline", "what was not asked"),
            (editor, ("dismiss", "content/a.md", "--of", "onc1", "-m", "Settled"), "nothing to dismiss", "no objection"),
            (one, ("approve", "content/a.md", "-m", "Read", "--competing-interests", "I own shares"),
             "would be refused (competing-interests)", "a declared interest"),
            (one, ("comment", "content/a.md", "-m", "a\n---\nb"), "would be refused (malformed)", "an odd message"),
            (one, ("claim", "content/nothing.md"), "there is no article content/nothing.md", "an unknown name"),
            (one, ("claim", "content"), "content is a folder; for all articles in it, type the pattern 'content/**'", "a folder"),
            (one, ("claim", "other/**"), "no article matches other/**", "a pattern of nothing")):
        said = desk.type(*arguments)
        story.ok(said.status == 1 and part in said.err and not said.out, f"refused before it is made: {name}", said)
    for arguments, part in ((("approve", "content/a.md", "-m", "Read"), "--competing-interests none"),
                            (("approve", "content/a.md", "-m", "Read", "--competing-interests", "No"),
                             '"No" is not a declaration of competing interests'),
                            (("request-changes", "content/a.md"), "needs a reason"),
                            (("comment", "content/a.md", "-m", " "), "the reason (-m) is empty"),
                            (("dismiss", "content/a.md", "-m", "x"), "--of ID"),
                            (("claim", "content/a.md", "--wait"), "--wait goes with --push"),
                            (("claim", "content/a.md", "--push", "--wait=soon"), '--wait takes seconds'),
                            (("claim", "content/a.md", "--push=there"), 'no remote "there" here; there is origin'),
                            (("claim", "--push", "origin"), "which article? origin is a remote")):
        said = one.type(*arguments)
        story.ok(said.status == 2 and part in said.err, f"a matter of usage: {part}", said)

    said = one.type("claim", "content/a.md", env={"GIT_AUTHOR_EMAIL": "stranger@example.org"})
    story.ok(said.status == 1 and "stranger@example.org" in said.err and "git config user.email" in said.err,
             "a stranger is told which address to set", said)
    one.clone.git("config", "user.signingkey", f"{world.new_key('another')}.pub")
    said = one.type("claim", "content/a.md")
    story.ok(said.status == 1 and "would be refused (unknown-key)" in said.err, "a key that is not the policy's", said)
    one.clone.git("config", "user.signingkey", str(world.root / "none.pub"))
    said = one.type("claim", "content/a.md")
    story.ok(said.status == 1 and "gpg.format ssh" in said.err, "a key that is not there, with what to set", said)
    story.equal([desk.clone.git("branch", "--list", "review/*") for desk in (one, two, editor)], ["", "", ""],
                "none of them left a branch")


def every_verb(story, world, people):
    book, one, two, editor = begin(world, people, "verbs", rules=[{"paths": ["**"], "approvals": 1}])

    def does(desk, *arguments):
        desk.fetch()
        said = desk.type(*arguments, "--push")
        if said.status != 0:
            story.note(said)
        book.once()
        return book.state()

    book.write("content/a.md", text="# A\n\nNot adopted.\n")
    book.once()
    # onc1 is asked first, by id.
    story.equal(does(one, "decline", "content/a.md"), "Submitted (revised)", "decline")
    story.equal(does(two, "claim", "content/a.md"), "Under Review", "claim")
    story.equal(does(two, "withdraw", "content/a.md"), "Submitted (withdrawn)", "withdraw")
    story.equal(does(one, "comment", "content/a.md", "-m", "A question"), "Submitted (withdrawn)", "comment")
    story.equal(does(one, "request-changes", "content/a.md", "-m", "The dose is wrong"), "Submitted (changes-requested)", "request-changes")
    story.equal(does(two, "approve", "content/a.md", "--competing-interests", "None."), "Submitted (changes-requested)",
                "an approval beside an objection")
    story.equal(does(editor, "dismiss", "content/a.md", "--of", "onc1", "-m", "Settled"), "Approved", "dismiss")
    story.equal(does(editor, "retract", "content/a.md", "-m", "A recall"), "Submitted (retracted)", "retract")
    events = [entry["Event"] for entry in book.ledger() if entry.get("Article") == "content/a.md"]
    story.equal([event for event in events if event not in ("submission", "request")],
                ["decline", "claim", "withdrawal", "comment", "objection", "approval", "dismissal", "retraction"],
                "each was counted as what it is")


def on_terminal(story, world, people):
    book, one, _, _ = begin(world, people, "terminal")
    book.approve(one.person)
    book.once()
    book.write("content/a.md", text="# The title\n\nWritten again \x1b[2J.\n")
    book.once()
    one.fetch()
    editor = world.root / "editor"
    editor.write_text('#!/bin/sh\ncp "$1" "$0.seen"\nprintf "As I read it\\n# not this\\n" >"$1"\n')
    editor.chmod(0o755)
    status, out = one.type_on_terminal("approve", "content/a.md", answers=[("Competing interests", "none\n")],
                                       env={"GIT_EDITOR": str(editor)})
    story.ok(status == 0, "on a terminal one is asked for what is missing", out)
    story.ok("The title" in out and "changed since the text last approved" in out and "[-content/a.md-]" in out
             and "{+The title+}" in out, "and sees what is approved, and what changed", out)
    story.ok("\x1b[2J" not in out, "whatever the text does to terminals", out)
    story.ok("#   content/a.md" in Path(f"{editor}.seen").read_text(), "the editor says what it is about")
    message = one.clone.git("log", "-1", "--format=%B", one.branches("approve")[-1])
    story.ok(message.startswith("As I read it\n\nReview: approve\n"), "the reason is what was written there", message)

    status, said = one.type_on_terminal("claim", "content/nothing-of-that-name-in-a-folder.md", "content/another-one.md", size=(24, 60))
    story.ok(status == 1 and all(len(line) <= 60 for line in said.splitlines()), "errors are broken at the terminal's width", said)
    editor.write_text('#!/bin/sh\n: >"$1"\n')
    status, said = one.type_on_terminal("request-changes", "content/a.md", env={"GIT_EDITOR": str(editor)})
    story.ok(status == 1 and "no reason was given" in said, "without a reason nothing is decided", said)


def openpgp(story, world):
    """A reviewer whose git signs with GnuPG."""
    ring = world.root / "gnupg"
    ring.mkdir(mode=0o700)
    gpg = ("gpg", "--homedir", ring, "--batch", "--quiet", "--passphrase", "", "--pinentry-mode", "loopback")
    world.run(*gpg, "--faked-system-time", "20261101T000000!", "--quick-gen-key", "Doctor <pgp@board.example>", "ed25519", "sign")
    listed = world.run(*gpg, "--with-colons", "--list-keys").out
    fingerprint = next(line.split(":")[9] for line in listed.splitlines() if line.startswith("fpr:"))
    doctor = world.person("pgp1", "Doctor Pretty", "pgp@board.example", openpgp=[fingerprint])
    book = Handbook(world, (doctor,), name="openpgp")
    book.policy.signers = []
    book.policy.keyring = world.run(*gpg, "--armor", "--export").out
    book.amend()
    book.write("content/a.md")
    book.once()
    desk = Desk(book, doctor)
    program = world.root / "gpg-of-the-ring"
    program.write_text("#!/bin/sh\nexec " + " ".join(f"'{part}'" for part in gpg) + ' "$@"\n')
    program.chmod(0o755)
    for key, value in (("gpg.format", "openpgp"), ("gpg.program", program), ("user.signingkey", f"{fingerprint}!")):
        desk.clone.git("config", key, value)
    said = desk.type("approve", "content/a.md", "-m", "Read", "--competing-interests", "none", "--push")
    story.equal((said.status, said.err), (0, ""), "gpg.format openpgp signs with GnuPG")
    book.once()
    story.equal(book.state(), "Approved", "  and that counts")
    desk.clone.git("config", "gpg.program", "false")
    said = desk.type("comment", "content/a.md", "-m", "A word")
    story.ok(said.status == 1 and desk.clone.git("branch", "--list", "review/pgp1/comment*") == "",
             "a signature that fails leaves no branch", said)
    world.run("gpgconf", "--homedir", ring, "--kill", "all", check=False)


def waiting(story, world):
    """With a daemon, by the machine's own clock."""
    people = (world.person("w1", "Waiter One", "w1@board.example"), world.person("w2", "Waiter Two", "w2@board.example"))
    bare = world.bare("waiting")
    author = world.clone(bare, "waiting")
    author.publish_policy(world.policy(people, rules=[{"paths": ["**"], "approvals": 2}], name="waiting"))
    author.push()
    config = world.configure(bare, file="waiting.json")
    world.daemon(config).await_ready()
    author.edit("content/a.md", "# A\n")
    author.push()
    world.await_ledger(bare, lambda entries: entries and entries[-1]["Event"] == "submission")

    def types(person, *arguments):
        clone = world.clone(bare, f"waiting-{person.id}")
        for key, value in (("user.email", person.email), ("user.signingkey", f"{person.key}.pub")):
            clone.git("config", key, value)
        clone.pull()
        return clone, world.imprimatur(*arguments, "--push", "--wait", cwd=clone.path)

    approval = ("approve", "content/a.md", "--competing-interests", "none")
    _, said = types(people[0], *approval)
    story.ok(said.status == 0 and said.out.endswith("content/a.md: counted (1 of 2, Under Review)\n"),
             "--wait says that it counted", said)
    clone, said = types(people[1], "--json", *approval)
    verdict = said.json[0]["verdict"]
    story.equal((said.status, verdict), (0, {"counted": True, "refusal": None, "sentence": None, "state": "approved",
                                             "approvals": 2, "required": 2}), "and so for programs")
    # The clone is behind: what it knows of the ledger would let this through, the daemon does not.
    author.edit("content/a.md", "# A\n\nNew.\n")
    author.push()
    world.await_ledger(bare, lambda entries: entries[-1]["Event"] == "submission")
    said = world.imprimatur(*approval, "-m", "Again", "--push", "--wait", cwd=clone.path)
    story.ok(said.status == 1 and "content/a.md: refused (stale): The approval names version" in said.out,
             "a refusal comes with its sentence, and exit status 1", said)
    # The ledger that is fetched while one waits may be by a policy whose files are not here.
    clone.pull()
    told = []
    for version, options in ((2, ()), (3, ("--json",))):
        author.publish_policy(world.policy(people, rules=[{"paths": ["**"], "approvals": 2}], name="waiting", version=version))
        author.push()
        world.await_ledger(bare, lambda entries, wanted=str(version): entries[-1].get("Policy") == wanted)
        told.append(world.imprimatur(*options, "comment", "content/a.md", "-m", "Later", "--push", "--wait", cwd=clone.path))
        clone.pull()
    said, programs = told
    story.ok(said.status == 0 and "content/a.md: counted (Submitted)\n" in said.out,
             "how many approvals are needed is not said where the policy in force is not known", said)
    verdict = programs.json[0]["verdict"]
    story.equal((verdict["counted"], verdict["approvals"], verdict["required"]), (True, None, None), "  and null for programs")


def asked_about_interests(story, world, people):
    """What does not answer "which interests?" is asked about, before anybody writes a reason."""
    book, one, _, _ = begin(world, people, "interests")
    editor = world.root / "editor-of-interests"
    editor.write_text(f'#!/bin/sh\ntouch {editor}.called\nprintf "Read\\n" >"$1"\n')
    editor.chmod(0o755)
    env = {"GIT_EDITOR": str(editor)}
    called = Path(f"{editor}.called")
    status, said = one.type_on_terminal("approve", "content/a.md", env=env, answers=[("or which):", "I own shares\n"), ("or which):", "\n")])
    story.ok(status == 2 and "does not count, so somebody else has to approve" in " ".join(said.split()) and not called.exists(),
             "an interest is said not to count before the editor opens, and asked for again", said)
    status, said = one.type_on_terminal("approve", "content/a.md", env=env, answers=[
        ("or which):", "No\n"), ('Does "No" mean that you have none?', "no\n"), ("or which):", "No\n"), ("(yes/no)", "yes\n")])
    story.ok(status == 0 and "Competing-Interests: none\n" in one.clone.git("log", "-1", "--format=%B%n", one.branches()[-1]),
             '"No" is asked about, and then means that there is none', said)
    status, said = one.type_on_terminal("approve", "content/b.md", "-m", "Read", "--competing-interests", "no",
                                        answers=[('Does "no" mean', "yes\n")])
    story.ok(status == 0, "so it is as an option", said)


def two_clones(story, world, people):
    """Of one reviewer, in which articles of one name are approved at the same moment."""
    book = Handbook(world, people, name="two-clones")
    paths = ["content/heart/index.md", "content/lung/index.md"]
    book.write(*paths)
    book.once()
    home, office = Desk(book, people[0], "-home"), Desk(book, people[0], "-office")
    said = [desk.type("approve", path, "-m", "Read", "--competing-interests", "none", "--push")
            for path in paths for desk in (home, office)]
    story.equal([(one.status, one.err) for one in said], [(0, "")] * 4, "two clones of one reviewer push what they approve")
    names = book.world.git(book.bare, "for-each-ref", "--format=%(refname:short)", "refs/heads/review").split()
    story.ok(len(names) == 4 and sum("approve-heart-index-" in name for name in names) == 2,
             "  on branches whose names have the folder and digits of the decision, so that none collide", names)
    book.once()
    story.equal([book.state(path) for path in paths], ["Approved", "Approved"], "  and it counts")


def thousands(story, world, people):
    """More articles than one commit can name."""
    people = people[:1]
    book = Handbook(world, people, name="thousands", articles=["content/**"])
    names = [f"content/{'a-long-name-of-a-folder/' * 4}{number:04}-of-the-articles.md" for number in range(900)]
    for name in names:
        path = book.author.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# {name}\n")
    book.author.git("add", ".")
    book.author.commit("Many", at=book.pass_time())
    book.author.push()
    book.once()
    one = Desk(book, people[0])
    everything = ("approve", "**/*.md", "-m", "All read", "--competing-interests", "none", "--push")
    status, said = one.type_on_terminal("--no-pager", *everything, answers=[("All of them?", "no\n")])
    story.ok(status == 1 and "approve: 900 articles, in 3 commits. All of them?" in said and not one.branches(),
             "row 86: on a terminal one is asked whether all are meant", said[-300:])
    said = one.type("--json", *everything)
    story.ok(said.status == 0, "900 articles are approved by one command", said.err)
    commits = {line["commit"] for line in said.json}
    story.equal((len(said.json), len(commits), len(one.branches())), (900, 3, 1), "  in as many commits as it takes, on one branch")
    story.equal({int(one.clone.git("cat-file", "-s", commit)) <= 65536 for commit in commits}, {True}, "  each small enough")
    book.once()
    counted = [entry["Article"] for entry in book.ledger() if entry["Event"] == "approval"]
    story.equal(sorted(counted), sorted(names), "and all of them count")


def fetches_without_force(story, world, people):
    """A ledger that was put back does not replace the newer one that a reviewer has fetched."""
    book, one, _, _ = begin(world, people, "rollback")
    book.write("content/a.md", text="# A\n\nNew.\n")
    book.once()
    one.fetch()
    newer = one.clone.git("rev-parse", "refs/imprimatur/ledger")
    older = world.git(book.bare, "rev-parse", "refs/imprimatur/ledger~1")
    world.git(book.bare, "update-ref", "refs/imprimatur/ledger", older)
    said = one.type("comment", "content/a.md", "-m", "A word", "--push", "--wait=0")
    told = " ".join(said.err.split())
    story.ok(said.status == 1 and f"the ledger of origin, at {older[:12]}, does not continue the one that this clone has, "
             f"at {newer[:12]}" in told and "git update-ref refs/ledger-before refs/imprimatur/ledger" in told,
             "row 84: a ledger that was put back is refused, and said", said)
    story.equal(one.clone.git("rev-parse", "refs/imprimatur/ledger"), newer, "row 84: and the newer one stays as evidence")


def one_after_the_other(story, world, people):
    """`review`: what waits for a reviewer, with the text, and a decision about each."""
    book, one, _, _ = begin(world, people[:1] + people[2:] + people[1:2], "queue", rules=[{"paths": ["**"], "approvals": 2}])
    for name in ("a", "b", "d"):
        book.write(f"content/{name}.md", text=f"# Title {name}\n\nThe dose is {name}.\n")
    book.once()
    one.fetch()
    said = one.type("review")
    story.ok(said.status == 2 and "review asks on a terminal" in said.err, "review wants a terminal", said)
    editor = world.root / "editor-of-review"
    editor.write_text('#!/bin/sh\nprintf "A reason\\n" >"$1"\n')
    editor.chmod(0o755)
    status, said = one.type_on_terminal("--no-pager", "review", "--push", env={"GIT_EDITOR": str(editor)}, answers=[
        ("quit (q)", "nonsense\n"), ("quit (q)", "a\n"), ("or which):", "none\n"), ("quit (q)", "r\n"), ("quit (q)", "s\n")])
    story.ok(status == 0 and "1 of 3: content/a.md" in said and "The dose is a." in said and "3 of 3: content/d.md" in said
             and "2 decisions made" in said, "one article after the other is shown and decided", said)
    book.once()
    story.equal([book.state(f"content/{name}.md") for name in "abd"],
                ["Under Review", "Submitted (changes-requested)", "Submitted (new)"], "  and the decisions count")
    one.fetch()
    pending = one.type("comment", "content/d.md", "-m", "Not recorded", "--push")
    story.equal((pending.status, len(one.branches())), (0, 3), "three branches are there")
    one.clone.git("fetch", "-q", "origin")
    said = one.type("review", "--clean")
    story.equal((said.status, said.out), (0, "2 branches whose decisions are recorded were deleted\n"), "--clean deletes what is recorded")
    left = world.git(book.bare, "for-each-ref", "--format=%(refname:short)", "refs/heads/review").split()
    story.equal((left, one.branches()), (one.branches("comment"), one.branches("comment")), "  here and there, and nothing else")
    book.once()
    one.fetch()
    said = one.type("comment", "content/d.md", "-m", "Another", "--push", "--clean")
    story.ok(said.status == 0 and "1 branch whose decisions are recorded was deleted" in said.out, "so does a decision with --clean", said)


def places(story, world, people):
    """Other clones than an ordinary one, and other remotes than one named origin."""
    book, one, two, _ = begin(world, people, "places")
    fork = world.bare("fork")
    one.clone.git("remote", "rename", "origin", "upstream")
    one.clone.git("remote", "add", "fork", fork)
    none = ("--competing-interests", "none", "-m", "Read")
    said = one.type("approve", "--push", "upstream", "content/a.md", *none, "--wait=0")
    story.ok(said.status == 1 and f"sent to upstream as {one.branches()[0]}\n" in said.out
             and "said nothing of it within 0 s; look later: git fetch upstream" in said.err,
             "the word behind --push is a remote; without a daemon the wait ends, and says what to do", said)
    story.ok(book.tip(one.branches()[0]), "  and there it is")
    story.equal(world.git(fork, "branch", "--list"), "", "  and nowhere else")
    said = one.type("comment", "content/b.md", "-m", "A question", "--push=upstream")
    story.ok(said.status == 0 and book.tip(one.branches("comment")[0]), "so is the one behind =", said)
    hook = book.bare / "hooks/pre-receive"
    hook.write_text("#!/bin/sh\necho 'not today' >&2\nexit 1\n")
    hook.chmod(0o755)
    said = one.type("comment", "content/a.md", "-m", "Another", "--push", "upstream")
    story.ok(said.status == 1 and "not today" in said.err
             and any(f"the decision is made, send it again with: git push upstream {name}" in said.err
                     for name in one.branches("comment")),
             "a push that is refused leaves the decision, and how to send it", said)
    hook.unlink()

    two.clone.git("checkout", "-q", "--detach")
    said = two.type("approve", "content/a.md", *none)
    story.ok(said.status == 0 and said.out.endswith(f"git push origin {two.branches('approve')[0]}\n"),
             "a detached HEAD will do", said)
    tree = world.root / "second-tree"
    two.clone.git("worktree", "add", "-q", "--detach", tree)
    said = two.type("approve", "content/b.md", *none, cwd=tree)
    story.ok(said.status == 0 and len(two.branches("approve")) == 2, "so will a second work tree", said)
    bare = world.root / "bare-clone.git"
    world.run("git", "clone", "-q", "--bare", book.bare, bare)
    world.git(bare, "fetch", "-q", "origin", "+refs/imprimatur/*:refs/imprimatur/*")
    for key, value in (("user.email", two.person.email), ("user.signingkey", f"{two.person.key}.pub")):
        world.git(bare, "config", key, value)
    said = two.type("claim", "content/a.md", cwd=bare)
    story.equal((said.status, said.err), (0, ""), "so will a bare repository")
    world.git(bare, "remote", "remove", "origin")
    said = two.type("claim", "content/b.md", cwd=bare)
    story.ok(re.fullmatch(r"on the branch review/onc2/claim-content-b-[0-9a-f]{8}", said.out.splitlines()[-1]), "without a remote it stays here", said)
    said = two.type("claim", "content/b.md", "--push", cwd=bare)
    story.ok(said.status == 2 and "there is no remote here to send to" in said.err, "  as sending says", said)


def signing(story, world, people):
    """Whatever git signs with: a program of the user's, an agent, a pass phrase typed on the terminal."""
    book, one, _, _ = begin(world, people, "signing", rules=[{"paths": ["**"], "approvals": 1}])
    program = world.root / "sign-with"
    program.write_text(f'#!/bin/sh\necho "$@" >>{program}.log\nexec ssh-keygen "$@"\n')
    program.chmod(0o755)
    one.clone.git("config", "gpg.ssh.program", program)
    said = one.type("claim", "content/a.md")
    story.ok(said.status == 0 and "-Y sign" in Path(f"{program}.log").read_text(), "gpg.ssh.program signs", said)
    one.clone.git("config", "--unset", "gpg.ssh.program")

    locked = world.root / "locked"
    locked.write_bytes(one.person.key.read_bytes())
    locked.chmod(0o600)
    world.run("ssh-keygen", "-q", "-p", "-N", "a pass phrase", "-f", locked)
    Path(f"{locked}.pub").write_text(Path(f"{one.person.key}.pub").read_text())
    one.clone.git("config", "user.signingkey", locked)
    status, said = one.type_on_terminal("claim", "content/b.md", "-m", "Mine", answers=[("passphrase", "a pass phrase\n")])
    story.ok(status == 0 and "on the branch review/onc1/claim-content-b-" in said, "a pass phrase is typed on the terminal", said)

    started = world.run("ssh-agent", "-s", "-a", world.root / "agent").out
    agent = {"SSH_AUTH_SOCK": str(world.root / "agent")}
    try:
        world.run("ssh-add", "-q", one.person.key, env=agent)
        public = world.root / "only-public.pub"
        public.write_text(Path(f"{one.person.key}.pub").read_text())
        one.clone.git("config", "user.signingkey", public)
        said = one.type("claim", "content/c c.md", env=agent)
        story.equal((said.status, said.err), (0, ""), "an agent signs, where only the public key is a file")
    finally:
        os.kill(int(re.search(r"SSH_AGENT_PID=(\d+)", started)[1]), 15)


with Story("Decisions by the command") as tale, World() as here:
    persons = board(here)
    approving(tale, here, persons)
    other_text(tale, here, persons)
    refused_before(tale, here, persons)
    every_verb(tale, here, persons)
    on_terminal(tale, here, persons)
    asked_about_interests(tale, here, persons)
    two_clones(tale, here, persons)
    thousands(tale, here, persons)
    fetches_without_force(tale, here, persons)
    one_after_the_other(tale, here, persons)
    places(tale, here, persons)
    signing(tale, here, persons)
    openpgp(tale, here)
    waiting(tale, here)
