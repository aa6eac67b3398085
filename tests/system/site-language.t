#!/usr/bin/env -S python3 -B
"""A site in the language of its policy: what it says by itself is in that language where the program knows it."""

import json
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from shop import Page, Shop  # noqa: E402
from story import ROOT, Story, World  # noqa: E402

TEXT = """---
title: Erkältung
references:
- {id: leitlinie, type: report, genre: guideline, title: Leitlinie Husten, issued: 2024}
---
# Erkältung

Ruhe hilft [@leitlinie].
"""


NAMES = ("Oncologist One", "Editor One", "Every page is reviewed for accuracy by the board.")


def captions():
    """[English, German, French, Spanish] of each."""
    table = (ROOT / "daemon/site/captions.c").read_text().split("captions[][N_LANGUAGES] = {")[1].split("};")[0]
    rows = re.findall(r"\{((?:\s*\"(?:[^\"\\]|\\.)*\",?)+)\}", table)
    assert len(rows) == table.count("},")
    return [["".join(re.findall(r"\"((?:[^\"\\]|\\.)*)\"", part)) for part in re.split(r",(?=\s*\")", row)] for row in rows]


def whole(story):
    wrong = [row for row in captions() if len(row) != 4 or not all(row)
             or len({tuple(sorted(re.findall(r"{\w+}", text))) for text in row}) != 1]
    story.equal(wrong, [], "each caption is there in every language, with the same names to fill in")
    english = [row[0] for row in captions()]
    story.equal(len(set(english)), len(english), "and once")


def in_german(story, world):
    shop = Shop(world, policy={"language": "de-AT", "disclaimer": "Nur zur Information."})
    names = ("gut", "neu", "bedenken", "weg", "zurueck", "entzogen")
    shop.write(**{name: TEXT for name in names})
    shop.approve("gut", "bedenken", "zurueck", "entzogen", "weg")
    shop.write(gut=TEXT + "\nMehr.\n", weg=None)
    shop.decide(shop.hidden, "request-changes", "bedenken", message="Nein.")
    shop.decide(shop.editor, "retract", "zurueck", message="Falsch.")
    shop.decide(shop.one, "withdraw", "entzogen")
    shop.export()
    good = shop.page("gut")
    for words in ("Fachlich geprüft von Oncologist One, MD, FACP. Freigegeben bis 2. November 2027.", "Freigegeben: erledigt",
                  "Zuletzt geändert", "Eine neue Fassung dieses Artikels ist in Prüfung", "Quellen", "Leitlinie",
                  "Redaktionelle Grundsätze ansehen", "Haben Sie noch eine Frage?", "Verlauf dieses Artikels"):
        story.ok(words in good.text, f"an article's page says: {words}", good.text)
    for name, words in (("neu", "Noch nicht von Menschen geprüft: bitte mit Vorsicht lesen."), ("zurueck", "Zurückgezogen am"),
                        ("bedenken", "jemand Bedenken gegen diesen Text angemeldet"), ("weg", "Dieser Artikel ist entfernt worden."),
                        ("entzogen", "weil jemand seine Freigabe zurückgenommen hat")):
        story.ok(words in shop.page(name).text, f"so do those of others: {words}", shop.page(name).text)
    wrong = []
    foreign = {row[0].strip(" .,:;") for row in captions() if row[0] != row[1] and len(row[0].strip(" .,:;")) > 5}
    for path in sorted(shop.folder.rglob("*.html")):
        page = Page(path.read_text())
        labels = " | ".join(value for _, attributes in page.elements for key, value in attributes.items()
                            if key in ("aria-label", "data-label"))
        text = page.text + labels
        for name in NAMES:
            text = text.replace(name, "")
        wrong += [(path.name, english) for english in foreign if re.search(rf"\b{re.escape(english)}\b", text)]
    story.equal(wrong, [], "nothing on any page is left in English")
    story.ok(all(Page(path.read_text()).all("html", lang="de") for path in shop.folder.rglob("*.html")
                 if path.read_text().startswith("<!DOCTYPE")), "and each says that it is German")
    story.ok(good.all("div", **{"class": "text", "lang": "de-AT"}), "of its text it says which")
    said = json.loads(re.search(r'ld\+json">(.*?)</script>', shop.read("a/gut/index.html"))[1])
    story.equal((said["creativeWorkStatus"], said["inLanguage"]), ("Freigegeben", "de-AT"), "JSON-LD says what the page says")
    story.ok("Freigegeben: Erkältung" in shop.read("feed.atom"), "and the feed")
    badge = json.loads(shop.read("s/content/gut.md.badge.json"))
    story.equal((badge["label"], badge["message"]), ("Prüfung", "freigegeben bis 2027-11-02"), "a badge is German")
    pictures = [shop.read(f"s/content/{name}.md.svg") for name in names]
    story.ok(all('aria-label="Prüfung: ' in text and 'xml:lang="de"' in text for text in pictures)
             and not any(words in text for text in pictures for words in ("review", "approved", "concern", "retracted", "available")),
             "and its picture, in each state", pictures)
    script = shop.read("imprimatur.js")
    said = {row[0]: row for row in captions()}
    sentences = ["".join(parts) for parts in zip(said["Reviewed for accuracy"], said[". Approved until "])]
    story.ok(len(sentences) == 4 and all(f"'{sentence}'" in script for sentence in sentences),
             "the embed says what the pages say, in each language", sentences)
    story.ok("lang=\"de\"" in shop.read("s/pending.html") and "Noch nicht von Menschen" in shop.read("s/pending.html"),
             "what is included where a fragment is missing is German, too")
    story.equal(shop.status("gut")["state"], "submitted", "words for programs stay as they are")
    desk = world.root / "desk"
    shop.export("--view", "editors", folder=desk)
    story.ok(Page(shop.read("index.html", desk)).all("html", lang="en") and "Needs attention first" in shop.read("index.html", desk),
             "editors' pages are in English, and say so")


def unknown(story, world):
    shop = Shop(world, policy={"language": "nl"})
    shop.write(kou="# Kou\n\nRust helpt.\n")
    shop.export()
    page = shop.page("kou")
    story.ok(page.all("html", lang="en") and page.all("div", **{"class": "text", "lang": "nl"}) and page.all("h1", lang="nl")
             and "Pending human review" in page.text,
             "in a language that the program does not know it speaks English, and marks what is not", page.elements)


def main():
    with Story("A site in another language") as story:
        whole(story)
        with World() as world:
            in_german(story, world)
        with World() as world:
            unknown(story, world)


main()
