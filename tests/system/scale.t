#!/usr/bin/env -S python3 -B
"""What a push, a fetch and a question cost does not grow with what the repository holds. Counted in instructions, which
no other work on the machine changes; `make bench-large` measures the same among 100,000 articles."""

import json
import re
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / folder) for folder in ("lib", "bench")]
from history import History, Reviewer
from instructions import can_count, instructions, instructions_of
from story import Story, World, skip_all

MOST = 1.1
EPOCH = 1767225600
MOMENTS = ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"]  # of adoption, of everything else
NEW, OLD = 20, 500  # decisions, each on a review branch of its own


class Sized:
    """A repository with so many articles, adopted, and some pushes old."""

    def __init__(self, world, articles):
        self.world, self.articles = world, articles
        self.reviewers = [Reviewer(f"r{number}") for number in range(10)]
        self.history = History(world, self.reviewers, articles, articles // 100 + 300, name=f"sized-{articles}")
        self.config = world.configure(self.history.repository, f"{articles}.json")
        self.once(MOMENTS[0])
        self.edit(1)

    def once(self, now=MOMENTS[1]):
        self.world.run(self.world.program, "-c", self.config, "once", env={"IMPRIMATUR_NOW": now})

    def edit(self, number):
        self.history.edit([number])
        self.once()

    def count(self, *arguments):
        return instructions(self.world, "-c", self.config, *arguments, now=MOMENTS[1])

    def push(self):
        self.history.edit([2])
        return self.count("once")

    def site(self):
        """One change, and what the folder says of it then."""
        folder = self.world.root / f"site-{self.articles}"
        command = ["site", folder, "--unsigned", "--url", "https://review.example.org"]
        self.world.run(self.world.program, "-c", self.config, *command, env={"IMPRIMATUR_NOW": MOMENTS[1]})
        self.edit(3)
        return folder, self.count(*command)

    def decide(self, count, hour, first):
        self.history.decide(self.reviewers, count, EPOCH + hour * 3600, first)


def in_proportion(story, few, many, what):
    story.ok(many <= MOST * few, f"{what} costs at most {MOST} times as much", f"{few:,} and {many:,} instructions")


def site(story, small, large):
    """Of ten times as many articles, what has not changed of large files is neither read nor written again."""
    (_, few), (folder, many) = small.site(), large.site()
    story.ok(many <= 1.5 * few, "the site of ten times as many articles costs at most 1.5 times as much after one change",
             f"{few:,} and {many:,} instructions")
    maps = [path.read_text() for path in sorted((folder / "sitemap").iterdir())]
    index = re.findall(r"<loc>https://review.example.org/(sitemap/[0-9]+\.xml)</loc>", (folder / "sitemap.xml").read_text())
    addresses = {found for text in maps for found in re.findall(r"<loc>(.*?)</loc>", text)}
    pages = {f"https://review.example.org/{one['page']}" for one in json.loads((folder / "data/articles.json").read_text()).values()}
    story.ok(len(index) == len(maps) > 1 and addresses == pages and len(pages) == large.articles,
             "each article stands in one of the sitemap's files", [len(index), len(maps), len(addresses), len(pages)])


def old_history(story, world):
    """Few articles, and 3,000 commits that changed them."""
    history = History(world, [Reviewer("r0")], 200, 3000, name="old")
    config = world.configure(history.repository, "old.json")
    adoption, verify = (instructions(world, "-c", config, verb, now=MOMENTS[0]) for verb in ("once", "verify"))
    story.ok(verify <= 1.5 * adoption, "verify of an adoption costs at most 1.5 times the adoption",
             f"{adoption:,} and {verify:,} instructions")


with World() as world:
    if not can_count(world.program):
        skip_all("Valgrind is not here, or cannot run what a sanitizer is in")
    with Story("Cost follows the change") as story:
        old_history(story, world)
        small, large = Sized(world, 1000), Sized(world, 10000)
        in_proportion(story, small.push(), large.push(), "a push of one article among ten times as many")
        question = ("status", small.history.path(7))
        in_proportion(story, small.count(*question), large.count(*question), "a question about one of ten times as many")
        question = ("--json", "status", small.history.path(7))
        in_proportion(story, small.count(*question), large.count(*question), "and the same for a program")
        listing = instructions_of(world, "git", "-C", large.history.repository, "ls-tree", "-r", "main")
        for most, words in ((4, ["status"]), (12, ["--json", "status"])):
            count = large.count(*words)
            story.ok(count <= most * listing, f"{' '.join(words)} of 10,000 costs at most {most} times git ls-tree -r",
                     f"{count:,} and {listing:,} instructions")

        site(story, small, large)
        small.decide(NEW, 1, 0)
        few = small.count("once")
        small.decide(OLD, 2, NEW)
        small.once()
        small.decide(NEW, 3, NEW + OLD)
        more = small.count("once") - few
        story.ok(more / OLD <= few / NEW / 50, "a review branch that was read before costs a fiftieth of a new decision",
                 f"{more // OLD:,} and {few // NEW:,} instructions")

        large.history.edit(range(100))
        few = large.count("once")
        large.history.edit(range(100, 4000))
        large.once()
        large.history.edit(range(4000, 4100))
        in_proportion(story, few, large.count("once"), "100 edited articles beside 4,000 that wait")
        story.done()
