"""Told inside the box, as root: what becomes of a machine by the Debian package, from installation to purge."""

import os
import re
import shutil
import sys
from pathlib import Path

from service import ETC, HANDBOOK, SERVED, UNIT, Receiver, Story, World, command, configure, job, journal, life_as, \
    root, shown, systemctl

WATCHED = ("/etc", "/lib/systemd", "/opt", "/srv", "/usr")
# What dpkg, systemd and the accounts' tools keep books in.
BOOKS = re.compile(r"/etc/(passwd|group|shadow|gshadow|subuid|subgid)-?$|/etc/\.pwd\.lock$|/etc/imprimatur(/|$)|/srv/git"
                   r"|/var/lib/(dpkg|systemd|private|apt|pam|man-db|dbus)/|/var/lib/(private|apt|dpkg)$|/__pycache__")
LATER = "9.9.9"
STATE = Path("/var/lib/imprimatur")


def files():
    found = set()
    for top in WATCHED:
        for folder, folders, names in os.walk(top):
            found.update(os.path.join(folder, name) for name in folders + names)
    # Other services of this machine are at work in their own folders there.
    found.update(str(path) for path in Path("/var/lib").iterdir())
    return {path for path in found if not BOOKS.search(path)}


def dpkg(*arguments):
    """Its exit status, and what it says beyond the new accounts."""
    done = command("env", "DEBIAN_FRONTEND=noninteractive", "dpkg", *arguments)
    said = [line for line in done.stderr.splitlines() if not line.startswith("Creating ")]
    return done.returncode, "\n".join(said)


def only(folder, pattern):
    found = sorted(folder.glob(pattern))
    assert len(found) == 1, found
    return found[0]


def later(deb):
    """The same package with a greater version."""
    tree = deb.parent / "later"
    command("dpkg-deb", "-R", deb, tree)
    control = tree / "DEBIAN" / "control"
    control.write_text(re.sub("^Version: .*$", f"Version: {LATER}", control.read_text(), flags=re.MULTILINE))
    built = command("dpkg-deb", "--root-owner-group", "-b", tree, deb.parent / "later.deb")
    command("rm", "-r", tree)
    assert built.returncode == 0, built.stderr
    return deb.parent / "later.deb"


def looks_well(story, folder, deb):
    changes = only(folder, "*.changes")
    said = command("lintian", "--allow-root", "--fail-on", "error,warning", changes)
    story.equal((said.returncode, said.stdout.strip()), (0, ""), "lintian finds neither error nor warning")
    fields = dict(line.split(": ", 1) for line in command("dpkg-deb", "-f", deb).stdout.splitlines() if ": " in line)
    version = command(folder / "imprimatur/debian/imprimatur/usr/bin/imprimatur", "--version").stdout.split()[-1]
    story.equal(fields["Version"], version, "the package has the program's version")


def hardened(story, folder):
    for program in ("bin/imprimatur", "libexec/imprimatur/imprimaturd"):
        told = command("readelf", "-W", "-h", "-l", "-d", "-s", folder / "imprimatur/debian/imprimatur/usr" / program)
        missing = [mark for mark in ("DYN (", "GNU_RELRO", "BIND_NOW", "__stack_chk_fail", "_chk@")
                   if mark not in told.stdout]
        story.equal(missing, [], f"{Path(program).name} is hardened")


def built_again(story, folder, deb):
    """In another folder, without the tests."""
    again = Path("/opt/again/imprimatur-tree")
    command("mkdir", "-p", again.parent)
    source = command("dpkg-source", "-x", only(folder, "*.dsc"), again)
    story.equal(source.returncode, 0, "the source package unpacks") or story.note(source.stderr)
    built = command("sh", "-c", f"cd {again} && DEB_BUILD_OPTIONS=\"nocheck parallel=$(nproc)\" dpkg-buildpackage -us "
                                f"-uc -b", timeout=900)
    twin = again.parent / deb.name
    story.ok(twin.exists() and twin.read_bytes() == deb.read_bytes(), "built again elsewhere it is the same, byte by byte",
             built.stderr[-2000:])
    command("rm", "-r", again.parent)


