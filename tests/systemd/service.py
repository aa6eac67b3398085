"""Told inside the box, as root: the service does its whole job inside its sandbox, on a group-shared repository of
the user `git`, and `git` can go on pushing. The story itself lives as `git` and becomes root where it must."""

import contextlib
import hashlib
import hmac
import itertools
import json
import os
import pwd
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from receiver import Receiver  # noqa: E402
from story import Story, World, wait_until  # noqa: E402

ETC = Path("/etc/imprimatur")
SERVED = Path("/srv/git")
HANDBOOK = SERVED / "handbook.git"
UNIT = "imprimatur@handbook"
MOST_EXPOSED = 1.5


def command(*arguments, timeout=60, text_in=None):
    return subprocess.run([str(part) for part in arguments], capture_output=True, text=True, check=False, timeout=timeout,
                          input=text_in or "")


def systemctl(*arguments):
    return command("systemctl", *arguments)


def shown(unit, *properties):
    """The unit's properties, in the order asked for."""
    lines = dict(line.split("=", 1) for line in systemctl("show", unit).stdout.splitlines() if "=" in line)
    return tuple(lines[name] for name in properties)


def journal(unit):
    return command("journalctl", "--no-pager", "-o", "cat", "-n", "40", "-u", unit).stdout


@contextlib.contextmanager
def life_as(name):
    """This process, its files and its children are that user's; root waits in the saved id."""
    user = pwd.getpwnam(name)
    os.setgroups([user.pw_gid])
    os.setresgid(user.pw_gid, user.pw_gid, 0)
    os.setresuid(user.pw_uid, user.pw_uid, 0)
    try:
        yield
    finally:
        with_root()


def with_root():
    os.setresuid(0, 0, 0)
    os.setresgid(0, 0, 0)
    os.setgroups([])


@contextlib.contextmanager
def root():
    """Inside life_as: root again for a while."""
    user, groups = os.getresuid()[0], os.getgroups()
    group = os.getresgid()[0]
    with_root()
    try:
        yield
    finally:
        os.setgroups(groups)
        os.setresgid(group, group, 0)
        os.setresuid(user, user, 0)


def install(story):
    """What a package does after unpacking, and an administrator who has git repositories to share."""
    for step in (["systemd-sysusers", "imprimatur.conf"], ["systemd-tmpfiles", "--create", "imprimatur.conf"],
                 ["systemctl", "daemon-reload"]):
        done = command(*step)
        story.equal(done.returncode, 0, f"{step[0]} takes what was installed") or story.note(done.stderr)
    story.ok("git" in command("id", "-nG", "imprimatur").stdout.split(), "the daemon's user shares the group git")
    command("useradd", "--system", "--gid", "git", "--home-dir", SERVED, "--shell", "/bin/sh", "git")
    command("install", "-d", "-o", "git", "-g", "git", "-m", "2775", SERVED)


def configure(world, receiver):
    """The configuration, with every secret in the directory of credentials, which only root can read."""
    config = world.configure(
        HANDBOOK, authority=str(ETC / "handbook.authority"), state_directory=None, signing_key="credential:ledger-key",
        metrics_file="/var/lib/imprimatur/handbook/handbook.prom",
        endpoints=[{"name": "site", "url": "credential:site-url", "secret": "credential:site-secret",
                    "allow": ["127.0.0.0/8"]}])
    key, authority = world.new_key("ledger"), world.authority_file
    with root():
        secrets = ETC / "handbook.credentials"
        secrets.mkdir(mode=0o700)
        for name, text in (("ledger-key", key.read_text()), ("site-url", receiver.url("/ok")),
                           ("site-secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")):
            (secrets / name).write_text(text)
            (secrets / name).chmod(0o600)
        (ETC / "handbook.authority").write_text(authority.read_text())
        (ETC / "handbook.json").write_text(config.read_text())
    return key


