#!/usr/bin/env -S python3 -B
"""Somebody keeps an eye on the ledger: what moves is told at once, without asking again and again."""

import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
import shelf  # noqa: E402
from handbook import Handbook  # noqa: E402
from story import PATIENCE_S, Overdue, Story, World  # noqa: E402


class Watcher:
    """`status --watch`, and what it has written so far."""

    def __init__(self, world, book, *arguments, terminal=False, cwd=None, rows=40, now=shelf.NOW):
        self.reading, writing = pty.openpty() if terminal else os.pipe()
        if terminal:
            fcntl.ioctl(writing, termios.TIOCSWINSZ, struct.pack("HHHH", rows, 80, 0, 0))
        config = [] if cwd else ["-c", str(book.config)]
        self.process = subprocess.Popen([world.program, *config, "status", "--watch", *arguments], stdout=writing,
                                        stderr=subprocess.PIPE, cwd=cwd,
                                        env=world.env | {"IMPRIMATUR_NOW": now, "TERM": "xterm", "NO_COLOR": "1"})
        os.close(writing)
        self.text = ""

    def until(self, condition):
        """Reads on until condition(text) holds; returns the text, which begins again."""
        while not condition(self.text):
            if not select.select([self.reading], [], [], PATIENCE_S)[0]:
                raise Overdue(f"it only said {self.text!r}")
            part = os.read(self.reading, 65536).decode()
            if not part:
                raise Overdue(f"it ended after {self.text!r}: {self.process.stderr.read()}")
            self.text += part
        text, self.text = self.text, ""
        return text

    def end(self, signal_number=signal.SIGINT):
        self.process.send_signal(signal_number)
        status = self.process.wait(PATIENCE_S)
        os.close(self.reading)
        return status, self.process.stderr.read()


def is_whole(text):
    """All lines of JSON are there, down to the one for the whole."""
    return text.endswith("\n") and "tip_age_s" in text


def lines_of(text):
    return [json.loads(line) for line in text.splitlines()]


def is_line(text):
    return text.endswith("\n")


def is_table(text):
    """All of it is there, down to the line that counts, which is broken where it likes."""
    return text.endswith("\n") and ("ago" in text or "ledger of" in text) and "policy 1" in " ".join(text.split())


def for_programs(story, world, book):
    watcher = Watcher(world, book, "--json", "content/oncology")
    first = lines_of(watcher.until(is_whole))
    story.equal([line["article"]["path"] for line in first[:-1]],
                [f"content/oncology/{name}.md" for name in ("chemo", "imaging", "stage-4")], "it begins with what there is")
    book.author.decide(book.onc1, "approve", "content/oncology/imaging.md", at="2026-11-20T09:00:00Z")
    shelf.once(world, book, "2026-11-20T09:01:00Z")
    news = lines_of(watcher.until(is_line))
    story.equal([(line["article"]["path"], line["review"]["approvals"]) for line in news],
                [("content/oncology/imaging.md", 1)], "one line for what changed, as soon as the ledger says it")
    book.author.edit("content/general/later.md", "# Later\n", at="2026-11-20T09:02:00Z")
    book.author.remove("content/oncology/chemo.md")
    book.author.commit("Remove", at="2026-11-20T09:03:00Z")
    book.author.push()
    shelf.once(world, book, "2026-11-20T09:04:00Z")
    news = lines_of(watcher.until(is_line))
    story.equal([(line["article"]["path"], line["state"]) for line in news],
                [("content/oncology/chemo.md", "removed")], "one that is removed; what was not asked for is not told")
    world.git(book.bare, "pack-refs", "--all")
    book.author.decide(book.onc2, "comment", "content/general/later.md", at="2026-11-20T09:05:00Z", message="Hm")
    shelf.once(world, book, "2026-11-20T09:06:00Z")
    book.author.decide(book.onc2, "withdraw", "content/oncology/imaging.md", at="2026-11-20T09:07:00Z")
    shelf.once(world, book, "2026-11-20T09:08:00Z")
    news = lines_of(watcher.until(is_line))
    story.equal([line["article"]["path"] for line in news], ["content/oncology/imaging.md"],
                "also after the refs were packed; a comment changes nothing")
    story.equal(watcher.end(), (0, b""), "SIGINT ends it")


def on_a_terminal(story, world, book):
    watcher = Watcher(world, book, "--state", "submitted", terminal=True)
    first = watcher.until(is_table)
    story.ok("\033" not in first and "later.md" in first, "on a terminal it begins as ever", repr(first))
    book.author.decide(book.gp1, "claim", "content/general/later.md", at="2026-11-20T09:10:00Z")
    shelf.once(world, book, "2026-11-20T09:11:00Z")
    # What explains the table comes behind the line that is waited for.
    before, cleared, again = watcher.until(is_table).partition("\033[H\033[2J")
    story.ok(cleared and "STATE" not in before and "STATE" in again and "later.md" not in again, "and is painted again",
             repr(again))
    story.equal(watcher.end(signal.SIGTERM), (0, b""), "SIGTERM ends it, too")


def in_a_clone(story, world, book):
    clone = world.clone(book.bare, "watching")
    clone.pull()
    watcher = Watcher(world, book, cwd=clone.path)
    watcher.until(is_table)
    book.author.decide(book.gp1, "approve", "content/general/later.md", at="2026-11-20T09:12:00Z")
    shelf.once(world, book, "2026-11-20T09:13:00Z")
    clone.pull()
    news = watcher.until(lambda text: "later.md" in text and text.endswith("\n"))
    story.ok(news.startswith("\nSTATE") and news.count("\n") == 3 and "Approved" in news,
             "in a clone a fetch is enough; into a pipe goes what changed", repr(news))
    story.equal(watcher.end(), (0, b""), "until it is ended")


def on_a_small_terminal(story, world):
    """More articles than the screen has lines: what needs attention first stays on it, with the summary."""
    book = Handbook(world, [world.person("w1", "Watcher", "w1@board.example")], name="many", articles=["content/**"])
    book.write(*(f"content/{number:03}.md" for number in range(60)))
    book.once()
    watcher = Watcher(world, book, terminal=True, rows=24, now=book.now)
    first = watcher.until(is_table)
    lines = first.splitlines()
    shown = [line for line in lines if ".md" in line]
    story.ok(len(lines) < 24 and lines[0].startswith("STATE"), "a list that is watched is cut to the screen", first)
    story.ok(f"and {60 - len(shown)} more" in lines and "60 articles" in " ".join(first.split()), "  and says how many more there are", first)
    watcher.end()


with Story("Watch: the ledger is followed") as the_story, World() as the_world:
    the_book = shelf.make(the_world)
    for_programs(the_story, the_world, the_book)
    on_a_terminal(the_story, the_world, the_book)
    in_a_clone(the_story, the_world, the_book)
    on_a_small_terminal(the_story, the_world)
