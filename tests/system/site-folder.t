#!/usr/bin/env -S python3 -B
"""The folder that a site is written into: what is written, what is left alone, and what is never touched."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
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
    pages = [name for name in changed if not name.startswith(".imprimatur-site")]
    story.ok(len(pages) <= 12 and len(changed) <= len(pages) + 2 and not any("a8" in name or "deep" in name for name in pages),
             "after an approval at most 12 files are written, and the mark with one part of it", changed)
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


MANY = 700


def among_many(story, world):
    """So many that the mark has several parts: what is not touched of articles.json is copied, and new articles divide parts."""
    shop = Shop(world, policy={"articles": ["content/**/*.md"]})
    shop.write(**{f"f{i % 3}__a{i:03}": f"# Article {i}\n\nText {i}.\n" for i in range(MANY)})
    shop.export(now="2026-11-20T00:00:00Z")
    data = shop.folder / "data/articles.json"
    parts = len(list((shop.folder / ".imprimatur-site.d").iterdir()))
    story.ok(parts > 1, "the mark of many articles has several parts", parts)
    fresh = world.root / "many-fresh"

    def follows(what):
        done = shop.export(now="2026-11-20T00:00:00Z")
        shop.export(folder=fresh, now="2026-11-20T00:00:00Z")
        story.equal((done.status, same_bytes(shop.files(), shop.files(fresh), besides=())), (0, []), what)
        shutil.rmtree(fresh)

    shop.approve("f1/a001", "f0/a699")
    follows("approvals among many are followed")
    shop.write(**{f"f1__b{i:03}": f"# New {i}\n" for i in range(300)}, f2__a002=None, a__first="# First\n", z__last="# Last\n")
    follows("so are new articles everywhere, and one that is gone")
    shop.write(f0__a000="---\nvariant_of: content/f1/a001.md\naudience: patient\n---\n# For patients\n\nText.\n")
    shop.approve("f0/a000")
    follows("a variant of an article in another part")
    shop.decide(shop.editor, "retract", "f1/a001", message="Wrong.")
    follows("and a retraction of what it is a variant of")
    content = data.read_bytes()
    forged = content.replace(b'"shown":"pending"', b'"shown":"Pending"', 1)
    story.ok(forged != content and len(forged) == len(content), "somebody forges the data of one article, in the same length")
    stamp = data.stat()
    data.write_bytes(forged)
    os.utime(data, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    story.equal(shop.export("--check", now="2026-11-20T00:00:00Z").out,
                "data/articles.json: says something other than the ledger\n", "which is named")
    shop.approve("f2/a005")
    follows("and gone with the next change of any article, though its time is the old one")
    next(iter((shop.folder / ".imprimatur-site.d").iterdir())).unlink()
    for part in (shop.folder / ".imprimatur-site.d").iterdir():
        part.write_text("nothing\n")
    shop.approve("f2/a008")
    follows("where parts of the mark are damaged everything is written again")


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
    shop.author.write_all({name: f"# {len(name)} {name[:20]}\n" for name in names})
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


KILLS = 200


def link_all(one, other):
    """The same files under another folder's names: an export replaces files, and never writes into one."""
    for path in sorted(one.rglob("*")):
        there = other / path.relative_to(one)
        there.mkdir(parents=True) if path.is_dir() else os.link(path, there)


def what_is_wrong(there, before, after):
    """Of a folder whose export was killed: every file is whole, of before or of after, and no page is newer than alive.json;
    and whether it was killed in the middle."""
    wrong = [name for name, (content, _) in there.items() if not name.startswith(".imprimatur-site")
             and content not in (before.get(name, (None,))[0], after.get(name, (None,))[0])]
    moved = [name for name, (content, _) in there.items() if not name.startswith(".imprimatur-site")
             and content != before.get(name, (None,))[0]]
    # Where it has never been, nothing is believed yet.
    alive = there.get("alive.json", (None,))[0]
    if moved and alive != after["alive.json"][0] and not (alive is None and not before):
        wrong.append("alive.json")
    return wrong, bool(moved) and any(there.get(name, (None,))[0] != content for name, (content, _) in after.items())


def killed(story, world):
    """From nothing, and from a folder that claims what is retracted since, with everything and with what changed alone."""
    shop = Shop(world)
    shop.write(**{f"a{i}": f"# Article {i}\n\nText {i}.\n" for i in range(10)})
    shop.approve(*[f"a{i}" for i in range(6)])
    old, fresh = world.root / "old", world.root / "fresh"
    shop.export(folder=old, now="2026-11-27T00:00:00Z")
    shop.decide(shop.editor, "retract", "a3", message="Wrong.")
    shop.approve("a7")
    shop.write(a4="# Article 4\n\nAnother text.\n", a5=None, b="# New\n")
    began = time.monotonic()
    shop.export(folder=fresh, now=LATER)
    whole_s = time.monotonic() - began
    before, after = shop.files(old), shop.files(fresh)
    dice, wrong, halves = random.Random(7), [], 0
    for turn in range(KILLS):
        folder = world.root / f"killed-{turn}"
        folder.mkdir()
        from_nothing = turn % 4 == 0
        if not from_nothing:
            link_all(old, folder)
        command = [world.program, "-c", str(shop.config), "site", str(folder), "--url", shop.url, *(["--full"] if turn % 2 else [])]
        child = subprocess.Popen(command, env=world.env | {"IMPRIMATUR_NOW": LATER}, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
        try:
            child.wait(dice.random() * whole_s)
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
            child.wait()
        names, half = what_is_wrong(shop.files(folder), {} if from_nothing else before, after)
        wrong, halves = wrong + [(turn, name) for name in names], halves + half
        done = shop.export(folder=folder, now=LATER)
        wrong += [(turn, done)] if done.status else [(turn, name) for name in same_bytes(shop.files(folder), after, besides=())]
        shutil.rmtree(folder)
    story.ok(halves > 0, "an export is killed at 200 random moments, of which some are in the middle of its writing", halves)
    story.equal(wrong, [], "each page is whole, none claims more than the ledger, and the next export ends as one that was never killed")


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
            among_many(story, world)
        with World() as world:
            odd_paths(story, world)
        with World() as world:
            moves(story, world)
        with World() as world:
            killed(story, world)


main()
