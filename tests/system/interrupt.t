#!/usr/bin/env -S python3 -B
"""Long work is seen, and ends at once when it is asked to, with nothing half done: an adoption of 60,000 articles by the
daemon and by hand, verify, the pages of a site, and a fetch that never ends."""

import os
import resource
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / folder) for folder in ("lib", "bench")]
from elsewhere import Elsewhere
from history import History, Reviewer
from story import ROOT, Story, World

ARTICLES = 60000
SANITIZED = "/sanitize" in os.environ.get("BUILD", "")
# Of the processor's time, after the signal.
MOST_S = 8.0 if SANITIZED else 1.0
# A rate is shown after half a second of a kind of work, which a quick machine may have done by then: there, the clock is
# quick too. A sanitizer has clocks of its own, and is slow.
QUICK = {} if SANITIZED else {"LD_PRELOAD": str(Path(os.environ.get("BUILD", ROOT / "build")) / "tests/lib/quick_clock.so"),
                              "QUICK_CLOCK": "30"}
LEDGER = "refs/imprimatur/ledger"
TICKS = os.sysconf("SC_CLK_TCK")


def used_s(pid):
    """The processor's time that a process has taken so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def end(process, number):
    """Sends the signal and waits; returns the time that the process took from then on, and how it ended."""
    before = used_s(process.pid)
    process.send_signal(number)
    _, status, used = os.wait4(process.pid, 0)
    return used.ru_utime + used.ru_stime - before, status


def has_ledger(world, repository):
    return world.tip(repository, LEDGER) is not None


def litter(repository):
    return [name for name in os.listdir(repository / "objects/pack") if not name.startswith("pack-")]


def on_terminal(world, *command):
    """Starts a command whose standard error is a terminal; returns it and our end."""
    ours, theirs = os.openpty()
    process = subprocess.Popen([str(part) for part in command], env=world.env | QUICK, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=theirs, cwd=world.root)
    os.close(theirs)
    return process, ours


def read_until(ours, *words, timeout_s=60):
    """What the terminal shows until one of the words is there, or it ends."""
    shown = ""
    while not any(word in shown for word in words):
        if not select.select([ours], [], [], timeout_s)[0]:
            raise RuntimeError(f"nothing of {words} in {shown!r}")
        try:
            piece = os.read(ours, 65536)
        except OSError:
            break
        if not piece:
            break
        shown += piece.decode()
    return shown


def rest(ours):
    return read_until(ours, "\0nothing")


def stopped_daemon(story, world, history, config, moments):
    for word in moments:
        daemon = world.daemon(config)
        daemon.await_status(word, timeout_s=180)  # a busy machine, and under a sanitizer
        before = used_s(daemon.process.pid)
        daemon.process.terminate()
        status = daemon.await_end()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        took = after.ru_utime + after.ru_stime - stopped_daemon.spent - before
        story.ok(status == 0 and took <= MOST_S, f"{word}: SIGTERM ends the daemon within a second", f"{status}, {took} s\n{daemon.log}")
        stopped_daemon.spent = after.ru_utime + after.ru_stime
        story.ok(not has_ledger(world, history.repository) and "stopped" not in daemon.log, "and nothing is recorded or complained of",
                 daemon.log)
        story.equal(litter(history.repository), [], "and nothing is left lying")


def by_hand(story, world, history, config, verb, number):
    process, ours = on_terminal(world, world.program, "-c", config, verb)
    shown = read_until(ours, "/s, ")
    story.ok(" of " in shown and " left" in shown + read_until(ours, " left"), f"{verb} shows a rate and an end on a terminal", shown)
    took, status = end(process, number)
    said = rest(ours)
    story.ok(took <= MOST_S and os.waitstatus_to_exitcode(status) == 128 + number, f"{number.name} ends it within a second",
             f"{took} s, {os.waitstatus_to_exitcode(status)}")
    story.ok("\r\x1b[K" in said and "imprimatur: stopped by a signal" in said, "the line is taken away, and a sentence says so", said)
    story.equal(litter(history.repository), [], "nothing is left lying")


def pages(story, world, config):
    process, ours = on_terminal(world, world.program, "-c", config, "site", world.root / "site", "--unsigned")
    read_until(ours, "writing articles")
    story.ok(" left" in read_until(ours, " left"), "site shows how far it is, and an end")
    took, status = end(process, signal.SIGTERM)
    rest(ours)
    story.ok(took <= MOST_S and os.waitstatus_to_exitcode(status) == -signal.SIGTERM, "SIGTERM ends it within a second", took)


def rebuilding(story, world, history):
    """The index of a clone, made from the ledger: what reading verbs do at first, and they end as any command."""
    clone = world.root / "reader.git"
    world.run("git", "clone", "-q", "--mirror", history.repository, clone)
    process, ours = on_terminal(world, world.program, "-C", clone, "status", history.path(7))
    shown = read_until(ours, " left")
    story.ok("reading entries [" in shown and "/s, " in shown, "making an index shows a rate and an end on a terminal", shown)
    took, status = end(process, signal.SIGINT)
    os.close(ours)
    story.ok(took <= MOST_S and os.waitstatus_to_exitcode(status) == -signal.SIGINT, "SIGINT ends it within a second", (took, status))
    again = world.imprimatur("-C", clone, "status", history.path(7))
    story.ok(history.path(7) in again.out and not again.err, "the next one makes it, and shows no bar where nobody looks", again)


def children(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def fetching(story, world, silent):
    """A fetch from a server that says nothing: whatever ends us, ends the git that waits for it."""
    url = f"git://127.0.0.1:{silent.getsockname()[1]}/handbook.git"
    config = Elsewhere(world, None, remote={"url": url}).config
    silent.settimeout(60)
    for verb, number in (("once", signal.SIGTERM), ("once", signal.SIGKILL), ("daemon", signal.SIGTERM), ("daemon", signal.SIGKILL)):
        process = subprocess.Popen([world.program, "-c", config, verb], env=world.env, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=world.root)
        connection, _ = silent.accept()
        git = [os.pidfd_open(child) for child in children(process.pid)]
        took, _ = end(process, number)
        ended = [bool(select.select([child], [], [], 30)[0]) for child in git]
        story.ok(took <= MOST_S and ended == [True], f"{number.name} ends {verb} that fetches, and its git", (took, ended))
        connection.close()
        for child in git:
            os.close(child)


with Story("Long work can be stopped") as story, World() as world:
    history = History(world, [Reviewer(f"r{number}") for number in range(5)], ARTICLES, ARTICLES // 100 + 4000)
    config = world.configure(history.repository)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    stopped_daemon.spent = used.ru_utime + used.ru_stime
    stopped_daemon(story, world, history, config, ["reading articles", "writing entries"])
    by_hand(story, world, history, config, "once", signal.SIGINT)
    story.ok(not has_ledger(world, history.repository), "and nothing is recorded")
    done = world.imprimatur("once", "--json", config=config)
    story.ok(done.status == 0 and done.json[0]["entries"] == ARTICLES + 2 and not done.err, "the next pass does it all", done)
    by_hand(story, world, history, config, "verify", signal.SIGTERM)
    pages(story, world, config)
    rebuilding(story, world, history)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        fetching(story, world, silent)
    story.done()
