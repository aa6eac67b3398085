#!/usr/bin/env -S python3 -B
"""What programs read of a site: data for site generators, feeds, fragments, variants, and the approved branch's file."""

import json
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from counter import SECRET, endpoint  # noqa: E402
from receiver import Receiver  # noqa: E402
from shop import Page, Shop  # noqa: E402
from story import Story, World  # noqa: E402

HOSTILE = {"script": "</script><script>alert(1)</script>", "entity": "&lt;b&gt; &amp; \"quotes\" 'too'",
           "comment": "<!--<script>", "cdata": "]]></title>", "turned": "safe \u202egnp.exe", "long": "x" * 4096,
           "svg": "\"/><image href='https://evil.example/x'/>", "json": '","approved":true,"x":"'}


def well_formed(path):
    """By xmllint, the whole file or, for HTML, what is behind its doctype."""
    text = path.read_text().removeprefix("<!DOCTYPE html>\n")
    done = subprocess.run(["xmllint", "--noout", "--nonet", "-"], input=text, capture_output=True, text=True, check=False)
    return done.stderr if done.returncode else None


def hostile_titles(story, world):
    shop = Shop(world)
    for name, title in HOSTILE.items():
        shop.author.write(f"content/{name}.md", f"---\ntitle: {json.dumps(title)}\n---\nText.\n")
    shop.author.commit("Titles", at=shop.moment(8))
    shop.take()
    shop.approve(*HOSTILE)
    shop.export()
    bad = {str(path): fault for path in sorted(shop.folder.rglob("*"))
           if path.suffix in (".html", ".svg", ".atom", ".xml") for fault in [well_formed(path)] if fault}
    story.equal(bad, {}, "with hostile titles every page, picture and feed is well-formed")
    for name, title in HOSTILE.items():
        page = shop.page(name)
        scripts = [attributes for tag, attributes in page.elements if tag == "script"]
        shown = "safe [U+202E]gnp.exe" if name == "turned" else title[:255] + "\u2026" if name == "long" else title
        head = [words for words in page.words if shown in words] or page.text.count(shown)
        story.ok(head and all(found.get("type") == "application/ld+json" for found in scripts),
                 f"the page has the title as text, and no script: {name}", (shown, page.text[:300], scripts))
        ld = json.loads(shop.read(f"a/{name}/index.html").split('ld+json">')[1].split("</script>")[0])
        story.equal(ld["name"], shown, "  and so does its JSON-LD")
    data = json.loads(shop.read("data/articles.json"))
    story.equal(data["content/json.md"]["title"], HOSTILE["json"], "and the data file")
    feed = ET.fromstring(shop.read("feed.atom"))
    titles = [entry.text for entry in feed.iter("{http://www.w3.org/2005/Atom}title")]
    story.ok(f"Approved: {HOSTILE['script']}" in titles, "and the feed", titles)


def feed_ids(shop, folder=None):
    return [entry.text for entry in ET.fromstring(shop.read("feed.atom", folder)).iter("{http://www.w3.org/2005/Atom}id")][1:]


def feeds(story, world, shop, receiver):
    ids = feed_ids(shop)
    told = [message["headers"]["webhook-id"] for message in receiver.messages if message["body"]["type"] == "article.approved"]
    story.equal((len(ids), sorted(ids)), (2, sorted(told)),
                "the feed has an item for each approval, by the id under which a webhook was told of it")
    feed = json.loads(shop.read("feed.json"))
    story.equal((feed["version"], [item["id"] for item in feed["items"]]), ("https://jsonfeed.org/version/1.1", ids),
                "so has the JSON feed")
    fresh = world.root / "fresh-feed"
    shop.export(folder=fresh, now="2026-12-24T09:00:00Z")
    story.equal((feed_ids(shop, fresh), shop.read("feed.atom", fresh)), (ids, shop.read("feed.atom")),
                "written elsewhere, on another day, it is the same")
    story.equal({name: well_formed(shop.folder / name) for name in ("feed.atom", "sitemap.xml")},
                {"feed.atom": None, "sitemap.xml": None}, "feed and sitemap are well-formed")
    locations = [found.text for found in ET.fromstring(shop.read("sitemap.xml")).iter() if found.tag.endswith("loc")]
    story.ok(f"{shop.url}a/cold/" in locations, "the sitemap has the page", locations)


