#!/usr/bin/env -S python3 -B
"""The tree keeps the rules of the house, and each of these rules can be broken."""

import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1] / "lib")]
from rules import RULES, Tree  # noqa: E402
from story import ROOT, Story  # noqa: E402


def findings(rule, files):
    """What a rule finds in a tree of these (path, text) alone."""
    with tempfile.TemporaryDirectory(prefix="rules-") as scratch:
        for name, text in files:
            path = Path(scratch) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return rule.check(Tree(scratch))


with Story("Rules of the text") as story:
    here = Tree(ROOT)
    story.ok("Makefile" in here.names and here.c_files("workflow"), "the tree is read", here.names)
    for rule in RULES:
        name = rule.check.__name__.replace("_", " ")
        found = rule.check(here)
        story.ok(not found, name, "\n".join(found))
        missed = [bad for bad in rule.bad if not findings(rule, bad if isinstance(bad[0], tuple) else (bad,))]
        story.equal(missed, [], "  and what breaks it is found")
        story.equal(findings(rule, rule.good), [], "  and nothing else")
