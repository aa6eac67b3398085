#!/usr/bin/env -S python3 -B
"""A reader in whose terminal nobody scrolls: what it prints is not taken for a night, and the daemon's database can
shorten its log all the same."""

import sqlite3
import subprocess
import select
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from handbook import Handbook  # noqa: E402
from story import Story, World  # noqa: E402


def nobody_takes(story, world, book, *arguments):
    """The reader has begun to print, and is left there. More than a pipe holds is to come."""
    writer = sqlite3.connect(book.state_directory / "index.db", isolation_level=None)
    writer.execute("INSERT OR REPLACE INTO meta VALUES('written', 'so that there is a log')")
    reader = subprocess.Popen([world.program, "-c", str(book.config), *arguments], stdout=subprocess.PIPE, env=world.env,
                              cwd=world.root)
    try:
        begun = select.select([reader.stdout], [], [], 20)[0]
        busy = writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        story.ok(begun and reader.poll() is None and busy == 0,
                 f"{' '.join(arguments[:2])}: what it printed is not taken, and it looks at nothing any more", busy)
        said = reader.stdout.read()
        story.ok(len(said) > 70000 and reader.wait() in (0, 1), "  nothing of what it says is lost", (len(said), reader.returncode))
    finally:
        reader.kill()
        reader.wait()
        reader.stdout.close()
        writer.close()


with Story("Readers that nobody reads") as story, World() as world:
    reviewer = world.person("onc1", "Oncologist One", "one@board.example", capacity=1000)
    handbook = Handbook(world, [reviewer])
    handbook.author.push()
    handbook.once()
    handbook.write(*(f"content/{number}.md" for number in range(300)), push=False)
    handbook.author.push()
    handbook.once()
    nobody_takes(story, world, handbook, "--json", "status")
    nobody_takes(story, world, handbook, "status", *(f"content/{number}.md" for number in range(300)))
    nobody_takes(story, world, handbook, "deliveries", "list", "--json")
