#!/usr/bin/env -S python3 -B
"""What a real browser makes of the pages: 200 hostile texts do nothing, and everybody can read the rest. Needs Chromium
and the packages of package.json (`make check-browser` installs them)."""

import itertools
import json
import os
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from browser import Browser, can_look  # noqa: E402
from shop import Shop  # noqa: E402
from story import Story, World  # noqa: E402

TEXT = """---
title: Living with a cold
references:
- {id: trial, type: article-journal, title: A trial of honey, container-title: The Journal, issued: 2024, DOI: 10.1000/182}
---
# Living with a cold

Take 60 mg of it [@trial]. Do *not* take more, see [below](#doses).

## Doses

| Age | Dose |
|-----|-----:|
| Old | 5 mg |

- [x] read
- one `thing`

```
code that is rather long and has to be scrolled: abcdefghijklmnopqrstuvwxyz abcdefghijklmnopqrstuvwxyz abcdefghijklmnopqrstuvwxyz
```
"""

# What runs where markup is believed, and what it may be put into.
EVIL = ("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg onload=alert(1)>", "<iframe src=javascript:alert(1)>",
        "<a href=javascript:alert(1)>x</a>", "<style>*{background:url(https://evil.example/)}</style>",
        "<link rel=stylesheet href=https://evil.example/>", "<meta http-equiv=refresh content=0;url=https://evil.example>",
        "<base href=https://evil.example/>", "<form action=https://evil.example><input autofocus onfocus=alert(1)></form>",
        "</script><script>alert(1)</script>", "--><script>alert(1)</script>", "]]><script>alert(1)</script>",
        "\"><script>alert(1)</script>", "' onmouseover='alert(1)", "[x](javascript:alert(1))", "[x](java&Tab;script:alert(1))",
        "![x](https://evil.example/x.png)", "![x](x.png\" onerror=\"alert(1))", "[x]: javascript:alert(1)\n\n[x]",
        "<javascript:alert(1)>", "[x](data:text/html,<script>alert(1)</script>)", "&lt;script&gt;alert(1)&lt;/script&gt;",
        "&#60;script&#62;alert(1)&#60;/script&#62;", "\u202e<script>alert(1)</script>")
WRAPPERS = ("{}", "# {}", "> - {}", "| a | b |\n|---|---|\n| {} | x |", "**{}**", "`{}`", "[{}](https://x.example)", "    {}")
EDITORS = "editors"


def did(told, origin):
    """What a page did that it must not."""
    if "fault" in told:
        return told["fault"]
    outside = [url for url in told["requests"] if not url.startswith(origin)]
    wrong = [*told["dialogs"], *told["errors"], *outside, *told["violations"], *told["handlers"],
             *(src for src in told["scripts"] if not src.startswith(origin))]
    return wrong


def hostile_texts(story, shop, browser):
    texts = [wrapper.format(evil) for evil, wrapper in itertools.product(EVIL, WRAPPERS)]
    story.equal(len(texts), 200, "200 hostile texts")
    wrong = []
    for number in range(len(texts)):
        told = browser.visit(f"site/a/evil{number}/")
        if did(told, browser.origin) or "evil" in told.get("url", "") and "Pending human review" not in told["text"]:
            wrong.append((texts[number], did(told, browser.origin)))
    story.equal(wrong, [], "none opens a dialog, asks anybody, runs anything or breaks a rule of the page")
    told = browser.visit(f"{EDITORS}/a/evil0/")
    story.equal(did(told, browser.origin), [], "nor on the editors' page")


def everybody_reads(story, browser):
    """axe finds nothing, light and dark, wide and narrow."""
    pages = {"board": "site/", "approved": "site/a/cold/", "pending": "site/a/fever/", "update": "site/a/cold/pending.html",
             "people": "site/people.html", "policy": "site/policy.html", "editors-board": f"{EDITORS}/",
             "editors-article": f"{EDITORS}/a/cold/", "editors-changes": f"{EDITORS}/a/cold/changes.html"}
    for name, path in pages.items():
        wrong = []
        for width, scheme in ((1000, "light"), (1000, "dark"), (320, "light")):
            told = browser.visit(path, width=width, scheme=scheme, axe=True)
            wrong += [f"{width} {scheme}: {what}" for what in (*did(told, browser.origin), *told.get("axe", ["not read"]))]
            wrong += [f"{width} {scheme}: wider than the screen"] if told.get("wide") else []
        story.equal(wrong, [], f"{name}: axe finds nothing, in light, in dark, at 320 px")


def everybody_hears(story, browser):
    """The tracker, as those hear it who do not see it."""
    for path, states in (("site/a/cold/", ("Submitted: completed", "Under Review: completed", "Approved: completed")),
                         ("site/a/fever/", ("Submitted: current step, not completed", "Under Review: not completed",
                                            "Approved: not completed"))):
        heard = browser.visit(path, heard=".imprimatur-tracker")["heard"]
        items = [re.sub(r'^- listitem: "?|"$', "", line.strip()).replace(" :", ":") for line in heard.splitlines()[1:]]
        story.ok(heard.startswith("- list ") and items == list(states),
                 f"the accessibility tree names all three steps and their states: {path}", heard)


