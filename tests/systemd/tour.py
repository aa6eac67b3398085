"""Told inside the box, as root: README.md and imprimatur-tutorial(7), typed by an operator, an author, two reviewers and
an editor, each a user of this machine at a terminal of their own. The machine is set up by the pages' commands alone;
the daemon runs under systemd, in its sandbox. What is typed has to succeed, or to end as the step says. A command that
nobody types is a failure, unless NOT_TYPED says why."""

import os
import pwd
import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / folder) for folder in ("tour", "lib")]
from guide import README, TUTORIAL, Guide  # noqa: E402
from receiver import Receiver  # noqa: E402
from story import Story, World, wait_until  # noqa: E402
from terminal import Terminal, end  # noqa: E402
from service import ETC, HANDBOOK, UNIT, command, journal, shown  # noqa: E402 (it has a path of its own)

ARTICLE, FEVER, ABOUT = "content/oncology/stage-4.md", "content/general/fever.md", "content/about.md"
AUTHOR, REVIEWER, EDITOR, OPERATOR = "FOR AUTHORS", "FOR REVIEWERS", "FOR EDITORS", "FOR OPERATORS"
WEBSITE, RECORD = "FOR THE WEBSITE", "CHECKING THE RECORD"
CHAPTERS = (AUTHOR, REVIEWER, EDITOR, OPERATOR, WEBSITE, RECORD)
PASSWORD = "correct horse"
NOT_TYPED = {"sha256sum": "what `policy sign` does", "ssh-keygen -Y sign": "what `policy sign` does",
             "make deb": "`make check-deb` has typed it"}
NOT_TYPED_WITH_PACKAGE = dict.fromkeys(("make && make install", "systemd-sysusers", "systemd-tmpfiles", "systemctl daemon-reload"),
                                       "the package has done it")
NOT_TYPED_WITHOUT = {"apt install": "there is no package here", "make && make install": "`make check-systemd` has typed it"}


class Tour:
    def __init__(self, story, world, receiver, packaged):
        self.story, self.world, self.receiver, self.packaged = story, world, receiver, packaged
        self.guide, self.readme = Guide(TUTORIAL), Guide(README)
        self.told = []

    def somebody(self, name, full_name, email):
        """With an account of their own, who has told git who they are."""
        command("useradd", "--create-home", "--no-user-group", "--shell", "/bin/bash", name)
        terminal = self.login(name)
        self.type(terminal, f"git config --global user.name '{full_name}'")
        self.type(terminal, f"git config --global user.email {email}")
        self.type(terminal, "git config --global init.defaultBranch main")
        return terminal

    def login(self, name, session=""):
        """In the groups that they are in by now."""
        return Terminal(self.world, name + session, user=pwd.getpwnam(name),
                        EDITOR="sed -i '1s/.*/Doses checked against the labels/'")

    def type(self, terminal, text, *answers, status=0):
        """Returns what is seen then."""
        seen = terminal.type(text, *answers)
        self.told.append(f"{terminal.name}$ {text}\n{seen}\n")
        if terminal.status != status:
            self.story.ok(False, f"{terminal.name} types {text}", f"exit status {terminal.status} in place of {status}\n{seen}")
        return seen

    def step(self, terminal, chapter, beginning, *answers, status=0, guide=None):
        return self.type(terminal, (guide or self.guide).command(chapter, beginning), *answers, status=status)

    def again(self, terminal, chapter, beginning, change, *answers):
        """A command of the page, with other words in it."""
        text = self.guide.command(chapter, beginning)
        for before, after in change.items():
            assert before in text, text
            text = text.replace(before, after)
        return self.type(terminal, text, *answers)

    def write(self, terminal, path, text):
        self.type(terminal, f"mkdir -p $(dirname {path}) && cat >{path} <<'END'\n{text.rstrip()}\nEND")

    def recorded(self, condition):
        return self.world.await_ledger(HANDBOOK, condition)

    def state(self, path):
        """Waits for a state: returns a condition of await_ledger()."""
        def of(entries):
            return next((entry["State"] for entry in reversed(entries) if entry.get("Article") == path), None)
        return of


