#!/usr/bin/env -S python3 -B
"""The ledger as people and programs read it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
import shelf  # noqa: E402
from story import Story, World  # noqa: E402

LOG = """\
2026-11-20 08:01  submitted (new), asked gp1
                  content/general/nutrition.md (round 1)
2026-11-20 08:01  submitted (new), problem: front-matter
                  content/general/broken.md (round 1)
2026-11-17 12:00  onc1 requested changes
                  content/oncology/chemo.md (round 1)
                  "Table 2 has the wrong dose"
2026-11-17 12:00  onc2 approved: Under Review -> Approved, until 2027-11-16
                  content/oncology/stage-4.md (round 1)
                  "Read."
2026-11-16 12:00  onc2 claimed it: Submitted -> Under Review
                  content/oncology/imaging.md (round 1)
                  "Read."
2026-11-16 12:00  onc1 approved: Submitted -> Under Review
                  content/oncology/stage-4.md (round 1)
                  "Doses checked against the labels"
2026-11-16 08:01  submitted (new), asked onc1, onc2
                  content/oncology/stage-4.md (round 1)
2026-11-16 08:01  submitted (new), asked onc1, onc2
                  content/oncology/imaging.md (round 1)
2026-11-16 08:01  submitted (new), asked onc1, onc2
                  content/oncology/chemo.md (round 1)
2026-11-12 09:01  submitted (adopted: there before the policy)
                  content/general/index.md (round 1)
2026-11-12 09:01  policy 1 is in force
2026-11-12 09:01  the ledger of handbook begins
"""
STAGE_4 = """\
2026-11-17 12:00  onc2 approved: Under Review -> Approved, until 2027-11-16
                  "Read."
2026-11-16 12:00  onc1 approved: Submitted -> Under Review
                  "Doses checked against the labels"
2026-11-16 08:01  submitted (new), asked onc1, onc2
"""
NUMBERS = {"Ledger-Format", "Round", "Policy"}
STATES = {"Submitted": "submitted", "Under Review": "under_review", "Approved": "approved", "Removed": "removed"}


def as_json(entry):
    """What --json should say about an entry as the ledger has it."""
    line = {"schema": 1, "oid": entry["oid"]}
    for key, value in entry.items():
        if key in ("oid", "subject") or value == []:
            continue
        if key in NUMBERS:
            value = int(value)
        elif key in ("State", "Previous-State"):
            value = STATES[value]
        line[key.lower().replace("-", "_")] = value
    return line


def reads(story, world, book):
    def log(*arguments):
        return world.imprimatur("log", *arguments, config=book.config)

    result = log()
    story.equal((result.out, result.err, result.status), (LOG, "", 0), "the ledger, newest first, to the letter")
    story.equal(log("-n", "2").out, "".join(LOG.splitlines(True)[:4]), "-n counts entries")
    story.equal(log("content/oncology/stage-4.md").out, STAGE_4, "one article's entries")
    story.equal(log("content/oncology/stage-4.md", "-n1").out, "".join(STAGE_4.splitlines(True)[:2]), "the last of them")
    lines = world.imprimatur("--json", "log", config=book.config).json
    entries = world.ledger(book.bare)[::-1]
    story.equal(lines, [as_json(entry) for entry in entries], "--json is the trailers")
    story.equal([list(line)[:4] for line in lines], [["schema", "oid", "ledger_format", "event"]] * 12,
                "  in their order")
    story.equal(lines[-1]["review_branch"], ["review/**"], "  with lists where they repeat")
    for count in ("0", "-1", "many", "4294967296"):
        result = log("-n", count)
        story.equal((result.status, result.out, result.err),
                    (2, "", f'imprimatur: -n: "{count}" is not a number from 1 up\n'), f"-n {count} is refused")
    result = log("content/oncology/stage4.md")
    story.equal((result.status, result.out, result.err),
                (1, "", "imprimatur: the ledger has no article content/oncology/stage4.md; did you mean "
                        "content/oncology/stage-4.md?\n"), "an unknown article has a hint")


def clones(story, world, book):
    bare = world.bare("ledger-only")
    result = world.imprimatur("-C", bare, "log")
    story.ok(result.status == 1 and "git fetch origin" in result.err, "without a ledger: what to fetch", result)
    world.git(bare, "fetch", "-q", book.bare, "+refs/imprimatur/*:refs/imprimatur/*")
    result = world.imprimatur("log", cwd=bare)
    story.equal((result.out, result.err), (LOG, ""), "the ledger alone is enough")
    story.ok(not (bare / "imprimatur").exists(), "and nothing is left behind")


def pipes(story, world, book):
    reading, writing = os.pipe()
    os.close(reading)
    # restore_signals=False: SIGPIPE arrives ignored, as from a parent that is careless.
    process = subprocess.Popen([world.program, "-c", str(book.config), "log"], stdout=writing, stderr=subprocess.PIPE,
                               env=world.env, restore_signals=False)
    os.close(writing)
    errors = process.communicate(timeout=60)[1]
    story.equal((process.returncode, errors), (-signal.SIGPIPE, b""), "a reader who leaves ends it quietly")
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([world.program, "-c", str(book.config), "log"], stdout=full, stderr=subprocess.PIPE,
                              env=world.env, check=False)
    story.ok(done.returncode == 1 and b"No space left" in done.stderr, "what cannot be written is an error", done)


def hostile(story, world, book):
    path = "content/general/a\x1b[2Jb.md"
    book.author.edit(path, "# A\n", at="2026-11-20T10:00:00Z")
    book.author.push()
    world.imprimatur("once", config=book.config, now="2026-11-20T10:00:30Z")
    book.author.decide(book.gp1, "comment", "content/general/nutrition.md", at="2026-11-20T10:01:00Z",
                       message="Red \x1b[31m\u202ereason\x9b\nsecond line\n\nThird: line")
    world.imprimatur("once", config=book.config, now="2026-11-20T10:02:00Z")
    result = world.imprimatur("log", "-n", "2", config=book.config)
    story.equal(result.out, '2026-11-20 10:02  gp1 commented\n'
                            '                  content/general/nutrition.md (round 1)\n'
                            '                  "Red \ufffd[31m\ufffdreason\ufffd"\n'
                            '2026-11-20 10:00  submitted (new), problem: path\n'
                            '                  "content/general/a\\033[2Jb.md" (round 1)\n',
                "paths and reasons do not speak to the terminal")
    line = world.imprimatur("--json", "log", "-n", "1", path, config=book.config)
    story.ok(line.json[0]["article"] == path and "\x1b" not in line.out, "nor in JSON, which has the path", line)


with Story("Log: the ledger, readable") as the_story, World() as the_world:
    the_book = shelf.make(the_world)
    reads(the_story, the_world, the_book)
    clones(the_story, the_world, the_book)
    pipes(the_story, the_world, the_book)
    hostile(the_story, the_world, the_book)
