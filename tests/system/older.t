#!/usr/bin/env -S python3 -B
"""Ledgers that earlier programs made stay true: the present one finds that they follow, reads the same from them, and,
told the same history at the same moments, writes the same bytes."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from handbook import LEDGER  # noqa: E402
from story import ROOT, Story, World  # noqa: E402

LEDGERS = ROOT / "tests" / "ledgers"
# What the ledgers end in; the bundles are not made again.
WHOLE_LIFE, FORMER_RULES = "3bb88d4e0a24ccd5736f8509e3a9e60b8aff34b9", "828c4861b535eab8943dbfa283678c3f8de962be"


def unbundled(world, name):
    repository = world.root / f"{name}.git"
    world.run("git", "clone", "-q", "--mirror", LEDGERS / name / "history.bundle", repository)
    return repository


def is_within(told, now):
    """Whether everything that was told is told now; more may be."""
    if isinstance(told, dict) and isinstance(now, dict):
        return all(key in now and is_within(value, now[key]) for key, value in told.items())
    if isinstance(told, list) and isinstance(now, list):
        return len(told) == len(now) and all(map(is_within, told, now))
    return told == now


def it_follows(story, world, name, tip, former):
    repository, passes = unbundled(world, name), (LEDGERS / name / "passes").read_text().splitlines()
    now = passes[-1].split()[0]
    story.equal(world.git(repository, "rev-parse", LEDGER), tip, f"{name}: the ledger is the one that was kept")
    result = world.imprimatur("-C", repository, "--json", "verify", "--authority", LEDGERS / name / "authority", now=now)
    story.equal(result.status, 0, "it follows, and its origin is proved") or story.note(result)
    story.equal(result.json[0]["first_edition_passes"], former, "by the edition of the rules that it was made by")
    told = [json.loads(line) for line in (LEDGERS / name / "status.json").read_text().splitlines()]
    result = world.imprimatur("-C", repository, "--json", "status", now=now)
    story.ok(result.status == 0 and is_within(told, result.json), "where each article stands is read from it as ever",
             [pair for pair in zip(told, result.json) if not is_within(*pair)] or result)


def told_again(story, world, name, tip):
    """Each pass finds the refs that the former one found, at its moment."""
    known, again = world.root / f"{name}.git", world.bare("again")
    world.git(again, "fetch", "-q", known, "+refs/kept/*:refs/kept/*")
    key = world.root / "keys" / "kept"
    key.write_bytes((LEDGERS / name / "ledger-key").read_bytes())
    key.chmod(0o600)
    config = world.configure(again, name="handbook", authority=str(LEDGERS / name / "authority"),
                             signing_key=f"file:{key}")
    for line in (LEDGERS / name / "passes").read_text().splitlines():
        now, *heads = line.split()
        wanted = dict(head.split("=") for head in heads)
        there = world.git(again, "for-each-ref", "--format=%(refname)", "refs/heads").split()
        for ref in there:
            if ref not in wanted and ref != "refs/heads/approved":
                world.git(again, "update-ref", "-d", ref)
        for ref, oid in wanted.items():
            world.git(again, "update-ref", ref, oid)
        result = world.imprimatur("once", config=config, now=now)
        if result.status:
            raise RuntimeError(f"once at {now}: {result}")
    if not story.equal(world.git(again, "rev-parse", LEDGER), tip, "told again, it is written byte for byte"):
        world.git(again, "fetch", "-q", known, f"{LEDGER}:refs/kept/ledger")
        story.note(world.run("git", "-C", again, "range-diff", f"{LEDGER}...refs/kept/ledger", check=False))
        logs = [world.git(again, "log", "--reverse", "--format=%B", ref).splitlines()
                for ref in ("refs/kept/ledger", LEDGER)]
        story.note(next((pair for pair in zip(*logs) if pair[0] != pair[1]), "one is longer"))


def main():
    with Story("Ledgers of earlier programs stay true") as story, World() as world:
        it_follows(story, world, "whole-life", WHOLE_LIFE, 0)
        it_follows(story, world, "former-rules", FORMER_RULES, 4)
        told_again(story, world, "whole-life", WHOLE_LIFE)


main()
