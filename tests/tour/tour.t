#!/usr/bin/env -S python3 -B
"""The tour of imprimatur-tutorial(7), typed into real terminals by an operator, an author, two reviewers and an editor.
What they see is compared with the transcripts beside this file; UPDATE=1 writes them again, to be read in the diff.

The commands are the page's own, word for word but for where things lie: /etc/imprimatur and /srv/git are folders of a
scratch world. A step is a line: somebody types what begins so in a chapter. A command that nobody types is a failure,
unless NOT_TYPED says why. What README.md shows of `imprimatur status` is what the editor sees in this tour."""

import difflib
import json
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1] / "lib")]
from guide import README, TUTORIAL, Guide  # noqa: E402
from receiver import Receiver  # noqa: E402
from story import Story, World, skip_all, wait_until  # noqa: E402
from terminal import Terminal, end  # noqa: E402

ARTICLE = "content/oncology/stage-4.md"
FEVER = "content/general/fever.md"
AUTHOR, REVIEWER, EDITOR, OPERATOR = "FOR AUTHORS", "FOR REVIEWERS", "FOR EDITORS", "FOR OPERATORS"
WEBSITE, RECORD = "FOR THE WEBSITE", "CHECKING THE RECORD"
PACKAGE, SYSTEM = "tests/systemd/tour.t installs the program", "this is a user's world: tests/systemd/tour.t has a whole machine"
NOT_TYPED = {
    "make deb": PACKAGE, "apt install": PACKAGE, "make && make install": PACKAGE, "systemd-sysusers": PACKAGE,
    "systemd-tmpfiles": PACKAGE, "systemctl": SYSTEM, "usermod": SYSTEM, "chgrp": SYSTEM,
    "imprimatur -c /etc/imprimatur/handbook.json doctor": SYSTEM,
    "ssh-keygen -t ed25519 -f ~/.ssh": "it names the host: tests/systemd/tour.t types it",
    "install -d -g git": SYSTEM, "git config --system": SYSTEM, "sha256sum": "what `policy sign` does",
    "ssh-keygen -Y sign": "what `policy sign` does", "echo 'exec imprimatur check --pre-receive'": "a server's own hook",
    "git push origin HEAD:refs/heads/review": "`explain` names a branch of the reviewer's own",
    "git switch": "`explain` tells it too",
    "imprimatur dismiss": "nobody objects here: tests/system/decide.t has it", "a=content": "`explain` fills it in", "git commit --allow-empty": "`explain` fills it in",
}

# Progress of git's, and the pictures of keys.
NOISE = re.compile(r"(Enumerating|Counting|Delta|Compressing|Writing|Unpacking|Total|remote:) |[|+].*[|+]$")


