#!/usr/bin/env -S python3 -B
"""What readers see of an article, from its first text to its retraction."""

import json
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from shop import Shop  # noqa: E402
from story import Story, World  # noqa: E402

TEXT = """\
---
title: Living with a cold
description: What helps, and what does not
references:
- id: trial
  type: article-journal
  title: A trial of honey
  container-title: The Journal
  issued: 2024
  DOI: 10.1000/182
---
# Living with a cold

Take 60 mg of it [@trial]. Rest.
"""


def json_ld(page_text):
    return json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', page_text)[1])


def steps(page):
    return [step.get("aria-current") for _, step in page.elements if "class" in step and step["class"] in
            ("done", "now", "ahead")]


def never_approved(story, shop):
    shop.write(cold=TEXT, fever="# Fever\n\nUnread text of fever.\n")
    story.equal(shop.export().status, 0, "the folder is written")
    text, page = shop.read("a/cold/index.html"), shop.page("cold")
    caution = text.index("Pending human review: exercise caution.")
    story.ok(caution < text.index("Take 60 mg"), "the caution stands before the text")
    story.equal(steps(page), ["step", None, None], "the first step is the current one")
    story.ok("Submitted: current step, not completed" in page.text, "which is said in words too")
    story.ok("lastReviewed" not in text and "reviewedBy" not in text, "nothing says that it was reviewed")
    story.equal(shop.status("cold")["approved"], None, "nor does its status")
    story.ok(re.search("Last updated *1 November 2026", page.text),
             "it says when it was updated", page.text)
    story.ok(page.all("time", datetime="2026-11-01T08:00:00Z"), "a text that was adopted is as old as its commit")


def approved(story, shop):
    shop.approve("cold")
    shop.export()
    text, page = shop.read("a/cold/index.html"), shop.page("cold")
    for words in ("Reviewed for accuracy by Oncologist One, MD, FACP", "Approved until 2 November 2027",
                  "View editorial policy", "general information", "Have a follow-up question?",
                  "1 November 2026", "2 November 2026", "A trial of honey", "doi:10.1000/182"):
        story.ok(words in page.text, f"the page says: {words}", page.text)
    version = shop.author.version("content/cold.md")
    story.ok(any("content%2Fcold.md" in link["href"] and version in link["href"] for link in page.all("a")),
             "a question names path and version")
    said = json_ld(text)
    story.equal((said["lastReviewed"], said["version"], said["reviewedBy"][0]["name"]),
                ("2026-11-02", version, "Oncologist One"), "JSON-LD says the same")
    seen = " ".join([page.text, *(time["datetime"] for time in page.all("time")),
                     *(link["href"] for link in page.all("a")), "en", "https://schema.org", f"{shop.url}a/cold/",
                     f"{shop.url}policy.html"])
    values = [value for value in flat(said) if value not in seen]
    story.equal(values, [], "every value of it can be seen on the page")
    status = shop.status("cold")
    story.equal((status["shown"], status["approved"]["version"], status["approved"]["by"],
                 status["approved"]["valid_until"]),
                ("approved", version, ["Oncologist One, MD, FACP"], "2027-11-02T09:00:00Z"), "so does its status")
    story.ok("approved until 2027-11-02" in shop.read("s/content/cold.md.svg"), "the badge says until when")
    badge = json.loads(shop.read("s/content/cold.md.badge.json"))
    story.equal(badge, {"schemaVersion": 1, "label": "review", "message": "approved until 2027-11-02",
                        "color": "brightgreen"}, "in Shields' own form too")


def flat(value):
    if isinstance(value, dict):
        return [one for key, item in value.items() if key not in ("@type",) for one in flat(item)]
    if isinstance(value, list):
        return [one for item in value for one in flat(item)]
    return [str(value)]


def edited(story, shop):
    shop.write(cold=TEXT.replace("60 mg", "600 mg"))
    shop.export()
    page, pending = shop.page("cold"), shop.page("cold", "pending.html")
    story.ok("Take 60 mg" in page.text and "600 mg" not in page.text, "after an edit the approved text stays")
    story.ok("An update of this article is under review" in page.text
             and page.all("a", href="pending.html"), "and says that an update is under review")
    story.ok("Take 600 mg" in pending.text and "Pending human review: exercise caution." in pending.text,
             "which has a page of its own, with a caution")
    story.ok(pending.all("meta", name="robots", content="noindex"), "that is kept from search engines")
    story.equal(shop.status("cold")["approved"]["valid_until"], "2027-11-02T09:00:00Z",
                "the status is that of the approved text")


