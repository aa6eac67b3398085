"""Told inside the box, as root: the chapter A REPOSITORY ON A FORGE of imprimatur-tutorial(7), typed by an operator. The
forge is reached by ssh alone, as others are: what its settings' pages do, the story does."""

import hashlib
import hmac
import json
import os
import pwd
import shutil
import socket
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / folder) for folder in ("tour", "lib")]
from guide import Guide  # noqa: E402
from receiver import Receiver  # noqa: E402
from story import Story, World, wait_until  # noqa: E402
from terminal import end  # noqa: E402
from service import ETC, UNIT, command, journal, shown, systemctl  # noqa: E402 (it has a path of its own)
from tour import OPERATOR, PASSWORD, REVIEWER, Tour, installation  # noqa: E402

FORGE = "A REPOSITORY ON A FORGE"
HANDBOOK, URL = Path("/acme/handbook.git"), "ssh://git@forge.example/acme/handbook.git"
ARTICLE = "content/about.md"


class Forge:
    """Another host's: here only its address is another."""

    def __init__(self):
        command("useradd", "--system", "--create-home", "--home-dir", "/var/forge", "--shell", "/usr/bin/git-shell", "git")
        command("install", "-d", "-o", "git", HANDBOOK.parent)
        command("runuser", "-u", "git", "--", "git", "init", "-q", "--bare", "-b", "main", HANDBOOK)
        with open("/etc/hosts", "a", encoding="ascii") as hosts:
            hosts.write("127.0.0.1 forge.example\n")
        command("ssh-keygen", "-A")
        systemctl("start", "ssh")
        self.keys = Path("/var/forge/.ssh/authorized_keys")
        command("install", "-d", "-o", "git", "-m", "700", self.keys.parent)

    def takes(self, key):
        """As its page of settings does."""
        with open(self.keys, "a", encoding="ascii") as keys:
            keys.write(Path(key).read_text())
        shutil.chown(self.keys, "git")

    @staticmethod
    def calls(secret):
        """Its webhook, by way of a web server."""
        body = b'{"ref": "refs/heads/main"}'
        signature = hmac.new(secret.encode(), body, "sha256").hexdigest()
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(30)
            connection.connect("/run/imprimatur-door/socket")
            connection.sendall(b"POST /hooks/handbook HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\n"
                               b"X-GitHub-Event: push\r\nX-Hub-Signature-256: sha256=" + signature.encode()
                               + b"\r\nContent-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body)
            return connection.recv(4096).split(b" ")[1]


def credentials(tour, operator, forge):
    tour.step(operator, OPERATOR, "ssh-keygen -t ed25519 -f ~/authority", ("Enter passphrase", ""), ("Enter same passphrase", ""))
    for beginning in ("echo \"editors@example.org", "install -d -m 700", "ssh-keygen -q"):
        tour.step(operator, OPERATOR, beginning)
    for beginning in ("ssh-keygen -q", "ssh-keyscan"):
        tour.step(operator, FORGE, beginning)
    seen = tour.step(operator, FORGE, "ssh-keygen -lf")
    published = command("ssh-keygen", "-lf", "/etc/ssh/ssh_host_ed25519_key.pub").stdout.split()[1]
    tour.story.equal(seen.split()[1], published, "the fingerprint is the one that the forge publishes")
    tour.write(operator, ETC / "handbook.json", tour.guide.block(FORGE, "{\n  \"name\""))
    forge.takes(ETC / "handbook.credentials/deploy.pub")


def policy(tour, operator, forge):
    """By somebody whom the forge lets push, with a key of their own."""
    tour.type(operator, "ssh-keyscan -t ed25519 forge.example >>~/.ssh/known_hosts")
    forge.takes(operator.home / ".ssh/id_ed25519.pub")
    # ssh finds these by who somebody is, and root is only for a while who types here.
    tour.type(operator, "export GIT_SSH_COMMAND=\"ssh -i $HOME/.ssh/id_ed25519 -o UserKnownHostsFile=$HOME/.ssh/known_hosts\"")
    tour.again(operator, OPERATOR, "git clone", {"/srv/git/handbook.git": URL})
    tour.write(operator, ARTICLE, "# About us")
    tour.type(operator, "git add . && git commit -qm 'About us'")
    tour.step(operator, OPERATOR, "imprimatur init", ("Name of the repository", ""), ("Which files are articles", ""),
              ("operator@example.org>:", "both ~/.ssh/id_ed25519.pub"), ("none.", ""), ("none.", ""), (":", ""),
              ("nothing yet.", ""), ("nowhere yet.", ""))
    tour.step(operator, OPERATOR, "imprimatur policy sign")
    tour.step(operator, OPERATOR, "git add .imprimatur")


def daemon(tour, operator):
    said = tour.step(operator, FORGE, "systemd-run")
    tour.story.ok(said.count(" ok\n") == 3, "all of it is tried as the daemon's user, before it runs", said)
    tour.step(operator, FORGE, "systemctl enable --now imprimatur@handbook")
    tour.world.await_ledger(HANDBOOK, lambda entries: entries and entries[-1].get("Article") == ARTICLE)
    said = tour.again(operator, OPERATOR, "imprimatur -c /etc/imprimatur/handbook.json doctor", {})
    tour.story.ok(said.endswith("All is well."), "doctor says that all is well", said)


def door(tour, operator, forge):
    for beginning in ("install -d -m 700", "(umask 077"):
        tour.step(operator, FORGE, beginning)
    tour.write(operator, ETC / "door.json", tour.guide.block(FORGE, "{\n  \"repositories\""))
    tour.step(operator, FORGE, "systemctl enable --now imprimatur-door.socket")
    tour.write(operator, "content/more.md", "# More")
    tour.type(operator, "git add . && git commit -qm More && git push -q")
    secret = (ETC / "door.credentials/handbook-hook").read_text().strip()
    tour.story.equal(forge.calls(secret), b"202", "the forge's webhook is taken")
    entries = tour.world.await_ledger(HANDBOOK, lambda entries: entries[-1].get("Article") == "content/more.md")
    tour.story.ok(entries, "and wakes the daemon before it would have looked")


def statuses(tour):
    """This forge has no such calls; but what the page puts into the configuration is understood."""
    config = json.loads((ETC / "handbook.json").read_text())
    config["remote"] |= json.loads("{" + tour.guide.block(FORGE, '"status"') + "}")
    folder = ETC / "tried.credentials"
    shutil.copytree(ETC / "handbook.credentials", folder)
    (folder / "forge-token").write_text("a-token-of-the-forge\n")
    (ETC / "tried.json").write_text(json.dumps(config))
    checked = command("imprimatur", "-c", ETC / "tried.json", "check")
    tour.story.ok(" 0 errors" in checked.stdout or "0 errors," in checked.stdout, "what is told of statuses is understood", checked)


def record(tour, operator):
    tour.step(operator, "CHECKING THE RECORD", "git fetch")
    said = tour.step(operator, "CHECKING THE RECORD", "imprimatur verify")
    tour.story.ok(said.endswith("consistent, origin proved"), "the record on the forge is verified, its origin too", said)
    tour.story.equal(shown(UNIT, "ActiveState", "NRestarts"), ("active", "0"), "the daemon has run all the time")


def tell(tour):
    command("chpasswd", text_in=f"root:{PASSWORD}\n")
    operator, forge = tour.somebody("operator", "Operator One", "operator@example.org"), Forge()
    tour.step(operator, REVIEWER, "ssh-keygen", ("Enter passphrase", ""), ("Enter same passphrase", ""))
    installation(tour, operator)
    credentials(tour, operator, forge)
    policy(tour, operator, forge)
    daemon(tour, operator)
    door(tour, operator, forge)
    statuses(tour)
    record(tour, operator)
    gitolite = ("repo handbook", "    RW+", "    -", "    R", "RW+", "-", "R ")
    left = [words for _, words in tour.guide.untyped(FORGE) if not Guide.begins(words, *gitolite)]
    tour.story.equal(left, [], "every command of the chapter is typed")


def main():
    os.umask(0o022)
    tempfile.tempdir = "/tmp"
    with Story("The tutorial under systemd, with a forge") as story, World() as world, Receiver() as receiver:
        (world.root / "gitconfig").write_text("[safe]\n\tdirectory = *\n")
        tour = Tour(story, world, receiver, False)
        try:
            tell(tour)
        except Exception:
            story.note("\n".join(tour.told) + journal(UNIT))
            raise
        finally:
            end(world)


main()