class Tour:
    def __init__(self, story, world, receiver):
        self.story, self.world, self.receiver, self.guide = story, world, receiver, Guide(TUTORIAL)
        self.places = {"/etc/imprimatur": str(world.root / "etc"), "/srv/git": str(world.root / "srv")}
        for place in self.places.values():
            Path(place).mkdir()
        self.handbook = world.root / "srv" / "handbook.git"
        self.config = world.root / "etc" / "handbook.json"
        self.service = {"STATE_DIRECTORY": str(world.root / "state"),
                        "CREDENTIALS_DIRECTORY": str(world.root / "etc" / "handbook.credentials")}
        (world.root / "state").mkdir(mode=0o750)
        self.transcripts = {}

    def somebody(self, id, name, email, columns=80, **env):
        """At a terminal of their own; with git set up, and a key without a pass phrase in its usual place."""
        terminal = Terminal(self.world, id, columns, **env)
        if not (terminal.home / ".gitconfig").exists():
            terminal.home.joinpath(".gitconfig").write_text(
                f"[user]\n\tname = {name}\n\temail = {email}\n[init]\n\tdefaultBranch = main\n[core]\n\tabbrev = 12\n[advice]\n\tdetachedHead = false\n")
            shutil.copy(self.world.new_key(f"id-{id}"), terminal.home / ".ssh/id_ed25519")
            shutil.copy(self.world.root / "keys" / f"id-{id}.pub", terminal.home / ".ssh/id_ed25519.pub")
        return terminal

    def here(self, text):
        for place, here in self.places.items():
            text = text.replace(place, here)
        return text

    def plain(self, terminal, text):
        """Without what differs each time; columns stay where they are."""
        for place, here in self.places.items():
            text = text.replace(here, place)
        text = text.replace(str(terminal.home), "~").replace(str(self.world.root), "WORLD")
        for pattern, mark in ((r"\b[0-9a-f]{12,40}\b|(?<=[-#])[0-9a-f]{8}\b", lambda found: "x" * len(found[0])),
                              (r"\d{4}-\d\d-\d\d", "YYYY-MM-DD"), (r"\b\d\d:\d\d(:\d\d)?\b", "HH:MM"),
                              (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"), (r"SHA256:[A-Za-z0-9+/]{43}", "SHA256:KEY"),
                              (r"\b\d+ (s|min|seconds?|minutes?)\b", "N seconds"),
                              (r"\b\d{1,2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b", "DD Mon"),
                              (r"\.\.\.\S+\.md\b", "...ARTICLE"), (r"SupplementaryGroups=\S+", "SupplementaryGroups=GROUP")):
            text = re.sub(pattern, mark, text)
        return "\n".join(line.rstrip() for line in text.splitlines() if not NOISE.match(line))

    def type(self, terminal, command, *answers):
        """Types what is not in the page, too; see Terminal.type()."""
        seen = terminal.type(self.here(command), *answers)
        told = self.transcripts.setdefault(terminal.seen_file.name, [])
        told.append(f"$ {self.plain(terminal, command)}\n{self.plain(terminal, seen)}".rstrip() + "\n")
        return seen

    def step(self, terminal, chapter, beginning, *answers):
        return self.type(terminal, self.guide.command(chapter, beginning), *answers)

    @staticmethod
    def words(text):
        """Where lines break, how wide columns are, and whether a path fits behind a day depends on the day's date."""
        return re.sub(r"(DD Mon) +(?:\.\.\.ARTICLE|content/\S+\.md)", r"\1 ARTICLE", text).split()

    def compare(self):
        """Word for word."""
        folder = Path(__file__).resolve().parent / "transcripts"
        for name, told in sorted(self.transcripts.items()):
            file, text = folder / f"{name}.txt", "\n".join(told)
            if os.environ.get("UPDATE") == "1":
                folder.mkdir(exist_ok=True)
                file.write_text(text)
            before = file.read_text() if file.exists() else ""
            difference = difflib.unified_diff(before.splitlines(), text.splitlines(), "written down", "seen", lineterm="")
            self.story.ok(self.words(text) == self.words(before), f"what {name.replace('-', ' at ')} columns sees is as it was "
                          f"written down", "\n".join(difference))
        left = [(chapter, command) for chapter, command in
                self.guide.untyped(AUTHOR, REVIEWER, EDITOR, OPERATOR, WEBSITE, RECORD) if not Guide.begins(command, *NOT_TYPED)]
        self.story.equal(left, [], "every command of these chapters is typed")


def operator_begins(tour, operator, one, two):
    """From nothing to a policy that is signed and a daemon that runs."""
    tour.step(operator, OPERATOR, "git init --bare")
    tour.step(operator, OPERATOR, "git clone")
    Path(operator.home / "handbook" / "content").mkdir()
    tour.type(operator, "echo '# About us' >content/about.md && git add . && git commit -qm 'About us' && git push -q")
    tour.type(operator, "cd")
    tour.step(operator, OPERATOR, "ssh-keygen -t ed25519", ("Enter passphrase", ""), ("Enter same passphrase", ""))
    tour.step(operator, OPERATOR, "echo \"editors@example.org")
    tour.step(operator, OPERATOR, "install -d -m 700")
    tour.type(operator, tour.guide.command(OPERATOR, "(umask 077; echo http").replace(
        "https://hooks.example.org/imprimatur", tour.receiver.url("/ok")))
    tour.step(operator, OPERATOR, "(umask 077; echo \"whsec")
    tour.step(operator, OPERATOR, "ssh-keygen -q")
    configuration = json.loads(tour.here(tour.guide.block(OPERATOR, "{")))
    configuration["endpoints"][0] |= {"allow": ["127.0.0.0/8"]}
    tour.config.write_text(json.dumps(configuration, indent=2))
    tour.config.chmod(0o640)
    tour.type(operator, "cd handbook")
    for person in (one, two):
        shutil.copy(person.home / ".ssh/id_ed25519.pub", operator.home / f"{person.name}.pub")
    tour.step(operator, OPERATOR, "imprimatur init", ("Name of the repository", ""), ("Which files are articles", ""),
              ("operator@example.org>:", "editor ~/.ssh/id_ed25519.pub"), ("nobody.", "Oncologist One <one@board.example> reviewer ~/one.pub"),
              ("none.", "oncology"), ("none.", "MD"), (":", "General Practitioner <gp1@board.example> reviewer ~/gp1.pub"), ("none.", "obstetrics"), ("none.", ""), (":", ""),
              ("nothing yet.", ""), ("nowhere yet.", ""))
    tour.step(operator, OPERATOR, "imprimatur policy sign")
    tour.step(operator, OPERATOR, "git add .imprimatur")
    tour.step(operator, OPERATOR, "imprimatur -c /etc/imprimatur/handbook.json check")
    tour.world.daemon(tour.config, env=tour.service).await_ready()


def author_writes(tour, author):
    tour.type(author, f"git clone -q {tour.here('/srv/git')}/handbook.git handbook && cd handbook")
    tour.step(author, AUTHOR, "echo 'exec imprimatur check --staged'")
    text = tour.guide.block(AUTHOR, "---").rstrip()
    article = author.home / "handbook" / ARTICLE
    article.parent.mkdir(parents=True)
    article.write_text(f"{text.replace('6 months', 'soon')}\nYes.\n")
    tour.type(author, "git add . && git commit -qm 'Answer a question'")
    article.write_text(f"{text}\nYes.\n")
    tour.type(author, "git add . && git commit -qm 'Answer a question'")
    tour.step(author, AUTHOR, "imprimatur check --since origin/main")
    tour.type(author, "git push -q")
    tour.world.await_ledger(tour.handbook, lambda entries: any(entry.get("Article") == ARTICLE for entry in entries))


def sets_up(tour, reviewer, email):
    tour.type(reviewer, f"git clone -q {tour.here('/srv/git')}/handbook.git handbook && cd handbook")
    if email in tour.guide.command(REVIEWER, "git config user.email"):
        tour.step(reviewer, REVIEWER, "imprimatur setup", ("Your id", "one"))
    tour.step(reviewer, REVIEWER, "git config gpg.format ssh")
    tour.step(reviewer, REVIEWER, "git config user.signingkey")
    if email in tour.guide.command(REVIEWER, "git config user.email"):
        tour.step(reviewer, REVIEWER, "git config user.email")
    tour.step(reviewer, REVIEWER, "git pull")
    tour.step(reviewer, REVIEWER, "imprimatur status --mine")


def reviewers_approve(tour, author, one, two):
    """One by the command, the other by what `explain` tells, pasted into git."""
    sets_up(tour, one, "one@board.example")
    tour.step(one, REVIEWER, "imprimatur diff")
    tour.step(one, REVIEWER, "imprimatur approve", ("Competing interests", "none"))
    sets_up(tour, two, "gp1@board.example")
    tour.type(two, f"imprimatur explain {ARTICLE}")
    told = tour.world.imprimatur("-C", two.home / "handbook", "--json", "explain", ARTICLE).json[0]
    commands = ["git switch -q --detach", told["approve_command"], told["push_command"], "git switch -q -"]
    tour.story.ok(all(commands), "explain tells the commands", told)
    for command in commands:
        tour.type(two, command)
    tour.story.equal(tour.world.git(two.home / "handbook", "rev-parse", "main"),
                     tour.world.git(two.home / "handbook", "rev-parse", "origin/main"),
                     "and leave the reviewer's own branch as it was, so that it can be pulled")
    entries = tour.world.await_ledger(tour.handbook, lambda entries: entries[-1].get("State") == "Approved")
    tour.story.equal([entry["Person"] for entry in entries if entry.get("Person")], ["one", "gp1"],
                     "the plain-git approval that explain tells counts")
    fever = author.home / "handbook" / FEVER
    fever.parent.mkdir()
    fever.write_text("---\ntitle: Fever in small children\n---\nMeasure it twice.\n")
    tour.type(author, "git add . && git commit -qm 'Answer another' && git push -q")
    tour.world.await_ledger(tour.handbook, lambda entries: any(entry.get("Article") == FEVER for entry in entries))
    tour.step(one, REVIEWER, "git pull")
    tour.step(one, REVIEWER, "imprimatur claim")
    tour.step(one, REVIEWER, "imprimatur review", ("quit (q)", "c"), ("quit (q)", "s"))
    tour.world.await_ledger(tour.handbook, lambda entries: entries[-1]["Event"] == "comment")


def editor_looks(tour, editor):
    for beginning in ("status", "explain", "log"):
        tour.step(editor, EDITOR, f"imprimatur -c /etc/imprimatur/handbook.json {beginning}")
    if not (editor.home / "handbook").exists():
        tour.world.run("git", "clone", "-q", tour.handbook, editor.home / "handbook")
    tour.type(editor, "cd handbook")
    tour.step(editor, EDITOR, "git fetch")
    tour.step(editor, EDITOR, "echo \"May I")
    return tour.step(editor, EDITOR, "imprimatur status")


def operator_asks(tour, operator):
    """The operator is an editor in the policy, too."""
    tour.type(operator, "git config gpg.format ssh && git config user.signingkey ~/.ssh/id_ed25519.pub")
    tour.step(operator, REVIEWER, "git pull")
    tour.step(operator, EDITOR, "imprimatur request")


def board_changes(tour, operator):
    for name in ("three", "three-laptop"):
        shutil.copy(f"{tour.world.new_key(name)}.pub", operator.home)
    tour.step(operator, OPERATOR, "git pull")
    for beginning in ("add-person", "add-key", "remove-person"):
        tour.step(operator, OPERATOR, f"imprimatur policy {beginning}")
        if beginning != "add-person":
            tour.type(operator, tour.guide.command(OPERATOR, "imprimatur policy sign"), ("Sign it?", "no"))


def readme_is_true(tour, editor, seen):
    """README.md shows the beginning of what an editor sees."""
    shown = tour.plain(editor, Guide(README).block("# imprimatur", "$ imprimatur status")).split()[3:]
    tour.story.equal(shown, tour.plain(editor, seen).split()[:len(shown)], "README.md shows what `status` says here")
    tour.story.ok(len(shown) > 40, "  and not too little of it")


def operator_looks(tour, operator):
    def all_delivered():
        status = tour.world.imprimatur("--json", "status", config=tour.config, env=tour.service)
        return status.json[-1]["undelivered"] == 0

    wait_until(all_delivered, tour.world.root / "state")
    tour.step(operator, OPERATOR, "imprimatur -c /etc/imprimatur/handbook.json endpoint list")
    tour.step(operator, OPERATOR, "imprimatur -c /etc/imprimatur/handbook.json deliveries list")


def publisher_publishes(tour, publisher):
    tour.step(publisher, WEBSITE, "git clone")
    tour.step(publisher, WEBSITE, "git -C site pull")
    tour.story.ok((publisher.home / "site" / ARTICLE).is_file(), "the approved text is in the clone of the branch")
    tour.type(publisher, f"git clone -q {tour.here('/srv/git')}/handbook.git handbook && cd handbook")
    tour.step(publisher, EDITOR, "git fetch")
    tour.step(publisher, WEBSITE, "imprimatur site")
    page = publisher.home / "handbook/pages/a/oncology/stage-4/index.html"
    tour.story.ok("Oncologist One" in page.read_text(), "its page names who reviewed it")


def anybody_verifies(tour, publisher, operator):
    """What was typed is enough to prove where the ledger is from; also when an article was taken back."""
    tour.step(operator, EDITOR, "imprimatur retract")
    for beginning in ("git fetch", "git log", "git shortlog", "imprimatur verify"):
        tour.step(publisher, RECORD, beginning)
    said = tour.world.imprimatur("-C", publisher.home / "handbook", "verify", "--authority",
                                 tour.world.root / "etc/handbook.authority")
    tour.story.equal((said.status, said.err), (0, ""), "the record that this tour made is verified, its origin too")


def main():
    if not shutil.which("tmux"):
        skip_all("there is no tmux")
    tempfile.tempdir = "/tmp"  # where a line breaks depends on how long a path is
    with Story("The tutorial's tour, in terminals") as story, World() as world, Receiver() as receiver:
        tour = Tour(story, world, receiver)
        try:
            editing = {"EDITOR": "sed -i '1s/.*/Doses checked against the labels/'"}
            operator = tour.somebody("operator", "Operator One", "operator@example.org", **tour.service)
            one = tour.somebody("one", "Oncologist One", "one@example.org", **editing)
            two = tour.somebody("gp1", "General Practitioner", "gp1@board.example", **editing)
            author = tour.somebody("author", "A. Author", "author@example.org")
            operator_begins(tour, operator, one, two)
            author_writes(tour, author)
            narrow = tour.somebody("editor", "Editor One", "editor@example.org", columns=60, **tour.service)
            editor_looks(tour, narrow)
            reviewers_approve(tour, author, one, two)
            operator_asks(tour, operator)
            wide = tour.somebody("editor", "Editor One", "editor@example.org", **tour.service)
            readme_is_true(tour, wide, editor_looks(tour, wide))
            operator_looks(tour, operator)
            board_changes(tour, operator)
            publisher = tour.somebody("publisher", "Publisher One", "publisher@example.org")
            publisher_publishes(tour, publisher)
            anybody_verifies(tour, publisher, operator)
            tour.compare()
        except Exception:
            for name, told in tour.transcripts.items():
                story.note(f"{name}:\n" + "\n".join(told))
            raise
        finally:
            end(world)


main()
