#!/usr/bin/env -S python3 -B
"""How long an approval counts, and in which round."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from handbook import Handbook, follow  # noqa: E402
from story import Story, World  # noqa: E402

A = "content/a.md"


def board(world, name, approvals=1):
    one, two, editor = world.people
    book = Handbook(world, world.people, name=name,
                    rules=[{"paths": ["**"], "approvals": approvals, "valid_months": 1}])
    book.write("content/old.md")
    book.once()
    book.write(A)
    book.once()
    book.new()
    return book, one, two, editor


def brought(book, world, *arguments):
    return world.imprimatur(*arguments, config=book.config, now=book.now)


def waiting_under_an_objection(story, world):
    book, one, two, editor = board(world, "objection")
    book.decide(editor, "request-changes", A, message="Wait.")
    book.approve(one)
    book.once()
    book.new()
    book.pass_time(days=40)
    book.decide(editor, "withdraw", A)
    story.equal(book.passed(), [f"withdrawal {A} by ed: Under Review", f"request {A}: Under Review"],
                "an approval that is past its term does not approve what an objection held back; it is asked for again")
    story.equal(book.ledger()[-1]["Requested"], ["one"], "and that from who has read the text")
    story.equal(book.approved().get(A), None, "nothing is published")
    told = brought(book, world, "explain", A)
    story.ok("too old" in " ".join(told.out.split()), "explain says that it is too old", told)
    told = brought(book, world, "--json", "status").json[0]
    story.equal((told["review"]["approvals"], told["waiting_for"]), (0, ["one"]), "status counts it no longer") or \
        story.note(told)
    book.approve(one)
    story.equal(book.passed(), [f"approval {A} by one: Approved"], "given again, it approves")


def the_second_comes_late(story, world):
    book, one, two, editor = board(world, "second", approvals=2)
    book.approve(one)
    book.once()
    book.new()
    book.pass_time(days=28)
    story.equal(book.passed(), [], "within its term an approval waits for the second one")
    report = book.once()
    book.pass_time(days=5)
    story.equal(book.passed(), [f"request {A}: Under Review"], "when its term is over, its person is asked again by itself")
    story.equal(book.ledger()[-1]["Requested"], ["one"], "who is the same person") or story.note(report)
    book.approve(two)
    story.equal(book.passed(), [f"approval {A} by two: Under Review"], "the second alone is one of two")
    book.approve(one)
    story.equal(book.passed(), [f"approval {A} by one: Approved"], "with both within their terms it is Approved")


def objection_and_retraction_of_one_pass(story, world):
    book, one, two, editor = board(world, "one-pass")
    book.approve(one)
    book.once()
    book.new()
    book.decide(two, "request-changes", A, message="No.")
    book.decide(editor, "retract", A, message="Out.")
    story.equal(book.passed(), [f"objection {A} by two: Submitted (changes-requested)",
                                f"retraction {A} by ed: Submitted (changes-requested)"],
                "an objection and a retraction of one pass")
    story.equal(book.ledger()[-1]["Requested"], ["one"],
                "the objection is of the round before, so somebody is asked in the new one")


def edited_after_approval(story, world):
    book, one, two, editor = board(world, "edited")
    book.approve(one)
    book.once()
    old, until = book.author.version(A), book.after(days=30)[:10]
    book.write(A)
    book.once()
    told = " ".join(brought(book, world, "status", A).out.split())
    wanted = f"version {old[:12]}, not this text, approved by One (one); until {until}"
    story.ok(wanted in told, "of an approved text that was edited, status says what is published, by whom, until when",
             (wanted, told))
    told = " ".join(brought(book, world, "explain", A).out.split())
    story.ok(f"Published: {wanted}" in told, "so does explain", told)
    published = brought(book, world, "--json", "explain", A).json[0]["published"]
    story.equal((published["version"], published["by"], published["valid_until"][:10]), (old, ["one"], until),
                "and for programs")


def who_has_left(story, world):
    book, one, two, editor = board(world, "left")
    book.approve(one)
    book.once()
    book.policy.json["people"] = [two.in_policy, editor.in_policy]
    book.policy.signers = [two.signer, editor.signer]
    book.amend()
    book.once()
    told = brought(book, world, "--json", "status", A).json[0]
    story.equal((told["state"], told["review"]["approvals"], told["review"]["required"]), ("approved", 1, 1),
                "what made an article Approved is shown when its approver has left")
    told = brought(book, world, "status", A)
    story.ok("1 of 1, by one, no longer a reviewer" in told.out, "with who that was", told)
    told = brought(book, world, "status")
    story.ok("1/1" in told.out, "in the table too", told)


with Story("How long an approval counts") as the_story, World() as the_world:
    the_world.people = (the_world.person("one", "One", "one@board.example"),
                        the_world.person("two", "Two", "two@board.example"),
                        the_world.person("ed", "Editor", "ed@example.org", roles=("editor",)))
    waiting_under_an_objection(the_story, the_world)
    the_second_comes_late(the_story, the_world)
    objection_and_retraction_of_one_pass(the_story, the_world)
    edited_after_approval(the_story, the_world)
    who_has_left(the_story, the_world)
    follow(the_story, the_world)