def exposure(story):
    told = command("systemd-analyze", "security", "--no-pager", UNIT).stdout
    overall = [line.split(": ")[1].split()[0] for line in told.splitlines() if "Overall exposure level" in line]
    story.ok(overall and float(overall[0]) <= MOST_EXPOSED, f"its exposure is at most {MOST_EXPOSED}",
             "\n".join(line for line in told.splitlines() if "✓" not in line))
    pid = shown(UNIT, "MainPID")[0]
    planted = command("nsenter", "-t", pid, "-m", "touch", HANDBOOK / "hooks" / "post-update")
    story.ok("Read-only" in planted.stderr, "hooks cannot be planted from inside", planted)
    moved = command("nsenter", "-t", pid, "-m", "mv", HANDBOOK / "hooks", HANDBOOK / "other")
    story.ok("busy" in moved.stderr, "nor can their folder be exchanged", moved)
    hidden = command("git", "config", "--file", HANDBOOK / "config", "--get-all", "receive.hideRefs").stdout.split()
    story.equal(hidden, ["refs/imprimatur", "refs/heads/approved"], "the daemon's refs are hidden from pushes")
    story.equal((HANDBOOK / "config").owner(), "git", "  by the repository's owner")
    for planted in (command("nsenter", "-t", pid, "-m", "git", "config", "--file", HANDBOOK / "config", "core.hooksPath", "/tmp"),
                    command("nsenter", "-t", pid, "-m", "cp", "/dev/null", HANDBOOK / "config")):
        story.ok(planted.returncode != 0 and ("busy" in planted.stderr or "Read-only" in planted.stderr),
                 "row 67: nor can they be configured to lie elsewhere", planted)


def job(story, world, people, receiver, key, **policy):
    """From the first push to the published text and the message about it."""
    author = world.clone(HANDBOOK, "author")
    author.publish_policy(world.policy(people, **policy))
    author.edit("content/a.md", "# A\n")
    author.push()
    world.await_ledger(HANDBOOK, lambda entries: state_of(entries, "content/a.md") == "Submitted")
    author.decide(people[0], "approve", "content/a.md", branch="review/onc1/a")
    entries = world.await_ledger(HANDBOOK, lambda entries: state_of(entries, "content/a.md") == "Approved")
    story.equal(entries[-1].get("Person"), "onc1", "a push by git and a signed approval make an article Approved")
    # The message comes after the ledger and the branch, so who has it may look at both.
    message = receiver.wait_for(lambda request: request["body"]["type"] == "article.approved", timeout=30)
    story.ok(message, "the site is told, at the address and with the secret from the credentials", journal(UNIT))
    story.equal(world.git(HANDBOOK, "show", "approved:content/a.md"), "# A", "the text is on the approved branch")
    signers = world.root / "ledger_signers"
    signers.write_text(f"ledger {' '.join(Path(f'{key}.pub').read_text().split()[:2])}\n")
    verdict = world.run("git", "-C", HANDBOOK, "-c", f"gpg.ssh.allowedSignersFile={signers}", "verify-commit",
                        "refs/imprimatur/ledger", check=False)
    story.equal(verdict.status, 0, "the ledger is signed with the key from the credentials") or story.note(verdict)
    with root():
        status = command("imprimatur", "-c", ETC / "handbook.json", "--json", "status", "content/a.md")
    lines = [json.loads(line) for line in status.stdout.splitlines()]
    story.equal((status.returncode, lines and lines[0]["state"]), (0, "approved"), "and root can ask for its status")
    return author


def state_of(entries, path):
    return next((entry["State"] for entry in reversed(entries) if entry.get("Article") == path), None)


def by_hand(story, receiver):
    """An operator outside of the sandbox speaks to the daemon inside."""
    def ask(*arguments):
        return command("imprimatur", "-c", ETC / "handbook.json", *arguments)
    with root():
        state, runtime = Path("/var/lib/imprimatur/handbook/control"), Path("/run/imprimatur/handbook/control")
        daemon, mode = pwd.getpwnam("imprimatur"), runtime.stat()
        story.equal((os.readlink(state), mode.st_mode & 0o777, mode.st_uid, mode.st_gid),
                    (str(runtime), 0o660, daemon.pw_uid, daemon.pw_gid),
                    "the control socket is in the runtime directory, for the daemon's user and group")
        before = len(receiver.messages)
        pinged = ask("endpoint", "ping", "site", "--json")
        lines = [json.loads(line) for line in pinged.stdout.splitlines()]
        story.equal((pinged.returncode, lines and (lines[0]["status"], lines[0]["failure"])), (0, (200, None)),
                    "root pings an endpoint through the daemon") or story.note(pinged)
        story.equal([request["body"]["type"] for request in receiver.messages[before:]], ["webhook.ping"], "  which sends it")
        delivered = [json.loads(line) for line in ask("deliveries", "list", "--all", "--json").stdout.splitlines()]
        replayed = ask("deliveries", "replay", delivered[0]["delivery"])
        story.equal(replayed.returncode, 0, "root has a message sent again") or story.note(replayed)
        receiver.wait_until(lambda all: len([request for request in all if request["headers"]["webhook-id"]
                                             == delivered[0]["webhook_id"]]) > 1, timeout=30)
        listed = [json.loads(line) for line in ask("endpoint", "list", "--json").stdout.splitlines()]
        story.ok(listed[0]["state"] == "well" and listed[0]["address"].startswith("127.0.0.1#"),
                 "and sees how it stands, without the secrets in the configuration", listed)
        member = command("runuser", "-u", "imprimatur", "--", "imprimatur", "-c", ETC / "handbook.json", "endpoint", "enable",
                         "site")
        story.equal(member.returncode, 0, "the daemon's user may as well") or story.note(member)
        other = command("runuser", "-u", "git", "--", "imprimatur", "-c", ETC / "handbook.json", "endpoint", "enable", "site")
        story.ok(other.returncode == 1 and "the queue is for root" in other.stderr, "and nobody else", other)
        # Written a moment after the pass, so it is there by now; the state directory is one that the sandbox may write to.
        metrics = Path("/var/lib/imprimatur/handbook/handbook.prom")
        story.ok("imprimatur_deliveries_dead{" in metrics.read_text(), "metrics are written in the sandbox")


