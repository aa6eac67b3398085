#!/usr/bin/env python3
"""What a real browser makes of the pages: 200 hostile texts do nothing, and everybody can read the rest. Needs Chromium
and the packages of package.json (`make check-browser` installs them); PICTURES=FOLDER keeps screenshots."""

import http.server
import itertools
import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from shop import Shop  # noqa: E402
from story import ROOT, Story, World  # noqa: E402

HERE = Path(__file__).resolve().parent
MODULES = Path(os.environ.get("BROWSER_MODULES", ROOT / "build/browser"))
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
POLICY = ("default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; "
          "form-action 'self'; require-trusted-types-for 'script'")
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


class Pages(http.server.SimpleHTTPRequestHandler):
    """The folders; and below /NAME/ an exporter's folder that has gone wrong in that way."""

    def do_GET(self):
        wrong, _, rest = self.path.removeprefix("/").partition("/")
        if not hasattr(self, f"answer_{wrong}") or not rest.split("?")[0].endswith(".json"):
            return super().do_GET()
        return getattr(self, f"answer_{wrong}")(rest)

    def answer(self, body, status=200, length=None):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def answer_gone(self, rest):
        self.answer(b"{}", status=404)

    def answer_broken(self, rest):
        self.answer((Path(self.directory) / "site" / rest).read_bytes(), status=500)

    def answer_html(self, rest):
        self.answer(b"<!DOCTYPE html><p>Approved</p>")

    def answer_cut(self, rest):
        self.answer((Path(self.directory) / "site" / rest).read_bytes()[:40])

    def answer_undated(self, rest):
        self.redated(rest, b"null")

    def answer_misdated(self, rest):
        self.redated(rest, b'"2040-13-45T99:00:00Z"')

    def redated(self, rest, moment):
        """Until when a status is valid, and when alive.json was written, in words that cannot be read."""
        kind = rb'"(valid_until|at)":\s*"[^"]*"' if rest.startswith("alive") else rb'"(valid_until)":\s*"[^"]*"'
        self.answer(re.sub(kind, rb'"\1":' + moment, (Path(self.directory) / "site" / rest).read_bytes()))

    def answer_endless(self, rest):
        try:
            self.answer(b" " * 65536, length=2**30)
            while True:
                self.wfile.write(b" " * 65536)
        except OSError:
            pass  # it has hung up

    def answer_hanging(self, rest):
        self.server.over.wait()

    def end_headers(self):
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """A browser hangs up when it has read enough."""


class Browser:
    def __init__(self, root):
        handler = lambda *arguments: Pages(*arguments, directory=str(root))  # noqa: E731
        self.server = Server(("127.0.0.1", 0), handler)
        self.server.over = threading.Event()
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.origin = f"http://127.0.0.1:{self.server.server_port}/"
        self.process = subprocess.Popen(["node", HERE / "look.mjs", MODULES, CHROMIUM], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def visit(self, path, **order):
        self.process.stdin.write(json.dumps({"url": self.origin + path, **order}) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
        self.server.over.set()
        self.server.shutdown()
        self.server.server_close()


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
    pictures = os.environ.get("PICTURES")
    pages = {"board": "site/", "approved": "site/a/cold/", "pending": "site/a/fever/", "update": "site/a/cold/pending.html",
             "people": "site/people.html", "policy": "site/policy.html", "editors-board": f"{EDITORS}/",
             "editors-article": f"{EDITORS}/a/cold/", "editors-changes": f"{EDITORS}/a/cold/changes.html"}
    for name, path in pages.items():
        wrong = []
        for width, scheme in ((1000, "light"), (1000, "dark"), (320, "light")):
            picture = {"picture": f"{pictures}/{name}-{width}-{scheme}.png"} if pictures else {}
            told = browser.visit(path, width=width, scheme=scheme, axe=True, **picture)
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


if os.geteuid() != 0 and not (Path(CHROMIUM).exists() and (MODULES / "node_modules").exists()):
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