def installation(tour, operator):
    """Root is become by what every Debian has."""
    tour.type(operator, "su -m root -- --norc --noprofile", ("Password:", PASSWORD))
    tour.type(operator, "cd /opt/sources")
    if tour.packaged:
        tour.step(operator, "Install", "apt install", guide=tour.readme)
        tour.step(operator, OPERATOR, "apt install")
    else:
        for beginning in ("systemd-sysusers", "systemd-tmpfiles", "systemctl daemon-reload"):
            tour.step(operator, OPERATOR, beginning)
    tour.type(operator, "cd")
    installed = command("man", "-w", TUTORIAL.stem).stdout.strip()
    tour.story.equal(command("zcat", "-f", installed).stdout, TUTORIAL.read_text(), "the page that is typed is installed")


def host(tour, operator):
    """A repository, the authority, the configuration and its secrets."""
    for beginning in ("install -d -g git", "git init --bare", "chgrp", "git config --system", "usermod -aG git"):
        tour.step(operator, OPERATOR, beginning)
    for name in ("one", "gp1", "editor"):
        tour.again(operator, OPERATOR, "usermod -aG git", {"author": name})
    tour.step(operator, OPERATOR, "ssh-keygen -t ed25519", ("Enter passphrase", ""), ("Enter same passphrase", ""))
    tour.step(operator, OPERATOR, "echo \"editors@example.org")
    # The page's, with its chat beside the endpoint; both may be on this machine.
    room = tour.guide.block(OPERATOR, '{"name": "room"').rstrip()
    text = tour.guide.block(OPERATOR, "{\n").replace('site-secret"}', f'site-secret"}},\n{room}')
    text = text.replace('"url":', '"allow": ["127.0.0.0/8"], "url":')
    tour.story.equal(text.count("allow"), 2, "the page's configuration is taken")
    tour.write(operator, ETC / "handbook.json", text)
    tour.step(operator, OPERATOR, "install -d -m 700")
    example = "https://hooks.example.org/imprimatur"
    tour.again(operator, OPERATOR, "(umask 077; echo http", {example: tour.receiver.url("/ok/site")})
    tour.again(operator, OPERATOR, "(umask 077; echo http", {example: tour.receiver.url("/ok/room"), "site-url": "room-url"})
    tour.step(operator, OPERATOR, "(umask 077; echo \"whsec")
    tour.step(operator, OPERATOR, "ssh-keygen -q")


def first_policy(tour, operator, people):
    for person in people:
        shutil.copy(person.home / ".ssh/id_ed25519.pub", operator.home / f"{person.name}.pub")  # by mail
    tour.step(operator, OPERATOR, "git clone")
    tour.write(operator, ABOUT, "# About us")
    tour.type(operator, "git add . && git commit -qm 'About us' && git push -q")
    tour.step(operator, OPERATOR, "imprimatur init", ("Name of the repository", ""), ("Which files are articles", ""),
              ("operator@example.org>:", ""),
              ("nobody.", "Oncologist One <one@board.example> reviewer ~/one.pub"), ("none.", "oncology"), ("none.", "MD"),
              (":", "General Practitioner <gp1@board.example> reviewer ~/gp1.pub"), ("none.", "obstetrics"), ("none.", ""),
              (":", "Editor One <editor@example.org> editor ~/editor.pub"), (":", ""), ("nothing yet.", ""), ("nowhere yet.", ""))
    tour.step(operator, OPERATOR, "imprimatur policy sign")
    tour.step(operator, OPERATOR, "git add .imprimatur")
    said = tour.step(operator, OPERATOR, "imprimatur -c /etc/imprimatur/handbook.json check")
    tour.story.ok("0 errors, 0 warnings" in said, "check finds nothing", said)
    tour.step(operator, OPERATOR, "systemctl enable --now")
    tour.recorded(lambda entries: any(entry["Event"] == "policy" for entry in entries))
    said = tour.step(operator, OPERATOR, "imprimatur -c /etc/imprimatur/handbook.json doctor")
    tour.story.ok(said.endswith("All is well."), "and doctor says that all is well", said)
    tour.step(operator, OPERATOR, "usermod -aG imprimatur")


