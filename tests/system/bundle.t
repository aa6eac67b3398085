#!/usr/bin/env -S python3 -B
"""A real repository with its history is adopted: BUNDLE=FILE names a git bundle with Markdown in it."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from story import Story, World, skip_all  # noqa: E402

bundle = os.environ.get("BUNDLE")
if not bundle:
    skip_all("it wants a real repository: BUNDLE=FILE")

with Story("A real repository is adopted") as story, World() as world:
    one = world.person("onc1", "Oncologist One", "one@board.example")
    handbook = world.root / "handbook.git"
    world.run("git", "clone", "-q", "--bare", Path(bundle).resolve(), handbook)
    tip = world.git(handbook, "for-each-ref", "--format=%(objectname)", "--count=1", "refs/heads")
    world.git(handbook, "update-ref", "refs/heads/main", tip)
    world.git(handbook, "symbolic-ref", "HEAD", "refs/heads/main")
    author = world.clone(handbook, "author")
    author.publish_policy(world.policy([one], articles=["**/*.md"]))
    author.push()
    files = [path for path in author.git("ls-files", "-z", "*.md").split("\0")
             if path and not path.startswith(".imprimatur/")]
    commits = int(author.git("rev-list", "--count", "HEAD"))
    config = world.configure(handbook)
    result = world.imprimatur("--json", "once", config=config)
    story.equal((result.status, result.err), (0, ""), "in one pass")
    story.equal(result.json[0]["commits_read"], commits, "that reads each commit once")
    ledger = world.ledger(handbook)
    adopted = [entry["Article"] for entry in ledger if entry.get("Reason") == "adopted"]
    story.equal(adopted, sorted(files, key=os.fsencode), "every article is Submitted, and nobody is asked")
    again = world.imprimatur("--json", "once", config=config)
    story.equal((again.json[0]["entries"], again.json[0]["commits_read"]), (0, 0), "and that was all")
    author.decide(one, "approve", files[0])
    world.imprimatur("once", config=config)
    story.equal(world.ledger(handbook)[-1]["State"], "Approved", "the first approval counts")
    story.equal(world.git(handbook, "ls-tree", "-r", "--name-only", "approved").split(), [files[0]],
                "and is what readers see")
    lines = world.imprimatur("--json", "status", config=config).json
    story.equal(len(lines), len(files) + 1, "status knows them all")
