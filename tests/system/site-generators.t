#!/usr/bin/env -S python3 -B
"""Hugo and Jekyll build a publisher's own site with the data file: by the very samples of imprimatur-site(7), each page
has the state that `imprimatur status` tells."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from shop import Shop  # noqa: E402
from story import ROOT, Story, World  # noqa: E402

ARTICLES = ("cold", "fever", "deep__ague", "rash", "gout")
BUILT_AT = "2026-11-20T09:00:00Z"


def sample(word):
    """The example of the manual page that has this word."""
    found = [text for text in re.findall(r"\.Bd -literal -offset indent\n(.*?)\.Ed", (ROOT / "daemon/man/imprimatur-site.7").read_text(),
                                         re.DOTALL) if word in text]
    assert len(found) == 1, found
    return found[0]


def handbook(world):
    shop = Shop(world)
    shop.write(**{name: f"---\ntitle: {name}\n---\nA text about {name}.\n" for name in ARTICLES})
    shop.approve("cold", "fever", "rash")
    shop.write(fever="---\ntitle: fever\n---\nA newer text.\n")
    shop.decide(shop.hidden, "request-changes", "rash", message="No.")
    shop.decide(shop.one, "claim", "deep/ague")
    return shop


def check_out(shop, branch, place):
    """The texts of a branch, as a site is built from them."""
    place.mkdir()
    tree = shop.author.git("-C", str(shop.repository), "ls-tree", "-r", "--name-only", branch, "content").split()
    for path in tree:
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_text(shop.author.git("-C", str(shop.repository), "show", f"{branch}:{path}") + "\n")


def write_data(shop, kind, file):
    done = shop.export("--data", kind, file)
    if done.status:
        raise RuntimeError(str(done))


def build(world, *command, cwd):
    done = subprocess.run(command, cwd=cwd, env=world.env | {"HOME": str(world.root), "LANG": "C.UTF-8"}, capture_output=True,
                          text=True, timeout=120, check=False)
    return (done.stdout + done.stderr) if done.returncode else None


def with_hugo(world, shop, place, branch, at=BUILT_AT):
    check_out(shop, branch, place)
    (place / "layouts/_default").mkdir(parents=True)
    (place / "data").mkdir()
    (place / "config.toml").write_text('baseURL = "https://handbook.example/"\n')
    (place / "layouts/_default/single.html").write_text(f"<html>{sample('site.Data.imprimatur')}{{{{ .Content }}}}</html>")
    (place / "layouts/_default/list.html").write_text("<html></html>")
    write_data(shop, "hugo", place / "data/imprimatur.json")
    fault = build(world, "hugo", "--quiet", "--clock", at, "--destination", str(place / "out"), cwd=place)
    return fault, {name: place / f"out/{name.replace('__', '/')}/index.html" for name in ARTICLES}


def with_jekyll(world, shop, place, branch, at=BUILT_AT):
    check_out(shop, branch, place)
    for folder in ("_layouts", "_data"):
        (place / folder).mkdir(parents=True)
    (place / "_config.yml").write_text(f'time: {at}\ndefaults:\n- scope: {{path: ""}}\n  values: {{layout: article}}\n')
    (place / "_layouts/article.html").write_text(f"<html>{sample('site.data.imprimatur')}{{{{ content }}}}</html>")
    write_data(shop, "jekyll", place / "_data/imprimatur.json")
    fault = build(world, "jekyll", "build", "--quiet", "--source", ".", "--destination", "out", cwd=place)
    return fault, {name: place / f"out/content/{name.replace('__', '/')}.html" for name in ARTICLES}


def texts(pages):
    return {name: page.read_text() for name, page in pages.items() if page.exists()}


def same_states(story, world, shop, name, builder):
    fault, pages = builder(world, shop, world.root / name, "main")
    story.equal(fault, None, f"{name} builds the publisher's texts with the sample of the manual")
    told = {line["article"]["path"]: line["state"] for line in
            world.imprimatur("status", "--json", config=shop.config, now=shop.moment()).json if "article" in line}
    states = {f"content/{path.replace('__', '/')}.md": re.findall(r'data-state="(\w+)"', text)
              for path, text in texts(pages).items()}
    story.equal(states, {path: [state] for path, state in told.items()}, "  each page has the state that status --json tells")


def claims(story, world, shop, name, builder):
    fault, pages = builder(world, shop, world.root / f"{name}-approved", "approved")
    built = texts(pages)
    version = shop.status("cold")["approved"]["version"]
    story.ok(not fault and f'content="{version}"' in built["cold"] and "Reviewed by Oncologist One, MD, FACP" in built["cold"],
             f"built by {name} from the approved branch, a page names its version, and who reviewed", (fault, built))
    reviewed = {path: "A newer text" in text for path, text in built.items() if "Reviewed by" in text or "imprimatur-version" in text}
    story.equal(reviewed, {"cold": False, "fever": False}, "  as do all whose approval stands, with the text that was approved")
    fault, pages = builder(world, shop, world.root / f"{name}-later", "approved", at="2027-12-01T09:00:00Z")
    reviewed = [path for path, text in texts(pages).items() if "Reviewed by" in text or "imprimatur-version" in text]
    story.equal((fault, reviewed), (None, []), "  and a year later, from the same file, none says so any more")


def eleventy(story, world, shop):
    """Debian has no Eleventy: its sample reads the file by the same members."""
    file = world.root / "eleventy.json"
    write_data(shop, "eleventy", file)
    members = {kind: set(re.findall(rf"{kind}\.(\w+)", sample("page.inputPath"))) for kind in ("review", "good")}
    data = json.loads(file.read_text())["./content/cold.md"]
    story.ok(members["review"] == {"state", "approved"} <= set(data) and members["good"] == {"version"} <= set(data["approved"]),
             "what Eleventy's sample reads is in its file", (members, data))


def main():
    missing = [name for name in ("hugo", "jekyll") if not shutil.which(name)]
    if missing and os.geteuid() != 0:
        print(f"1..0 # SKIP {' and '.join(missing)} cannot be installed here: not root")
        return
    with Story("Other people's site generators") as story, World() as world:
        shop = handbook(world)
        shop.export()
        for name, builder in (("hugo", with_hugo), ("jekyll", with_jekyll)):
            same_states(story, world, shop, name, builder)
            claims(story, world, shop, name, builder)
        eleventy(story, world, shop)


main()