def joins_and_leaves(tour, operator):
    tour.type(operator, "ssh-keygen -q -t ed25519 -N '' -f ~/three && ssh-keygen -q -t ed25519 -N '' -f ~/three-laptop")
    for version, beginnings in ((2, ("add-person", "add-key")), (3, ("remove-person",))):
        tour.step(operator, OPERATOR, "git pull")
        for beginning in beginnings:
            tour.step(operator, OPERATOR, f"imprimatur policy {beginning}")
        said = tour.step(operator, OPERATOR, "imprimatur policy sign", ("Sign it?", "yes"))
        tour.story.ok("Third Reviewer" in said, "before a policy is signed it is said what it changes", said)
        tour.again(operator, OPERATOR, "git add .imprimatur", {"Policy 1": f"Policy {version}"})
        tour.recorded(lambda entries, wanted=str(version): entries[-1].get("Policy") == wanted)


def refuses_pushes(tour, operator, author):
    tour.type(operator, f"cd {HANDBOOK}")
    tour.step(operator, OPERATOR, "echo 'exec imprimatur check --pre-receive'")
    tour.type(operator, "cd")
    tour.type(author, "git pull -q")
    tour.write(author, FEVER, "---\ntitle: [Fever\n---\nMeasure it.")
    tour.type(author, "git add . && git commit -qnm 'Answer another'")
    said = tour.type(author, "git push -q", status=1)
    tour.story.ok(FEVER in said and "error" in said, "a push of a broken article is refused with the reason", said)
    tour.write(author, FEVER, "---\ntitle: Fever in small children\n---\nMeasure it twice.")
    tour.type(author, "git add . && git commit -q --amend --no-edit && git push -q")
    tour.recorded(tour.state(FEVER))


def author_writes(tour, author):
    tour.again(author, OPERATOR, "git clone", {})
    tour.step(author, AUTHOR, "echo 'exec imprimatur check --staged'")
    text = tour.guide.block(AUTHOR, "---").rstrip()
    tour.write(author, ARTICLE, f"{text.replace('6 months', 'soon')}\nYes.")
    tour.type(author, "git add . && git commit -qm 'Answer a question'", status=1)
    tour.write(author, ARTICLE, f"{text}\nYes.")
    tour.type(author, "git add . && git commit -qm 'Answer a question'")
    tour.step(author, AUTHOR, "imprimatur check --since origin/main")
    tour.type(author, "git push -q")
    tour.recorded(tour.state(ARTICLE))


def reviewers_approve(tour, one, gp1, editor):
    """The one by the program, the other by git alone."""
    tour.again(gp1, OPERATOR, "git clone", {})
    tour.step(gp1, REVIEWER, "imprimatur setup")
    for beginning in ("git pull", "imprimatur status --mine"):
        tour.step(gp1, REVIEWER, beginning)
    tour.step(gp1, REVIEWER, "imprimatur diff", status=1)  # nothing was approved before
    tour.type(gp1, f"imprimatur request-changes -m 'Which dose?' {ARTICLE} --push --wait")
    second = int(time.time())  # an objection is lifted by what is dated after it, in whole seconds
    wait_until(lambda: time.time() >= second + 1, timeout_s=1)
    tour.step(editor, EDITOR, "git fetch")
    tour.step(editor, EDITOR, "imprimatur dismiss")
    tour.step(gp1, REVIEWER, "imprimatur approve", ("Competing interests", "none"))
    tour.again(one, OPERATOR, "git clone", {})
    for beginning in ("git config gpg.format", "git config user.signingkey", "git config user.email", "a=content", "git switch",
                      "git commit --allow-empty", "git push origin", "git switch -q -"):
        tour.step(one, REVIEWER, beginning)
    said = tour.type(one, "git status --short --branch")
    tour.story.equal(said, "## main...origin/main", "the recipe of plain git leaves the branch as it was")
    entries = tour.recorded(lambda entries: tour.state(ARTICLE)(entries) == "Approved")
    tour.story.equal([(entry["Event"], entry["Person"]) for entry in entries if entry.get("Person")],
                     [("objection", "gp1"), ("dismissal", "editor"), ("approval", "gp1"), ("approval", "one")],
                     "every decision that was typed counts")


def reviewer_reviews(tour, gp1):
    tour.step(gp1, REVIEWER, "git pull")
    tour.step(gp1, REVIEWER, "imprimatur claim")
    tour.step(gp1, REVIEWER, "imprimatur review", ("quit (q)", "a"), ("Competing interests", "none"))
    entries = tour.recorded(lambda entries: entries[-1]["Event"] == "approval")
    tour.story.equal((entries[-1]["Article"], entries[-1]["Person"]), (FEVER, "gp1"), "what waited is approved by going through it")


