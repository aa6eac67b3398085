#!/usr/bin/env -S python3 -B
"""The loop waits for nothing while a remote fails: not for a git to be loaded, not for a disk. Each of these takes four
seconds here, whatever else the machine has to do, and the loop answers in less than half of that."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from elsewhere import Elsewhere  # noqa: E402
from peers import BlackHole, Https, Sshd, free_port  # noqa: E402
from story import PATIENCE_S, Story, World, skip_all, wait_until  # noqa: E402

SLOW_S = 4
SLOW = ("execve", "execveat", "fsync", "fdatasync", "sync_file_range")
ROUNDS = 2


def can_trace(world):
    return shutil.which("strace") and world.run("strace", "-f", "-e", "trace=none", "true", check=False).status == 0


class Slowed:
    """A running daemon, to which loading a program and writing to the disk are slow from now on."""

    def __init__(self, world, here, running):
        self.world, self.trace = world, here.state / "trace"
        self.process = subprocess.Popen(
            ["strace", "-f", "-q", "-o", self.trace, "-e", f"trace={','.join(SLOW)}", "-e", "signal=none",
             "-e", f"inject={','.join(SLOW)}:delay_enter={SLOW_S * 1000000}", "-p", str(running.process.pid)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=world.env)
        status = Path(f"/proc/{running.process.pid}/status")
        # Nothing changes in a folder when a tracer has come: the trace is made before, the word is in /proc.
        wait_until(self.trace.exists, here.state, what="the tracer")
        while "TracerPid:\t0\n" in status.read_text():
            os.sched_yield()

    def loaded(self):
        """How many programs, of which git is one, have been loaded for it."""
        return sum("execve(" in line for line in self.trace.read_text(errors="replace").splitlines())

    def stop(self):
        self.process.terminate()
        self.process.wait(PATIENCE_S)


def answered_in(control):
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(PATIENCE_S)
        began = time.monotonic()
        with contextlib.suppress(TimeoutError):
            client.connect(str(control))
            client.sendall(json.dumps({"verb": "enable", "endpoint": "none"}).encode() + b"\n")
            client.recv(4096)
        return time.monotonic() - began


def answers(story, world, name, **remote):
    """Asks it all the time while rounds fail, one after the other."""
    here = Elsewhere(world, world.root / "handbook.git", f"loop-{name.replace(' ', '-')}", remote={"stall_s": 3} | remote)
    metrics = here.state / "m.prom"
    here.write(metrics_file=str(metrics))
    here.state.mkdir(mode=0o750)
    running = world.daemon(here.config, env={"RUNTIME_DIRECTORY": str(here.state)})
    running.await_status("cannot fetch from", timeout_s=90)
    # A file that is there already is what GLib would sync.
    wait_until(metrics.exists, here.state, what="metrics")
    written = metrics.stat().st_mtime_ns
    slowed = Slowed(world, here, running)
    longest, patience = 0, time.monotonic() + 120
    while (slowed.loaded() < ROUNDS or metrics.stat().st_mtime_ns == written) and time.monotonic() < patience:
        here.wake()
        longest = max(longest, answered_in(here.state / "control"))
    loaded = slowed.loaded() if metrics.stat().st_mtime_ns != written else 0
    slowed.stop()
    running.kill()
    story.ok(loaded >= ROUNDS and longest < SLOW_S / 2, f"the loop answers beside a remote that {name}", (loaded, longest, running.log))


with Story("The loop while a remote fails") as story, World() as world:
    if not can_trace(world):
        skip_all("strace cannot trace here")
    forge, author = world.handbook([world.person("onc1", "Oncologist One", "one@board.example")])
    answers(story, world, "refuses connections", url=f"git://127.0.0.1:{free_port()}/handbook.git")
    for kind, address, banner in (("is silent in TCP", "git://127.0.0.1:{}/handbook.git", b""),
                                  ("is silent in TLS", "https://127.0.0.1:{}/handbook.git", b""),
                                  ("is silent in the banner", "ssh://git@127.0.0.1:{}/handbook.git", b""),
                                  ("is silent in its list", "git://127.0.0.1:{}/handbook.git", b"003f")):
        with BlackHole(banner) as hole:
            answers(story, world, kind, url=address.format(hole.port), known_hosts=os.devnull)
    token = world.root / "token"
    token.write_text("first-token-of-all\n")
    with Https(world, forge) as peer:
        way = {"url": peer.url, "token": f"file:{token}", "ca_file": peer.ca_file}
        answers(story, world, "shows an unknown certificate", **way | {"ca_file": None})
        answers(story, world, "redirects", **way | {"url": peer.url.replace("/handbook", "/moved/handbook")})
        peer.set_token("second-token")
        answers(story, world, "refuses the token", **way)
    with Sshd(world, forge) as peer:
        way = {"url": peer.url, "key": f"file:{peer.key}", "known_hosts": peer.known_hosts, "stall_s": 30}
        answers(story, world, "refuses the key", **way | {"key": f"file:{world.new_key('unknown')}"})
        answers(story, world, "is not known", **way | {"known_hosts": os.devnull})
