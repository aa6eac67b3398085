#!/usr/bin/env -S python3 -B
"""A ledger that was moved, removed or exchanged, and how it is put right."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
import shelf  # noqa: E402
from story import Story, World  # noqa: E402

REF = "refs/imprimatur/ledger"


class Ledger:
    def __init__(self, world, book):
        self.world, self.book = world, book

    def tip(self):
        return self.world.tip(self.book.bare, REF)

    def move(self, to):
        self.world.git(self.book.bare, "update-ref", *([REF, to] if to else ["-d", REF]))

    def restore(self, *arguments, config=None):
        return self.world.imprimatur("ledger", "restore", *arguments, config=config or self.book.config)

    def once(self, **env):
        return self.world.imprimatur("once", config=self.book.config, now=shelf.NOW, env=env)


def puts_back(story, ledger):
    tip = ledger.tip()
    result = ledger.restore()
    story.equal((result.status, result.out), (0, "there is nothing to restore: the ledger is where the daemon left it\n"),
                "nothing to do")
    for place in (f"{tip}~3", None):
        ledger.move(place)
        refused = ledger.once()
        story.ok(refused.status == 1 and "ledger restore" in refused.err, "the daemon stops", refused)
        result = ledger.restore()
        story.equal((result.status, result.out, ledger.tip()), (0, f"the ledger is at {tip[:12]} again\n", tip),
                    "put back from where it was moved" if place else "put back after it was removed")
        story.equal(ledger.once().status, 0, "  and the daemon goes on")
    ledger.move(f"{tip}~1")
    result = ledger.world.imprimatur("--json", "ledger", "restore", config=ledger.book.config)
    story.equal(result.json, [{"schema": 1, "repository": "handbook", "ledger": tip, "changed": True}], "for programs")


def interrupted(story, ledger):
    """The daemon dies between noting the new tip and moving the ref."""
    before = ledger.tip()
    ledger.book.author.edit("content/general/next.md", "# Next\n", at="2026-11-20T12:00:00Z")
    ledger.book.author.push()
    killed = ledger.once(IMPRIMATUR_CRASH_AT="noted")
    result = ledger.restore()
    story.ok(killed.status == -9 and result.out.startswith("there is nothing to restore") and ledger.tip() == before,
             "a daemon that died on the way has lost nothing", result)
    story.ok(ledger.once().status == 0 and ledger.tip() != before, "and goes on by itself")


def objects_gone(story, world, ledger):
    tip = ledger.tip()
    world.git(world.bare("copy"), "fetch", "-q", ledger.book.bare, f"+{REF}:{REF}")
    ledger.move(None)
    lost = [ledger.book.bare / "objects" / tip[:2] / tip[2:]]
    for path in lost:
        path.unlink()
    result = ledger.restore()
    story.ok(result.status == 1 and f"git -C {ledger.book.bare} fetch CLONE {REF}" in result.err, "objects that are gone",
             result)
    world.git(ledger.book.bare, "fetch", "-q", world.root / "copy.git", REF)
    story.equal((ledger.restore().status, ledger.tip()), (0, tip), "come from a clone, as it said")


def trusts(story, world, ledger):
    tip = ledger.tip()
    older = world.git(ledger.book.bare, "rev-parse", f"{tip}~2")
    story.equal(ledger.restore("--trust", tip).out, "there is nothing to do: the daemon continues this ledger already\n",
                "its own ledger needs no trust")
    ledger.move(older)
    for wrong, status, part in ((tip, 1, f"the ledger is at {older}, not at {tip}"), (older[:12], 2, "not a full object id"),
                                (older.upper(), 2, "not a full object id")):
        result = ledger.restore("--trust", wrong)
        story.ok(result.status == status and part in result.err, f"--trust {wrong[:13]} is refused", result)
    story.equal(ledger.once().status, 1, "  and nothing has changed")
    result = ledger.restore("--trust", older)
    story.equal((result.status, result.out, ledger.tip()),
                (0, f"the daemon continues the ledger at {older[:12]}\n", older), "--trust in full leaves the ref")
    story.equal(ledger.once().status, 0, "  and the daemon continues from there")
    story.equal(world.git(ledger.book.bare, "merge-base", older, ledger.tip()), older, "  on top of it")
    continued = ledger.tip()
    ledger.move(tip)
    story.ok(ledger.once().status == 1 and ledger.restore().status == 0 and ledger.tip() == continued,
             "  so that the former one is the stranger")
    ledger.move(world.git(ledger.book.bare, "rev-parse", "main"))
    result = ledger.restore("--trust", ledger.tip())
    story.ok(result.status == 1 and "is not a ledger that could be continued" in result.err, "what is not a ledger is not trusted",
             result)
    ledger.move(continued)


def memory_lost(story, world, ledger):
    state = ledger.book.index.parent
    tip = ledger.tip()
    (state / "tip").unlink()
    refused = ledger.once()
    result = ledger.restore()
    story.ok(refused.status == 1 and result.status == 1 and f"ledger restore --trust {tip}" in result.err,
             "a daemon without memory is told the words", result)
    story.ok(ledger.restore("--trust", tip).status == 0 and ledger.once().status == 0, "and continues with them")


def moved_while_the_daemon_was_down(story, world, ledger):
    book = ledger.book
    daemon = world.daemon(book.config).await_ready()
    daemon.stop()
    tip = ledger.tip()
    for place in (f"{tip}~1", None):
        ledger.move(place)
        daemon = world.daemon(book.config).await_ready()
        story.ok(any("ledger restore" in notice for notice in daemon.notices), "a daemon that finds its ledger " + ("elsewhere" if place else "gone")
                 + " is ready, and says what to do", daemon.log)
        moved = ledger.tip()
        book.author.write("content/general/down.md", f"# {place}\n")
        book.author.commit("Write")
        book.author.push()
        told = world.imprimatur("status", config=book.config)
        story.ok(ledger.tip() == moved and "ledger restore" in told.out + told.err, "  meanwhile status says so too", told)
        story.equal(ledger.restore().status, 0, "  put back")
        entries = world.await_ledger(book.bare, lambda entries: entries and entries[-1]["Event"] == "submission"
                                     and entries[-1].get("Article") == "content/general/down.md"
                                     and entries[-1]["Source"] == book.author.head())
        story.ok(tip in [entry["oid"] for entry in entries], "  it goes on by itself, on top of what it wrote")
        story.equal(daemon.stop(), 0, "  and ends well")
        tip = ledger.tip()


def wrong_uses(story, world, ledger):
    result = world.imprimatur("ledger", "restore", cwd=ledger.book.author.path)
    story.ok(result.status == 2 and "-c FILE" in result.err, "it wants a configuration", result)
    fresh = world.configure(world.bare("fresh"), file="fresh.json")
    story.equal(ledger.restore(config=fresh).out, "there is nothing to restore: there is no ledger yet\n",
                "before the first pass there is nothing")
    if os.geteuid() != 0:
        story.skip("the daemon's files are left to its user", "only root can make files of another user")
        return
    state = world.root / "state/fresh"
    os.chown(state, 65534, 65534)
    result = ledger.restore(config=fresh)
    story.ok(result.status == 1 and "runuser -u nobody -- imprimatur -c" in result.err,
             "the daemon's files are left to its user", result)


with Story("Ledger: put right what stops the daemon") as the_story, World() as the_world:
    the_ledger = Ledger(the_world, shelf.make(the_world))
    puts_back(the_story, the_ledger)
    interrupted(the_story, the_ledger)
    objects_gone(the_story, the_world, the_ledger)
    trusts(the_story, the_world, the_ledger)
    memory_lost(the_story, the_world, the_ledger)
    moved_while_the_daemon_was_down(the_story, the_world, the_ledger)
    wrong_uses(the_story, the_world, the_ledger)
