#!/usr/bin/env -S python3 -B
"""What changed since the text last approved, for people who do not read patches."""

import json
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from handbook import Handbook  # noqa: E402
from story import Story, World  # noqa: E402

PATH = "content/a.md"
APPROVED = """---
title: Dosing
---

# Dosing

Give 60 mg daily, with
methotrexate 5 mg per week.
Stop where the value is < 5 %. Do not give it to children.

| Drug | Dose |
|------|------|
| One  | 2 mg |
| Two  | 4 mg |

The last sentence of it.
"""
REFLOWED = APPROVED.replace("with\nmethotrexate 5 mg per week.\nStop", "with methotrexate\n5 mg per week. Stop")
CHANGES = (
    ("60 mg becomes 600 mg", "Give 60 mg", "Give 600 mg", "60 mg -> 600 mg, tenfold", ["tenfold"]),
    ("mg becomes mcg", "5 mg per", "5 mcg per", "5 mg per week -> 5 mcg per week, a thousandth, mg and mcg",
     ["tenfold", "mg-mcg"]),
    ("< becomes >", "< 5 %", "> 5 %", "< 5 % -> > 5 %", []),
    ("a \"not\" is dropped", "Do not give", "Do give", "\"not\" is gone in \"Do give it to children.\"", ["negation-dropped"]),
    ("one cell of a table", "| 4 mg |", "| 5 mg |", "4 mg -> 5 mg, 1.25 times", []),
    ("a word of the policy's terms", "with\nmethotrexate", "with\nmetformin",
     "\"methotrexate\" is gone in \"Give 60 mg daily, with metformin 5 mg per week.\"", []),
    ("a zero behind the point", "2 mg", "2.0 mg", "2 mg -> 2.0 mg, a zero behind the point", ["trailing-zero"]),
)


def begin(world):
    one = world.person("onc1", "Dr. One", "one@board.example")
    book = Handbook(world, (one,), terms=["methotrexate"])
    book.author.push()
    book.once()
    book.write(PATH, text=APPROVED)
    book.once()
    return book, one


def diff(book, clone, *options, path=PATH):
    clone.pull()
    return book.world.imprimatur("-C", clone.path, *options[:-1] if "--html" in options else options, "diff",
                                 *(["--html"] if "--html" in options else []), path)


def story_of(story, world):
    book, one = begin(world)
    clone = world.clone(book.bare, "reader")
    never = diff(book, clone)
    story.equal((never.status, "no text of content/a.md was approved before" in never.err), (1, True),
                "a text that follows none has no difference")
    book.approve(one)
    book.once()
    same = diff(book, clone)
    story.equal((same.status, same.out), (0, "the current text is the one last approved\n"), "the approved text itself")

    for what, before, after, sentence, flags in CHANGES:
        book.write(PATH, text=APPROVED.replace(before, after))
        book.once()
        told = diff(book, clone, "--json").json[0]
        story.equal([(change["sentence"], change["flags"]) for change in told["changes"]], [(sentence, flags)],
                    f"{what}: listed, and nothing else")
    book.write(PATH, text=REFLOWED)
    book.once()
    told = diff(book, clone, "--json")
    story.equal((told.status, told.json[0]["changes"], told.json[0]["passages"]), (1, [], []),
                "a reflowed paragraph is not a change")
    story.ok("no word has changed" in diff(book, clone).out, "and that is said")

    bodies = [json.loads(body) for _, body in book.events()]
    asked = [body["data"] for body in bodies if body["type"] == "review.requested"]
    story.equal((asked[0]["changes"], [change["sentence"] for change in asked[1]["changes"]]), (None, [CHANGES[0][3]]),
                "whoever is asked is told in the request, where a text was approved before")
    others = [body["data"] for body in bodies if body["type"] != "review.requested"]
    story.ok(all(data["changes"] is data["changes_more"] is None for data in others),
             "and nobody else")
    story.equal((asked[-1]["changes"], asked[-1]["changes_more"]), ([], 0), "and of a reflowed one that there is nothing")

    text = APPROVED
    for _, before, after, _, _ in CHANGES[:5]:
        text = text.replace(before, after)
    book.write(PATH, text=text + "<script>alert(1)</script> \x1b[2J\n")
    book.once()
    out = diff(book, clone).out
    story.ok(out.index("! 60 mg -> 600 mg, tenfold (Dosing)") < out.index("! \"not\" is gone") < out.index("* < 5 %")
             < out.index("Give [-60-] {+600+} mg daily"), "on a terminal the dangerous ones come first, then the text", out)
    story.ok("Table 1, Two, Dose:" in out and "[-4-] {+5+} mg" in out and "[-2-]" not in out,
             "and of a table the cell that changed", out)
    page = diff(book, clone, "--html").out
    story.ok("<del><span class=\"imprimatur-hidden\">removed: </span>60</del> <ins><span class=\"imprimatur-hidden\">added: </span>600</ins>"
             in page and "<li class=\"flagged\">60 mg \u2192 600 mg, tenfold" in page, "as a page, with words for the ear", page)
    story.ok("<script" not in page and "\x1b" not in page + out, "whatever the text does to browsers and terminals", page)
    story.ok(re.search(r"&lt;script&gt;alert\(1\)", page), "which is shown", page)
    book.author.remove(PATH)
    book.author.push()
    book.once()
    story.ok(diff(book, clone).status == 1, "of what is no longer an article the last text is compared")
    unknown = diff(book, clone, path="content/b.md")
    story.ok(unknown.status == 1 and "content/b.md" in unknown.err, "what never was one is said not to be one", unknown)


with Story("What changed") as story, World() as world:
    story_of(story, world)
