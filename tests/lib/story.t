#!/usr/bin/env -S python3 -B
"""The framework of the system tests, tried without the program: a test is worth what its tools are."""

import io
import os
import subprocess
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from story import MORNING, ROOT, Overdue, Story, World, wait_until  # noqa: E402

# Stands for the daemon where only the way of starting, hearing and ending one is tried.
NOTIFIER = r"""
import os, signal, socket, sys
def notify(text):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
        out.sendto(text.encode(), os.environ["NOTIFY_SOCKET"])
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP, signal.SIGTERM})
print("began", file=sys.stderr, flush=True)
if "FAIL" in os.environ:
    sys.exit(3)
notify("STATUS=adopting 1 of 2"); notify("READY=1\nSTATUS=watching main")
while True:
    if signal.sigwait({signal.SIGHUP, signal.SIGTERM}) == signal.SIGTERM:
        sys.exit(0)
    notify("RELOADING=1\nMONOTONIC_USEC=1"); notify("READY=1")
"""


def without_namespaces(test):
    """What a test says where the kernel lets nobody make namespaces: as root without the right, else as anybody."""
    allowed = ["setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin"] if os.geteuid() == 0 else []
    return subprocess.run([*allowed, sys.executable, "-B", ROOT / test], capture_output=True, text=True, check=False)


def told(tell):
    """What a story says, and the status that it ends with."""
    out = io.StringIO()
    try:
        with Story("inner", out) as inner:
            tell(inner)
    except SystemExit as end:
        return out.getvalue(), end.code
    return out.getvalue(), None


def raises(kind, act):
    try:
        act()
    except kind as error:
        return str(error)
    return None


def claims(story):
    text, status = told(lambda inner: (inner.ok(True, "a"), inner.equal(1, 1, "b")))
    story.equal((text, status), ("# inner\nok 1 - a\nok 2 - b\n1..2\n", 0), "true claims are TAP and exit 0")
    text, status = told(lambda inner: inner.equal("x", "y", "c"))
    story.equal((text, status), ("# inner\nnot ok 1 - c\n# expected: 'y'\n#   actual: 'x'\n1..1\n", 1),
                "a false claim shows both values and exits 1")
    text, status = told(lambda inner: inner.ok(1 / 0, "d"))
    story.ok(status == 1 and "not ok 1" in text and "# ZeroDivisionError" in text, "an exception is a failed claim",
             text)
    story.equal(told(lambda inner: None)[1], 1, "a story without a claim has failed")


def threads(story):
    def fails(inner):
        thread = threading.Thread(target=lambda: 1 / 0)
        thread.start()
        thread.join()
        inner.ok(True, "a")
    text, status = told(fails)
    story.ok(status == 1 and "not ok 2 - every thread came to its end\n" in text and "# ZeroDivisionError" in text,
             "a thread that fails fails its story, and says why there", text)


def people_and_policy(story, world):
    one = world.person("onc1", "Oncologist One", "one@board.example", specialties=["oncology"], capacity=3)
    editor = world.person("ed1", "Editor One", "editor@example.org", roles=["editor"])
    author = world.clone(world.bare("handbook"), "author")
    author.publish_policy(world.policy([one, editor], version=4), at=MORNING)
    author.push()
    folder = author.path / ".imprimatur"
    story.equal(sorted(path.name for path in folder.iterdir()),
                ["POLICY.md", "allowed_signers", "manifest", "manifest.sig", "policy.json"], "the policy is five files")
    world.run("sha256sum", "--check", "--strict", "manifest", cwd=folder)
    verify = ("ssh-keygen", "-Y", "verify", "-f", world.authority_file, "-I", world.authority.email,
              "-n", "imprimatur-policy", "-s", "manifest.sig")
    manifest = (folder / "manifest").read_text()
    story.equal(world.run(*verify, cwd=folder, text_in=manifest, check=False).status, 0, "the authority signed it")
    author.sign_policy(key=one.key)
    story.ok(world.run(*verify, cwd=folder, text_in=manifest, check=False).status != 0,
             "which a reviewer's key does not count for")
    author.git("reset", "-q", "--hard")
    return one, author


def decisions(story, world, one, author):
    author.edit("content/a.md", "# A\n", at="2026-11-23T09:00:00Z")
    author.push()
    tip = author.head()
    commit = author.decide(one, "approve", "content/a.md", at=MORNING, branch="review/onc1/a")
    signers = author.path / ".imprimatur/allowed_signers"
    verdict = world.run("git", "-C", author.path, "-c", f"gpg.ssh.allowedSignersFile={signers}", "verify-commit",
                        commit, check=False)
    story.ok(verdict.status == 0 and 'Good "git" signature for one@board.example' in verdict.err,
             "a decision is signed by its person", verdict)
    story.equal(author.git("show", "-s", "--format=%ae %cI %P", commit),
                f"one@board.example 2026-11-23T09:14:07+00:00 {tip}", "by their address, at its moment, on the tip")
    story.equal(author.git("rev-parse", f"{commit}^{{tree}}"), author.git("rev-parse", f"{tip}^{{tree}}"),
                "and keeps the tree")
    story.equal(author.git("show", "-s", "--format=%(trailers:only)", commit).strip().splitlines(),
                ["Review: approve", f"Article: content/a.md@{author.version('content/a.md')}",
                 "Competing-Interests: none"], "an approval names the text")
    story.equal(world.git(world.root / "handbook.git", "rev-parse", "review/onc1/a"), commit,
                "it arrives on its review branch")
    story.equal((author.head(), author.git("symbolic-ref", "--short", "HEAD")), (tip, "main"),
                "while the clone is where it was")
    other = author.decide(one, "claim", "content/a.md", options=(), push=False)
    story.ok("gpgsig" not in author.git("cat-file", "commit", other), "an unsigned one can be made")
    story.ok(world.git(world.root / "handbook.git", "rev-parse", "main") == tip, "and kept to oneself")


