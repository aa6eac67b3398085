#!/usr/bin/env -S python3 -B
"""SECURITY.md, THREATS: what is tried with the pages that readers see. Each claim begins with the number of its row."""

import json
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from shop import Page, Shop  # noqa: E402
from story import Story, World  # noqa: E402

HOSTILE = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[a](javascript:alert(1))", "[a](JaVaScRiPt:alert(1))",
    "[a](java\tscript:alert(1))", "[a](data:text/html,<script>alert(1)</script>)", "![a](https://evil.example/pixel.gif)",
    "![a](//evil.example/pixel.gif)", "[a](vbscript:x)", "<https://good.example/\"onmouseover=alert(1)>",
    "[a](https://x.example \"t\" onclick=alert(1))", "[x]: javascript:alert(1)\n\n[x]", "<iframe src=https://evil.example>",
    "<style>@import 'https://evil.example'</style>", "# <svg onload=alert(1)>", "`</code><script>alert(1)</script>`",
    "```\"><script>alert(1)</script>\nx\n```", "| <b onclick=x> |\n|---|\n| <script>x</script> |", "</div></main><script>alert(1)</script>",
    "<base href=https://evil.example>", "<meta http-equiv=refresh content='0;url=https://evil.example'>", "[@x]: y <script>",
    "<!-- --><script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;", "&#106;avascript:alert(1)",
    "[a](&#x6A;avascript:alert(1))", "![a](a.png\"onerror=\"alert(1))", "<a href=\"javascript:alert(1)\">x</a>",
    "<form action=https://evil.example><input name=q></form>", "[a](\\\\evil.example\\x)", "> " * 200 + "deep", "*" * 5000,
    "\u202eright to left", "[a](file:///etc/passwd)", "![a](../../../../etc/passwd.png)", "]]><script>alert(1)</script>",
]
FRONT = "---\ntitle: {title}\nreferences:\n- id: x\n  title: {title}\n  URL: {url}\n---\n"
KNOWN = ("https:", "http:", "mailto:")


def texts(story, world):
    shop = Shop(world)
    for number, text in enumerate(HOSTILE):
        head = FRONT.format(title=json.dumps(text[:200]), url=json.dumps("javascript:alert(1)"))
        shop.author.write(f"content/h{number}.md", f"{head}Cited [@x].\n\n{text}\n")
    shop.author.commit("Hostile", at=shop.moment(8))
    shop.take()
    shop.approve(*(f"h{number}" for number in range(len(HOSTILE))))
    shop.export()
    wrong = []
    for path in sorted(shop.folder.rglob("*.html")):
        content = path.read_text()
        page = Page(content)
        for tag, attributes in page.elements:
            for name, value in attributes.items():
                if name.startswith("on") or name == "style" or (name in ("href", "src", "action") and not fine(value)):
                    wrong.append((path.name, tag, name, value))
            if tag in ("iframe", "object", "embed", "base", "form", "style") or (
                    tag == "script" and attributes.get("type") != "application/ld+json" and "src" not in attributes):
                wrong.append((str(path), tag))
            if tag == "img" and attributes["src"].startswith(("http", "/")):
                wrong.append((str(path), tag, attributes["src"]))
        done = subprocess.run(["xmllint", "--noout", "--nonet", "-"], input=content.removeprefix("<!DOCTYPE html>\n"),
                              capture_output=True, text=True, check=False)
        if done.returncode:
            wrong.append((str(path), done.stderr))
    story.equal(wrong, [], "row 47: hostile texts and titles give no script, no address of another kind, no picture from "
                           "elsewhere, and well-formed pages")
    loaded = [address for text in [(path.read_text()) for path in shop.folder.rglob("*.html")]
              for address in re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="([^"]+)"', text) if "//" in address]
    story.equal(loaded, [], "row 47: a page loads nothing from elsewhere")


def fine(address):
    scheme = re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:", address)
    return not scheme or scheme[0] in KNOWN


def claims(story, world):
    shop = Shop(world)
    shop.write(typed="---\nstatus: Approved\nlastReviewed: 2020-01-01\nreviewedBy: Dr Nobody\n---\n# Typed\n\nTyped text.\n",
               plain="# Plain\n\nPlain text.\n")
    shop.export()
    story.ok(shop.status("typed")["approved"] is None and "Pending human review" in shop.page("typed").text
             and b"Dr Nobody" not in shop.everything() and b"2020-01-01" not in shop.everything(),
             "row 48: a status that an author types has no effect")
    shop.approve("plain")
    shop.export()
    old = shop.status("plain")
    story.equal(old["approved"]["version"], shop.author.version("content/plain.md"), "row 50: the status names the version")
    story.ok("approved until 2027-11-02" in shop.read("s/content/plain.md.svg"), "row 50: the badge names the day on which it ends")
    shop.write(plain="# Plain\n\nAnother text.\n")
    shop.export()
    story.ok(shop.status("plain")["approved"]["version"] != shop.author.version("content/plain.md"),
             "row 50: another text has another version, which no status names")
    shop.decide(shop.editor, "retract", "plain", message="Wrong.")
    shop.export()
    alive = json.loads(shop.read("alive.json"))
    story.ok(old["worse"] in alive["worse"], "row 49: today's alive.json names what the old status was about")
    story.ok(alive["ok"] and alive["expires"] > alive["at"] and alive["expires"][:10] <= f"2026-11-{shop.day + 1:02}",
             "row 49: and ends within a day, should the exporter die", alive)
    story.ok(b"Plain text" not in shop.everything() and b"Another text" not in shop.everything(),
             "row 52: a retracted text is in no file")
    private(story, world, shop)
    return shop


def private(story, world, shop):
    shop.write(asked="# Asked\n")
    shop.decide(shop.hidden, "request-changes", "asked", message="A private reason.")
    shop.export()
    found = [words for words in (b"@board.example", b"Greta Hidden", b"gp9", b"private reason", b"waiting_for", b'"requested"')
             if words in shop.everything()]
    story.equal(found, [], "row 52: no address, hidden person, reason or request in the readers' folder")
    notice = world.root / "notice"
    shop.export("--pending", "notice", folder=notice)
    text = b"\n".join(content for content, _ in shop.files(notice).values())
    story.ok(b"Typed text" not in text and b"Asked" not in text, "row 52: no unapproved text where a notice stands")


def folder(story, world, shop):
    outside = world.root / "outside"
    outside.mkdir()
    (outside / "index.html").write_text("mine")
    for place in ("a/typed", "s/content"):
        there, back = shop.folder / place, world.root / "back"
        there.rename(back)
        there.symlink_to(outside)
        done = shop.export("--full")
        story.ok(done.status == 1 and [path.name for path in outside.iterdir()] == ["index.html"]
                 and (outside / "index.html").read_text() == "mine", f"row 51: a link in the place of {place} is not followed", done)
        there.unlink()
        back.rename(there)
    for name in ("index.html", "alive.json", ".imprimatur-site.new"):
        (shop.folder / name).unlink(missing_ok=True)
        (shop.folder / name).symlink_to(outside / "index.html")
    done = shop.export("--full")
    story.ok(done.status == 0 and (outside / "index.html").read_text() == "mine" and not (shop.folder / "index.html").is_symlink(),
             "row 51: nor one in the place of a file, or of what is being written", done)


def main():
    with Story("Threats to what readers see") as story:
        with World() as world:
            texts(story, world)
        with World() as world:
            folder(story, world, claims(story, world))


main()
