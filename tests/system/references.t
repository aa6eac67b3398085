#!/usr/bin/env -S python3 -B
"""What an article cites, looked at before its reviewers do."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from story import Story, World  # noqa: E402

PATH = "content/ibuprofen.md"
GOOD = """\
---
title: Ibuprofen
references:
- id: lactmed
  type: entry
  title: Ibuprofen
  issued: 2024
- id: trial
  type: article-journal
  title: A trial
  DOI: 10.1056/nejmoa2034577
  PMID: 33301246
  issued:
    date-parts: [[2020, 12]]
nocite: '@lactmed'
---
It helps [see @trial, p. 3]. Ask `[@nobody]` or one@board.example.
"""
BAD = GOOD.replace("10.1056/", "https://doi.org/10.1056/").replace("[see @trial", "[see @trail").replace(
    "nocite: '@lactmed'\n", "").replace("  issued: 2024\n", "")


class Desk:
    def __init__(self, story, world):
        self.story, self.world = story, world
        self.author = world.clone(world.bare("handbook"), "author")
        self.author.publish_policy(world.policy([world.person("gp1", "Practitioner One", "gp@board.example")]))

    def check(self, *arguments, now="2026-11-24T09:00:00Z"):
        return self.world.imprimatur("-C", self.author.path, "check", *arguments, now=now)

    def says(self, text, status, lines, name, **more):
        self.author.write(PATH, text)
        told = self.check(**more)
        self.story.equal((told.out.splitlines(), told.err, told.status), (lines, "", status), name)


def the_story(desk, story):
    desk.says(GOOD, 0, ["1 article checked: 0 errors, 0 warnings"], "an article whose references are in order")
    findings = [
        (4, "warning", "lactmed names no year; write \"issued: 2024\", or with month and day"),
        (4, "warning", "lactmed is cited nowhere in the text"),
        (7, "warning", "trial is cited nowhere in the text"),
        (10, "error", 'trial: DOI "https://doi.org/10.1056/nejmoa2034577" is more than a DOI; write it alone, from '
                      '"10." on'),
        (15, "error", "@trail is cited, but the front matter has no reference with that id")]
    desk.says(BAD, 3, [f"{PATH}:{line}: {severity}: {text}" for line, severity, text in findings]
              + ["1 article checked: 2 errors, 3 warnings"], "one whose are not: line, severity and what to do")
    story.equal(desk.check("--json").json, [
        {"schema": 1, "file": PATH, "line": line, "severity": severity, "message": text}
        for line, severity, text in findings], "the same for programs")
    desk.says(GOOD, 0, [f"{PATH}:7: warning: lactmed is of the year 2024, which is in the future",
                        f"{PATH}:14: warning: trial is of the year 2020, which is in the future",
                        "1 article checked: 0 errors, 2 warnings"],
              "warnings do not fail; the year is judged by the moment", now="2018-11-24T09:00:00Z")
    desk.author.write("content/plain.md", "# Plain\n\n@somebody said so.\n")
    desk.says(GOOD, 0, ["2 articles checked: 0 errors, 0 warnings; 1 without references"],
              "where others have references, those without are counted")
    desk.author.write("content/plain.md", "# Plain\n\nSaid before [@them].\n")
    desk.says(GOOD, 0, ["2 articles checked: 0 errors, 0 warnings; 1 without references (1 cites something)"],
              "and those of them that cite something; their sources may be elsewhere")
    desk.author.write("content/plain.md", "# Plain\n")
    elsewhere = GOOD.replace("nocite:", "bibliography: sources.bib\nnocite:").replace("[see @trial", "[@other; see @trial")
    desk.says(elsewhere, 0, ["2 articles checked: 0 errors, 0 warnings; 1 without references"],
              "where front matter names a bibliography, references may be in that")
    links = GOOD + "\nThanks to [@somebody], [the @team][us] and [@doi:10.1000/x].\n\n[@somebody]: https://x.example\n" \
                   "[US]: https://y.example\n"
    desk.says(links, 0, ["2 articles checked: 0 errors, 0 warnings; 1 without references"],
              "what a link is called, by reference too, is not a citation")
    desk.author.write("content/plain.md", "---\nreferences: none\n---\n# Plain\n")
    told = desk.check("content/plain.md")
    story.ok(told.status == 3 and told.out.startswith("content/plain.md:2: error: this is not a reference;"),
             "references that are not a list", told)


with Story("References: what is cited can be found") as the_tale, World() as the_world:
    the_story(Desk(the_tale, the_world), the_tale)
