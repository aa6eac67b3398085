#!/usr/bin/env -S python3 -B
"""kill -9 at random under load, KILLS times (20): nothing is lost, and no id ever has two bodies."""

import os
import random
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from receiver import Receiver  # noqa: E402
from story import Story, World  # noqa: E402

KILLS = int(os.environ.get("KILLS", "20"))
SEED = int(os.environ.get("SEED", random.randrange(1 << 32)))
IN_FLIGHT = 4
PATHS = ("/ok/one", "/ok/two", "/ok/three")


def tell(story):
    chance = random.Random(SEED)
    story.note(f"SEED={SEED}")
    with World() as world, Receiver() as receiver:
        one = world.person("onc1", "Oncologist One", "one@board.example", capacity=1000)
        handbook, author = world.handbook([one])
        config = world.configure(handbook, endpoints=[
            {"name": path.rpartition("/")[2], "url": receiver.url(path), "allow": ["127.0.0.0/8"], "rate": 0,
             "in_flight": IN_FLIGHT} for path in PATHS])
        world.daemon(config).await_ready().stop()
        for number in range(KILLS):
            author.write_all({f"content/{chance.randrange(40)}.md": f"# {number} {article}\n" for article in range(4)})
            author.commit(f"Edit {number}")
            if chance.random() < 0.5:
                author.push()
                daemon = world.daemon(config)
            else:
                daemon = world.daemon(config)
                author.push()
            threading.Event().wait(chance.random() * 0.15)
            daemon.kill()

        daemon = world.daemon(config).await_ready()
        entries = [entry for entry in world.ledger(handbook) if entry["Event"] == "submission"]

        def all_came(messages):
            came = {(message["path"], message["headers"]["webhook-id"]) for message in messages}
            return all((path, f"evt_{entry['oid']}") in came for path in PATHS for entry in entries)

        receiver.wait_until(all_came, timeout=60)
        story.ok(len(entries) > KILLS, f"{len(entries)} submissions were told to {len(PATHS)} endpoints, none was lost")
        tip = author.head()
        story.equal({entry["Article"]: entry["Version"] for entry in entries},
                    {path: author.version(path, tip) for path in
                     author.git("ls-tree", "-r", "--name-only", "HEAD", "content").splitlines()},
                    "the last of each is the text that was pushed last")
        bodies = {}
        for message in receiver.messages:
            bodies.setdefault(message["headers"]["webhook-id"], set()).add(message["raw"])
        story.equal([id for id, texts in bodies.items() if len(texts) > 1], [], "no id has two bodies")
        at_one = [message["headers"]["webhook-id"] for message in receiver.messages if message["path"] == PATHS[0]]
        story.ok(len(at_one) - len(set(at_one)) <= KILLS * IN_FLIGHT, "what came twice was under way at a kill",
                 f"{len(at_one)} messages, {len(set(at_one))} ids")
        story.equal(daemon.stop(), 0, "and it ends in time")


with Story(f"{KILLS} times kill -9") as the_story:
    tell(the_story)