def objected(story, shop):
    shop.write(cold=TEXT)
    shop.approve("fever", "cold")
    shop.decide(shop.hidden, "request-changes", "fever", message="Secret reason.")
    shop.export()
    page = shop.page("fever")
    story.ok("Exercise caution: a reviewer has raised a concern" in page.text and "Unread text of fever" in page.text,
             "a text that somebody objects to has a caution")
    story.equal((shop.status("fever")["shown"], shop.status("fever")["approved"]), ("concern", None),
                "and no approval")
    story.ok(b"Secret reason" not in shop.everything(), "why is not the readers' to know")
    shop.decide(shop.hidden, "withdraw", "fever")


def retracted(story, shop):
    shop.decide(shop.editor, "retract", "cold", message="The dose was wrong <b>everywhere</b>.")
    shop.export()
    page = shop.page("cold")
    story.ok("Retracted on" in page.text and "by Editor One" in page.text
             and "The dose was wrong <b>everywhere</b>." in page.text, "a retraction says who, when and why", page.text)
    everything = shop.everything()
    story.ok(b"Take 60" not in everything and b"A trial of honey" not in everything,
             "and its text is in no file")
    story.equal((shop.status("cold")["approved"], shop.status("cold")["shown"]),
                (None, "retracted"), "its status has no approval")
    alive = json.loads(shop.read("alive.json"))
    story.ok(shop.status("cold")["worse"] in alive["worse"], "embeds are warned of old copies of it")
    story.ok(shop.status("fever")["worse"] not in alive["worse"], "and of nothing else")
    feed = shop.read("feed.atom")
    entry = [entry for entry in shop.world.ledger(shop.repository) if entry.get("State") == "Approved"
             and entry["Article"] == "content/cold.md"][-1]
    story.ok(f'<at:deleted-entry ref="evt_{entry["oid"]}_1"' in feed and "Retracted: Living with a cold" in feed,
             "the feed takes the approval back", feed)
    shop.write(cold=TEXT.replace("Rest.", "Rest more."))
    shop.export()
    story.ok(b"Rest more" not in shop.everything(), "and no newer text is shown until one is approved")


def expired(story, shop):
    shop.write(ague="# Ague\n\nApproved text of ague.\n")
    shop.approve("ague")
    shop.write(ague="# Ague\n\nNewer text of ague.\n")
    shop.export(now="2026-11-20T09:00:00Z")
    before = shop.files()
    shop.export(now="2028-01-01T00:00:00Z")
    after = shop.files()
    story.equal([shop.status(name)["shown"] for name in ("fever", "ague")], ["expired", "expired"],
                "a year later the review has expired, with no entry for it, also where a newer text waits")
    story.ok(all("the review of this text expired" in shop.page(name).text and "Reviewed for accuracy" not in shop.page(name).text
                 for name in ("fever", "ague")), "the pages say so")
    story.ok("Approved text of ague" in shop.page("ague").text and "Newer text" in shop.page("ague", "pending.html").text,
             "the text is still the one that was approved")
    changed = {name for name in after if after[name][1] != before.get(name, (0, 0))[1]}
    lists = {"index.html", "list/index.html", "data/articles.json", "feed.atom", "feed.json", "sitemap.xml", "alive.json",
             ".imprimatur-site"}
    others = {name for name in changed if "fever" not in name and "ague" not in name}
    others -= {name for name in others if name.startswith(".imprimatur-site.d/")}
    story.ok(others <= lists and "alive.json" in changed, "of all others nothing is written", sorted(others))


def removed(story, shop):
    shop.write(fever=None)
    shop.export()
    story.ok("This article has been removed." in shop.page("fever").text, "a removed article leaves a notice")
    story.ok("fever" not in shop.read("index.html") and "fever" not in shop.read("data/articles.json"),
             "and is on no list")


def main():
    with Story("What readers see of an article") as story, World() as world:
        shop = Shop(world)
        for chapter in (never_approved, approved, edited, objected, retracted, expired, removed):
            chapter(story, shop)


main()