BADGE = {"schemaVersion": {1}, "label": {"review"}, "color": {"brightgreen", "yellow", "orange", "red", "lightgrey"}}


def badges(story, world):
    """Shields' endpoint schema, whatever is said of the article."""
    shop = Shop(world)
    names = ("never", "good", "newer", "doubtful", "gone", "taken", "left")
    shop.write(**{name: f"# {name}\n" for name in names})
    shop.approve("good", "newer", "doubtful", "gone", "taken", "left")
    shop.write(newer="# newer\n\nMore.\n", gone=None)
    shop.decide(shop.hidden, "request-changes", "doubtful", message="No.")
    shop.decide(shop.editor, "retract", "taken", message="Wrong.")
    shop.decide(shop.one, "withdraw", "left")
    messages, wrong = {}, []
    for now, suffix in ((None, ""), ("2028-01-01T00:00:00Z", " a year later")):
        shop.export(now=now)
        for name in names:
            badge = json.loads(shop.read(f"s/content/{name}.md.badge.json"))
            svg = shop.folder / f"s/content/{name}.md.svg"
            messages[name + suffix] = badge.pop("message", "")
            if set(badge) != set(BADGE) or any(badge[key] not in BADGE[key] for key in badge) or well_formed(svg) \
                    or messages[name + suffix] not in svg.read_text():
                wrong.append((name + suffix, badge, well_formed(svg)))
    story.equal(wrong, [], "each badge is as Shields wants it, and the picture well-formed and of the same words")
    approved = {name for name, message in messages.items() if "approved" in message and message != "no longer approved"}
    story.equal((approved, messages["good"]), ({"good", "newer"}, "approved until 2027-11-02"),
                "it says approved where that stands, and never without a day")


def generators(story, world, shop):
    states = {line["article"]["path"]: line["state"] for line in
              world.imprimatur("status", "--json", config=shop.config, now=shop.moment()).json if "article" in line}
    for kind, key in (("map", "content/cold.md"), ("hugo", "cold.md"), ("jekyll", "content/cold.md"),
                      ("eleventy", "./content/cold.md"), ("astro", "cold")):
        file = world.root / f"{kind}.json"
        done = shop.export("--data", kind, file)
        data = json.loads(file.read_text())
        story.ok(done.status == 0 and data[key]["approved"]["version"] == shop.author.version("content/cold.md"),
                 f"{kind} finds an article as it names its pages", done)
        story.equal(sorted(one["state"] for one in data.values()), sorted(states.values()), "  with the same states")
    done = shop.export("--data", "gatsby", world.root / "x.json")
    story.ok(done.status == 2 and "hugo" in done.err, "a kind that is not known is refused", done)


def fragments(story, shop):
    fragment = Page(shop.read("s/content/cold.md.html"))
    story.ok("Reviewed for accuracy" in fragment.text and "Approved until" in fragment.text and not fragment.all("html"),
             "a fragment has tracker, dates and who reviewed, and no page around it", fragment.text)
    story.ok("Pending human review" in shop.read("s/pending.html"), "what stands where one is missing reads pending")