def by_hand_alone(story):
    """Without a daemon root does it, and leaves the state directory to the daemon's user."""
    with root():
        pinged = command("imprimatur", "-c", ETC / "handbook.json", "endpoint", "ping", "site")
        story.equal(pinged.returncode, 0, "without the daemon root pings with the credentials beside the configuration") \
            or story.note(pinged)
        story.equal(command("imprimatur", "-c", ETC / "handbook.json", "endpoint", "enable", "site").returncode, 0,
                    "and works on the queue")
        daemon = pwd.getpwnam("imprimatur")
        others = [str(path) for path in Path("/var/lib/imprimatur/handbook").iterdir() if path.stat().st_uid != daemon.pw_uid]
        story.equal(others, [], "whose files stay the daemon's")
        story.equal(systemctl("start", UNIT).returncode, 0, "so that it starts again") or story.note(journal(UNIT))
        systemctl("stop", UNIT)


def still_gits(story, world, author):
    """Whatever the daemon wrote, who pushes next can write beside it, and collect it."""
    git, daemon = pwd.getpwnam("git"), pwd.getpwnam("imprimatur")
    written = [path for folder in ("objects", "refs") for path in (HANDBOOK / folder).rglob("*")]
    closed = [str(path) for path in written if path.is_dir()
              and (path.stat().st_gid != git.pw_gid or path.stat().st_mode & 0o2070 != 0o2070)]
    story.equal(closed, [], "every folder is open to the group")
    story.ok(any(path.stat().st_uid == daemon.pw_uid for path in written), "though the daemon wrote some of it")
    fans = {path.name for path in (HANDBOOK / "objects").iterdir()
            if path.stat().st_uid == daemon.pw_uid and len(path.name) == 2}
    text = next(text for text in (f"# {number}\n" for number in itertools.count()) if not fans
                or hashlib.sha1(f"blob {len(text)}\0{text}".encode()).hexdigest()[:2] in fans)
    author.edit("content/b.md", text)
    author.push()
    world.await_ledger(HANDBOOK, lambda entries: state_of(entries, "content/b.md") == "Submitted")
    story.ok(True, "git pushes an object into a folder that the daemon made")
    collected = world.run("git", "-C", HANDBOOK, "gc", "-q", "--prune=now", check=False)
    story.equal((collected.status, collected.err), (0, ""), "and git collects what the daemon wrote")
    story.equal(world.run("git", "-C", HANDBOOK, "fsck", "--strict", check=False).status, 0, "and nothing is missing")


def reload(story, world, author):
    before = shown(UNIT, "MainPID", "NRestarts")
    with root():
        good = (ETC / "handbook.json").read_text()
        for text, name in ((good.replace('"handbook",', '"handbook", "poll_seconds": 30,', 1), "a changed"),
                           (good.replace('"name"', '"nmae"', 1), "a wrong")):
            (ETC / "handbook.json").write_text(text)
            story.equal(systemctl("reload", UNIT).returncode, 0, f"{name} configuration is reloaded")
        other = good.replace('"handbook",', '"handbook", "approved_branch": "site",', 1)
        (ETC / "handbook.json").write_text(other)
        systemctl("reload", UNIT)
        log = journal(UNIT)
        story.ok("is read-only for the running service" in log and "restart it" in log,
                 "row 67: another approved branch waits for a restart, and the log says so", log)
        (ETC / "handbook.json").write_text(good)
        systemctl("reload", UNIT)
    author.edit("content/c.md", "# C\n")
    author.push()
    world.await_ledger(HANDBOOK, lambda entries: state_of(entries, "content/c.md") == "Submitted")
    story.equal(shown(UNIT, "MainPID", "NRestarts"), before, "the same process goes on after both")
    story.equal(systemctl("is-active", UNIT).stdout.strip(), "active", "and has said that it is ready again")


