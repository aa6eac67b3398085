#!/usr/bin/env -S python3 -B
"""What front matter says, held against the policy and the other articles; and what a change takes from readers."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
import shelf  # noqa: E402
from story import Story, World  # noqa: E402


class Desk:
    def __init__(self, story, world):
        self.story, self.world, self.book = story, world, shelf.make(world)
        self.clone = self.book.author
        self.clone.remove("content/general/broken.md")
        self.clone.git("fetch", "-q", "origin", "+refs/imprimatur/*:refs/imprimatur/*")

    def check(self, *arguments):
        return self.world.imprimatur("-C", self.clone.path, "check", *arguments, now=shelf.NOW)

    def says(self, front, warnings, name):
        self.clone.write("content/general/x.md", f"---\n{front}---\nText.\n")
        told = self.check("content/general/x.md")
        lines = [f"content/general/x.md:{line}: warning: {text}" for line, text in warnings]
        count = f"1 article checked: 0 errors, {len(lines)} warning{'' if len(lines) == 1 else 's'}"
        self.story.equal((told.out.splitlines(), told.status), ([*lines, count], 0), name)


def names(desk):
    desk.says("title: X\nspecialty: oncology\nreviewers: [onc1, gp1]\nreview_in: 6 months\nsubtitle: y\ndate: z\n"
              "language: en\ntags: [a]\n", [], "all that is named is there")
    desk.says("review-in: 6 weeks\nReviewers: [onc1]\nspeciality: oncology\nvariantOf: y\nTitel: T\n", [
        (2, "review-in in front matter is not read; if you mean review_in, write that"),
        (3, "Reviewers in front matter is not read; if you mean reviewers, write that"),
        (4, "speciality in front matter is not read; if you mean specialty, write that"),
        (5, "variantOf in front matter is not read; if you mean variant_of, write that"),
        (6, "Titel in front matter is not read; if you mean title, write that")], "keys that are nearly right")
    desk.says("title: X\nspecialty: onkology\nreviewers: [ocn1, ed1, stranger]\nreview_in: 3 years\n".replace(
        "3 years", "24 months"), [
        (3, 'nobody in the policy has the specialty "onkology"; do you mean "oncology"?'),
        (4, 'there is nobody with the id "ocn1" in the policy; do you mean "onc1"?'),
        (4, "ed1 is not a reviewer, and not asked"),
        (4, 'there is nobody with the id "stranger" in the policy'),
        (5, "review_in is longer than the 12 months that an approval lasts by the policy, which count")],
        "specialties, people and terms that the policy does not have")
    desk.says("title: X\naudience: patient\nvariant_of: content/general/index.md\n", [],
              "a variant of an article, for readers that the policy need not name")
    desk.says("variant_of: content/general/nothing.md\n", [
        (2, 'variant_of names no article: there is none at "content/general/nothing.md", from the root of the repository')],
        "a variant of nothing")
    desk.says("variant_of: content/general/x.md\n", [(2, "variant_of names this article itself; take it out")],
              "  or of itself")
    desk.clone.write("content/general/y.md", "---\nvariant_of: content/general/index.md\n---\nText.\n")
    desk.says("variant_of: content/general/y.md\n", [
        (2, 'variant_of names a variant: "content/general/y.md" is one of "content/general/index.md"; name that')],
        "  or of a variant")
    desk.clone.write_policy(shelf.policy_of(desk.world, [desk.book.onc1, desk.book.gp1], version=2, audiences={
        "patient": "Patients and families", "clinician": "Health professionals"}))
    desk.says("audience: patients\n", [(2, 'the policy has no audience "patients"; do you mean "patient"?')],
              "an audience that the policy does not know")
    desk.clone.write("content/general/cafe\u0301.md", "Text.\n")
    told = desk.check("content/general/caf\u00e9.md")
    desk.story.ok("there is no such file, but one whose name differs only by letter case or Unicode normalization"
                  in told.out, "the same name in another normal form", told)
    desk.clone.git("reset", "-q", "--hard", "origin/main")


def takings(desk):
    page = "content/oncology/stage-4.md"
    desk.clone.move(page, "content/oncology/moved.md")
    told = desk.check("--staged")
    desk.story.equal((told.out.splitlines()[0], told.status), (
        f"{page}: warning: this moves a published article to content/oncology/moved.md, which is another article: it has "
        "to be approved there, and nothing is published here any more", 0), "a move of a published page is told")
    desk.clone.git("reset", "-q", "--hard", "origin/main")
    desk.clone.remove(page)
    desk.clone.remove("content/oncology/imaging.md")
    told = desk.check("--staged")
    desk.story.equal(told.out.splitlines(), [
        f"{page}: warning: this removes a published article: its page goes, with its approvals",
        "0 articles checked: 0 errors, 1 warning"], "and so is a removal; of what was never published none is")


with Story("Front matter: what it names is there") as the_story, World() as the_world:
    the_desk = Desk(the_story, the_world)
    names(the_desk)
    takings(the_desk)
