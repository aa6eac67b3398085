#!/usr/bin/env -S python3 -B
"""SECURITY.md, THREATS: what is tried with the record itself by whoever has nobody's key. Each claim begins with the
number of its row."""

import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from handbook import LEDGER, armored_signature, brief, with_signature, without_signature  # noqa: E402
from siege import A, B, Siege  # noqa: E402
from story import Story, World  # noqa: E402


def with_tail(tail):
    """The commit with something behind its armor's end, in the header still."""
    return lambda body: with_signature(without_signature(body), armored_signature(body) + tail)


def rewrapped(width):
    """The commit with the lines of its armor broken elsewhere: the same signature of the same bytes."""
    def change(body):
        begin, *lines, end = armored_signature(body).strip().split("\n")
        base64 = "".join(lines)
        return with_signature(without_signature(body), "\n".join(
            [begin, *(base64[at:at + width] for at in range(0, len(base64), width)), end]) + "\n")
    return change


def refusals_in_anothers_name(book):
    """Row 70: copies of public decisions, each of which would be a refusal of its own in the ledger."""
    story, one = book.story, book.one
    refused = book.forged(book.message().replace("Read.", "Read.\nreview: again"))
    mistaken = book.decided(one, "approve", A, key=book.two.key)
    counted = book.decided(one, "comment", A, message="Fine.")
    book.once()
    story.equal([brief(entry) for entry in book.new()],
                ["refusal malformed by onc1", f"refusal author-mismatch {A} by onc2: Submitted (adopted)",
                 f"comment {A} by onc1: Submitted (adopted)"],
                "row 70: what is copied was refused, or counts")
    book.told()
    for commit in (refused, mistaken, counted):
        for tail in ("x" * 900, "\r", "\n" * 70, "-----BEGIN SSH SIGNATURE-----\n", "\t"):
            book.copied(commit, with_tail(tail))
    book.once()
    told = [message["data"].get("refusal") for message in book.told(r"decision\.refused")]
    story.equal(book.new(), [], "row 70: with bytes behind the armor's end they are in nobody's name")
    story.equal(len(told), 11, "row 70: the limit of what is told of unsigned ones holds") or story.note(told)
    for commit in (refused, mistaken, counted):
        for width in range(60, 70):
            book.copied(commit, rewrapped(width))
    book.holds("row 70: with other lines of base64 they are the same decisions")
    return refused


def verify_refuses_them(book, refused):
    """The same put into the ledger by hand, as a refusal of the person's."""
    world, story, git = book.world, book.story, book.world.git
    result = world.imprimatur("verify", config=book.config, now=book.now)
    story.ok("consistent" in result.out, "row 70: the ledger follows", result)
    genuine = next(entry["oid"] for entry in book.ledger() if entry.get("Decision") == refused)
    body = git(book.bare, "cat-file", "commit", refused) + "\n"
    copy = book.author.git("hash-object", "-t", "commit", "--literally", "--stdin", "-w",
                           text_in=with_tail("x" * 900)(body))
    kept = git(book.bare, "hash-object", "-w", "--stdin", text_in=with_tail("x" * 900)(body))
    tree = git(book.bare, "mktree", text_in=f"100644 blob {kept}\tdecision\n")
    tip = book.tip(LEDGER)
    last = git(book.bare, "cat-file", "commit", tip).partition("\n\n")
    at = next(line for line in last[2].splitlines() if line.startswith("At: "))
    source = next(line for line in last[2].splitlines() if line.startswith("Source: "))
    head, _, message = git(book.bare, "cat-file", "commit", genuine).partition("\n\n")
    author = next(line for line in head.splitlines() if line.startswith("author "))
    date = " ".join(last[0].splitlines()[-1].split()[-2:])
    lines = [f"Decision: {copy}" if line.startswith("Decision: ") else source if line.startswith("Source: ")
             else at if line.startswith("At: ") else line for line in message.splitlines()]
    forged = (f"tree {tree}\nparent {tip}\n{author.rpartition('> ')[0]}> {date}\n"
              f"committer imprimatur <imprimatur@localhost> {date}\n\n" + "\n".join(lines) + "\n")
    made = git(book.bare, "hash-object", "-t", "commit", "-w", "--stdin", text_in=forged)
    git(book.bare, "update-ref", LEDGER, made)
    result = world.imprimatur("--json", "verify", config=book.config, now=book.now)
    found = result.json[0]["does_not_follow"] if result.out else None
    story.ok(result.status == 1 and found and found["oid"] == made, "row 70: and verify does not take them", result)
    git(book.bare, "update-ref", LEDGER, tip)


def a_key_that_came_later(story, world):
    """Row 71: what was refused for its key is seen again when the policy has it."""
    one = world.person("onc1", "Oncologist One", "one@board.example")
    late = world.person("late", "Late", "late@board.example")
    book = Siege(story, world, [one], name="later")
    book.begin(A, B)
    commit = book.decide(late, "approve", A, branch="review/late", push=False)
    book.decide(late, "comment", B, branch="review/withheld", push=False)
    book.author.push("review/late")
    book.holds("row 71: a key that is not on the board", "unknown-key")
    book.policy.json["people"].append(late.in_policy)
    book.policy.signers.append(late.signer)
    book.amend()
    book.once()
    book.forget()
    book.holds("row 71: later it is, and what was refused stays refused")
    for path in book.state_directory.glob("index.db*"):
        path.unlink()
    book.once()
    book.told()
    story.equal(([entry["Event"] for entry in book.new()], book.state()), ([], "Submitted (adopted)"),
                f"row 71: also when the index is lost and {commit[:7]} is seen again")
    book.author.push("review/withheld")
    book.once()
    told = book.told(r"decision\.refused")
    story.ok(len(told) == 1 and told[0]["data"]["refusal"] == "unknown-key"
             and "signed before this key was on the board; sign it again" in told[0]["data"]["reason_text"],
             "row 71: and what is seen first only now is refused with what to do", (told, book.new()))
    book.decided(late, "approve", A)
    book.becomes("row 71: signed again, it counts", f"approval {A} by late: Approved")
    # Taken off the board and put back: what was signed in between does not count, though nobody saw it then.
    people, signers = list(book.policy.json["people"]), list(book.policy.signers)
    book.policy.json["people"], book.policy.signers = people[:1], signers[:1]
    book.amend()
    book.once()
    between = book.decide(late, "approve", B, branch="review/between", push=False)
    book.policy.json["people"], book.policy.signers = people, signers
    book.amend()
    book.once()
    book.forget()
    book.author.push("review/between")
    book.holds("row 71: nor does what was signed while the key was off the board", "unknown-key")
    result = world.imprimatur("verify", config=book.config, now=book.now)
    story.ok(result.status == 1 and "consistent" in result.out, "row 71: the ledger follows from its history",
             (between, result))


with Story("What is tried with the record") as the_story:
    with World() as the_world:
        the_book = Siege(the_story, the_world).begin(A, B)
        verify_refuses_them(the_book, refusals_in_anothers_name(the_book))
    with World() as the_world:
        a_key_that_came_later(the_story, the_world)