def installation(story, deb):
    story.equal(dpkg("-i", deb), (0, ""), "it installs, and has nothing to complain about")
    story.equal(systemctl("list-units", "--all", "--plain", "--no-legend", "imprimatur@*").stdout, "",
                "nothing is started")
    story.equal(list(Path("/etc/systemd/system").rglob("imprimatur@*")), [], "nor enabled")
    story.ok("git" in command("id", "-nG", "imprimatur").stdout.split(), "the daemon's user is there, in the group git")
    story.equal(oct(ETC.stat().st_mode & 0o7777), "0o755", "and the place for configurations")
    for page in ("imprimatur", "imprimatur.json", "imprimatur-record"):
        story.equal(command("man", "-w", page).returncode, 0, f"there is a manual page {page}")
    story.equal(command("dpkg", "--verify", "imprimatur").stdout, "", "every file is as it was packed")
    story.equal(command("imprimatur", "--version").returncode, 0, "the command runs")


def example(story):
    """As it is packed, with the authority and the secrets that there are by now."""
    shipped = "/usr/share/doc/imprimatur/examples/handbook.json"
    checked = command("env", f"CREDENTIALS_DIRECTORY={ETC}/handbook.credentials", "imprimatur", "-c", shipped, "check")
    story.equal(checked.returncode, 0, "the example of a configuration is one") or story.note(checked)


def upgrade(story, newer):
    before = shown(UNIT, "MainPID")[0]
    story.equal(dpkg("-i", newer), (0, ""), "a later version installs over it")
    after, state = shown(UNIT, "MainPID", "ActiveState")
    story.ok(after != before and state == "active", "and the instance that runs goes on with the new program",
             journal(UNIT))
    systemctl("stop", UNIT)
    dpkg("-i", newer)
    story.equal(shown(UNIT, "ActiveState"), ("inactive",), "one that was stopped stays stopped")
    systemctl("start", UNIT)


def removal(story):
    state = Path("/var/lib/imprimatur/handbook/index.db")
    story.equal(dpkg("-r", "imprimatur"), (0, ""), "it is removed")
    story.equal(systemctl("is-active", UNIT).stdout.strip(), "inactive", "the instances are stopped")
    story.ok(state.exists() and (ETC / "handbook.json").exists(), "state and configuration stay")


def back_again(story, newer):
    dpkg("-i", newer)
    story.equal(systemctl("start", UNIT).returncode, 0, "installed again it goes on") or story.note(journal(UNIT))
    status = command("imprimatur", "-c", ETC / "handbook.json", "status", "--exit-code")
    story.equal(status.returncode, 0, "with what it knew") or story.note(status)


def purge(story, refs, before):
    misplaced = STATE / "misplaced.git"
    command("git", "init", "-q", "--bare", misplaced)
    story.equal(dpkg("-P", "imprimatur"), (0, ""), "it is purged")
    story.ok((misplaced / "HEAD").exists(), "a repository stays even among the state")
    shutil.rmtree(STATE)
    story.equal(sorted(files() - before), [], "nothing is left of it")
    story.ok((ETC / "handbook.json").exists(), "but what the operator wrote")
    story.equal(command("git", "-C", HANDBOOK, "for-each-ref").stdout, refs, "and the repository, with its record")
    story.equal(command("git", "-C", HANDBOOK, "fsck", "--strict").returncode, 0, "which is whole")


def published(receiver, story):
    """A repository that is watched, with an approved article."""
    with life_as("git"), World() as world:
        people = [world.person("onc1", "Oncologist One", "one@board.example")]
        world.run("git", "init", "-q", "--bare", "--shared=group", "-b", "main", HANDBOOK)
        key = configure(world, receiver)
        with root():
            story.equal(systemctl("enable", "--now", UNIT).returncode, 0, "the operator starts an instance") \
                or story.note(journal(UNIT))
        job(story, world, people, receiver, key)


def main():
    folder = Path(sys.argv[1])
    deb = only(folder, "imprimatur_*.deb")
    command("git", "config", "--system", "--add", "safe.directory", "*")
    Path("/usr/sbin/policy-rc.d").unlink(missing_ok=True)  # an image may forbid packages to touch services
    command("groupadd", "--system", "git")
    command("useradd", "--system", "--gid", "git", "--home-dir", SERVED, "--shell", "/bin/sh", "git")
    command("install", "-d", "-o", "git", "-g", "git", "-m", "2775", SERVED)
    with Story("The Debian package, from installation to purge") as story, Receiver() as receiver:
        looks_well(story, folder, deb)
        hardened(story, folder)
        built_again(story, folder, deb)
        newer = later(deb)
        before = files()
        installation(story, deb)
        published(receiver, story)
        example(story)
        upgrade(story, newer)
        removal(story)
        back_again(story, newer)
        refs = command("git", "-C", HANDBOOK, "for-each-ref").stdout
        purge(story, refs, before)


main()