def watchdog(story, world, author):
    """Under a watchdog of two seconds, which it has fed so far, or it would have been restarted."""
    story.equal(shown(UNIT, "NRestarts", "WatchdogUSec"), ("0", "2s"), "the watchdog was fed all the time")
    before = shown(UNIT, "MainPID")[0]
    with root():
        os.kill(int(before), signal.SIGSTOP)
    author.edit("content/d.md", "# D\n")
    author.push()
    world.await_ledger(HANDBOOK, lambda entries: state_of(entries, "content/d.md") == "Submitted")
    after, restarts = shown(UNIT, "MainPID", "NRestarts")
    story.ok(after != before and restarts == "1", "a daemon that hangs is replaced, and the push is not lost",
             journal(UNIT))


def stop(story, author):
    with root():
        began = time.monotonic()
        stopped = systemctl("stop", UNIT)
        took = time.monotonic() - began
        story.equal((stopped.returncode, *shown(UNIT, "ActiveState", "Result")), (0, "inactive", "success"),
                    "it stops when told to")
        story.ok(took < 5, "within five seconds", took)
    author.edit("content/e.md", "# E\n")
    author.push()
    story.equal(author.git("ls-remote", "origin", "main").split()[0], author.head(), "git pushes on without it")


def refused(story, unit, why):
    """The unit does not start, by exit status 3, and is not tried again."""
    with root():
        started = systemctl("start", unit)
        story.ok(started.returncode != 0, f"{why} does not start")
        story.equal(shown(unit, "ActiveState", "ExecMainStatus", "NRestarts"), ("failed", "3", "0"),
                    "and is not tried again") or story.note(journal(unit))