def without_script(story, browser):
    plain = browser.visit("site/a/cold/", script=False)
    story.ok("Take 60 mg" in plain["text"] and "References" in plain["text"], "without script a page is whole", plain)
    here = browser.visit("site/", script=False, seen="table.board tbody th a, .search input")["seen"]
    story.ok({"Living with a cold", "A cold, for families", "Fever"} <= set(here) and "" not in here,
             "and the board, but for the search field", here[:3])
    pending = browser.visit("site/", script=False, click='a[href="#pending"]', seen="table.board tbody th a")["seen"]
    story.ok("Fever" in pending and "Living with a cold" not in pending, "a state there is a link", pending[:3])
    kids = browser.visit("site/a/cold/", script=False, click="text=Patients and families")
    story.ok(kids["at"].endswith("/a/kids/index.html") and "Honey helps" in kids["text"],
             "and so is whom a text is for", kids["at"])
    found = browser.visit("site/", type="feVer submit", seen="table.board tbody th a, .search input")["seen"]
    story.equal(found, ["", "Fever"], "with script the board has a search field: what has not all words goes")


def embeds(story, shop, browser):
    """The element on somebody's page: only where everything is in order does it say more than its own words."""
    version = json.loads(shop.read("s/content/cold.md.json"))["approved"]["version"]
    old, now = (shop.folder / "s/content/cold.md.json").read_text(), shop.moment()

    def shows(base, clock=now, text=version, answered=True, **order):
        attributes = f' version="{text}"' if text is not None else ""
        (shop.folder.parent / "embed.html").write_text(
            f'<!DOCTYPE html><html lang="en"><title>A page</title><script src="/site/imprimatur.js" defer></script>'
            f'<imprimatur-status src="/{base}/" article="content/cold.md"{attributes}>Pending human review</imprimatur-status>')
        told = browser.visit("embed.html", clock=clock, answered=answered, **order)
        return told["text"].strip() if not did(told, browser.origin) else did(told, browser.origin)

    reviewed = "imprimatur-status[state=approved]"
    pending = "Pending human review"
    seen = shows("site", wait=reviewed)
    story.ok(seen.startswith("Reviewed for accuracy. Approved until 2027-11-02"),
             "where all is in order it says so, under the strictest rules of a page", seen)
    story.equal(shows("site", offline="data", answered=False, wait="imprimatur-status[state=pending]"), pending, "offline: pending")
    story.equal(shows("site", answered=False, wait=reviewed, offline="then", then="imprimatur-status[state=pending]"), pending,
                "when somebody comes back to a page that is offline meanwhile: pending")
    story.equal(shows("site", script=False, clock=None, answered=False), pending, "without script: pending")
    for wrong in ("gone", "broken", "html", "cut", "undated", "misdated"):
        story.equal(shows(wrong), pending, f"an exporter's folder that is {wrong}: pending")
    for wrong in ("endless", "hanging"):
        story.equal(shows(wrong, answered=False, later=6000), pending, f"one that is {wrong}: pending, after 6 s at most")
    story.equal([shows("site", text=text) for text in (None, "", version[:12], "0" * 40)], [pending] * 4,
                "no version, a short one, another: pending")
    story.equal([shows("site", clock=clock) for clock in (shop_later(shop, 25), "1970-01-01T00:00:00Z", "2040-01-01T00:00:00Z")],
                [pending] * 3, "an exporter that stopped a day ago, a clock that is wrong: pending")
    story.equal(shows("site", wait=reviewed, later=25 * 3600 * 1000), pending,
                "when its time is over the open page says pending again")
    last = "2027-11-02T08:30:00Z"
    shop.export(now=last)
    story.ok(shows("site", clock=last, wait=reviewed).startswith("Reviewed for accuracy"), "on its last morning it is still approved")
    story.equal(shows("site", clock=last, wait=reviewed, later=31 * 60 * 1000), pending,
                "and half an hour later the open page says pending by itself, though the exporter is alive")
    shop.decide(shop.editor, "retract", "cold")
    shop.export()
    (shop.folder / "s/content/cold.md.json").write_text(old)
    story.equal(shows("site", clock=shop.moment()), pending, "an old status beside today's alive.json: pending")


def shop_later(shop, hours):
    return f"2026-11-{shop.day + hours // 24:02}T{9 + hours % 24:02}:00:00Z"


def write(shop):
    evil = {f"evil{number}": f"---\ntitle: {json.dumps(one)}\n---\n{wrapper.format(one)}\n"
            for number, (one, wrapper) in enumerate(itertools.product(EVIL, WRAPPERS))}
    kids = "---\naudience: patient\nvariant_of: content/cold.md\n---\n# A cold, for families\n\nHoney helps.\n"
    shop.write(cold=TEXT, fever="# Fever\n\nUnread.\n", kids=kids, **evil)
    shop.approve("cold", "kids")
    shop.write(cold=TEXT.replace("60 mg", "600 mg").replace("5 mg", "5 mcg").replace("*not* ", ""))
    shop.export()
    shop.export("--view", "editors", folder=shop.folder.parent / EDITORS)


if os.geteuid() != 0 and not can_look():
    print("1..0 # SKIP there is no Chromium here, or no packages of npm, and nobody to install them")
    sys.exit(0)

with Story("In a real browser") as story, World() as world:
    shop = Shop(world)
    write(shop)
    browser = Browser(shop.folder.parent)
    try:
        everybody_reads(story, browser)
        everybody_hears(story, browser)
        without_script(story, browser)
        hostile_texts(story, shop, browser)
        embeds(story, shop, browser)
    finally:
        browser.close()
