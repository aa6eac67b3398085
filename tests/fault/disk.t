#!/usr/bin/env -S python3 -B
"""A disk that is full: nothing is sent that cannot be recorded, and once there is room all goes on by itself. As
root."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from receiver import Receiver  # noqa: E402
from story import Story, World, in_namespaces, skip_all, wait_until  # noqa: E402


def fill(state):
    """Leaves no block free."""
    with open(state / "ballast", "wb", buffering=0) as ballast:
        try:
            while True:
                ballast.write(b"z" * 4096)
        except OSError:
            pass


def submissions(receiver):
    return [message["body"]["data"]["article"]["path"] for message in list(receiver.messages)
            if message["body"]["type"] == "article.submitted"]


def tell(story):
    with World() as world, Receiver() as receiver:
        one = world.person("onc1", "Oncologist One", "one@board.example", capacity=100)
        handbook, author = world.handbook([one])
        config = world.configure(handbook, endpoints=[
            {"name": "room", "url": receiver.url(), "allow": ["127.0.0.0/8"]}])
        state = world.root / "state" / "imprimatur"
        world.run("mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", state)
        try:
            runtime = world.root / "run" / "handbook"
            runtime.mkdir()
            daemon = world.daemon(config, env={"RUNTIME_DIRECTORY": str(runtime)}).await_ready()
            author.edit("content/before.md", "# Before\n")
            author.push()
            receiver.wait_for(lambda message: message["body"]["type"] == "article.submitted")
            fill(state)
            author.write_all({f"content/{number}.md": f"# {number}\n" + "Much text.\n" * 200 for number in range(40)})
            author.commit("Write much")
            author.push()
            wait_until(lambda: "No space left" in daemon.log or "full" in daemon.log, world.root,
                       what="a word about the full disk")
            story.ok(daemon.process.poll() is None, "disk full: it is told, and does not end the daemon")
            story.equal(submissions(receiver), ["content/before.md"], "nothing is sent that cannot be recorded")
            trouble = runtime / "trouble"
            wait_until(trouble.exists, runtime, what="a word for readers")
            told = world.imprimatur("status", config=config)
            story.ok(told.status == 0 and "WARNING The daemon cannot do its work: " in told.out, "status warns of it", told)
            (state / "ballast").unlink()
            receiver.wait_until(lambda _: len(set(submissions(receiver))) == 41, timeout=25)
            ids = [message["headers"]["webhook-id"] for message in receiver.messages]
            story.ok(True, "with room again it goes on by itself")
            wait_until(lambda: not trouble.exists(), runtime, what="the end of the trouble")
            story.ok("WARNING" not in world.imprimatur("status", config=config).out, "and status no longer warns")
            story.equal(len(ids), len(set(ids)), "and tells all of it, once")
            story.equal(daemon.stop(), 0, "it ends in time")
        finally:
            for each in world.daemons:
                each.kill()
            world.run("umount", state)


if len(sys.argv) > 1:
    with Story("A full disk") as the_story:
        tell(the_story)
elif os.geteuid() != 0:
    skip_all("a small file system of its own takes root")
else:
    in_namespaces(__file__)