def door(story):
    """The door is started by its socket, reaches the daemon's and nothing else."""
    unit, secret, body = "imprimatur-door", "a secret of the forge", b'{"after": null}'
    with root():
        credentials = ETC / "door.credentials"
        credentials.mkdir(mode=0o700)
        (credentials / "hook").write_text(secret + "\n")
        (ETC / "door.json").write_text(json.dumps({"repositories": [
            {"name": "handbook", "hook": {"format": "gitea", "secret": "credential:hook"}}]}))
        story.equal(systemctl("enable", "--now", f"{unit}.socket").returncode, 0, "the door's socket is there")
        story.equal(shown(unit, "ActiveState"), ("inactive",), "  and nothing runs yet")
        wake = Path("/run/imprimatur/handbook/wake")
        story.equal((wake.group(), oct(wake.stat().st_mode & 0o777)), ("imprimatur-door", "0o660"),
                    "the daemon's socket is for the door's group")

        def hook(signature):
            request = (b"POST /hooks/handbook HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\n"
                       b"X-Gitea-Signature: " + signature.encode() + b"\r\nContent-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body)
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(30)
                connection.connect("/run/imprimatur-door/socket")
                connection.sendall(request)
                return connection.recv(4096).split(b" ")[1]
        story.equal(hook(hmac.new(secret.encode(), body, "sha256").hexdigest()), b"202", "a hook is taken")
        story.equal(hook("0" * 64), b"401", "  and a forged one is not")
        story.ok("no daemon takes" not in journal(unit), "the daemon is woken", journal(unit))
        told = command("systemd-analyze", "security", "--no-pager", unit).stdout
        overall = [line.split(": ")[1].split()[0] for line in told.splitlines() if "Overall exposure level" in line]
        story.ok(overall and float(overall[0]) <= MOST_EXPOSED, f"the door's exposure is at most {MOST_EXPOSED}",
                 "\n".join(line for line in told.splitlines() if "✓" not in line))
        systemctl("disable", "--now", f"{unit}.socket", unit)


def pages(story, world, author, reviewer):
    """The exporter has a sandbox of its own: it reads the repository, and writes its folders alone."""
    unit, www = "imprimatur-site@handbook", Path("/var/www")
    readers, editors = www / "handbook-review", www / "handbook-editors"
    page = readers / "a/b/index.html"
    with root():
        keys = json.loads((ETC / "handbook.json").read_text())
        keys["site"] = [{"directory": str(readers), "url": "https://review.example.org"},
                        {"directory": str(editors), "view": "editors"}]
        (ETC / "handbook.json").write_text(json.dumps(keys))
        for folder in (readers, editors):
            command("install", "-d", "-o", "imprimatur", "-g", "imprimatur", folder)
        started = systemctl("enable", "--now", unit)
        story.equal(started.returncode, 0, "the exporter starts") or story.note(journal(unit))
        awaited = [page, *(folder / name for folder in (readers, editors) for name in ("alive.json", "index.html"))]
        wait_until(lambda: all(path.exists() for path in awaited), www, what="the pages")
        story.ok("Reviewed for accuracy" in (readers / "a/a/index.html").read_text() and "Pending human review" in page.read_text()
                 and "Needs attention first" in (editors / "index.html").read_text(),
                 "it writes what is approved, and both folders", journal(unit))
        files = [path for path in readers.rglob("*") if path.is_file()]
        story.equal([str(path) for path in files if path.owner() != "imprimatur" or path.stat().st_mode & 0o777 != 0o644], [],
                    "for every web server to read")
    author.decide(reviewer, "approve", "content/b.md", branch="review/onc1/b")
    world.await_ledger(HANDBOOK, lambda entries: state_of(entries, "content/b.md") == "Approved")
    with root():
        wait_until(lambda: "Reviewed for accuracy" in page.read_text(), page.parent, what="the approval")
        story.ok(True, "it follows the ledger")
        told = command("systemd-analyze", "security", "--no-pager", unit).stdout
        overall = [line.split(": ")[1].split()[0] for line in told.splitlines() if "Overall exposure level" in line]
        story.ok(overall and float(overall[0]) <= MOST_EXPOSED, f"its exposure is at most {MOST_EXPOSED}",
                 "\n".join(line for line in told.splitlines() if "✓" not in line))
        pid, restarts = shown(unit, "MainPID", "NRestarts")
        interfaces = command("nsenter", "-t", pid, "-n", "ls", "/proc/net/dev_snmp6").stdout.split() \
            or [line.split(":")[0].strip() for line in Path(f"/proc/{pid}/net/dev").read_text().splitlines()[2:]]
        story.ok(os.readlink(f"/proc/{pid}/ns/net") != os.readlink("/proc/1/ns/net") and set(interfaces) <= {"lo"},
                 "it reaches no network", interfaces)
        for place in (HANDBOOK / "x", Path("/var/lib/imprimatur/handbook/x"), ETC / "x"):
            planted = command("nsenter", "-t", pid, "-m", "touch", place)
            story.ok("Read-only" in planted.stderr, f"and writes nothing into {place.parent}", planted)
        story.equal(restarts, "0", "it has never failed")
        story.equal((systemctl("stop", unit).returncode, *shown(unit, "ActiveState", "Result")), (0, "inactive", "success"),
                    "it stops when told to")


def configuration_errors(story, world):
    private = SERVED / "private.git"
    world.run("git", "init", "-q", "--bare", private)
    world.run("chmod", "-R", "g-w", private)
    config = world.configure(private, file="private.json", authority=str(ETC / "handbook.authority"),
                             state_directory=None)
    with root():
        (ETC / "private.json").write_text(config.read_text())
        (ETC / "handbook.json").write_text('{"name": "handbook", "repositroy": "/srv/git/handbook.git"}\n')
    refused(story, UNIT, "a configuration with an error")
    refused(story, "imprimatur@private", "a repository that is not shared, and no credentials either,")


def main():
    with Story("The service under systemd, in its sandbox") as story, Receiver() as receiver:
        install(story)
        dropin = Path("/run/systemd/system/imprimatur@.service.d/quick.conf")
        dropin.parent.mkdir(parents=True)
        dropin.write_text("[Service]\nWatchdogSec=2s\nRestartSec=100ms\n")
        systemctl("daemon-reload")
        os.umask(0o022)
        with life_as("git"), World() as world:
            people = [world.person("onc1", "Oncologist One", "one@board.example")]
            world.run("git", "init", "-q", "--bare", "--shared=group", "-b", "main", HANDBOOK)
            ledger_key = configure(world, receiver)
            with root():
                started = systemctl("enable", "--now", UNIT)
                story.equal(started.returncode, 0, "it starts, though nothing was pushed yet") \
                    or story.note(journal(UNIT))
                exposure(story)
            author = job(story, world, people, receiver, ledger_key,
                         ledger_key=" ".join(Path(f"{ledger_key}.pub").read_text().split()[:2]))
            by_hand(story, receiver)
            door(story)
            still_gits(story, world, author)
            pages(story, world, author, people[0])
            reload(story, world, author)
            watchdog(story, world, author)
            stop(story, author)
            by_hand_alone(story)
            configuration_errors(story, world)


if __name__ == "__main__":
    main()
