#!/usr/bin/env python3
"""The folder that a site is written into: what is written, what is left alone, and what is never touched."""

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from shop import Shop  # noqa: E402
from story import Story, World  # noqa: E402

LATER = "2026-11-28T00:00:00Z"


def same_bytes(one, other, besides=("alive.json",)):
    return [name for name in sorted({*one, *other}) if name not in besides
            and one.get(name, (None,))[0] != other.get(name, (None,))[0]]


def different(one, other):
    return sorted(name for name in {*one, *other} if one.get(name) != other.get(name))


def touches_what_changed(story, world):
    shop = Shop(world)
    shop.write(**{f"a{i}": f"# Article {i}\n\nText {i}.\n" for i in range(30)}, deep__b="# Deep\n")
    story.equal(shop.export(now=LATER).status, 0, "a site is written")
    before = shop.files()
    shop.export(now=LATER)
    story.equal(different(shop.files(), before), [], "again: the same bytes, and every file keeps its time")
    shop.export("--full", now=LATER)
    story.equal(different(shop.files(), before), [], "also when everything is looked at")
    shop.export(now="2026-11-28T01:00:00Z")
    after = shop.files()
    story.equal(different(after, before), ["alive.json"],
                "an hour later only alive.json has changed")
    shop.approve("a7")
    done = shop.export("--json", now=LATER)
    after = shop.files()
    changed = sorted(name for name in after if after[name][1] != before.get(name, (0, 0))[1])
    story.ok(len(changed) <= 13 and not any("a8" in name or "deep" in name for name in changed),
             "after an approval at most 12 files are written, and the mark", changed)
    story.equal(done.json[0]["written"], len(changed), "as many as it says")
    fresh = world.root / "fresh"
    shop.export(folder=fresh, now=LATER)
    story.equal(same_bytes(shop.files(), shop.files(fresh)), [], "what was followed equals what is written at once")
    reads_only_what_changed(story, world, shop)
    return shop


def reads_only_what_changed(story, world, shop):
    shop.approve("a9")
    trace = world.root / "trace"
    command = [world.program, "-c", str(shop.config), "site", str(shop.folder), "--url", shop.url]
    traced = subprocess.run(["strace", "-f", "-qq", "-e", "trace=file", "-o", str(trace), *command], check=False,
                            env=world.env | {"IMPRIMATUR_NOW": LATER}, capture_output=True)
    if traced.returncode:
        story.skip("no other article's files are looked at", "strace cannot trace here")
        return
    others = [line for line in trace.read_text().splitlines() if '"a8' in line]
    story.equal(others, [], "no other article's files are looked at")


def checks_and_repairs(story, shop):
    story.equal((shop.export("--check", now=LATER).out, shop.export("--check", now=LATER).status), ("", 0),
                "the folder is as the ledger says")
    for name, forged in (("a/a1/index.html", "<p>Approved</p>"), ("s/content/a2.md.json", '{"approved": true}'),
                         ("a/a3/pending.html", "hidden")):
        (shop.folder / name).write_text(forged)
    (shop.folder / "a/a4/index.html").unlink()
    found = shop.export("--check", now=LATER)
    story.equal((found.status, [line.split(":")[0] for line in found.out.splitlines()]),
                (1, ["a/a1/index.html", "a/a4/index.html", "s/content/a2.md.json", "a/a3/pending.html"]),
                "each forged, missing and planted page is named")
    shop.export("--full", now=LATER)
    story.equal(shop.export("--check", now=LATER).out, "", "and an export puts it right")


def keeps_out(story, world, shop):
    other = world.root / "other"
    other.mkdir()
    (other / "mine.txt").write_text("mine")
    done = shop.export(folder=other)
    story.ok(done.status == 1 and "is not empty" in done.err and (other / "mine.txt").read_text() == "mine",
             "a folder that holds something else is refused", done)
    outside = world.root / "outside"
    outside.mkdir()
    link = shop.folder / "a/a5/index.html"
    link.unlink()
    link.symlink_to(outside / "file")
    (outside / "file").write_text("outside")
    shop.export("--full", now=LATER)
    story.ok((outside / "file").read_text() == "outside" and not link.is_symlink(),
             "a symbolic link in the place of a page is replaced, and not followed")
    folder = shop.folder / "a/a6"
    for page in folder.iterdir():
        page.unlink()
    folder.rmdir()
    folder.symlink_to(outside)
    done = shop.export("--full", now=LATER)
    story.ok(done.status == 1 and "a/a6" in done.err and "symbolic link" in done.err
             and sorted(path.name for path in outside.iterdir()) == ["file"],
             "one in the place of a folder is named, and not followed", done)
    folder.unlink()
    (shop.folder / "notes.txt").write_text("by hand")
    shop.write(a6=None)
    done = shop.export(now=LATER)
    story.ok(done.status == 0 and (shop.folder / "notes.txt").exists(), "what it did not write it does not delete", done)
    (shop.folder / "notes.txt").unlink()