def variants(story, shop):
    shop.write(**{"kids": "---\naudience: patient\nlang: de\nvariant_of: content/cold.md\n---\n# Erkältung\n",
                  "sly": "---\nvariant_of: content/cold.md\n---\n# Sly\n"})
    shop.export()
    story.ok("Which best describes you?" not in shop.page("cold").text, "a variant that nobody approved makes no link")
    shop.approve("kids")
    shop.export()
    page = shop.page("cold")
    story.ok("Which best describes you?" in page.text and page.all("a", href="../../a/kids/index.html") and "Sly" not in page.text,
             "one that is approved is linked on its root's page", page.text)
    story.ok(shop.page("kids").all("div", **{"class": "text", "lang": "de"}) and shop.page("kids").all("a", href="../../a/cold/index.html"),
             "and the root on its own, whose text has its language")
    story.equal([one["path"] for one in shop.status("cold")["variants"]], ["content/kids.md"], "the status lists it too")
    behind = "has been approved in a newer version"
    shop.write(cold="# Cold\n\nAnother text.\n")
    shop.export()
    story.ok(behind not in shop.page("kids").text, "while a new text of the root waits, the variant is not behind")
    shop.approve("cold")
    shop.export()
    story.ok(behind in shop.page("kids").text and behind not in shop.page("cold").text,
             "when it is approved, the variant says that it is behind")
    shop.approve("kids")
    shop.export()
    story.ok(behind not in shop.page("kids").text, "approved again, it is not")
    story.equal(shop.export("--check").out, "", "all of this is as a fresh export has it")


def branch(story, world):
    shop = Shop(world, approved_data="data/imprimatur.json", policy={"carry": ["data/**", "content/**/*.png"]})

    def data():
        return json.loads(shop.author.git("-C", str(shop.repository), "show", "approved:data/imprimatur.json"))

    shop.author.write("data/imprimatur.json", "{\"forged\": true}")
    shop.author.write("data/other.txt", "other")
    shop.write(cold="# Cold\n", fever="# Fever\n")
    story.equal({path: (one["state"], one["version"]) for path, one in data().items()},
                {"content/cold.md": ("submitted", None), "content/fever.md": ("submitted", None)},
                "the approved branch has a file with every article's state, in the place of a carried one")
    done = world.imprimatur("check", config=shop.config, cwd=shop.author.path, now=shop.moment())
    story.ok("data/imprimatur.json: warning: is left out" in done.out, "check says what is left out for it", done)
    shop.approve("cold")
    shop.approve("fever", person=shop.hidden)
    cold = data()["content/cold.md"]
    story.equal(cold, {"path": "content/cold.md", "state": "approved", "version": shop.author.version("content/cold.md"),
                       "by": ["Oncologist One, MD, FACP"], "last_reviewed": "2026-11-02T09:00:00Z",
                       "valid_until": "2027-11-02T09:00:00Z"}, "with who approved which text, and until when")
    story.equal(data()["content/fever.md"]["by"], ["a member of the board"], "who is not public is not named")
    story.ok("other.txt" in shop.author.git("-C", str(shop.repository), "ls-tree", "-r", "--name-only", "approved"),
             "what is carried beside it stays")
    shop.write(cold="# Cold\n\nNew.\n", fever=None)
    story.equal((data()["content/cold.md"]["state"], data()["content/cold.md"]["version"] is not None,
                 "content/fever.md" in data()), ("submitted", True, False), "it follows each entry")
    tree = shop.author.git("-C", str(shop.repository), "rev-parse", "approved^{tree}")
    shutil.rmtree(world.root / "state")
    shop.author.git("-C", str(shop.repository), "update-ref", "-d", "refs/heads/approved")
    shop.day += 20
    shop.take()
    story.equal(shop.author.git("-C", str(shop.repository), "rev-parse", "approved^{tree}"), tree,
                "made again from the ledger, on another day, it is the same")


def main():
    with Story("What programs read of a site") as story:
        with World() as world:
            hostile_titles(story, world)
        with World() as world:
            with Receiver(secrets=[SECRET]) as receiver:
                shop = Shop(world, endpoints=[endpoint(receiver, "site", secret=SECRET)])
                shop.write(cold="# Cold\n\nA text.\n", fever="# Fever\n")
                shop.approve("cold", "fever")
                world.imprimatur("once", "--deliver", config=shop.config, now=shop.moment())
                shop.export()
                feeds(story, world, shop, receiver)
            generators(story, world, shop)
            fragments(story, shop)
            variants(story, shop)
        with World() as world:
            badges(story, world)
        with World() as world:
            branch(story, world)


main()