def editor_works(tour, editor):
    tour.step(editor, EDITOR, "imprimatur -c /etc/imprimatur/handbook.json status")
    tour.step(editor, EDITOR, "imprimatur -c /etc/imprimatur/handbook.json explain")
    tour.step(editor, EDITOR, "imprimatur -c /etc/imprimatur/handbook.json log")
    tour.step(editor, EDITOR, "git fetch")
    tour.step(editor, EDITOR, "imprimatur status")
    tour.step(editor, EDITOR, "imprimatur request")
    tour.step(editor, EDITOR, "echo \"May I")
    tour.story.ok(tour.receiver.wait_for(lambda message: message["path"] == "/ok/room" and "with milk" in message["raw"], 30),
                  "a reader's question comes to the editors' room")


def publication(tour, editor):
    tour.step(editor, WEBSITE, "git clone")
    tour.step(editor, WEBSITE, "git -C site pull")
    tour.story.ok((editor.home / "handbook/site" / ARTICLE).is_file(), "the approved text is on its branch")
    tour.step(editor, WEBSITE, "imprimatur site")


def operator_looks(tour, operator):
    for verb in ("endpoint list", "deliveries list"):
        tour.step(operator, OPERATOR, f"imprimatur -c /etc/imprimatur/handbook.json {verb}")
    said = tour.again(operator, OPERATOR, "imprimatur -c /etc/imprimatur/handbook.json doctor", {})
    tour.story.ok(said.endswith("All is well."), "after all that doctor says that all is well", said)
    tour.story.equal(shown(UNIT, "ActiveState", "NRestarts"), ("active", "0"), "the daemon has run all the time")


def record(tour, editor):
    """Also of an article that was taken back."""
    tour.step(editor, EDITOR, "imprimatur retract")
    for beginning in ("git fetch", "git log", "git shortlog"):
        tour.step(editor, RECORD, beginning)
    said = tour.step(editor, RECORD, "imprimatur verify")
    tour.story.ok(editor.status == 0 and said.endswith("consistent, origin proved"),
                  "the record that this machine made is verified, its origin too", said)


def tell(tour):
    command("chpasswd", text_in=f"root:{PASSWORD}\n")
    people = [tour.somebody("operator", "Operator One", "operator@example.org"),
              tour.somebody("author", "A. Author", "author@example.org"),
              tour.somebody("one", "Oncologist One", "one@private.example"),
              tour.somebody("gp1", "General Practitioner", "gp1@board.example"),
              tour.somebody("editor", "Editor One", "editor@example.org")]
    operator, _, *board = people
    for person in board:
        tour.step(person, REVIEWER, "ssh-keygen", ("Enter passphrase", ""), ("Enter same passphrase", ""))
    installation(tour, operator)
    host(tour, operator)
    first_policy(tour, operator, board)
    author, one, gp1, editor = (tour.login(person.name, "-again") for person in people[1:])
    tour.again(editor, OPERATOR, "git clone", {})
    author_writes(tour, author)
    tour.step(editor, EDITOR, "git fetch")
    tour.again(editor, REVIEWER, "imprimatur setup", {})
    reviewers_approve(tour, one, gp1, editor)
    refuses_pushes(tour, operator, author)
    reviewer_reviews(tour, gp1)
    editor_works(tour, editor)
    publication(tour, editor)
    tour.type(operator, "cd ~/handbook")
    joins_and_leaves(tour, operator)
    operator_looks(tour, operator)
    record(tour, editor)
    reasons = NOT_TYPED | (NOT_TYPED_WITH_PACKAGE if tour.packaged else NOT_TYPED_WITHOUT)
    left = [words for chapter, words in tour.guide.untyped(*CHAPTERS) + tour.readme.untyped("Install")
            if not Guide.begins(words, *reasons)]
    tour.story.equal(left, [], "every command of these chapters is typed")


def main():
    packaged = sys.argv[1] == "package"
    os.umask(0o022)
    tempfile.tempdir = "/tmp"
    with Story(f"The tutorial under systemd, {sys.argv[1]}") as story, World() as world, Receiver() as receiver:
        tour = Tour(story, world, receiver, packaged)
        try:
            tell(tour)
        except Exception:
            story.note("\n".join(tour.told) + journal(UNIT))
            raise
        finally:
            end(world)


if __name__ == "__main__":
    main()