def ledgers(story, world):
    handbook = world.root / "handbook.git"
    story.equal(world.ledger(handbook), [], "a repository without a ledger has no entries")
    tree = world.git(handbook, "hash-object", "-t", "tree", "-w", "/dev/null")
    start = world.git(handbook, "commit-tree", tree, "-m", "start\n\nEvent: start\nReview-Branch: review/**")
    second = world.git(handbook, "commit-tree", tree, "-p", start, "-m",
                       "a: b\n\nEvent: submission\nRequested: onc1\nRequested: onc2\nAt: 2026-11-23T09:14:07Z")
    later = subprocess.Popen(["git", "-C", str(handbook), "update-ref", "--stdin"], stdin=subprocess.PIPE,
                             env=world.env)
    overdue = raises(Overdue, lambda: world.await_ledger(handbook, bool, timeout_s=0.1))
    story.ok(overdue, "waiting for a ledger that nobody writes ends")
    later.stdin.write(f"create refs/imprimatur/ledger {second}\n".encode())
    later.stdin.close()
    entries = world.await_ledger(handbook, lambda entries: len(entries) == 2)
    later.wait()
    story.equal([entry["oid"] for entry in entries], [start, second], "a ledger that moves is heard, oldest first")
    story.equal(entries[1], {"oid": second, "subject": "a: b", "Event": "submission", "Requested": ["onc1", "onc2"],
                             "Review-Branch": [], "At": "2026-11-23T09:14:07Z"}, "an entry is its trailers")


def daemons(story, world):
    program = world.root / "notifier.py"
    program.write_text(NOTIFIER)
    command = [sys.executable, "-B", program]
    daemon = world.daemon(None, command=command)
    daemon.await_ready()
    story.ok(daemon.await_status("watching"), "a status after READY is heard")
    daemon.reload()
    story.ok("MONOTONIC_USEC=1" in daemon.notices, "a reload is waited for to its end")
    story.ok(raises(Overdue, lambda: daemon.await_status("never", timeout_s=0.1)), "what is not said is overdue")
    story.equal(daemon.stop(), 0, "SIGTERM ends it")
    story.equal(daemon.log, "began\n", "and its log is there")
    failing = world.daemon(None, command=command, env={"FAIL": "1"})
    story.ok("ended (3)" in (raises(Overdue, failing.await_ready) or ""), "one that ends before READY is told at once")
    killed = world.daemon(None, command=command).await_ready()
    killed.kill()
    story.equal(killed.await_end(), -9, "and one can be killed")


def worlds(story, world):
    config = world.configure(world.root / "handbook.git", signing_key="file:/k", authority=None)
    story.ok('"signing_key": "file:/k"' in config.read_text() and "authority" not in config.read_text(),
             "a configuration takes keys and leaves them out", config.read_text())
    result = world.run("printf", '{"schema": 1}\n{"schema": 2}\n')
    story.equal([line["schema"] for line in result.json], [1, 2], "lines of JSON are read")
    origins = {line.split("\t")[0] for line in world.run("git", "config", "--show-origin", "--list").out.splitlines()}
    story.equal(origins, {f"file:{world.root}/gitconfig"}, "git is configured by the world alone")
    (world.root / "deep").mkdir()
    maker = subprocess.Popen(["mkdir", "-p", str(world.root / "deep/er/still")])
    story.ok(wait_until((world.root / "deep/er/still").exists, world.root / "deep"), "a folder that grows is heard")
    maker.wait()


def skips(story):
    for test in ("tests/fault/disk.t", "tests/fault/names.t"):
        result = without_namespaces(test)
        story.ok(result.returncode == 0 and result.stdout.startswith("1..0 # SKIP ") and "Traceback" not in result.stderr,
                 f"{test} skips with the reason where no namespaces are allowed", result)


with Story("The framework of the system tests") as the_story:
    claims(the_story)
    threads(the_story)
    skips(the_story)
    with World() as the_world:
        reviewer, clone = people_and_policy(the_story, the_world)
        decisions(the_story, the_world, reviewer, clone)
        ledgers(the_story, the_world)
        daemons(the_story, the_world)
        worlds(the_story, the_world)
        place = the_world.root
    the_story.ok(not place.exists(), "the world is gone at the end")
