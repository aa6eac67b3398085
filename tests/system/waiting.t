#!/usr/bin/env -S python3 -B
"""Many articles wait for a reviewer, and the only one who has room may not be asked: what a pass costs then."""

import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from handbook import Handbook  # noqa: E402
from story import Story, World  # noqa: E402

ARTICLES = 3000
# As much as without, and something for what a pass costs besides; it was fourteen times as much.
RATIO, REST_S = 2, 0.05


def cost(book):
    """Seconds of the processor's time that a pass takes in which nothing is new, of three the least."""
    took = []
    for _ in range(3):
        process = subprocess.Popen([book.world.program, "-c", book.config, "once"], stdout=subprocess.DEVNULL,
                                   env=book.world.env | {"IMPRIMATUR_NOW": book.pass_time()})
        _, ended, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(ended)
        assert process.returncode == 0, process.returncode
        took.append(usage.ru_utime + usage.ru_stime)
    return min(took)


with Story("Articles that wait") as story, World() as world:
    busy = world.person("busy", "Reviewer One", "one@board.example", capacity=1)
    lapsed = world.person("lapsed", "Reviewer Two", "two@board.example", credentials_until="2026-11-22")
    book = Handbook(world, [busy, lapsed])
    book.author.push()
    book.once()
    book.write(*(f"content/{number:04}.md" for number in range(ARTICLES)))
    book.once()
    asked = [entry["Requested"] for entry in book.ledger() if entry.get("Requested")]
    story.equal((asked, book.query("SELECT count(*) FROM article")), ([["busy"]], [(ARTICLES,)]), "all but one article wait")
    beside = cost(book)
    book.policy.signers = [busy.signer]
    book.amend(people=[busy.in_policy])
    book.once()
    without = cost(book)
    story.ok(beside < RATIO * without + REST_S, f"{ARTICLES} waiting articles cost no more beside lapsed credentials",
             f"{without:.3f} s without, {beside:.3f} s with")
    if os.environ.get("FIGURES"):
        story.note(f"{without:.3f} s without, {beside:.3f} s with")
