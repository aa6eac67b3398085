#!/usr/bin/env -S python3 -B
"""A daemon whose repository lives elsewhere is killed at each arrow, and two of them work on one repository."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from elsewhere import Elsewhere  # noqa: E402
from receiver import Receiver  # noqa: E402
from story import Story, World  # noqa: E402

TEXT = "# Doses\n\n60 mg.\n"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def two_hundred(story, world, forge, here, author):
    """Kill -9 at each arrow."""
    arrows = ("fetched", "decided", "written", "noted", "pushed", "recorded", "indexed", "published")
    lost = twice = 0
    for number in range(200):
        arrow = arrows[number % len(arrows)]
        author.git("commit", "-q", "--allow-empty", "-m", "x") if number % 2 else author.edit(f"content/k{number}.md", TEXT)
        author.push()
        here.once(env={"IMPRIMATUR_CRASH_AT": arrow})
        if number % 8 == 7:
            here.once()
    here.once()
    paths = [entry.get("Article") for entry in here.ledger() if entry.get("Article", "").startswith("content/k")]
    story.equal((len(paths), len(set(paths))), (100, 100), "kill -9 at each arrow, 200 times: nothing lost, nothing twice")
    verified = world.imprimatur("verify", "--authority", here.keys["authority"], cwd=here.mirror)
    story.ok("consistent" in verified.out, "  and verify agrees", verified)


def two_daemons(story, world, forge, here, author):
    """1,000 transitions decided by whoever of the two is faster."""
    other = Elsewhere(world, forge, "other", deliver=False)
    with Receiver(secrets=[SECRET]) as receiver:
        here.write(endpoints=[{"name": "site", "url": receiver.url("/ok"), "secret": SECRET, "allow": ["127.0.0.0/8"],
                               "events": ["article.*"], "rate": 0}])
        first, second = here.daemon(), other.daemon()
        for round_number in range(20):
            author.write_all({f"content/t{number}.md": f"{TEXT}{round_number} {number}\n" for number in range(50)})
            author.commit(f"Round {round_number}")
            author.push()
            here.wake()
            other.wake()
            want = 50 * (round_number + 1)
            world.await_ledger(forge, lambda entries: len([e for e in entries if e.get("Article", "").startswith("content/t")]) >= want)
        here.wake()
        wanted = [entry["oid"] for entry in here.ledger() if entry.get("Article", "").startswith("content/t")]
        receiver.wait_until(lambda messages: len({m["headers"]["webhook-id"] for m in messages
                                         if m["body"]["data"]["article"]["path"].startswith("content/t")}) >= len(wanted), timeout=60)
        first.stop()
        second.stop()
        ids = [m["headers"]["webhook-id"] for m in receiver.messages if m["body"]["data"]["article"]["path"].startswith("content/t")]
        story.equal((len(wanted), len(set(ids)), len(ids)), (1000, 1000, 1000), "two daemons, 1,000 transitions: one ledger, each event one id")
    verified = world.imprimatur("verify", "--authority", here.keys["authority"], cwd=here.mirror)
    story.ok("consistent" in verified.out, "  and verify agrees", verified)


with Story("Kills, and two daemons, with a remote") as story, World() as world:
    one = world.person("onc1", "Oncologist One", "one@board.example")
    forge, author = world.handbook([one])
    here = Elsewhere(world, forge)
    here.once()
    two_hundred(story, world, forge, here, author)
    two_daemons(story, world, forge, here, author)
