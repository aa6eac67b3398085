"""A small repository with articles in every state, for the tests of the verbs that read.

    12 Nov  policy 1; general/index.md is adopted
    16 Nov  three articles of oncology are submitted; onc1 approves stage-4, onc2 too; onc2 claims imaging;
            onc1 requests changes of chemo
    20 Nov  general/nutrition.md and general/broken.md, whose front matter cannot be read, are submitted
"""

from dataclasses import dataclass
from pathlib import Path

from story import Clone, Person

NOW = "2026-11-24T09:00:00Z"
LAST_PASS = "2026-11-20T08:01:00Z"


@dataclass
class Shelf:
    bare: Path
    config: Path
    author: Clone
    onc1: Person
    onc2: Person
    gp1: Person
    ed1: Person
    policy: object

    @property
    def index(self):
        return self.config.parent / "state" / self.config.stem / "index.db"


def policy_of(world, people, version=1, **more):
    return world.policy(people, version=version, rules=[
        {"paths": ["content/oncology/**"], "specialty": "oncology", "approvals": 2, "specialists": 1},
        {"paths": ["**"], "approvals": 1}], **more)


def once(world, book, now):
    result = world.imprimatur("once", config=book.config, now=now)
    if result.status or result.err:
        raise RuntimeError(f"once at {now}: {result}")


def make(world):
    onc1 = world.person("onc1", "Oncologist One", "one@board.example", specialties=["oncology"])
    onc2 = world.person("onc2", "Oncologist Two", "two@board.example", specialties=["oncology"])
    gp1 = world.person("gp1", "Practitioner One", "gp@board.example")
    ed1 = world.person("ed1", "Editor One", "editor@example.org", roles=["editor"])
    bare = world.bare("handbook")
    config = world.configure(bare, article_url="https://handbook.example.org/{stem}")
    author = world.clone(bare, "author")
    policy = policy_of(world, [onc1, onc2, gp1, ed1])
    book = Shelf(bare, config, author, onc1, onc2, gp1, ed1, policy)

    author.edit("content/general/index.md", "# The handbook\n", at="2026-11-12T08:00:00Z")
    author.publish_policy(policy, at="2026-11-12T09:00:00Z")
    author.push()
    once(world, book, "2026-11-12T09:01:00Z")
    for name, title in (("chemo", "Chemotherapy"), ("imaging", "Imaging"), ("stage-4", "Stage 4 disease")):
        author.edit(f"content/oncology/{name}.md", f"---\ntitle: {title}\n---\nText.\n", at="2026-11-16T08:00:00Z")
    author.push()
    once(world, book, "2026-11-16T08:01:00Z")
    author.decide(onc1, "approve", "content/oncology/stage-4.md", at="2026-11-16T10:00:00Z",
                  message="Doses checked against the labels\n\nAll of them.")
    author.decide(onc2, "claim", "content/oncology/imaging.md", at="2026-11-16T11:00:00Z")
    once(world, book, "2026-11-16T12:00:00Z")
    author.decide(onc2, "approve", "content/oncology/stage-4.md", at="2026-11-17T10:00:00Z")
    author.decide(onc1, "request-changes", "content/oncology/chemo.md", at="2026-11-17T11:00:00Z",
                  message="Table 2 has the wrong dose")
    once(world, book, "2026-11-17T12:00:00Z")
    author.edit("content/general/nutrition.md", "# Nutrition\n", at="2026-11-20T08:00:00Z")
    author.edit("content/general/broken.md", "---\ntitle: [\n---\n", at="2026-11-20T08:00:00Z")
    author.push()
    once(world, book, LAST_PASS)
    return book
