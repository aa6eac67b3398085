#!/usr/bin/env -S python3 -B
"""How a team is doing, in figures; and which articles are asked about."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
import shelf  # noqa: E402
from shelf import NOW  # noqa: E402
from story import Story, World  # noqa: E402

FIGURES = """\
STATE        ARTICLES MEDIAN OLDEST OLDEST ARTICLE
Submitted           4    4 d   11 d content/general/index.md
Under Review        1    7 d    7 d content/oncology/imaging.md
Approved            1    6 d    6 d content/oncology/stage-4.md

REVIEWER                            OPEN OVERDUE   DECIDED
gp1 (Practitioner One)              1/10       1         0
onc1 (Oncologist One)               1/10       1         2
onc2 (Oncologist Two)               2/10       1         2
Open: requests of these articles, and how many the person takes in all. Decided:
in the last 30 days.
"""
DAY = 86400


class Desk:
    def __init__(self, story, world, book):
        self.story, self.world, self.book = story, world, book

    def status(self, *arguments, now=NOW, **more):
        return self.world.imprimatur("status", *arguments, config=self.book.config, now=now, **more)

    def paths(self, *arguments, **more):
        lines = self.status("--json", *arguments, **more).json
        return [line["article"]["path"].removeprefix("content/") for line in lines[:-1]]


def figures(desk, story):
    told = desk.status("--summary")
    story.equal((told.out, told.err, told.status), (FIGURES, "", 0), "the figures, to the letter")
    lines = desk.status("--summary", "--json").json
    story.equal(lines[0], {"schema": 1, "repository": "handbook", "states": [
        {"state": "submitted", "articles": 4, "median_s": 4 * DAY + 3540, "oldest_s": 11 * DAY + 86340,
         "oldest": "content/general/index.md"},
        {"state": "under_review", "articles": 1, "median_s": 7 * DAY + 75600, "oldest_s": 7 * DAY + 75600,
         "oldest": "content/oncology/imaging.md"},
        {"state": "approved", "articles": 1, "median_s": 6 * DAY + 75600, "oldest_s": 6 * DAY + 75600,
         "oldest": "content/oncology/stage-4.md"}], "reviewers": [
        {"person": "gp1", "name": "Practitioner One", "open": 1, "capacity": 10, "overdue": 1, "decided": 0},
        {"person": "onc1", "name": "Oncologist One", "open": 1, "capacity": 10, "overdue": 1, "decided": 2},
        {"person": "onc2", "name": "Oncologist Two", "open": 2, "capacity": 10, "overdue": 1, "decided": 2}]},
                "the same for programs")
    story.equal((len(lines), lines[1]["policy"]), (2, 1), "  and the line for the whole")
    part = desk.status("--summary", "--json", "content/general").json[0]
    story.equal(([state["articles"] for state in part["states"]],
                 [(person["person"], person["open"]) for person in part["reviewers"]]),
                ([3, 0, 0], [("gp1", 1), ("onc1", 0), ("onc2", 0)]), "of one folder")
    later = desk.status("--summary", "--json", now="2027-02-01T00:00:00Z").json[0]
    story.equal({person["decided"] for person in later["reviewers"]}, {0}, "what is long ago is not counted")
    none = desk.status("--summary", "--state", "approved", "content/general")
    story.ok(none.status == 0 and "Approved            0      -      - -\n" in none.out, "of nothing", none)


def names(desk, story):
    oncology = ["oncology/chemo.md", "oncology/imaging.md", "oncology/stage-4.md"]
    general = ["general/broken.md", "general/index.md", "general/nutrition.md"]
    story.equal(desk.paths("content/oncology/**"), oncology, "a pattern lists what matches")
    story.equal(desk.paths("content/oncology"), oncology, "and a folder what is in it")
    story.equal(desk.paths("content/oncology/", "content/general/index.md"), ["general/index.md", *oncology],
                "  with an article beside it")
    told = desk.status("content/general/**")
    story.ok(told.out.startswith("STATE ") and "3 shown of 6 articles" in " ".join(told.out.split()),
             "as a table, which says of how many", told)
    clone = desk.world.clone(desk.book.bare, "names")
    clone.pull()
    here = desk.world.imprimatur("status", "--json", ".", cwd=clone.path / "content/general", now=NOW).json
    story.equal([line["article"]["path"].removeprefix("content/") for line in here[:-1]], general,
                "a folder from where one is")
    nothing = desk.status("content/cardiology/**", "content/oncology")
    story.ok(nothing.status == 1 and nothing.err == "imprimatur: no article matches content/cardiology/**\n"
             and "chemo.md" in nothing.out, "a pattern that matches nothing is said, and the others are shown", nothing)
    story.equal(desk.status("--exit-code", "content/oncology/s*").status, 0, "--exit-code of a pattern: all Approved")
    story.equal(desk.status("--exit-code", "content/oncology").status, 1, "  or not")


def changes(desk, story):
    story.equal(desk.paths("--changed-since", "2026-11-20"), ["general/broken.md", "general/nutrition.md"], "since a day")
    story.equal(desk.paths("--changed-since", "5 days"), ["general/broken.md", "general/nutrition.md"], "since so long ago")
    story.equal(desk.paths("--changed-since", "2026-11-17T12:00:00Z"),
                ["general/broken.md", "general/nutrition.md", "oncology/chemo.md", "oncology/stage-4.md"],
                "since a moment, which is included")
    story.equal(desk.paths("--changed-since", "1 month", "--state", "approved"), ["oncology/stage-4.md"], "and together")
    story.equal(desk.paths("--changed-since", "1 day"), [], "nothing since")
    told = desk.status("--changed-since", "yesterday")
    story.ok(told.status == 2 and '"2 days"' in told.err, "what is not a moment", told)


def mine(desk, story):
    clone = desk.world.clone(desk.book.bare, "mine")
    clone.pull()

    def queue(*arguments):
        return desk.world.imprimatur("-C", clone.path, "status", "--mine", *arguments, now=NOW)

    told = queue()
    story.ok(told.status == 1 and "author@example.org, and nobody in policy 1" in told.err, "somebody unknown is told", told)
    clone.git("config", "user.email", "TWO@board.example")
    story.equal([line["article"]["path"] for line in queue("--json").json[:-1]], ["content/oncology/imaging.md"],
                "a reviewer's own queue, by git's user.email")
    story.equal(queue("--overdue", "--json").json[:-1], [], "  of what is overdue")
    story.equal(queue("--reviewer", "onc1").status, 2, "not somebody else's")
    clone.git("config", "user.email", "editor@example.org")
    told = queue()
    story.ok(told.status == 0 and "0 shown of 6 articles" in told.out, "an editor is asked for nothing", told)


with Story("Status for a team") as the_story, World() as the_world:
    the_desk = Desk(the_story, the_world, shelf.make(the_world))
    figures(the_desk, the_story)
    names(the_desk, the_story)
    changes(the_desk, the_story)
    mine(the_desk, the_story)
