#!/usr/bin/env -S python3 -B
"""What a hostile server cannot make of the daemon: a full disk, a full memory, a log that obeys it, a core with secrets."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from elsewhere import Elsewhere  # noqa: E402
from peers import GitDaemon  # noqa: E402
from story import HOLDS_NOTHING_BACK, PATIENCE_S, Story, World  # noqa: E402

TEXT = "# Doses\n\n60 mg.\n"
ENDLESS = "#!/bin/sh\nexec yes \"$(printf 'more \\033[31mred\\033]0;title\\a')\" >&2\n"


def peak_kib(process):
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1])


def half(mirror):
    return sorted(path.name for path in mirror.glob("objects/**/*") if path.name.startswith("tmp_"))


def no_end(story, world, here, author, what, hook, running):
    """A server that talks on."""
    before = peak_kib(running.process)
    author.edit(f"content/{what}.md", TEXT)
    author.push("HEAD:refs/heads/held")
    hook.write_text(ENDLESS)
    hook.chmod(0o755)
    world.git(here.forge, "update-ref", "refs/heads/main", author.head())
    here.wake()
    told = running.await_status("it says more than anybody would read", timeout_s=PATIENCE_S * 5)
    story.ok(f"cannot {what}" in told, f"row 44: a {what} in which the server talks without end is ended", told)
    story.ok(peak_kib(running.process) - before < 4096, "  memory is flat", (before, peak_kib(running.process)))
    hook.write_text("#!/bin/sh\nexec \"$@\"\n")
    here.wake()
    world.await_ledger(here.forge, lambda entries: entries[-1].get("Article") == f"content/{what}.md", timeout_s=PATIENCE_S * 5)
    story.ok("\033" not in running.log and "\a" not in running.log, "  its escapes are not in the log", running.log)


def endless(story, world, forge, author):
    fetching, pushing = world.root / "pack-objects", forge / "hooks/pre-receive"
    fetching.write_text("#!/bin/sh\nexec \"$@\"\n")
    fetching.chmod(0o755)
    # What git itself takes from its user's configuration alone; the daemon's git has none.
    world.run("git", "config", "--global", "uploadpack.packObjectsHook", fetching)
    with GitDaemon(world, forge) as peer:
        here = Elsewhere(world, forge, "endless", remote={"url": peer.url, "stall_s": 60, "push_s": 600})
        running = here.daemon(HOLDS_NOTHING_BACK)
        no_end(story, world, here, author, "fetch", fetching, running)
        no_end(story, world, here, author, "push", pushing, running)
        pushing.unlink()
        running.stop()


def too_large(story, world, forge, author):
    """The limit of a file is 4 GiB, or a lower one that the daemon itself has."""
    here = Elsewhere(world, forge, "large")
    here.once()
    author.write("figures/noise", os.urandom(6 << 20))
    author.edit("content/large.md", TEXT)
    author.push()
    limited = world.run("bash", "-c", 'ulimit -f 4096; exec "$0" -c "$1" once', world.program, here.config, check=False)
    story.ok(limited.status == 75 and "cannot fetch from" in limited.err, "row 44: a pack over the limit of a file ends the fetch", limited)
    story.equal(half(here.mirror), [], "  and nothing half of it stays")
    done = here.once()
    story.equal((done.status, here.ledger()[-1].get("Article")), (0, "content/large.md"), "  with room for it, it is fetched")


def cores(story, world, forge):
    here = Elsewhere(world, forge, "core")
    running = world.daemon(here.config, env={"RUNTIME_DIRECTORY": str(here.state)},
                           command=["sh", "-c", 'ulimit -c unlimited; exec "$0" -c "$1" daemon', world.program, here.config]).await_ready()
    limits = Path(f"/proc/{running.process.pid}/limits").read_text()
    core = next(line.split()[4:6] for line in limits.splitlines() if line.startswith("Max core file size"))
    story.equal(core, ["0", "0"], "row 45: the daemon writes no core, whatever whoever starts it allows")
    running.stop()


with Story("Limits of a remote") as story, World() as world:
    forge, author = world.handbook([world.person("onc1", "Oncologist One", "one@board.example")])
    cores(story, world, forge)
    too_large(story, world, forge, author)
    endless(story, world, forge, author)
