#!/usr/bin/env python3
"""What editors see beside what readers do: whose turn it is, how long answers take, and what changed."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from shop import Page, Shop  # noqa: E402
from story import Story, World  # noqa: E402

TEXT = "# A cold\n\nTake 60 mg of it.\nDo not take more.\n\n| Age | Dose |\n|-----|------|\n| Old | 5 mg |\n"


def editors(story, shop):
    shop.write(cold=TEXT, fever="# Fever\n\nText.\n")
    shop.approve("cold")
    shop.write(cold=TEXT.replace("60 mg", "600 mg").replace("Do not", "Do").replace("5 mg", "5 mcg"))
    story.equal(shop.export("--view", "editors", "--full").status, 0, "the editors' folder is written")
    board, page, changes = Page(shop.read("index.html")), shop.page("cold"), shop.page("cold", "changes.html")
    story.ok("Whose turn it is" in board.text and "Oncologist One: " in board.text, "the board has each person's queue",
             board.text)
    story.ok(any(link["href"] == "changes.html" for link in page.all("a")), "the article's page leads to what changed")
    items = changes.text
    order = [items.index(words) for words in ("60 mg \u2192 600 mg, tenfold", '"not" is gone', "5 mg \u2192 5 mcg")]
    story.ok(order == sorted(order) and order[0] < items.index("removed: 60"), "where stands first what must not be missed", items)
    story.ok("Table 1, Old, Dose" in items, "and of a table the cell", items)
    again = shop.export("--view", "editors")
    story.equal(again.status, 0, "exported again")

    shop.approve("cold", person=shop.hidden)  # who was asked, a day ago
    shop.export("--view", "editors")
    story.ok(not (shop.folder / "a/cold/changes.html").exists() and
             all(link["href"] != "changes.html" for link in shop.page("cold").all("a")), "approved, nothing is left of it")
    plots = [attributes for name, attributes in Page(shop.read("index.html")).elements
             if name == "svg" and "aria-label" in attributes]
    story.ok(len(plots) == 1 and plots[0]["aria-label"].startswith("Answers by the time they took: up to 1 d 0, up to 3 d 1,"),
             "the board says how long answers took, drawn and in words", plots)
    shop.write(cold=TEXT.replace("Do not", "Do <b>not</b> <script>x</script>"))
    shop.export("--view", "editors")
    story.ok("<script" not in shop.read("a/cold/changes.html"), "what is in the text stays text")


with Story("What editors see") as story, World() as world:
    editors(story, Shop(world))
