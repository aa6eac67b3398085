#!/usr/bin/env python3
"""What a real browser makes of the pages: 200 hostile texts do nothing, and everybody can read the rest. Needs Chromium
and the packages of package.json (`make check-browser` installs them); PICTURES=FOLDER keeps screenshots."""

import http.server
import itertools
import json
import os
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
    def end_headers(self):
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, *_):
        pass


class Browser:
    def __init__(self, root):
        handler = lambda *arguments: Pages(*arguments, directory=str(root))  # noqa: E731
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
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
    plain = browser.visit("site/a/cold/", script=False)
    story.ok("Take 60 mg" in plain["text"] and "References" in plain["text"], "without script a page is whole", plain)


def write(shop):
    evil = {f"evil{number}": f"---\ntitle: {json.dumps(one)}\n---\n{wrapper.format(one)}\n"
            for number, (one, wrapper) in enumerate(itertools.product(EVIL, WRAPPERS))}
    shop.write(cold=TEXT, fever="# Fever\n\nUnread.\n", **evil)
    shop.approve("cold")
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
        hostile_texts(story, shop, browser)
    finally:
        browser.close()