def odd_paths(story, world):
    shop = Shop(world, policy={"articles": ["**/*.md"]})
    names = ["content/x.md", "content/x/index.md", "content/x/pending.html.md", "content/x.html/y.md",
             "content/" + "l" * 240 + ".md", "content/-rf.md", "content/a b?#%25.md", "content/ümlaut.md",
             "content/.hidden/z.md", "content/back\\slash.md", "content/pending.md", "content/q\"uote<.md",
             "pending.md", "list/index.md"]
    for name in names:
        shop.author.write(name, f"# {len(name)} {name[:20]}\n")
    shop.author.commit("Odd", at=shop.moment(8))
    shop.take()
    done = shop.export()
    story.equal(done.status, 0, "articles at odd paths are written")
    data = json.loads(shop.read("data/articles.json"))
    from urllib.parse import unquote
    pages = [unquote(data[name]["page"]) for name in names]
    story.ok(len(set(pages)) == len(names) and all((shop.folder / page / "index.html").is_file() for page in pages),
             "each has a page of its own where the data say", pages)
    story.ok(all(not part.startswith(".") for page in pages for part in page.split("/")), "and no hidden folder")
    story.equal(shop.export("--check").out, "", "all of which are found again")


def moves(story, world):
    """Another policy has articles in another folder too, so that every page gets another name."""
    shop = Shop(world)
    shop.write(a="# A\n", deep__b="# B\n")
    shop.export()
    shop.author.pull()
    shop.policy.json |= {"version": 2, "articles": ["content/**/*.md", "more/**/*.md"]}
    shop.author.publish_policy(shop.policy, at=shop.moment(7))
    shop.author.write("more/a.md", "# Another A\n")
    shop.author.commit("More", at=shop.moment(8))
    shop.take()
    shop.export(now=LATER)
    fresh = world.root / "fresh"
    shop.export(folder=fresh, now=LATER)
    story.equal(sorted(shop.files()), sorted(shop.files(fresh)), "under another policy pages move, and nothing is left over")
    story.ok((shop.folder / "a/content/a/index.html").is_file() and (shop.folder / "a/more/a/index.html").is_file(),
             "two articles of one name each have a page")


def killed(story, world):
    shop = Shop(world)
    shop.write(**{f"a{i}": f"# Article {i}\n\nText {i}.\n" for i in range(40)})
    shop.export(now=LATER)
    shop.approve(*[f"a{i}" for i in range(20)])
    shop.decide(shop.editor, "retract", "a3", message="Wrong.")
    fresh = world.root / "fresh"
    shop.export(folder=fresh, now=LATER)
    expected = shop.files(fresh)
    dice, wrong = random.Random(7), []
    command = [world.program, "-c", str(shop.config), "site", str(shop.folder), "--url", shop.url]
    for turn in range(25):
        child = subprocess.Popen([*command, "--full"], env=world.env | {"IMPRIMATUR_NOW": LATER},
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            child.wait(dice.random() * 0.03)
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
            child.wait()
        page = shop.page("a3").text
        if "Reviewed for accuracy" in page:
            wrong.append(turn)
    story.equal(wrong, [], "killed at any moment, no page ever claims too much")
    story.equal(shop.export(now=LATER).status, 0, "the next export goes on")
    story.equal(same_bytes(shop.files(), expected, besides=()), [], "and ends as one that was never killed")


def two_at_once(story, world, shop):
    command = [world.program, "-c", str(shop.config), "site", str(shop.folder), "--url", shop.url, "--full"]
    both = [subprocess.Popen(command, env=world.env | {"IMPRIMATUR_NOW": LATER}, stdout=subprocess.DEVNULL,
                             stderr=subprocess.PIPE, text=True) for _ in range(4)]
    ended = [(child.communicate()[1], child.returncode) for child in both]
    story.ok(all(status in (0, 75) for _, status in ended) and any(status == 0 for _, status in ended),
             "of several at once one writes, and the others say to try again", ended)
    story.equal(shop.export("--check", now=LATER).out, "", "the folder is whole")


def main():
    with Story("The folder of a site") as story:
        with World() as world:
            shop = touches_what_changed(story, world)
            checks_and_repairs(story, shop)
            two_at_once(story, world, shop)
            keeps_out(story, world, shop)
        with World() as world:
            odd_paths(story, world)
        with World() as world:
            moves(story, world)
        with World() as world:
            killed(story, world)


main()
