#!/usr/bin/env -S python3 -B
"""What editors see beside what readers do: whose turn it is, how long answers take, and what changed."""

import datetime
import json
import re
import socket
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


def flat(text):
    return re.sub(r"\s+", " ", text)


def explained(story, world, shop):
    """In the sentences of `imprimatur explain`, of which a terminal breaks the lines."""
    shop.write(cold=TEXT, fever="# Fever\n\nAnother text.\n")
    shop.decide(shop.editor, "approve", "fever")  # who does not review
    shop.decide(shop.hidden, "request-changes", "fever", message="The second dose <b>is</b> missing.")
    shop.decide(shop.one, "comment", "fever", message="Ask again in spring.")
    shop.export("--view", "editors")
    page = shop.page("fever")
    at = {"config": shop.config, "now": shop.moment()}
    told = world.imprimatur("explain", "content/fever.md", "--json", **at).json[0]
    refused = told["uncounted"][0]["text"]
    story.ok(len(refused) > 40 and page.text.count(refused) == 2,
             "a refused decision has its full sentence, where it is explained and where it was said", (refused, page.text))
    for words in ("because changes are requested", "The rule wants 1 approval of this very text. So far there is none.",
                  'Greta Hidden (gp9) requested changes at 2026-11-', '"The second dose <b>is</b> missing."', "Next: the author changes"):
        story.ok(words in page.text and words in flat(world.imprimatur("explain", "content/fever.md", **at).out),
                 f"the page says, as explain does: {words}", page.text)
    story.ok(": Oncologist One, MD, FACP commented" in page.text and "Ask again in spring." in page.text,
             "it has comments and their words")
    shop.decide(shop.hidden, "withdraw", "fever")
    shop.export("--view", "editors")
    page = shop.read("a/fever/index.html")
    out = world.imprimatur("explain", "content/fever.md", config=shop.config, now=shop.moment()).out
    commands = [line.strip() for line in out.splitlines() if line.startswith("    ")]
    typed = [line.strip() for line in Page(page[page.index("<pre"):page.index("</pre>") + 6]).words[0].splitlines()]
    story.ok(len(commands) > 4 and typed == commands, "and the commands by which the text is approved", (typed, commands))


def deadlines(story, shop):
    def due(now):
        shop.export("--view", "editors", now=now)
        rows = re.findall(r"<tr.*?</tr>", shop.read("index.html"), re.DOTALL)
        return Page(next(row for row in rows if "a/ague/" in row)).text

    shop.write(ague="# Ague\n\nA text.\n")
    asked = shop.day - 1
    first = f"2026-11-{asked:02}T10:00:00Z"
    story.ok("Submitted, new" in due(first) and "escalates on 2" in due(first), "the board says when a request will be escalated", due(first))
    last = f"2026-11-{asked + 13:02}T10:00:00Z"
    weekday = datetime.date(2026, 11, asked + 14).strftime("%A")
    story.ok(f"overdue escalates {weekday}" in due(last), "in its last week by the day of the week", due(last))
    story.ok("escalates today" in due(f"2026-11-{asked + 14:02}T01:00:00Z"), "on the day itself by that", due(last))
    story.ok("escalated since" in due(f"2026-11-{asked + 15:02}T01:00:00Z"), "and then since when", due(last))


def people(story, shop):
    board = Page(shop.read("people.html"))
    for words in ("open request", "Away from 20 November 2026 to 2 December 2026", "Credentials lapse soon: until 24 December 2026"):
        story.ok(words in board.text, f"of a person it says: {words}", board.text)
    story.ok("Away from 1 January" not in board.text, "but not where somebody was last winter")


def messages(story, world, shop):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        keys = json.loads(shop.config.read_text())
        keys["endpoints"] = [{"name": "desk", "url": f"http://127.0.0.1:{nobody.getsockname()[1]}/x?token=secret",
                              "allow": ["127.0.0.0/8"]}]
        shop.config.write_text(json.dumps(keys))
        shop.write(gout="# Gout\n\nA text.\n")
        world.imprimatur("once", "--deliver", config=shop.config, now=shop.moment())
    shop.export("--view", "editors")
    board = Page(shop.read("index.html"))
    story.ok("Where messages go" in board.text and "desk" in board.text and "What has not got out" in board.text
             and "article.submitted" in board.text and "content/gout.md" in board.text and "connect" in board.text,
             "the board has the queue of messages, and why they wait", board.text)
    story.ok("The endpoint desk has been failing since" in board.text and "imprimatur endpoint ping desk" in board.text,
             "with what to do about it")
    everything = shop.everything()
    story.ok(b"secret" not in everything and b"127.0.0.1" not in everything, "and without an address")
    emails = sorted(set(re.findall(rb"[\w.+-]+@[\w-]+\.[\w.]+", everything)) - {b"ask@example.org"})
    story.equal(emails, [], "no page has anybody's e-mail address, but for the one that readers are to write to")


with Story("What editors see") as story, World() as world:
    shop = Shop(world, one={"away": [["2026-01-01", "2026-01-09"], ["2026-11-20", "2026-12-02"]],
                            "credentials_until": "2026-12-24"})
    editors(story, shop)
    explained(story, world, shop)
    deadlines(story, shop)
    people(story, shop)
    messages(story, world, shop)
